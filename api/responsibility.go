// SPDX-License-Identifier: Apache-2.0

package api

import (
	"context"
	"slices"
	"strconv"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"demarc.dev/demarc/account"
	"demarc.dev/demarc/app"
	"demarc.dev/demarc/catalogue"
	"demarc.dev/demarc/problem"
	"demarc.dev/demarc/responsibility"
)

// InEdition names an edition of the standard.
type InEdition struct {
	Edition string `query:"edition" enum:"2015,2026" default:"2026" doc:"edition of ISO/IEC 27017" example:"2026"`
}

func (in InEdition) edition() catalogue.Edition { return catalogue.Edition(in.Edition) }

// InService names a service of the scope.
type InService struct {
	Place
	InEdition
	Service string `path:"service" maxLength:"64" doc:"id of a service of the scope" example:"aws"`
}

type (
	serviceIn  struct{ InService }
	matricesIn struct{ InMatrices }
	ruledIn    struct {
		InMatrices
		Service  string `query:"service" maxLength:"64" doc:"only of this service" example:"aws"`
		Rule     string `query:"rule" maxLength:"10" doc:"only of this rule" example:"RM-01"`
		Severity string `query:"severity" enum:"critical,high,medium,low" doc:"only of this severity"`
	}
	lineIn struct {
		InService
		Duty string `path:"duty" maxLength:"64" doc:"id of a duty" example:"5.1.1-C1"`
		Body lineBody
	}
	linesIn struct {
		InService
		Body struct {
			Duties []string  `json:"duties" minItems:"1" maxItems:"500" nullable:"false" doc:"ids of the duties whose lines are changed"`
			Set    lineWords `json:"set" doc:"what the lines are to hold"`
		}
	}
	matrixIn struct {
		InService
		Upload
	}
	stepIn struct {
		InService
		Step string `path:"step" enum:"adopt,sign,send,acknowledge" doc:"adopt: take the usual division over; sign: for our side; send: note that it was sent; acknowledge: note that the other party agreed" example:"sign"`
		Body struct {
			By string `json:"by,omitempty" maxLength:"200" doc:"of acknowledge: who agreed on the other side"`
		}
	}
	compareIn struct {
		InService
		With string `query:"with" required:"true" pattern:"^(default|statement|v[0-9]{1,9})$" doc:"default: the usual division; statement: what the provider says; v3: version 3" example:"default"`
	}
	statementIn struct {
		InService
		Upload
		Title    string `query:"title" maxLength:"200" doc:"of the statement, when the file does not say"`
		Date     string `query:"date" maxLength:"10" doc:"of the statement, when the file does not say" example:"2026-03-01"`
		Provider string `query:"provider" maxLength:"200" doc:"who says so, when the file does not say"`
		Form     string `query:"form" enum:"yaml,csv" default:"yaml" doc:"of the file"`
	}
	versionsIn struct {
		InService
		InPage
	}
)

// InMatrices asks for a page over the matrices of an edition.
type InMatrices struct {
	Place
	InEdition
	InPage
}

// lineBody is a line of a matrix without the duty that the path names.
type lineBody struct {
	Customer        string   `json:"customer" enum:"none,performs,accountable,both" doc:"performs does the work, accountable answers for the result, both does and answers"`
	Provider        string   `json:"provider" enum:"none,performs,accountable,both" doc:"likewise"`
	Split           string   `json:"split,omitempty" maxLength:"2000" doc:"who does which part, when both perform"`
	CustomerOwner   string   `json:"customer_owner,omitempty" maxLength:"200" doc:"id of a person of the scope"`
	ProviderContact string   `json:"provider_contact,omitempty" maxLength:"200"`
	Basis           basis    `json:"basis"`
	Rationale       string   `json:"rationale,omitempty" maxLength:"2000" doc:"why it differs from what is usual"`
	Evidence        []string `json:"evidence,omitempty" maxItems:"100" nullable:"false" doc:"references: a report, a record, a file"`
	Note            string   `json:"note,omitempty" maxLength:"2000"`
}

