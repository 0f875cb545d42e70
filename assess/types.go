// SPDX-License-Identifier: Apache-2.0

package assess

import (
	"time"

	"demarc.dev/demarc/catalogue"
	"demarc.dev/demarc/check"
	"demarc.dev/demarc/cloud"
	"demarc.dev/demarc/responsibility"
	"demarc.dev/demarc/scope"
)

// Status is the answer for one duty of one service, or for many of them.
type Status string

// The statuses, the worst first: a roll-up takes the worst of its parts.
const (
	NotSatisfied  Status = "not-satisfied"  // shown not to be met
	Partly        Status = "partly"         // a part is shown to be met, and a part is shown not to be
	Unknown       Status = "unknown"        // neither is shown
	Accepted      Status = "accepted"       // what fails stands under an exception in force: a risk that was accepted, never a pass
	Satisfied     Status = "satisfied"      // shown to be met
	Inherited     Status = "inherited"      // the other party performs it, with a basis and evidence
	NotApplicable Status = "not-applicable" // stated by a person, with the reason
)

// Statuses lists them, the worst first.
func Statuses() []Status {
	return []Status{NotSatisfied, Partly, Unknown, Accepted, Satisfied, Inherited, NotApplicable}
}

// Format is the version of the JSON of an Assessment.
const Format = 1

// Assessment is what is concluded from everything that was seen and said. It
// is a value of its inputs: the same inputs give the same bytes.
type Assessment struct {
	Format       int                `json:"format"`
	Digest       string             `json:"digest"` // "sha256:…" of the canonical JSON with this field empty
	At           time.Time          `json:"at"`     // as of when: the time that was passed in
	Organisation scope.Organisation `json:"organisation"`
	Edition      catalogue.Edition  `json:"edition"`
	Catalogue    string             `json:"catalogue"` // its version
	Parties      []catalogue.Party  `json:"parties"`   // whose duties were assessed
	Services     []Service          `json:"services"`
	Snapshots    []Snapshot         `json:"snapshots"`
	Imports      []Import           `json:"imports,omitempty"` // reports of other tools that the findings come from as well
	Unread       []cloud.ScopeGap   `json:"unread"`            // scopes that could not be read, of all snapshots
	Results      []Result           `json:"results"`           // one per service and check that gave findings
	Answers      []Answer           `json:"answers"`           // one per service and duty
	Controls     []Roll             `json:"controls"`          // per control and party, over all services and per service
	Themes       []Roll             `json:"themes"`            // per theme of the edition and party, over all services
	Gaps         []Gap              `json:"gaps"`              // one per answer that is not-satisfied, partly or unknown; the worst first
	Readiness    Readiness          `json:"readiness"`         // the numbers
	Said         []Said             `json:"said"`              // every attestation that was handed in, and what became of it
	Exceptions   []ExceptionUse     `json:"exceptions"`        // exceptions in force that cover failures here
	Unassigned   []Unassigned       `json:"unassigned"`        // accounts whose findings belong to no service in scope
}

// Service is a service as it was assessed.
type Service struct {
	ID            string                 `json:"id"`
	Name          string                 `json:"name"`
	Role          scope.ServiceRole      `json:"role"`
	Model         catalogue.ServiceModel `json:"model"`
	Provider      string                 `json:"provider,omitempty"`
	Criticality   scope.Criticality      `json:"criticality,omitempty"`
	Accounts      []string               `json:"accounts,omitempty"`
	BuiltOn       []string               `json:"built_on,omitempty"`    // ids of the services beneath
	Uncollected   []string               `json:"uncollected,omitempty"` // in words: its accounts and regions of which no snapshot tells
	Ours          catalogue.Party        `json:"ours"`                  // the side on which the organisation stands
	Matrix        responsibility.Status  `json:"matrix,omitempty"`      // its standing (stale is derived); empty: there is none, the defaults of the catalogue were used
	MatrixVersion int                    `json:"matrix_version,omitempty"`
	MatrixDigest  string                 `json:"matrix_digest,omitempty"`
	Counts        Counts                 `json:"counts"`
}

// Snapshot says what a snapshot was, without its resources.
type Snapshot struct {
	Provider  string    `json:"provider"`
	Source    string    `json:"source"`
	Tool      string    `json:"tool"`
	Accounts  []string  `json:"accounts"`
	Regions   []string  `json:"regions,omitempty"`
	Started   time.Time `json:"started"`
	Ended     time.Time `json:"ended"`
	Calls     int64     `json:"calls"`
	Lost      int64     `json:"lost"`
	Unread    int       `json:"unread"`              // scopes that could not be read
	Synthetic string    `json:"synthetic,omitempty"` // not empty when the source was no real account
}

