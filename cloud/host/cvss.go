// SPDX-License-Identifier: Apache-2.0

package host

import (
	"math"
	"strings"
)

// cvssWord gives the rating of a CVSS 3 vector, empty when it is none. The base
// score is computed as FIRST specifies it for version 3.1 (first.org/cvss/v3.1,
// sections 5, 7 and 7.4), and rated by the scale of section 5.
func cvssWord(vector string) string {
	score, ok := cvssScore(vector)
	switch {
	case !ok:
		return ""
	case score >= 9:
		return "critical"
	case score >= 7:
		return "high"
	case score >= 4:
		return "medium"
	}
	return "low"
}

func cvssScore(vector string) (float64, bool) {
	m := map[string]string{}
	rest, ok := strings.CutPrefix(vector, "CVSS:3.")
	if !ok || len(rest) < 2 {
		return 0, false
	}
	for _, part := range strings.Split(rest[1:], "/") {
		if name, value, ok := strings.Cut(part, ":"); ok {
			m[name] = value
		}
	}
	changed := m["S"] == "C"
	weight := func(name string, values map[string]float64) float64 {
		w, known := values[m[name]]
		ok = ok && known
		return w
	}
	impact := map[string]float64{"H": 0.56, "L": 0.22, "N": 0}
	base := 1 - (1-weight("C", impact))*(1-weight("I", impact))*(1-weight("A", impact))
	privilege := map[string]float64{"N": 0.85, "L": 0.62, "H": 0.27}
	if changed {
		privilege = map[string]float64{"N": 0.85, "L": 0.68, "H": 0.5}
	}
	exploit := 8.22 * weight("AV", map[string]float64{"N": 0.85, "A": 0.62, "L": 0.55, "P": 0.2}) * weight("AC", map[string]float64{"L": 0.77, "H": 0.44}) *
		weight("PR", privilege) * weight("UI", map[string]float64{"N": 0.85, "R": 0.62})
	if !ok || m["S"] != "U" && !changed {
		return 0, false
	}
	total := 6.42 * base
	if changed {
		total = 7.52*(base-0.029) - 3.25*math.Pow(base-0.02, 15)
	}
	if total <= 0 {
		return 0, true
	}
	sum := total + exploit
	if changed {
		sum *= 1.08
	}
	return roundUp(math.Min(sum, 10)), true
}

// roundUp rounds up to one decimal as the specification's appendix A does.
func roundUp(score float64) float64 {
	n := int(math.Round(score * 100000))
	if n%10000 == 0 {
		return float64(n) / 100000
	}
	return (math.Floor(float64(n)/10000) + 1) / 10
}
