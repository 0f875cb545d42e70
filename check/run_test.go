// SPDX-License-Identifier: Apache-2.0

package check

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"demarc.dev/demarc/cloud"
)

func TestRun_SameWhateverTheWorkers(t *testing.T) {
	set := compile(t, benchChecks(t)...)
	gaps := []cloud.ScopeGap{{Provider: "aws", Account: "100000000003", Region: "eu-west-1", Service: "cloudtrail", Kinds: []cloud.Kind{cloud.LogTrail}, Gap: cloud.Gap{Reason: cloud.Denied}}}
	exceptions := []Exception{{ID: "e", Checks: []string{"disk-encrypted", "owner"}, Where: `r.id.endsWith("1")`, Until: testNow().AddDate(0, 1, 0)}}
	var want []Finding
	var wantStats Stats
	for _, workers := range []int{1, 2, 8} {
		in := Input{Header: cloud.Header{Provider: "aws", Source: "live", Accounts: []cloud.Account{{ID: "100000000003"}, {ID: "none"}}}, Gaps: gaps,
			Source: generated(6000, true), Now: benchNow(), Workers: workers, Exceptions: exceptions}
		got, stats := runAll(t, set, in)
		if workers == 1 {
			want, wantStats = got, stats
			if len(got) < 10000 || stats.Outcomes[Pass] == 0 || stats.Outcomes[Fail] == 0 || stats.Outcomes[Unknown] == 0 || stats.Excepted == 0 {
				t.Fatalf("the estate shows too little: %d findings, %+v", len(got), stats)
			}
			continue
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatalf("%d workers give other findings:\n%s", workers, diff)
		}
		if diff := cmp.Diff(wantStats, stats, cmp.AllowUnexported(Stats{})); diff != "" {
			t.Fatalf("%d workers count otherwise:\n%s", workers, diff)
		}
	}
	total := int64(0)
	for _, n := range wantStats.Outcomes {
		total += n
	}
	if total != int64(len(want)) || wantStats.Findings != total {
		t.Errorf("%d findings were emitted, %d counted by outcome, %d counted", len(want), total, wantStats.Findings)
	}
}

func TestRun_Finding(t *testing.T) {
	seen := cloud.Seen{At: testNow(), Call: "s3:ListBuckets", Request: "r1"}
	r := resource(cloud.ObjectStore, "arn:s", attrs{"public": true, "encrypted": true}, tags("env", "prod"), func(r *cloud.Resource) {
		r.Native, r.Name, r.Tenant, r.Raw, r.Seen = "s3.bucket", "s", "t1", []byte(`{"a":1}`), seen
	})
	c := question("open", cloud.ObjectStore, "!r.public && (r.encrypted || production())")
	c.When = `r.region != "global"`
	findings, _ := runAll(t, compile(t, c), Input{Source: sourceOf([]cloud.Resource{r})})
	want := Finding{
		Fingerprint: Fingerprint("open", "arn:s"), Check: "open", Outcome: Fail, Severity: High, Message: "s fails", Fields: []string{"encrypted", "public", "region", "tags"},
		Resource: "arn:s", Name: "s", Kind: cloud.ObjectStore, Native: "s3.bucket", Provider: "aws", Source: "live", Account: "1", Region: "eu-west-1", Tenant: "t1",
		Exposed: true, Raw: fmt.Sprintf("%x", sha256.Sum256([]byte(`{"a":1}`))), Seen: seen,
	}
	if diff := cmp.Diff([]Finding{want}, findings); diff != "" {
		t.Error(diff)
	}
	if got := Fingerprint("open", "arn:s"); got != "c4cf0e29d1eb06a680cbc8431c84b8e5" { // history joins by it: it must never change
		t.Errorf("the fingerprint has changed: %s", got)
	}
}