// Import says what a report of another tool was.
type Import struct {
	ID       string    `json:"id"`
	Tool     string    `json:"tool"` // its name for people
	Version  string    `json:"version,omitempty"`
	Accounts []string  `json:"accounts,omitempty"`
	From     time.Time `json:"from,omitzero"` // when the tool looked; zero: it does not say
	Until    time.Time `json:"until,omitzero"`
	Results  int64     `json:"results"`
	Unmapped int64     `json:"unmapped"` // of Results: they bear on nothing, because nobody has said on what
	Against  int64     `json:"against"`  // of Results: fail where our own check does not
}

// Answer is the status of one duty of one service, and everything it rests on.
type Answer struct {
	Service     string                    `json:"service"`
	Duty        string                    `json:"duty"`
	Control     string                    `json:"control"` // key
	Party       catalogue.Party           `json:"party"`   // to whom the standard speaks
	Ours        bool                      `json:"ours"`    // the duty is one of the organisation's own side
	Status      Status                    `json:"status"`
	By          responsibility.Who        `json:"by"`                  // who performs, by the matrix
	Allocation  responsibility.Allocation `json:"allocation"`          // of the matrix, or the default of the catalogue
	Defaulted   bool                      `json:"defaulted,omitempty"` // no matrix speaks of it: Allocation is the default
	Summary     string                    `json:"summary"`             // one sentence that carries the status
	Reasons     []Reason                  `json:"reasons"`             // all of them, in a fixed order
	Coverage    Coverage                  `json:"coverage"`
	Checks      []CheckAnswer             `json:"checks,omitempty"` // the checks that bear on the duty
	Attestation *Attested                 `json:"attestation,omitempty"`
	Passed      string                    `json:"passed,omitempty"` // without Attestation: id of one for every service that names the duty and speaks only where it is ours
}

// Coverage counts the facts that checks needed for a duty, one a check and
// resource, and those that were read.
type Coverage struct {
	Read     int `json:"read"`
	Required int `json:"required"`
}

// CheckAnswer is what one check says about a duty of a service.
type CheckAnswer struct {
	Check    string         `json:"check"`
	Title    string         `json:"title"`
	Severity check.Severity `json:"severity"`
	Extent   string         `json:"extent"`             // "full" or "part"
	Why      string         `json:"why"`                // why it bears on the duty
	Ran      bool           `json:"ran"`                // false: never run for this service
	Tally    Tally          `json:"tally"`              // the same numbers as in Result
	Scopes   int            `json:"scopes,omitempty"`   // of Unknown: whole services, regions or accounts that were not read
	Planned  int            `json:"planned,omitempty"`  // of Pass: in a plan beside resources that stand; they show nothing yet
	Would    int            `json:"would,omitempty"`    // of Fail: in a plan beside resources that stand and do not fail; they would fail once it is applied
	Stale    bool           `json:"stale,omitempty"`    // some of its facts are older than was allowed
	Foreign  int            `json:"foreign,omitempty"`  // of Pass: only another tool says so; they alone show no whole duty
	Disputed int            `json:"disputed,omitempty"` // of Fail: another tool says so, and our own check passed or could not tell
}

// Tally counts findings by outcome. A failure under an exception in force is
// counted in Accepted and not in Fail.
type Tally struct {
	Pass          int `json:"pass"`
	Fail          int `json:"fail"`
	Accepted      int `json:"accepted"`
	Unknown       int `json:"unknown"`
	Error         int `json:"error"`
	NotApplicable int `json:"notapplicable"`
}

// Result gathers the findings of one check in the accounts of one service.
type Result struct {
	Service     string         `json:"service"`
	Check       string         `json:"check"`
	Title       string         `json:"title,omitempty"`
	Severity    check.Severity `json:"severity"`
	Tally       Tally          `json:"tally"`
	Scopes      int            `json:"scopes,omitempty"`       // of Unknown: whole services, regions or accounts that were not read
	Planned     int            `json:"planned,omitempty"`      // of Fail: in a plan that is not applied yet
	Exposed     int            `json:"exposed"`                // of Fail: resources that can be reached from the internet
	WouldExpose int            `json:"would_expose,omitempty"` // of Planned: resources that could be reached from it once the plan is applied
	Oldest      time.Time      `json:"oldest"`                 // when its oldest and newest facts were seen
	Newest      time.Time      `json:"newest"`
	Under       []string       `json:"under,omitempty"`    // ids of the exceptions under which failures stand
	Foreign     int            `json:"foreign,omitempty"`  // of Pass: only another tool says so
	Disputed    int            `json:"disputed,omitempty"` // of Fail: another tool says so, and our own check passed or could not tell
	Worst       []Example      `json:"worst,omitempty"`    // the worst of what does not pass; bounded, the same for every order of the findings
}

