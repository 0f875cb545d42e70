// SPDX-License-Identifier: Apache-2.0

package aws

import (
	"context"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/backup"
	"github.com/aws/aws-sdk-go-v2/service/backup/types"

	"demarc.dev/demarc/cloud"
)

func backupService() *service {
	return &service{
		name: "backup", kinds: []cloud.Kind{cloud.BackupPlan, cloud.BackupVault},
		actions: []string{"backup:GetBackupPlan", "backup:GetBackupSelection", "backup:GetBackupVaultAccessPolicy", "backup:ListBackupPlans",
			"backup:ListBackupSelections", "backup:ListBackupVaults", "backup:ListTags"},
		collect: collectBackup,
	}
}

func collectBackup(ctx context.Context, u *unit) error {
	c := backup.NewFromConfig(u.cfg)
	u.miss(pages(ctx, c.ListBackupPlans, &backup.ListBackupPlansInput{}, func(page *backup.ListBackupPlansOutput) {
		each(ctx, u, page.BackupPlansList, func(p types.BackupPlansListMember) { u.backupPlan(ctx, c, p) })
	}), cloud.BackupPlan)
	u.miss(pages(ctx, c.ListBackupVaults, &backup.ListBackupVaultsInput{}, func(page *backup.ListBackupVaultsOutput) {
		seen := u.seen("backup:ListBackupVaults", page.ResultMetadata)
		each(ctx, u, page.BackupVaultList, func(v types.BackupVaultListMember) { u.backupVault(ctx, c, v, seen) })
	}), cloud.BackupVault)
	return nil
}

func (u *unit) backupPlan(ctx context.Context, c *backup.Client, p types.BackupPlansListMember) {
	out, err := c.GetBackupPlan(ctx, &backup.GetBackupPlanInput{BackupPlanId: p.BackupPlanId})
	if err == nil && out.BackupPlan == nil {
		err = orElse(nil, "backup:GetBackupPlan")
	}
	if err != nil {
		u.miss(err, cloud.BackupPlan)
		return
	}
	r := u.resource(cloud.BackupPlan, "backup.plan", aws.ToString(p.BackupPlanArn), aws.ToString(p.BackupPlanName), out.BackupPlan, u.seen("backup:GetBackupPlan", out.ResultMetadata))
	rules := out.BackupPlan.Rules
	fact(r, "rules", int64(len(rules)), nil)
	keep, elsewhere := int64(0), false
	for _, rule := range rules {
		if l := rule.Lifecycle; l != nil && aws.ToInt64(l.DeleteAfterDays) > 0 && (keep == 0 || *l.DeleteAfterDays < keep) {
			keep = *l.DeleteAfterDays
		}
		for _, copied := range rule.CopyActions {
			f := strings.Split(aws.ToString(copied.DestinationBackupVaultArn), ":")
			elsewhere = elsewhere || len(f) > 5 && (f[3] != u.region || f[4] != u.account)
		}
		if v := aws.ToString(rule.TargetBackupVaultName); v != "" {
			link(r, "stores-in", u.arn("backup", "backup-vault:"+v))
		}
	}
	fact(r, "keep_days", keep, nil)
	fact(r, "copies_elsewhere", elsewhere, nil)
	u.backupTags(ctx, c, r)
	u.add(r)
	u.miss(pages(ctx, c.ListBackupSelections, &backup.ListBackupSelectionsInput{BackupPlanId: p.BackupPlanId}, func(page *backup.ListBackupSelectionsOutput) {
		for _, s := range page.BackupSelectionsList {
			one, err := c.GetBackupSelection(ctx, &backup.GetBackupSelectionInput{BackupPlanId: p.BackupPlanId, SelectionId: s.SelectionId})
			if err != nil {
				u.miss(err, cloud.BackupPlan)
				continue
			}
			if one.BackupSelection != nil {
				u.selection(aws.ToString(s.SelectionId), one.BackupSelection)
			}
		}
	}), cloud.BackupPlan)
}

// selection notes what a plan selects, for the joins.
func (u *unit) selection(id string, s *types.BackupSelection) {
	var anyOf, all []string
	for _, t := range s.ListOfTags {
		anyOf = append(anyOf, "equals\x1f"+aws.ToString(t.ConditionKey)+"\x1f"+aws.ToString(t.ConditionValue))
	}
	if s.Conditions != nil {
		for test, list := range map[string][]types.ConditionParameter{"equals": s.Conditions.StringEquals, "not-equals": s.Conditions.StringNotEquals,
			"like": s.Conditions.StringLike, "not-like": s.Conditions.StringNotLike} {
			for _, p := range list {
				key := strings.TrimPrefix(aws.ToString(p.ConditionKey), "aws:ResourceTag/")
				all = append(all, test+"\x1f"+key+"\x1f"+aws.ToString(p.ConditionValue))
			}
		}
	}
	u.note("selection", id, map[string]any{"resources": stringList(s.Resources), "not": stringList(s.NotResources), "any": stringList(anyOf), "all": stringList(all)})
}

func (u *unit) backupVault(ctx context.Context, c *backup.Client, v types.BackupVaultListMember, seen cloud.Seen) {
	r := u.resource(cloud.BackupVault, "backup.vault", aws.ToString(v.BackupVaultArn), aws.ToString(v.BackupVaultName), v, seen)
	// Until its grace is over a lock can be taken off again, but a lock it is.
	fact(r, "locked", aws.ToBool(v.Locked), nil)
	u.protects(r, aws.ToString(v.EncryptionKeyArn))
	policy, err := c.GetBackupVaultAccessPolicy(ctx, &backup.GetBackupVaultAccessPolicyInput{BackupVaultName: v.BackupVaultName})
	switch {
	case absent(err, "ResourceNotFoundException"):
		fact(r, "public", false, nil)
	case err != nil:
		gap(r, err, "public")
	default:
		u.permission(aws.ToString(policy.Policy), "backup:GetBackupVaultAccessPolicy").public().into(r, "public")
	}
	u.backupTags(ctx, c, r)
	u.add(r)
}

func (u *unit) backupTags(ctx context.Context, c *backup.Client, r *cloud.Resource) {
	out, err := c.ListTags(ctx, &backup.ListTagsInput{ResourceArn: &r.ID})
	if err != nil {
		tag(r, nil, err)
		return
	}
	tag(r, out.Tags, nil)
}
