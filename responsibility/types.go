// SPDX-License-Identifier: Apache-2.0

package responsibility

import (
	"time"

	"demarc.dev/demarc/catalogue"
)

// Share is what one party does for a duty.
type Share string

// The shares. Both is of one party: it performs the duty and answers for it.
const (
	None       Share = "none"
	Performs   Share = "performs"
	Accounts   Share = "accountable"
	SharesBoth Share = "both"
)

// Performs tells whether the party does the work.
func (s Share) Performs() bool { return s == Performs || s == SharesBoth }

// Accountable tells whether the party answers for the result.
func (s Share) Accountable() bool { return s == Accounts || s == SharesBoth }

// Status is the life of a matrix.
type Status string

// The statuses. Stale is derived and never stored: the matrix or its service
// changed after the sign-off.
const (
	Draft            Status = "draft"
	InternallyAgreed Status = "internally_agreed"
	Sent             Status = "sent_to_counterparty"
	Acknowledged     Status = "acknowledged"
	Stale            Status = "stale"
)

// BasisKind says what an allocation rests on.
type BasisKind string

// The kinds of basis, the strongest first.
const (
	ContractClause    BasisKind = "contract"   // Reference names the agreement and its clause
	ProviderStatement BasisKind = "statement"  // Reference names the statement
	InternalControl   BasisKind = "internal"   // Reference names our own control or procedure
	Assumption        BasisKind = "assumption" // nobody has said so
	DefaultBasis      BasisKind = "default"    // taken from the catalogue, not yet looked at
)

// Basis is what an allocation rests on.
type Basis struct {
	Kind      BasisKind `json:"kind"`
	Reference string    `json:"reference,omitempty"` // "MSA 2024, 7.3(b)"
}

// Matrix says for every duty of one service which party does what.
type Matrix struct {
	Service     string            `json:"service"` // scope.Service.ID
	Edition     catalogue.Edition `json:"edition"`
	Version     int               `json:"version"`
	Status      Status            `json:"status"` // as stored; Standing derives stale
	Customer    string            `json:"customer,omitempty"`
	Provider    string            `json:"provider,omitempty"` // names of the parties
	Agreement   string            `json:"agreement,omitempty"`
	SignOff     *SignOff          `json:"sign_off,omitempty"`
	Allocations []Allocation      `json:"allocations"` // in the order of the catalogue; at most one a duty
	File        string            `json:"-"`           // where it was read from, for messages
}

// SignOff binds an agreement of people to what they agreed to.
type SignOff struct {
	Digest         string `json:"digest"` // Digest of the matrix and its service when it was signed
	By             string `json:"by"`     // our side
	On             string `json:"on"`     // 2006-01-02
	AcknowledgedBy string `json:"acknowledged_by,omitempty"`
	AcknowledgedOn string `json:"acknowledged_on,omitempty"`
}

// Allocation divides one duty between the two parties.
type Allocation struct {
	Duty            string   `json:"duty"` // catalogue.Duty.ID
	Customer        Share    `json:"customer"`
	Provider        Share    `json:"provider"`
	Split           string   `json:"split,omitempty"` // who does which part, when both perform
	CustomerOwner   string   `json:"customer_owner,omitempty"`
	ProviderContact string   `json:"provider_contact,omitempty"`
	Basis           Basis    `json:"basis"`
	Rationale       string   `json:"rationale,omitempty"` // why it differs from the model's default
	Evidence        []string `json:"evidence,omitempty"`  // references: a report, a record, a file
	Note            string   `json:"note,omitempty"`
}

// Share gives the share of one party.
func (a Allocation) Share(p catalogue.Party) Share {
	if p == catalogue.Provider {
		return a.Provider
	}
	return a.Customer
}

// Owner gives who does the work on the side of a party.
func (a Allocation) Owner(p catalogue.Party) string {
	if p == catalogue.Provider {
		return a.ProviderContact
	}
	return a.CustomerOwner
}

// Statement is what a provider says about who does what, such as a filled
// questionnaire or a published responsibility matrix.
type Statement struct {
	Service  string         `json:"service"`
	Provider string         `json:"provider,omitempty"`
	Title    string         `json:"title"` // "CAIQ 4.0.3 of 2026-03"
	Date     string         `json:"date,omitempty"`
	SHA256   string         `json:"sha256,omitempty"` // of the source file; the caller fills it
	Rows     []StatementRow `json:"rows"`
	File     string         `json:"-"`
}

