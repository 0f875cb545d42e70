// SPDX-License-Identifier: Apache-2.0

package web

import (
	"demarc.dev/demarc/problem"
	"demarc.dev/demarc/responsibility"
)

// since fills what changed since a sign-off that went stale.
func (s *Server) since(v *visit, view *matrixView) error {
	if view.Standing != responsibility.Stale {
		return nil
	}
	var err error
	if view.Since, err = s.o.App.SinceSigned(v, v.Caller, view.Service.ID, view.Edition); err != nil || view.Since == nil {
		return err
	}
	was, err := s.o.App.Catalogued(v, v.Caller, view.Since.At)
	if problem.Of(err) == problem.Denied && err != nil {
		return nil // it is not for him to know what was assessed
	}
	if err != nil {
		return err
	}
	cat, err := s.o.App.Catalogue()
	if err != nil {
		return err
	}
	if is := cat.Version(); was != "" && was != is {
		view.Newer = append(view.Newer, pairing{"the catalogue of duties", was, is})
	}
	run, err := s.o.App.Run(v, v.Caller, "")
	if err == nil && run.Edition != view.Edition {
		view.Newer = append(view.Newer, pairing{"the edition that is assessed by", string(view.Edition), string(run.Edition)})
	}
	if problem.Of(err) == problem.NotFound {
		err = nil
	}
	return err
}

// fieldName says what a field of a difference is.
func fieldName(field string) string {
	switch field {
	case "customer", "provider":
		return "what the " + field + " does"
	case "customer_name", "provider_name":
		return "name of the " + field[:8]
	case "customer_owner":
		return "owner at the customer"
	case "provider_contact":
		return "contact at the provider"
	case "basis":
		return "what it rests on"
	case "line":
		return "the whole line"
	case "split":
		return "who does which part"
	case "rationale":
		return "why it differs"
	case "performs":
		return "who performs"
	}
	return field
}

// saidAs writes a value of a field for people.
func saidAs(field, value string) string {
	if field == "customer" || field == "provider" {
		if w := shareWord(responsibility.Share(value)); w != shareWord("") {
			return w
		}
	}
	return or(value, "nothing")
}

// sinceMost is how many changes since a sign-off stand on the page.
const sinceMost = 40

// changedSaid says how much a version changed.
func changedSaid(all []responsibility.Difference) string {
	duties := map[string]bool{}
	for _, d := range all {
		if d.Duty != "" {
			duties[d.Duty] = true
		}
	}
	switch n := len(duties); {
	case n == 1:
		return all[0].Duty + " changed"
	case n > 1:
		return number(n) + " duties changed"
	}
	return "the matrix as a whole changed"
}

// sinceEntry names the entry of a signature, when it is known.
func sinceEntry(entry int64) string {
	if entry == 0 {
		return ""
	}
	return " (entry " + number(entry) + " of the log)"
}