// Example is a finding, cut to what a reader must see.
type Example struct {
	Fingerprint string         `json:"fingerprint"`
	Outcome     check.Outcome  `json:"outcome"`
	Severity    check.Severity `json:"severity"`
	Message     string         `json:"message"`
	Fields      []string       `json:"fields,omitempty"`
	Resource    string         `json:"resource"`
	Name        string         `json:"name,omitempty"`
	Kind        cloud.Kind     `json:"kind"`
	Account     string         `json:"account,omitempty"`
	Region      string         `json:"region,omitempty"`
	Exposed     bool           `json:"exposed,omitempty"` // now: what is only planned is not
	Exception   string         `json:"exception,omitempty"`
	Raw         string         `json:"raw,omitempty"` // SHA-256 of the provider's document
	Seen        cloud.Seen     `json:"seen"`
	Source      string         `json:"source,omitempty"` // "plan", "state", "host"; empty: a live account
	Scope       bool           `json:"scope,omitempty"`  // it stands for a whole service, region or account that was not read
}

// Reason is one fact that moves, or would have moved, an answer.
type Reason struct {
	Kind  ReasonKind `json:"kind"`
	Says  string     `json:"says"`            // one sentence
	Check string     `json:"check,omitempty"` // the check it comes from; its Result holds the examples
	Bears Status     `json:"bears"`           // the status that this reason alone would give
	Holds bool       `json:"holds,omitempty"` // it is one of those that hold the answer below satisfied
}

// ReasonKind sorts reasons. An absence has a name.
type ReasonKind string

// The kinds of reason.
const (
	ReasonFail           ReasonKind = "check-fails"
	ReasonPass           ReasonKind = "check-passes"
	ReasonPartPass       ReasonKind = "check-passes-in-part" // it proves a part only; an attestation is needed beside it
	ReasonUnread         ReasonKind = "facts-unread"         // a fact that a check needs was not read
	ReasonScopeUnread    ReasonKind = "scope-unread"         // a service, region or account could not be read
	ReasonNotCollected   ReasonKind = "not-collected"        // an account or region of the service was not asked for
	ReasonFaulty         ReasonKind = "check-faulty"         // the check itself gave an error
	ReasonDisputed       ReasonKind = "tools-disagree"       // another tool says that it fails where our own check does not; it is counted as a failure
	ReasonForeignPass    ReasonKind = "passes-elsewhere"     // it passes, by the word of another tool alone; an attestation is needed beside it
	ReasonStale          ReasonKind = "facts-stale"          // facts older than was allowed
	ReasonAccepted       ReasonKind = "risk-accepted"
	ReasonNothing        ReasonKind = "nothing-to-ask"  // the checks ran and met no resource of their kind
	ReasonNoTest         ReasonKind = "no-test-defined" // no check bears on the duty
	ReasonNeverRun       ReasonKind = "never-run"       // a check bears on it and was never run here
	ReasonAttested       ReasonKind = "attested"
	ReasonAttestedBare   ReasonKind = "attested-without-evidence"
	ReasonAttestedPartly ReasonKind = "attested-partly"
	ReasonAttestedNo     ReasonKind = "attested-no"
	ReasonNotApplicable  ReasonKind = "attested-not-applicable"
	ReasonExpired        ReasonKind = "attestation-expired"
	ReasonNotYet         ReasonKind = "attestation-not-yet" // dated after the assessment
	ReasonNoAttestation  ReasonKind = "no-attestation"
	ReasonNobody         ReasonKind = "nobody-performs" // by the matrix
	ReasonInherited      ReasonKind = "inherited"       // the other party performs it, with basis and evidence
	ReasonNoBasis        ReasonKind = "no-basis"        // given to the other party on an assumption or a default
	ReasonNoAssurance    ReasonKind = "no-assurance"    // given to the other party without evidence
	ReasonContradiction  ReasonKind = "contradiction"   // a person's word and a check disagree
)

// AttestedAnswer is what a person says about a duty.
type AttestedAnswer string

// The answers of a person.
const (
	AnswerYes           AttestedAnswer = "yes"
	AnswerPartly        AttestedAnswer = "partly"
	AnswerNo            AttestedAnswer = "no"
	AnswerNotApplicable AttestedAnswer = "not-applicable"
	AnswerInherited     AttestedAnswer = "inherited" // the other party does it; Source says who says so
)

