// SPDX-License-Identifier: Apache-2.0

package check

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"gopkg.in/yaml.v3"

	"demarc.dev/demarc/cloud"
)

const (
	maxFile     = 256 << 10 // bytes of a check's file
	maxExamples = 64
)

// place remembers where a check stands, so that a later fault can name the line.
type place struct {
	file string
	line map[string]int // by field
}

func (p *place) fault(field, what, cure string) Fault {
	if p == nil {
		return Fault{Field: field, What: what, Cure: cure}
	}
	line := p.line[field]
	for above := parent(field); line == 0 && above != ""; above = parent(above) { // a missing one is told where it should stand
		line = p.line[above]
	}
	return Fault{File: p.file, Line: line, Field: field, What: what, Cure: cure}
}

// File gives the file that the check was read from, empty when there is none.
func (c *Check) File() string {
	if c.place == nil {
		return ""
	}
	return c.place.file
}

// Parse reads one check. The error holds every fault of the file (see Faults),
// those included that Compile and Lint look for; of a file that reads well these
// are theirs to tell. It is safe for foreign input.
func Parse(file string, data []byte) (Check, error) {
	r := read(file, data, kindTypes())
	if len(r.faults) > 0 {
		return Check{}, everything([]reading{r}).problem()
	}
	return r.check, nil
}

// reading is what was made of one file.
type reading struct {
	check  Check
	faults Faults
	whole  bool     // the check was read, but for what is unsure
	unsure []string // paths of fields that could not be read, or may be those of a misspelt one
}

func read(file string, data []byte, kinds map[cloud.Kind]*kindType) reading {
	var r reading
	lines, faults, unsure := decode(file, data, &r.check)
	r.faults, r.unsure, r.whole = faults, unsure, lines != nil
	if r.whole {
		r.check.place = &place{file: file, line: lines}
		r.add(conformExamples(&r.check, kinds))
	}
	return r
}

// LoadFolder reads every *.yaml file of a folder of the user's own checks, and
// of the folders in it. The error holds the faults of all files.
func LoadFolder(fsys fs.FS) ([]Check, error) {
	checks, err := ParseFolder(fsys)
	for i := range checks {
		checks[i].own = true
	}
	return checks, err
}

// ParseFolder reads every *.yaml file of a folder of built-in checks, in the
// order of their paths. The error holds every fault of all files, as that of
// Parse does.
func ParseFolder(fsys fs.FS) ([]Check, error) {
	var readings []reading
	kinds := kindTypes()
	err := fs.WalkDir(fsys, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || path.Ext(name) != ".yaml" {
			return err
		}
		data, err := fs.ReadFile(fsys, name)
		if err != nil {
			return err
		}
		readings = append(readings, read(name, data, kinds))
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("reading the folder of checks: %w", err)
	}
	var checks []Check
	for _, r := range readings {
		if len(r.faults) > 0 {
			return nil, everything(readings).problem()
		}
		checks = append(checks, r.check)
	}
	return checks, nil
}

// decode reads one YAML document strictly into v and gives the line of each
// field of its top level and below ("proves[1].duty"). The lines are nil when
// nothing was read; with faults and lines, all was read but the paths that are
// unsure.
func decode(file string, data []byte, v any) (lines map[string]int, faults Faults, unsure []string) {
	one := func(what, cure string) Faults { return Faults{{File: file, What: what, Cure: cure}} }
	if len(data) > maxFile {
		return nil, one(fmt.Sprintf("the file has more than %d KiB", maxFile>>10), "split it"), nil
	}
	decoder := yaml.NewDecoder(bytes.NewReader(data))
	decoder.KnownFields(true)
	err := decoder.Decode(v)
	var typed *yaml.TypeError
	switch {
	case errors.Is(err, io.EOF):
		return nil, one("the file is empty", "see docs/format.md"), nil
	case err != nil && !errors.As(err, &typed):
		faults, _ := yamlFaults(file, []string{strings.TrimPrefix(err.Error(), "yaml: ")})
		return nil, faults, nil
	}
	if err := decoder.Decode(new(yaml.Node)); !errors.Is(err, io.EOF) {
		return nil, one("the file holds more than one document", "one file a check: split it at ---"), nil
	}
	var root yaml.Node
	lines = map[string]int{}
	if err := yaml.Unmarshal(data, &root); err == nil && len(root.Content) == 1 {
		noteLines(root.Content[0], "", lines, 0)
	}
	if typed != nil {
		var meant []string
		faults, meant = yamlFaults(file, typed.Errors)
		if slices.ContainsFunc(typed.Errors, func(m string) bool { return strings.Contains(m, "already defined") }) {
			return nil, faults, nil // nothing of such a mapping was read
		}
		unsure = unsurePaths(faults, meant, lines)
	}
	return lines, faults, unsure
}

