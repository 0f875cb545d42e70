// SPDX-License-Identifier: Apache-2.0

package responsibility

import (
	"fmt"
	"strings"

	"demarc.dev/demarc/catalogue"
	"demarc.dev/demarc/internal/strict"
)

func encodeMatrix(m Matrix, b *book) ([]byte, error) {
	f := fileOf(m, b)
	r := &matrixReader{doc: strict.New("matrix of " + m.Service), file: f, book: b}
	r.all()
	if err := r.doc.Err(); err != nil {
		return nil, err
	}
	w := map[string]string{"": matrixHead(m)}
	for i, c := range f.Controls {
		control := b.controls[b.byKey[c.Control]]
		at := fmt.Sprintf("controls[%d]", i)
		w[at] = "\n" + wrap(b.heading(control), 90)
		for j, l := range c.Duties {
			d := b.byID[l.Duty]
			w[fmt.Sprintf("%s.duties[%d]", at, j)] = wrap("To the "+string(d.Party)+": "+d.Text, 84)
		}
	}
	out, err := strict.Commented(*f, func(path string) string { return w[path] })
	if err != nil {
		return nil, fmt.Errorf("writing the matrix of %s: %w", m.Service, err)
	}
	return out, nil
}

func matrixHead(m Matrix) string {
	sides := func(p catalogue.Party, name string) string {
		if name == "" {
			return "the " + string(p)
		}
		return strings.Join(strings.Fields(name), " ") + " as " + string(p)
	}
	return strings.Join([]string{
		fmt.Sprintf("Responsibility matrix of %s, ISO/IEC 27017:%s: %s and %s.", m.Service, m.Edition, sides(catalogue.Customer, m.Customer), sides(catalogue.Provider, m.Provider)),
		"",
		"Write for each duty, on both sides, one of",
		"  performs      does the work",
		"  accountable   answers for the result",
		"  both          does the work and answers for it",
		"  none",
		"split says who does which part, when both sides perform. basis is contract,",
		"statement (of the provider), internal (our own control), assumption, or",
		"default (of the catalogue, not yet looked at); reference says where it stands.",
		"rationale says why a line differs from what is usual for the service model.",
	}, "\n")
}

// wrap breaks words into lines of at most width runes where it can.
func wrap(words string, width int) string {
	var out strings.Builder
	column := 0
	for i, w := range strings.Fields(words) {
		n := len([]rune(w))
		switch {
		case i == 0:
		case column+1+n > width:
			out.WriteByte('\n')
			column = 0
		default:
			out.WriteByte(' ')
			column++
		}
		out.WriteString(w)
		column += n
	}
	return out.String()
}
