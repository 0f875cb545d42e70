// SPDX-License-Identifier: Apache-2.0

package main

import (
	"demarc.dev/demarc/app"
	"demarc.dev/demarc/check"
	"demarc.dev/demarc/problem"
)

// textOrJSON refuses another word for --format.
func textOrJSON(format string) error {
	if format != "text" && format != "json" {
		return problem.New(problem.Usage, "--format knows no "+quote(format), "--format text or json")
	}
	return nil
}

// knownSeverity refuses another word for a flag that takes a severity; empty is
// none.
func knownSeverity(flag, word string) error {
	if word != "" && app.Rank(check.Severity(word)) == 0 {
		return problem.New(problem.Usage, flag+" knows no "+quote(word), flag+" low, medium, high or critical")
	}
	return nil
}
