// SPDX-License-Identifier: Apache-2.0

package export

import (
	"encoding/csv"
	"strconv"
	"strings"

	"demarc.dev/demarc/check"
)

// csvColumns are the columns, in order. A column is only ever added at the end.
func csvColumns() []string {
	return []string{"check", "title", "outcome", "severity", "message", "resource", "name", "kind", "native", "provider", "source", "account", "region", "tenant",
		"exposed", "exception", "fields", "duties", "fix", "seen_at", "seen_call", "raw_sha256", "fingerprint"}
}

type csvWriter struct {
	*base
	rows *csv.Writer
}

func newCSV(b *base) (*csvWriter, error) {
	w := &csvWriter{base: b, rows: csv.NewWriter(b.out)}
	return w, w.rows.Write(csvColumns())
}

// Write is part of Writer.
func (w *csvWriter) Write(f check.Finding) error {
	c, _, _ := w.check(f.Check)
	duties := make([]string, len(c.Proves))
	for i, p := range c.Proves {
		duties[i] = p.Duty
	}
	row := []string{f.Check, c.Title, string(f.Outcome), string(f.Severity), f.Message, f.Resource, f.Name, string(f.Kind), f.Native, f.Provider, f.Source, f.Account, f.Region, f.Tenant,
		strconv.FormatBool(f.Exposed), f.Exception, strings.Join(f.Fields, " "), strings.Join(duties, " "), fix(c.Fix), stamp(f.Seen.At), f.Seen.Call, f.Raw, f.Fingerprint}
	for i := range row {
		row[i] = guard(row[i])
	}
	return w.rows.Write(row)
}

// guard keeps a spreadsheet from taking a cell for a formula: names of resources
// and tags are written by others. A cell that begins like one, perhaps after
// spaces, gets an apostrophe before it.
func guard(cell string) string {
	if cell == "" {
		return cell
	}
	switch cell[0] {
	case '\t', '\r', '\n':
		return "'" + cell
	}
	if begin := strings.TrimLeft(cell, " \u00a0\ufeff"); begin != "" {
		switch []rune(begin)[0] {
		case '=', '+', '-', '@', '＝', '＋', '－', '＠', '|', '%', '\t', '\r', '\n':
			return "'" + cell
		}
	}
	return cell
}

// Close is part of Writer.
func (w *csvWriter) Close() error {
	w.rows.Flush()
	if err := w.rows.Error(); err != nil {
		return err
	}
	return w.out.Flush()
}
