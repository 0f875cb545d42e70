// SPDX-License-Identifier: Apache-2.0

package app

import (
	"fmt"
	"strconv"
	"strings"

	"demarc.dev/demarc/app/report"
	"demarc.dev/demarc/problem"
	"demarc.dev/demarc/remediation"
)

// WhatIf says what the assessment would say if some actions of its plan were
// done. A word best:N stands for the N actions that change most together.
func WhatIf(g report.Gap, words []string) (remediation.Outlook, error) {
	var ids []string
	for _, w := range words {
		count, ok := strings.CutPrefix(w, "best:")
		if !ok {
			ids = append(ids, w)
			continue
		}
		n, err := strconv.Atoi(count)
		if err != nil || n < 1 {
			return remediation.Outlook{}, problem.New(problem.Usage, fmt.Sprintf("%q names no number of actions", w), "best:5")
		}
		ids = append(ids, remediation.Best(g.Assessment, g.Plan, n)...)
	}
	return remediation.WhatIf(g.Assessment, g.Plan, ids)
}
