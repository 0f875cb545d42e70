// SPDX-License-Identifier: Apache-2.0

package web

import (
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"sync"
	"time"
)

const (
	sessionTime = 12 * time.Hour
	sessionMost = 64 // of one person's browsers; the oldest goes
	cookieName  = "demarc_session"
)

// gate knows who may come in. It keeps digests and never a secret itself, in
// memory only: when the program ends, every session has ended.
type gate struct {
	now func() time.Time

	mu       sync.Mutex
	token    *[sha256.Size]byte // of the link that was not used yet
	sessions map[[sha256.Size]byte]time.Time
}

// mint makes the token of the next link.
func (g *gate) mint() string {
	token := rand.Text() + rand.Text()
	sum := sha256.Sum256([]byte(token))
	g.mu.Lock()
	defer g.mu.Unlock()
	g.token = &sum
	return token
}

// redeem opens a session for a token that was not used before.
func (g *gate) redeem(token string) (session string, ok bool) {
	sum := sha256.Sum256([]byte(token))
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.token == nil || subtle.ConstantTimeCompare(sum[:], g.token[:]) != 1 {
		return "", false
	}
	g.token = nil
	session = rand.Text() + rand.Text()
	if g.sessions == nil {
		g.sessions = map[[sha256.Size]byte]time.Time{}
	}
	g.sweep()
	g.sessions[sha256.Sum256([]byte(session))] = g.now().Add(sessionTime)
	return session, true
}

// sweep forgets sessions that have ended, and the one that ends next when
// there are too many.
func (g *gate) sweep() {
	var oldest [sha256.Size]byte
	var ends time.Time
	for id, end := range g.sessions {
		if !end.After(g.now()) {
			delete(g.sessions, id)
		} else if ends.IsZero() || end.Before(ends) {
			oldest, ends = id, end
		}
	}
	if len(g.sessions) >= sessionMost {
		delete(g.sessions, oldest)
	}
}

// holds tells whether a session is open. What is looked up is a digest, so that
// the time of the look-up tells nothing about a secret.
func (g *gate) holds(session string) bool {
	if session == "" {
		return false
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	end, ok := g.sessions[sha256.Sum256([]byte(session))]
	return ok && end.After(g.now())
}

// end closes a session.
func (g *gate) end(session string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	delete(g.sessions, sha256.Sum256([]byte(session)))
}
