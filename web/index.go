// SPDX-License-Identifier: Apache-2.0

package web

import (
	"bufio"
	"bytes"
	"cmp"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
	"slices"
	"strings"

	"demarc.dev/demarc/check"
)

// index makes the findings of one run quick to look at, however many they are.
// It holds some fifty bytes a finding in memory; the findings themselves, and
// the words that are searched, lie in two files that no name leads to: they go
// when the index does. It never changes, for a run does not.
type index struct {
	rows   []indexRow         // the worst first; of equals, those that came first
	orders map[string][]int32 // further orders of rows
	names  []string           // of checks, accounts
	lines  *os.File           // findings, JSON, one a line
	search *os.File           // what the text of a filter is sought in, one a line
}

type indexRow struct {
	at             int64 // where its line begins
	print          uint64
	seen           int64
	place          int32 // among the findings as they came
	size           int32
	check, account int32 // in names
	outcome        uint8 // in outcomes()
	rank           int8
	exposed        bool
}

// newIndex goes through the findings once.
func newIndex(findings iter.Seq2[check.Finding, error]) (_ *index, err error) {
	x := &index{orders: map[string][]int32{}}
	if x.lines, err = nameless(); err != nil {
		return nil, err
	}
	if x.search, err = nameless(); err != nil {
		return nil, err
	}
	lines, search := bufio.NewWriterSize(x.lines, 256<<10), bufio.NewWriterSize(x.search, 256<<10)
	known, resources := map[string]int32{}, []string{}
	var at int64
	for f, err := range findings {
		if err != nil {
			return nil, err
		}
		line, err := json.Marshal(f)
		if err != nil {
			return nil, fmt.Errorf("indexing a finding: %w", err)
		}
		x.rows = append(x.rows, indexRow{at: at, print: printOf(f.Fingerprint), seen: f.Seen.At.UnixMicro(), place: int32(len(x.rows)), size: int32(len(line)),
			check: x.name(known, f.Check), account: x.name(known, f.Account), outcome: uint8(slices.Index(outcomes(), f.Outcome)), rank: int8(rankOf(f.Severity)), exposed: f.Exposed})
		resources = append(resources, f.Name+f.Resource)
		at += int64(len(line))
		if _, err := lines.Write(line); err != nil {
			return nil, fmt.Errorf("indexing a finding: %w", err)
		}
		if _, err := search.WriteString(searched(&f) + "\n"); err != nil {
			return nil, fmt.Errorf("indexing a finding: %w", err)
		}
	}
	x.sort(resources)
	return x, errors.Join(lines.Flush(), search.Flush())
}

// nameless makes a file that is gone when it is closed or the program ends.
func nameless() (*os.File, error) {
	f, err := os.CreateTemp("", "demarc-findings-*")
	if err != nil {
		return nil, fmt.Errorf("making an index: %w", err)
	}
	if err := os.Remove(f.Name()); err != nil {
		return nil, errors.Join(fmt.Errorf("making an index: %w", err), f.Close())
	}
	return f, nil
}

func (x *index) name(known map[string]int32, s string) int32 {
	id, ok := known[s]
	if !ok {
		id = int32(len(x.names))
		known[s] = id
		x.names = append(x.names, s)
	}
	return id
}

// sort puts the worst first, and makes the other orders.
func (x *index) sort(resources []string) {
	slices.SortStableFunc(x.rows, func(a, b indexRow) int {
		return cmp.Or(cmp.Compare(a.outcome, b.outcome), cmp.Compare(b.rank, a.rank), -compareBool(a.exposed, b.exposed))
	})
	for name, before := range map[string]func(a, b *indexRow) int{
		"check":    func(a, b *indexRow) int { return strings.Compare(x.names[a.check], x.names[b.check]) },
		"resource": func(a, b *indexRow) int { return strings.Compare(resources[a.place], resources[b.place]) },
		"seen":     func(a, b *indexRow) int { return cmp.Compare(b.seen, a.seen) },
	} {
		order := make([]int32, len(x.rows))
		for i := range order {
			order[i] = int32(i)
		}
		slices.SortStableFunc(order, func(a, b int32) int { return before(&x.rows[a], &x.rows[b]) })
		x.orders[name] = order
	}
}

func compareBool(a, b bool) int {
	switch {
	case a == b:
		return 0
	case a:
		return 1
	}
	return -1
}

// page gives the findings of a view from number from on, at most most of them,
// and how many the view holds.
func (x *index) page(f findingFilter, from, most int) (rows []check.Finding, found int, err error) {
	var says []bool
	if f.Text != "" {
		if says, err = x.saying(f.Text); err != nil {
			return nil, 0, err
		}
	}
	accounts := make([]bool, len(x.names))
	for i, name := range x.names {
		accounts[i] = f.Service == "" || f.ofService(name)
	}
	order := x.orders[f.Sort]
	for i := range x.rows {
		r := &x.rows[i]
		if order != nil {
			r = &x.rows[order[i]]
		}
		if f.Check != "" && x.names[r.check] != f.Check || f.Account != "" && x.names[r.account] != f.Account || !accounts[r.account] ||
			f.Outcome != "" && string(outcomes()[r.outcome]) != f.Outcome || f.Severity != "" && rankOf(check.Severity(f.Severity)) != int(r.rank) || says != nil && !says[r.place] {
			continue
		}
		if found++; found > from && len(rows) < most {
			row, err := x.read(r)
			if err != nil {
				return nil, 0, err
			}
			rows = append(rows, row)
		}
	}
	return rows, found, nil
}

// saying tells of each finding, as they came, whether it holds the text.
func (x *index) saying(text string) ([]bool, error) {
	out, sought := make([]bool, 0, len(x.rows)), []byte(text)
	in := bufio.NewReaderSize(io.NewSectionReader(x.search, 0, 1<<62), 1<<20)
	for range x.rows {
		line, err := in.ReadSlice('\n')
		if errors.Is(err, bufio.ErrBufferFull) { // longer than any name: look at it whole
			rest, more := in.ReadBytes('\n')
			line, err = append(bytes.Clone(line), rest...), more
		}
		if err != nil {
			return nil, fmt.Errorf("searching findings: %w", err)
		}
		out = append(out, bytes.Contains(line, sought))
	}
	return out, nil
}

// find gives the finding with the fingerprint.
func (x *index) find(fingerprint string) (f check.Finding, ok bool, err error) {
	sought := printOf(fingerprint)
	for i := range x.rows {
		if x.rows[i].print != sought {
			continue
		}
		if f, err = x.read(&x.rows[i]); err != nil || f.Fingerprint == fingerprint {
			return f, err == nil, err
		}
	}
	return check.Finding{}, false, nil
}

func (x *index) read(r *indexRow) (f check.Finding, err error) {
	line := make([]byte, r.size)
	if _, err := x.lines.ReadAt(line, r.at); err != nil {
		return f, fmt.Errorf("reading a finding: %w", err)
	}
	if err := json.Unmarshal(line, &f); err != nil {
		return f, fmt.Errorf("reading a finding: %w", err)
	}
	return f, nil
}

// printOf gives the beginning of a fingerprint as a number.
func printOf(fingerprint string) (n uint64) {
	data, err := hex.DecodeString(fingerprint[:min(16, len(fingerprint))])
	if err != nil {
		return 0
	}
	for _, b := range data {
		n = n<<8 | uint64(b)
	}
	return n
}