// lineWords are what is set in several lines; what is absent stays as it is.
type lineWords struct {
	Customer        *string  `json:"customer,omitempty" enum:"none,performs,accountable,both"`
	Provider        *string  `json:"provider,omitempty" enum:"none,performs,accountable,both"`
	Split           *string  `json:"split,omitempty" maxLength:"2000"`
	CustomerOwner   *string  `json:"customer_owner,omitempty" maxLength:"200"`
	ProviderContact *string  `json:"provider_contact,omitempty" maxLength:"200"`
	Basis           *basis   `json:"basis,omitempty"`
	Rationale       *string  `json:"rationale,omitempty" maxLength:"2000"`
	Evidence        []string `json:"evidence,omitempty" maxItems:"100" nullable:"false"`
	Note            *string  `json:"note,omitempty" maxLength:"2000"`
}

func (w lineWords) patch() app.Patch {
	p := app.Patch{Customer: (*responsibility.Share)(w.Customer), Provider: (*responsibility.Share)(w.Provider), Split: w.Split, CustomerOwner: w.CustomerOwner, ProviderContact: w.ProviderContact, Rationale: w.Rationale, Note: w.Note, Evidence: w.Evidence}
	if w.Basis != nil {
		p.Basis = &responsibility.Basis{Kind: responsibility.BasisKind(w.Basis.Kind), Reference: w.Basis.Reference}
	}
	return p
}

type basis struct {
	Kind      string `json:"kind" enum:"contract,statement,internal,assumption,default" doc:"what it rests on: a clause of the contract, a statement of the provider, a control of our own, an assumption, or the usual division"`
	Reference string `json:"reference,omitempty" maxLength:"200" example:"MSA 2024, 7.3(b)"`
}

// matrixRow is a matrix in the list of them.
type matrixRow struct {
	Service  string                `json:"service" example:"aws"`
	Name     string                `json:"name"`
	Edition  catalogue.Edition     `json:"edition"`
	Stored   bool                  `json:"stored" doc:"false: it is the usual division, which nobody has looked at yet"`
	Version  int                   `json:"version"`
	Standing responsibility.Status `json:"standing" doc:"derived: a sign-off goes stale when something material changes"`
	Findings int                   `json:"findings" doc:"what the rules find in it"`
}

func matrixRef(ctx huma.Context) app.Ref {
	ed := ctx.Query("edition")
	if ed == "" {
		ed = string(catalogue.Edition2026)
	}
	return app.MatrixRef(ctx.Param("service"), catalogue.Edition(ed))
}

func statementRef(ctx huma.Context) app.Ref { return app.StatementRef(ctx.Param("service")) }

