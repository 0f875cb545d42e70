// SPDX-License-Identifier: Apache-2.0

package web

import (
	"net/http"
	"slices"
	"strings"

	"demarc.dev/demarc/account"
)

// route is one line of the site map.
type route struct {
	pattern string
	need    account.Permission // who lacks it is told so before anything is read
	handler handler
}

// routes is the site map. What changes something, or writes into the log, is a
// POST.
func (s *Server) routes() []route {
	return []route{
		{"GET /{$}", account.ReadOrganisation, s.home},
		{"GET /go", account.ReadOrganisation, s.goTo},
		{"GET /go.json", account.ReadOrganisation, s.goToJSON},

		{"GET /scope", account.ReadOrganisation, s.scope},
		{"POST /scope", account.EditScope, s.setScope},
		{"GET /scope/edit", account.EditScope, s.editScope},
		{"GET /context", account.ReadOrganisation, s.context},
		{"POST /context", account.EditScope, s.setContext},
		{"POST /context/confirm", account.EditScope, s.confirmContext},
		{"POST /context/approve", account.ApproveScope, s.approveContext},
		{"POST /context/paper", account.IssueReport, s.contextPaper},
		{"GET /responsibility", account.ReadMatrix, s.responsibility},
		{"GET /responsibility/{service}", account.ReadMatrix, s.matrix},
		{"GET /responsibility/finding", account.ReadMatrix, s.responsibilityFindings},
		{"GET /responsibility/import", account.EditMatrix, s.importPage},
		{"POST /responsibility/import", account.EditMatrix, s.lookAtFile},
		{"POST /responsibility/import/take", account.EditMatrix, s.takeFile},

		{"POST /responsibility/{service}/line", account.EditMatrix, s.editMatrix},
		{"POST /responsibility/{service}/lines", account.EditMatrix, s.editLines},
		{"POST /responsibility/{service}/step/{step}", account.EditMatrix, s.stepMatrix},

		{"GET /duty", account.ReadAssessment, s.duties},
		{"GET /duty/map", account.ReadAssessment, s.dutyMap},
		{"GET /duty/{duty}", account.ReadAssessment, s.duty},
		{"GET /attest", account.ReadAttestation, s.attestations},
		{"POST /attest", account.EditAttestation, s.attest},
		{"GET /exception", account.ReadFinding, s.exceptions},
		{"POST /exception", account.EditException, s.putException},
		{"POST /exception/remove", account.EditException, s.removeException},
		{"POST /attest/withdraw", account.EditAttestation, s.withdrawAnswer},
		{"GET /finding", account.ReadFinding, s.findings},
		{"GET /finding.csv", account.ReadFinding, s.findingsFile("csv")},
		{"GET /finding.xlsx", account.ReadFinding, s.findingsFile("xlsx")},
		{"GET /finding.json", account.ReadFinding, s.findingsFile("json")},
		{"GET /finding/{fingerprint}", account.ReadFinding, s.finding},
		{"GET /remediation", account.ReadAssessment, s.remediation},
		{"GET /remediation/assign", account.ReadAssessment, s.assignOne},
		{"POST /remediation/assign", account.AssignAction, s.assign},
		{"GET /reach", account.ReadSnapshot, s.reach},
		{"GET /privilege", account.ReadSnapshot, s.privilege},
		{"GET /privilege/identity", account.ReadSnapshot, s.privilegeIdentity},
		{"GET /reach/pair", account.ReadSnapshot, s.reachPair},
		{"GET /reach/internet", account.ReadSnapshot, s.reachInternet},
		{"GET /risk", account.ReadRisk, s.risks},
		{"POST /risk", account.EditRisk, s.addRisk},
		{"POST /risk/seed", account.EditRisk, s.seedRisks},
		{"POST /risk/paper", account.IssueReport, s.riskPaper},
		{"GET /risk/{risk}", account.ReadRisk, s.risk},
		{"POST /risk/{risk}", account.EditRisk, s.editRisk},
		{"POST /risk/{risk}/decide", account.DecideRisk, s.decideRisk},
		{"GET /applicability", account.ReadApplicability, s.applicability},
		{"POST /applicability/approve", account.ApproveApplicability, s.approveApplicability},
		{"POST /applicability/paper", account.IssueReport, s.applicabilityPaper},
		{"GET /applicability/{line}", account.ReadApplicability, s.applicabilityLine},
		{"POST /applicability/{line}", account.EditApplicability, s.decideLine},
		{"GET /audit", account.ReadAudit, s.audits},
		{"POST /audit", account.ConductAudit, s.planAudit},
		{"POST /audit/propose", account.ConductAudit, s.proposeAudits},
		{"POST /audit/programme", account.ConductAudit, s.setProgramme},
		{"POST /audit/paper", account.IssueReport, s.programmePaper},
		{"GET /audit/{audit}", account.ReadAudit, s.audit},
		{"POST /audit/{audit}", account.ConductAudit, s.editAudit},
		{"POST /audit/{audit}/answer", account.ConductAudit, s.answerAudit},
		{"POST /audit/{audit}/sample", account.ConductAudit, s.sampleAudit},
		{"POST /audit/{audit}/conclude", account.ConductAudit, s.concludeAudit},
		{"POST /audit/{audit}/paper", account.IssueReport, s.auditPaper},
		{"GET /nonconformity", account.ReadAudit, s.nonconformities},
		{"POST /nonconformity", account.ConductAudit, s.raiseNonconformity},
		{"GET /nonconformity/{nonconformity}", account.ReadAudit, s.nonconformity},
		{"POST /nonconformity/{nonconformity}", account.TreatNonconformity, s.treatNonconformity},
		{"POST /nonconformity/{nonconformity}/verify", account.VerifyNonconformity, s.verifyNonconformity},
		{"GET /policy", account.ReadPolicy, s.policies},
		{"POST /policy", account.EditPolicy, s.addPolicy},
		{"POST /policy/draft", account.EditPolicy, s.draftPolicies},
		{"POST /policy/fill", account.EditPolicy, s.fillPolicies},
		{"GET /policy/fact", account.ReadPolicy, s.policyFacts},
		{"POST /policy/fact", account.EditPolicy, s.setPolicyFacts},
		{"GET /policy/coverage", account.ReadPolicy, s.policyCoverage},
		{"GET /policy/{policy}", account.ReadPolicy, s.policy},
		{"POST /policy/{policy}", account.EditPolicy, s.savePolicy},
		{"GET /policy/{policy}/edit", account.EditPolicy, s.editPolicy},
		{"GET /policy/{policy}/compare", account.ReadPolicy, s.comparePolicy},
		{"POST /policy/{policy}/import", account.EditPolicy, s.importPolicy},
		{"POST /policy/{policy}/fill", account.EditPolicy, s.fillPolicy()},
		{"POST /policy/{policy}/submit", account.EditPolicy, s.submitPolicy()},
		{"POST /policy/{policy}/approve", account.ApprovePolicy, s.approvePolicy()},
		{"POST /policy/{policy}/publish", account.ApprovePolicy, s.publishPolicy()},
		{"POST /policy/{policy}/retire", account.ApprovePolicy, s.retirePolicy()},
		{"POST /policy/{policy}/acknowledge", account.AcknowledgePolicy, s.acknowledgePolicy()},
		{"POST /policy/{policy}/paper", account.IssueReport, s.policyPaper},
		{"GET /review", account.ReadReview, s.reviews},
		{"POST /review", account.HoldReview, s.beginReview},
		{"GET /review/{review}", account.ReadReview, s.review},
		{"POST /review/{review}", account.HoldReview, s.writeReview},
		{"POST /review/{review}/sign", account.HoldReview, s.signReview},
		{"POST /review/{review}/paper", account.IssueReport, s.reviewPaper},
		{"GET /calendar", account.ReadCalendar, s.calendar},
		{"GET /calendar.ics", account.ReadCalendar, s.calendarFile},
		{"POST /calendar", account.EditCalendar, s.addRoutine},
		{"POST /calendar/seed", account.EditCalendar, s.seedCalendar},
		{"POST /calendar/paper", account.IssueReport, s.calendarPaper},
		{"GET /calendar/{routine}", account.ReadCalendar, s.routine},
		{"POST /calendar/{routine}", account.EditCalendar, s.editRoutine},
		{"POST /calendar/{routine}/perform", account.PerformControl, s.performRoutine},
		{"GET /calendar/{routine}/{day}/body", account.ReadCalendar, s.routineBody},
		{"GET /riskmethod", account.ReadRisk, s.riskMethod},
		{"POST /riskmethod", account.DecideRisk, s.setRiskMethod},
		{"GET /assess", account.ReadAssessment, s.history},
		{"GET /assess/drift", account.ReadAssessment, s.driftBetween},

		{"GET /agreement", account.ReadAgreement, s.agreements},
		{"POST /agreement", account.EditAgreement, s.putAgreement},
		{"GET /agreement/{agreement}", account.ReadAgreement, s.agreement},
		{"POST /agreement/{agreement}/version", account.EditAgreement, s.putVersion},
		{"POST /agreement/{agreement}/decide", account.ReviewAgreement, s.decideAgreement},
		{"POST /agreement/{agreement}/report", account.IssueReport, s.reportAgreement},
		{"POST /agreement/{agreement}/remove", account.EditAgreement, s.removeAgreement},

		{"GET /agreement/{agreement}/sla", account.ReadAgreement, s.agreementLevels},
		{"POST /agreement/{agreement}/sla", account.EditAgreement, s.takeLevel},
		{"GET /sla", account.ReadAgreement, s.levels},
		{"POST /sla", account.EditAgreement, s.addLevel},
		{"GET /sla/{level}", account.ReadAgreement, s.level},
		{"POST /sla/{level}", account.EditAgreement, s.setLevel},
		{"POST /sla/{level}/record", account.EditAgreement, s.measure},
		{"POST /sla/{level}/record/{record}/remove", account.EditAgreement, s.unmeasure},
		{"POST /sla/{level}/review", account.ReviewAgreement, s.reviewLevel},
		{"POST /sla/{level}/remove", account.EditAgreement, s.removeLevel},
		{"GET /supplier", account.ReadAgreement, s.suppliers},
		{"GET /supplier/{supplier}", account.ReadAgreement, s.supplier},
		{"POST /supplier/{supplier}", account.EditAgreement, s.setSupplier},
		{"POST /supplier/{supplier}/answer", account.EditAgreement, s.answerSupplier},
		{"POST /supplier/{supplier}/decide", account.ReviewAgreement, s.decideSupplier},

		{"GET /catalogue", account.ReadOrganisation, s.catalogue},
		{"GET /catalogue/{control}", account.ReadOrganisation, s.control},
		{"GET /check", account.ReadOrganisation, s.checks},
		{"GET /check/{check}", account.ReadOrganisation, s.check},

		{"GET /collect", account.ReadAssessment, s.collect},
		{"POST /collect", account.TakeSnapshot, s.takeState},
		{"GET /collect/{snapshot}", account.ReadSnapshot, s.snapshot},
		{"GET /import", account.ReadAssessment, s.imports},
		{"POST /import", account.TakeSnapshot, s.takeReport},
		{"GET /import/{import}", account.ReadSnapshot, s.imported},
		{"POST /import/{import}/remove", account.TakeSnapshot, s.removeImport},
		{"GET /evidence", account.ReadEvidence, s.evidence},
		{"POST /evidence/verify", account.VerifyEvidence, s.verifyNow},
		{"POST /evidence/pack", account.PackEvidence, s.pack},
		{"GET /evidence/checkpoint", account.ReadOrganisation, s.checkpoint},
		{"GET /evidence/key", account.ReadOrganisation, s.key},
		{"GET /evidence/{index}", account.ReadEvidence, s.entry},
		{"GET /evidence/{index}/receipt", account.ReadEvidence, s.receipt},
		{"GET /evidence/{index}/body", account.ReadEvidence, s.body},
		{"GET /report", account.ReadReport, s.report},
		{"POST /report", account.IssueReport, s.issue},

		{"GET /request", account.ReadRequest, s.requests},
		{"POST /request", account.AskRequest, s.askRequest},
		{"GET /request/{request}", account.ReadRequest, s.request},
		{"POST /request/{request}/answer", account.AnswerRequest, s.answerRequest},
		{"POST /request/{request}/follow", account.AskRequest, s.followRequest},
		{"GET /request/{request}/pack", account.ReadRequest, s.requestPack},
		{"GET /job", account.ReadWork, s.jobs},
		{"POST /job/run", account.RunWork, s.runNow},
		{"POST /job/run/{job}/cancel", account.RunWork, s.cancelJob},
		{"POST /job/collector", account.ManageWork, s.setCollector},
		{"POST /job/collector/{collector}/remove", account.ManageWork, s.removeCollector},
		{"POST /job/subscription", account.ManageWork, s.subscribe},
		{"POST /job/subscription/{subscription}/remove", account.ManageWork, s.unsubscribe},
		{"POST /job/schedule", account.ManageWork, s.setSchedule},
		{"POST /job/schedule/{schedule}/remove", account.ManageWork, s.removeSchedule},
		{"GET /member", account.ReadMember, s.members},
		{"POST /member", account.ManageMember, s.letIn},
		{"POST /member/{account}/remove", account.ManageMember, s.removeMember},
		{"POST /member/{account}/link", account.ManageMember, s.memberLink},
	}
}

