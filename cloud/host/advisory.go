// SPDX-License-Identifier: Apache-2.0

package host

import (
	"archive/zip"
	"bufio"
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
)

// Limits of files of advisories.
const (
	maxAdvisory   = 4 << 20 // one advisory
	maxFeed       = 1 << 30 // one file, unpacked
	maxAdvisories = 500_000
	maxToldFlaws  = 2000 // of one machine
)

// Advisories are known flaws of packages, by ecosystem and name. They are read
// in the OSV format (ossf.github.io/osv-schema), and only read once made.
type Advisories struct {
	Count  int // advisories read
	affect map[string][]affected
}

// affected is one package of an advisory.
type affected struct {
	id, severity string
	ecosystem    string
	ranges       [][]event
	versions     []string
}

// event is a step along the versions; exactly one is set.
type event struct {
	Introduced   string `json:"introduced"`
	Fixed        string `json:"fixed"`
	LastAffected string `json:"last_affected"`
	Limit        string `json:"limit"`
}

// osv is an advisory as the file tells it.
type osv struct {
	ID        string `json:"id"`
	Withdrawn string `json:"withdrawn"`
	Severity  []struct {
		Type  string `json:"type"`
		Score string `json:"score"`
	} `json:"severity"`
	Specific specific `json:"database_specific"`
	Affected []struct {
		Package struct {
			Ecosystem string `json:"ecosystem"`
			Name      string `json:"name"`
		} `json:"package"`
		Severity []struct {
			Type  string `json:"type"`
			Score string `json:"score"`
		} `json:"severity"`
		Ranges []struct {
			Type   string  `json:"type"`
			Events []event `json:"events"`
		} `json:"ranges"`
		Versions  []string `json:"versions"`
		Ecosystem specific `json:"ecosystem_specific"`
	} `json:"affected"`
}

// specific is what databases say in their own words; only a word of severity is
// read of it.
type specific struct{ Severity string }

// UnmarshalJSON takes anything, for the format leaves it to each database.
func (s *specific) UnmarshalJSON(data []byte) error {
	var words struct {
		Severity any `json:"severity"`
		Urgency  any `json:"urgency"`
	}
	if json.Unmarshal(data, &words) != nil {
		return nil
	}
	for _, word := range []any{words.Severity, words.Urgency} {
		if text, ok := word.(string); ok && s.Severity == "" {
			s.Severity = severityWord(text)
		}
	}
	return nil
}

// severityWord gives our word for one of a database.
func severityWord(text string) string {
	switch strings.ToLower(strings.TrimSpace(text)) {
	case "critical":
		return "critical"
	case "high", "important":
		return "high"
	case "medium", "moderate":
		return "medium"
	case "low", "negligible", "unimportant":
		return "low"
	}
	return ""
}

// Add reads a file of advisories: one, a list, one a line, or a zip of files
// each of one. name stands in errors.
func (a *Advisories) Add(name string, in io.ReaderAt, size int64) error {
	if a.affect == nil {
		a.affect = map[string][]affected{}
	}
	before := a.Count
	head := make([]byte, 4)
	if _, err := in.ReadAt(head, 0); err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	var err error
	if bytes.Equal(head, []byte("PK\x03\x04")) {
		err = a.addZip(name, in, size)
	} else {
		err = a.addJSON(name, io.NewSectionReader(in, 0, size))
	}
	if err == nil && a.Count == before {
		err = faulty(name, "it holds no advisory", nil)
	}
	return err
}

func faulty(name, what string, err error) error {
	if err != nil {
		what += ": " + err.Error()
	}
	return &Refusal{Usage: true, Sentence: name + ": " + what, Hint: "--advisory takes advisories in the OSV format: a JSON file, one a line, or the zip of an ecosystem"}
}

func (a *Advisories) addZip(name string, in io.ReaderAt, size int64) error {
	z, err := zip.NewReader(in, size)
	if err != nil {
		return faulty(name, "the zip cannot be read", err)
	}
	left := int64(maxFeed)
	for _, f := range z.File {
		if !strings.HasSuffix(f.Name, ".json") {
			continue
		}
		r, err := f.Open()
		if err != nil {
			return faulty(name, f.Name, err)
		}
		data, err := io.ReadAll(io.LimitReader(r, maxAdvisory+1))
		r.Close()
		if left -= int64(len(data)); err != nil || len(data) > maxAdvisory || left < 0 {
			return faulty(name, f.Name+" is damaged or too large", err)
		}
		if err := a.one(data); err != nil {
			return faulty(name, f.Name, err)
		}
	}
	return nil
}

