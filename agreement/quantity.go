// SPDX-License-Identifier: Apache-2.0

package agreement

import (
	"strconv"
	"strings"
)

// Unit is what a number counts.
type Unit string

// The units. A business day and a calendar day are not the same promise.
const (
	Minute      Unit = "min"
	Hour        Unit = "h"
	BusinessDay Unit = "bd"
	Day         Unit = "d"
	Week        Unit = "w"
	Month       Unit = "mo"
	Year        Unit = "y"
	Percent     Unit = "%"
	PerYear     Unit = "/y"
	Money       Unit = "money"
)

// Quantity is a number of an agreement with its unit, what it is for, and who
// must keep it.
type Quantity struct {
	Value      float64 `json:"value"`
	Unit       Unit    `json:"unit"`
	Role       string  `json:"role,omitempty"`       // notice, deletion, availability …: that of the requirement
	Comparator string  `json:"comparator,omitempty"` // <=, >= or empty
	Owner      Role    `json:"owner,omitempty"`      // who must keep it
	Raw        string  `json:"raw"`                  // verbatim
	From       int     `json:"from"`                 // bytes of the document's text
	To         int     `json:"to"`
	first      int     // token of the unit
	last       int
	lasting    bool // "for 30 days": how long, not by when
}

var numberWords = map[string]float64{"one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9, "ten": 10,
	"eleven": 11, "twelve": 12, "thirteen": 13, "fourteen": 14, "fifteen": 15, "sixteen": 16, "eighteen": 18, "twenty": 20, "thirty": 30, "forty": 40,
	"fortyfive": 45, "fifty": 50, "sixty": 60, "seventy": 70, "eighty": 80, "ninety": 90, "hundred": 100}

var unitWords = map[string]Unit{"minute": Minute, "minutes": Minute, "hour": Hour, "hours": Hour, "hrs": Hour, "h": Hour, "day": Day, "days": Day,
	"week": Week, "weeks": Week, "month": Month, "months": Month, "year": Year, "years": Year, "%": Percent, "percent": Percent}

// quantities finds the numbers with a unit in the tokens of a unit of text.
func quantities(text string, toks []token) []Quantity {
	var out []Quantity
	for i := 0; i < len(toks); i++ {
		q, n := quantityAt(toks, i)
		if n == 0 {
			continue
		}
		q.first, q.last = i, i+n-1
		q.From, q.To = toks[i].from, toks[i+n-1].to
		if q.To < q.From || q.To-q.From > 80 { // it lies across a lead and its item
			continue
		}
		q.Comparator = comparatorBefore(toks, i)
		q.lasting = lasting(toks, i)
		q.Raw = text[q.From:q.To]
		out = append(out, q)
		i += n - 1
	}
	return out
}

// quantityAt reads a number and its unit at token i, and how many tokens they take.
func quantityAt(toks []token, i int) (Quantity, int) {
	if q, n := frequencyAt(toks, i); n > 0 {
		return q, n
	}
	if toks[i].word == "$" || toks[i].word == "€" || toks[i].word == "£" {
		if i+1 < len(toks) {
			if v, ok := digits(toks[i+1].word); ok {
				return Quantity{Value: v, Unit: Money}, 2
			}
		}
		return Quantity{}, 0
	}
	value, n := numberAt(toks, i)
	if n == 0 {
		return Quantity{}, 0
	}
	j := i + n
	business := false
	for j < len(toks) && j < i+n+3 {
		switch toks[j].word {
		case "business", "working":
			business = true
		case "calendar", "consecutive", "full", "prior", "additional", "further", "clear":
		default:
			if toks[j].word == "per" && j+1 < len(toks) && toks[j+1].word == "cent" {
				return Quantity{Value: value, Unit: Percent}, j - i + 2
			}
			unit, ok := unitWords[toks[j].word]
			if !ok {
				return Quantity{}, 0
			}
			if per(toks, j) {
				return Quantity{}, 0
			}
			if business && unit == Day {
				unit = BusinessDay
			}
			return Quantity{Value: value, Unit: unit}, j - i + 1
		}
		j++
	}
	return Quantity{}, 0
}

// per tells that a duration is a rhythm: "24 hours a day", "7 days per week".
func per(toks []token, j int) bool {
	if j+2 >= len(toks) || toks[j+1].word != "a" && toks[j+1].word != "per" {
		return false
	}
	_, ok := unitWords[toks[j+2].word]
	return ok
}

