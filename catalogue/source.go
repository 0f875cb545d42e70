// SPDX-License-Identifier: Apache-2.0

package catalogue

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"slices"
	"strconv"
	"strings"

	"gopkg.in/yaml.v3"
)

// maxFile bounds a file of the catalogue, in bytes.
const maxFile = 4 << 20

// Fault is one thing that is wrong with a file of the catalogue.
type Fault struct {
	File  string
	Line  int    // 0: no line can be named
	Field string // such as duties[2].text; empty: the file or row as a whole
	Says  string
}

// Error gives the fault as file:line: field: sentence.
func (f Fault) Error() string {
	out := f.File
	if f.Line > 0 {
		out += ":" + strconv.Itoa(f.Line)
	}
	if f.Field != "" {
		out += ": " + f.Field
	}
	return out + ": " + f.Says
}

// source reads the files that people keep, and gathers what is wrong.
type source struct {
	files  fs.FS
	faults []Fault
	roots  map[string]*yaml.Node
	rows   map[string]int // "file id" → line, of CSV rows
	book   book
	order  []string
}

func (s *source) fault(file string, line int, field, format string, args ...any) {
	s.faults = append(s.faults, Fault{file, line, field, fmt.Sprintf(format, args...)})
}

// at notes a fault of a YAML field, with its line.
func (s *source) at(file, field, format string, args ...any) {
	s.fault(file, lineOf(s.roots[file], field), field, format, args...)
}

// lineOf gives the line of a field such as duties[2].text, or of the nearest
// above it that stands in the file.
func lineOf(node *yaml.Node, field string) int {
	if node == nil {
		return 0
	}
	if node.Kind == yaml.DocumentNode && len(node.Content) > 0 {
		node = node.Content[0]
	}
	line := node.Line
	for _, step := range strings.FieldsFunc(field, func(r rune) bool { return r == '.' || r == '[' || r == ']' }) {
		next := child(node, step)
		if next == nil {
			return line
		}
		node, line = next, next.Line
	}
	return line
}

func child(node *yaml.Node, step string) *yaml.Node {
	switch node.Kind {
	case yaml.MappingNode:
		for i := 0; i+1 < len(node.Content); i += 2 {
			if node.Content[i].Value == step {
				return node.Content[i+1]
			}
		}
	case yaml.SequenceNode:
		if i, err := strconv.Atoi(step); err == nil && i >= 0 && i < len(node.Content) {
			return node.Content[i]
		}
	}
	return nil
}

func (s *source) read(file string) ([]byte, bool) {
	data, err := fs.ReadFile(s.files, file)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		s.fault(file, 0, "", "the file is missing")
	case err != nil:
		s.fault(file, 0, "", "the file cannot be read: %v", err)
	case len(data) > maxFile:
		s.fault(file, 0, "", "the file is larger than %d MiB", maxFile>>20)
	default:
		return data, true
	}
	return nil, false
}

// yaml reads one document into value and refuses fields that it does not know.
func (s *source) yaml(file string, value any) bool {
	data, ok := s.read(file)
	if !ok {
		return false
	}
	var root yaml.Node
	if err := yaml.Unmarshal(data, &root); err != nil {
		s.fault(file, 0, "", "it is no YAML: %v", err)
		return false
	}
	s.roots[file] = &root
	decoder := yaml.NewDecoder(bytes.NewReader(data))
	decoder.KnownFields(true)
	err := decoder.Decode(value)
	var wrong *yaml.TypeError
	switch {
	case errors.As(err, &wrong):
		for _, sentence := range wrong.Errors {
			line, says := 0, sentence
			if rest, ok := strings.CutPrefix(sentence, "line "); ok {
				if number, after, ok := strings.Cut(rest, ": "); ok {
					line, _ = strconv.Atoi(number)
					says = after
				}
			}
			s.fault(file, line, "", "%s", says)
		}
	case err != nil:
		s.fault(file, 0, "", "it cannot be read: %v", err)
	}
	return err == nil
}