// Pages gives the patterns of all that is looked at, whole: a test opens each.
func (s *Server) Pages() []string {
	var out []string
	for _, r := range s.routes() {
		if path, ok := strings.CutPrefix(r.pattern, "GET "); ok {
			out = append(out, "/o/{org}"+path)
		}
	}
	for _, routes := range []map[string]handler{s.doorRoutes(), s.selfRoutes(), s.adminRoutes(), {"GET /{$}": nil}} {
		for pattern := range routes {
			if path, ok := strings.CutPrefix(pattern, "GET "); ok {
				out = append(out, path)
			}
		}
	}
	slices.Sort(out)
	return out
}

// Permissions gives what each page of an organisation asks for, by its pattern
// as http.ServeMux reads it.
func (s *Server) Permissions() map[string]account.Permission {
	out := map[string]account.Permission{}
	for _, r := range s.routes() {
		out[r.pattern] = r.need
	}
	return out
}

// siteMenu is the menu of every page, in the order of the work.
func siteMenu() []menu {
	return []menu{
		{"", []item{{"/", "Home"}}},
		{"Who answers for what", []item{{"/scope", "Cloud services"}, {"/context", "Scope and context"}, {"/responsibility", "Responsibility matrix"}, {"/responsibility/finding", "Responsibility findings"}, {"/agreement", "Agreements"}, {"/sla", "Service levels"}, {"/supplier", "Suppliers"}}},
		{"How it stands", []item{{"/duty/map", "Status map"}, {"/duty", "Duties"}, {"/attest", "Answers of people"}, {"/finding", "Findings"}, {"/exception", "Exceptions"}, {"/remediation", "Gaps and plan"}, {"/reach", "Reachability"}, {"/privilege", "Privilege"}, {"/risk", "Risk register"}, {"/applicability", "Statement of Applicability"}, {"/policy", "Policies"}, {"/assess", "Assessment history"}}},
		{"Audit and review", []item{{"/calendar", "Control calendar"}, {"/audit", "Internal audit"}, {"/nonconformity", "Nonconformities"}, {"/review", "Management review"}}},
		{"What is asked", []item{{"/catalogue", "Catalogue"}, {"/check", "Checks"}}},
		{"What it rests on", []item{{"/job", "Collectors"}, {"/collect", "Collected snapshots"}, {"/import", "Other tools’ reports"}, {"/evidence", "Evidence"}, {"/report", "Reports"}, {"/request", "Auditors' requests"}}},
		{"Who may", []item{{"/member", "Members"}}},
	}
}

