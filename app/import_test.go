// SPDX-License-Identifier: Apache-2.0

package app_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"demarc.dev/demarc/app"
	"demarc.dev/demarc/assess"
	"demarc.dev/demarc/check"
	"demarc.dev/demarc/problem"
)

// prowler makes a report of Prowler out of rows: id, of, region, status, at.
func prowler(rows ...string) app.Report {
	var out []string
	for _, row := range rows {
		var r struct{ ID, Of, Region, Status, At, Account string }
		if err := json.Unmarshal([]byte(row), &r); err != nil {
			panic(err) // of the test
		}
		if r.At == "" {
			r.At = "2026-11-19T10:00:00"
		}
		if r.Account == "" {
			r.Account = "210987654321"
		}
		out = append(out, fmt.Sprintf(`{"metadata":{"event_code":%q,"product":{"name":"Prowler","version":"5.4.0"}},"severity":"High","status_code":%q,"class_uid":2004,"finding_info":{"title":"title of %s"},"resources":[{"uid":%q}],"cloud":{"provider":"aws","account":{"uid":%q},"region":%q},"time_dt":%q}`,
			r.ID, r.Status, r.ID, r.Of, r.Account, r.Region, r.At))
	}
	return app.Report{File: "prowler.json", In: strings.NewReader("[" + strings.Join(out, ",\n") + "]")}
}

func tallyOf(t *testing.T, a *assess.Assessment, service, id string) assess.Result {
	t.Helper()
	for _, r := range a.Results {
		if r.Service == service && r.Check == id {
			return r
		}
	}
	t.Fatalf("no result of %s in %s", id, service)
	return assess.Result{}
}

func TestTakeReports_LessFlatteringAnswerCounts(t *testing.T) {
	a := estate(t, t.TempDir())
	before := assessed(t, a, larkspur, everything)
	const encrypted, bucket = "object-store-encrypted", "arn:aws:s3:::larkspur-archive-alder"
	was := tallyOf(t, before.Assessment, "aws", encrypted)
	taken := must[[]app.Imported](t)(a.TakeReports(ctx, larkspur, []app.Report{prowler(
		`{"id":"s3_bucket_default_encryption","of":"`+bucket+`","region":"eu-west-1","status":"FAIL"}`,
		`{"id":"s3_bucket_default_encryption","of":"arn:aws:s3:::never-seen","region":"eu-west-1","status":"PASS"}`,
		`{"id":"ec2_instance_public_ip","of":"arn:aws:ec2:eu-west-1:210987654321:instance/i-1","region":"eu-west-1","status":"FAIL"}`,
		`{"id":"nobody_knows_this","of":"x","status":"FAIL"}`)}, false))
	if i := taken[0]; i.Counts.Joined != 1 || i.Counts.Against != 1 || i.Counts.Alone != 2 || i.Unknown != 1 || len(i.Disputes) != 1 || i.Disputes[0].Own != check.Pass || i.Disputes[0].Other.Check != "s3_bucket_default_encryption" {
		t.Errorf("%+v", i)
	}
	after := assessed(t, a, larkspur, everything)
	now := tallyOf(t, after.Assessment, "aws", encrypted)
	if now.Tally.Fail != was.Tally.Fail+1 || now.Tally.Pass != was.Tally.Pass || now.Disputed != 1 || now.Foreign != 1 {
		t.Errorf("before %+v, after %+v", was, now)
	}
	if r := tallyOf(t, after.Assessment, "aws", "prowler:ec2_instance_public_ip"); r.Tally.Fail != 1 || r.Title != "title of ec2_instance_public_ip" {
		t.Errorf("%+v", r)
	}
	if n := after.Run.Imports; len(n) != 1 || n[0].Against != 1 || n[0].Alone != 2 || n[0].Unmapped != 1 || len(after.Assessment.Imports) != 1 {
		t.Errorf("%+v %+v", n, after.Assessment.Imports)
	}
	// the counts of the run are those of its findings
	outcomes, n := map[check.Outcome]int64{}, int64(0)
	for f, err := range a.Findings(ctx, larkspur, after.Run) {
		ok(t, err)
		outcomes[f.Outcome]++
		n++
	}
	if n != after.Run.Stats.Findings || fmt.Sprint(outcomes) != fmt.Sprint(after.Run.Stats.Outcomes) {
		t.Errorf("%d findings %v, the run says %d %v", n, outcomes, after.Run.Stats.Findings, after.Run.Stats.Outcomes)
	}
	// taken out, all is as it was
	ok(t, a.RemoveImport(ctx, larkspur, "f1"))
	if again := assessed(t, a, larkspur, everything); again.Assessment.Digest != before.Assessment.Digest {
		t.Error("an import that was removed leaves a trace in the assessment")
	}
	verify(t, a, larkspur)
}

