// SPDX-License-Identifier: Apache-2.0

package report

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"demarc.dev/demarc/catalogue"
	"demarc.dev/demarc/document"
	"demarc.dev/demarc/problem"
	"demarc.dev/demarc/responsibility"
)

func hashText(s string) string {
	sum := sha256.Sum256([]byte(s))
	return hex.EncodeToString(sum[:])
}

// EditedMatrix is what a sheet of a matrix workbook says after people edited
// it. It holds the lines only: parties, agreement and sign-off are not edited
// there.
type EditedMatrix struct {
	Service     string
	Edition     catalogue.Edition
	Version     int // of the matrix that the workbook was made from
	Sheet       string
	Allocations []responsibility.Allocation // in the order of the sheet
}

// ReadMatrices reads back a workbook that MatrixWorkbook made. name is what
// the file is called in messages. It tells every fault at once, with sheet, row
// and column. A row whose cells of both parties are empty is a duty that is not
// divided; a row may stand in any place and columns in any order.
func ReadMatrices(name string, data []byte) ([]EditedMatrix, error) {
	sheets, err := document.ReadWorkbook(name, data)
	if err != nil {
		return nil, err
	}
	r := &cellReader{name: name}
	var out []EditedMatrix
	for _, s := range sheets {
		if slices.Contains(s.Columns, colCustomer) && slices.Contains(s.Columns, colDuty) {
			out = append(out, r.sheet(s))
		}
	}
	switch {
	case len(r.faults) > 0:
		return nil, r.told()
	case len(out) == 0:
		return nil, problem.New(problem.Invalid, name+": no sheet holds a responsibility matrix", "make the workbook anew and edit that one")
	}
	return out, nil
}

// maxFaults is how many faults are told; more of them say nothing new.
const maxFaults = 50

// cellReader gathers the faults of a workbook.
type cellReader struct {
	name   string
	faults []string
}

func (r *cellReader) fault(format string, args ...any) {
	if len(r.faults) < maxFaults {
		r.faults = append(r.faults, fmt.Sprintf(format, args...))
	}
}

// told gives the faults as one problem.
func (r *cellReader) told() error {
	return problem.New(problem.Invalid, fmt.Sprintf("%s: %s", r.name, strings.Join(r.faults, "; ")), "mend these cells and read the workbook again")
}

func (r *cellReader) sheet(s document.SheetText) EditedMatrix {
	out := EditedMatrix{Sheet: s.Name}
	for _, want := range []string{colDuty, colCustomer, colProvider, colBasis, colService, colEdition, colVersion} {
		if !slices.Contains(s.Columns, want) {
			r.fault("sheet %q has no column %q", s.Name, want)
			return out
		}
	}
	seen := map[string]int{}
	for i, cells := range s.Rows {
		line := s.First + i
		get := func(title string) string {
			if k := slices.Index(s.Columns, title); k >= 0 {
				return cells[k]
			}
			return ""
		}
		if strings.Join(cells, "") == "" {
			continue
		}
		r.same(&out, s.Name, line, get)
		a := r.allocation(s.Name, line, get)
		if before, ok := seen[a.Duty]; ok {
			r.fault("sheet %q, row %d: duty %s stands in row %d already", s.Name, line, a.Duty, before)
		}
		seen[a.Duty] = line
		if a.Customer != "" {
			out.Allocations = append(out.Allocations, a)
		}
	}
	return out
}

// same holds the service, edition and version of a sheet together.
func (r *cellReader) same(out *EditedMatrix, sheet string, line int, get func(string) string) {
	version, err := strconv.Atoi(get(colVersion))
	if err != nil || version < 0 {
		r.fault("sheet %q, row %d, %q: %q is no version", sheet, line, colVersion, get(colVersion))
	}
	service, edition := get(colService), catalogue.Edition(get(colEdition))
	if out.Service == "" {
		out.Service, out.Edition, out.Version = service, edition, version
	}
	if service == "" || service != out.Service || edition != out.Edition || version != out.Version {
		r.fault("sheet %q, row %d: service, edition and version differ from the rows above", sheet, line)
	}
}

func (r *cellReader) allocation(sheet string, line int, get func(string) string) responsibility.Allocation {
	one := func(title string, options []string) string {
		word := strings.ToLower(get(title))
		if word != "" && !slices.Contains(options, word) {
			r.fault("sheet %q, row %d, %q: %q is none of %s", sheet, line, title, get(title), strings.Join(options, ", "))
		}
		return word
	}
	a := responsibility.Allocation{Duty: get(colDuty), Split: get(colSplit), CustomerOwner: get(colOwner), ProviderContact: get(colContact), Rationale: get(colRationale), Note: get(colNote),
		Customer: responsibility.Share(one(colCustomer, shareWords())), Provider: responsibility.Share(one(colProvider, shareWords())),
		Basis: responsibility.Basis{Kind: responsibility.BasisKind(one(colBasis, basisWords())), Reference: get(colReference)}}
	for _, e := range strings.Split(get(colEvidence), "\n") {
		if e = strings.TrimSpace(e); e != "" {
			a.Evidence = append(a.Evidence, e)
		}
	}
	switch {
	case a.Duty == "":
		r.fault("sheet %q, row %d: the duty is missing", sheet, line)
	case (a.Customer == "") != (a.Provider == ""):
		r.fault("sheet %q, row %d, duty %s: one party has a share and the other has none written; write %q where it does nothing", sheet, line, a.Duty, responsibility.None)
	case a.Customer != "" && a.Basis.Kind == "":
		r.fault("sheet %q, row %d, duty %s: the basis is missing", sheet, line, a.Duty)
	}
	return a
}
