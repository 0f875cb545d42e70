// SPDX-License-Identifier: Apache-2.0

package web

import (
	"bytes"
	"encoding/base64"
	"errors"
	"io"
	"net/http"
	"net/url"
	"path"
	"regexp"
	"strings"
	"unicode/utf8"

	"demarc.dev/demarc/app"
	"demarc.dev/demarc/catalogue"
	"demarc.dev/demarc/problem"
	"demarc.dev/demarc/responsibility"
)

// importView is what the page shows on which files about matrices are taken in.
type importView struct {
	Statement bool   // the file is a provider's statement, and no matrix
	Name      string // of the file
	Data      string // the file itself, so that what was looked at is what is taken
	Options   responsibility.StatementOptions
	Services  []option
	Fault     string // why it cannot be taken
	Hint      string
	Matrices  []app.MatrixLook
	Said      *app.StatementLook
}

// ready tells whether there is something to take over.
func (i importView) ready() bool {
	changes := i.Said != nil
	for _, m := range i.Matrices {
		if m.Refused != nil {
			return false
		}
		changes = changes || len(m.Changes) > 0 || m.Stored == 0 || len(m.Remarks) > 0
	}
	return changes
}

func (s *Server) importPage(v *visit) error {
	return s.showImport(v, http.StatusOK, importView{Statement: v.get("what") == "statement", Options: responsibility.StatementOptions{Service: v.get("service")}})
}

func (s *Server) showImport(v *visit, status int, view importView) error {
	sc, err := s.o.App.Scope(v, v.Caller)
	if err != nil {
		return err
	}
	view.Services = append([]option{{"", "as the file says"}}, serviceOptions(sc)[1:]...)
	next := "Choose a file. What it would change is shown before anything is taken over."
	switch {
	case view.Fault != "":
		next = "Nothing was taken over. Mend what is named below and send the file again."
	case view.ready():
		next = "Look at what would change, and take it over."
	case view.Matrices != nil:
		next = "Nothing can be taken over: see below why."
	}
	return s.write(v, status, s.dress(v, page{
		Title: "Take a file in", Section: "/responsibility",
		What: "Matrices that people wrote or edited elsewhere, as YAML or as the workbook of Reports, and what a provider says about who does what, as YAML or CSV.",
		Why:  "Responsibilities are agreed between two parties: what the other side wrote has to be held against what we believe.",
		Next: next,
	}), layout, importTempl(view))
}

// paperOnly refuses what is neither text nor a workbook, by its first bytes.
func paperOnly(head []byte) error {
	if kind := kindOf(head); kind != "" && !bytes.HasPrefix(head, []byte("PK\x03\x04")) {
		return problem.New(problem.Invalid, "This is neither a matrix nor a statement: it is "+kind, "A matrix is YAML or the workbook that Reports makes; a statement is YAML or CSV.")
	}
	return nil
}

// lookAtFile shows what taking a file in would change. Nothing is stored.
func (s *Server) lookAtFile(v *visit) error {
	u, err := v.receive(paperMost, paperOnly)
	if err != nil {
		return s.faultyImport(v, importView{}, err)
	}
	defer u.Close()
	data, err := io.ReadAll(u)
	if err != nil {
		return err
	}
	view, err := s.look(v, u.Name, data, u.Fields)
	if err != nil {
		return s.faultyImport(v, view, err)
	}
	view.Data = base64.RawURLEncoding.EncodeToString(data)
	return s.showImport(v, http.StatusOK, view)
}

// look reads a file and holds it against what stands.
func (s *Server) look(v *visit, name string, data []byte, form url.Values) (importView, error) {
	view := importOf(name, form)
	if err := textOrBook(data, view.Statement); err != nil {
		return view, err
	}
	var err error
	if view.Statement {
		view.Said, err = s.o.App.LookStatement(v, v.Caller, statementName(name, data), data, view.Options)
	} else {
		view.Matrices, err = s.o.App.LookMatrices(v, v.Caller, name, data)
	}
	return view, err
}

// importOf reads what a form says of a file.
func importOf(name string, form url.Values) importView {
	word := func(field string) string { return cut(form.Get(field), 200) }
	return importView{Statement: form.Get("what") == "statement", Name: name, Options: responsibility.StatementOptions{
		Service: word("service"), Provider: word("provider"), Title: word("title"), Date: word("date")}}
}

