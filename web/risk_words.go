// SPDX-License-Identifier: Apache-2.0

package web

import (
	"strconv"
	"strings"

	"demarc.dev/demarc/risk"
	"demarc.dev/demarc/scope"
)

func ownServiceOptions(sc *scope.Scope) []option {
	out := []option{{"", "the organisation as a whole"}}
	for _, v := range sc.Services {
		out = append(out, option{v.ID, v.Name})
	}
	return out
}

func stateOptions() []option {
	out := []option{{"", "all states"}}
	for _, s := range risk.States() {
		out = append(out, option{string(s), string(s)})
	}
	return out
}

func bandOptions(m risk.Method) []option {
	out := []option{{"", "all bands"}}
	for _, b := range m.Bands {
		out = append(out, option{b.Name, b.Name})
	}
	return out
}

func formatOptions(formats []string) []option {
	var out []option
	for _, f := range formats {
		out = append(out, option{f, strings.ToUpper(f)})
	}
	return out
}

// viewTitle says which rating a heat map is of.
func viewTitle(v risk.View) string {
	switch v {
	case risk.ViewInherent:
		return "Without any control"
	case risk.ViewCurrent:
		return "With the controls as they are"
	}
	return "Once the treatment is done"
}

// bandClass gives the colour of a rating: the lowest band is calm, the highest
// bad, whatever the firm calls them.
func bandClass(m risk.Method, likelihood, consequence int) string {
	step, of := m.Severity(risk.Rating{Likelihood: likelihood, Consequence: consequence})
	switch {
	case step <= 1:
		return "band-low"
	case step == of:
		return "band-top"
	case step == of-1:
		return "band-high"
	}
	return "band-mid"
}

func stateClass(s risk.State) string {
	switch s {
	case risk.Accepted:
		return "s-satisfied"
	case risk.Treating, risk.Proposed:
		return "s-partly"
	case risk.Assessed, risk.Stale:
		return "s-not-satisfied"
	case risk.Identified:
		return "s-unknown"
	}
	return "s-not-applicable"
}

func stateSign(s risk.State) string {
	switch s {
	case risk.Accepted:
		return "✓"
	case risk.Treating, risk.Proposed:
		return "◐"
	case risk.Assessed, risk.Stale:
		return "✕"
	case risk.Identified:
		return "?"
	}
	return "–"
}

// cellSaid says which cell of a heat map the view is of.
func cellSaid(cell string) string {
	parts := strings.Split(cell, "-")
	if len(parts) != 3 {
		return ""
	}
	return ", those at " + parts[1] + " × " + parts[2] + " " + strings.ToLower(viewTitle(risk.View(parts[0])))
}

// digits writes a step of a scale for a form; none is empty.
func digits(n int) string {
	if n == 0 {
		return ""
	}
	return strconv.Itoa(n)
}
