// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"strconv"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"demarc.dev/demarc/app"
	"demarc.dev/demarc/evidence"
	"demarc.dev/demarc/problem"
)

func newEvidence(e *env) *cobra.Command {
	c := &cobra.Command{
		Use:   "evidence",
		Short: "The log of what was seen, concluded and said; and the proof that it was not changed",
		Long: `Every record changes together with an entry of a signed, append-only log. Verify
needs no store, no network and no trust in whoever made the pack: only the public
key, which must reach you by another way than the pack.`,
		Args: noArgs,
		RunE: func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	c.AddCommand(newVerify(e), newLog(e), newEntry(e), newReceipt(e), newCheckpoint(e), newKey(e), newLogVerify(e))
	return c
}

type verifyFlags struct {
	key, earlier, format string
	papers               []string
	firstUse             bool
}

func newVerify(e *env) *cobra.Command {
	var f verifyFlags
	c := &cobra.Command{
		Use:   "verify PACK",
		Short: "Verify an evidence pack, a receipt or a checkpoint, offline",
		Long: `Says line by line what the file proves and what it does not. A byte that was
changed anywhere is named, and the exit code is 4.

--key takes the public key, or the file that holds it. Without one, only
--trust-on-first-use takes the word of the pack itself, and the verdict says so.`,
		Example: "  demarc evidence verify evidence-pack.zip --key evidence-pack.key\n  demarc evidence verify evidence-pack.zip --key evidence-pack.key --paper gap-report.pdf\n  demarc evidence verify receipt-12.tlog-proof --key evidence-pack.key",
		Args:    oneArg("a pack, a receipt or a checkpoint", "demarc report evidence-pack --out evidence-pack.zip makes one"),
		RunE:    func(c *cobra.Command, args []string) error { return e.verify(c.Context(), args[0], f) },
	}
	c.Flags().StringVar(&f.key, "key", e.get("DEMARC_KEY"), "public key of the log, or a file with it (environment: DEMARC_KEY)")
	c.Flags().StringVar(&f.earlier, "earlier", "", "a checkpoint that you kept: the log must have grown out of it")
	c.Flags().StringSliceVar(&f.papers, "paper", nil, "papers that you were handed: says which entry of the pack speaks of each")
	c.Flags().StringVar(&f.format, "format", "text", "text or json")
	c.Flags().BoolVar(&f.firstUse, "trust-on-first-use", false, "take the key from the pack itself")
	return c
}

func (e *env) verify(ctx context.Context, name string, f verifyFlags) error {
	if err := textOrJSON(f.format); err != nil {
		return err
	}
	key, err := e.keyOf(f.key)
	if err != nil {
		return err
	}
	file, err := os.Open(name)
	if err != nil {
		return fileProblem(name, err)
	}
	defer file.Close()
	head := make([]byte, 2)
	if n, _ := io.ReadFull(file, head); n < 2 || string(head) != "PK" {
		return e.verifyNote(name, key, f)
	}
	info, err := file.Stat()
	if err != nil {
		return fileProblem(name, err)
	}
	o := evidence.VerifyOptions{Key: key, TrustOnFirstUse: f.firstUse && key == ""}
	if f.earlier != "" {
		if o.Earlier, err = e.readFile(f.earlier); err != nil {
			return err
		}
	}
	report, err := evidence.VerifyPack(ctx, file, info.Size(), o)
	if err != nil {
		return verifyProblem(name, err)
	}
	if err := e.printVerdict(name, report, f.format); err != nil || len(f.papers) == 0 {
		return err
	}
	return e.papersOf(file, info.Size(), f.papers)
}

func (e *env) printVerdict(name string, r *evidence.PackReport, format string) error {
	if format == "json" {
		if err := e.printJSON(r); err != nil {
			return err
		}
	} else {
		fmt.Fprintf(e.stdout, "%s\nkey %s\n\n%s", name, or(r.Key, "none"), r.Text())
	}
	if !r.OK() {
		return problem.New(problem.Integrity, fmt.Sprintf("%s does not verify: %s", name, count(len(r.Faults)+r.Unlisted, "fault", "faults")), "ask for the pack anew, and keep this one as it is")
	}
	return nil
}

func verifyProblem(name string, err error) error {
	switch {
	case errors.Is(err, evidence.ErrNoKey):
		return problem.New(problem.Usage, "a pack cannot vouch for the key that it was signed with", "--key FILE with the key that you got from the organisation by another way; --trust-on-first-use takes the pack's own word")
	case errors.Is(err, context.Canceled):
		return err
	}
	return problem.New(problem.Invalid, name+": "+err.Error(), "check the key and the file").Wrap(err)
}

// verifyNote verifies a receipt or a checkpoint.
func (e *env) verifyNote(name, key string, f verifyFlags) error {
	if key == "" {
		return verifyProblem(name, evidence.ErrNoKey)
	}
	data, err := e.readFile(name)
	if err != nil {
		return err
	}
	if strings.HasPrefix(string(data), "c2sp.org/tlog-proof") {
		r, err := evidence.VerifyReceipt(data, key)
		if err != nil {
			return problem.New(problem.Integrity, name+" does not verify: "+err.Error(), "ask for the receipt anew").Wrap(err)
		}
		h, err := r.Entry.Header()
		if err != nil {
			return problem.New(problem.Integrity, name+" does not verify: "+err.Error(), "").Wrap(err)
		}
		fmt.Fprintf(e.stdout, "receipt      ok  entry %d of a log of %d entries\n  %s  %s  %s\n  SHA-256 of its body: %x\n\nIt proves that this entry stands in the log under a head that the key signed.\nIt does not prove that what was recorded is true, or that the clock was right.\n", r.Entry.Index, r.Head.Size, h.Time.Format("2006-01-02 15:04:05 UTC"), h.Kind, h.Object, h.CT)
		return nil
	}
	if !bytes.Contains(data, []byte("\n\n\u2014 ")) {
		return problem.New(problem.Invalid, name+" is no pack, no receipt and no checkpoint", "a pack is a zip file; a receipt begins with c2sp.org/tlog-proof; a checkpoint is a signed note")
	}
	h, err := evidence.OpenCheckpoint(data, key)
	if err != nil {
		return problem.New(problem.Integrity, name+" does not verify: "+err.Error(), "ask for the checkpoint anew").Wrap(err)
	}
	fmt.Fprintf(e.stdout, "checkpoint   ok  %s, %s, root %x\n", h.Origin, count(int(h.Size), "entry", "entries"), h.Root[:])
	return nil
}

// keyOf reads --key: the key itself, or a file with it.
func (e *env) keyOf(s string) (string, error) {
	if s == "" {
		return "", nil
	}
	text := []byte(s)
	if _, err := os.Stat(s); err == nil {
		if text, err = e.readFile(s); err != nil {
			return "", err
		}
	} else if !strings.Contains(s, "+") {
		return "", fileProblem(s, err)
	}
	key, err := evidence.ParseKey(text)
	if err != nil {
		return "", problem.New(problem.Invalid, "--key: "+err.Error(), "demarc evidence key prints one").Wrap(err)
	}
	return key, nil
}

func newLog(e *env) *cobra.Command {
	var from, to int64
	var format string
	c := &cobra.Command{
		Use:     "log",
		Short:   "List the entries of the log",
		Example: "  demarc evidence log\n  demarc evidence log --from 10 --to 20 --format json",
		Args:    noArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			if err := textOrJSON(format); err != nil {
				return err
			}
			return e.with(c.Context(), true, func(a *app.App, caller app.Caller) error {
				table := tabwriter.NewWriter(e.stdout, 0, 0, 2, ' ', 0)
				lines := json.NewEncoder(e.stdout)
				if format == "text" {
					fmt.Fprintln(table, "ENTRY\tTIME\tKIND\tOBJECT\tBY\tDETAIL")
				}
				for l, err := range a.Log(c.Context(), caller, from, to) {
					if err != nil {
						return err
					}
					if format == "json" {
						if err := lines.Encode(l); err != nil {
							return err
						}
						continue
					}
					detail, err := issuedDetail(c.Context(), a, caller, l)
					if err != nil {
						return err
					}
					fmt.Fprintf(table, "%d\t%s\t%s\t%s\t%s\t%s\n", l.Index, l.Time.Format("2006-01-02 15:04:05"), l.Kind, l.Object, or(string(l.Person), l.Actor), detail)
				}
				return table.Flush()
			})
		},
	}
	c.Flags().Int64Var(&from, "from", 0, "first entry")
	c.Flags().Int64Var(&to, "to", math.MaxInt64, "the entry after the last")
	c.Flags().StringVar(&format, "format", "text", "text or json")
	return c
}

