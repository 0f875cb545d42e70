// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"io"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"
)

// figure is one row of the table.
type figure struct {
	bench  string
	what   string
	ours   string
	peer   string // with its name; empty without one
	ratio  string
	target string
	met    string // "met", "missed", "not measured", or empty for a row that only tells
	note   string // printed below the table
}

// limit says whether value is at most, or at least, a limit.
func limit(ok bool) string {
	if ok {
		return "met"
	}
	return "missed"
}

func unmeasured(what, target, why string) figure {
	return figure{what: what, target: target, met: "not measured", note: why}
}

// print writes the table, and below it the notes by their numbers.
func print(w io.Writer, figures []figure) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "bench\tfigure\tDemarc\tpeer\tratio\ttarget\tmet?")
	fmt.Fprintln(t, "-----\t------\t------\t----\t-----\t------\t----")
	var notes []string
	for _, f := range figures {
		met := f.met
		if f.note != "" {
			notes = append(notes, f.note)
			met = strings.TrimSpace(met + " [" + strconv.Itoa(len(notes)) + "]")
		}
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s\t%s\t%s\n", f.bench, dash(f.what), dash(f.ours), dash(f.peer), dash(f.ratio), dash(f.target), dash(met))
	}
	if err := t.Flush(); err != nil {
		return err
	}
	for i, n := range notes {
		if _, err := fmt.Fprintf(w, "\n[%d] %s", i+1, n); err != nil {
			return err
		}
	}
	_, err := fmt.Fprintln(w)
	return err
}

func dash(s string) string {
	if s == "" {
		return "–"
	}
	return s
}

// The forms of numbers. Three digits are as many as a shared machine repeats.

func perSecond(n float64) string {
	switch {
	case n >= 1e6:
		return fmt.Sprintf("%.2f M/s", n/1e6)
	case n >= 1e4:
		return fmt.Sprintf("%.1f k/s", n/1e3)
	}
	return fmt.Sprintf("%.0f/s", n)
}

func mebibytes(n int64) string { return fmt.Sprintf("%d MiB", (n+1<<19)>>20) }

func seconds(d time.Duration) string {
	if d < time.Second {
		return fmt.Sprintf("%.0f ms", float64(d)/float64(time.Millisecond))
	}
	return fmt.Sprintf("%.2f s", d.Seconds())
}

func times(r float64) string { return fmt.Sprintf("%.2f×", r) }
