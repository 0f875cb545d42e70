// SPDX-License-Identifier: Apache-2.0

package foreign

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"strings"
)

// prowlerCSV reads the CSV of Prowler 4 and 5: a head line, and semicolons.
func (p *parser) prowlerCSV() error {
	budget := &recordBudget{r: p.in.Reader, left: MaxRecord}
	in := csv.NewReader(budget)
	in.Comma, in.ReuseRecord = ';', true
	head, err := in.Read()
	if errors.Is(err, errRecord) {
		return invalid("line 1: the head line is longer than 16 MiB", "give the report as Prowler wrote it")
	}
	if err != nil {
		return p.csvFault(err)
	}
	at := map[string]int{}
	for i, name := range head {
		at[strings.ToUpper(strings.TrimSpace(name))] = i
	}
	for _, name := range []string{"CHECK_ID", "STATUS", "RESOURCE_UID"} {
		if _, ok := at[name]; !ok {
			hint := "give the report as Prowler wrote it; a spreadsheet changes it when it saves it"
			if len(head) == 1 {
				hint = "Prowler writes semicolons between the columns; a spreadsheet changes them when it saves it"
			}
			return invalid("line 1: the column "+name+" is missing", hint)
		}
	}
	p.known = true
	for p.stop == nil {
		start := in.InputOffset()
		budget.left = MaxRecord
		row, err := in.Read()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			if errors.Is(err, errRecord) {
				return invalid(fmt.Sprintf("line %d: a row is longer than %d MiB", p.in.lines.line(start), MaxRecord>>20), "a quotation mark is open: give the report as Prowler wrote it")
			}
			return p.csvFault(err)
		}
		line, _ := in.FieldPos(0)
		p.at = Place{Line: line, Offset: start + p.in.shift}
		p.prowlerRow(func(name string) string {
			if i, ok := at[name]; ok && i < len(row) {
				return row[i]
			}
			return ""
		})
	}
	return p.stop
}

func (p *parser) prowlerRow(column func(string) string) {
	word := func(name string) string { return p.words.keep([]byte(column(name)), MaxWord) }
	status := strings.ToUpper(column("STATUS"))
	r := &Result{Tool: "prowler", Version: word("PROWLER_VERSION"), Check: word("CHECK_ID"), Title: word("CHECK_TITLE"), Severity: severity(column("SEVERITY")),
		Message: prose(column("STATUS_EXTENDED")), Muted: strings.EqualFold(column("MUTED"), "true") || status == "MUTED", Seen: parseTime(column("TIMESTAMP"))}
	r.Outcome = map[string]Outcome{"PASS": Pass, "FAIL": Fail, "MUTED": Fail, "MANUAL": NotChecked}[status].or(Unknown)
	if link := word("REMEDIATION_RECOMMENDATION_URL"); strings.HasPrefix(link, "http") {
		r.Link = link
	}
	r.Resource = Resource{ID: word("RESOURCE_UID"), Name: word("RESOURCE_NAME"), Kind: word("RESOURCE_TYPE"), Provider: word("PROVIDER"), Account: word("ACCOUNT_UID"), Region: word("REGION")}
	p.give(r)
}

// recordBudget ends the input when one row takes too much of it: a quotation
// mark that is never closed must not take all memory.
type recordBudget struct {
	r    io.Reader
	left int
	err  error // of r
}

var errRecord = errors.New("a record is longer than the limit")

func (b *recordBudget) Read(p []byte) (int, error) {
	if b.left < 0 {
		return 0, errRecord
	}
	n, err := b.r.Read(p)
	b.left -= n
	if err != io.EOF {
		b.err = err
	}
	return n, err
}
