// SPDX-License-Identifier: Apache-2.0

package app_test

import (
	"bytes"
	"fmt"
	"io"
	"iter"
	"reflect"
	"slices"
	"strings"
	"testing"

	"demarc.dev/demarc/account"
	"demarc.dev/demarc/agreement"
	"demarc.dev/demarc/app"
	"demarc.dev/demarc/app/report"
	"demarc.dev/demarc/applicability"
	"demarc.dev/demarc/assess"
	"demarc.dev/demarc/audit"
	"demarc.dev/demarc/calendar"
	"demarc.dev/demarc/catalogue"
	"demarc.dev/demarc/check"
	"demarc.dev/demarc/cloud"
	"demarc.dev/demarc/policy"
	"demarc.dev/demarc/problem"
	"demarc.dev/demarc/responsibility"
	"demarc.dev/demarc/risk"
	"demarc.dev/demarc/sla"
	"demarc.dev/demarc/store"
	"demarc.dev/demarc/supplier"
)

const brambleScope = `organisation: {id: bramble, name: Bramble, role: customer}
services:
  - {id: aws, name: Amazon Web Services, role: consumes, model: iaas, provider: Amazon Web Services, accounts: ["333333333333"]}
`

// bramble is another organisation of the same store, with little of its own.
var bramble = app.Local("bramble", "tess@bramble.example")

// secrets are words that only the example's organisation holds. Its account
// numbers and names stand in everything that was seen or said of it.
var secrets = []string{"larkspur", "ledger", "210987654321", "109876543210", "Ruth Calder", "Ines Adler"}

// all gathers a sequence.
func all[T any](seq iter.Seq2[T, error]) ([]T, error) {
	var out []T
	for v, err := range seq {
		if err != nil {
			return out, err
		}
		out = append(out, v)
	}
	return out, nil
}

