// SPDX-License-Identifier: Apache-2.0

package web_test

import (
	"bytes"
	"context"
	"io"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"demarc.dev/demarc/account"
	"demarc.dev/demarc/app"
	"demarc.dev/demarc/catalogue"
	"demarc.dev/demarc/cloud"
	"demarc.dev/demarc/cloud/terraform"
	"demarc.dev/demarc/example"
	"demarc.dev/demarc/job"
	"demarc.dev/demarc/problem"
	"demarc.dev/demarc/responsibility"
	"demarc.dev/demarc/sla"
	"demarc.dev/demarc/web"
)

// host is how the tests call the server.
const host = "127.0.0.1:7117"

// house is a server over a store, as it runs.
type house struct {
	t      *testing.T
	app    *app.App
	caller app.Caller
	server *web.Server
	dir    string // of the store
	cookie string
	now    func() time.Time
}

// begin is when the tests take place.
var begin = time.Date(2026, 11, 25, 9, 0, 0, 0, time.UTC)

// open makes a server over a new store that fill fills.
func open(t *testing.T, fill func(*testing.T, *app.App, app.Caller)) *house {
	t.Helper()
	var mu sync.Mutex
	now := begin
	clock := func() time.Time { // each look a little later, so that no two runs are of one moment
		mu.Lock()
		defer mu.Unlock()
		now = now.Add(200 * time.Millisecond)
		return now
	}
	dir := t.TempDir()
	// By this clock, to put every page to every role takes a day.
	a, err := app.Open(t.Context(), app.Options{Dir: dir, Version: "test", Now: clock, Sessions: account.Limits{Whole: 240 * time.Hour, Idle: 240 * time.Hour}})
	if err != nil {
		t.Fatal(err)
	}
	if err := a.OpenQueue(t.Context(), job.Options{Dir: dir}, nil, nil); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := a.StopQueue(context.Background()); err != nil {
			t.Error(err)
		}
		if err := a.Close(); err != nil {
			t.Error(err)
		}
	})
	h := &house{t: t, dir: dir, app: a, now: clock, caller: app.Local("", "ada@larkspur.example")}
	fill(t, a, h.caller)
	ids, err := a.Orgs(t.Context(), h.caller)
	if err != nil || len(ids) != 1 {
		t.Fatalf("organisations %v, %v", ids, err)
	}
	h.caller.Org = ids[0]
	h.server, err = web.New(web.Options{App: a, Caller: h.caller, Version: "test", Policy: []byte(`{"Version":"2012-10-17"}`), Plan: readPlan, Largest: largest, Hosts: []string{host, "localhost:7117"}, Now: clock})
	if err != nil {
		t.Fatal(err)
	}
	h.signin()
	return h
}

// signin opens a session with a link.
func (h *house) signin() {
	h.t.Helper()
	r := h.do(http.MethodGet, h.server.Link(), "")
	if r.Code != http.StatusSeeOther || r.Header().Get("Location") != "/" {
		h.t.Fatalf("the sign-in link gave %d to %q", r.Code, r.Header().Get("Location"))
	}
	h.cookie = strings.Split(r.Header().Get("Set-Cookie"), ";")[0]
}

// do answers one request as a browser would send it.
// A path without a place is one of the pages of the organisation.
func (h *house) do(method, path, body string, change ...func(*http.Request)) *httptest.ResponseRecorder {
	if place, query, _ := strings.Cut(path[1:], "?"); query != "all=yes" && !strings.Contains("|o|signin|signout|style|script|self|join|admin|organisation|", "|"+strings.Split(place, "/")[0]+"|") {
		path = "/o/" + h.caller.Org + path
	}
	r := httptest.NewRequest(method, "http://"+host+path, strings.NewReader(body))
	if body != "" || method == http.MethodPost {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("Sec-Fetch-Site", "same-origin")
	}
	if h.cookie != "" {
		r.Header.Set("Cookie", h.cookie)
	}
	for _, c := range change {
		c(r)
	}
	w := httptest.NewRecorder()
	h.server.Handler().ServeHTTP(w, r)
	return w
}