func TestRun_Outcomes(t *testing.T) {
	r := resource(cloud.ObjectStore, "s", attrs{"public": false, "lock_days": "many"}, gap("encrypted", cloud.AfterApply, ""), gap("region", cloud.Denied, "s3:GetBucketLocation"))
	for _, c := range []struct {
		when, test, message string
		want                Outcome
		say                 string
		fields              string
	}{
		{"", "!r.public", "'x'", Pass, "q holds", "public"},
		{"", "r.public", "'it is ' + string(r.public)", Fail, "it is false", "public"},
		{"", "r.encrypted", "'x'", Unknown, "cannot tell: encrypted was not read (after-apply)", "encrypted"},
		{"", "r.versioning", "'x'", Unknown, "cannot tell: versioning was not read (not-collected)", "versioning"},
		{"", "r.lock_days > 3", "'x'", Unknown, "cannot tell: lock_days was not read (unreadable)", "lock_days"},
		{"", "r.region == 'x'", "'x'", Unknown, "cannot tell: region was not read (denied, s3:GetBucketLocation)", "region"},
		{"", "r.encrypted && r.versioning && r.tls_only && r.object_lock && r.public_block && r.data_events && r.customer_key", "'x'", Unknown, "and 2 more", "customer_key data_events encrypted object_lock public_block tls_only versioning"},
		{"r.public", "r.public", "'x'", NotApplicable, "does not apply: r.public is false", "public"},
		{"!r.public", "r.public", "'x'", Fail, "x", "public"},
		{"r.encrypted", "r.public", "'x'", Unknown, "encrypted was not read", "encrypted"},
		{"", "r.public", "'lock of ' + string(r.lock_days)", Fail, "s does not hold: q holds (public is false; lock_days was not read (unreadable))", "public"},
		{"", "r.public", "r.tags['x']", Fail, "s does not hold: q holds (public is false; the check's message is faulty: no such key: x)", "public"},
		{"", "r.tags['x'] == 'y'", "'x'", Error, "the check's test is faulty: no such key: x", ""},
		{"1 / (r.name.size() - 1) == 1", "r.public", "'x'", Error, "the check's when is faulty: division by zero", "name public"},
		{"", "timestamp(r.name) < now", "'x'", Error, "the check's test is faulty:", "name"},
	} {
		q := question("q", cloud.ObjectStore, c.test)
		q.When, q.Message = c.when, c.message
		findings, stats := runAll(t, compile(t, q), Input{Source: sourceOf([]cloud.Resource{r})})
		f := findings[0]
		if f.Outcome != c.want || !strings.Contains(f.Message, c.say) || c.fields != "" && strings.Join(f.Fields, " ") != c.fields {
			t.Errorf("%s | %s: %s %q %v", c.when, c.test, f.Outcome, f.Message, f.Fields)
		}
		if stats.Outcomes[c.want] != 1 || stats.Evaluations != 1 || stats.Unread[cloud.AfterApply] != 1 || stats.Unread[cloud.Denied] != 1 {
			t.Errorf("%s: counted %+v", c.test, stats)
		}
	}
}

func TestRun_ProvidersAndNatives(t *testing.T) {
	c := question("q", cloud.Disk, "true")
	c.Providers, c.Natives = []string{"azure"}, []string{"compute.disk"}
	set := compile(t, c)
	azure := func(native string) cloud.Resource {
		return resource(cloud.Disk, native, nil, func(r *cloud.Resource) { r.Provider, r.Native = "azure", native })
	}
	findings, stats := runAll(t, set, Input{Source: sourceOf([]cloud.Resource{resource(cloud.Disk, "d", nil), azure("compute.disk"), azure("other"), resource(cloud.Queue, "x", nil), {ID: "?", Kind: "no-such-kind"}})})
	if len(findings) != 1 || findings[0].Resource != "compute.disk" || stats.Unasked != 4 || stats.Resources != 5 {
		t.Errorf("%v %+v", findings, stats)
	}
}