// usage asks every use case as c, with what the other organisation would say:
// its run, its services, the indexes of its log. It gives what each gave.
func usage(t *testing.T, a *app.App, c app.Caller, theirs app.Run) map[string]func() (any, error) {
	ed := catalogue.Edition2026
	small := encode(t, &cloud.Snapshot{Header: cloud.Header{Tool: "demarc 0.1.0", Provider: "aws", Source: "live", Accounts: []cloud.Account{{ID: "333333333333"}}, Regions: []string{"eu-central-1"}, Started: at, Ended: at}})
	matrix := &responsibility.Matrix{Service: "aws", Edition: ed}
	written := func(write func(io.Writer) error) (any, error) {
		var b bytes.Buffer
		err := write(&b)
		return b.String(), err
	}
	return map[string]func() (any, error){
		"AcknowledgeMatrix": func() (any, error) { return a.AcknowledgeMatrix(ctx, c, "ledger", ed, 0, "Tess") },
		"Asked":             func() (any, error) { return a.Asked(ctx, c, theirs) },
		"Agreement":         func() (any, error) { return a.Agreement(ctx, c, "g1", 0) },
		"Agreements":        func() (any, error) { return a.Agreements(ctx, c) },
		"AgreementReport": func() (any, error) {
			return written(func(w io.Writer) error { return a.AgreementReport(ctx, c, "g1", 0, "json", w) })
		},
		"DecideAgreement": func() (any, error) {
			return a.DecideAgreement(ctx, c, "g1", agreement.Decision{Key: "iso27017/deletion", Verdict: agreement.Accepted})
		},
		"PutAgreement": func() (any, error) {
			return a.PutAgreement(ctx, c, app.AgreementAsk{ID: "g1", Files: []app.Upload{{Name: "a.md", Data: []byte("Provider shall notify.")}}})
		},
		"AgreementLevels": func() (any, error) { return a.AgreementLevels(ctx, c, "g1") },
		"TakeLevel":       func() (any, error) { return a.TakeLevel(ctx, c, "g1", 0) },
		"Levels":          func() (any, error) { return a.Levels(ctx, c) },
		"Level":           func() (any, error) { return a.Level(ctx, c, "l1") },
		"SetLevel": func() (any, error) {
			return a.SetLevel(ctx, c, app.ServiceLevel{ID: "l1", Metric: sla.Metric{Name: "x", Target: 99 * sla.Hundred / 100}})
		},
		"RemoveLevel": func() (any, error) { return nil, a.RemoveLevel(ctx, c, "l1") },
		"AddMeasurement": func() (any, error) {
			return a.AddMeasurement(ctx, c, "l1", app.Upload{Name: "m.csv", Data: []byte("window,percent\n2026-09,99\n")})
		},
		"RemoveMeasurement": func() (any, error) { return a.RemoveMeasurement(ctx, c, "l1", "m1") },
		"ReviewLevel": func() (any, error) {
			return a.ReviewLevel(ctx, c, "l1", app.LevelReview{On: "2026-01-01", People: []string{"Tess"}})
		},
		"Compose":   func() (any, error) { return a.Compose(ctx, c, "99 * l1") },
		"Suppliers": func() (any, error) { return a.Suppliers(ctx, c) },
		"Supplier":  func() (any, error) { return a.Supplier(ctx, c, "postrider") },
		"SetSupplier": func() (any, error) {
			return a.SetSupplier(ctx, c, "amazon-web-services", "s.yaml", []byte("privileged: true\n"))
		},
		"AnswerSupplier": func() (any, error) {
			return a.AnswerSupplier(ctx, c, "amazon-web-services", []supplier.Answer{{Question: "exit-1", Answer: supplier.Yes}})
		},
		"DecideSupplier": func() (any, error) {
			return a.DecideSupplier(ctx, c, "postrider", supplier.Decision{Verdict: supplier.Accept, Until: "2027-01-01"})
		},
		"RemoveAgreement": func() (any, error) { return nil, a.RemoveAgreement(ctx, c, "g1") },
		"AnswerAudit": func() (any, error) {
			return a.AnswerAudit(ctx, c, "a1", app.AuditAnswer{Question: "clause/9.2", Result: audit.Conforms, Seen: "x"}, 0)
		},
		"Audit": func() (any, error) { return a.Audit(ctx, c, "a1") },
		"AuditPaper": func() (any, error) {
			return written(func(w io.Writer) error { return a.AuditPaper(ctx, c, "a1", "json", report.Paper{}, w) })
		},
		"AttachEvidence": func() (any, error) {
			return a.AttachEvidence(ctx, c, "access-review", "2026-01-31", "x.txt", strings.NewReader("x"))
		},
		"Calendar": func() (any, error) { return a.Calendar(ctx, c) },
		"CalendarPaper": func() (any, error) {
			return written(func(w io.Writer) error { return a.CalendarPaper(ctx, c, "ics", report.Paper{}, w) })
		},
		"ImportCalendar": func() (any, error) {
			return a.ImportCalendar(ctx, c, "c.yaml", []byte("routines: [{id: x, title: x, rule: FREQ=DAILY, from: \"2026-01-01\"}]\n"))
		},
		"PerformRoutine": func() (any, error) {
			return a.PerformRoutine(ctx, c, "access-review", "2026-01-31", calendar.Done{}, "", nil)
		},
		"Routine": func() (any, error) { l, _, err := a.Routine(ctx, c, "access-review"); return l, err },
		"RoutineEvidence": func() (any, error) {
			f, _, err := a.RoutineEvidence(ctx, c, "access-review", "2026-01-31", 0)
			return f, err
		},
		"SeedCalendar": func() (any, error) { return a.SeedCalendar(ctx, c) },
		"SetRoutine":   func() (any, error) { return a.SetRoutine(ctx, c, calendar.Routine{ID: "x"}, 0) },
		"BeginReview":  func() (any, error) { return a.BeginReview(ctx, c, audit.Review{Day: "2026-11-02", Chair: "Tess"}) },
		"Review":       func() (any, error) { return a.Review(ctx, c, "m1") },
		"ReviewInputs": func() (any, error) { return a.ReviewInputs(ctx, c) },
		"ReviewPaper": func() (any, error) {
			return written(func(w io.Writer) error { return a.ReviewPaper(ctx, c, "m1", "json", report.Paper{}, w) })
		},
		"Reviews":       func() (any, error) { return a.Reviews(ctx, c) },
		"SignReview":    func() (any, error) { return a.SignReview(ctx, c, "m1", 1) },
		"WriteReview":   func() (any, error) { return a.WriteReview(ctx, c, "m1", nil, nil, 1) },
		"ConcludeAudit": func() (any, error) { return a.ConcludeAudit(ctx, c, "a1", "x", 1) },
		"ImportAudits": func() (any, error) {
			return a.ImportAudits(ctx, c, "p.yaml", []byte("programme: {begins: \"2026-01-01\", years: 2}\n"))
		},
		"Nonconformities": func() (any, error) { return a.Nonconformities(ctx, c) },
		"Nonconformity":   func() (any, error) { return a.Nonconformity(ctx, c, "n1") },
		"Populations":     func() (any, error) { return a.Populations(ctx, c) },
		"Programme":       func() (any, error) { return a.Programme(ctx, c) },
		"ProgrammePaper": func() (any, error) {
			return written(func(w io.Writer) error { return a.ProgrammePaper(ctx, c, "json", report.Paper{}, w) })
		},
		"ProposeAudits": func() (any, error) { return a.ProposeAudits(ctx, c) },
		"RaiseNonconformity": func() (any, error) {
			return a.RaiseNonconformity(ctx, c, audit.Nonconformity{Source: audit.OfIncident, Grade: audit.Minor, Requirement: "x", Where: "y", Statement: "z", Evidence: "w"})
		},
		"SampleAudit": func() (any, error) {
			return a.SampleAudit(ctx, c, "a1", app.SampleAsk{Population: "people", Size: 1, Why: "x"})
		},
		"SetAudit":            func() (any, error) { return a.SetAudit(ctx, c, audit.Audit{ID: "a1", Title: "x"}, 1) },
		"SetProgramme":        func() (any, error) { return a.SetProgramme(ctx, c, audit.Programme{Begins: "2026-01-01", Years: 3}, 0) },
		"TreatNonconformity":  func() (any, error) { return a.TreatNonconformity(ctx, c, audit.Nonconformity{ID: "n1"}, 1) },
		"VerifyNonconformity": func() (any, error) { return a.VerifyNonconformity(ctx, c, "n1", 1, true, "x") },
		"Assess":              func() (any, error) { return a.Assess(ctx, c, app.Ask{Edition: ed}) },
		"Assessment":          func() (any, error) { return a.Assessment(ctx, c, theirs) },
		"Attestations":        func() (any, error) { return a.Attestations(ctx, c) },
		"Body": func() (any, error) {
			var out []string
			for i := range int64(200) {
				body, err := a.Body(ctx, c, i)
				if err != nil {
					return out, err
				}
				data, err := io.ReadAll(body)
				if out = append(out, string(data)); err != nil {
					return out, err
				}
			}
			return out, nil
		},
		"Checkpoint":    func() (any, error) { v, err := a.Checkpoint(ctx, c); return string(v), err },
		"DefaultScope":  func() (any, error) { return a.DefaultScope(ctx, c) },
		"DefaultMatrix": func() (any, error) { return a.DefaultMatrix(ctx, c, "ledger", ed) },
		"Drift":         func() (any, error) { return a.Drift(ctx, c, theirs, theirs) },
		"Assign":        func() (any, error) { return a.Assign(ctx, c, app.Assignment{Action: "mend:x", Owner: "Tess"}) },
		"Assignments":   func() (any, error) { return a.Assignments(ctx, c) },
		"Unassign":      func() (any, error) { return nil, a.Unassign(ctx, c, "mend:object-store-public") },
		"PutException": func() (any, error) {
			return a.PutException(ctx, c, check.Exception{Checks: []string{"object-store-public"}, Reason: "x", Owner: "Tess", Until: at.AddDate(0, 1, 0)})
		},
		"RemoveException": func() (any, error) { return nil, a.RemoveException(ctx, c, "public-website") },
		"Exceptions":      func() (any, error) { return a.Exceptions(ctx, c) },
		"FileStatement": func() (any, error) {
			return a.FileStatement(ctx, c, "postrider.yaml", file(t, "statement/postrider.yaml"), responsibility.StatementOptions{})
		},
		"Findings":       func() (any, error) { return all(a.Findings(ctx, c, theirs)) },
		"FindingChoices": func() (any, error) { return a.FindingChoices(ctx, c, theirs) },
		"FindingPage":    func() (any, error) { return a.FindingPage(ctx, c, theirs, app.FindingAsk{Most: 1000}) },
		"FindingGroups": func() (any, error) {
			return a.FindingGroups(ctx, c, theirs, app.FindingFilter{}, app.GroupAccount)
		},
		"FindingsIn": func() (any, error) { return all(a.FindingsIn(ctx, c, theirs, app.FindingFilter{Text: "larkspur"})) },
		"Finding": func() (any, error) {
			return a.Finding(ctx, c, theirs, check.Fingerprint("object-store-public", "arn:aws:s3:::larkspur-www"))
		},
		"ExportFindings": func() (any, error) {
			return written(func(w io.Writer) error { return a.ExportFindings(ctx, c, theirs, app.FindingFilter{}, "csv", w) })
		},
		"GapData":    func() (any, error) { return a.GapData(ctx, c, theirs) },
		"Log":        func() (any, error) { return all(a.Log(ctx, c, 0, 1000)) },
		"History":    func() (any, error) { past, _, err := a.History(ctx, c, ed, 9); return past, err },
		"LogSize":    func() (any, error) { return a.LogSize(ctx, c) },
		"Matrices":   func() (any, error) { return a.Matrices(ctx, c, ed) },
		"MatrixData": func() (any, error) { return a.MatrixData(ctx, c, theirs, ed, app.Paper{}) },
		"Pack": func() (any, error) {
			return written(func(w io.Writer) error { _, err := a.Pack(ctx, c, app.PackAsk{Reason: "audit/1"}, w); return err })
		},
		"ParseMatrix": func() (any, error) {
			return a.ParseMatrix(ctx, c, "m.yaml", []byte("service: ledger\nedition: \"2026\"\n"))
		},
		"PublicKey":    func() (any, error) { return a.PublicKey(ctx, c) },
		"ReadWorkbook": func() (any, error) { return a.ReadWorkbook(ctx, c, "m.xlsx", []byte("no workbook")) },
		"Receipt":      func() (any, error) { v, err := a.Receipt(ctx, c, 0); return string(v), err },
		"Report": func() (any, error) {
			return written(func(w io.Writer) error {
				return a.Report(ctx, c, theirs, app.Paper{Kind: app.FindingsPaper, Format: "csv"}, w)
			})
		},
		"Rests": func() (any, error) {
			return a.Rests(ctx, c, theirs, check.Finding{Provider: "aws", Source: "live", Kind: cloud.ObjectStore, Resource: "arn:aws:s3:::larkspur-www"})
		},
		"Privilege": func() (any, error) { return a.Privilege(ctx, c) },
		"Reach":     func() (any, error) { return a.Reach(ctx, c, nil) },
		"Tenants":   func() (any, error) { return a.Tenants(ctx, c) },
		"SetTenants": func() (any, error) {
			return a.SetTenants(ctx, c, "t.yaml", []byte("tenants: [{id: alder, accounts: [\"1\"]}]\n"))
		},
		"Run":             func() (any, error) { return a.Run(ctx, c, "r2") },
		"Runs":            func() (any, error) { return a.Runs(ctx, c) },
		"Scope":           func() (any, error) { return a.Scope(ctx, c) },
		"SendMatrix":      func() (any, error) { return a.SendMatrix(ctx, c, "ledger", ed, 0) },
		"SetAttestations": func() (any, error) { return a.SetAttestations(ctx, c, "a.yaml", []byte("attestations: []\n"), nil) },
		"SetExceptions":   func() (any, error) { return a.SetExceptions(ctx, c, "e.yaml", []byte("exceptions: []\n")) },
		"ImportMatrix":    func() (any, error) { v, _, err := a.ImportMatrix(ctx, c, matrix); return v, err },
		"SetScope":        func() (any, error) { return a.SetScope(ctx, c, "scope.yaml", []byte(brambleScope)) },
		"SignMatrix":      func() (any, error) { return a.SignMatrix(ctx, c, "ledger", ed, 0, "Tess") },
		"Snapshots":       func() (any, error) { return a.Snapshots(ctx, c) },
		"TakeNamed": func() (any, error) {
			s, _, err := a.TakeNamed(ctx, c, "own.snapshot", "own", bytes.NewReader(small))
			return s, err
		},
		"CreateOrg": func() (any, error) { return nil, a.CreateOrg(ctx, c) },
		"TakeSnapshot": func() (any, error) {
			s, _, err := a.TakeSnapshot(ctx, c, "own.snapshot", bytes.NewReader(small))
			return s, err
		},
		"May":     func() (any, error) { return nil, a.May(ctx, c, account.ReadFinding) },
		"Member":  func() (any, error) { return a.Member(ctx, c) },
		"Members": func() (any, error) { return a.Members(ctx, c) },
		"Orgs":    func() (any, error) { return nil, nil }, // of the owner of the disk: all; see TestMember
		"SetMember": func() (any, error) {
			return nil, a.SetMember(ctx, c, account.Member{Account: "a-x", Person: "x@bramble.example", Role: account.Viewer})
		},
		"RemoveMember": func() (any, error) { return nil, a.RemoveMember(ctx, c, "a-y") },
		"Gates":        func() (any, error) { return a.Gates(ctx, c) },
		"MyWork":       func() (any, error) { return a.MyWork(ctx, c) },
		"Requests":     func() (any, error) { return a.Requests(ctx, c) },
		"Request":      func() (any, error) { return a.Request(ctx, c, "q1") },
		"Ask":          func() (any, error) { return a.Ask(ctx, c, app.Request{Text: "the access review"}) },
		"AnswerRequest": func() (any, error) {
			return a.AnswerRequest(ctx, c, "q1", "it is in the pack", &app.PackAsk{})
		},
		"FollowRequest": func() (any, error) { return a.FollowRequest(ctx, c, "q1", "", app.RequestClosed) },
		"RequestPack": func() (any, error) {
			return written(func(w io.Writer) error {
				r, err := a.RequestPack(ctx, c, "q1")
				if err != nil {
					return err
				}
				defer r.Close()
				_, err = io.Copy(w, r)
				return err
			})
		},
		// What belongs to the installation or to the caller himself; TestSignIn and TestToken ask these.
		"Accounts":       func() (any, error) { return a.Accounts(ctx, c) },
		"BeginCodes":     func() (any, error) { return a.BeginCodes(ctx, c, account.Session{}) },
		"ChangePassword": func() (any, error) { return nil, a.ChangePassword(ctx, c, app.Visitor{}, account.Session{}, "x", "y") },
		"ConfirmCodes":   func() (any, error) { return a.ConfirmCodes(ctx, c, account.Session{}, "000000") },
		"Enter":          func() (any, error) { return a.Enter(ctx, c, account.ReadFinding) },
		"EndSession":     func() (any, error) { return nil, a.EndSession(ctx, c, "s-0") },
		"EndToken":       func() (any, error) { return nil, a.EndToken(ctx, c, "0") },
		"LetIn": func() (any, error) {
			return a.LetIn(ctx, c, "x@bramble.example", "X", account.Member{Role: account.Viewer})
		},
		"MakeLink":        func() (any, error) { _, l, err := a.MakeLink(ctx, c, "a-0"); return l, err },
		"MakeToken":       func() (any, error) { t, _, err := a.MakeToken(ctx, c, account.Token{}); return t, err },
		"OpenLocal":       func() (any, error) { return a.OpenLocal(ctx, c, app.Visitor{}) },
		"RemoveCodes":     func() (any, error) { return nil, a.RemoveCodes(ctx, c, account.Session{}) },
		"Self":            func() (any, error) { return a.Self(ctx, c) },
		"SetAccount":      func() (any, error) { return nil, a.SetAccount(ctx, c, "a-0", false, false) },
		"CancelJob":       func() (any, error) { return nil, a.CancelJob(ctx, c, 1) },
		"Collectors":      func() (any, error) { return a.Collectors(ctx, c) },
		"ExternalID":      func() (any, error) { return a.ExternalID(ctx, c) },
		"Jobs":            func() (any, error) { return a.Jobs(ctx, c) },
		"Look":            func() (any, error) { return a.Look(ctx, c, "prod", ed) },
		"RemoveCollector": func() (any, error) { return nil, a.RemoveCollector(ctx, c, "prod") },
		"RemoveSchedule":  func() (any, error) { return nil, a.RemoveSchedule(ctx, c, "daily") },
		"TakeReports": func() (any, error) {
			return a.TakeReports(ctx, c, []app.Report{{File: "own.sarif", In: strings.NewReader(`{"version":"2.1.0","runs":[{"tool":{"driver":{"name":"x"}},"results":[]}]}`)}}, false)
		},
		"Imports":      func() (any, error) { return a.Imports(ctx, c) },
		"Imported":     func() (any, error) { return a.Imported(ctx, c, "f7") },
		"RemoveImport": func() (any, error) { return nil, a.RemoveImport(ctx, c, "f7") },
		"Schedules":    func() (any, error) { return a.Schedules(ctx, c) },
		"SetCollector": func() (any, error) { return nil, a.SetCollector(ctx, c, app.Collector{ID: "x", Provider: "aws"}) },
		"SetSchedule": func() (any, error) {
			return nil, a.SetSchedule(ctx, c, app.Schedule{ID: "x", Cron: "@daily", Edition: ed})
		},
		"AddPasskey": func() (any, error) {
			return a.AddPasskey(ctx, nil, c, account.Session{}, "none", "none", "x")
		},
		"Answered":      func() (any, error) { return nil, a.Answered(ctx, c, true, nil) },
		"BeginPasskey":  func() (any, error) { return a.BeginPasskey(ctx, nil, c, account.Session{}) },
		"NewRecovery":   func() (any, error) { return a.NewRecovery(ctx, c, account.Session{}) },
		"RemovePasskey": func() (any, error) { return nil, a.RemovePasskey(ctx, c, account.Session{}, "k-0") },
		"ChangeMember":  func() (any, error) { return a.ChangeMember(ctx, c, "a-0", account.Member{Role: account.Viewer}) },
		"MemberOf":      func() (any, error) { return a.MemberOf(ctx, c, "a-0") },
		"Collector":     func() (any, error) { return a.Collector(ctx, c, "prod") },
		"Job":           func() (any, error) { return a.Job(ctx, c, 1) },
		"JobsBefore":    func() (any, error) { return a.JobsBefore(ctx, c, 0, 100) },
		"Matrix":        func() (any, error) { m, _, err := a.Matrix(ctx, c, "ledger", ed); return m, err },
		"Once": func() (any, error) {
			_, _, err := a.Once(ctx, c, account.ReadFinding, "isolation", [32]byte{})
			return nil, err
		},
		"Revision":      func() (any, error) { return a.Revision(ctx, c, account.ReadMatrix, app.MatrixRef("ledger", ed)) },
		"Schedule":      func() (any, error) { return a.Schedule(ctx, c, "daily") },
		"Snapshot":      func() (any, error) { return a.Snapshot(ctx, c, "s1") },
		"Statement":     func() (any, error) { return a.Statement(ctx, c, "mailer") },
		"Subscription":  func() (any, error) { return a.Subscription(ctx, c, "team") },
		"Applicability": func() (any, error) { return a.Applicability(ctx, c, ed) },
		"ApplicabilityPaper": func() (any, error) {
			return written(func(w io.Writer) error { return a.ApplicabilityPaper(ctx, c, ed, "json", report.Paper{}, w) })
		},
		"ApproveApplicability": func() (any, error) { return a.ApproveApplicability(ctx, c, ed, "sha256:0") },
		"DecideApplicability": func() (any, error) {
			return a.DecideApplicability(ctx, c, ed, applicability.Decision{Line: "A.7.4", Justification: "no premises"}, 0)
		},
		"ImportApplicability": func() (any, error) {
			return a.ImportApplicability(ctx, c, ed, "soa.yaml", []byte("lines: [{line: A.7.5, applicable: false, justification: no premises}]"))
		},
		"RiskPaper": func() (any, error) {
			return written(func(w io.Writer) error { return a.RiskPaper(ctx, c, "json", report.Paper{}, w) })
		},
		"DecideRisk": func() (any, error) { return a.DecideRisk(ctx, c, "ledger-ct-17", 1, "2027-01-01", "") },
		"ImportRisks": func() (any, error) {
			n, _, err := a.ImportRisks(ctx, c, "risks.yaml", []byte("risks: [{id: own, title: one of ours}]"))
			return n, err
		},
		"Register":   func() (any, error) { return a.Register(ctx, c) },
		"RiskMethod": func() (any, error) { m, _, err := a.RiskMethod(ctx, c); return m, err },
		"SeedRisks":  func() (any, error) { return a.SeedRisks(ctx, c, "ledger") },
		"SetRisk":    func() (any, error) { return a.SetRisk(ctx, c, risk.Risk{ID: "own-2", Title: "another"}, 0) },
		"SetRiskMethod": func() (any, error) {
			return a.SetRiskMethod(ctx, c, "method.yaml", []byte("appetite: 3\n"))
		},
		"ApproveContext": func() (any, error) { return a.ApproveContext(ctx, c, "sha256:0") },
		"ConfirmRegion":  func() (any, error) { return a.ConfirmRegion(ctx, c, "ledger", "eu-west-1") },
		"Context":        func() (any, error) { return a.Context(ctx, c) },
		"ContextPaper": func() (any, error) {
			return written(func(w io.Writer) error { return a.ContextPaper(ctx, c, "yaml", report.Paper{}, w) })
		},
		"SetContext":        func() (any, error) { return a.SetContext(ctx, c, "context.yaml", []byte("statement: Ours.\n"), 0) },
		"AcknowledgePolicy": func() (any, error) { return a.AcknowledgePolicy(ctx, c, "access", "sha256:0") },
		"Acknowledgements":  func() (any, error) { return a.Acknowledgements(ctx, c, "access") },
		"ApprovePolicy":     func() (any, error) { return a.ApprovePolicy(ctx, c, "access", "sha256:0") },
		"DraftPolicies":     func() (any, error) { return a.DraftPolicies(ctx, c, []string{"backup"}, "") },
		"FillPolicies":      func() (any, error) { return a.FillPolicies(ctx, c) },
		"FillPolicy":        func() (any, error) { return a.FillPolicy(ctx, c, "access", 1) },
		"ImportPolicy": func() (any, error) {
			return a.ImportPolicy(ctx, c, "access", 1, "access.md", []byte("## Purpose\n\nOurs.\n"))
		},
		"Policies":       func() (any, error) { return a.Policies(ctx, c) },
		"Policy":         func() (any, error) { return a.Policy(ctx, c, "access") },
		"PolicyCoverage": func() (any, error) { return a.PolicyCoverage(ctx, c, ed) },
		"PolicyDiff":     func() (any, error) { return a.PolicyDiff(ctx, c, "access", 0, 0) },
		"PolicyFacts":    func() (any, error) { return a.PolicyFacts(ctx, c) },
		"PolicyPaper": func() (any, error) {
			return written(func(w io.Writer) error { return a.PolicyPaper(ctx, c, "access", 0, "md", report.Paper{}, w) })
		},
		"PolicyText":    func() (any, error) { return a.PolicyText(ctx, c, "access", 0) },
		"PublishPolicy": func() (any, error) { return a.PublishPolicy(ctx, c, "access", "sha256:0") },
		"RetirePolicy":  func() (any, error) { return a.RetirePolicy(ctx, c, "access", 1, "no more") },
		"SetPolicy": func() (any, error) {
			return a.SetPolicy(ctx, c, policy.Policy{ID: "own", Title: "Own", Every: 12, Quorum: 1, Text: "Ours."}, 0)
		},
		"SetPolicyFacts": func() (any, error) { return a.SetPolicyFacts(ctx, c, policy.Known{"key.rotation": "6 months"}) },
		"SubmitPolicy":   func() (any, error) { return a.SubmitPolicy(ctx, c, "access", 1) },
		"EditMatrix":     func() (any, error) { v, _, err := a.EditMatrix(ctx, c, "ledger", ed, 1, nil); return v, err },
		"PatchMatrix": func() (any, error) {
			v, _, err := a.PatchMatrix(ctx, c, "ledger", ed, 1, []string{"5.1.1-C1"}, app.Patch{Note: ref("x")})
			return v, err
		},
		"Answer": func() (any, error) {
			_, err := a.Answer(ctx, c, assess.Attestation{Duty: "9.2.1-P1", Service: "ledger"}, "", nil)
			return nil, err
		},
		"WithdrawAnswer": func() (any, error) { return nil, a.WithdrawAnswer(ctx, c, "x") },
		"ImportMatrices": func() (any, error) { return a.ImportMatrices(ctx, c, []*responsibility.Matrix{matrix}) },
		"LookMatrices": func() (any, error) {
			return a.LookMatrices(ctx, c, "m.yaml", []byte("service: ledger\nedition: \"2026\"\ncontrols: []\n"))
		},
		"ReadMatrixFile": func() (any, error) {
			return a.ReadMatrixFile(ctx, c, "m.yaml", []byte("service: ledger\nedition: \"2026\"\ncontrols: []\n"))
		},
		"LookStatement": func() (any, error) {
			return a.LookStatement(ctx, c, "postrider.yaml", file(t, "statement/postrider.yaml"), responsibility.StatementOptions{})
		},
		"MatrixAt":    func() (any, error) { return a.MatrixAt(ctx, c, "ledger", ed, 1) },
		"SinceSigned": func() (any, error) { return a.SinceSigned(ctx, c, "ledger", ed) },
		"Catalogued":  func() (any, error) { return a.Catalogued(ctx, c, at) },
		"Signer":      func() (any, error) { return a.Signer(ctx, c) },
		"Backup":      func() (any, error) { return nil, a.Backup(ctx, c, "", io.Discard) }, // of the owner of the disk: all
		"Export":      func() (any, error) { return written(func(w io.Writer) error { return a.Export(ctx, c, "", w) }) },
		"Import": func() (any, error) {
			return a.Import(ctx, c, store.ImportOptions{}, strings.NewReader("no organisation"))
		},
		"Subscribe":     func() (any, error) { return a.Subscribe(ctx, c, app.Subscription{ID: "x"}) },
		"Subscriptions": func() (any, error) { return a.Subscriptions(ctx, c) },
		"Unsubscribe":   func() (any, error) { return nil, a.Unsubscribe(ctx, c, "x") },
		"MatrixHistory": func() (any, error) { return a.MatrixHistory(ctx, c, "ledger", ed) },
		"VerifyLog":     func() (any, error) { return a.VerifyLog(ctx, c) },
	}
}

