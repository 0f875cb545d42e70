// SPDX-License-Identifier: Apache-2.0

package responsibility

import (
	"cmp"
	"encoding/json"
	"slices"
)

// said is what a provider says about one duty.
type said struct {
	who   Who
	title string
	row   StatementRow
	exact bool // the row names the duty, not its control
}

// said gives what statements of one service say of each duty. A newer statement
// takes the place of an older one; within a statement, a row of the duty that of
// its control, and rows that stand equal are taken together: when one says
// customer and one says provider, both perform.
func (b *book) said(statements []Statement) map[string]said {
	ordered := slices.Clone(statements)
	slices.SortFunc(ordered, func(x, y Statement) int {
		return cmp.Or(cmp.Compare(x.Date, y.Date), cmp.Compare(x.Title, y.Title), cmp.Compare(canon(x), canon(y)))
	})
	out := map[string]said{}
	for _, st := range ordered {
		for duty, s := range b.saidBy(st) {
			out[duty] = s
		}
	}
	return out
}

func (b *book) saidBy(st Statement) map[string]said {
	out := map[string]said{}
	for _, row := range st.Rows {
		duties, exact := b.refersTo(row.Ref)
		for _, d := range duties {
			s := said{who: row.Who, title: st.Title, row: row, exact: exact}
			switch before, twice := out[d.ID]; {
			case twice && before.exact && !exact:
				continue
			case twice && before.exact == exact:
				s.who = together(before.who, s.who)
				s.row = before.row
			}
			out[d.ID] = s
		}
	}
	return out
}

// together joins who performs.
func together(a, b Who) Who {
	switch {
	case a == b || b == ByNobody || b == "":
		return a
	case a == ByNobody || a == "":
		return b
	}
	return ByBoth
}

// unmatched gives the rows that name nothing in the edition.
func (b *book) unmatched(st Statement) []StatementRow {
	var out []StatementRow
	for _, row := range st.Rows {
		if duties, _ := b.refersTo(row.Ref); len(duties) == 0 {
			out = append(out, row)
		}
	}
	return out
}

// canon orders what is otherwise equal, so that the order of inputs never shows.
func canon(v any) string {
	data, err := json.Marshal(v)
	if err != nil {
		panic(err) // strings and numbers only: it cannot fail
	}
	return string(data)
}
