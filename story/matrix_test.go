// SPDX-License-Identifier: Apache-2.0

//go:build unix

package story

import (
	"testing"

	"demarc.dev/demarc/internal/browser"
)

const north = `organisation: {id: north, name: North Mill, role: customer}
people:
  - {id: security, name: Ruth Calder, active: true}
services:
  - {id: aws, name: Amazon Web Services, role: consumes, model: iaas, provider: Amazon Web Services, owner: security, accounts: ["123456789012"], criticality: high}
`

// empty is an organisation that has nothing yet.
func empty(s *server) { s.demarc("organisation", "create", "north") }

// TestMatrix is the first day: the security lead uses the link that the program
// printed, draws the scope, takes the usual division of duties over, changes a
// line, and signs; a change after that makes the signature stale.
func TestMatrix(t *testing.T) {
	ruth := serve(t, nil, empty).person("ruth")
	ruth.signsInByLink()
	ruth.sees("north")
	ruth.follows("Cloud services", "")
	ruth.fills("scope.yaml", "organisation: {id: north}\nservices: [{id: aws, modle: iaas}]\n")
	ruth.presses("Save the scope", "")
	ruth.sees("modle") // every fault is told, and nothing is lost
	ruth.fills("scope.yaml", north)
	ruth.presses("Save the scope", "")
	ruth.sees("1 service in scope", "Amazon Web Services", "Ruth Calder")

	ruth.follows("Responsibility matrix", "")
	ruth.sees("none stored: this is the usual division")
	ruth.presses("Take the usual division over", "")
	ruth.sees("draft, version 1")

	ruth.changes("6.1.1-C1", "Owner at the customer (of our own people: the id of the scope)", "security")
	ruth.sees("draft, version 2")
	ruth.presses("Sign it off for our side", "")
	ruth.sees("ada@larkspur.example", "internally agreed, version 3")
	ruth.presses("Note that it was sent", "")
	ruth.fills("Who agreed on the other side", "Olaf Benn, Amazon Web Services")
	ruth.presses("Note that they agreed", "")
	ruth.sees("acknowledged")

	ruth.changes("6.1.1-C1", "The provider", "performs")
	ruth.sees("stale, version 6")
}

// changes changes one line of the matrix that is on the page.
func (p *person) changes(duty, field, value string) {
	p.t.Helper()
	p.follows(duty, "")
	p.must(p.page.Click(p.ctx, browser.Thing{Role: "button", Name: "Change this line"}))
	p.fills(field, value)
	p.presses("Save as the next version", "")
}