// entryNumber reads the number of an entry of the log.
func entryNumber(arg string) (int64, error) {
	index, err := strconv.ParseInt(arg, 10, 64)
	if err != nil || index < 0 {
		return 0, problem.New(problem.Usage, quote(arg)+" is no number of an entry", "demarc evidence log")
	}
	return index, nil
}

func newReceipt(e *env) *cobra.Command {
	var out string
	c := &cobra.Command{
		Use:     "receipt ENTRY",
		Short:   "Print the proof that an entry stands in the log, to be kept by somebody else",
		Example: "  demarc evidence receipt 12 --out receipt-12.tlog-proof",
		Args:    oneArg("the number of an entry", "demarc evidence log"),
		RunE: func(c *cobra.Command, args []string) error {
			index, err := entryNumber(args[0])
			if err != nil {
				return err
			}
			return e.with(c.Context(), false, func(a *app.App, caller app.Caller) error {
				r, err := a.Receipt(c.Context(), caller, index)
				if err != nil {
					return err
				}
				return e.writeFile(or(out, "-"), func(w io.Writer) error { _, err := w.Write(r); return err })
			})
		},
	}
	c.Flags().StringVar(&out, "out", "", "file; standard output when empty")
	return c
}

func newCheckpoint(e *env) *cobra.Command {
	var out string
	c := &cobra.Command{
		Use:     "checkpoint",
		Short:   "Print the signed head of the log; keep it, and hold later packs against it",
		Example: "  demarc evidence checkpoint --out 2026-11.checkpoint",
		Args:    noArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			return e.with(c.Context(), false, func(a *app.App, caller app.Caller) error {
				cp, err := a.Checkpoint(c.Context(), caller)
				if err != nil {
					return err
				}
				return e.writeFile(or(out, "-"), func(w io.Writer) error { _, err := w.Write(cp); return err })
			})
		},
	}
	c.Flags().StringVar(&out, "out", "", "file; standard output when empty")
	return c
}

