// SPDX-License-Identifier: Apache-2.0

package account

import "time"

// Attempts counts failed proofs of one account, or from one address. It never
// locks for ever, so that nobody can be kept out by others for long, and it
// does not touch sessions that are open.
type Attempts struct {
	Failed int       `json:"failed"`
	Last   time.Time `json:"last"`
}

const (
	attemptsFree   = 5                // failures that cost nothing
	attemptsFirst  = 2 * time.Second  // the first wait; each further one is twice as long
	attemptsMost   = 15 * time.Minute // the longest wait
	attemptsForget = 24 * time.Hour   // after the last failure
)

// Wait gives how long to wait from now until the next attempt is heard.
func (a Attempts) Wait(now time.Time) time.Duration {
	over := a.Failed - attemptsFree
	if over < 0 || now.Sub(a.Last) > attemptsForget {
		return 0
	}
	wait := attemptsMost
	if over < 9 {
		wait = min(attemptsMost, attemptsFirst<<over)
	}
	return max(0, a.Last.Add(wait).Sub(now))
}

// Fail notes a failure.
func (a Attempts) Fail(now time.Time) Attempts {
	if now.Sub(a.Last) > attemptsForget {
		a.Failed = 0
	}
	return Attempts{Failed: a.Failed + 1, Last: now}
}