// StatementRow is one line of a statement.
type StatementRow struct {
	Ref  string `json:"ref"` // a duty's or a control's id; a control stands for all its duties
	Who  Who    `json:"who"` // who performs
	Text string `json:"text,omitempty"`
	Line int    `json:"line,omitempty"`
}

// Who says which parties perform.
type Who string

// Who performs, as a statement, a verdict or an answer names it.
const (
	ByCustomer Who = "customer"
	ByProvider Who = "provider"
	ByBoth     Who = "both"
	ByNobody   Who = "nobody"
)

// Who gives who performs by the allocation.
func (a Allocation) Who() Who {
	switch c, p := a.Customer.Performs(), a.Provider.Performs(); {
	case c && p:
		return ByBoth
	case c:
		return ByCustomer
	case p:
		return ByProvider
	default:
		return ByNobody
	}
}

// Severity of a finding about a matrix, in the words of checks.
type Severity string

// The severities, worst first.
const (
	Critical Severity = "critical"
	High     Severity = "high"
	Medium   Severity = "medium"
	Low      Severity = "low"
)

// Rule names one rule about matrices.
type Rule string

// The rules.
const (
	Gap               Rule = "RM-01" // nobody performs
	Overlap           Rule = "RM-02" // both perform without a split text
	OrphanShared      Rule = "RM-03" // shared, with one side unnamed
	TwoAccountable    Rule = "RM-04"
	AssumptionOnly    Rule = "RM-05" // no contract or statement for a critical duty of the other side
	ContractMismatch  Rule = "RM-06" // a contract is claimed without a clause, or contradicted
	StatementMismatch Rule = "RM-07" // the provider's statement says otherwise
	ChainBreak        Rule = "RM-08" // we promise what the provider beneath leaves to us
	NoEvidence        Rule = "RM-09"
	ModelAnomaly      Rule = "RM-10" // differs from the service model's default without a rationale
	NotAcknowledged   Rule = "RM-11"
	StaleSignOff      Rule = "RM-12" // the service or the matrix changed after the sign-off
	OwnerLeft         Rule = "RM-13"
)

// Finding is one fault of a matrix.
type Finding struct {
	Fingerprint string   `json:"fingerprint"` // of rule, service and duty: stable over runs
	Rule        Rule     `json:"rule"`
	Severity    Severity `json:"severity"`
	Service     string   `json:"service"`
	Duty        string   `json:"duty,omitempty"`    // empty: the matrix as a whole
	Control     string   `json:"control,omitempty"` // key of the duty's control
	Why         string   `json:"why"`               // one sentence
	Fix         string   `json:"fix"`               // what to do
	Chain       []Link   `json:"chain,omitempty"`   // of RM-08: from the promise down
}

// Link is one level of a chain of services.
type Link struct {
	Service string `json:"service"`
	Name    string `json:"name"`
	Who     Who    `json:"who,omitempty"` // who performs the duty by this level's matrix; empty: it has no allocation
	Says    string `json:"says"`          // in words
}

// Verdict is the one answer that a matrix gives for a duty.
type Verdict struct {
	Service string      `json:"service"`
	Duty    string      `json:"duty"`
	Kind    VerdictKind `json:"kind"`
	Rules   []Rule      `json:"rules,omitempty"` // the rules that found something here
}

// VerdictKind sorts verdicts.
type VerdictKind string

// The verdicts. Every duty in scope of every service has exactly one.
const (
	OnCustomer  VerdictKind = "customer" // the customer alone performs
	OnProvider  VerdictKind = "provider"
	OnShared    VerdictKind = "shared"      // both perform, and it is written who does which part
	OnBoth      VerdictKind = "overlap"     // both perform, without a split
	OnNobody    VerdictKind = "gap"         // the matrix says that nobody performs
	Unallocated VerdictKind = "unallocated" // the matrix has no line for the duty
	NoMatrix    VerdictKind = "no-matrix"   // the service has no matrix of the edition
)

// Difference is one duty on which two allocations differ.
type Difference struct {
	Duty  string `json:"duty"`
	Field string `json:"field"` // "customer", "provider", "basis", "performs" (against a statement), "line" (one side has none) …
	Left  string `json:"left"`
	Right string `json:"right"`
}

// Parse errors and dates use the layout of a calendar day.
const dayLayout = time.DateOnly