func (a *Advisories) addJSON(name string, in io.Reader) error {
	limit := &gauge{in: in, left: maxAdvisory}
	r := bufio.NewReader(limit)
	if mark, err := r.Peek(3); err == nil && string(mark) == "\ufeff" {
		if _, err := r.Discard(3); err != nil {
			return err
		}
	}
	d := json.NewDecoder(r)
	for {
		var first json.RawMessage
		inside, err := begins(r, d)
		if err != nil {
			return faulty(name, "it is no JSON", err)
		}
		if inside {
			if err := a.list(name, d, limit); err != nil {
				return err
			}
			continue
		}
		limit.left = maxAdvisory
		switch err := d.Decode(&first); {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return faulty(name, fmt.Sprintf("advisory %d", a.Count+1), err)
		}
		if d.InputOffset() > maxFeed {
			return faulty(name, "it is larger than is read", nil)
		}
		if err := a.one(first); err != nil {
			return faulty(name, fmt.Sprintf("advisory %d", a.Count+1), err)
		}
	}
}

// begins tells whether the first value of a file is a list, and steps into it.
func begins(r *bufio.Reader, d *json.Decoder) (list bool, err error) {
	if d.InputOffset() > 0 {
		return false, nil
	}
	for {
		b, err := r.Peek(1)
		switch {
		case errors.Is(err, io.EOF):
			return false, nil
		case err != nil:
			return false, err
		case b[0] == '[':
			_, err := d.Token()
			return true, err
		case b[0] != ' ' && b[0] != '\n' && b[0] != '\r' && b[0] != '\t':
			return false, nil
		}
		if _, err := r.Discard(1); err != nil {
			return false, err
		}
	}
}

// gauge refuses to give more than one advisory may take, until it is set anew.
type gauge struct {
	in   io.Reader
	left int64
}

func (g *gauge) Read(p []byte) (int, error) {
	if g.left <= 0 {
		return 0, errLarge
	}
	n, err := g.in.Read(p[:min(int64(len(p)), g.left)])
	g.left -= int64(n)
	return n, err
}

func (a *Advisories) list(name string, d *json.Decoder, limit *gauge) error {
	for d.More() {
		var raw json.RawMessage
		limit.left = maxAdvisory
		if err := d.Decode(&raw); err != nil {
			return faulty(name, fmt.Sprintf("advisory %d", a.Count+1), err)
		}
		if err := a.one(raw); err != nil {
			return faulty(name, fmt.Sprintf("advisory %d", a.Count+1), err)
		}
	}
	if _, err := d.Token(); err != nil {
		return faulty(name, "the list does not end", err)
	}
	return nil
}

// one takes in one advisory; one that was withdrawn is left out.
func (a *Advisories) one(data []byte) error {
	var o osv
	if len(data) > maxAdvisory {
		return errLarge
	}
	if err := json.Unmarshal(data, &o); err != nil {
		return err
	}
	if o.ID == "" {
		return errors.New("it has no id: it is no advisory in the OSV format")
	}
	if a.Count++; a.Count > maxAdvisories {
		return errLarge
	}
	if o.Withdrawn != "" {
		return nil
	}
	for _, p := range o.Affected {
		x := affected{id: o.ID, ecosystem: p.Package.Ecosystem, versions: p.Versions, severity: cmp.Or(p.Ecosystem.Severity, o.Specific.Severity)}
		for _, s := range slices.Concat(p.Severity, o.Severity) {
			if x.severity == "" && strings.HasPrefix(s.Type, "CVSS_V3") {
				x.severity = cvssWord(s.Score)
			}
		}
		for _, r := range p.Ranges {
			if r.Type == "ECOSYSTEM" && len(r.Events) > 0 {
				x.ranges = append(x.ranges, r.Events)
			}
		}
		if p.Package.Name != "" && (len(x.ranges) > 0 || len(x.versions) > 0) {
			a.affect[p.Package.Name] = append(a.affect[p.Package.Name], x)
		}
	}
	return nil
}

// flaw is a known flaw of an installed package.
type flaw struct {
	id, severity, name, version, fixed string
}

func (f flaw) String() string {
	mended := "nothing mends it yet"
	if f.fixed != "" {
		mended = "mended in " + f.fixed
	}
	return fmt.Sprintf("%s %s: %s %s, %s", f.id, cmp.Or(f.severity, "unrated"), f.name, f.version, mended)
}

