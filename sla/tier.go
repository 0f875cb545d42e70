// SPDX-License-Identifier: Apache-2.0

package sla

import (
	"cmp"
	"fmt"
	"math/big"
	"regexp"
	"slices"
	"strings"
)

// Tier is a row of a table of credits. Of each end one bound is set at most; a
// bound of 0 is none.
type Tier struct {
	Below   Decimal `json:"below,omitzero"`   // per cent: less than
	AtMost  Decimal `json:"atMost,omitzero"`  // less than or equal to
	AtLeast Decimal `json:"atLeast,omitzero"` // greater than or equal to
	Above   Decimal `json:"above,omitzero"`   // greater than
	Credit  Decimal `json:"credit"`
	Days    bool    `json:"days,omitempty"` // the credit is days of service, not per cent of the fee
}

// top is the upper bound.
func (t Tier) top() Decimal { return max(t.Below, t.AtMost) }

// holds tells whether a value lies within the tier.
func (t Tier) holds(v *big.Rat) bool {
	return (t.Below == 0 || v.Cmp(t.Below.Rat()) < 0) && (t.AtMost == 0 || v.Cmp(t.AtMost.Rat()) <= 0) &&
		(t.AtLeast == 0 || v.Cmp(t.AtLeast.Rat()) >= 0) && (t.Above == 0 || v.Cmp(t.Above.Rat()) > 0)
}

// String writes the tier as ParseTier reads it.
func (t Tier) String() string {
	var bounds []string
	for _, b := range []struct {
		word  string
		value Decimal
	}{{"below", t.Below}, {"at most", t.AtMost}, {"at least", t.AtLeast}, {"above", t.Above}} {
		if b.value != 0 {
			bounds = append(bounds, b.word+" "+b.value.String())
		}
	}
	unit := " %"
	if t.Days {
		unit = " days"
	}
	return strings.Join(bounds, ", ") + ": " + t.Credit.String() + unit
}

// tierPart finds, in this order of a row: a word of comparison, a number, and
// what the number counts.
var tierPart = regexp.MustCompile(`(?i)(but\s+|and\s+)?(greater than or equal to|equal to or greater than|equals? or greater than|at least|no less than|not less than|or more|less than or equal to|equal to or less than|at most|up to|greater than|more than|above|over|less than|lower than|below|under|>=|=>|≥|<=|=<|≤|>|<|[-–—]|to\b)?\s*(\d{1,3}(?:[.,]\d{1,9})?)\s*(%|per\s?cent|percent|days?\b)?`)

var tierBounds = map[string]string{
	"greater than or equal to": "ge", "equal to or greater than": "ge", "equal or greater than": "ge", "equals or greater than": "ge", "at least": "ge", "no less than": "ge", "not less than": "ge", ">=": "ge", "=>": "ge", "≥": "ge",
	"less than or equal to": "le", "equal to or less than": "le", "at most": "le", "up to": "le", "<=": "le", "=<": "le", "≤": "le",
	"greater than": "gt", "more than": "gt", "above": "gt", "over": "gt", ">": "gt",
	"less than": "lt", "lower than": "lt", "below": "lt", "under": "lt", "<": "lt",
	"-": "to", "–": "to", "—": "to", "to": "to",
}

// ParseTier reads a row of a table of credits, as people and agreements write
// it: "below 99.9, at least 99.0: 10 %", "99.0% – < 99.9% | 10%", "< 95 % 50 %",
// "less than 99.0% but equal to or greater than 95.0%: 25%". The last number is
// the credit; a range without comparison is from the lower, to below the higher.
func ParseTier(row string) (Tier, error) {
	var t Tier
	wrong := fmt.Errorf("%q is no row of credits such as “below 99.9, at least 99.0: 10 %%”", short(strings.TrimSpace(row)))
	found := tierPart.FindAllStringSubmatch(strings.Join(strings.Fields(row), " "), 5)
	if len(found) < 2 || len(found) > 3 {
		return t, wrong
	}
	type bound struct {
		how   string
		value Decimal
	}
	var bounds []bound
	for i, f := range found {
		v, err := ParseDecimal(strings.ReplaceAll(f[3], ",", "."))
		if err != nil || v > Hundred {
			return t, wrong
		}
		how := tierBounds[strings.ToLower(f[2])]
		if i == len(found)-1 {
			if t.Credit, t.Days = v, strings.HasPrefix(strings.ToLower(f[4]), "day"); how != "" && how != "to" {
				return t, wrong
			}
			break
		}
		bounds = append(bounds, bound{how, v})
	}
	if len(bounds) == 2 && (bounds[0].how == "" || bounds[0].how == "to") { // a range: the first bound is the lower unless it is the higher
		switch second := bounds[1].how; {
		case bounds[0].value < bounds[1].value && (second == "to" || second == "" || second == "lt"):
			bounds[0].how, bounds[1].how = "ge", "lt"
		case bounds[0].value < bounds[1].value && second == "le":
			bounds[0].how = "ge"
		case second == "to" || second == "":
			bounds[0].how, bounds[1].how = "lt", "ge"
		default:
			return t, wrong
		}
	}
	for _, b := range bounds {
		into := map[string]*Decimal{"lt": &t.Below, "le": &t.AtMost, "ge": &t.AtLeast, "gt": &t.Above}[b.how]
		if into == nil || *into != 0 {
			return t, wrong
		}
		*into = b.value
	}
	if t.fault() != "" {
		return t, wrong
	}
	return t, nil
}

// fault tells what is wrong with a tier; empty: nothing.
func (t Tier) fault() string {
	switch {
	case t.top() == 0:
		return "it has no upper bound"
	case t.Below != 0 && t.AtMost != 0 || t.AtLeast != 0 && t.Above != 0:
		return "it has two bounds at one end"
	case t.top() > Hundred || t.Below < 0 || t.AtMost < 0 || t.AtLeast < 0 || t.Above < 0:
		return "a bound is no percentage"
	case max(t.AtLeast, t.Above) >= t.top():
		return "its lower bound is not below its upper"
	case t.Credit <= 0:
		return "its credit is nothing"
	case !t.Days && t.Credit > Hundred:
		return "its credit is above 100 %"
	}
	return ""
}

// sorted gives the tiers, the highest upper bound first.
func sorted(tiers []Tier) []Tier {
	return slices.SortedFunc(slices.Values(tiers), func(a, b Tier) int {
		return cmp.Or(cmp.Compare(b.top(), a.top()), cmp.Compare(b.AtMost, a.AtMost))
	})
}

// tierOf gives the tier of a measured value: of several that hold it, as in a
// table that names upper bounds only, the one with the lowest upper bound. ok is
// false when none does.
func tierOf(tiers []Tier, v *big.Rat) (Tier, bool) {
	for _, t := range slices.Backward(sorted(tiers)) {
		if t.holds(v) {
			return t, true
		}
	}
	return Tier{}, false
}