func (s *server) responsibilityCalls() []call {
	a := s.o.App
	const tag = "responsibility"
	return []call{
		{id: "listMatrices", method: get, path: "/responsibility", tag: tag, need: account.ReadMatrix, says: "The responsibility matrices, one a service",
			more: "For each service of the scope: whether a matrix is stored, at which version, whether its sign-off still stands, and how much the rules find in it.", register: handle(s, s.matrices)},
		{id: "getMatrix", method: get, path: "/responsibility/{service}", tag: tag, need: account.ReadMatrix, ref: matrixRef, says: "The responsibility matrix of a service",
			more: "The stored matrix, with its version as ETag; when none is stored, the usual division for the service's model with the ETag \"0\". Send the ETag as If-Match with every change.",
			register: handle(s, func(ctx context.Context, c app.Caller, in *serviceIn) (*responsibility.Matrix, error) {
				m, _, err := a.Matrix(ctx, c, in.Service, in.edition())
				return m, err
			})},
		{id: "putMatrix", method: put, path: "/responsibility/{service}", tag: tag, need: account.EditMatrix, ref: matrixRef, takes: []string{yaml}, example: exampleMatrix, says: "Take a matrix file in, as the next version",
			more: "The file is that of docs/format.md, as demarc responsibility export writes it. It signs nothing: a sign-off stands only where the store has it already. Every fault is told with its line and field.", register: handle(s, s.putMatrix)},
		{id: "setLine", method: put, path: "/responsibility/{service}/line/{duty}", tag: tag, need: account.EditMatrix, ref: matrixRef, says: "Change one line of a matrix",
			more:    "Stores the matrix with this line as the next version, and gives it back. A line that the rules of the file format refuse is refused here.",
			example: map[string]any{"customer": "both", "provider": "none", "customer_owner": "platform", "basis": map[string]any{"kind": "internal", "reference": "ISMS 4.2"}}, register: handle(s, s.setLine)},
		{id: "setLines", method: post, path: "/responsibility/{service}/lines", tag: tag, need: account.EditMatrix, ref: matrixRef, says: "Set the same in several lines of a matrix",
			more:    "One change: one version and one entry in the log, or none of it. What is not named stays as it is; evidence is added. A duty without a line begins with the usual one.",
			example: map[string]any{"duties": []string{"5.1.1-C1", "5.1.1-C2"}, "set": map[string]any{"customer_owner": "platform"}}, register: handle(s, s.setLines)},
		{id: "stepMatrix", method: post, path: "/responsibility/{service}/step/{step}", tag: tag, need: account.EditMatrix, ref: matrixRef, must: true, says: "Adopt, sign off, note as sent, or as acknowledged",
			more:    "A signature is for the version that was looked at, so If-Match is required. Adopting needs matrix.edit; signing, sending and acknowledging need matrix.sign.",
			example: map[string]any{}, register: handle(s, s.stepMatrix)},
		{id: "listVersions", method: get, path: "/responsibility/{service}/version", tag: tag, need: account.ReadMatrix, says: "Every version of a matrix, the newest first",
			more: "Who stored each version and when, as the log tells.", register: handle(s, s.versions)},
		{id: "getSince", method: get, path: "/responsibility/{service}/since", tag: tag, need: account.ReadMatrix, says: "What changed since the sign-off",
			more: "Every field that differs from what was signed, with who changed it last and when; signed is false when the matrix bears no signature.",
			register: handle(s, func(ctx context.Context, c app.Caller, in *serviceIn) (signed, error) {
				x, err := a.SinceSigned(ctx, c, in.Service, in.edition())
				return signed{x != nil, x}, err
			})},
		{id: "compareMatrix", method: get, path: "/responsibility/{service}/compare", tag: tag, need: account.ReadMatrix, says: "What differs from another matrix",
			more: "Compares with the usual division, with the statement that the provider gave, or with an earlier version: line by line and field by field.", register: handle(s, s.compare)},
		{id: "getStatement", method: get, path: "/responsibility/{service}/statement", tag: tag, need: account.ReadMatrix, ref: statementRef, says: "What the provider of a service says of it",
			more: "The provider's own word on who performs which duty, as it was filed.",
			register: handle(s, func(ctx context.Context, c app.Caller, in *serviceIn) (*responsibility.Statement, error) {
				return a.Statement(ctx, c, in.Service)
			})},
		{id: "fileStatement", method: put, path: "/responsibility/{service}/statement", tag: tag, need: account.EditMatrix, ref: statementRef, takes: []string{yaml, "text/csv"}, says: "File what the provider says of a service",
			more: "The file is kept as evidence with its SHA-256 and read into rows; rules and comparisons use them. The forms are those of docs/format.md.", register: handle(s, s.fileStatement)},
		{id: "listResponsibilityFindings", method: get, path: "/responsibility/finding", tag: tag, need: account.ReadMatrix, says: "What the rules find in the matrices",
			more: "Gaps, overlaps, orphaned and broken promises over all matrices of the edition, each with the reason and what to do.", register: handle(s, s.ruled)},
	}
}

// signed is a sign-off, and what changed since.
type signed struct {
	Signed bool       `json:"signed"`
	Since  *app.Since `json:"since,omitempty"`
}

