// SPDX-License-Identifier: Apache-2.0

package host

import (
	"cmp"
	"strings"
)

// Versions are compared as each package manager does, so that "2.10" is newer
// than "2.9" and "1.0~rc1" older than "1.0". Sources: deb-version(7), rpm-version(7),
// and the format that apk-package(5) describes.

func digit(c byte) bool  { return c >= '0' && c <= '9' }
func letter(c byte) bool { return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' }

// number cuts the digits off the front, without leading zeros.
func number(s string) (digits, rest string) {
	i := 0
	for i < len(s) && digit(s[i]) {
		i++
	}
	return strings.TrimLeft(s[:i], "0"), s[i:]
}

// compareNumbers compares digits of any length without leading zeros.
func compareNumbers(a, b string) int {
	return cmp.Or(cmp.Compare(len(a), len(b)), strings.Compare(a, b))
}

// compareDeb compares versions of Debian packages.
func compareDeb(a, b string) int {
	x, y := splitDeb(a), splitDeb(b)
	return cmp.Or(compareNumbers(x[0], y[0]), debPart(x[1], y[1]), debPart(x[2], y[2]))
}

// splitDeb gives epoch, upstream version and revision.
func splitDeb(v string) [3]string {
	v = strings.TrimSpace(v)
	out := [3]string{}
	if epoch, rest, ok := strings.Cut(v, ":"); ok {
		out[0], _ = number(epoch)
		v = rest
	}
	out[1] = v
	if i := strings.LastIndexByte(v, '-'); i >= 0 {
		out[1], out[2] = v[:i], v[i+1:]
	}
	return out
}

// debOrder ranks a character that is no digit: a tilde before the end, the end
// before letters, letters before all others.
func debOrder(s string) int {
	switch {
	case s == "" || digit(s[0]):
		return 0
	case s[0] == '~':
		return -1
	case letter(s[0]):
		return int(s[0])
	}
	return int(s[0]) + 256
}

func debPart(a, b string) int {
	for a != "" || b != "" {
		for a != "" && !digit(a[0]) || b != "" && !digit(b[0]) {
			x, y := debOrder(a), debOrder(b)
			if x != y {
				return cmp.Compare(x, y)
			}
			a, b = a[min(1, len(a)):], b[min(1, len(b)):]
		}
		var x, y string
		x, a = number(a)
		y, b = number(b)
		if c := compareNumbers(x, y); c != 0 {
			return c
		}
	}
	return 0
}

// compareEVR compares epoch:version-release of RPM packages. A missing epoch is
// 0; where one of them names no release, releases are not compared, as in the
// dependencies of packages.
func compareEVR(a, b string) int {
	x, y := splitDeb(a), splitDeb(b)
	c := cmp.Or(compareNumbers(x[0], y[0]), compareRPM(x[1], y[1]))
	if c == 0 && x[2] != "" && y[2] != "" {
		c = compareRPM(x[2], y[2])
	}
	return c
}

// compareRPM compares one part of a version.
func compareRPM(a, b string) int {
	junk := func(c byte) bool { return !digit(c) && !letter(c) && c != '~' && c != '^' }
	for a != "" || b != "" {
		for a != "" && junk(a[0]) {
			a = a[1:]
		}
		for b != "" && junk(b[0]) {
			b = b[1:]
		}
		if c, done, next := rpmMark(&a, &b); done {
			return c
		} else if next {
			continue
		}
		if a == "" || b == "" {
			break
		}
		var x, y string
		if digit(a[0]) {
			if !digit(b[0]) {
				return 1 // a number is newer than a word
			}
			x, a = number(a)
			y, b = number(b)
			if c := compareNumbers(x, y); c != 0 {
				return c
			}
			continue
		}
		if x, a = word(a); digit(b[0]) {
			return -1
		}
		if y, b = word(b); x != y {
			return strings.Compare(x, y)
		}
	}
	return cmp.Compare(len(a), len(b))
}

// rpmMark weighs a tilde, which is older than everything, and a caret, which is
// newer than the end and older than the rest.
func rpmMark(a, b *string) (c int, done, next bool) {
	first := func(s string, mark byte) bool { return s != "" && s[0] == mark }
	for _, mark := range []byte{'~', '^'} {
		x, y := first(*a, mark), first(*b, mark)
		switch {
		case x && y:
			*a, *b = (*a)[1:], (*b)[1:]
			return 0, false, true
		case mark == '~' && x:
			return -1, true, false
		case mark == '~' && y:
			return 1, true, false
		case x && *b == "" || y && *a != "":
			return 1, true, false
		case x || y:
			return -1, true, false
		}
	}
	return 0, false, false
}

// word cuts the letters off the front.
func word(s string) (letters, rest string) {
	i := 0
	for i < len(s) && letter(s[i]) {
		i++
	}
	return s[:i], s[i:]
}

// apkToken is a piece of a version of Alpine: numbers, a letter, suffixes, and
// the revision of the package.
type apkToken struct {
	kind  int // see below
	value string
}

// The kinds of pieces. Where two versions are equal up to a place, the one whose
// next piece is of the greater kind is newer, but for suffixes before a release.
const (
	apkBefore   = iota // _alpha, _beta, _pre, _rc
	apkEnd             // nothing more
	apkRevision        // -r1
	apkAfter           // _cvs, _svn, _git, _hg, _p
	apkLetter          // 1.2b
	apkNumber          // .3
)

// apkSuffixes in their order.
var apkSuffixes = [...]string{"alpha", "beta", "pre", "rc", "cvs", "svn", "git", "hg", "p"}

// compareAPK compares versions of Alpine packages.
func compareAPK(a, b string) int {
	x, y := apkTokens(a), apkTokens(b)
	for i := 0; ; i++ {
		p, q := apkToken{kind: apkEnd}, apkToken{kind: apkEnd}
		if i < len(x) {
			p = x[i]
		}
		if i < len(y) {
			q = y[i]
		}
		if c := cmp.Compare(p.kind, q.kind); c != 0 {
			return c
		}
		if p.kind == apkEnd {
			return 0
		}
		if c := apkValue(p, q, i == 0); c != 0 {
			return c
		}
	}
}

// apkValue compares two pieces of one kind. Numbers behind a dot that begin with
// a zero are compared as words, as fractions are, unless it is the first one.
func apkValue(p, q apkToken, first bool) int {
	if p.kind == apkNumber && !first && (strings.HasPrefix(p.value, "0") || strings.HasPrefix(q.value, "0")) {
		return strings.Compare(p.value, q.value)
	}
	if p.kind == apkLetter {
		return strings.Compare(p.value, q.value)
	}
	if p.kind == apkBefore || p.kind == apkAfter {
		x, y := apkSuffix(p.value), apkSuffix(q.value)
		if x != y {
			return cmp.Compare(x, y)
		}
	}
	_, dx := word(p.value)
	_, dy := word(q.value)
	return compareNumbers(strings.TrimLeft(dx, "0"), strings.TrimLeft(dy, "0"))
}

func apkSuffix(s string) int {
	name, _ := word(s)
	for i, known := range apkSuffixes {
		if name == known {
			return i
		}
	}
	return len(apkSuffixes)
}

func apkTokens(v string) []apkToken {
	v = strings.TrimSpace(v)
	if i := strings.IndexByte(v, '~'); i >= 0 { // a commit
		end := strings.LastIndex(v, "-r")
		if end < i {
			end = len(v)
		}
		v = v[:i] + v[end:]
	}
	var out []apkToken
	for v != "" {
		switch {
		case digit(v[0]) || v[0] == '.' && len(v) > 1 && digit(v[1]):
			v = strings.TrimPrefix(v, ".")
			_, rest := number(v)
			out = append(out, apkToken{apkNumber, v[:len(v)-len(rest)]})
			v = rest
		case letter(v[0]):
			out = append(out, apkToken{apkLetter, v[:1]})
			v = v[1:]
		case v[0] == '_':
			name, rest := word(v[1:])
			_, after := number(rest)
			t := apkToken{apkAfter, v[1 : len(v)-len(after)]}
			if apkSuffix(name) < 4 {
				t.kind = apkBefore
			}
			out, v = append(out, t), after
		case strings.HasPrefix(v, "-r"):
			_, rest := number(v[2:])
			out = append(out, apkToken{apkRevision, v[2 : len(v)-len(rest)]})
			v = rest
		default:
			v = v[1:]
		}
	}
	return out
}
