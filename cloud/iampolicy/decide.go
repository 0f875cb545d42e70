// SPDX-License-Identifier: Apache-2.0

package iampolicy

import (
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Known says how much is known of a condition key in one request.
type Known uint8

// What may be known of a key.
const (
	Obscure Known = iota // nobody can tell
	Absent               // the request does not carry it
	Given                // its value is known
	Free                 // the caller chooses it
)

// Facts gives the value of a condition key, whose name is in lower case.
type Facts func(key string) (string, Known)

// Name gives what people call the statement: its Sid, or its number.
func (s *Statement) Name() string { return s.name }

// Speaks tells whether the statement is about the action, a whole name such as
// "iam:PassRole".
func (s *Statement) Speaks(action string) bool {
	return coversAny(s.Actions, action) != s.NotAction
}

// CoversActions tells whether the statement is about every action that the
// pattern matches.
func (s *Statement) CoversActions(pattern string) bool { return s.coversActions(pattern) }

// Part is a pattern of resources that a statement is about.
type Part struct {
	Pattern string
	Sure    bool // otherwise it may be about it
}

// Within gives the parts of a pattern of resources that the statement is about;
// a whole ARN is a pattern too. The part that is the whole stands alone.
func (s *Statement) Within(pattern string, facts Facts) []Part {
	if s.NotResource {
		part, v := s.without(pattern, facts)
		if part == "" {
			return nil
		}
		return []Part{{part, v.Answer == Yes || pattern == "*"}} // all but some is as good as all
	}
	if len(s.Resources) == 0 {
		return []Part{{pattern, true}}
	}
	var parts []Part
	for _, r := range s.Resources {
		r, v := expand(r, facts)
		if v == No {
			continue
		}
		part, m := meet(r, pattern)
		switch {
		case m == No:
		case v == Yes && m == Yes && part == pattern:
			return []Part{{part, true}}
		default:
			parts = append(parts, Part{part, v == Yes && m == Yes})
		}
	}
	return parts
}

func (s *Statement) without(pattern string, facts Facts) (string, Verdict) {
	touched := 0
	for _, r := range s.Resources {
		r, v := expand(r, facts)
		switch {
		case v == No:
		case v == Unknown:
			touched += 2
		case everyResource(r) || covers(r, pattern):
			return "", Verdict{Answer: No}
		case touches(r, pattern):
			touched++
		}
	}
	if touched > 1 {
		return pattern, Verdict{Unknown, s.name + ": which resources it leaves out cannot be told"}
	}
	return pattern, Verdict{Answer: Yes, Why: [...]string{"", "some"}[touched]}
}

// Misses tells whether the statement leaves part of a pattern of resources
// alone: Yes where one resource of it is not spoken of, No where all are,
// Unknown where that cannot be told.
func (s *Statement) Misses(pattern string, facts Facts) Verdict {
	if s.NotResource {
		part, v := s.without(pattern, facts)
		switch {
		case part == "":
			return Verdict{Answer: Yes}
		case v.Answer == Yes && v.Why == "":
			return Verdict{Answer: No}
		}
		return Verdict{Unknown, s.name + ": which resources it leaves out cannot be told"}
	}
	if len(s.Resources) == 0 {
		return Verdict{Answer: No}
	}
	touched := 0
	for _, r := range s.Resources {
		r, v := expand(r, facts)
		switch {
		case v == No:
		case v == Yes && (everyResource(r) || covers(r, pattern)):
			return Verdict{Answer: No}
		case touches(r, pattern):
			if touched++; v == Unknown {
				touched++
			}
		}
	}
	if touched > 1 {
		return Verdict{Unknown, s.name + ": which resources it is about cannot be told"}
	}
	return Verdict{Answer: Yes}
}

func wild(pattern string) bool { return strings.ContainsAny(pattern, "*?") }

// touches tells whether two patterns, of which the first does not cover the
// second, have something in common.
func touches(a, b string) bool {
	return covers(b, a) || wild(a) && wild(b) && (tooLong(a, b) || overlaps(a, b))
}

// meet gives the pattern of what both patterns match; Unknown where it is not
// one of them, field by field.
func meet(a, b string) (string, Answer) {
	switch {
	case everyResource(a) || covers(a, b):
		return b, Yes
	case covers(b, a):
		return a, Yes
	case !wild(a) || !wild(b) || tooLong(a, b) || !overlaps(a, b):
		return "", No
	}
	x, y := strings.SplitN(a, ":", 6), strings.SplitN(b, ":", 6)
	if len(x) != 6 || len(y) != 6 {
		return b, Unknown
	}
	out := make([]string, 6)
	for i := range x {
		switch {
		case covers(x[i], y[i]):
			out[i] = y[i]
		case covers(y[i], x[i]):
			out[i] = x[i]
		case !overlaps(x[i], y[i]):
			return "", No
		default:
			return b, Unknown
		}
	}
	return strings.Join(out, ":"), Yes
}

// expand puts the values of variables in: No where one is not there, so that
// nothing matches, Unknown where one cannot be told; then it stands as "*".
func expand(text string, facts Facts) (string, Answer) {
	if !strings.Contains(text, "${") {
		return text, Yes
	}
	var out strings.Builder
	answer := Yes
	for {
		before, rest, ok := strings.Cut(text, "${")
		out.WriteString(before)
		if !ok {
			return out.String(), answer
		}
		name, after, ok := strings.Cut(rest, "}")
		if !ok {
			return "", No
		}
		text = after
		if name == "*" || name == "?" || name == "$" {
			out.WriteString("?")
			answer = Unknown
			continue
		}
		name, instead, _ := strings.Cut(name, ",")
		value, known := facts(strings.ToLower(strings.TrimSpace(name)))
		instead = strings.Trim(strings.TrimSpace(instead), "'")
		switch {
		case known == Given:
			out.WriteString(value)
		case known == Absent && instead != "":
			out.WriteString(instead)
		case known == Absent:
			return "", No
		default:
			out.WriteString("*")
			answer = Unknown
		}
	}
}

// Holds tells whether all conditions of the statement hold. A key that the
// caller chooses makes a condition of an allowing statement hold, and one of a
// denying statement not.
func (s *Statement) Holds(facts Facts) Verdict {
	v := Verdict{Answer: Yes}
	for _, c := range s.Conditions {
		switch c.holds(facts, s.Allow) {
		case No:
			return Verdict{Answer: No}
		case Unknown:
			v = Verdict{Unknown, c.Operator + " " + c.Key + " " + strings.Join(c.Values, ", ")}
		}
	}
	return v
}

func (c Condition) holds(facts Facts, allow bool) Answer {
	base, forAll, forAny, ifExists := c.operator()
	value, known := facts(strings.ToLower(c.Key))
	if base == "null" {
		return isNull(c.Values, known)
	}
	negative := strings.Contains(base, "not")
	switch known {
	case Obscure:
		return Unknown
	case Free:
		return yesNo(allow)
	case Absent:
		return yesNo(ifExists || forAll || negative && !forAny)
	}
	found := No
	for _, want := range c.Values {
		want, v := expand(want, facts)
		if v == No {
			continue
		}
		switch m := matches(strings.Replace(base, "not", "", 1), value, want); {
		case m == Unknown || m == Yes && v == Unknown:
			if found == No {
				found = Unknown
			}
		case m == Yes:
			found = Yes
		}
	}
	if negative && found != Unknown {
		return yesNo(found == No)
	}
	return found
}

func yesNo(yes bool) Answer {
	if yes {
		return Yes
	}
	return No
}

func isNull(values []string, known Known) Answer {
	if len(values) != 1 || known == Obscure {
		return Unknown
	}
	return yesNo(strings.EqualFold(values[0], "true") == (known == Absent))
}

// matches compares one value with one wanted, by a positive operator.
func matches(base, value, want string) Answer {
	switch base {
	case "stringequals":
		return yesNo(value == want)
	case "stringequalsignorecase":
		return yesNo(strings.EqualFold(value, want))
	case "stringlike":
		return yesNo(covers(want, value))
	case "arnequals", "arnlike":
		return yesNo(arnLike(want, value))
	case "bool":
		return yesNo(strings.EqualFold(value, want))
	case "ipaddress":
		return inRange(value, want)
	}
	if rest, ok := strings.CutPrefix(base, "numeric"); ok {
		return numbers(rest, value, want)
	}
	if rest, ok := strings.CutPrefix(base, "date"); ok {
		return dates(rest, value, want)
	}
	return Unknown
}

func arnLike(pattern, arn string) bool {
	x, y := strings.SplitN(pattern, ":", 6), strings.SplitN(arn, ":", 6)
	if len(x) != len(y) {
		return pattern == "*"
	}
	return !slices.ContainsFunc([]int{0, 1, 2, 3, 4, 5}, func(i int) bool { return i < len(x) && !covers(x[i], y[i]) })
}

func inRange(value, want string) Answer {
	a, err := netip.ParseAddr(value)
	if err != nil {
		return Unknown
	}
	if one, err := netip.ParseAddr(want); err == nil {
		return yesNo(one == a)
	}
	p, err := netip.ParsePrefix(want)
	if err != nil {
		return Unknown
	}
	return yesNo(p.Contains(a))
}

func numbers(operator, value, want string) Answer {
	a, err := strconv.ParseFloat(value, 64)
	b, err2 := strconv.ParseFloat(want, 64)
	if err != nil || err2 != nil {
		return Unknown
	}
	return compared(operator, a, b)
}

func dates(operator, value, want string) Answer {
	a, ok := moment(value)
	b, ok2 := moment(want)
	if !ok || !ok2 {
		return Unknown
	}
	return compared(operator, float64(a.Unix()), float64(b.Unix()))
}

func moment(text string) (time.Time, bool) {
	if n, err := strconv.ParseInt(text, 10, 64); err == nil && len(text) > 4 {
		return time.Unix(n, 0), true
	}
	for _, layout := range []string{time.RFC3339, "2006-01-02T15:04Z07:00", "2006-01-02T15:04:05", "2006-01-02"} {
		if t, err := time.Parse(layout, text); err == nil {
			return t, true
		}
	}
	return time.Time{}, false
}

func compared(operator string, a, b float64) Answer {
	switch operator {
	case "equals":
		return yesNo(a == b)
	case "lessthan":
		return yesNo(a < b)
	case "lessthanequals":
		return yesNo(a <= b)
	case "greaterthan":
		return yesNo(a > b)
	case "greaterthanequals":
		return yesNo(a >= b)
	}
	return Unknown
}

// Ends gives the earliest moment at which an allowing statement stops to hold
// by its conditions; the zero time for none.
func (s *Statement) Ends() time.Time {
	var end time.Time
	for _, c := range s.Conditions {
		base, _, _, _ := c.operator()
		if !(c.is("aws:CurrentTime") || c.is("aws:EpochTime")) || !strings.HasPrefix(base, "datelessthan") && !strings.HasPrefix(base, "numericlessthan") || len(c.Values) == 0 {
			continue
		}
		if t, ok := moment(c.Values[0]); ok && (end.IsZero() || t.Before(end)) {
			end = t.UTC()
		}
	}
	return end
}

// DemandsMFA tells whether a condition of the statement asks for a second
// factor.
func (s *Statement) DemandsMFA() bool { return slices.ContainsFunc(s.Conditions, Condition.demandsMFA) }

// Naming says how a statement of trust names a principal.
type Naming uint8

// The ways of naming.
const (
	NotNamed Naming = iota
	ByAccount
	ByName // itself, or everyone
)

// Names tells how the principals of the statement name an identity of an
// account. Session names are not compared: a session of the role counts.
func (s *Statement) Names(arn, account string) Naming {
	found := NotNamed
	for _, p := range s.Principals {
		switch {
		case p.anyone(), p.Type == "AWS" && p.Value == arn, p.Type == "AWS" && session(p.Value, arn):
			found = ByName
		case found == NotNamed && p.Type == "AWS" && p.account() == account && WholeAccount(p.Value):
			found = ByAccount
		}
	}
	if s.NotPrincipal {
		if found == NotNamed {
			return ByName
		}
		return NotNamed
	}
	return found
}

// session tells whether a principal is a session of the role.
func session(principal, role string) bool {
	_, after, ok := strings.Cut(principal, ":assumed-role/")
	name, _, _ := strings.Cut(after, "/")
	return ok && arnAccount(principal) == arnAccount(role) && strings.Contains(role, ":role/") && strings.HasSuffix(role, "/"+name)
}

// Of gives the values of the principals of a type, such as "Service".
func (s *Statement) Of(sort string) []string {
	var out []string
	for _, p := range s.Principals {
		if p.Type == sort && !s.NotPrincipal {
			out = append(out, p.Value)
		}
	}
	return out
}

// AccountOf gives the account of a principal as it is written, "" for none.
func AccountOf(principal string) string { return Principal{"AWS", principal}.account() }

// WholeAccount tells whether a principal as it is written is a whole account.
func WholeAccount(principal string) bool {
	return isAccount(principal) || AccountOf(principal) != "" && strings.HasSuffix(principal, ":root")
}
