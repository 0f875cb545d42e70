// SPDX-License-Identifier: Apache-2.0

package account

import "time"

// Proof is how somebody showed who he is.
type Proof string

// The proofs, from the weakest. A link is the one that the program printed, or
// mailed, for one use.
const (
	ByLink     Proof = "link"
	ByPassword Proof = "password"
	ByTOTP     Proof = "password+totp"
	ByRecovery Proof = "password+recovery"
	BySecond   Proof = "password+passkey"
	ByPasskey  Proof = "passkey"
	ByOIDC     Proof = "oidc"
)

// Limits say how long sessions last.
type Limits struct {
	Whole time.Duration // from signing in; 0: 12 hours
	Idle  time.Duration // without a request; 0: 2 hours
}

// elevation is how long after a proof somebody may do what asks for a fresh one.
const elevation = 10 * time.Minute

// seenEach is how often a session notes that it is used: a note each time would
// make every look at a page a write.
const seenEach = 5 * time.Minute

// Session is one browser of one account.
type Session struct {
	ID      string        `json:"id"`                // "s-…": names it, opens nothing
	Secret  Secret        `json:"secret"`            // digest of what the cookie holds
	Account string        `json:"account,omitempty"` // empty: the owner of the disk, by the printed link
	Person  string        `json:"person"`
	Proof   Proof         `json:"proof"`
	Pending bool          `json:"pending,omitempty"` // waits for a second factor: opens nothing else
	Created time.Time     `json:"created"`
	Seen    time.Time     `json:"seen"`
	Ends    time.Time     `json:"ends"`
	Idle    time.Duration `json:"idle"`
	Proved  time.Time     `json:"proved"` // the last proof
	Browser string        `json:"browser,omitempty"`
	Address string        `json:"address,omitempty"` // of the network
}

// NewSession opens a session; token is what the cookie is to hold.
func NewSession(account, person string, proof Proof, now time.Time, l Limits) (s Session, token string) {
	if l.Whole == 0 {
		l.Whole = 12 * time.Hour
	}
	if l.Idle == 0 {
		l.Idle = 2 * time.Hour
	}
	id, secret := "s-"+draw(16), draw(52)
	s = Session{ID: id, Secret: digest(secret), Account: account, Person: person, Proof: proof, Created: now, Seen: now, Proved: now, Ends: now.Add(l.Whole), Idle: l.Idle}
	return s, id + "." + secret
}

// Valid tells whether the session is open.
func (s Session) Valid(now time.Time) bool {
	return now.Before(s.Ends) && now.Before(s.Seen.Add(s.Idle+seenEach))
}

// pendingTime is how long somebody may take to find the second factor.
const pendingTime = 10 * time.Minute

// Pend makes a session one that waits for a second factor.
func (s Session) Pend() Session {
	s.Pending, s.Ends = true, s.Created.Add(pendingTime)
	return s
}

// Stale tells whether Seen should be written anew.
func (s Session) Stale(now time.Time) bool { return now.Sub(s.Seen) >= seenEach }

// Fresh tells whether the proof is new enough for what changes who may come in.
func (s Session) Fresh(now time.Time) bool { return now.Sub(s.Proved) < elevation }
