// SPDX-License-Identifier: Apache-2.0

package assess

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"demarc.dev/demarc/catalogue"
	"demarc.dev/demarc/internal/strict"
	"demarc.dev/demarc/scope"
)

// longest is how many years an attestation may hold: a certificate's cycle.
const longest = 3

type attestationFile struct {
	Attestations []attestationYAML `yaml:"attestations"`
}

type attestationYAML struct {
	ID        string          `yaml:"id,omitempty"`
	Duty      string          `yaml:"duty,omitempty"`
	Control   string          `yaml:"control,omitempty"`
	Party     catalogue.Party `yaml:"party,omitempty"`
	Service   string          `yaml:"service"`
	Answer    AttestedAnswer  `yaml:"answer"`
	Statement string          `yaml:"statement"`
	By        string          `yaml:"by"`
	On        time.Time       `yaml:"on"`
	Expires   time.Time       `yaml:"expires"`
	Source    string          `yaml:"source,omitempty"`
	Evidence  []string        `yaml:"evidence,omitempty"`
}

// ParseAttestations reads attestation.yaml, whose format the package's comment
// tells. The error holds every fault, with line and field; strict.Faults is in
// its chain. A control is named by its key or by its number in an edition. It
// is safe for foreign input.
func ParseAttestations(file string, data []byte, cat *catalogue.Catalogue, s *scope.Scope) ([]Attestation, error) {
	var in attestationFile
	p := &attestationParser{doc: strict.Read(file, data, &in), file: file, catalogue: cat, services: []string{"*"}, seen: map[string]int{}, places: map[string]int{}}
	for _, v := range s.Services {
		p.services = append(p.services, v.ID)
	}
	out := make([]Attestation, 0, len(in.Attestations))
	for i, y := range in.Attestations {
		out = append(out, p.attestation(fmt.Sprintf("attestations[%d]", i), y))
	}
	if err := p.doc.Err(); err != nil {
		return nil, err
	}
	return out, nil
}

type attestationParser struct {
	doc       *strict.Doc
	file      string
	catalogue *catalogue.Catalogue
	services  []string
	seen      map[string]int // id → line
	places    map[string]int // how many attestations a place has
}

func (p *attestationParser) attestation(at string, y attestationYAML) Attestation {
	a := Attestation{ID: y.ID, Duty: y.Duty, Control: y.Control, Party: y.Party, Service: y.Service, Answer: y.Answer, Statement: y.Statement, By: y.By,
		On: y.On, Expires: y.Expires, Source: y.Source, File: p.file, Line: p.doc.Line(at)}
	p.place(at, &a)
	p.demanded(at, y)
	p.days(at, y)
	p.evidence(at, y, &a)
	p.identify(at, &a)
	return a
}

// place tells faults of what the attestation is about.
func (p *attestationParser) place(at string, a *Attestation) {
	_, known := p.catalogue.Duty(a.Duty)
	switch {
	case a.Duty == "" && a.Control == "":
		p.doc.Fault(at, "it names neither a duty nor a control")
	case a.Duty != "" && a.Control != "":
		p.doc.Fault(at+".control", "it names a duty and a control; name one of them")
	case a.Duty != "" && !known:
		p.doc.Fault(at+".duty", "the catalogue has no duty %q%s", a.Duty, strict.DidYouMean(a.Duty, p.words(true)))
	case a.Control != "":
		if c, ok := p.catalogue.Control(a.Control); ok {
			a.Control = c.Key
		} else {
			p.doc.Fault(at+".control", "the catalogue has no control %q%s", a.Control, strict.DidYouMean(a.Control, p.words(false)))
		}
	}
	if a.Party != "" && a.Party != catalogue.Customer && a.Party != catalogue.Provider {
		p.doc.Fault(at+".party", "there is no party %q; say customer or provider", a.Party)
	}
	if a.Party != "" && a.Control == "" {
		p.doc.Fault(at+".party", "a party stands beside a control only: a duty is of one party already")
	}
	if a.Service != "" && !slices.Contains(p.services, a.Service) {
		p.doc.Fault(at+".service", "the scope has no service %q%s", a.Service, strict.DidYouMean(a.Service, p.services))
	}
}

// words lists the ids of duties, or the keys and numbers of controls.
func (p *attestationParser) words(duties bool) []string {
	var out []string
	for _, c := range p.catalogue.Controls() {
		if !duties {
			out = append(out, c.Key)
		}
		for _, clause := range c.Clauses {
			if !duties {
				out = append(out, clause.ID)
			}
		}
		for _, d := range c.Duties {
			if duties {
				out = append(out, d.ID)
			}
		}
	}
	return out
}

