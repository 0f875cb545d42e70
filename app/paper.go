// SPDX-License-Identifier: Apache-2.0

package app

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"demarc.dev/demarc/app/report"
	"demarc.dev/demarc/document"
	"demarc.dev/demarc/problem"
)

// named tells that there is no paper in a format.
func named(paper, format string, formats []string) error {
	if slices.Contains(formats, format) {
		return nil
	}
	return problem.New(problem.Usage, fmt.Sprintf("there is no %s in the format %q", paper, format), "one of: "+strings.Join(formats, ", "))
}

// writeRecord writes a record as it is, for programs.
func writeRecord(w io.Writer, record any) error {
	data, err := json.MarshalIndent(record, "", "  ")
	return write(w, append(data, '\n'), err)
}

// issue writes what is issued to be read and signed, made of d: a paper, or for
// xlsx its workbook, and an entry about object with what it says, the format and
// the SHA-256. workbook may be nil where no format is one.
func issue[D any](ctx context.Context, a *App, c Caller, object, format string, says map[string]any, d D, paper func(D) document.Document, workbook func(D) document.Workbook, w io.Writer) error {
	sum := &summing{w: w, sum: sha256.New()}
	var err error
	if format == "xlsx" {
		err = writeWorkbook(sum, workbook(d))
	} else {
		err = writeDocument(sum, format, paper(d))
	}
	if err != nil {
		return err
	}
	says["format"] = format
	return a.issuedOf(ctx, c, object, says, sum)
}

// paperNames gives the words that papers of the programme carry.
func (a *App) paperNames(ctx context.Context, c Caller, words report.Paper, id string, about any) (report.Names, error) {
	data, err := json.Marshal(about)
	if err != nil {
		return report.Names{}, fmt.Errorf("reading what a paper is about: %w", err)
	}
	digest := sha256.Sum256(data)
	now := a.now().UTC()
	n := report.Names{Paper: a.words(Paper{Words: words}, id+"-"+now.Format(time.DateOnly)), Digest: hex.EncodeToString(digest[:]), At: now.Truncate(24 * time.Hour), People: map[string]string{}, Services: map[string]string{}}
	s, err := a.Scope(ctx, c)
	if err != nil {
		return n, err
	}
	n.Organisation = s.Organisation.Name
	for _, p := range s.People {
		n.People[p.ID] = p.Name
	}
	for _, v := range s.Services {
		n.Services[v.ID] = v.Name
	}
	return n, nil
}
