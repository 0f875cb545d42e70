// SPDX-License-Identifier: Apache-2.0

package account

import (
	"strings"
	"time"
)

// Purpose is what a link is for.
type Purpose string

// The purposes of links.
const (
	Invite Purpose = "invite" // sets the first password of an account
	Reset  Purpose = "reset"  // sets another
)

// Link is a link that works once, for a time.
type Link struct {
	ID      string    `json:"id"`
	Secret  Secret    `json:"secret"`
	Purpose Purpose   `json:"purpose"`
	Account string    `json:"account"`
	By      string    `json:"by"`
	Ends    time.Time `json:"ends"`
}

// linkTime is how long each kind of link works.
func linkTime(p Purpose) time.Duration {
	if p == Reset {
		return time.Hour
	}
	return 7 * 24 * time.Hour
}

// NewLink makes a link; token is what its address is to hold.
func NewLink(p Purpose, account, by string, now time.Time) (l Link, token string) {
	id, secret := "l-"+draw(16), draw(52)
	return Link{ID: id, Secret: digest(secret), Purpose: p, Account: account, By: by, Ends: now.Add(linkTime(p))}, id + "." + secret
}

// Split takes the token of a session or a link apart: what names it and what
// opens it.
func Split(token string) (id, secret string, ok bool) {
	id, secret, ok = strings.Cut(token, ".")
	return id, secret, ok && len(id) == 18 && len(secret) == 52
}
