// SPDX-License-Identifier: Apache-2.0

package privilege

import "time"

// Verdict says whether a principal is an administrator or can become one.
type Verdict string

// The verdicts, the worst first: what nobody meant stands before what somebody
// did.
const (
	Escalates     Verdict = "escalates"     // it can make itself an administrator
	Administrator Verdict = "administrator" // it is one
	Assumes       Verdict = "assumes"       // a role that trusts it makes it one
	Possible      Verdict = "possible"      // under a condition that cannot be decided
	Unknown       Verdict = "unknown"       // a policy on which it depends was not read
	None          Verdict = "none"          // no path
)

// Verdicts lists them in their order.
func Verdicts() []Verdict {
	return []Verdict{Escalates, Administrator, Assumes, Possible, Unknown, None}
}

// Kinds of principals.
const (
	Root      = "root"              // the first user of an account
	User      = "user"              // it signs in with long-lived credentials
	RoleKind  = "role"              // a session of it is lent
	Outside   = "outside account"   // an account that was not read
	Anyone    = "anyone"            // everybody, from everywhere
	SignIn    = "identity provider" // people who sign in through it
	groupKind = "group"             // only within: rights that a member gains
)

// Tri is yes, no or unknown.
type Tri string

// The three.
const (
	Yes   Tri = "yes"
	No    Tri = "no"
	Maybe Tri = "unknown"
)

// Hold says for how long a principal has its rights.
type Hold string

// The ways of holding rights.
const (
	Standing Hold = "standing" // always: its credentials do not end
	Session  Hold = "session"  // in a session that is opened when it is needed, and ends
	Timed    Hold = "timed"    // until a moment that the policy names
)

// Answer is what a snapshot comes to.
type Answer struct {
	Principals []Principal `json:"principals"` // the worst first, then by id
	Accounts   []string    `json:"accounts"`
	Methods    int         `json:"methods"` // that were tried
	// Unread say which lists are not whole: principals may be missing.
	Unread []string `json:"unread,omitempty"`
}

// Principal is one principal and its answer.
type Principal struct {
	ID      string  `json:"id"`
	Name    string  `json:"name"`
	Kind    string  `json:"kind"`
	Account string  `json:"account,omitempty"`
	Verdict Verdict `json:"verdict"`
	// Why is the statement that makes it an administrator, what an answer hangs
	// on, or what stops it.
	Why  string `json:"why"`
	Fix  string `json:"fix,omitempty"`  // what would stop it
	Path []Step `json:"path,omitempty"` // the shortest there is
	Ways []Way  `json:"ways,omitempty"` // every method with which such a path can begin
	// Elsewhere are the roles of administrators in other accounts that an
	// administrator can assume at once.
	Elsewhere []Way `json:"elsewhere,omitempty"`
	// Hold, MFA and LastUsed tell of the principal itself; for a path that ends
	// in a role, the session is the role's.
	Hold     Hold      `json:"hold"`
	Until    time.Time `json:"until,omitzero"` // with Timed
	MFA      Tri       `json:"mfa"`            // a second factor stands before its use
	Created  time.Time `json:"created,omitzero"`
	LastUsed time.Time `json:"last_used,omitzero"`
	// Used tells whether LastUsed was read; a zero LastUsed means never then.
	Used bool `json:"used"`
}

// Step is one step of a path: who does what, and whose rights it gives.
type Step struct {
	Method string   `json:"method"` // id of the method, "" for an end
	Title  string   `json:"title"`
	From   string   `json:"from"` // principal that acts
	To     string   `json:"to"`   // principal as which it can act then
	Says   string   `json:"says"`
	Acts   []Act    `json:"acts"`
	If     []string `json:"if,omitempty"` // what could not be decided
}

// Act is one call of a step and what allows it.
type Act struct {
	Action    string `json:"action"`
	Resource  string `json:"resource"`
	Policy    string `json:"policy"`    // id of the policy, or the role whose trust it is
	Statement string `json:"statement"` // its Sid, or its number
}

// Way is a method with which a path can begin, and the nearest example.
type Way struct {
	Method  string `json:"method"`
	Title   string `json:"title"`
	To      string `json:"to"`
	Certain bool   `json:"certain"`
}