// noteLines walks a node and notes the line at which each field's value begins.
func noteLines(n *yaml.Node, at string, lines map[string]int, depth int) {
	if depth > 12 {
		return
	}
	lines[at] = n.Line
	if n.Style == yaml.LiteralStyle || n.Style == yaml.FoldedStyle {
		lines[at]++
	}
	switch n.Kind {
	case yaml.MappingNode:
		for i := 0; i+1 < len(n.Content); i += 2 {
			name := n.Content[i].Value
			if at != "" {
				name = at + "." + name
			}
			noteLines(n.Content[i+1], name, lines, depth+1)
		}
	case yaml.SequenceNode:
		for i, e := range n.Content {
			noteLines(e, fmt.Sprintf("%s[%d]", at, i), lines, depth+1)
		}
	}
}

// yamlFaults turns the messages of the YAML reader into faults, and gives for
// each the field that was probably meant.
func yamlFaults(file string, messages []string) (out Faults, meant []string) {
	position := regexp.MustCompile(`^line (\d+): (.*)$`)
	unknown := regexp.MustCompile(`^field (\S+) not found in type (\S+)$`)
	for _, m := range messages {
		f, likely := Fault{File: file, What: strings.Join(strings.Fields(m), " ")}, ""
		if p := position.FindStringSubmatch(f.What); p != nil {
			f.Line, _ = strconv.Atoi(p[1])
			f.What = p[2]
		}
		if u := unknown.FindStringSubmatch(f.What); u != nil {
			f.Field, f.What, f.Cure = u[1], "there is no such field here", nearest(u[1], yamlNames(u[2]))
			likely = closest(u[1], yamlNames(u[2]))
		}
		f.What = strings.NewReplacer("!!", "", "unmarshal", "read", "[]cloud.Kind", "a list", "[]string", "a list of words").Replace(f.What)
		out, meant = append(out, f), append(meant, likely)
	}
	return out, meant
}

// yamlNames gives the fields of a Go type of this room or of cloud by its name.
func yamlNames(typ string) []string {
	switch typ {
	case "check.Check":
		return []string{"id", "title", "kinds", "providers", "natives", "severity", "effort", "proves", "why", "when", "test", "needs", "message", "fix", "references", "examples"}
	case "check.Proof":
		return []string{"duty", "extent", "why"}
	case "check.Fix":
		return []string{"console", "cli", "terraform"}
	case "check.Example":
		return []string{"name", "expect", "resource", "others"}
	case "check.exceptionFile":
		return []string{"exceptions"}
	case "check.exceptionYAML":
		return []string{"id", "checks", "where", "reason", "owner", "approved_by", "until", "evidence"}
	case "cloud.Resource":
		return []string{"id", "kind", "native", "provider", "source", "account", "region", "name", "tenant", "tags", "attributes", "gaps", "links", "seen"}
	case "cloud.Gap":
		return []string{"reason", "call", "detail"}
	case "cloud.Link":
		return []string{"relation", "target"}
	}
	return nil
}

