// SPDX-License-Identifier: Apache-2.0

package web

import (
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"demarc.dev/demarc/app"
	"demarc.dev/demarc/assess"
	"demarc.dev/demarc/check"
)

// number writes thousands apart.
func number[N int | int64](n N) string {
	s := strconv.FormatInt(int64(n), 10)
	for i := len(s) - 3; i > 0 && s[i-1] != '-'; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// plural writes a number with the noun that it counts.
func plural(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return number(n) + " " + many
}

// day and moment write times as the papers do; a time that is none is said.
func day(t time.Time) string { return when(t, "2 January 2006") }

func moment(t time.Time) string { return when(t, "2 January 2006, 15:04 UTC") }

func when(t time.Time, form string) string {
	if t.IsZero() {
		return "not known"
	}
	return t.UTC().Format(form)
}

// words writes an identifier as words: "not-satisfied" → "not satisfied".
func words[S ~string](s S) string {
	return strings.NewReplacer("-", " ", "_", " ").Replace(string(s))
}

// capital begins s with a capital letter.
func capital(s string) string {
	r, n := utf8.DecodeRuneInString(s)
	return strings.ToUpper(string(r)) + s[n:]
}

// or gives s, or the word for its absence.
func or[S ~string](s S, absence string) string {
	if s == "" {
		return absence
	}
	return string(s)
}

// cut shortens s to n runes.
func cut(s string, n int) string {
	s = strings.Join(strings.Fields(s), " ")
	if utf8.RuneCountInString(s) <= n {
		return s
	}
	return string([]rune(s)[:n-1]) + "…"
}

// percent gives a share in tenths of a percent, rounded down: nothing is said
// to be complete that is not.
func percent(part, whole int) string {
	if whole == 0 {
		return "none asked"
	}
	tenths := part * 1000 / whole
	return fmt.Sprintf("%d.%d %%", tenths/10, tenths%10)
}

// statusSign gives the sign that stands before a status, so that no status is
// told by colour alone.
func statusSign(s assess.Status) string {
	switch s {
	case assess.NotSatisfied:
		return "✕"
	case assess.Partly:
		return "◐"
	case assess.Unknown:
		return "?"
	case assess.Accepted:
		return "△"
	case assess.Satisfied:
		return "✓"
	case assess.Inherited:
		return "↧"
	}
	return "–"
}

// countOf gives how many answers of c have the status.
func countOf(c assess.Counts, s assess.Status) int {
	switch s {
	case assess.NotSatisfied:
		return c.NotSatisfied
	case assess.Partly:
		return c.Partly
	case assess.Unknown:
		return c.Unknown
	case assess.Accepted:
		return c.Accepted
	case assess.Satisfied:
		return c.Satisfied
	case assess.Inherited:
		return c.Inherited
	}
	return c.NotApplicable
}

// outcomeSign gives the sign that stands before an outcome.
func outcomeSign(o check.Outcome) string {
	switch o {
	case check.Pass:
		return "✓"
	case check.Fail:
		return "✕"
	case check.Unknown:
		return "?"
	case check.Error:
		return "!"
	}
	return "–"
}

// outcomeWord writes an outcome as a word.
func outcomeWord(o check.Outcome) string {
	if o == check.NotApplicable {
		return "not applicable"
	}
	return string(o)
}

// outcomes lists them, the worst first.
func outcomes() []check.Outcome { return app.Outcomes() }

// severities lists them, the worst first.
func severities() []check.Severity {
	return []check.Severity{check.Critical, check.High, check.Medium, check.Low}
}

// bars lists the statuses from good to bad, as they stand in a bar.
func barOrder() []assess.Status {
	return []assess.Status{assess.Satisfied, assess.Inherited, assess.Accepted, assess.Partly, assess.Unknown, assess.NotSatisfied, assess.NotApplicable}
}

// piece is a part of a bar, in hundredths of its width.
type piece struct {
	Status assess.Status
	Count  int
	X, W   string
}

// pieces divides a bar by the counts.
func pieces(c assess.Counts) []piece {
	var out []piece
	before := 0
	for _, s := range barOrder() {
		n := countOf(c, s)
		if n == 0 {
			continue
		}
		out = append(out, piece{Status: s, Count: n, X: share(before, c.Total), W: share(n, c.Total)})
		before += n
	}
	return out
}

func share(part, whole int) string {
	if whole == 0 {
		return "0%"
	}
	return strconv.FormatFloat(float64(part)*100/float64(whole), 'f', 3, 64) + "%"
}

// said writes counts as a sentence, for who cannot see a bar.
func said(c assess.Counts) string {
	var out []string
	for _, s := range barOrder() {
		if n := countOf(c, s); n > 0 {
			out = append(out, number(n)+" "+words(s))
		}
	}
	if len(out) == 0 {
		return "no duties"
	}
	return strings.Join(out, ", ") + " of " + plural(c.Total, "duty", "duties")
}

// option is a word to choose.
type option struct{ Value, Name string }

// options makes words to choose of values; all is the name of choosing none.
func options[S ~string](all string, values []S) []option {
	var out []option
	if all != "" {
		out = append(out, option{"", all})
	}
	for _, v := range values {
		out = append(out, option{string(v), words(v)})
	}
	return out
}

// pips marks the weight of a severity.
func pips(s string) string {
	return strings.Repeat("●", app.Rank(check.Severity(s))) + strings.Repeat("○", 4-app.Rank(check.Severity(s)))
}

// number0 writes a number for an address.
func number0(n int64) string { return strconv.FormatInt(n, 10) }

// momentOr gives a moment, or a word when it has not come.
func momentOr(t time.Time, word string) string {
	if t.IsZero() {
		return word
	}
	return moment(t)
}