func TestTakeReports_NewestOfAPlaceTells(t *testing.T) {
	a := estate(t, t.TempDir())
	fail := func(day string) app.Report {
		r := prowler(`{"id":"ec2_instance_public_ip","of":"arn:aws:ec2:eu-west-1:210987654321:instance/i-`+day+`","region":"eu-west-1","status":"FAIL","at":"2026-11-`+day+`T10:00:00"}`,
			`{"id":"ec2_instance_public_ip","of":"i-2","account":"3333333333`+day+`","status":"FAIL","at":"2026-11-`+day+`T10:00:00"}`)
		return r
	}
	for _, day := range []string{"18", "19", "17"} { // the last one is older than what is here
		must[[]app.Imported](t)(a.TakeReports(ctx, larkspur, []app.Report{fail(day)}, false))
	}
	out := assessed(t, a, larkspur, everything)
	r := tallyOf(t, out.Assessment, "aws", "prowler:ec2_instance_public_ip")
	if r.Tally.Fail != 1 || !strings.HasSuffix(r.Worst[0].Resource, "i-19") || !r.Newest.Equal(time.Date(2026, 11, 19, 10, 0, 0, 0, time.UTC)) {
		t.Errorf("%+v", r)
	}
	if u := out.Assessment.Unassigned; len(u) != 3 { // accounts of which one report each tells
		t.Errorf("%+v", u)
	}
}

func TestTakeReports_AllOrNone(t *testing.T) {
	a := estate(t, t.TempDir())
	size := must[int64](t)(a.LogSize(ctx, larkspur))
	good := prowler(`{"id":"ec2_instance_public_ip","of":"i-1","status":"FAIL"}`)
	_, err := a.TakeReports(ctx, larkspur, []app.Report{good, {File: "cut.json", In: strings.NewReader(`[{"class_uid":2003,`)}}, false)
	wantKind(t, err, problem.Invalid)
	if !strings.Contains(err.Error(), "cut.json: line 1") {
		t.Errorf("the error is %q", err)
	}
	if got := must[[]app.Import](t)(a.Imports(ctx, larkspur)); len(got) != 0 {
		t.Errorf("taken in: %+v", got)
	}
	must[[]app.Imported](t)(a.TakeReports(ctx, larkspur, []app.Report{prowler(`{"id":"ec2_instance_public_ip","of":"i-1","status":"FAIL"}`)}, true))
	if now := must[int64](t)(a.LogSize(ctx, larkspur)); now != size {
		t.Errorf("the log has %d entries, had %d", now, size)
	}
	_, err = a.Imported(ctx, larkspur, "f1")
	wantKind(t, err, problem.NotFound)
	wantKind(t, a.RemoveImport(ctx, larkspur, "f1"), problem.NotFound)
}

// TestTakeReports_AloneIsNoWholeDuty assesses an organisation of which only
// another tool has seen anything: all passes, and nothing is satisfied by that.
func TestTakeReports_AloneIsNoWholeDuty(t *testing.T) {
	a := open(t, t.TempDir())
	c := app.Local("thistle", "tess@thistle.example")
	must[[]app.Imported](t)(a.TakeReports(ctx, c, []app.Report{prowler(
		`{"id":"iam_policy_attached_only_to_group_or_roles","of":"arn:aws:iam::210987654321:user/a","region":"us-east-1","status":"PASS"}`,
		`{"id":"s3_bucket_public_access","of":"arn:aws:s3:::a","region":"eu-west-1","status":"FAIL"}`)}, false))
	out := assessed(t, a, c, everything)
	if !out.ScopeProposed || len(out.Assessment.Services) != 1 || out.Assessment.Services[0].Accounts[0] != "210987654321" {
		t.Fatalf("%+v", out.Assessment.Services)
	}
	for _, x := range out.Assessment.Answers {
		if x.Status == assess.Satisfied {
			t.Errorf("%s is satisfied by another tool's word alone: %s", x.Duty, x.Summary)
		}
		if x.Duty == "9.2.2-C2" { // our check proves the whole duty
			found := false
			for _, r := range x.Reasons {
				found = found || r.Kind == assess.ReasonForeignPass
			}
			if !found {
				t.Errorf("9.2.2-C2 does not say that another tool passes it: %+v", x.Reasons)
			}
		}
		if x.Duty == "9.4.1-C2" && x.Status != assess.NotSatisfied {
			t.Errorf("9.4.1-C2 is %s: %s", x.Status, x.Summary)
		}
	}
}
