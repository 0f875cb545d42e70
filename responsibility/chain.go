// SPDX-License-Identifier: Apache-2.0

package responsibility

import (
	"fmt"
	"slices"
	"strings"

	"demarc.dev/demarc/catalogue"
	"demarc.dev/demarc/scope"
)

// chains follows what we promise to the customers of a service down the
// services that it is built on. A promise breaks where a service beneath leaves
// the duty, wholly or in part, to its customer and nothing shows that we
// perform it.
func (r *review) chains(s scope.Service) {
	if s.Role != scope.Provides {
		return
	}
	beneath := r.beneath(s)
	promises := false
	for _, d := range r.book.duties {
		a, ok := r.lines[s.ID][d.ID]
		if !ok || !a.Provider.Performs() {
			continue
		}
		promises = true
		if !kept(a, catalogue.Provider) {
			r.promise(s, d, a, beneath)
		}
	}
	if promises {
		r.blind(s)
	}
}

// promise follows one promise.
func (r *review) promise(s scope.Service, d entry, a Allocation, beneath []scope.Service) {
	var breaks [][]Link
	for _, b := range beneath {
		if links := r.broken(b, d); links != nil {
			breaks = append(breaks, links)
		}
	}
	if len(breaks) == 0 {
		return
	}
	m := r.matrices[s.ID]
	us := r.party(s, m, catalogue.Provider)
	chain := append([]Link{{Service: s.ID, Name: name(s), Who: a.Who(), Says: fmt.Sprintf("%s promises it to %s", us, r.party(s, m, catalogue.Customer))}}, breaks[0]...)
	end := chain[len(chain)-1]
	why := fmt.Sprintf("%s promises %s of %s to %s, but %s, beneath it, %s, and no control or person of ours is shown to perform it.",
		us, d.ID, name(s), r.party(s, m, catalogue.Customer), end.Name, end.Says)
	if n := len(breaks) - 1; n > 0 {
		why += fmt.Sprintf(" The promise breaks on %d more of the services that it is built on directly.", n)
	}
	fix := fmt.Sprintf("Perform %s for %s with a control of your own and write it in the matrix of %s as basis internal with its reference, have its provider take it over, or take the promise back.", d.ID, end.Name, end.Name)
	r.find(ChainBreak, High, s, d.ID, why, fix, chain)
}

// broken gives the links from the service down to where the duty is left to
// the one above, nil when it is performed. What it found is remembered: a
// service may be reached on very many ways.
func (r *review) broken(s scope.Service, d entry) []Link {
	key := [2]string{s.ID, d.ID}
	links, known := r.chained[key]
	if !known {
		r.chained[key] = nil // in a circle of services nothing is left to anybody outside
		links = r.breaks(s, d)
		r.chained[key] = links
	}
	return links
}

func (r *review) breaks(s scope.Service, d entry) []Link {
	if _, ok := r.matrices[s.ID]; !ok {
		return nil // told once, as a whole
	}
	a, has := r.lines[s.ID][d.ID]
	link := Link{Service: s.ID, Name: name(s)}
	if has {
		link.Who = a.Who()
	}
	switch {
	case !has:
		link.Says = "has no line for it"
		return []Link{link}
	case link.Who == ByNobody:
		link.Says = "says that nobody performs it"
		return []Link{link}
	case a.Customer.Performs() && !kept(a, catalogue.Customer):
		link.Says = "leaves it to its customer"
		if link.Who == ByBoth {
			link.Says = "leaves a part of it to its customer"
		}
		return []Link{link}
	case !a.Provider.Performs(), s.Role == scope.Provides && kept(a, catalogue.Provider), s.Role == scope.Consumes && settled(a.Basis):
		return nil
	}
	link.Says = "is said to perform it"
	for _, b := range r.beneath(s) {
		if links := r.broken(b, d); links != nil {
			return append([]Link{link}, links...)
		}
	}
	return nil
}

// blind tells of services beneath that have no matrix: nothing is known of them.
func (r *review) blind(s scope.Service) {
	var names []string
	for _, b := range r.scope.Beneath(s.ID) {
		if _, ok := r.matrices[b.ID]; !ok {
			names = append(names, name(b))
		}
	}
	if len(names) == 0 {
		return
	}
	slices.Sort(names)
	list := names[len(names)-1]
	if n := len(names) - 1; n > 0 {
		list = strings.Join(names[:n], ", ") + " and " + list
	}
	r.find(ChainBreak, Medium, s, "", fmt.Sprintf("What %s promises rests on %s, of which no matrix says what is left to us.", name(s), list),
		fmt.Sprintf("Write the matrix of %s.", list), nil)
}

// beneath gives the services directly beneath, by id.
func (r *review) beneath(s scope.Service) []scope.Service {
	var out []scope.Service
	for _, id := range slices.Sorted(slices.Values(s.BuiltOn)) {
		if b, ok := r.scope.Service(id); ok {
			out = append(out, b)
		}
	}
	return slices.CompactFunc(out, func(x, y scope.Service) bool { return x.ID == y.ID })
}

// kept tells whether the line shows that our side does the work: by a control
// of our own that it names, or by a named person with evidence.
func kept(a Allocation, ours catalogue.Party) bool {
	if !a.Share(ours).Performs() {
		return false
	}
	if a.Basis.Kind == InternalControl && strings.TrimSpace(a.Basis.Reference) != "" {
		return true
	}
	return strings.TrimSpace(a.Owner(ours)) != "" && len(a.Evidence) > 0
}

// settled tells whether a provider is bound to a duty or says itself that it
// performs it: then what stands beneath it is its own affair.
func settled(b Basis) bool {
	return (b.Kind == ContractClause || b.Kind == ProviderStatement) && strings.TrimSpace(b.Reference) != ""
}
