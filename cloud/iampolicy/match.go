// SPDX-License-Identifier: Apache-2.0

package iampolicy

import "strings"

// covers tells whether everything that the pattern inner matches, outer matches
// too. In both, * stands for any text and ? for one character. It is exact but
// for an inner with a * where outer has a ?, which it denies.
func covers(outer, inner string) bool {
	star, mark := -1, 0
	o, i := 0, 0
	for i < len(inner) {
		switch {
		case o < len(outer) && outer[o] == '*':
			star, mark = o, i
			o++
		case o < len(outer) && (outer[o] == inner[i] && inner[i] != '*' || outer[o] == '?' && inner[i] != '*'):
			o++
			i++
		case star >= 0:
			mark++
			o, i = star+1, mark
		default:
			return false
		}
	}
	return strings.Trim(outer[o:], "*") == ""
}

// coversAny is covers for one of many outer patterns, without regard to case:
// actions are written in any.
func coversAny(outers []string, inner string) bool {
	inner = strings.ToLower(inner)
	for _, outer := range outers {
		if outer = strings.ToLower(outer); outer == "*:*" {
			outer = "*"
		}
		if covers(outer, inner) {
			return true
		}
	}
	return false
}

// overlaps tells whether one text may match both patterns.
func overlaps(a, b string) bool {
	a, b = strings.ToLower(a), strings.ToLower(b)
	// reach[j] says whether a[:i] and b[:j] can stand for one text.
	reach := make([]bool, len(b)+1)
	for i := 0; i <= len(a); i++ {
		before := reach
		reach = make([]bool, len(b)+1)
		for j := 0; j <= len(b); j++ {
			switch {
			case i == 0 && j == 0:
				reach[j] = true
			case i > 0 && a[i-1] == '*':
				reach[j] = before[j] || j > 0 && reach[j-1]
			case j > 0 && b[j-1] == '*':
				reach[j] = reach[j-1] || i > 0 && before[j]
			case i > 0 && j > 0:
				reach[j] = before[j-1] && (a[i-1] == b[j-1] || a[i-1] == '?' || b[j-1] == '?')
			}
		}
	}
	return reach[len(b)]
}

// coversActions tells whether s applies to every action that matches the pattern.
func (s *Statement) coversActions(pattern string) bool {
	if !s.NotAction {
		return coversAny(s.Actions, pattern)
	}
	for _, left := range s.Actions {
		if tooLong(left, pattern) || overlaps(left, pattern) {
			return false
		}
	}
	return true
}

// coversResource tells whether s applies to every resource that matches the
// pattern. A statement without resources applies to what it hangs on.
func (s *Statement) coversResource(pattern string) bool {
	if s.NotResource {
		for _, left := range s.Resources {
			if tooLong(left, pattern) || overlaps(left, pattern) {
				return false
			}
		}
		return true
	}
	for _, r := range s.Resources {
		if everyResource(r) || covers(r, pattern) {
			return true
		}
	}
	return len(s.Resources) == 0
}

// tooLong keeps the square of two lengths small: no action or ARN is as long.
func tooLong(a, b string) bool { return len(a)*len(b) > 1<<22 }

// everyResource tells whether a pattern means every resource.
func everyResource(pattern string) bool {
	if pattern == "" || pattern[len(pattern)-1] != '*' {
		return false
	}
	if !strings.Contains(pattern, ":") {
		return strings.Trim(pattern, "*") == ""
	}
	rest, field, more := pattern, "", true
	for i := 0; more; i++ {
		field, rest, more = strings.Cut(rest, ":")
		if field != "*" && !(i == 0 && field == "arn") && !(i == 1 && field == "aws") {
			return false
		}
	}
	return field == "*"
}

// anyone tells whether a principal is everyone.
func (p Principal) anyone() bool { return p.Value == "*" }

// account gives the twelve digits of a principal's account, empty where it has
// none.
func (p Principal) account() string {
	if p.Type != "AWS" {
		return ""
	}
	id := p.Value
	if strings.HasPrefix(id, "arn:") {
		id = arnAccount(id)
	}
	if !isAccount(id) {
		return ""
	}
	return id
}

func arnAccount(arn string) string {
	if f := strings.SplitN(arn, ":", 6); len(f) == 6 {
		return f[4]
	}
	return ""
}

func isAccount(id string) bool {
	return len(id) == 12 && strings.Trim(id, "0123456789") == ""
}
