// SPDX-License-Identifier: Apache-2.0

package foreign_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"demarc.dev/demarc/check"
	"demarc.dev/demarc/check/foreign"
	"demarc.dev/demarc/check/rule"
	"demarc.dev/demarc/cloud"
)

const prod = "210987654321"

func newJoin(t testing.TB) *foreign.Join {
	t.Helper()
	checks, err := rule.Load()
	if err != nil {
		t.Fatal(err)
	}
	return foreign.NewJoin(mappings(t), checks)
}

func theirs(id string, o foreign.Outcome, resource string) *foreign.Result {
	return &foreign.Result{Tool: "prowler", Version: "5.4.0", Check: id, Title: "title of " + id, Message: "because", Outcome: o, Severity: check.High, Link: "https://example.org/" + id,
		Resource: foreign.Resource{ID: resource, Provider: "aws", Account: prod, Region: "eu-central-1"}}
}

func ours(id string, o check.Outcome, kind cloud.Kind, resource string) *check.Finding {
	return &check.Finding{Check: id, Outcome: o, Severity: check.High, Message: "we looked", Resource: resource, Kind: kind, Provider: "aws", Source: "live", Account: prod, Region: "eu-central-1"}
}

func TestJoin_TakesTheLessFlattering(t *testing.T) {
	const bucket = "arn:aws:s3:::larkspur-invoices"
	for _, c := range []struct {
		own    check.Outcome
		other  foreign.Outcome
		want   check.Outcome
		decide bool
		counts foreign.JoinCounts
	}{
		{check.Pass, foreign.Pass, check.Pass, false, foreign.JoinCounts{Joined: 1}},
		{check.Fail, foreign.Fail, check.Fail, false, foreign.JoinCounts{Joined: 1}},
		{check.Pass, foreign.Fail, check.Fail, true, foreign.JoinCounts{Joined: 1, Against: 1}},
		{check.Unknown, foreign.Fail, check.Fail, true, foreign.JoinCounts{Joined: 1, Against: 1}},
		{check.Unknown, foreign.Pass, check.Unknown, false, foreign.JoinCounts{Joined: 1}},
		{check.Fail, foreign.Pass, check.Fail, false, foreign.JoinCounts{Joined: 1, Contradict: 1}},
		{check.Pass, foreign.Error, check.Pass, false, foreign.JoinCounts{Joined: 1}},
		{check.NotApplicable, foreign.Fail, check.NotApplicable, false, foreign.JoinCounts{Joined: 1, Apart: 1}},
		{check.Pass, foreign.NotChecked, check.Pass, false, foreign.JoinCounts{Aside: 1}},
	} {
		t.Run(fmt.Sprintf("%s against %s", c.own, c.other), func(t *testing.T) {
			j := newJoin(t)
			r := theirs("s3_bucket_public_access", c.other, bucket)
			j.Add("f1", r)
			f := ours("object-store-public", c.own, cloud.ObjectStore, bucket)
			j.Own(f)
			if f.Outcome != c.want || (f.Elsewhere != nil && f.Elsewhere.Decides) != c.decide || j.Counts("f1") != c.counts {
				t.Errorf("%s, %+v, %+v", f.Outcome, f.Elsewhere, j.Counts("f1"))
			}
			if c.decide && (f.Elsewhere.Own != c.own || !strings.Contains(f.Message, "Prowler 5.4.0 says that it fails (s3_bucket_public_access)") || !strings.Contains(f.Message, "we looked")) {
				t.Errorf("%+v %q", f.Elsewhere, f.Message)
			}
			if rest, ok := j.Rest("f1", r); ok {
				t.Errorf("told twice: %+v", rest)
			}
		})
	}
}

func TestJoin_KnowsAResourceByItsNames(t *testing.T) {
	for _, c := range []struct {
		name, id, resource string
		own                *check.Finding
	}{
		{"the account", "iam_root_mfa_enabled", "arn:aws:iam::" + prod + ":root", ours("account-root-mfa", check.Pass, cloud.AccountKind, "arn:aws:account::"+prod+":account")},
		{"a region", "guardduty_is_enabled", "arn:aws:guardduty:eu-central-1:" + prod + ":detector/d1", ours("region-threat-detection", check.Pass, cloud.RegionKind, "arn:aws:account::"+prod+":region/eu-central-1")},
		{"a last word", "ec2_ebs_volume_encryption", "vol-1", ours("disk-encrypted", check.Pass, cloud.Disk, "arn:aws:ec2:eu-central-1:"+prod+":volume/vol-1")},
	} {
		j := newJoin(t)
		j.Add("f1", theirs(c.id, foreign.Pass, c.resource))
		if j.Own(c.own); c.own.Elsewhere == nil {
			t.Errorf("%s: not joined", c.name)
		}
		other := *c.own
		other.Account, other.Resource, other.Elsewhere = "109876543210", strings.ReplaceAll(other.Resource, prod, "109876543210"), nil
		j = newJoin(t)
		j.Add("f1", theirs(c.id, foreign.Pass, c.resource))
		if j.Own(&other); other.Elsewhere != nil {
			t.Errorf("%s: joined with another account", c.name)
		}
	}
}

