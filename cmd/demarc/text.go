// SPDX-License-Identifier: Apache-2.0

package main

import (
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/spf13/cobra"

	"demarc.dev/demarc/problem"
)

// width is the column at which words for the terminal wrap.
const width = 88

// wrap breaks s at blanks into lines that begin with indent and end before width.
func wrap(s, indent string) string {
	var lines []string
	line := indent
	for _, word := range strings.Fields(s) {
		switch {
		case line == indent:
			line += word
		case utf8.RuneCountInString(line)+1+utf8.RuneCountInString(word) > width:
			lines = append(lines, line)
			line = indent + word
		default:
			line += " " + word
		}
	}
	return strings.Join(append(lines, line), "\n")
}

// oneArg demands exactly one word; what says which, hint what to type next.
func oneArg(what, hint string) cobra.PositionalArgs {
	return func(c *cobra.Command, args []string) error {
		switch len(args) {
		case 1:
			return nil
		case 0:
			return problem.New(problem.Usage, c.CommandPath()+" needs "+what, hint)
		}
		return problem.New(problem.Usage, c.CommandPath()+" takes one argument, not "+quote(strings.Join(args, " ")), hint)
	}
}

// count writes a number with the noun that it counts.
func count(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return number(n) + " " + many
}

// number writes thousands apart.
func number(n int) string {
	s := strconv.Itoa(n)
	for i := len(s) - 3; i > 0 && s[i-1] != '-'; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

func or(s, other string) string {
	if s == "" {
		return other
	}
	return s
}

// cut shortens s to n runes, at the end.
func cut(s string, n int) string {
	s = strings.Join(strings.Fields(s), " ")
	if utf8.RuneCountInString(s) <= n {
		return s
	}
	return string([]rune(s)[:n-1]) + "…"
}