// larkspur fills a store with the shipped example, assessed in both editions
// and twice in the newer one.
func larkspur(t *testing.T, a *app.App, c app.Caller) {
	t.Helper()
	ctx, files := t.Context(), example.Files()
	read := func(name string) []byte {
		data, err := fs.ReadFile(files, name)
		if err != nil {
			t.Fatal(err)
		}
		return data
	}
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	_, err := a.SetScope(ctx, c, "scope.yaml", read("scope.yaml"))
	must(err)
	_, _, err = a.TakeSnapshot(ctx, c, "larkspur.snapshot", bytes.NewReader(read("estate/larkspur.snapshot")))
	must(err)
	assessed(ctx, t, a, c, catalogue.Edition2015)
	assessed(ctx, t, a, c, catalogue.Edition2026)
	var plan bytes.Buffer
	_, _, err = terraform.Write(bytes.NewReader(read("estate/plan.json")), terraform.Options{Account: example.PlanAccount, Now: begin, Tool: "test"}, &plan)
	must(err)
	_, _, err = a.TakeSnapshot(ctx, c, "plan.json", &plan)
	must(err)
	_, err = a.TakeReports(ctx, c, []app.Report{{File: "prowler.json", In: strings.NewReader(report)}}, false)
	must(err)
	_, err = a.FileStatement(ctx, c, "postrider.yaml", read("statement/postrider.yaml"), responsibility.StatementOptions{})
	must(err)
	_, err = a.SetAttestations(ctx, c, "attestations.yaml", read("attestations.yaml"), files)
	must(err)
	_, err = a.SetExceptions(ctx, c, "exceptions.yaml", read("exceptions.yaml"))
	must(err)
	names, err := fs.Glob(files, "matrix/*.yaml")
	must(err)
	for _, name := range names {
		m, err := a.ParseMatrix(ctx, c, name, read(name))
		must(err)
		_, _, err = a.ImportMatrix(ctx, c, m)
		must(err)
	}
	assessed(ctx, t, a, c, catalogue.Edition2026)
}

func assessed(ctx context.Context, t *testing.T, a *app.App, c app.Caller, ed catalogue.Edition) {
	t.Helper()
	if _, err := a.Assess(ctx, c, app.Ask{Edition: ed, Parties: []catalogue.Party{catalogue.Customer, catalogue.Provider}}); err != nil {
		t.Fatal(err)
	}
}

// hostile is a name that is a script where it is not escaped.
const hostile = `"><script>alert(1)</script><img src=x onerror=alert(1)>'`

// trap fills a store whose every foreign word is hostile.
func trap(t *testing.T, a *app.App, c app.Caller) {
	t.Helper()
	s := cloud.Snapshot{
		Header: cloud.Header{Tool: "t" + hostile, Provider: "aws", Source: "live", Accounts: []cloud.Account{{ID: "111122223333", Name: hostile}}, Regions: []string{"eu-west-1"}, Services: []string{"s3"}, Started: begin, Ended: begin, Calls: 1},
		Gaps:   []cloud.ScopeGap{{Provider: "aws", Account: "111122223333", Region: "eu-west-1", Service: "s3" + hostile, Kinds: []cloud.Kind{cloud.Queue}, Gap: cloud.Gap{Reason: cloud.Denied, Call: "sqs:ListQueues", Detail: hostile}}},
	}
	r := cloud.Resource{ID: "arn:aws:s3:::" + hostile, Kind: cloud.ObjectStore, Native: "s3.bucket", Provider: "aws", Source: "live", Account: "111122223333", Region: "eu-west-1", Name: hostile, Tenant: hostile,
		Tags: map[string]string{hostile: hostile}, Attributes: map[string]any{"public": true}, Raw: []byte(`{"Name":"</pre><script>alert(1)</script>"}`), Seen: cloud.Seen{At: begin, Call: "s3:ListBuckets"}}
	r.Complete(cloud.Gap{Reason: cloud.Denied, Call: "s3:Get" + hostile, Detail: hostile})
	s.Resources = []cloud.Resource{r}
	var b bytes.Buffer
	if err := s.Encode(&b); err != nil {
		t.Fatal(err)
	}
	if _, _, err := a.TakeSnapshot(t.Context(), c, hostile, &b); err != nil {
		t.Fatal(err)
	}
	assessed(t.Context(), t, a, c, catalogue.Edition2026)
	words := "# " + hostile + "\n\nProvider shall notify Customer of any security breach within 48 hours, " + hostile + ".\n"
	if _, err := a.PutAgreement(t.Context(), c, app.AgreementAsk{Name: hostile, Files: []app.Upload{{Name: "a" + hostile + ".txt", Data: []byte(words)}}}); err != nil {
		t.Fatal(err)
	}
	if _, err := a.SetLevel(t.Context(), c, app.ServiceLevel{Agreement: "g1", Currency: "<b>", Metric: sla.Metric{Name: hostile, Target: sla.Hundred * 999 / 1000, Exclusions: []string{hostile}}, Quotes: []app.LevelWords{{Of: hostile, Where: hostile, Text: hostile}}}); err != nil {
		t.Fatal(err)
	}
	if _, err := a.AddMeasurement(t.Context(), c, "l1", app.Upload{Name: hostile, Data: []byte("start,end,what\n2026-01-02 00:00,2026-01-03 00:00,down\n")}); err != nil {
		t.Fatal(err)
	}
	if all, err := a.Suppliers(t.Context(), c); err != nil || len(all) == 0 {
		t.Fatalf("no supplier: %v", err)
	}
	if _, err := a.SetSupplier(t.Context(), c, "amazon-web-services", "s.yaml", []byte("assurances:\n  - {id: x, kind: other, by: '<b>', scope: '<script>', from: 2026-01-01, until: 2026-02-01}\nanswers:\n  - {question: exit-1, answer: na, note: '<script>alert(1)</script>'}\n")); err != nil {
		t.Fatal(err)
	}
	if _, err := a.ReviewLevel(t.Context(), c, "l1", app.LevelReview{On: "2026-01-05", People: []string{hostile}, Minutes: hostile, Decisions: []app.LevelDecision{{What: hostile, Who: hostile}}}); err != nil {
		t.Fatal(err)
	}
}