// numberAt reads "72", "seventy-two (72)" or "ninety nine". Where words and
// figures stand together, the figures count.
func numberAt(toks []token, i int) (float64, int) {
	if v, ok := digits(toks[i].word); ok {
		if i+1 < len(toks) && toks[i].after == paren {
			if w, n := wordsAt(toks, i+1); n > 0 && w == v {
				return v, 1 + n
			}
		}
		return v, 1
	}
	v, n := wordsAt(toks, i)
	if n == 0 {
		return 0, 0
	}
	if i+n < len(toks) && toks[i+n-1].after == paren {
		if figure, ok := digits(toks[i+n].word); ok {
			return figure, n + 1
		}
	}
	return v, n
}

func wordsAt(toks []token, i int) (float64, int) {
	v, ok := numberWords[toks[i].word]
	if !ok {
		return 0, 0
	}
	if v >= 20 && v < 100 && i+1 < len(toks) && toks[i].after == space {
		if small, ok := numberWords[toks[i+1].word]; ok && small < 10 {
			return v + small, 2
		}
	}
	return v, 1
}

// frequencyAt reads "once per year", "annually", "at least every 12 months".
func frequencyAt(toks []token, i int) (Quantity, int) {
	word := func(n int) string {
		if i+n < len(toks) {
			return toks[i+n].word
		}
		return ""
	}
	times := map[string]float64{"once": 1, "twice": 2, "every": 1}[word(0)]
	if w := word(1); word(0) == "one" && (w == "audit" || w == "inspection" || w == "time") {
		times = 1
	}
	if times > 0 {
		for n := 1; n <= 5; n++ {
			switch word(n) {
			case "year", "annually", "yearly":
				return Quantity{Value: times, Unit: PerYear}, n + 1
			case "12", "twelve":
				if strings.HasPrefix(word(n+1), "month") || strings.HasPrefix(word(n+2), "month") {
					return Quantity{Value: times, Unit: PerYear}, n + 2
				}
			}
		}
	}
	switch word(0) {
	case "annually", "yearly", "annual":
		return Quantity{Value: 1, Unit: PerYear}, 1
	case "semiannually":
		return Quantity{Value: 2, Unit: PerYear}, 1
	case "quarterly":
		return Quantity{Value: 4, Unit: PerYear}, 1
	}
	return Quantity{}, 0
}

// digits reads 1,000 and 99.9 and 99,9.
func digits(s string) (float64, bool) {
	if s == "" || s[0] < '0' || s[0] > '9' {
		return 0, false
	}
	if i := strings.LastIndexByte(s, ','); i >= 0 {
		if len(s)-i == 4 {
			s = strings.ReplaceAll(s, ",", "")
		} else {
			s = strings.Replace(s, ",", ".", 1)
		}
	}
	v, err := strconv.ParseFloat(s, 64)
	return v, err == nil
}

// lasting tells that a duration says how long and not by when: "for 30 days",
// "for a period of up to 30 days".
func lasting(toks []token, i int) bool {
	for j := i - 1; j >= max(0, i-6); j-- {
		switch toks[j].word {
		case "for", "during":
			return true
		case "period", "of", "a", "an", "the", "at", "least", "up", "to", "additional", "further", "maximum", "another":
		default:
			return false
		}
	}
	return false
}

func comparatorBefore(toks []token, i int) string {
	words := ""
	for j := max(0, i-5); j < i; j++ {
		words += " " + toks[j].word
	}
	words += " "
	for _, c := range []struct{ sign, words string }{
		{">=", " at least "}, {">=", " not less than "}, {">=", " no less than "}, {">=", " minimum "}, {">=", " or more "},
		{"<=", " no later than "}, {"<=", " not later than "}, {"<=", " within "}, {"<=", " up to "}, {"<=", " not exceed "}, {"<=", " maximum "},
		{"<=", " at most "}, {"<=", " no more than "}, {"<=", " not more than "}, {">", " more than "}, {"<", " less than "}, {"<", " below "}} {
		if strings.Contains(words, c.words) {
			return c.sign
		}
	}
	return ""
}

// hours gives a duration in hours; calendar days are assumed to be as long as
// the longest reading of business days is not: a business day counts as 1.4
// calendar days, for five of seven are worked.
func (q Quantity) hours() (float64, bool) {
	factor, ok := map[Unit]float64{Minute: 1.0 / 60, Hour: 1, Day: 24, BusinessDay: 24 * 1.4, Week: 168, Month: 24 * 30, Year: 24 * 365}[q.Unit]
	return q.Value * factor, ok
}

// same tells whether two units measure the same thing.
func (u Unit) same(v Unit) bool { return u.dimension() == v.dimension() }

func (u Unit) dimension() string {
	switch u {
	case Percent, PerYear, Money:
		return string(u)
	}
	return "time"
}
