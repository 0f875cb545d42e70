// SPDX-License-Identifier: Apache-2.0

package main

import (
	"archive/zip"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path"
	"strings"

	"github.com/spf13/cobra"

	"demarc.dev/demarc/app"
	"demarc.dev/demarc/problem"
)

// maxIssued bounds the body of an entry that says that a paper was issued.
const maxIssued = 64 << 10

// papersOf says which entry of a verified pack speaks of each paper: who holds
// a PDF learns that it is the one that was issued, and from which assessment.
func (e *env) papersOf(file *os.File, size int64, papers []string) error {
	pack, err := zip.NewReader(file, size)
	if err != nil {
		return fmt.Errorf("reading the pack: %w", err)
	}
	issued := map[string]string{}
	for _, f := range pack.File {
		if !strings.HasPrefix(f.Name, "bodies/") || path.Ext(f.Name) != ".json" || f.UncompressedSize64 > maxIssued {
			continue
		}
		if sum, says := issuedIn(f); sum != "" {
			issued[sum] = says
		}
	}
	fmt.Fprintln(e.stdout, "\nPapers")
	missing := 0
	for _, name := range papers {
		sum, err := sumOf(name)
		if err != nil {
			return err
		}
		says, ok := issued[sum]
		if !ok {
			missing++
			says = "no entry of the pack speaks of it: it was changed, or issued after the pack was made"
		}
		fmt.Fprintf(e.stdout, "  %s  sha256 %s\n      %s\n", name, sum, says)
	}
	if missing > 0 {
		return problem.New(problem.Integrity, count(missing, "paper is", "papers are")+" not in the pack", "ask for the paper and the pack anew")
	}
	return nil
}

func sumOf(name string) (string, error) {
	f, err := os.Open(name)
	if err != nil {
		return "", fileProblem(name, err)
	}
	defer f.Close()
	sum := sha256.New()
	if _, err := io.Copy(sum, f); err != nil {
		return "", fileProblem(name, err)
	}
	return hex.EncodeToString(sum.Sum(nil)), nil
}

// issuedBody is the body of a report.issued entry.
type issuedBody struct {
	Report, Format, Service, Run, SHA256 string
	Bytes                                int64
}

func issuedIn(f *zip.File) (sum, says string) {
	r, err := f.Open()
	if err != nil {
		return "", ""
	}
	defer r.Close()
	var b issuedBody
	if json.NewDecoder(io.LimitReader(r, maxIssued)).Decode(&b) != nil || b.Report == "" || b.SHA256 == "" {
		return "", ""
	}
	entry := strings.TrimLeft(strings.TrimSuffix(path.Base(f.Name), ".json"), "0")
	return b.SHA256, fmt.Sprintf("entry %s: %s, of assessment %s", or(entry, "0"), b.what(), b.Run)
}

func (b issuedBody) what() string {
	if b.Service != "" {
		return b.Report + " of " + b.Service + " as " + b.Format
	}
	return b.Report + " as " + b.Format
}

// issuedDetail says of an entry which paper it speaks of; "" for other entries.
func issuedDetail(ctx context.Context, a *app.App, c app.Caller, l app.LogEntry) (string, error) {
	if l.Kind != "report.issued" {
		return "", nil
	}
	r, err := a.Body(ctx, c, l.Index)
	if problem.Of(err) == problem.NotFound && err != nil {
		return "erased", nil
	}
	if err != nil {
		return "", err
	}
	defer r.Close()
	var b issuedBody
	if err := json.NewDecoder(io.LimitReader(r, maxIssued)).Decode(&b); err != nil || len(b.SHA256) < 16 {
		return "", nil // an entry of another version is shown without detail
	}
	return b.what() + ", sha256 " + b.SHA256[:16] + "…", nil
}

// newEntry shows what an entry speaks of.
func newEntry(e *env) *cobra.Command {
	var out string
	c := &cobra.Command{
		Use:     "body ENTRY",
		Short:   "Print what an entry speaks of: a record, a snapshot, findings, a conclusion",
		Example: "  demarc evidence body 12\n  demarc evidence body 3 --out snapshot.jsonl.zst",
		Args:    oneArg("the number of an entry", "demarc evidence log"),
		RunE: func(c *cobra.Command, args []string) error {
			index, err := entryNumber(args[0])
			if err != nil {
				return err
			}
			return e.with(c.Context(), true, func(a *app.App, caller app.Caller) error {
				r, err := a.Body(c.Context(), caller, index)
				if err != nil {
					return err
				}
				defer r.Close()
				return e.writeFile(or(out, "-"), func(w io.Writer) error { _, err := io.Copy(w, r); return err })
			})
		},
	}
	c.Flags().StringVar(&out, "out", "", "file; standard output when empty")
	return c
}
