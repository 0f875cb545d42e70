// SPDX-License-Identifier: Apache-2.0

package remediation

import (
	"demarc.dev/demarc/assess"
	"demarc.dev/demarc/catalogue"
	"demarc.dev/demarc/check"
)

// Kind says what an action is.
type Kind string

// The kinds of action.
const (
	Mend   Kind = "mend"   // mend the resources that fail a check
	Read   Kind = "read"   // make facts readable that a check could not read, or collect what was not asked for
	Attest Kind = "attest" // a paper or a record: a person answers for a duty, with evidence
	Secure Kind = "secure" // get the other party's contract clause or statement, and its evidence
	Assign Kind = "assign" // name who performs a duty that nobody performs
)

// Plan says what to do, in which order.
type Plan struct {
	Assessment string      `json:"assessment"` // digest of the assessment it was made from
	Actions    []Action    `json:"actions"`    // highest priority first
	Waves      []Wave      `json:"waves"`
	QuickWins  []string    `json:"quick_wins"` // ids of actions, highest priority first
	Numbers    PlanNumbers `json:"numbers"`
}

// PlanNumbers sums a plan up.
type PlanNumbers struct {
	Actions int          `json:"actions"`
	Gaps    int          `json:"gaps"`    // gaps of the assessment
	Covered int          `json:"covered"` // gaps that at least one action works on
	Minutes int          `json:"minutes"` // estimated effort of all actions
	ByKind  map[Kind]int `json:"by_kind"`
}

// Action is one thing to do.
type Action struct {
	ID        string           `json:"id"` // stable: "mend:object-store-public", "attest:5.1.1-C1", "secure:aws"
	Kind      Kind             `json:"kind"`
	Title     string           `json:"title"`
	What      string           `json:"what"` // one or two sentences: what to do
	Check     string           `json:"check,omitempty"`
	Duty      string           `json:"duty,omitempty"`
	Services  []string         `json:"services"`
	Resources int              `json:"resources"` // to mend or to read
	Exposed   int              `json:"exposed"`   // of them, reachable from the internet
	Severity  check.Severity   `json:"severity"`
	Fix       check.Fix        `json:"fix"` // of a check
	Examples  []assess.Example `json:"examples,omitempty"`
	Bears     []Target         `json:"bears"`   // every gap that it works on
	Unlocks   int              `json:"unlocks"` // of them, those that nothing else holds back
	Minutes   int              `json:"minutes"` // estimated effort
	Effort    string           `json:"effort"`  // the same in words: "about 2 days"
	Priority  Priority         `json:"priority"`
	Wave      int              `json:"wave"`            // 1-based
	After     []string         `json:"after,omitempty"` // ids of actions that should come first
	AfterWhy  string           `json:"after_why,omitempty"`
	QuickWin  bool             `json:"quick_win,omitempty"`
}

// Target is one duty of one service.
type Target struct {
	Service string          `json:"service"`
	Duty    string          `json:"duty"`
	Party   catalogue.Party `json:"party"`
	Status  assess.Status   `json:"status"` // now
	Alone   bool            `json:"alone"`  // the action alone lifts it
}

// Priority is the score of an action, with the numbers it was made of.
// Score = Severity × Exposure × Duties × 1000 ÷ Effort, all whole numbers.
type Priority struct {
	Score    int    `json:"score"`
	Severity int    `json:"severity"` // critical 10, high 6, medium 3, low 1
	Exposure int    `json:"exposure"` // 1, or more when resources can be reached from the internet
	Duties   int    `json:"duties"`   // 1 + 2 for each duty unlocked + 1 for each other duty it helps
	Effort   int    `json:"effort"`   // in units of half an hour, at least 1
	Why      string `json:"why"`      // in words
}

// Wave is a set of actions that can be done side by side.
type Wave struct {
	Number  int      `json:"number"`
	Title   string   `json:"title"`
	Why     string   `json:"why"`
	Actions []string `json:"actions"` // ids, highest priority first
	Minutes int      `json:"minutes"`
}

// Outlook is what the assessment would say if some actions were done. It is
// an estimate: it supposes that what was mended passes, and that what could
// not be read passes once it is read.
type Outlook struct {
	Estimate bool          `json:"estimate"` // always true: say so wherever it is shown
	Actions  []string      `json:"actions"`
	Before   assess.Counts `json:"before"` // of our own duties
	After    assess.Counts `json:"after"`
	Changed  []Change      `json:"changed"`
	Says     string        `json:"says"`     // "Estimate: these 5 actions make 14 more duties satisfied; readiness 61.0 % → 72.3 %."
	Supposes []string      `json:"supposes"` // in words, what was supposed
}

// Change is one answer that would change.
type Change struct {
	Service string        `json:"service"`
	Duty    string        `json:"duty"`
	From    assess.Status `json:"from"`
	To      assess.Status `json:"to"`
}