// TestIsolation asks every use case that takes a caller as another
// organisation, before and after that has something of its own.
func TestIsolation_NothingOfAnother(t *testing.T) {
	a := estate(t, t.TempDir())
	assessed(t, a, larkspur, everything)
	theirs := assessed(t, a, larkspur, everything).Run
	_, err := a.SetScope(ctx, bramble, "scope.yaml", []byte(brambleScope))
	ok(t, err)
	must[int](t)(a.DraftPolicies(ctx, larkspur, []string{"access"}, ""))
	size := must[int64](t)(a.LogSize(ctx, larkspur))
	_, err = a.FindingPage(ctx, larkspur, theirs, app.FindingAsk{Most: 10}) // so that its index lies at hand
	ok(t, err)
	asked := usage(t, a, bramble, theirs)
	caller := reflect.TypeFor[app.Caller]()
	for m := range reflect.TypeFor[*app.App]().Methods() {
		for i := range m.Type.NumIn() {
			if _, there := asked[m.Name]; m.Type.In(i) == caller && !there {
				t.Errorf("%s takes a caller, and this test does not ask it", m.Name)
			}
		}
	}
	names := []string{"TakeSnapshot", "Assess"} // first, so that there is an own r1 beside theirs
	for name := range asked {
		names = append(names, name)
	}
	slices.Sort(names[2:])
	denied := 0
	for _, name := range names {
		got, err := asked[name]()
		if err != nil {
			denied++
		}
		text := fmt.Sprintf("%+v", got)
		if name == "Asked" { // the shipped checks are everybody's: their examples name places too
			text = ""
		}
		if v, is := got.(*app.Assessed); is && v != nil {
			text = fmt.Sprintf("%+v %+v %+v", v.Assessment, v.Run, v.Snapshots)
		}
		for _, s := range secrets {
			if strings.Contains(strings.ToLower(text), strings.ToLower(s)) {
				t.Errorf("%s gives another organisation %q", name, s)
			}
		}
	}
	for _, name := range []string{"Assessment", "Drift", "ExportFindings", "Finding", "FindingChoices", "FindingGroups", "FindingPage", "Findings", "FindingsIn", "GapData", "Policy", "PolicyPaper", "Report", "SignMatrix"} {
		if _, err := asked[name](); err == nil || problem.Of(err) != problem.NotFound {
			t.Errorf("%s of another organisation's run or service: %v", name, err)
		}
	}
	if denied < 10 {
		t.Errorf("only %d use cases refused", denied)
	}
	if now := must[int64](t)(a.LogSize(ctx, larkspur)); now != size {
		t.Errorf("another organisation wrote %d entries into the log", now-size)
	}
	verify(t, a, larkspur)
	verify(t, a, bramble)
}