// exampleMatrix is the beginning of a matrix file.
const exampleMatrix = `service: aws
edition: "2026"
`

func (s *server) matrices(ctx context.Context, c app.Caller, in *matricesIn) (Page[matrixRow], error) {
	m, err := s.o.App.Matrices(ctx, c, in.edition())
	if err != nil {
		return Page[matrixRow]{}, err
	}
	var rows []matrixRow
	for _, v := range m.Scope.Services {
		matrix, stored, err := m.Of(v.ID)
		if err != nil {
			return Page[matrixRow]{}, err
		}
		row := matrixRow{Service: v.ID, Name: v.Name, Edition: in.edition(), Stored: stored, Version: matrix.Version}
		if row.Standing, err = m.Standing(v.ID); err != nil {
			return Page[matrixRow]{}, err
		}
		for _, f := range m.Findings {
			if f.Service == v.ID {
				row.Findings++
			}
		}
		rows = append(rows, row)
	}
	return paged(rows, in.InPage, func(r matrixRow) string { return r.Service })
}

func (s *server) putMatrix(ctx context.Context, c app.Caller, in *matrixIn) (*responsibility.Matrix, error) {
	data, err := in.whole()
	if err != nil {
		return nil, err
	}
	m, err := s.o.App.ParseMatrix(ctx, c, "matrix.yaml", data)
	if err != nil {
		return nil, unquoted(err, data)
	}
	if m.Service != in.Service || m.Edition != in.edition() {
		return nil, problem.New(problem.Invalid, "service, edition: the file speaks of another matrix than the address", "put it where it belongs")
	}
	if _, _, err := s.o.App.ImportMatrix(ctx, c, m); err != nil {
		return nil, unquoted(err, data)
	}
	return s.matrixNow(ctx, c, in.InService)
}

func (s *server) matrixNow(ctx context.Context, c app.Caller, in InService) (*responsibility.Matrix, error) {
	m, _, err := s.o.App.Matrix(ctx, c, in.Service, in.edition())
	return m, err
}

// versionNow gives the version that is stored, 0 when none is.
func (s *server) versionNow(ctx context.Context, c app.Caller, in InService) (int, error) {
	m, stored, err := s.o.App.Matrix(ctx, c, in.Service, in.edition())
	if err != nil || !stored {
		return 0, err
	}
	return m.Version, nil
}

func (s *server) setLine(ctx context.Context, c app.Caller, in *lineIn) (*responsibility.Matrix, error) {
	from, err := s.versionNow(ctx, c, in.InService)
	if err != nil {
		return nil, err
	}
	b := in.Body
	line := responsibility.Allocation{Duty: in.Duty, Customer: responsibility.Share(b.Customer), Provider: responsibility.Share(b.Provider), Split: b.Split, CustomerOwner: b.CustomerOwner, ProviderContact: b.ProviderContact,
		Basis: responsibility.Basis{Kind: responsibility.BasisKind(b.Basis.Kind), Reference: b.Basis.Reference}, Rationale: b.Rationale, Evidence: b.Evidence, Note: b.Note}
	if _, _, err := s.o.App.EditMatrix(ctx, c, in.Service, in.edition(), from, []responsibility.Allocation{line}); err != nil {
		return nil, err
	}
	return s.matrixNow(ctx, c, in.InService)
}

func (s *server) setLines(ctx context.Context, c app.Caller, in *linesIn) (*responsibility.Matrix, error) {
	from, err := s.versionNow(ctx, c, in.InService)
	if err != nil {
		return nil, err
	}
	if _, _, err := s.o.App.PatchMatrix(ctx, c, in.Service, in.edition(), from, in.Body.Duties, in.Body.Set.patch()); err != nil {
		return nil, err
	}
	return s.matrixNow(ctx, c, in.InService)
}

