// SPDX-License-Identifier: Apache-2.0

package foreign

import (
	"strconv"
	"strings"
	"time"

	"demarc.dev/demarc/check"
	"demarc.dev/demarc/internal/jsonscan"
)

// records steps through the records of a report: the members of an outer array,
// JSON lines, or the members of the lists of an outer object, which list knows
// by name. begin begins a record: member must read or skip the value of each of
// its members, and end is called after the last.
func (p *parser) records(list func(name string) bool, begin func() (member func(name string), end func())) {
	for p.json.Peek() != jsonscan.None {
		if p.json.Peek() == jsonscan.Array {
			p.known = true
			p.array(func() { p.record(nil, begin) })
			continue
		}
		p.mark()
		p.record(list, begin)
	}
}

func (p *parser) record(list func(name string) bool, begin func() (member func(name string), end func())) {
	if !p.is(jsonscan.Object) {
		return
	}
	member, end := begin()
	for p.json.Object(); p.json.Key(); {
		name := string(p.json.Name())
		if list != nil && p.json.Peek() == jsonscan.Array && list(name) {
			p.known = true
			p.array(func() { p.record(nil, begin) })
			continue
		}
		member(name)
	}
	if p.json.Err() == nil {
		end()
	}
}

// array lets read read each member of an array, of which the place is marked.
func (p *parser) array(read func()) {
	if !p.is(jsonscan.Array) {
		return
	}
	for p.json.Array(); p.json.More(); {
		p.mark()
		read()
	}
}

// is tells whether a value of the type stands next, and skips another.
func (p *parser) is(want jsonscan.Type) bool {
	if p.json.Peek() == want {
		return true
	}
	p.json.Skip()
	return false
}

// members steps through an object, and skips what is none. The callback must
// read or skip each value.
func (p *parser) members(read func(name string)) {
	if !p.is(jsonscan.Object) {
		return
	}
	for p.json.Object(); p.json.Key(); {
		read(string(p.json.Name()))
	}
}

// each steps through an array, and skips what is none.
func (p *parser) each(read func()) {
	if !p.is(jsonscan.Array) {
		return
	}
	for p.json.Array(); p.json.More(); {
		read()
	}
}

// word reads a short text: a string, or a number or truth value as it is
// written; another value is skipped and gives "".
func (p *parser) word() string {
	s := p.json
	switch s.Peek() {
	case jsonscan.String:
		return p.words.keep(s.Bytes(), MaxWord)
	case jsonscan.Number:
		return string(s.Raw())
	case jsonscan.True, jsonscan.False:
		return strconv.FormatBool(s.Bool())
	}
	s.Skip()
	return ""
}

// prose reads a longer text, on one line.
func (p *parser) prose() string {
	if p.json.Peek() != jsonscan.String {
		return p.word()
	}
	return prose(string(p.json.Bytes()))
}

// into gives a reader of one word into a place.
func (p *parser) into(to *string) { *to = p.word() }

// firstOf reads the first word of an array, or the word itself.
func (p *parser) firstOf() (first string) {
	if p.json.Peek() != jsonscan.Array {
		return p.word()
	}
	p.each(func() {
		if w := p.word(); first == "" {
			first = w
		}
	})
	return first
}

// link reads the first web address of an array, or of one text.
func (p *parser) link() (link string) {
	take := func() {
		if w := p.word(); link == "" && (strings.HasPrefix(w, "https://") || strings.HasPrefix(w, "http://")) {
			link = w
		}
	}
	if p.json.Peek() != jsonscan.Array {
		take()
		return link
	}
	p.each(take)
	return link
}

// stamp reads a time: a text, or seconds or milliseconds since 1970.
func (p *parser) stamp() time.Time {
	if p.json.Peek() == jsonscan.String {
		return parseTime(string(p.json.Bytes()))
	}
	f, err := strconv.ParseFloat(p.word(), 64)
	if err != nil {
		return time.Time{}
	}
	return epoch(f)
}

// epoch reads a number as seconds, or as milliseconds where seconds would lie
// thousands of years ahead.
func epoch(f float64) time.Time {
	if f > 1e11 {
		f /= 1000
	}
	if !(f > 0 && f < 1e11) {
		return time.Time{}
	}
	sec := int64(f)
	return time.Unix(sec, int64((f-float64(sec))*1e6)*1000).UTC()
}

// parseTime reads a time in one of the ways that the tools write it; one without
// a zone is in UTC. What is no time gives the zero time.
func parseTime(text string) time.Time {
	text = strings.TrimSpace(text)
	for _, layout := range []string{time.RFC3339Nano, "2006-01-02T15:04:05.999999999", "2006-01-02 15:04:05.999999999", "2006-01-02T15:04:05.999999999-0700", "2006-01-02 15:04:05.999999999-07:00", time.DateOnly} {
		if t, err := time.Parse(layout, text); err == nil && t.Year() > 1970 && t.Year() < 9999 {
			return t.UTC()
		}
	}
	return time.Time{}
}

// severity reads a tool's word; "" for none, and for what is no severity.
func severity(word string) check.Severity {
	switch strings.ToLower(word) {
	case "critical", "fatal":
		return check.Critical
	case "high", "important":
		return check.High
	case "medium", "moderate":
		return check.Medium
	case "low":
		return check.Low
	}
	return ""
}

// prose puts a text on one line and cuts it.
func prose(s string) string {
	if len(s) > 8*MaxText {
		s = s[:8*MaxText]
	}
	s = strings.ToValidUTF8(strings.Join(strings.Fields(s), " "), "")
	return cut(s, MaxText)
}

// cut shortens s to n letters.
func cut(s string, n int) string {
	if len(s) <= n {
		return s
	}
	letters := 0
	for i := range s {
		if letters++; letters > n-1 {
			return s[:i] + "…"
		}
	}
	return s
}

// words holds the words that come again and again, so that a million results
// share them. It forgets all of them when they become too many.
type words struct {
	known map[string]string
	bytes int
}

func (w *words) keep(b []byte, most int) string {
	if len(b) > most {
		return cut(strings.ToValidUTF8(string(b[:most]), ""), most)
	}
	if s, ok := w.known[string(b)]; ok {
		return s
	}
	if w.known == nil || w.bytes > 1<<20 {
		w.known, w.bytes = map[string]string{}, 0
	}
	s := string(b)
	w.known[s] = s
	w.bytes += len(s) + 64
	return s
}
