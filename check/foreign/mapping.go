// SPDX-License-Identifier: Apache-2.0

package foreign

import (
	"cmp"
	"embed"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"regexp"
	"slices"
	"strings"

	"demarc.dev/demarc/internal/strict"
)

//go:embed data/*.yaml
var files embed.FS

// topicFile is the one file of data that is no tool's.
const topicFile = "topic.yaml"

// Topic is what checks of other tools are about, and the duties that bears on.
type Topic struct {
	ID     string   `yaml:"id"`
	Title  string   `yaml:"title"`
	Duties []string `yaml:"duties"` // of the catalogue
	Why    string   `yaml:"why"`
}

// Row says what some checks of a tool are to us.
type Row struct {
	IDs   []string `yaml:"ids"`             // the tool's ids, or globs with *
	Check string   `yaml:"check,omitempty"` // a check of ours that asks the same question
	Topic string   `yaml:"topic,omitempty"` // else what they are about
}

// Table is the mapping of one tool.
type Table struct {
	Tool string `yaml:"tool"`
	Name string `yaml:"name"`
	Rows []Row  `yaml:"rows"`

	doc   *strict.Doc
	file  string
	exact map[string]*Row
	globs []glob // the longest first
}

type glob struct {
	pattern string
	row     *Row
}

// Mappings are all tables with the topics they use. They are only read, and safe
// for concurrent use.
type Mappings struct {
	topics map[string]*Topic
	list   []Topic // in the order of their file
	tables map[string]*Table
	doc    *strict.Doc // of the topics
}

// Load reads the mappings that are shipped.
func Load() (*Mappings, error) { return load(files) }

// load reads the folder data of fsys. The error tells all faults of form.
func load(fsys fs.FS) (*Mappings, error) {
	m := &Mappings{topics: map[string]*Topic{}, tables: map[string]*Table{}}
	names, err := fs.Glob(fsys, "data/*.yaml")
	if err != nil {
		return nil, fmt.Errorf("listing the mappings: %w", err)
	}
	var faults []string
	for _, name := range names {
		data, err := fs.ReadFile(fsys, name)
		if err != nil {
			return nil, fmt.Errorf("reading %s: %w", name, err)
		}
		if err := m.file(path.Base(name), data); err != nil {
			faults = append(faults, err.Error())
		}
	}
	if len(faults) > 0 {
		return nil, fmt.Errorf("reading the mappings:\n%s", strings.Join(faults, "\n"))
	}
	return m, nil
}

func (m *Mappings) file(name string, data []byte) error {
	if name == topicFile {
		var file struct {
			Topics []Topic `yaml:"topics"`
		}
		m.doc = strict.Read(name, data, &file)
		m.list = file.Topics
		for i := range m.list {
			t := &m.list[i]
			if m.topics[t.ID] != nil {
				m.doc.Fault(fmt.Sprintf("topics[%d].id", i), "the topic %s stands twice", t.ID)
			}
			m.topics[t.ID] = t
		}
		return m.doc.Err()
	}
	t := &Table{file: name}
	t.doc = strict.Read(name, data, t)
	t.index()
	m.tables[t.Tool] = t
	return t.doc.Err()
}

// index makes the rows ready to be asked, and tells ids that stand twice.
func (t *Table) index() {
	t.exact = map[string]*Row{}
	patterns := map[string]bool{}
	for i := range t.Rows {
		row := &t.Rows[i]
		for j, id := range row.IDs {
			at, n := fmt.Sprintf("rows[%d].ids[%d]", i, j), t.normal(id)
			if t.exact[n] != nil || patterns[n] {
				t.doc.Fault(at, "%s stands twice", id)
			}
			if strings.Contains(n, "*") {
				patterns[n] = true
				t.globs = append(t.globs, glob{n, row})
				continue
			}
			t.exact[n] = row
		}
	}
	slices.SortStableFunc(t.globs, func(a, b glob) int {
		return cmp.Or(cmp.Compare(len(b.pattern), len(a.pattern)), cmp.Compare(a.pattern, b.pattern))
	})
}

// Match is what a mapping says of a check of a tool.
type Match struct {
	Check string // of ours that asks the same question; empty: none
	Topic *Topic // else; nil with Check
	Glob  bool   // a family of checks was meant, not this one by name
}

// Of says what a tool's check is to us. ok is false when nobody has said.
func (m *Mappings) Of(tool, check string) (match Match, ok bool) {
	t := m.tables[tool]
	if t == nil {
		return Match{}, false
	}
	n := t.normal(check)
	row, byGlob := t.exact[n], false
	for i := 0; row == nil && i < len(t.globs); i++ {
		if matches(t.globs[i].pattern, n) {
			row, byGlob = t.globs[i].row, true
		}
	}
	if row == nil {
		return Match{}, false
	}
	return Match{Check: row.Check, Topic: m.topics[row.Topic], Glob: byGlob}, true
}

// Name gives a tool's name for people.
func (m *Mappings) Name(tool string) string {
	if t := m.tables[tool]; t != nil {
		return t.Name
	}
	return tool
}

// Tables gives the tables in order of their tools.
func (m *Mappings) Tables() []*Table {
	out := slices.Collect(maps.Values(m.tables))
	slices.SortFunc(out, func(a, b *Table) int { return cmp.Compare(a.Tool, b.Tool) })
	return out
}

// matches tells whether a word is of the form of a pattern, in which * stands for
// any letters.
func matches(pattern, word string) bool {
	parts := strings.Split(pattern, "*")
	if !strings.HasPrefix(word, parts[0]) {
		return false
	}
	word = word[len(parts[0]):]
	for i, part := range parts[1:] {
		if i == len(parts)-2 {
			return strings.HasSuffix(word, part)
		}
		at := strings.Index(word, part)
		if at < 0 {
			return false
		}
		word = word[at+len(part):]
	}
	return word == ""
}

// What tools put around the same id.
var (
	trivyID    = regexp.MustCompile(`^(?:avd-)?(aws|azu|gcp|ksv|kcv|ds|dig|nif|git|kube|opnstk|oci|cldstk)-?(\d+)$`)
	configRule = regexp.MustCompile(`^(?:securityhub-|orgconfigrule-)?(.*?)(?:-conformance-pack-[0-9a-z]+)?(?:-[0-9a-f]{6,10})?$`)
)

// normal gives the one form of an id that its tool writes in several ways.
func (t *Table) normal(id string) string {
	id = strings.ToLower(id)
	switch t.Tool {
	case "trivy":
		if m := trivyID.FindStringSubmatch(id); m != nil {
			return m[1] + "-" + strings.Repeat("0", max(4-len(m[2]), 0)) + m[2]
		}
	case "aws-config":
		if m := configRule.FindStringSubmatch(strings.ReplaceAll(id, "_", "-")); m != nil {
			return m[1]
		}
	case "openscap":
		if _, rule, ok := strings.Cut(id, "content_rule_"); ok {
			return rule
		}
	}
	return id
}
