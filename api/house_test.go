// SPDX-License-Identifier: Apache-2.0

package api_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"path"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"demarc.dev/demarc/account"
	"demarc.dev/demarc/api"
	"demarc.dev/demarc/app"
	"demarc.dev/demarc/audit"
	"demarc.dev/demarc/calendar"
	"demarc.dev/demarc/catalogue"
	"demarc.dev/demarc/example"
	"demarc.dev/demarc/job"
	"demarc.dev/demarc/responsibility"
	"demarc.dev/demarc/sla"
)

// house is the API over the shipped example.
type house struct {
	t   testing.TB
	app *app.App
	h   http.Handler
}

var owner = app.Local("larkspur", "root@disk.example")

// at is below larkspur.
const at = "/api/v1/organisations/larkspur"

// filled is a store with the whole example, made once: tests work on copies.
var filled struct {
	once sync.Once
	dir  string
}

func TestMain(m *testing.M) {
	code := m.Run()
	if filled.dir != "" {
		os.RemoveAll(filled.dir)
	}
	os.Exit(code)
}

func open(t testing.TB) *house {
	t.Helper()
	return openAt(t, t.TempDir())
}

func openAt(t testing.TB, dir string) *house {
	t.Helper()
	filled.once.Do(func() {
		dir, err := os.MkdirTemp("", "demarc-api-")
		ok(t, err)
		filled.dir = dir
		a, err := app.Open(context.Background(), app.Options{Dir: dir, Version: "test"})
		ok(t, err)
		fill(t, a)
		ok(t, a.Close())
	})
	ok(t, os.CopyFS(dir, os.DirFS(filled.dir)))
	keys, err := filepath.Glob(filepath.Join(dir, "keys", "*"))
	ok(t, err)
	for _, key := range keys {
		ok(t, os.Chmod(key, 0o600)) // which CopyFS does not keep
	}
	return openAs(t, app.Options{Dir: dir})
}

// openAs opens a house over a store as it is.
func openAs(t testing.TB, o app.Options) *house {
	t.Helper()
	ctx := context.Background()
	o.Version = "test"
	a, err := app.Open(ctx, o)
	ok(t, err)
	ok(t, a.OpenQueue(ctx, job.Options{Dir: o.Dir, Postgres: o.Database}, nil, nil))
	t.Cleanup(func() {
		ok(t, a.StopQueue(ctx))
		ok(t, a.Close())
	})
	h, err := api.New(api.Options{App: a, Policy: []byte(`{"Version":"2012-10-17"}`)})
	ok(t, err)
	return &house{t, a, h}
}

func read(t testing.TB, name string) []byte {
	t.Helper()
	data, err := fs.ReadFile(example.Files(), name)
	ok(t, err)
	return data
}

// fill takes the example in, so that every operation has something to speak of.
func fill(t testing.TB, a *app.App) {
	ctx := context.Background()
	_, err := a.SetScope(ctx, owner, "scope.yaml", read(t, "scope.yaml"))
	ok(t, err)
	_, _, err = a.TakeSnapshot(ctx, owner, "larkspur.snapshot", bytes.NewReader(read(t, "estate/larkspur.snapshot")))
	ok(t, err)
	_, err = a.TakeReports(ctx, owner, []app.Report{{File: "scan.sarif", In: strings.NewReader(scan)}}, false)
	ok(t, err)
	_, err = a.FileStatement(ctx, owner, "postrider.yaml", read(t, "statement/postrider.yaml"), responsibility.StatementOptions{})
	ok(t, err)
	_, err = a.SetAttestations(ctx, owner, "attestations.yaml", read(t, "attestations.yaml"), example.Files())
	ok(t, err)
	ask := app.Ask{Edition: catalogue.Edition2026, Parties: []catalogue.Party{catalogue.Customer, catalogue.Provider}}
	_, err = a.Assess(ctx, owner, ask)
	ok(t, err)
	_, err = a.SetExceptions(ctx, owner, "exceptions.yaml", read(t, "exceptions.yaml"))
	ok(t, err)
	_, _, err = a.ImportRisks(ctx, owner, "risks.yaml", read(t, "risks.yaml"))
	ok(t, err)
	_, err = a.DraftPolicies(ctx, owner, nil, "")
	ok(t, err)
	names, err := fs.Glob(example.Files(), "matrix/*.yaml")
	ok(t, err)
	for _, name := range names {
		m, err := a.ParseMatrix(ctx, owner, path.Base(name), read(t, name))
		ok(t, err)
		_, _, err = a.ImportMatrix(ctx, owner, m)
		ok(t, err)
	}
	_, err = a.Assess(ctx, owner, ask)
	ok(t, err)
	ok(t, a.SetCollector(ctx, owner, app.Collector{ID: "nightly", Provider: "aws"}))
	ok(t, a.SetSchedule(ctx, owner, app.Schedule{ID: "daily", Collector: "nightly", Cron: "0 4 * * *", Edition: catalogue.Edition2026}))
	_, err = a.Subscribe(ctx, owner, app.Subscription{ID: "team", Mail: "team@larkspur.example", Kinds: []app.NoticeKind{app.GapNew}})
	ok(t, err)
	_, err = a.PutAgreement(ctx, owner, app.AgreementAsk{Name: "Postrider", Packs: []string{"gdpr28"}, Files: []app.Upload{{Name: "terms.md", Data: []byte("# Terms\n\n2. Incidents. Provider shall notify Customer of any security breach within 48 hours.\n")}}})
	ok(t, err)
	_, err = a.ProposeAudits(ctx, owner)
	ok(t, err)
	_, err = a.RaiseNonconformity(ctx, owner, audit.Nonconformity{Source: audit.OfComplaint, Grade: audit.Minor, Requirement: "the notice", Where: "ledger", Statement: "it came late", Evidence: "a letter"})
	ok(t, err)
	_, err = a.SetLevel(ctx, owner, app.ServiceLevel{Agreement: "g1", Metric: sla.Metric{Name: "Availability", Target: sla.Hundred * 999 / 1000}})
	ok(t, err)
	_, err = a.AddMeasurement(ctx, owner, "l1", app.Upload{Name: "stated.csv", Data: []byte("window,percent\n2026-01,99.5\n")})
	ok(t, err)
	_, err = a.BeginReview(ctx, owner, audit.Review{Day: "2026-11-02", Chair: "Ada Example"})
	ok(t, err)
	today := calendar.DayOf(time.Now())
	sample["day"] = string(today)
	_, err = a.SetRoutine(ctx, owner, calendar.Routine{ID: "door", Title: "Look at the log of the door", Rule: "FREQ=WEEKLY", From: today}, 0)
	ok(t, err)
	_, err = a.PerformRoutine(ctx, owner, "door", today, calendar.Done{On: today, Outcome: calendar.Fine, Words: "seen"}, "door.txt", strings.NewReader("seen"))
	ok(t, err)
	q, err := a.Ask(ctx, owner, app.Request{Text: "the access review of March"})
	ok(t, err)
	_, err = a.AnswerRequest(ctx, owner, q.ID, "here it is", &app.PackAsk{})
	ok(t, err)
	ok(t, a.CreateOrg(ctx, owner.In("bramble")))
}