func newKey(e *env) *cobra.Command {
	return &cobra.Command{
		Use:   "key",
		Short: "Print the public key of the log: hand it over by another way than the pack",
		Args:  noArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			return e.with(c.Context(), true, func(a *app.App, caller app.Caller) error {
				key, err := a.PublicKey(c.Context(), caller)
				if err == nil {
					fmt.Fprintln(e.stdout, key)
				}
				return err
			})
		},
	}
}

func newLogVerify(e *env) *cobra.Command {
	return &cobra.Command{
		Use:   "check",
		Short: "Check the store itself: every entry, record and file against the log",
		Args:  noArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			return e.with(c.Context(), true, func(a *app.App, caller app.Caller) error {
				v, err := a.VerifyLog(c.Context(), caller)
				if err != nil {
					return err
				}
				fmt.Fprintf(e.stdout, "%s: %s (%d under a signed head), %s, %s (%d in files, %d erased)\n", v.Origin, count(int(v.Size), "entry", "entries"), v.Signed,
					count(int(v.Records), "record", "records"), count(int(v.Bodies), "body", "bodies"), v.Blobs, v.Erased)
				for _, f := range v.Faults {
					fmt.Fprintf(e.stdout, "  %s: %s\n", f.Part, f.What)
				}
				return v.Err()
			})
		},
	}
}