// textOrBook refuses what the readers would not understand.
func textOrBook(data []byte, statement bool) error {
	switch book := bytes.HasPrefix(data, []byte("PK\x03\x04")); {
	case book && statement:
		return problem.New(problem.Invalid, "This is a workbook, and a statement is YAML or CSV", "Save the sheet with the answers as CSV and send that.")
	case book:
		return nil
	}
	if err := paperOnly(data[:min(len(data), 512)]); err != nil {
		return err
	}
	if !utf8.Valid(data) {
		return problem.New(problem.Invalid, "This is no text in UTF-8", "Save the file as UTF-8 and send it again.")
	}
	return nil
}

// statementRows begins the rows of a statement in YAML.
var statementRows = regexp.MustCompile(`(?m)^(rows|service|title|provider):`)

// statementName gives a file the ending that its content asks for: whoever names
// a CSV .yaml has it read as CSV.
func statementName(name string, data []byte) string {
	base := strings.TrimSuffix(name, path.Ext(name))
	if statementRows.Match(data) {
		return base + ".yaml"
	}
	return base + ".csv"
}

// faultyImport shows why a file cannot be taken in; an error that is not the
// sender's is given back.
func (s *Server) faultyImport(v *visit, view importView, err error) error {
	var p *problem.Problem
	if !errors.As(err, &p) || p.Kind != problem.Invalid && p.Kind != problem.Usage && p.Kind != problem.Conflict && p.Kind != problem.NotFound {
		return err
	}
	view.Fault, view.Hint = p.Sentence, p.Hint
	return s.showImport(v, p.Kind.Status(), view)
}

// takeMost bounds a form that holds a whole file.
const takeMost = paperMost/3*4 + partsMargin

// takeFile takes over what was looked at: the same bytes, read again.
func (s *Server) takeFile(v *visit) error {
	if body, ok := v.Value(bodyKey{}).(io.ReadCloser); ok {
		v.r.Body = http.MaxBytesReader(v.w, body, takeMost)
	}
	if err := v.r.ParseForm(); err != nil {
		return uploadProblem(err, paperMost)
	}
	data, err := base64.RawURLEncoding.DecodeString(v.r.PostFormValue("data"))
	if err != nil || len(data) == 0 {
		return problem.New(problem.Usage, "The file did not come whole", "Choose it and send it again.")
	}
	view := importOf(baseName(v.r.PostFormValue("name")), v.r.PostForm)
	if err := textOrBook(data, view.Statement); err != nil {
		return s.faultyImport(v, view, err)
	}
	if view.Statement {
		st, err := s.o.App.FileStatement(v, v.Caller, statementName(view.Name, data), data, view.Options)
		if err != nil {
			return s.faultyImport(v, view, err)
		}
		return v.redirect("/responsibility/" + url.PathEscape(st.Service) + "?compare=statement")
	}
	read, err := s.o.App.ReadMatrixFile(v, v.Caller, view.Name, data)
	var taken []app.Taken
	if err == nil {
		taken, err = s.o.App.ImportMatrices(v, v.Caller, read)
	}
	if err != nil {
		return s.faultyImport(v, view, err)
	}
	return v.redirect(matrixAt(taken[0].Service, taken[0].Edition))
}

func matrixAt(service string, ed catalogue.Edition) string {
	return "/responsibility/" + url.PathEscape(service) + "?edition=" + string(ed)
}

// whoSaid counts what a statement says.
func whoSaid(st *responsibility.Statement) string {
	n := map[responsibility.Who]int{}
	for _, r := range st.Rows {
		n[r.Who]++
	}
	var out []string
	for _, w := range []responsibility.Who{responsibility.ByCustomer, responsibility.ByProvider, responsibility.ByBoth, responsibility.ByNobody} {
		if n[w] > 0 {
			out = append(out, number(n[w])+" "+string(w))
		}
	}
	return plural(len(st.Rows), "row", "rows") + ": " + strings.Join(out, ", ")
}

// editions lists them, the newer first.
func editions() []catalogue.Edition {
	return []catalogue.Edition{catalogue.Edition2026, catalogue.Edition2015}
}
