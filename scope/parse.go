// SPDX-License-Identifier: Apache-2.0

package scope

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"demarc.dev/demarc/catalogue"
	"demarc.dev/demarc/internal/strict"
)

// Parse reads scope.yaml. The error is a problem that tells every fault; the
// strict.Faults are in its chain. file is the name used in messages. It is
// safe for foreign input.
//
// A person without the field active is active: nobody has said that they left.
func Parse(file string, data []byte) (*Scope, error) {
	s := new(Scope)
	doc := strict.Read(file, data, s)
	if len(doc.Faults()) == 1 && doc.Faults()[0].Field == "" {
		return nil, doc.Err() // not a table at all: that fields are missing says nothing new
	}
	for i := range s.People {
		if !doc.Has(fmt.Sprintf("people[%d].active", i)) {
			s.People[i].Active = true
		}
	}
	r := &reader{doc: doc, scope: s}
	r.organisation()
	r.people()
	r.services()
	r.circles()
	if err := doc.Err(); err != nil {
		return nil, err
	}
	return s, nil
}

// Validate tells every fault of a scope that was not read from a file. Its
// faults name the fields and no line.
func (s *Scope) Validate() error {
	r := &reader{doc: strict.New("scope"), scope: s}
	r.organisation()
	r.people()
	r.services()
	r.circles()
	return r.doc.Err()
}

// Bounds of a scope: looking for near words among more would cost minutes.
const (
	maxServices = 1000
	maxPeople   = 10000
)

// reader finds the faults of meaning.
type reader struct {
	doc   *strict.Doc
	scope *Scope
}

func (r *reader) organisation() {
	o := r.scope.Organisation
	r.id("organisation.id", o.ID)
	r.need("organisation.name", o.Name, "the name that reports print")
	word(r.doc, "organisation.role", o.Role, []Role{RoleCustomer, RoleProvider, RoleBoth}, true)
}

func (r *reader) people() {
	seen := map[string]int{}
	if n := len(r.scope.People); n > maxPeople {
		r.doc.Fault("people", "there are %d people; the most is %d", n, maxPeople)
		return
	}
	for i, p := range r.scope.People {
		at := fmt.Sprintf("people[%d]", i)
		r.id(at+".id", p.ID)
		r.once(at+".id", p.ID, i, seen, "person")
		r.need(at+".name", p.Name, "the name of the person")
	}
}

func (r *reader) services() {
	switch n := len(r.scope.Services); {
	case n == 0:
		r.doc.Fault("services", "there is no service; name at least one that the organisation consumes or provides")
	case n > maxServices:
		r.doc.Fault("services", "there are %d services; the most is %d", n, maxServices)
		return
	}
	seen := map[string]int{}
	for i, s := range r.scope.Services {
		at := fmt.Sprintf("services[%d]", i)
		r.id(at+".id", s.ID)
		r.once(at+".id", s.ID, i, seen, "service")
		r.need(at+".name", s.Name, "the name of the service")
		word(r.doc, at+".role", s.Role, []ServiceRole{Consumes, Provides}, true)
		word(r.doc, at+".model", s.Model, []catalogue.ServiceModel{catalogue.IaaS, catalogue.PaaS, catalogue.SaaS}, true)
		word(r.doc, at+".criticality", s.Criticality, []Criticality{Low, Medium, High, Critical}, false)
		r.sides(at, s)
		r.owner(at, s)
		r.builtOn(at, s)
		r.lists(at, s)
	}
}

// sides compares the service with the role of the organisation.
func (r *reader) sides(at string, s Service) {
	role := r.scope.Organisation.Role
	switch {
	case s.Role == Provides && role == RoleCustomer:
		r.doc.Fault(at+".role", "the organisation provides %s, while organisation.role is customer; write provider or both there", s.called())
	case s.Role == Consumes && role == RoleProvider:
		r.doc.Fault(at+".role", "the organisation consumes %s, while organisation.role is provider; write both there", s.called())
	}
	if s.Customer != "" && s.Role == Consumes {
		r.doc.Fault(at+".customer", "of a service that the organisation consumes, it is the customer itself; take the field out")
	}
}

func (r *reader) owner(at string, s Service) {
	if s.Owner == "" || len(r.scope.People) == 0 || r.doc.Full() {
		return
	}
	if _, ok := r.scope.Person(s.Owner); !ok {
		r.doc.Fault(at+".owner", "people has nobody with the id %q%s", s.Owner, strict.DidYouMean(s.Owner, r.scope.personIDs()))
	}
}

