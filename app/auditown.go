// SPDX-License-Identifier: Apache-2.0

package app

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"demarc.dev/demarc/applicability"
	"demarc.dev/demarc/assess"
	"demarc.dev/demarc/audit"
	"demarc.dev/demarc/catalogue"
	"demarc.dev/demarc/responsibility"
	"demarc.dev/demarc/risk"
	"demarc.dev/demarc/scope"
)

// known gives every word by which the caller is known: his login, his name, and
// the ids of people of the scope that go by one of these.
func (h *hall) known(s *scope.Scope) []string {
	out := []string{string(h.caller.Actor)}
	for _, w := range []string{h.member.Name, h.member.Person} {
		if w != "" && !slices.Contains(out, w) {
			out = append(out, w)
		}
	}
	for _, p := range s.People {
		if slices.ContainsFunc(out, func(w string) bool { return isPerson(p, w) }) && !slices.Contains(out, p.ID) {
			out = append(out, p.ID)
		}
	}
	return out
}

// isPerson tells whether a word is one by which a person of the scope goes: the
// id, the name with or without what stands in brackets behind it, or a mail
// address that begins with the id.
func isPerson(p scope.Person, word string) bool {
	bare, _, _ := strings.Cut(p.Name, " (")
	login, _, _ := strings.Cut(word, "@")
	return word != "" && (word == p.ID || strings.EqualFold(word, p.Name) || strings.EqualFold(word, bare) || login == p.ID)
}

// ownWork gathers what of an audit's subjects is somebody's own work, from the
// records: the services that he owns, the duties and controls that he answers
// for, the risks that he owns, what he attested.
func (a *App) ownWork(ctx context.Context, from records, g auditGround, x audit.Audit) (audit.Own, error) {
	own := audit.Own{}
	add := func(who, why string) {
		if who == "" {
			return
		}
		for _, p := range g.scope.People {
			if isPerson(p, who) {
				who = p.ID
			}
		}
		if !slices.Contains(own[who], why) {
			own[who] = append(own[who], why)
		}
	}
	for _, v := range g.scope.Services {
		if x.Looks(v.ID) && len(x.Controls) > 0 {
			add(v.Owner, "owns "+v.Name+", which the audit looks at")
		}
	}
	if err := a.ownRisks(ctx, from, x, add); err != nil {
		return nil, err
	}
	lines, err := list[applicability.Decision](ctx, from, applicabilities)
	if err != nil {
		return nil, err
	}
	for _, l := range lines {
		if ofControls(g.world, x, l.Line) {
			add(l.Responsible, "answers for "+l.Line+" of the statement of applicability")
		}
	}
	all, err := list[responsibility.Matrix](ctx, from, matrices)
	if err != nil {
		return nil, err
	}
	for _, m := range all {
		if !x.Looks(m.Service) {
			continue
		}
		for _, l := range m.Allocations {
			if k, ok := g.world.Catalogue.ControlOf(l.Duty); ok && slices.Contains(x.Controls, k.Key) {
				add(l.CustomerOwner, fmt.Sprintf("answers for %s in the matrix of %s", l.Duty, m.Service))
			}
		}
	}
	said, _, err := get[[]assess.Attestation](ctx, from, attestations, current)
	for _, s := range said {
		k, ok := g.world.Catalogue.ControlOf(s.Duty)
		if (s.Service == "*" || x.Looks(s.Service)) && (ok && slices.Contains(x.Controls, k.Key) || slices.Contains(x.Controls, s.Control)) {
			add(s.By, "answered for "+strings.TrimPrefix(s.Duty+" "+s.Control, " "))
		}
	}
	return shortened(own), err
}

func (a *App) ownRisks(ctx context.Context, from records, x audit.Audit, add func(who, why string)) error {
	if !slices.ContainsFunc(x.Clauses, func(c string) bool { return slices.Contains([]string{"6.1.2", "6.1.3", "8.2", "8.3"}, c) }) {
		return nil
	}
	all, err := list[risk.Risk](ctx, from, risks)
	for _, r := range all {
		if r.Closed == "" && (r.Service == "" || x.Looks(r.Service)) {
			add(r.Owner, "owns the risk "+r.ID)
		}
	}
	return err
}

// ofControls tells whether a line of the statement belongs to a control that the
// audit looks at.
func ofControls(w audit.World, x audit.Audit, line string) bool {
	for _, key := range x.Controls {
		k, ok := w.Catalogue.Control(key)
		if !ok {
			continue
		}
		for _, p := range k.Clauses {
			for _, party := range []catalogue.Party{catalogue.Customer, catalogue.Provider} {
				if line == fmt.Sprintf("27017-%s-%s", p.ID, party) {
					return true
				}
			}
		}
	}
	return false
}

// reasonsMost is how many reasons are told of one person; the others are counted.
const reasonsMost = 3

func shortened(own audit.Own) audit.Own {
	for who, all := range own {
		if n := len(all); n > reasonsMost {
			own[who] = append(slices.Clone(all[:reasonsMost-1]), fmt.Sprintf("has %d more that the audit looks at", n-reasonsMost+1))
		}
	}
	return own
}