// mux serves what belongs to no organisation, and below /o/<id>/ the pages of
// one: they know nothing of that prefix, and at puts it before every address.
func (s *Server) mux() *http.ServeMux {
	m := http.NewServeMux()
	for pattern, h := range s.doorRoutes() {
		m.Handle(pattern, s.atDoor(h))
	}
	m.Handle("POST /signout", s.atDoor(s.signout))
	m.HandleFunc("GET /style/", s.style)
	m.HandleFunc("GET /script/", s.script)
	m.Handle("GET /{$}", s.serve("", s.portfolio))
	for _, routes := range []map[string]handler{s.selfRoutes(), s.adminRoutes()} {
		for pattern, h := range routes {
			m.Handle(pattern, s.serve("", h))
		}
	}
	pages := s.pages()
	m.HandleFunc("/o/{org}/", func(w http.ResponseWriter, r *http.Request) {
		org := r.PathValue("org")
		inner := http.StripPrefix("/o/"+org, pages)
		inner.ServeHTTP(w, r.WithContext(within(r.Context(), org)))
	})
	m.Handle("/", s.serve("", s.missing))
	return m
}

// pages serves the pages of the organisation that the context names.
func (s *Server) pages() http.Handler {
	m := http.NewServeMux()
	for _, r := range s.routes() {
		page := s.serve(r.need, r.handler)
		m.HandleFunc(r.pattern, func(w http.ResponseWriter, q *http.Request) {
			if s.o.Matched != nil {
				s.o.Matched(q.Context(), "/o/{org}"+r.pattern[strings.IndexByte(r.pattern, ' ')+1:])
			}
			page.ServeHTTP(w, q)
		})
	}
	m.Handle("/", s.serve(account.ReadOrganisation, s.missing))
	return m
}