// TestRun_NothingReadIsNotSilent: what was asked for and not read at all gives
// findings all the same.
func TestRun_NothingReadIsNotSilent(t *testing.T) {
	set := compile(t, question("mfa", cloud.AccountKind, "r.root_mfa"), question("recorder", cloud.RegionKind, "r.recorder_on"),
		question("store", cloud.ObjectStore, "!r.public"), question("disk", cloud.Disk, "r.encrypted"), Check{ID: "azure", Kinds: []cloud.Kind{cloud.ObjectStore}, Providers: []string{"azure"}, Test: "true", Message: "''"})
	gap := func(account, region, service string, reason cloud.Reason, kinds ...cloud.Kind) cloud.ScopeGap {
		return cloud.ScopeGap{Provider: "aws", Account: account, Region: region, Service: service, Kinds: kinds, Gap: cloud.Gap{Reason: reason, Call: service + ":List", Detail: "no"}}
	}
	region := func(account, name string) cloud.Resource {
		return resource(cloud.RegionKind, account+name, attrs{"recorder_on": true}, func(r *cloud.Resource) { r.Account, r.Region = account, name })
	}
	in := Input{
		Header: cloud.Header{Provider: "aws", Source: "live", Accounts: []cloud.Account{{ID: "1"}, {ID: "2"}, {ID: "3"}}, Regions: []string{"eu-west-1", "us-east-1", "global"}},
		Gaps: []cloud.ScopeGap{
			gap("1", "eu-west-1", "s3", cloud.Denied, cloud.ObjectStore), gap("1", "eu-west-1", "s3", cloud.Throttled, cloud.ObjectStore),
			gap("3", "", "", cloud.NotEnabled, cloud.AccountKind, cloud.RegionKind, cloud.ObjectStore, cloud.Disk),
		},
		Source:     sourceOf([]cloud.Resource{resource(cloud.AccountKind, "one", attrs{"root_mfa": true}), region("1", "eu-west-1"), region("2", "eu-west-1")}),
		Exceptions: []Exception{{ID: "later", Checks: []string{"disk"}, Until: testNow()}, {ID: "some", Checks: []string{"store"}, Where: "r.public", Until: testNow()}},
	}
	findings, stats := runAll(t, set, in)
	var got []string
	for _, f := range findings {
		got = append(got, fmt.Sprintf("%s %s %s %s %s", f.Check, f.Resource, f.Outcome, f.Exception, f.Message))
		if f.Fingerprint != Fingerprint(f.Check, f.Resource) || f.Provider != "aws" {
			t.Errorf("%+v", f)
		}
	}
	want := []string{
		"mfa one pass  mfa holds",
		"recorder 1eu-west-1 pass  recorder holds",
		"recorder 2eu-west-1 pass  recorder holds",
		"store aws:1:eu-west-1:s3 unknown  cannot tell: the object-store of aws:1:eu-west-1:s3 was not read (denied, s3:List): no",
		"recorder aws:1:us-east-1 unknown  cannot tell: the region of aws:1:us-east-1 was not read (not-collected)",
		"mfa aws:2 unknown  cannot tell: the account of aws:2 was not read (not-collected)",
		"recorder aws:2:us-east-1 unknown  cannot tell: the region of aws:2:us-east-1 was not read (not-collected)",
		"disk aws:3 unknown later cannot tell: the disk of aws:3 was not read (not-enabled, :List): no",
		"mfa aws:3 unknown  cannot tell: the account of aws:3 was not read (not-enabled, :List): no",
		"recorder aws:3 unknown  cannot tell: the region of aws:3 was not read (not-enabled, :List): no",
		"store aws:3 unknown  cannot tell: the object-store of aws:3 was not read (not-enabled, :List): no",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if !slices.Equal(stats.Silent, []string{"azure"}) || stats.Scopes != 3 || stats.Outcomes[Unknown] != 8 || stats.Evaluations != 3 || stats.Excepted != 1 {
		t.Errorf("%+v", stats)
	}
	in.Header.Source = "plan"
	in.Gaps = nil
	if findings, _ = runAll(t, set, in); len(findings) != 3 {
		t.Errorf("a plan was asked for accounts: %v", findings)
	}
}

func TestRun_Ends(t *testing.T) {
	broken := errors.New("broken pipe")
	source := func(n int, err error) cloud.Source {
		return func() iter.Seq2[*cloud.Resource, error] {
			return func(yield func(*cloud.Resource, error) bool) {
				r := resource(cloud.Disk, "d", attrs{"encrypted": true})
				for range n {
					if !yield(&r, nil) {
						return
					}
				}
				yield(nil, err)
			}
		}
	}
	plain, joining := compile(t, question("q", cloud.Disk, "r.encrypted")), compile(t, question("q", cloud.Disk, `all("key").size() == 0`))
	for _, set := range []*Set{plain, joining} {
		n := 0
		_, err := set.Run(context.Background(), Input{Source: source(1000, broken), Now: testNow()}, func(Finding) error { n++; return nil })
		if !errors.Is(err, broken) || set == plain && n != 1000 {
			t.Errorf("the source's error: %v after %d findings", err, n)
		}
		_, err = set.Run(context.Background(), Input{Source: generated(100_000, false), Now: testNow()}, func(Finding) error { return broken })
		if !errors.Is(err, broken) {
			t.Errorf("the error of emit: %v", err)
		}
		ctx, cancel := context.WithCancel(context.Background())
		_, err = set.Run(ctx, Input{Source: generated(100_000, false), Now: testNow()}, func(Finding) error { cancel(); return nil })
		if !errors.Is(err, context.Canceled) {
			t.Errorf("the end of the context: %v", err)
		}
	}
}

// TestRun_Guard: a user's check that is too costly for this estate ends as an
// error that says so; a built-in one is not watched.
func TestRun_Guard(t *testing.T) {
	costly := question("costly", cloud.ObjectStore, `all("disk").all(d, d.name.matches("^(a|b|c|d)*$"))`)
	mild := question("mild", cloud.ObjectStore, `all("disk").exists(d, d.encrypted)`)
	costly.own, mild.own = true, true
	rs := []cloud.Resource{resource(cloud.ObjectStore, "s", nil)}
	for i := range 20_000 {
		rs = append(rs, resource(cloud.Disk, fmt.Sprintf("d%d", i), attrs{"encrypted": i == 19_999}, func(r *cloud.Resource) { r.Name = strings.Repeat("d", 1000) }))
	}
	findings, _ := runAll(t, compile(t, costly, mild), Input{Source: sourceOf(rs)})
	if findings[0].Outcome != Error || !strings.Contains(findings[0].Message, "cost limit exceeded") {
		t.Errorf("%+v", findings[0])
	}
	if findings[1].Outcome != Pass {
		t.Errorf("%+v", findings[1])
	}
	costly.own = false
	findings, _ = runAll(t, compile(t, costly), Input{Source: sourceOf(rs)})
	if findings[0].Outcome != Pass {
		t.Errorf("%+v", findings[0])
	}
}

func TestRun_SetIsShared(t *testing.T) {
	set := compile(t, benchChecks(t)...)
	in := Input{Source: generated(500, false), Now: benchNow(), Exceptions: []Exception{{ID: "e", Checks: []string{"owner"}, Where: "r.account == '1'", Until: benchNow()}}}
	want, _ := runAll(t, set, in)
	results := make(chan string, 4)
	for range cap(results) {
		go func() {
			var got []Finding
			_, err := set.Run(context.Background(), in, func(f Finding) error { got = append(got, f); return nil })
			if err != nil {
				results <- err.Error()
				return
			}
			results <- cmp.Diff(want, got)
		}()
	}
	for range cap(results) {
		if diff := <-results; diff != "" {
			t.Error(diff)
		}
	}
}

func TestExposed(t *testing.T) {
	in := map[string]any{"direction": "in", "allow": true, "internet": true}
	for _, c := range []struct {
		kind cloud.Kind
		a    attrs
		want bool
	}{
		{cloud.ObjectStore, attrs{"public": true}, true}, {cloud.ObjectStore, attrs{"public": false}, false}, {cloud.ObjectStore, attrs{}, false},
		{cloud.Database, attrs{"public": true}, true}, {cloud.Function, attrs{"public": true}, true}, {cloud.DiskSnapshot, attrs{"public": true}, true},
		{cloud.MachineImage, attrs{"public": true}, true}, {cloud.Key, attrs{"public": true}, true}, {cloud.Queue, attrs{"public": true}, true},
		{cloud.Machine, attrs{"public_address": "192.0.2.1"}, true}, {cloud.Machine, attrs{"public_address": ""}, false},
		{cloud.Firewall, attrs{"rules": []any{in}}, true}, {cloud.Firewall, attrs{"rules": []any{map[string]any{"direction": "out", "allow": true, "internet": true}}}, false},
		{cloud.Firewall, attrs{"rules": []any{map[string]any{"direction": "in", "allow": false, "internet": true}}}, false}, {cloud.Firewall, attrs{}, false},
		{cloud.LoadBalancer, attrs{"internet_facing": true}, true}, {cloud.Listener, attrs{"internet_facing": true}, true},
		{cloud.Cluster, attrs{"endpoint_open": true}, true}, {cloud.Role, attrs{"trust_public": true}, true}, {cloud.Disk, attrs{"encrypted": false}, false},
	} {
		r := resource(c.kind, "x", c.a)
		if got := Exposed(&r); got != c.want {
			t.Errorf("%s %v: exposed is %v", c.kind, c.a, got)
		}
	}
}

func TestRun_TimesAsText(t *testing.T) {
	r := resource(cloud.Secret, "s", attrs{"changed": testNow().AddDate(0, 0, -10).Format(time.RFC3339)})
	if f := answer(t, "days(r.changed) == 10", r); f.Outcome != Pass {
		t.Error(f.Message)
	}
}
