// SPDX-License-Identifier: Apache-2.0

package aws

import (
	"context"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"

	"demarc.dev/demarc/cloud"
)

func kmsService() *service {
	return &service{
		name: "kms", kinds: []cloud.Kind{cloud.Key},
		actions: []string{"kms:DescribeKey", "kms:GetKeyPolicy", "kms:GetKeyRotationStatus", "kms:ListAliases", "kms:ListKeys", "kms:ListResourceTags"},
		collect: collectKMS,
	}
}

func collectKMS(ctx context.Context, u *unit) error {
	c := kms.NewFromConfig(u.cfg)
	named := map[string]string{} // key → its first alias
	u.miss(pages(ctx, c.ListAliases, &kms.ListAliasesInput{}, func(page *kms.ListAliasesOutput) {
		for _, a := range page.Aliases {
			if a.TargetKeyId == nil {
				continue
			}
			id, name := *a.TargetKeyId, aws.ToString(a.AliasName)
			u.note("alias", aws.ToString(a.AliasArn), map[string]any{"key": u.arn("kms", "key/"+id)})
			if old := named[id]; old == "" || name < old {
				named[id] = name
			}
		}
	}))
	return pages(ctx, c.ListKeys, &kms.ListKeysInput{Limit: aws.Int32(1000)}, func(page *kms.ListKeysOutput) {
		each(ctx, u, page.Keys, func(k types.KeyListEntry) {
			out, err := c.DescribeKey(ctx, &kms.DescribeKeyInput{KeyId: k.KeyArn})
			if err != nil {
				u.miss(err)
				return
			}
			u.key(ctx, c, out.KeyMetadata, named[aws.ToString(k.KeyId)], u.seen("kms:DescribeKey", out.ResultMetadata))
		})
	})
}

func (u *unit) key(ctx context.Context, c *kms.Client, k *types.KeyMetadata, alias string, seen cloud.Seen) {
	arn := aws.ToString(k.Arn)
	raw := map[string]any{"Key": k}
	name := strings.TrimPrefix(alias, "alias/")
	if name == "" {
		name = aws.ToString(k.KeyId)
	}
	customers := k.KeyManager == types.KeyManagerTypeCustomer
	u.note("key", arn, map[string]any{"customer": customers})
	r := u.resource(cloud.Key, "kms.key", arn, name, nil, seen)
	ctx = told(ctx, r)
	fact(r, "customer_managed", customers, nil)
	symmetric := k.KeySpec == types.KeySpecSymmetricDefault && k.Origin == types.OriginTypeAwsKms
	fact(r, "symmetric", symmetric, nil)
	fact(r, "state", keyState(k.KeyState), nil)
	rotation, err := c.GetKeyRotationStatus(ctx, &kms.GetKeyRotationStatusInput{KeyId: k.Arn})
	switch {
	case err == nil:
		raw["Rotation"] = rotation
		fact(r, "rotation", rotation.KeyRotationEnabled, nil)
	case absent(err, "UnsupportedOperationException") && !symmetric:
		fact(r, "rotation", false, nil) // a key of this sort cannot rotate by itself
	default:
		gap(r, err, "rotation")
	}
	policy, err := c.GetKeyPolicy(ctx, &kms.GetKeyPolicyInput{KeyId: k.Arn, PolicyName: aws.String("default")})
	if err != nil {
		gap(r, err, "public", "external_accounts")
	} else {
		raw["Policy"] = policy.Policy
		p := u.permission(aws.ToString(policy.Policy), "kms:GetKeyPolicy")
		p.public().into(r, "public")
		accounts, err := p.outside()
		fact(r, "external_accounts", stringList(accounts), err)
	}
	tags := map[string]string{}
	err = pages(ctx, c.ListResourceTags, &kms.ListResourceTagsInput{KeyId: k.Arn}, func(page *kms.ListResourceTagsOutput) {
		for _, t := range page.Tags {
			tags[aws.ToString(t.TagKey)] = scrub(aws.ToString(t.TagValue))
		}
	})
	if !customers && err != nil && diagnose(err).reason == cloud.Denied {
		err = nil // AWS lets nobody tag its own keys
	}
	tag(r, tags, err)
	r.Raw = document(raw)
	u.add(r)
}

func keyState(s types.KeyState) string {
	switch s {
	case types.KeyStateEnabled:
		return "enabled"
	case types.KeyStateDisabled:
		return "disabled"
	case types.KeyStatePendingDeletion, types.KeyStatePendingReplicaDeletion:
		return "pending-deletion"
	}
	return strings.ToLower(string(s))
}