// conformExamples gives the attributes of examples their declared Go types, and
// fills in what a sparse example leaves out.
func conformExamples(c *Check, kinds map[cloud.Kind]*kindType) Faults {
	var faults Faults
	if len(c.Examples) > maxExamples {
		faults = append(faults, c.place.fault("examples", fmt.Sprintf("there are more than %d", maxExamples), "keep the telling ones"))
	}
	for i := range c.Examples {
		e, at := &c.Examples[i], fmt.Sprintf("examples[%d]", i)
		if e.Resource.Kind == "" && len(c.Kinds) > 0 {
			e.Resource.Kind = c.Kinds[0]
		}
		if _, ok := kinds[e.Resource.Kind]; !ok && (e.Resource.Kind == "" || len(c.Kinds) > 0 && e.Resource.Kind == c.Kinds[0]) {
			continue // told of the check itself
		}
		if e.Resource.ID == "" {
			e.Resource.ID = "example"
		}
		faults = append(faults, conformResource(c, kinds, &e.Resource, at+".resource")...)
		for j := range e.Others {
			if e.Others[j].ID == "" {
				e.Others[j].ID = fmt.Sprintf("other-%d", j+1)
			}
			faults = append(faults, conformResource(c, kinds, &e.Others[j], fmt.Sprintf("%s.others[%d]", at, j))...)
		}
	}
	return faults
}

func conformResource(c *Check, kinds map[cloud.Kind]*kindType, r *cloud.Resource, at string) Faults {
	k, ok := kinds[r.Kind]
	if !ok {
		return Faults{c.place.fault(at+".kind", fmt.Sprintf("no kind is called %q", r.Kind), nearest(string(r.Kind), kindWords(kinds)))}
	}
	defaults(c, r)
	var faults Faults
	for name, v := range r.Attributes {
		field := at + ".attributes." + name
		i, ok := k.index[name]
		if !ok || k.fields[i].typ == "" {
			faults = append(faults, c.place.fault(field, fmt.Sprintf("%s has no attribute %s", withArticle(string(r.Kind)), name), nearest(name, k.attributes())))
			continue
		}
		typed, ok := conform(k.fields[i].typ, v)
		if !ok {
			faults = append(faults, c.place.fault(field, fmt.Sprintf("%v is no %s", v, k.fields[i].typ), "see cloud.Kinds"))
			continue
		}
		r.Attributes[name] = typed
	}
	for name, gap := range r.Gaps {
		field := at + ".gaps." + name
		if _, ok := k.index[name]; !ok {
			faults = append(faults, c.place.fault(field, fmt.Sprintf("%s has no field %s", withArticle(string(r.Kind)), name), nearest(name, k.names)))
		}
		if !slices.Contains(reasons(), string(gap.Reason)) {
			faults = append(faults, c.place.fault(field+".reason", fmt.Sprintf("%q is no reason", gap.Reason), nearest(string(gap.Reason), reasons())))
		}
		if _, both := r.Attributes[name]; both {
			faults = append(faults, c.place.fault(field, "it is an attribute too", "keep one of them"))
		}
	}
	slices.SortFunc(faults, func(a, b Fault) int { return strings.Compare(a.Field, b.Field) })
	return faults
}

// defaults are what a sparse example leaves out.
func defaults(c *Check, r *cloud.Resource) {
	if r.Provider == "" {
		r.Provider = "aws"
		if len(c.Providers) > 0 {
			r.Provider = c.Providers[0]
		}
	}
	if r.Native == "" && len(c.Natives) > 0 {
		r.Native = c.Natives[0]
	}
	for _, d := range []struct {
		field *string
		value string
	}{{&r.Source, "live"}, {&r.Account, "111122223333"}, {&r.Region, "eu-west-1"}, {&r.Name, r.ID}} {
		if *d.field == "" {
			*d.field = d.value
		}
	}
}

func (k *kindType) attributes() []string {
	var out []string
	for _, f := range k.fields {
		if f.typ != "" {
			out = append(out, f.name)
		}
	}
	return out
}

func kindWords(kinds map[cloud.Kind]*kindType) []string {
	out := make([]string, 0, len(kinds))
	for k := range kinds {
		out = append(out, string(k))
	}
	slices.Sort(out)
	return out
}

func reasons() []string {
	return []string{string(cloud.Denied), string(cloud.Throttled), string(cloud.NotEnabled), string(cloud.Unsupported), string(cloud.Timeout),
		string(cloud.Unavailable), string(cloud.AfterApply), string(cloud.NotInSource), string(cloud.Unreadable), string(cloud.NotCollected)}
}
