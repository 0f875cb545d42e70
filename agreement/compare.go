// SPDX-License-Identifier: Apache-2.0

package agreement

import (
	"strings"

	"demarc.dev/demarc/agreement/text"
)

// ChangeKind is what happened to a clause between two versions.
type ChangeKind string

// The kinds of change.
const (
	Added   ChangeKind = "added"
	Removed ChangeKind = "removed"
	Changed ChangeKind = "changed"
)

// Change is a clause that differs between two versions of an agreement.
type Change struct {
	Kind     ChangeKind `json:"kind"`
	Document string     `json:"document"`
	Clause   string     `json:"clause,omitempty"` // path and heading, of the newer version where it has one
	Old      string     `json:"old,omitempty"`    // verbatim
	New      string     `json:"new,omitempty"`
}

// maxCompared bounds the clauses of a document that are aligned in their order;
// of longer ones only the middle that differs counts against it.
const maxCompared = 4000

// Compare tells clause by clause what changed from one version of a set of
// documents to the next. Documents are matched by their names, then by their
// order. What was only moved or renumbered, or set in other lines, is no change.
func Compare(old, now []*text.Document) []Change {
	var out []Change
	used := make([]bool, len(old))
	match := func(i int) *text.Document {
		for k, d := range old {
			if !used[k] && d.Name == now[i].Name {
				used[k] = true
				return d
			}
		}
		if i < len(old) && !used[i] && !named(now, old[i].Name) {
			used[i] = true
			return old[i]
		}
		return nil
	}
	for i, d := range now {
		out = append(out, compare(d.Name, match(i), d)...)
	}
	for k, d := range old {
		if !used[k] {
			out = append(out, compare(d.Name, d, nil)...)
		}
	}
	return out
}

func named(docs []*text.Document, name string) bool {
	for _, d := range docs {
		if d.Name == name {
			return true
		}
	}
	return false
}

// piece is a clause as it is compared.
type piece struct{ key, name, path, words string }

func pieces(d *text.Document) []piece {
	if d == nil {
		return nil
	}
	var out []piece
	for _, c := range clauses(d) {
		words := d.Quote(c.From, c.To)
		key := strings.ToLower(strings.Join(strings.Fields(leadingLabel.ReplaceAllString(words, "")), " "))
		if key != "" {
			out = append(out, piece{key, c.Name(), c.Path, words})
		}
	}
	return out
}

func compare(name string, old, now *text.Document) []Change {
	a, b := pieces(old), pieces(now)
	gone, came := differ(a, b)
	// A clause that went and came elsewhere was moved.
	left := map[string]int{}
	for _, i := range gone {
		left[a[i].key]++
	}
	var fresh []int
	moved := map[string]int{}
	for _, k := range came {
		if left[b[k].key] > moved[b[k].key] {
			moved[b[k].key]++
			continue
		}
		fresh = append(fresh, k)
	}
	var stale []int
	for _, i := range gone {
		if moved[a[i].key] > 0 {
			moved[a[i].key]--
			continue
		}
		stale = append(stale, i)
	}
	return paired(name, a, b, stale, fresh)
}

// paired makes one change of a clause that went and one that came in its place:
// of the same number, or of nearly the same words.
func paired(name string, a, b []piece, stale, fresh []int) []Change {
	var out []Change
	taken := map[int]bool{}
	for _, k := range fresh {
		best, likest := -1, 0.34
		for _, i := range stale {
			if taken[i] {
				continue
			}
			like := alike(a[i].key, b[k].key)
			if a[i].path != "" && a[i].path == b[k].path {
				like += 0.3
			}
			if like > likest {
				best, likest = i, like
			}
		}
		if best < 0 {
			out = append(out, Change{Kind: Added, Document: name, Clause: b[k].name, New: b[k].words})
			continue
		}
		taken[best] = true
		out = append(out, Change{Kind: Changed, Document: name, Clause: b[k].name, Old: a[best].words, New: b[k].words})
	}
	for _, i := range stale {
		if !taken[i] {
			out = append(out, Change{Kind: Removed, Document: name, Clause: a[i].name, Old: a[i].words})
		}
	}
	return out
}

// alike is the share of words that two clauses have in common.
func alike(a, b string) float64 {
	if len(a) > 4000 || len(b) > 4000 {
		a, b = a[:min(len(a), 4000)], b[:min(len(b), 4000)]
	}
	counts := map[string]int{}
	x, y := strings.Fields(a), strings.Fields(b)
	for _, w := range x {
		counts[w]++
	}
	both := 0
	for _, w := range y {
		if counts[w] > 0 {
			counts[w]--
			both++
		}
	}
	return 2 * float64(both) / float64(max(1, len(x)+len(y)))
}

// differ gives the clauses that are not in the longest row that both versions
// have in common.
func differ(a, b []piece) (gone, came []int) {
	from := 0
	for from < len(a) && from < len(b) && a[from].key == b[from].key {
		from++
	}
	toA, toB := len(a), len(b)
	for toA > from && toB > from && a[toA-1].key == b[toB-1].key {
		toA--
		toB--
	}
	n, m := toA-from, toB-from
	if n > maxCompared || m > maxCompared {
		for i := from; i < toA; i++ {
			gone = append(gone, i)
		}
		for k := from; k < toB; k++ {
			came = append(came, k)
		}
		return gone, came // what stands in both is told as moved
	}
	row := make([][]int32, n+1)
	for i := range row {
		row[i] = make([]int32, m+1)
	}
	for i := n - 1; i >= 0; i-- {
		for k := m - 1; k >= 0; k-- {
			if a[from+i].key == b[from+k].key {
				row[i][k] = row[i+1][k+1] + 1
			} else {
				row[i][k] = max(row[i+1][k], row[i][k+1])
			}
		}
	}
	i, k := 0, 0
	for i < n || k < m {
		switch {
		case i < n && k < m && a[from+i].key == b[from+k].key:
			i++
			k++
		case k >= m || i < n && row[i+1][k] >= row[i][k+1]:
			gone = append(gone, from+i)
			i++
		default:
			came = append(came, from+k)
			k++
		}
	}
	return gone, came
}