func (r *reader) builtOn(at string, s Service) {
	ids := make([]string, 0, len(r.scope.Services))
	for _, other := range r.scope.Services {
		if other.ID != s.ID {
			ids = append(ids, other.ID)
		}
	}
	for j, id := range s.BuiltOn {
		if r.doc.Full() {
			return
		}
		sub := fmt.Sprintf("%s.built_on[%d]", at, j)
		switch {
		case id == s.ID:
			r.doc.Fault(sub, "the service is built on itself")
		case !slices.Contains(ids, id):
			r.doc.Fault(sub, "there is no service %q%s", id, strict.DidYouMean(id, ids))
		}
	}
}

// lists finds empty and repeated words.
func (r *reader) lists(at string, s Service) {
	for _, l := range []struct {
		field string
		words []string
	}{{"built_on", s.BuiltOn}, {"accounts", s.Accounts}, {"regions", s.Regions}, {"data_classes", s.DataClasses}} {
		seen := map[string]bool{}
		for j, w := range l.words {
			sub := fmt.Sprintf("%s.%s[%d]", at, l.field, j)
			switch {
			case strings.TrimSpace(w) == "":
				r.doc.Fault(sub, "it is empty")
			case seen[w]:
				r.doc.Fault(sub, "%q stands twice", w)
			}
			seen[w] = true
		}
	}
	if len(s.Accounts) > 1 && slices.Contains(s.Accounts, AnyAccount) {
		r.doc.Fault(at+".accounts", "%q stands for every account; take the others out, or it", AnyAccount)
	}
}

// circles finds services that are built on each other in a round. Each round is
// told once, at the service of it that stands first in the file.
func (r *reader) circles() {
	if len(r.scope.Services) > maxServices {
		return
	}
	const open, done = 1, 2
	state := map[string]int{}
	index := map[string]int{}
	for i, s := range r.scope.Services {
		if _, twice := index[s.ID]; !twice {
			index[s.ID] = i
		}
	}
	var path []string
	var visit func(id string)
	visit = func(id string) {
		i, ok := index[id]
		if !ok || state[id] == done {
			return
		}
		if state[id] == open {
			round := append(slices.Clone(path[slices.Index(path, id):]), id)
			r.doc.Fault(fmt.Sprintf("services[%d].built_on", i), "the services are built in a circle: %s", strings.Join(round, " on "))
			return
		}
		state[id] = open
		path = append(path, id)
		for _, beneath := range r.scope.Services[i].BuiltOn {
			if beneath != id { // told already
				visit(beneath)
			}
		}
		path = path[:len(path)-1]
		state[id] = done
	}
	for _, s := range r.scope.Services {
		visit(s.ID)
	}
}

func (r *reader) id(path, id string) {
	switch {
	case id == "":
		r.doc.Fault(path, "it is missing; give a short name such as aws or ledger")
	case len(id) > maxID || !regexp.MustCompile(`^[a-z0-9]+([-_.][a-z0-9]+)*$`).MatchString(id):
		r.doc.Fault(path, "%.80q is no id; use small letters, digits, and single hyphens, dots or underscores between them, at most %d", id, maxID)
	}
}

// maxID bounds an id, in bytes: it becomes a part of names of files and records.
const maxID = 64

func (r *reader) once(path, id string, i int, seen map[string]int, what string) {
	if id == "" {
		return
	}
	if first, twice := seen[id]; twice {
		says := fmt.Sprintf("the id %q is that of another %s too", id, what)
		if line := r.doc.Line(fmt.Sprintf("%s[%d].id", path[:strings.LastIndexByte(path, '[')], first)); line > 0 {
			says += fmt.Sprintf(", in line %d", line)
		}
		r.doc.Fault(path, "%s", says)
		return
	}
	seen[id] = i
}

func (r *reader) need(path, value, what string) {
	if strings.TrimSpace(value) == "" {
		r.doc.Fault(path, "it is missing; give %s", what)
	}
}

// word finds a word that the format does not know.
func word[S ~string](doc *strict.Doc, path string, w S, allowed []S, needed bool) {
	if w == "" && !needed || slices.Contains(allowed, w) {
		return
	}
	if w == "" {
		doc.Fault(path, "it is missing; it is one of %s", strict.OneOf(allowed))
		return
	}
	words := make([]string, len(allowed))
	for i, a := range allowed {
		words[i] = string(a)
	}
	doc.Fault(path, "%.40q is not one of %s%s", string(w), strict.OneOf(allowed), strict.DidYouMean(string(w), words))
}