// Attestation is what a person answers for what no API can tell.
type Attestation struct {
	ID        string          `json:"id"`                // of its place: "duty/service#n" is made when none is given
	Duty      string          `json:"duty,omitempty"`    // a duty, or
	Control   string          `json:"control,omitempty"` // a control: all its duties of the party Party
	Party     catalogue.Party `json:"party,omitempty"`   // with Control; empty: our side of the service
	Service   string          `json:"service"`           // id, or "*" for every service
	Answer    AttestedAnswer  `json:"answer"`
	Statement string          `json:"statement"`
	By        string          `json:"by"`
	On        time.Time       `json:"on"`               // a day
	Expires   time.Time       `json:"expires"`          // the last day on which it holds
	Source    string          `json:"source,omitempty"` // for inherited: the report or certificate that says so
	Evidence  []Evidence      `json:"evidence,omitempty"`
	File      string          `json:"-"`
	Line      int             `json:"-"`
}

// Evidence is a file that supports an attestation.
type Evidence struct {
	Path   string `json:"path"`
	SHA256 string `json:"sha256,omitempty"` // the caller fills it from the file
}

// Attested is an attestation as an answer shows it.
type Attested struct {
	ID        string         `json:"id"`
	Answer    AttestedAnswer `json:"answer"`
	Statement string         `json:"statement"`
	By        string         `json:"by"`
	On        time.Time      `json:"on"`
	Expires   time.Time      `json:"expires"`
	Expired   bool           `json:"expired,omitempty"`
	Source    string         `json:"source,omitempty"`
	Evidence  []Evidence     `json:"evidence,omitempty"`
}

// Said tells what became of an attestation.
type Said struct {
	Attested
	Duty    string    `json:"duty,omitempty"`
	Control string    `json:"control,omitempty"`
	Service string    `json:"service"`
	State   SaidState `json:"state"`
	Answers int       `json:"answers"` // how many answers rest on it
}

// SaidState sorts attestations.
type SaidState string

// The states of an attestation at the time of the assessment.
const (
	InForce  SaidState = "in-force"
	Expired  SaidState = "expired"
	NotYet   SaidState = "not-yet"
	Unused   SaidState = "unused"    // nearer or newer ones speak for all its duties
	NotAsked SaidState = "not-asked" // its duty is not of this edition, these parties or these services
)

// Roll is the worst status of several answers, with their counts.
type Roll struct {
	Key     string          `json:"key"`    // of the control, or the theme's
	Clause  string          `json:"clause"` // first clause of the control in the edition; the theme's number
	Title   string          `json:"title"`
	Party   catalogue.Party `json:"party"`
	Service string          `json:"service,omitempty"` // empty: over all services
	Status  Status          `json:"status"`
	Counts  Counts          `json:"counts"`
	Thin    bool            `json:"thin,omitempty"` // of a control: fewer than three checks bear on it for this party
}

// Counts counts answers. Total is the sum of all the others.
type Counts struct {
	Total         int `json:"total"`
	NotSatisfied  int `json:"not_satisfied"`
	Partly        int `json:"partly"`
	Unknown       int `json:"unknown"`
	Accepted      int `json:"accepted"`
	Satisfied     int `json:"satisfied"`
	Inherited     int `json:"inherited"`
	NotApplicable int `json:"not_applicable"`
}

// Readiness holds the numbers that a first page shows. Every split adds up to All.
type Readiness struct {
	All       Counts                     `json:"all"`
	Ours      Counts                     `json:"ours"`   // duties of our own side: the headline
	Theirs    Counts                     `json:"theirs"` // duties of the other side, on whose assurance we rely
	ByParty   map[catalogue.Party]Counts `json:"by_party"`
	ByService map[string]Counts          `json:"by_service"`
}

// Gap is one answer that is not what it should be.
type Gap struct {
	ID       string          `json:"id"` // of service and duty: stable over assessments
	Service  string          `json:"service"`
	Duty     string          `json:"duty"`
	Control  string          `json:"control"`
	Party    catalogue.Party `json:"party"`
	Ours     bool            `json:"ours"`
	Status   Status          `json:"status"`
	Severity check.Severity  `json:"severity"`
	Why      string          `json:"why"`              // why this severity
	Summary  string          `json:"summary"`          // the answer's sentence
	Checks   []string        `json:"checks,omitempty"` // checks that fail or could not read
}

// ExceptionUse counts the failures under one exception.
type ExceptionUse struct {
	ID       string   `json:"id"`
	Findings int      `json:"findings"`
	Checks   []string `json:"checks"`
	Services []string `json:"services"`
}

// Unassigned counts findings in an account of no service.
type Unassigned struct {
	Account  string `json:"account"` // empty: resources that name no account
	Findings int    `json:"findings"`
	Failing  int    `json:"failing"`
}
