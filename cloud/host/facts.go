// SPDX-License-Identifier: Apache-2.0

package host

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"demarc.dev/demarc/cloud"
)

// set notes a fact, or the gap that err is.
func (m *machine) set(name string, value any, err error) {
	if err != nil {
		m.miss(err, name)
		return
	}
	switch v := value.(type) {
	case int:
		value = int64(v)
	case []string:
		value = words(v)
	}
	m.r.Attributes[name] = value
}

// miss notes that attributes could not be read.
func (m *machine) miss(err error, names ...string) {
	for _, name := range names {
		m.r.Gaps[name] = gapOf(err)
	}
}

// running notes that only a running machine tells the attributes, and whether
// that is so here.
func (m *machine) running(names ...string) bool {
	if m.asleep {
		m.miss(errAsleep, names...)
	}
	return !m.asleep
}

// words gives a list as an attribute holds it: sorted, each once.
func words(list []string) []any {
	list = slices.Compact(slices.Sorted(slices.Values(list)))
	out := make([]any, len(list))
	for i, s := range list {
		out[i] = strings.ToValidUTF8(s, "�")
	}
	return out
}

func sortedKeys[K cmp.Ordered, V any](m map[K]V) []K { return slices.Sorted(maps.Keys(m)) }

// lines gives the lines of a file of settings without comments that begin with
// one of the marks, and without empty ones.
func lines(text, marks string) []string {
	var out []string
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		if line != "" && !strings.ContainsRune(marks, rune(line[0])) {
			out = append(out, line)
		}
	}
	return out
}

// continued joins lines that end in a backslash with the next.
func continued(text string) string {
	return strings.ReplaceAll(strings.ReplaceAll(text, "\r\n", "\n"), "\\\n", " ")
}

// setting gives the last value of name=value lines, as shells and ini files
// write them, without quotes. Sections are not told apart.
func setting(text, name string) (value string, ok bool) {
	for _, line := range lines(text, "#;[") {
		k, v, is := strings.Cut(line, "=")
		if is && strings.EqualFold(strings.TrimSpace(strings.TrimPrefix(k, "export ")), name) {
			value, ok = strings.Trim(strings.TrimSpace(v), `"'`), true
		}
	}
	return value, ok
}

// document is the raw document of a host, kept as evidence.
type document struct {
	Release  map[string]string `json:"os_release,omitempty"`
	Kernels  []string          `json:"kernels,omitempty"`
	Packages []string          `json:"packages,omitempty"` // name version architecture, and the source when it is another
	SSH      []string          `json:"sshd,omitempty"`
	Mounts   []string          `json:"mounts,omitempty"`
	Ports    []string          `json:"sockets,omitempty"` // all that listen, also those that only the machine itself reaches
	Clock    []string          `json:"clock,omitempty"`
	Audit    []string          `json:"audit,omitempty"`
}

func (m *machine) scopeGap(err error, kinds ...cloud.Kind) {
	m.gaps = append(m.gaps, cloud.ScopeGap{Provider: Provider, Account: m.r.Account, Region: m.r.Region, Service: "host", Kinds: kinds, Gap: gapOf(err)})
}
