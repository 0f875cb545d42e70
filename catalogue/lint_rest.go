// SPDX-License-Identifier: Apache-2.0

package catalogue

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

func (s *source) lintClauses() {
	seen := map[string]bool{}
	for i, c := range s.book.Clauses {
		at := fmt.Sprintf("clauses[%d]", i)
		s.once(seen, c.ID, clauseFile, lineOf(s.roots[clauseFile], at), at+".id")
		if first, _, _ := strings.Cut(c.ID, "."); !slices.Contains([]string{"4", "5", "6", "7", "8", "9", "10"}, first) {
			s.at(clauseFile, at+".id", "%.20q lies outside clauses 4 to 10", c.ID)
		}
		s.given(clauseFile, at+".title", c.Title)
		s.given(clauseFile, at+".stage1", c.Stage1)
		s.given(clauseFile, at+".stage2", c.Stage2)
		if len(c.Papers) == 0 {
			s.at(clauseFile, at+".documents", "no paper shows that the clause is met")
		}
		for j, p := range c.Papers {
			paper := fmt.Sprintf("%s.documents[%d]", at, j)
			s.given(clauseFile, paper+".name", p.Name)
			s.one(clauseFile, paper+".form", p.Form, "document", "record")
			s.one(clauseFile, paper+".required", p.Required, "yes", "implied")
		}
	}
}

func (s *source) lintFrameworks() {
	seen := map[string]bool{}
	for i, f := range s.book.Frameworks {
		at := fmt.Sprintf("frameworks[%d]", i)
		s.once(seen, f.ID, frameFile, lineOf(s.roots[frameFile], at), at+".id")
		s.given(frameFile, at+".id", f.ID)
		s.given(frameFile, at+".name", f.Name)
		if !f.Open && len(f.Parts) == 0 {
			s.at(frameFile, at, "framework/%s.csv holds no part of it, and it is not open", f.ID)
		}
		file, parts := "framework/"+f.ID+".csv", map[string]bool{}
		for _, p := range f.Parts {
			line := s.rows[file+" "+p.ID]
			s.once(parts, p.ID, file, line, "id")
			if p.ID == "" || p.Title == "" {
				s.fault(file, line, "title", "id or title is missing")
			}
		}
	}
}

// hasPart tells whether a framework is known, and whether it has the part.
func (s *source) hasPart(framework, id string) (known, has bool) {
	i := slices.IndexFunc(s.book.Frameworks, func(f Framework) bool { return f.ID == framework })
	if i < 0 {
		return false, false
	}
	f := s.book.Frameworks[i]
	return true, id != "" && (f.Open || slices.ContainsFunc(f.Parts, func(p Part) bool { return p.ID == id }))
}

func (s *source) hasControl(key string) bool {
	return slices.ContainsFunc(s.book.Controls, func(c Control) bool { return c.Key == key })
}

func (s *source) lintMappings() {
	seen, known := map[string]bool{}, map[string]bool{}
	for _, m := range s.book.Mappings {
		file := "mapping/" + m.Framework + ".csv"
		line := s.rows[file+" "+m.Control+" "+m.ID]
		s.once(seen, m.Framework+": "+m.Control+" → "+m.ID, file, line, "")
		framework, part := s.hasPart(m.Framework, m.ID)
		if !framework && !known[m.Framework] {
			known[m.Framework] = true
			s.fault(file, 0, "", "%s has no framework %.60q", frameFile, m.Framework)
		}
		if framework && !part {
			s.fault(file, line, "to", "the framework has no %.60q", m.ID)
		}
		if !s.hasControl(m.Control) {
			s.fault(file, line, "control", "there is no control %.60q", m.Control)
		}
		if !slices.Contains([]string{"equivalent", "nearest", "related", "supports", "proposed"}, m.Relation) {
			s.fault(file, line, "relation", "%.40q is none of equivalent, nearest, related, supports, proposed", m.Relation)
		}
		if m.Source == "" {
			s.fault(file, line, "source", "is missing: say where the row comes from")
		}
	}
}