func TestJoin_Rest(t *testing.T) {
	j := newJoin(t)
	list := []*foreign.Result{
		theirs("s3_bucket_public_access", foreign.Fail, "arn:aws:s3:::elsewhere"),
		theirs("rds_cluster_minor_version_upgrade_enabled", foreign.Fail, "arn:aws:rds:eu-central-1:"+prod+":cluster:c"),
		theirs("ec2_instance_public_ip", foreign.Pass, "arn:aws:ec2:eu-central-1:"+prod+":instance/i-1"),
		theirs("s3_bucket_public_access", foreign.Pass, "arn:aws:s3:::elsewhere"),
		theirs("nobody_knows_this", foreign.Fail, "x"),
		theirs("ec2_instance_public_ip", foreign.NotChecked, "arn:aws:ec2:eu-central-1:"+prod+":instance/i-2"),
	}
	for _, r := range list {
		j.Add("f1", r)
	}
	var got []string
	for _, r := range list {
		if f, ok := j.Rest("f1", r); ok {
			got = append(got, fmt.Sprintf("%s %s %s %d %s", f.Check, f.Outcome, f.Kind, len(f.Elsewhere.Others), f.Message))
		}
	}
	want := []string{
		"object-store-public fail object-store 2 Prowler 5.4.0 (s3_bucket_public_access): because",
		"prowler:patch fail other 1 Prowler 5.4.0 (rds_cluster_minor_version_upgrade_enabled): because",
		"prowler:ec2_instance_public_ip pass other 1 Prowler 5.4.0 (ec2_instance_public_ip): title of ec2_instance_public_ip",
	}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	if c := j.Counts("f1"); c != (foreign.JoinCounts{Unmapped: 1, Aside: 1, Alone: 4}) {
		t.Errorf("%+v", c)
	}
	made := j.Checks()
	if len(made) != 2 || made[0].ID != "prowler:ec2_instance_public_ip" || made[0].Origin != check.Foreign || len(made[0].Proves) == 0 || !strings.Contains(made[0].Fix.Console, "https://example.org/ec2_instance_public_ip") {
		t.Errorf("%+v", made)
	}
	for _, c := range made {
		for _, p := range c.Proves {
			if p.Extent != "part" {
				t.Errorf("%s alone shows a whole duty", c.ID)
			}
		}
	}
}

// TestJoin_EveryResultIsTold holds, over random reports and findings, that each
// result is counted once, that no question about one resource is answered twice,
// and that no outcome becomes better.
func TestJoin_EveryResultIsTold(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	ids := []string{"s3_bucket_public_access", "s3_bucket_policy_public_write_access", "s3_bucket_default_encryption", "ec2_instance_public_ip", "rds_cluster_minor_version_upgrade_enabled", "unknown_one"}
	outcomes := []foreign.Outcome{foreign.Pass, foreign.Fail, foreign.Unknown, foreign.NotChecked, foreign.NotApplicable, foreign.Fixed}
	own := []check.Outcome{check.Pass, check.Fail, check.Unknown, check.NotApplicable}
	m, two := mappings(t), []check.Check{{ID: "object-store-public", Kinds: []cloud.Kind{cloud.ObjectStore}}, {ID: "object-store-encrypted", Kinds: []cloud.Kind{cloud.ObjectStore}}}
	for range 300 {
		j := foreign.NewJoin(m, two)
		var list []*foreign.Result
		for range random.IntN(20) {
			r := theirs(ids[random.IntN(len(ids))], outcomes[random.IntN(len(outcomes))], fmt.Sprintf("arn:aws:s3:::b%d", random.IntN(4)))
			list = append(list, r)
			j.Add("f1", r)
		}
		told := map[string]bool{}
		for i := range 4 {
			for _, id := range []string{"object-store-public", "object-store-encrypted"} {
				if random.IntN(2) == 0 {
					continue
				}
				f := ours(id, own[random.IntN(len(own))], cloud.ObjectStore, fmt.Sprintf("arn:aws:s3:::b%d", i))
				was := f.Outcome
				j.Own(f)
				told[f.Check+f.Resource] = true
				if f.Outcome != was && f.Outcome != check.Fail || was == check.Fail && f.Outcome != check.Fail {
					t.Fatalf("%s became %s", was, f.Outcome)
				}
			}
		}
		for _, r := range list {
			if f, ok := j.Rest("f1", r); ok {
				if at := f.Check + f.Resource + f.Elsewhere.Others[0].Check; told[f.Check+f.Resource] && f.Kind == cloud.ObjectStore || told[at] {
					t.Fatalf("told twice: %+v", f)
				} else {
					told[at] = true
				}
			}
		}
		if c := j.Counts("f1"); c.Unmapped+c.Aside+c.Joined+c.Alone != int64(len(list)) || c.Against+c.Apart+c.Contradict > c.Joined {
			t.Fatalf("%d results, counted as %+v", len(list), c)
		}
	}
}
