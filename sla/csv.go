// SPDX-License-Identifier: Apache-2.0

package sla

import (
	"bytes"
	"encoding/csv"
	"errors"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"demarc.dev/demarc/internal/strict"
)

// The bounds of a file of measurements.
const (
	MaxSize = 64 << 20
	maxRows = 1_200_000 // two years of probes a minute apart
)

// ReadCSV reads measurements. The first line says what the file holds:
//
//	time,result            probes: up or down at a time
//	time,good,bad          probes: how many of an interval went well, and not
//	start,end,what,kind    incidents; kind is down, or excluded for maintenance;
//	                       what and kind may be left away, and end while it goes on
//	window,percent         what somebody else measured, by window
//
// Times are as RFC 3339 has them, or 2026-10-05 14:30 in the zone. All faults
// are told, each with its line.
func ReadCSV(file string, data []byte, metric Metric) (Series, error) {
	doc := strict.New(file)
	r := csvReader{doc: doc, m: metric, zone: metric.Location()}
	if len(data) > MaxSize {
		doc.At(0, "", "the file is larger than %d MB", MaxSize>>20)
		return r.s, doc.Err()
	}
	data = bytes.TrimPrefix(data, []byte("\xef\xbb\xbf"))
	c := csv.NewReader(bytes.NewReader(data))
	c.ReuseRecord, c.FieldsPerRecord, c.TrimLeadingSpace = true, -1, true
	if head, _, _ := bytes.Cut(data, []byte("\n")); !bytes.Contains(head, []byte(",")) && bytes.Contains(head, []byte(";")) {
		c.Comma = ';'
	}
	rows := 0
	for !doc.Full() {
		row, err := c.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		line, _ := 0, 0
		if err != nil {
			var p *csv.ParseError
			if errors.As(err, &p) {
				line = p.Line
			}
			doc.At(line, "", "the line is no CSV")
			break
		}
		line, _ = c.FieldPos(0)
		if rows++; rows == 1 {
			r.head(line, row)
			continue
		}
		if rows > maxRows {
			doc.At(line, "", "the file has more than %d rows", maxRows)
			break
		}
		if r.fields != nil {
			r.row(line, row)
		}
	}
	if rows < 2 && len(doc.Faults()) == 0 {
		doc.At(0, "", "the file holds no measurement")
	}
	slices.SortStableFunc(r.s.Probes, func(a, b Probe) int { return a.At.Compare(b.At) })
	return r.s, doc.Err()
}

type csvReader struct {
	doc    *strict.Doc
	m      Metric
	zone   *time.Location
	fields map[string]int
	s      Series
	line   int
}

func (r *csvReader) head(line int, row []string) {
	fields := map[string]int{}
	for i, f := range row {
		fields[strings.ToLower(strings.TrimSpace(f))] = i
	}
	has := func(names ...string) bool {
		return !slices.ContainsFunc(names, func(n string) bool { _, ok := fields[n]; return !ok })
	}
	switch {
	case has("time", "result"), has("time", "good", "bad"):
		r.s.Kind = Probes
	case has("start", "end"):
		r.s.Kind = Incidents
	case has("window", "percent"):
		r.s.Kind = Stateds
	default:
		r.doc.At(line, "", "the first line names no known columns: time,result or time,good,bad or start,end,what,kind or window,percent")
		return
	}
	r.fields = fields
}

// at gives a field of a row; empty when the row has none.
func (r *csvReader) at(row []string, name string) string {
	if i, ok := r.fields[name]; ok && i < len(row) {
		return strings.TrimSpace(row[i])
	}
	return ""
}

func (r *csvReader) row(line int, row []string) {
	if len(row) == 1 && strings.TrimSpace(row[0]) == "" {
		return
	}
	r.line = line
	switch r.s.Kind {
	case Probes:
		r.probe(row)
	case Incidents:
		r.incident(row)
	default:
		r.stated(row)
	}
}

var results = map[string]bool{"up": true, "ok": true, "good": true, "pass": true, "true": true, "1": true, "down": false, "fail": false, "bad": false, "error": false, "false": false, "0": false}

func (r *csvReader) probe(row []string) {
	p := Probe{At: r.time(row, "time")}
	if _, counts := r.fields["good"]; counts {
		p.Good, p.Bad = r.count(row, "good"), r.count(row, "bad")
	} else {
		word := r.at(row, "result")
		up, ok := results[strings.ToLower(word)]
		if !ok {
			r.doc.At(r.line, "result", "%q is neither up nor down", short(word))
			return
		}
		if p.Bad = 1; up {
			p.Good, p.Bad = 1, 0
		}
	}
	if !p.At.IsZero() {
		r.s.Probes = append(r.s.Probes, p)
	}
}

// count reads a whole number; of more than a million million it is no count.
func (r *csvReader) count(row []string, name string) int64 {
	n, err := strconv.ParseInt(r.at(row, name), 10, 64)
	if err != nil || n < 0 || n > 1e12 {
		r.doc.At(r.line, name, "%q is no count", short(r.at(row, name)))
		return 0
	}
	return n
}

func (r *csvReader) incident(row []string) {
	i := Incident{What: r.at(row, "what")}
	i.From = r.time(row, "start")
	if r.at(row, "end") != "" {
		if i.To = r.time(row, "end"); !i.To.IsZero() && i.To.Before(i.From) {
			r.doc.At(r.line, "end", "it ends before it begins")
			return
		}
	}
	switch kind := strings.ToLower(r.at(row, "kind")); kind {
	case "", "down", "incident", "outage":
	case "excluded", "maintenance":
		i.Excluded = true
	default:
		r.doc.At(r.line, "kind", "%q is neither down nor excluded", short(kind))
		return
	}
	switch {
	case i.From.IsZero():
	case i.Excluded && i.To.IsZero():
		r.doc.At(r.line, "end", "what is excluded must end")
	case i.Excluded:
		r.s.Excluded = append(r.s.Excluded, i.Span)
	default:
		r.s.Downs = append(r.s.Downs, i)
	}
}

func (r *csvReader) stated(row []string) {
	v := Stated{Window: strings.ToUpper(r.at(row, "window"))}
	if at, ok := r.m.Window.parse(v.Window, r.zone); !ok {
		r.doc.At(r.line, "window", "%q is no %s such as %s", short(v.Window), r.m.Window, r.m.Window.Name(time.Date(2026, 10, 1, 0, 0, 0, 0, time.UTC)))
		return
	} else {
		v.Window = r.m.Window.Name(at)
	}
	word := strings.TrimSpace(strings.TrimSuffix(r.at(row, "percent"), "%"))
	d, err := ParseDecimal(word)
	if err != nil || d > Hundred {
		r.doc.At(r.line, "percent", "%q is no percentage such as 99.95", short(word))
		return
	}
	v.Value = d
	r.s.Stated = append(r.s.Stated, v)
}

// The times that are read.
var layouts = []string{time.RFC3339, "2006-01-02 15:04", "2006-01-02 15:04:05", "2006-01-02T15:04", "2006-01-02T15:04:05"}

// time reads a field; zero when it is none, which was told then.
func (r *csvReader) time(row []string, name string) time.Time {
	word := r.at(row, name)
	for _, l := range layouts {
		if t, err := time.ParseInLocation(l, word, r.zone); err == nil && t.Year() >= 1970 && t.Year() < 3000 {
			return t.Truncate(time.Second)
		}
	}
	r.doc.At(r.line, name, "%q is no time such as 2026-10-05T14:30:00Z", short(word))
	return time.Time{}
}
