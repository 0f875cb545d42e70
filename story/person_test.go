// SPDX-License-Identifier: Apache-2.0

//go:build unix

package story

import (
	"strings"

	"demarc.dev/demarc/internal/browser"
)

const phrase = "violet trams hum at dusk"

// letsIn lets somebody into the organisation by the page of members, has the
// operator make a link, and gives it. more is fields and what to write there.
func (p *person) letsIn(org, login, role string, more ...string) (link string) {
	p.t.Helper()
	p.visit("/o/" + org + "/member")
	p.fills("E-mail address", login)
	p.fills("Role", role)
	for i := 0; i < len(more); i += 2 {
		p.fills(more[i], more[i+1])
	}
	p.presses("Let in", "")
	p.sees(login)
	p.presses("Link for "+login, "")
	p.sees("The link for " + login)
	text, err := p.page.Value(p.ctx, browser.Thing{Role: ".breakable"}, "textContent")
	p.must(err)
	_, path, ok := strings.Cut(text, "/join?")
	if !ok {
		p.t.Fatalf("%q is no link", text)
	}
	return "/join?" + path
}

// joins uses such a link.
func (p *person) joins(link string) {
	p.t.Helper()
	p.visit(link)
	p.fills("New password", phrase)
	p.fills("The same again", phrase)
	p.presses("Set it and sign in", "")
}

func (p *person) signsIn(login, password string) {
	p.t.Helper()
	p.visit("/signin")
	p.fills("E-mail address", login)
	p.fills("Password", password)
	p.presses("Sign in", "")
}

func (p *person) signsOut() {
	p.t.Helper()
	p.presses("Sign out", "")
	p.sees("You are signed out")
}