func (s *server) stepMatrix(ctx context.Context, c app.Caller, in *stepIn) (*responsibility.Matrix, error) {
	a, ed := s.o.App, in.edition()
	from, err := s.versionNow(ctx, c, in.InService)
	if err != nil {
		return nil, err
	}
	switch in.Step {
	case "adopt":
		if _, _, err := a.EditMatrix(ctx, c, in.Service, ed, from, nil); err != nil {
			return nil, err
		}
		return s.matrixNow(ctx, c, in.InService)
	case "sign":
		by, err := a.Signer(ctx, c)
		if err != nil {
			return nil, err
		}
		return a.SignMatrix(ctx, c, in.Service, ed, from, by)
	case "send":
		return a.SendMatrix(ctx, c, in.Service, ed, from)
	}
	return a.AcknowledgeMatrix(ctx, c, in.Service, ed, from, strings.TrimSpace(in.Body.By))
}

func (s *server) versions(ctx context.Context, c app.Caller, in *versionsIn) (Page[app.MatrixVersion], error) {
	all, err := s.o.App.MatrixHistory(ctx, c, in.Service, in.edition())
	if err != nil {
		return Page[app.MatrixVersion]{}, err
	}
	if len(all) == 0 {
		if _, err := s.matrixNow(ctx, c, in.InService); err != nil { // no such service
			return Page[app.MatrixVersion]{}, err
		}
	}
	slices.Reverse(all)
	return paged(all, in.InPage, func(v app.MatrixVersion) string { return strconv.FormatInt(v.Entry, 10) })
}

// differences are what a matrix has on the left, and another on the right.
type differences struct {
	With  string                      `json:"with"`
	Items []responsibility.Difference `json:"items" nullable:"false"`
}

func (s *server) compare(ctx context.Context, c app.Caller, in *compareIn) (differences, error) {
	a := s.o.App
	m, err := a.Matrices(ctx, c, in.edition())
	if err != nil {
		return differences{}, err
	}
	out := differences{With: in.With}
	switch {
	case in.With == "statement":
		out.Items, err = m.CompareStatement(in.Service)
	case in.With == "default":
		usual, uerr := a.DefaultMatrix(ctx, c, in.Service, in.edition())
		if uerr != nil {
			return out, uerr
		}
		out.Items, err = m.Compare(in.Service, usual)
	default:
		n, nerr := strconv.Atoi(in.With[1:])
		if nerr != nil { // the pattern lets digits pass only
			return out, nerr
		}
		then, terr := a.MatrixAt(ctx, c, in.Service, in.edition(), n)
		if terr != nil {
			return out, terr
		}
		out.Items, err = m.Compare(in.Service, then)
	}
	out.Items = append([]responsibility.Difference{}, out.Items...)
	return out, err
}

func (s *server) fileStatement(ctx context.Context, c app.Caller, in *statementIn) (*responsibility.Statement, error) {
	data, err := in.whole()
	if err != nil {
		return nil, err
	}
	o := responsibility.StatementOptions{Service: in.Service, Title: in.Title, Date: in.Date, Provider: in.Provider}
	st, err := s.o.App.FileStatement(ctx, c, "statement."+in.Form, data, o)
	return st, unquoted(err, data)
}

func (s *server) ruled(ctx context.Context, c app.Caller, in *ruledIn) (Page[responsibility.Finding], error) {
	m, err := s.o.App.Matrices(ctx, c, in.edition())
	if err != nil {
		return Page[responsibility.Finding]{}, err
	}
	rows := slices.DeleteFunc(slices.Clone(m.Findings), func(f responsibility.Finding) bool {
		return in.Service != "" && f.Service != in.Service || in.Rule != "" && string(f.Rule) != in.Rule || in.Severity != "" && string(f.Severity) != in.Severity
	})
	return paged(rows, in.InPage, func(f responsibility.Finding) string { return f.Fingerprint })
}

func absent(err error) bool { return err != nil && problem.Of(err) == problem.NotFound }
func denied(err error) bool { return err != nil && problem.Of(err) == problem.Denied }