// of gives the flaws of the packages of a release. It refuses to answer when the
// advisories say nothing of the release: silence is no health.
func (a *Advisories) of(r release, all []installed, compare func(x, y string) int) ([]flaw, error) {
	var out []flaw
	if !a.covers(r) {
		return nil, fmt.Errorf("%w: the advisories that were given tell nothing of %s", errNotAsked, cmp.Or(r.name, "this system"))
	}
	seen := map[[2]string]bool{}
	for _, p := range all {
		names := []string{p.source, p.name}
		for i, name := range slices.Compact(names) {
			for _, x := range a.affect[name] {
				if !ofRelease(x.ecosystem, r) {
					continue
				}
				version := p.version
				if i == 0 && p.source != p.name {
					version = p.sourceVersion
				}
				if is, fixed := x.holds(version, compare); is && !seen[[2]string{x.id, p.source}] {
					seen[[2]string{x.id, p.source}] = true
					out = append(out, flaw{id: x.id, severity: x.severity, name: p.source, version: version, fixed: fixed})
				}
			}
		}
	}
	if len(out) > maxToldFlaws {
		return nil, fmt.Errorf("more than %d flaws: %w", maxToldFlaws, errLarge)
	}
	return out, nil
}

func (a *Advisories) covers(r release) bool {
	for _, list := range a.affect {
		if slices.ContainsFunc(list, func(x affected) bool { return ofRelease(x.ecosystem, r) }) {
			return true
		}
	}
	return false
}

// holds tells whether a version has the flaw, and from which on it is mended.
func (x affected) holds(version string, compare func(a, b string) int) (is bool, fixed string) {
	if slices.Contains(x.versions, version) {
		is = true
	}
	for _, events := range x.ranges {
		in, until := inRange(version, events, compare)
		is = is || in
		if fixed == "" {
			fixed = until
		}
	}
	return is, fixed
}

// inRange goes along the events in the order of their versions, as the OSV
// format defines it. "0" stands before every version.
func inRange(version string, events []event, compare func(a, b string) int) (in bool, fixed string) {
	at := func(e event) string { return cmp.Or(e.Introduced, e.Fixed, e.LastAffected) }
	order := func(a, b string) int {
		switch {
		case a == b:
			return 0
		case a == "0":
			return -1
		case b == "0":
			return 1
		}
		return compare(a, b)
	}
	sorted := slices.DeleteFunc(slices.Clone(events), func(e event) bool { return at(e) == "" })
	slices.SortStableFunc(sorted, func(a, b event) int { return order(at(a), at(b)) })
	for _, e := range sorted {
		switch c := order(version, at(e)); {
		case e.Introduced != "" && c >= 0:
			in = true
		case e.Fixed != "" && c >= 0, e.LastAffected != "" && c > 0:
			in = false
		case e.Fixed != "" && c < 0 && fixed == "":
			fixed = e.Fixed
		}
	}
	return in, fixed
}

// ofRelease tells whether an ecosystem of OSV, such as "Debian:12", is that of
// the release. One without a version speaks of every version.
func ofRelease(ecosystem string, r release) bool {
	name, rest, versioned := strings.Cut(ecosystem, ":")
	id, ok := map[string]string{"Debian": "debian", "Ubuntu": "ubuntu", "Alpine": "alpine", "Rocky Linux": "rocky", "AlmaLinux": "almalinux", "Red Hat": "rhel", "SUSE": "sles", "openSUSE": "opensuse-leap", "Amazon Linux": "amzn", "Oracle Linux": "ol"}[name]
	if !ok || r.id != id {
		return false
	}
	if !versioned {
		return true
	}
	major, _, _ := strings.Cut(r.version, ".")
	switch id {
	case "alpine":
		parts := strings.SplitN(r.version, ".", 3)
		return len(parts) > 1 && rest == "v"+parts[0]+"."+parts[1]
	case "ubuntu": // "Pro:16.04:LTS" tells of updates that one pays for
		version, _, _ := strings.Cut(rest, ":")
		return version == r.version
	case "rhel": // "enterprise_linux:9::baseos"
		parts := strings.Split(rest, ":")
		return len(parts) > 1 && strings.HasSuffix(parts[0], "enterprise_linux") && (parts[1] == major || parts[1] == r.version)
	case "sles", "opensuse-leap": // "Linux Enterprise Server 15 SP6", "Leap 15.6"
		service := strings.ReplaceAll(r.version, ".", " SP")
		return strings.HasSuffix(rest, " "+r.version) || strings.HasSuffix(rest, " "+service)
	}
	version, _, _ := strings.Cut(rest, ":")
	return version == r.version || version == major
}
