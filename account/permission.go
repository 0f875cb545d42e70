// SPDX-License-Identifier: Apache-2.0

package account

import "slices"

// Permission is one thing that somebody may do in an organisation. It is a
// word of the log, of the scopes of a token, and of the table of routes.
type Permission string

// The permissions. What reads ends in .read; every other one changes something
// and leaves an entry in the organisation's log.
const (
	ReadOrganisation     Permission = "organisation.read" // its scope and services, the first page
	EditScope            Permission = "scope.edit"
	ApproveScope         Permission = "scope.approve" // with its context
	ReadMatrix           Permission = "matrix.read"
	EditMatrix           Permission = "matrix.edit"
	SignMatrix           Permission = "matrix.sign" // sign off, send, acknowledge
	ReadAssessment       Permission = "assessment.read"
	RunAssessment        Permission = "assessment.run"
	ReadFinding          Permission = "finding.read"
	EditException        Permission = "exception.edit"
	AssignAction         Permission = "remediation.assign"
	ReadRisk             Permission = "risk.read"
	EditRisk             Permission = "risk.edit"
	DecideRisk           Permission = "risk.decide" // approve a treatment, accept what is left, set the method
	ReadApplicability    Permission = "applicability.read"
	EditApplicability    Permission = "applicability.edit"
	ApproveApplicability Permission = "applicability.approve"
	ReadAudit            Permission = "audit.read"    // the programme, its audits, nonconformities
	ConductAudit         Permission = "audit.conduct" // plan, ask, raise, conclude
	TreatNonconformity   Permission = "nonconformity.treat"
	VerifyNonconformity  Permission = "nonconformity.verify" // say whether what was done works
	ReadCalendar         Permission = "calendar.read"
	EditCalendar         Permission = "calendar.edit"
	PerformControl       Permission = "calendar.perform" // write down that an occurrence was done, with its evidence
	ReadReview           Permission = "review.read"      // the management reviews
	HoldReview           Permission = "review.hold"      // begin, write, sign
	ReadAgreement        Permission = "agreement.read"
	EditAgreement        Permission = "agreement.edit"   // hand in, a new version, take away
	ReviewAgreement      Permission = "agreement.review" // accept, override, send to counsel
	ReadPolicy           Permission = "policy.read"
	EditPolicy           Permission = "policy.edit"        // draft, write, submit, the facts they are filled with
	ApprovePolicy        Permission = "policy.approve"     // approve, publish, retire
	AcknowledgePolicy    Permission = "policy.acknowledge" // for oneself
	ReadAttestation      Permission = "attestation.read"
	EditAttestation      Permission = "attestation.edit"
	ReadSnapshot         Permission = "snapshot.read" // the raw documents too
	TakeSnapshot         Permission = "snapshot.take"
	ReadEvidence         Permission = "evidence.read" // the whole log, with bodies
	VerifyEvidence       Permission = "evidence.verify"
	PackEvidence         Permission = "evidence.pack"
	ReadReport           Permission = "report.read"
	IssueReport          Permission = "report.issue"
	ReadRequest          Permission = "request.read" // an auditor's requests, those that concern the reader
	AskRequest           Permission = "request.ask"
	AnswerRequest        Permission = "request.answer"
	ReadMember           Permission = "member.read"
	ManageMember         Permission = "member.manage"
	ReadWork             Permission = "work.read"   // collectors, schedules, what runs and ran
	ManageWork           Permission = "work.manage" // set up collectors, schedules and notifications
	RunWork              Permission = "work.run"    // start and cancel
	ExportAll            Permission = "organisation.export"
)

// reading is what every role may look at.
var reading = []Permission{ReadOrganisation, ReadMatrix, ReadAssessment, ReadFinding, ReadRisk, ReadApplicability, ReadAudit, ReadCalendar, ReadReview, ReadPolicy}

// overview is what a role of the firm itself may look at besides.
var overview = join(reading, AcknowledgePolicy, ReadAgreement, ReadAttestation, ReadReport, ReadWork)

// table says which role may do what. It is the whole of it: what does not stand
// here may not be done.
var table = map[Role][]Permission{
	Owner:           Permissions(),
	Admin:           without(Permissions(), ExportAll, ApproveScope, SignMatrix, DecideRisk, ApproveApplicability, ApprovePolicy),
	Manager:         join(overview, EditScope, ApproveScope, EditMatrix, SignMatrix, RunAssessment, EditException, AssignAction, EditRisk, DecideRisk, EditApplicability, ApproveApplicability, ConductAudit, TreatNonconformity, VerifyNonconformity, EditCalendar, PerformControl, HoldReview, EditPolicy, ApprovePolicy, EditAgreement, ReviewAgreement, EditAttestation, ReadSnapshot, TakeSnapshot, ReadEvidence, VerifyEvidence, PackEvidence, IssueReport, ReadRequest, AnswerRequest, ReadMember, ManageWork, RunWork),
	Contributor:     join(overview, EditMatrix, RunAssessment, AssignAction, EditRisk, EditApplicability, TreatNonconformity, PerformControl, EditPolicy, EditAgreement, EditAttestation, ReadSnapshot, TakeSnapshot, IssueReport, RunWork, ReadMember),
	ControlOwner:    join(overview, TreatNonconformity, PerformControl, EditAttestation, ReadSnapshot, ReadMember),
	InternalAuditor: join(overview, ConductAudit, VerifyNonconformity, ReadSnapshot, ReadEvidence, VerifyEvidence, PackEvidence, IssueReport, ReadRequest, AskRequest, ReadMember),
	ExternalAuditor: join(reading, ReadRequest, AskRequest),
	Viewer:          overview,
}

// Permissions gives every permission, in the order of the menu.
func Permissions() []Permission {
	return []Permission{ReadOrganisation, EditScope, ApproveScope, ReadMatrix, EditMatrix, SignMatrix, ReadAssessment, RunAssessment, ReadFinding, EditException, AssignAction,
		ReadRisk, EditRisk, DecideRisk, ReadApplicability, EditApplicability, ApproveApplicability, ReadAudit, ConductAudit, TreatNonconformity, VerifyNonconformity, ReadCalendar, EditCalendar, PerformControl, ReadReview, HoldReview, ReadPolicy, EditPolicy, ApprovePolicy, AcknowledgePolicy, ReadAgreement, EditAgreement, ReviewAgreement, ReadAttestation, EditAttestation, ReadSnapshot, TakeSnapshot, ReadEvidence, VerifyEvidence, PackEvidence, ReadReport, IssueReport,
		ReadRequest, AskRequest, AnswerRequest, ReadMember, ManageMember, ReadWork, ManageWork, RunWork, ExportAll}
}

// May tells whether a role allows something.
func (r Role) May(p Permission) bool { return slices.Contains(table[r], p) }

func join(base []Permission, more ...Permission) []Permission {
	return append(slices.Clone(base), more...)
}

func without(base []Permission, some ...Permission) []Permission {
	return slices.DeleteFunc(base, func(p Permission) bool { return slices.Contains(some, p) })
}
