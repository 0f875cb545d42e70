// SPDX-License-Identifier: Apache-2.0

package web

import (
	"slices"
	"strconv"
	"strings"

	"demarc.dev/demarc/app"
	"demarc.dev/demarc/problem"
	"demarc.dev/demarc/responsibility"
)

// comparison is what a matrix is held against, other than the usual division.
type comparison struct {
	With    string // in words; empty: nothing
	Rows    []responsibility.Difference
	History []app.MatrixVersion // the newest first
	Options []option
}

// compare fills what the page of a matrix says of its history, and of what it is
// compared with.
func (s *Server) compare(v *visit, m *app.Matrices, view *matrixView) error {
	id := view.Service.ID
	c := &view.Other
	var err error
	if c.History, err = s.o.App.MatrixHistory(v, v.Caller, id, view.Edition); err != nil {
		return err
	}
	slices.Reverse(c.History)
	c.Options = []option{{"", "nothing"}, {"default", "the usual division"}}
	if slices.ContainsFunc(m.Statements, func(st responsibility.Statement) bool { return st.Service == id }) {
		c.Options = append(c.Options, option{"statement", "the provider's statement"})
	}
	for _, x := range c.History {
		if !view.Stored || x.Version != view.Matrix.Version {
			c.Options = append(c.Options, option{"v" + strconv.Itoa(x.Version), "version " + strconv.Itoa(x.Version)})
		}
	}
	switch word := v.get("compare"); {
	case word == "" || word == "default":
		return nil
	case word == "statement":
		c.With = "the provider's statement"
		c.Rows, err = m.CompareStatement(id)
		return err
	default:
		n, err := strconv.Atoi(strings.TrimPrefix(word, "v"))
		if err != nil {
			return problem.New(problem.NotFound, "There is no version "+cut(word, 20)+" of this matrix", "Its history lists them.")
		}
		other, err := s.o.App.MatrixAt(v, v.Caller, id, view.Edition, n)
		if err != nil {
			return err
		}
		c.With = "version " + strconv.Itoa(n)
		c.Rows, err = m.Compare(id, other)
		return err
	}
}