func (s *source) lintCrossings() {
	seen, from, to := map[string]bool{}, map[string]int{}, map[string]int{}
	for _, x := range s.book.Crossings {
		from[x.From+" "+x.FromID]++
		to[x.To+" "+x.ToID]++
	}
	for _, x := range s.book.Crossings {
		file := "mapping/" + x.From + "-to-" + x.To + ".csv"
		line := s.rows[file+" "+x.FromID+" "+x.ToID]
		s.once(seen, x.From+" "+x.FromID+" → "+x.To+" "+x.ToID, file, line, "")
		for _, end := range [][3]string{{"from", x.From, x.FromID}, {"to", x.To, x.ToID}} {
			if framework, part := s.hasPart(end[1], end[2]); !framework || !part {
				s.fault(file, line, end[0], "%.60q has no %.60q", end[1], end[2])
			}
		}
		if x.Source == "" {
			s.fault(file, line, "source", "is missing: say where the row comes from")
		}
		want := "one-to-one"
		switch {
		case from[x.From+" "+x.FromID] > 1:
			want = "split"
		case to[x.To+" "+x.ToID] > 1:
			want = "merged"
		}
		if x.Relation != want {
			s.fault(file, line, "relation", "is %.40q, but the rows together say %s", x.Relation, want)
		}
	}
}

var threatShape = regexp.MustCompile(`^CT-[0-9]{2,}$`)

func (s *source) lintThreats() {
	seen, listed := map[string]bool{}, map[string]bool{}
	for _, e := range s.book.Lists {
		s.once(listed, e.List+":"+e.ID, listFile, 0, "id")
		if e.Title == "" || e.Certainty == "" {
			s.fault(listFile, 0, "title", "%s %s: title or certainty is missing", e.List, e.ID)
		}
	}
	for _, t := range s.book.Threats {
		line := s.rows[threatFile+" "+t.ID]
		s.once(seen, t.ID, threatFile, line, "id")
		if !threatShape.MatchString(t.ID) {
			s.fault(threatFile, line, "id", "%.40q is no id such as CT-10", t.ID)
		}
		if t.Title == "" || t.Text == "" || t.Example == "" {
			s.fault(threatFile, line, "title", "title, text or example is missing")
		}
		if !slices.Contains([]string{"customer", "provider", "both"}, t.Treats) {
			s.fault(threatFile, line, "treats", "%.40q is none of customer, provider, both", t.Treats)
		}
		if len(t.Models) == 0 || len(t.Controls) == 0 {
			s.fault(threatFile, line, "controls", "it names no service model or no control")
		}
		for _, model := range t.Models {
			if !slices.Contains([]ServiceModel{IaaS, PaaS, SaaS}, model) {
				s.fault(threatFile, line, "models", "%.40q is none of iaas, paas, saas", model)
			}
		}
		once := map[string]bool{}
		for _, key := range t.Controls {
			s.once(once, key, threatFile, line, "controls")
			if !s.hasControl(key) {
				s.fault(threatFile, line, "controls", "there is no control %.60q", key)
			}
		}
		for _, entry := range t.Public {
			if !listed[entry] {
				s.fault(threatFile, line, "catalogues", "%s has no %.60q", listFile, entry)
			}
		}
	}
}

func (s *source) lintCitations() {
	seen := map[string]bool{}
	for i, c := range s.book.Citations {
		at := fmt.Sprintf("citations[%d]", i)
		s.once(seen, c.Cited, citationFile, lineOf(s.roots[citationFile], at), at+".cited")
		s.given(citationFile, at+".cited", c.Cited)
		s.given(citationFile, at+".topic", c.Topic)
		s.given(citationFile, at+".verdict", c.Verdict)
		s.given(citationFile, at+".note", c.Note)
		if c.Control != "" && !s.hasControl(c.Control) {
			s.at(citationFile, at+".control", "there is no control %.60q", c.Control)
		}
	}
}

// lintFolders finds files that nothing reads.
func (s *source) lintFolders() {
	for folder, ext := range map[string]string{"control": ".yaml", "mapping": ".csv", "threat": ".csv"} {
		for _, name := range s.names(folder, "") {
			if !strings.HasSuffix(name, ext) || folder == "threat" && folder+"/"+name != threatFile && folder+"/"+name != listFile {
				s.fault(folder+"/"+name, 0, "", "nothing reads this file")
			}
		}
	}
	for _, name := range s.names("framework", "") {
		file := "framework/" + name
		id, isTable := strings.CutSuffix(name, ".csv")
		framework, _ := s.hasPart(id, "")
		if !slices.Contains([]string{editionFile, sectionFile, clauseFile, citationFile, frameFile}, file) && !(isTable && framework) {
			s.fault(file, 0, "", "nothing reads this file")
		}
	}
}