func text(r *httptest.ResponseRecorder) string {
	data, _ := io.ReadAll(r.Result().Body)
	return string(data)
}

func form(pairs ...string) string {
	q := url.Values{}
	for i := 0; i < len(pairs); i += 2 {
		q.Set(pairs[i], pairs[i+1])
	}
	return q.Encode()
}

// largest is the most that the tests' server takes in at once.
const largest = 2 << 20

// readPlan is how the program reads a plan that was sent.
func readPlan(name string, in io.Reader, account, region string, out io.Writer) error {
	_, _, err := terraform.Write(in, terraform.Options{Account: account, Region: region, Now: begin, Tool: "test"}, out)
	if err != nil {
		return problem.New(problem.Invalid, name+": "+err.Error(), "terraform show -json PLAN > plan.json")
	}
	return nil
}

// report is what another tool saw of the estate: one answer against ours, one
// that only it has, and one that nobody has mapped.
const report = `[
{"metadata":{"event_code":"s3_bucket_default_encryption","product":{"name":"Prowler","version":"5.4.0"}},"severity":"High","status_code":"FAIL","status_detail":"not encrypted","class_uid":2004,"finding_info":{"title":"Buckets are encrypted"},"resources":[{"uid":"arn:aws:s3:::larkspur-archive-alder","region":"eu-west-1"}],"cloud":{"provider":"aws","account":{"uid":"210987654321"},"region":"eu-west-1"},"remediation":{"references":["https://example.org/fix"]},"time_dt":"2026-11-19T10:00:00"},
{"metadata":{"event_code":"ec2_instance_public_ip","product":{"name":"Prowler","version":"5.4.0"}},"severity":"Medium","status_code":"FAIL","status":"Suppressed","status_id":3,"class_uid":2004,"finding_info":{"title":"Machines have no public address"},"resources":[{"uid":"arn:aws:ec2:eu-west-1:210987654321:instance/i-7"}],"cloud":{"provider":"aws","account":{"uid":"210987654321"},"region":"eu-west-1"},"time_dt":"2026-11-19T10:00:00"},
{"metadata":{"event_code":"nobody_knows_this","product":{"name":"Prowler","version":"5.4.0"}},"severity":"Low","status_code":"FAIL","class_uid":2004,"finding_info":{"title":"<b>Something</b> else"},"resources":[{"uid":"x"}],"cloud":{"provider":"aws","account":{"uid":"210987654321"}}}
]`
