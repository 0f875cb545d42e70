// SPDX-License-Identifier: Apache-2.0

package web

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"net/url"
	"slices"

	"demarc.dev/demarc/account"
	"demarc.dev/demarc/app"
	"demarc.dev/demarc/catalogue"
	"demarc.dev/demarc/check"
	"demarc.dev/demarc/cloud"
)

// findingOneView is what the page of one finding shows.
type findingOneView struct {
	RunWord string
	Run     app.Run
	F       check.Finding
	Check   check.Check
	Known   bool // the check stands among those of the run
	Duties  []provedDuty
	Rests   *app.Rests
	Facts   []fact
	Raw     string
	May     bool // accept it for a time
}

// provedDuty is a duty that a check bears on.
type provedDuty struct {
	check.Proof
	Text  string
	Party catalogue.Party
}

// fact is an attribute of a resource, read or not.
type fact struct {
	Name, Value, Absent string
	Bears               bool // the answer rests on it
}

func (s *Server) finding(v *visit) error {
	run, err := s.run(v)
	if err != nil {
		return err
	}
	f, err := s.o.App.Finding(v, v.Caller, run, v.r.PathValue("fingerprint"))
	if err != nil {
		return err
	}
	g, err := s.gap(v, run)
	if err != nil {
		return err
	}
	view := findingOneView{RunWord: v.get("run"), Run: run, F: f, May: v.may(account.EditException, s.o.Now())}
	if i := slices.IndexFunc(g.Checks, func(c check.Check) bool { return c.ID == f.Check }); i >= 0 {
		view.Check, view.Known = g.Checks[i], true
	}
	if view.Duties, err = s.proved(view.Check.Proves); err != nil {
		return err
	}
	if view.Rests, err = s.o.App.Rests(v, v.Caller, run, f); err != nil {
		return err
	}
	if r := view.Rests.Resource; r != nil {
		view.Facts = factsOf(r, f.Fields)
		view.Raw = indented(r.Raw)
	}
	next := "Nothing: it passes. Keep it so."
	switch f.Outcome {
	case check.Fail:
		next = "Mend it as it is told below, then collect and assess again."
	case check.Unknown:
		next = "Let the collector read what it could not, then collect and assess again."
	case check.Error:
		next = "The check itself is faulty: mend the check."
	case check.NotApplicable:
		next = "Nothing: the check does not apply to this resource."
	}
	return s.show(v, page{
		Title: or(view.Check.Title, f.Check), Section: "/finding", Run: view.RunWord,
		What: "What one check found about one resource: " + or(f.Name, f.Resource) + ".",
		Why:  or(view.Check.Why, "The check is not among those of this assessment."),
		Next: next,
	}, findingOnePage(view))
}

// proved gives the duties that a check bears on, in words.
func (s *Server) proved(proofs []check.Proof) ([]provedDuty, error) {
	cat, err := s.o.App.Catalogue()
	if err != nil {
		return nil, err
	}
	var out []provedDuty
	for _, p := range proofs {
		d := provedDuty{Proof: p}
		if duty, ok := cat.Duty(p.Duty); ok {
			d.Text, d.Party = duty.Text, duty.Party
		}
		out = append(out, d)
	}
	return out, nil
}

// factsOf gives what was read of a resource and what was not, by name.
func factsOf(r *cloud.Resource, bears []string) []fact {
	var out []fact
	for name, value := range r.Attributes {
		out = append(out, fact{Name: name, Value: valueOf(value), Bears: slices.Contains(bears, name)})
	}
	for _, name := range slices.Sorted(maps.Keys(r.Gaps)) {
		gap := r.Gaps[name]
		absent := words(gap.Reason)
		for _, more := range []string{gap.Call, gap.Detail} {
			if more != "" {
				absent += ", " + more
			}
		}
		out = append(out, fact{Name: name, Absent: absent, Bears: slices.Contains(bears, name)})
	}
	slices.SortFunc(out, func(x, y fact) int {
		if x.Bears != y.Bears {
			if x.Bears {
				return -1
			}
			return 1
		}
		return bytes.Compare([]byte(x.Name), []byte(y.Name))
	})
	return out
}

func valueOf(v any) string {
	if s, ok := v.(string); ok {
		return or(s, "none")
	}
	data, err := json.Marshal(v)
	if err != nil {
		return fmt.Sprint(v)
	}
	return string(data)
}

// rawMost bounds the provider's document on a page.
const rawMost = 64 << 10

func indented(raw json.RawMessage) string {
	if len(raw) == 0 {
		return ""
	}
	var b bytes.Buffer
	if err := json.Indent(&b, raw, "", "  "); err != nil {
		return string(raw)
	}
	if b.Len() > rawMost {
		return b.String()[:rawMost] + "\n… cut here; the whole document stands in the snapshot"
	}
	return b.String()
}

// findingAt is the address of a finding.
func findingAt(fingerprint, run string) string {
	return withRun("/finding/"+url.PathEscape(fingerprint), run)
}

// withRun adds the assessment to a path when it is not the newest.
func withRun(path, run string) string {
	if run == "" {
		return path
	}
	return address(path, url.Values{"run": {run}})
}

// outcomeOptions are the outcomes to choose of.
func outcomeOptions() []option {
	out := []option{{"", "all outcomes"}}
	for _, o := range outcomes() {
		out = append(out, option{string(o), outcomeWord(o)})
	}
	return out
}
