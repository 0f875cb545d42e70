// SPDX-License-Identifier: Apache-2.0

package web

import (
	"io"
	"slices"

	"demarc.dev/demarc/app"
	"demarc.dev/demarc/problem"
	"demarc.dev/demarc/scope"
)

// reportView is what the page of papers shows.
type reportView struct {
	Run      app.Run
	RunWord  string
	Services []scope.Service
}

func (s *Server) report(v *visit) error {
	run, err := s.run(v)
	if err != nil {
		return err
	}
	sc, err := s.o.App.Scope(v, v.Caller)
	if err != nil {
		return err
	}
	return s.show(v, page{
		Title: "Reports", Section: "/report", Run: v.get("run"),
		What: "The papers of assessment " + run.ID + " of " + moment(run.At) + ", made from what was concluded then: the same assessment gives the same paper.",
		Why:  "Results are to be reported to those who decide, and agreed divisions of duties are to be handed to the other party.",
		Next: "Choose a paper and a format. That it was issued, and its SHA-256, is written into the log.",
	}, reportPage(reportView{run, v.get("run"), sc.Services}))
}

// issue makes a paper.
func (s *Server) issue(v *visit) error {
	run, err := s.o.App.Run(v, v.Caller, v.r.PostFormValue("run"))
	if err != nil {
		return err
	}
	p := app.Paper{Kind: v.r.PostFormValue("paper"), Format: v.r.PostFormValue("format"), Service: v.r.PostFormValue("service")}
	if !slices.Contains(app.Formats(p.Kind), p.Format) {
		return problem.New(problem.Usage, "There is no such paper in this format", "Reports lists them.")
	}
	return s.download(v, paperName(p, run), paperKind(p.Format), func(w io.Writer) error { return s.o.App.Report(v, v.Caller, run, p, w) })
}

// paperName is what a paper is called on a disk.
func paperName(p app.Paper, run app.Run) string {
	name := map[string]string{app.GapPaper: "gap-report", app.MatrixPaper: "responsibility-matrix", app.FindingsPaper: "findings"}[p.Kind]
	if p.Service != "" {
		name += "-" + p.Service
	}
	return name + "-" + run.ID + ending(p.Format)
}

func ending(format string) string {
	switch format {
	case "ocsf":
		return ".ocsf.jsonl"
	case "junit":
		return ".junit.xml"
	case "redline", "letter":
		return "-" + format + ".docx"
	case "letterpdf":
		return "-letter.pdf"
	}
	return "." + format
}

func paperKind(format string) string {
	switch format {
	case "html":
		return "text/html; charset=utf-8"
	case "pdf", "letterpdf":
		return "application/pdf"
	case "docx", "redline", "letter":
		return "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
	case "xlsx":
		return "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
	case "csv":
		return "text/csv; charset=utf-8"
	case "junit":
		return "application/xml"
	case "yaml":
		return "application/yaml"
	}
	return "application/json"
}

// oneMatrix gives the formats of a matrix that speak of one service.
func oneMatrix() []string {
	return slices.DeleteFunc(app.Formats(app.MatrixPaper), func(f string) bool { return f == "xlsx" })
}
