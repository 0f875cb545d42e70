// SPDX-License-Identifier: Apache-2.0

package sla

import (
	"cmp"
	"slices"
	"time"
)

// Probe is what was counted in an interval; one look that went well is one
// good.
type Probe struct {
	At        time.Time
	Good, Bad int64
}

// Incident is a time in which the service was down, or that does not count.
type Incident struct {
	Span            // To is zero while it goes on
	What     string `json:"what,omitempty"`
	Excluded bool   `json:"excluded,omitempty"` // maintenance and the like: it does not count
}

// Stated is the availability that somebody else measured over a window.
type Stated struct {
	Window string  `json:"window"` // as Window.Name gives it
	Value  Decimal `json:"value"`
}

// Kind is what a series was measured by.
type Kind string

// The kinds, in the order in which they are believed.
const (
	Probes    Kind = "probe"
	Incidents Kind = "incident"
	Stateds   Kind = "stated"
)

// Says explains a kind.
func (k Kind) Says() string {
	switch k {
	case Probes:
		return "by probes"
	case Incidents:
		return "by incidents"
	}
	return "as it was stated"
}

// Series is what was measured by one means, with the times that do not count.
type Series struct {
	Kind     Kind
	Probes   []Probe // rising
	Downs    []Incident
	Stated   []Stated
	Excluded []Span
	Since    time.Time // the service was used from then; zero: from the first that was measured
}

// Join adds what another series of the same kind measured, and its exclusions.
func (s *Series) Join(o Series) {
	s.Probes = append(s.Probes, o.Probes...)
	slices.SortStableFunc(s.Probes, func(a, b Probe) int { return a.At.Compare(b.At) })
	s.Downs = append(s.Downs, o.Downs...)
	s.Stated = append(s.Stated, o.Stated...)
	s.Excluded = append(s.Excluded, o.Excluded...)
}

// merged gives spans as few that do not touch, rising.
func merged(spans []Span) []Span {
	all := slices.SortedFunc(slices.Values(spans), func(a, b Span) int { return cmp.Or(a.From.Compare(b.From), a.To.Compare(b.To)) })
	var out []Span
	for _, s := range all {
		if !s.From.Before(s.To) {
			continue
		}
		if n := len(out); n > 0 && !s.From.After(out[n-1].To) {
			if s.To.After(out[n-1].To) {
				out[n-1].To = s.To
			}
			continue
		}
		out = append(out, s)
	}
	return out
}

// minus gives what of merged spans lies outside other merged spans.
func minus(spans, without []Span) []Span {
	var out []Span
	k := 0
	for _, s := range spans {
		for k < len(without) && !without[k].To.After(s.From) {
			k++
		}
		for j := k; j < len(without) && without[j].From.Before(s.To); j++ {
			if s.From.Before(without[j].From) {
				out = append(out, Span{s.From, without[j].From})
			}
			s.From = without[j].To
			if !s.From.Before(s.To) {
				break
			}
		}
		if s.From.Before(s.To) {
			out = append(out, s)
		}
	}
	return out
}

// within gives what of merged spans lies in a span.
func within(spans []Span, in Span) []Span {
	i, _ := slices.BinarySearchFunc(spans, in.From, func(s Span, t time.Time) int { return cmp.Or(s.To.Compare(t), -1) })
	var out []Span
	for ; i < len(spans) && spans[i].From.Before(in.To); i++ {
		if s, ok := spans[i].cut(in); ok {
			out = append(out, s)
		}
	}
	return out
}

func seconds(spans []Span) int64 {
	n := int64(0)
	for _, s := range spans {
		n += s.Seconds()
	}
	return n
}

// interval is how far apart most probes stand; 0 when there are fewer than two.
func interval(probes []Probe) time.Duration {
	counts := map[time.Duration]int{}
	for i := 1; i < len(probes); i++ {
		if d := probes[i].At.Sub(probes[i-1].At); d > 0 {
			counts[d]++
		}
	}
	best, most := time.Duration(0), 0
	for d, n := range counts {
		if n > most || n == most && d < best {
			best, most = d, n
		}
	}
	return best
}

// reach gives the span that a probe stands for: to the next one, and not
// further than most probes stand apart.
func (s *Series) reach(i int, every time.Duration) Span {
	p := s.Probes[i]
	to := p.At.Add(every)
	if i+1 < len(s.Probes) && s.Probes[i+1].At.Before(to) {
		to = s.Probes[i+1].At
	}
	return Span{p.At, to}
}