func ok(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// token gives a token of a new account in an organisation, for some scopes.
func (h *house) token(org, login string, role account.Role, scopes ...account.Permission) string {
	h.t.Helper()
	ctx := context.Background()
	member := account.Member{Role: role}
	if role == account.ExternalAuditor {
		until := time.Now().Add(24 * time.Hour)
		member.Until = &until
	}
	m, err := h.app.LetIn(ctx, owner.In(org), login, "", member)
	ok(h.t, err)
	link, _, err := h.app.MakeLink(ctx, owner, m.Account)
	ok(h.t, err)
	cookie, err := h.app.Redeem(ctx, app.Visitor{}, link, "violet trams hum at dusk")
	ok(h.t, err)
	c, _, err := h.app.Session(ctx, cookie)
	ok(h.t, err)
	return h.another(c.In(org), scopes...)
}

// another gives one more token of somebody who is signed in.
func (h *house) another(c app.Caller, scopes ...account.Permission) string {
	h.t.Helper()
	_, text, err := h.app.MakeToken(context.Background(), c, account.Token{Name: "test", Scopes: scopes, Ends: time.Now().Add(time.Hour)})
	ok(h.t, err)
	return text
}

// everything gives the token of an owner for all that there is.
func (h *house) everything() string {
	h.t.Helper()
	return h.token("larkspur", "olga@larkspur.example", account.Owner, account.Permissions()...)
}

func (h *house) do(method, path, token, body string, head ...string) *httptest.ResponseRecorder {
	h.t.Helper()
	r := httptest.NewRequest(method, path, strings.NewReader(body))
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	for i := 0; i+1 < len(head); i += 2 {
		r.Header.Set(head[i], head[i+1])
	}
	w := httptest.NewRecorder()
	h.h.ServeHTTP(w, r)
	return w
}

// get reads an answer in JSON into what into points to.
func (h *house) get(path, token string, into any) http.Header {
	h.t.Helper()
	r := h.do(http.MethodGet, path, token, "")
	if r.Code != http.StatusOK {
		h.t.Fatalf("GET %s: %d %s", path, r.Code, r.Body)
	}
	ok(h.t, json.Unmarshal(r.Body.Bytes(), into))
	return r.Header()
}

// want demands a status.
func want(t testing.TB, what string, r *httptest.ResponseRecorder, status int) {
	t.Helper()
	if r.Code != status {
		t.Errorf("%s: %d, want %d: %.600s", what, r.Code, status, r.Body)
	}
}

// scan is a report of another tool.
const scan = `{"version":"2.1.0","runs":[{"tool":{"driver":{"name":"Checkov"}},"results":[{"ruleId":"CKV_AWS_20","message":{"text":"open"},"locations":[{"physicalLocation":{"artifactLocation":{"uri":"main.tf"}}}]},{"ruleId":"X-1","message":{"text":"else"}}]}]}`