func (p *attestationParser) demanded(at string, y attestationYAML) {
	for _, d := range []struct{ field, value, cure string }{
		{"service", y.Service, `name a service, or "*" for every one`}, {"answer", string(y.Answer), "answer with one of " + strict.OneOf(Answers())},
		{"statement", y.Statement, "say what is done, or why it does not apply"}, {"by", y.By, "say who answers"},
	} {
		if strings.TrimSpace(d.value) == "" {
			p.doc.Fault(at+"."+d.field, "it is missing; %s", d.cure)
		}
	}
	if y.Answer != "" && !slices.Contains(Answers(), y.Answer) {
		p.doc.Fault(at+".answer", "%q is no answer; use one of %s", y.Answer, strict.OneOf(Answers()))
	}
	if y.Answer == AnswerInherited && strings.TrimSpace(y.Source) == "" {
		p.doc.Fault(at+".source", "it is missing; say which report, certificate or contract tells that the other party does it")
	}
}

func (p *attestationParser) days(at string, y attestationYAML) {
	if y.On.IsZero() && !p.doc.Has(at+".on") {
		p.doc.Fault(at+".on", "it is missing; say on which day the answer was given")
	}
	if y.Expires.IsZero() && !p.doc.Has(at+".expires") {
		p.doc.Fault(at+".expires", "it is missing; say the last day on which it holds")
	}
	switch {
	case y.On.IsZero() || y.Expires.IsZero():
	case y.Expires.Before(y.On):
		p.doc.Fault(at+".expires", "it ends on %s, before it was given on %s", y.Expires.Format(time.DateOnly), y.On.Format(time.DateOnly))
	case y.Expires.After(y.On.AddDate(longest, 0, 0)):
		p.doc.Fault(at+".expires", "it would hold for more than %d years; ask again sooner", longest)
	}
}

func (p *attestationParser) evidence(at string, y attestationYAML, a *Attestation) {
	seen := map[string]bool{}
	for i, path := range y.Evidence {
		field := fmt.Sprintf("%s.evidence[%d]", at, i)
		switch {
		case strings.TrimSpace(path) == "":
			p.doc.Fault(field, "it is empty; name a file, beginning at the folder of this one")
		case !inside(path):
			p.doc.Fault(field, "%q leaves the folder of this file, or is not written with / only", path)
		case seen[path]:
			p.doc.Fault(field, "%q stands twice", path)
		}
		seen[path] = true
		a.Evidence = append(a.Evidence, Evidence{Path: path})
	}
}

// inside tells whether a path stays in its folder on every system.
func inside(path string) bool {
	if strings.ContainsAny(path, "\\:\x00") || strings.HasPrefix(path, "/") {
		return false
	}
	for _, part := range strings.Split(path, "/") {
		if part == "" || part == "." || part == ".." {
			return false
		}
	}
	return true
}

// identify gives an attestation without an id one of its place.
func (p *attestationParser) identify(at string, a *Attestation) {
	if a.ID == "" {
		place := a.Duty + a.Control + "/" + a.Service
		p.places[place]++
		a.ID = fmt.Sprintf("%s#%d", place, p.places[place])
	}
	if first, twice := p.seen[a.ID]; twice {
		p.doc.Fault(at+".id", "another attestation, in line %d, is called %q", first, a.ID)
		return
	}
	p.seen[a.ID] = a.Line
}

// EncodeAttestations gives the file of attestations, which ParseAttestations
// reads back to the same values, but for digests of evidence, which the caller
// takes of the files.
func EncodeAttestations(all []Attestation) ([]byte, error) {
	var out attestationFile
	places := map[string]int{}
	for _, a := range all {
		y := attestationYAML{ID: a.ID, Duty: a.Duty, Control: a.Control, Party: a.Party, Service: a.Service, Answer: a.Answer, Statement: a.Statement, By: a.By, On: a.On, Expires: a.Expires, Source: a.Source}
		place := a.Duty + a.Control + "/" + a.Service
		places[place]++
		if y.ID == fmt.Sprintf("%s#%d", place, places[place]) {
			y.ID = "" // it is made again
		}
		for _, e := range a.Evidence {
			y.Evidence = append(y.Evidence, e.Path)
		}
		out.Attestations = append(out.Attestations, y)
	}
	return strict.Write(out)
}
