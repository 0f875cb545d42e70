// SPDX-License-Identifier: Apache-2.0

package remediation

import (
	"cmp"
	"fmt"
	"strings"

	"demarc.dev/demarc/assess"
	"demarc.dev/demarc/catalogue"
)

// tell gives an action its title and what to do.
func (m *maker) tell(d *draft) {
	switch d.Kind {
	case Mend:
		d.Title = fmt.Sprintf("Mend %s: %s", plural(d.Resources, "resource", "resources"), m.title(d))
		d.What = m.found(d) + "Mend what fails, then collect and assess again."
	case Read:
		m.tellRead(d)
	case Attest:
		m.tellAttest(d)
	case Secure:
		m.tellSecure(d)
	case Assign:
		d.Title = "Name who performs " + d.Duty
		d.What = m.duty(d) + "By the matrix nobody performs it: agree who does, and enter it."
	}
}

func (m *maker) tellSecure(d *draft) {
	s, duties := m.services[d.Services[0]], plural(len(d.Bears), "duty", "duties")
	if s.Ours == catalogue.Provider {
		d.Title = fmt.Sprintf("Agree with the customers of %s on their part in %s", s.Name, duties)
		d.What = fmt.Sprintf("Say in the terms or in a statement what the customers do, keep the evidence that they were told and that it is done, and enter both in the responsibility matrix of %s.", s.Name)
		return
	}
	provider := cmp.Or(s.Provider, "the provider")
	d.Title = fmt.Sprintf("Get the commitment and the evidence of %s for %s of %s", provider, duties, s.Name)
	if provider == s.Name {
		d.Title = fmt.Sprintf("Get the commitment and the evidence of %s for %s", provider, duties)
	}
	d.What = fmt.Sprintf("Ask for the contract clause or the statement that says that %s performs them, and for the report that shows it; enter both in the responsibility matrix of %s.", provider, s.Name)
}

func (m *maker) tellRead(d *draft) {
	if d.Check == "" {
		s := m.services[d.Services[0]]
		d.Title = "Collect what no snapshot tells of " + s.Name
		d.What = "Collect all its accounts and regions, and assess again"
		if len(s.Uncollected) > 0 {
			d.What += ": missing are " + strings.Join(s.Uncollected[:min(5, len(s.Uncollected))], ", ")
		}
		d.What += "."
		return
	}
	if d.kinds[assess.ReasonFaulty] && !d.kinds[assess.ReasonUnread] && !d.kinds[assess.ReasonScopeUnread] {
		d.Title = "Mend the check: " + m.title(d)
		d.What = m.found(d) + "The check itself is faulty; what it asks is unknown until it is mended."
		return
	}
	d.Title = fmt.Sprintf("Make readable what could not be read of %s: %s", plural(d.Resources, "resource", "resources"), m.title(d))
	d.What = m.found(d) + "Give the collector what it lacks, such as a permission (demarc collect aws --policy prints the minimal one), then collect and assess again."
}

func (m *maker) tellAttest(d *draft) {
	verb := "Answer for %s, with evidence"
	switch {
	case d.kinds[assess.ReasonAttestedNo]:
		verb = "Do %s, and answer for it with evidence"
	case d.kinds[assess.ReasonAttestedPartly]:
		verb = "Complete %s, and answer for it with evidence"
	case d.kinds[assess.ReasonNoAttestation]:
	case d.kinds[assess.ReasonExpired]:
		verb = "Renew the answer for %s"
	case d.kinds[assess.ReasonAttestedBare]:
		verb = "Attach evidence to the answer for %s"
	case d.kinds[assess.ReasonContradiction]:
		verb = "Clear up the contradiction about %s"
	}
	d.Title = fmt.Sprintf(verb, d.Duty)
	d.What = m.duty(d) + "Enter the answer and its evidence in the attestations."
}

// duty gives the words of the action's duty, as a sentence.
func (m *maker) duty(d *draft) string {
	known, _ := m.catalogue.Duty(d.Duty)
	text := strings.TrimSpace(known.Text)
	if text == "" {
		return ""
	}
	if !strings.HasSuffix(text, ".") {
		text += "."
	}
	return text + " "
}

func (m *maker) title(d *draft) string {
	title := d.Check
	for _, id := range d.Services {
		if r := m.results[assess.At{Service: id, Check: d.Check}]; r != nil {
			title = cmp.Or(r.Title, title)
		}
	}
	if c := m.checks[d.Check]; c != nil {
		title = cmp.Or(c.Title, title)
	}
	return title
}

// found tells the worst that was found, as a sentence.
func (m *maker) found(d *draft) string {
	if len(d.Examples) == 0 {
		return ""
	}
	e := d.Examples[0]
	words := strings.TrimRight(strings.TrimSpace(e.Message), ".")
	if words == "" {
		words = cmp.Or(e.Name, e.Resource)
	}
	if d.Resources > 1 {
		return fmt.Sprintf("One of them: %s. ", words)
	}
	return upper(words) + ". "
}