// table reads a CSV file whose first row must be head, and calls row for each
// other one.
func (s *source) table(file, head string, row func(line int, v []string)) {
	data, ok := s.read(file)
	if !ok {
		return
	}
	reader := csv.NewReader(bytes.NewReader(data))
	reader.FieldsPerRecord = -1
	columns := strings.Count(head, ",") + 1
	for first := true; ; first = false {
		v, err := reader.Read()
		if errors.Is(err, io.EOF) {
			if first {
				s.fault(file, 1, "", "the first row must be %s", head)
			}
			return
		}
		if err != nil {
			s.fault(file, 0, "", "it is no CSV: %v", err)
			return
		}
		line, _ := reader.FieldPos(0)
		switch {
		case first && strings.Join(v, ",") != head:
			s.fault(file, line, "", "the first row must be %s", head)
			return
		case first:
		case len(v) != columns:
			s.fault(file, line, "", "the row has %d fields instead of %d", len(v), columns)
		default:
			row(line, v)
		}
	}
}

// number reads a whole number from low to high.
func (s *source) number(file string, line int, field, word string, low, high int) int {
	n, err := strconv.Atoi(word)
	if err != nil || n < low || n > high {
		s.fault(file, line, field, "%.40q is no number from %d to %d", word, low, high)
	}
	return n
}

// readSource reads all files under fsys, whose root is the folder data.
func readSource(fsys fs.FS) *source {
	s := &source{files: fsys, roots: map[string]*yaml.Node{}, rows: map[string]int{}}
	s.readEditions()
	s.readControls()
	s.readFrameworks()
	s.readMappings()
	s.readThreats()
	s.place()
	return s
}

const (
	editionFile  = "framework/catalogue.yaml"
	sectionFile  = "framework/iso27017-2026.csv"
	clauseFile   = "framework/iso27001-2022-clauses.yaml"
	citationFile = "framework/miscited.yaml"
	frameFile    = "framework/framework.yaml"
	threatFile   = "threat/threat.csv"
	listFile     = "threat/catalogue.csv"
)

func (s *source) readEditions() {
	var file struct {
		Version  string
		Standard string
		Editions []EditionFacts
		Themes   []Theme
		Controls []string
	}
	if s.yaml(editionFile, &file) {
		s.book.Version, s.book.Editions, s.book.Themes, s.order = file.Version, file.Editions, file.Themes, file.Controls
	}
	s.table(sectionFile, "id,title,theme,cloud_control,guidance,from_2015,certainty", func(line int, v []string) {
		s.rows[sectionFile+" "+v[0]] = line
		s.book.Sections = append(s.book.Sections, Section{ID: v[0], Title: v[1], Theme: v[2], CloudControl: v[3] == "yes", Guidance: v[4], From: fields(v[5]), Certainty: v[6]})
	})
	var management struct {
		Standard string
		Clauses  []ManagementClause
	}
	if s.yaml(clauseFile, &management) {
		s.book.Clauses = management.Clauses
	}
	var cited struct{ Citations []Citation }
	if s.yaml(citationFile, &cited) {
		s.book.Citations = cited.Citations
	}
}

// fields splits at blanks and gives an empty list rather than none.
func fields(s string) []string { return append([]string{}, strings.Fields(s)...) }

func controlFile(key string) string { return "control/" + key + ".yaml" }

func (s *source) readControls() {
	for _, key := range s.order {
		var c Control
		file := controlFile(key)
		if _, err := fs.Stat(s.files, file); err != nil {
			s.at(editionFile, "controls", "the control %.80q has no file %s", key, file)
			continue
		}
		if !s.yaml(file, &c) {
			continue
		}
		if c.Key != key {
			s.at(file, "key", "is %.80q, but the file is named %s", c.Key, key)
		}
		for i := range c.Duties {
			c.Duties[i].Control = c.Key
		}
		s.book.Controls = append(s.book.Controls, c)
	}
	for _, key := range s.names("control", ".yaml") {
		if !slices.Contains(s.order, key) {
			s.fault(controlFile(key), 0, "", "the control is not in the order of %s", editionFile)
		}
	}
}

// names gives the names of the files in a folder that end with ext, without it.
func (s *source) names(folder, ext string) []string {
	entries, err := fs.ReadDir(s.files, folder)
	if err != nil {
		s.fault(folder, 0, "", "the folder cannot be read: %v", err)
	}
	var out []string
	for _, e := range entries {
		if name, ok := strings.CutSuffix(e.Name(), ext); ok {
			out = append(out, name)
		}
	}
	return out
}

func (s *source) readFrameworks() {
	var file struct{ Frameworks []Framework }
	if s.yaml(frameFile, &file) {
		s.book.Frameworks = file.Frameworks
	}
	for i := range s.book.Frameworks {
		f := &s.book.Frameworks[i]
		name := "framework/" + f.ID + ".csv"
		if _, err := fs.Stat(s.files, name); err != nil {
			continue
		}
		s.table(name, "id,title,group,note", func(line int, v []string) {
			s.rows[name+" "+v[0]] = line
			f.Parts = append(f.Parts, Part{ID: v[0], Title: v[1], Group: v[2], Note: v[3]})
		})
	}
}

func (s *source) readMappings() {
	for _, name := range s.names("mapping", ".csv") {
		file := "mapping/" + name + ".csv"
		if from, to, ok := strings.Cut(name, "-to-"); ok {
			s.table(file, "from,to,relation,source,note", func(line int, v []string) {
				s.rows[file+" "+v[0]+" "+v[1]] = line
				s.book.Crossings = append(s.book.Crossings, Crossing{From: from, FromID: v[0], To: to, ToID: v[1], Relation: v[2], Source: v[3], Note: v[4]})
			})
			continue
		}
		s.table(file, "control,to,relation,source,note", func(line int, v []string) {
			s.rows[file+" "+v[0]+" "+v[1]] = line
			s.book.Mappings = append(s.book.Mappings, Mapping{Control: v[0], Framework: name, ID: v[1], Title: s.title(name, v[1]), Relation: v[2], Source: v[3], Note: v[4]})
		})
	}
}

// title gives the title of a framework's part.
func (s *source) title(framework, id string) string {
	for _, f := range s.book.Frameworks {
		if i := slices.IndexFunc(f.Parts, func(p Part) bool { return p.ID == id }); f.ID == framework && i >= 0 {
			return f.Parts[i].Title
		}
	}
	return ""
}

func (s *source) readThreats() {
	s.table(threatFile, "id,title,text,likelihood,impact,models,treats,controls,catalogues,example", func(line int, v []string) {
		s.rows[threatFile+" "+v[0]] = line
		t := Threat{ID: v[0], Title: v[1], Text: v[2], Treats: v[6], Controls: fields(v[7]), Public: fields(v[8]), Example: v[9]}
		t.Likelihood = s.number(threatFile, line, "likelihood", v[3], 1, 5)
		t.Impact = s.number(threatFile, line, "impact", v[4], 1, 5)
		for _, model := range fields(v[5]) {
			t.Models = append(t.Models, ServiceModel(model))
		}
		s.book.Threats = append(s.book.Threats, t)
	})
	s.table(listFile, "catalogue,id,title,family,certainty", func(line int, v []string) {
		s.book.Lists = append(s.book.Lists, ThreatEntry{List: v[0], ID: v[1], Title: v[2], Family: v[3], Certainty: v[4]})
	})
}

// place puts each control under one theme of each edition: that of its main
// clause there.
func (s *source) place() {
	for i := range s.book.Themes {
		t := &s.book.Themes[i]
		t.Controls = []string{}
		for _, c := range s.book.Controls {
			if j := slices.IndexFunc(c.Clauses, func(l Clause) bool { return l.Edition == t.Edition }); j >= 0 && strings.HasPrefix(c.Clauses[j].ID, t.ID+".") {
				t.Controls = append(t.Controls, c.Key)
			}
		}
	}
}
