// SPDX-License-Identifier: Apache-2.0

package api

import (
	"crypto/rand"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"demarc.dev/demarc/problem"
)

// fault is a problem as RFC 9457 writes it.
type fault struct {
	Type   string   `json:"type" doc:"kind of the problem, a URN"`
	Title  string   `json:"title" doc:"the kind in words"`
	Status int      `json:"status" doc:"status of HTTP"`
	Detail string   `json:"detail" doc:"what is wrong, in one sentence"`
	Hint   string   `json:"hint,omitempty" doc:"what to do next"`
	Errors []string `json:"errors,omitempty" doc:"every fault of the request"`
}

func (f *fault) Error() string             { return f.Detail }
func (f *fault) GetStatus() int            { return f.Status }
func (f *fault) ContentType(string) string { return "application/problem+json" }

func newFault(kind string, status int, detail, hint string) *fault {
	return &fault{Type: "urn:demarc:problem:" + kind, Title: http.StatusText(status), Status: status, Detail: detail, Hint: hint}
}

// tell makes a fault of an error; what is not meant for people is logged, and
// told by an id only.
func tell(log *slog.Logger, err error) *fault {
	var f *fault
	if errors.As(err, &f) {
		return f
	}
	var p *problem.Problem
	if errors.As(err, &p) && p.Kind != problem.Internal && p.Kind.Status() >= 400 {
		return newFault(p.Kind.String(), p.Kind.Status(), p.Sentence, p.Hint)
	}
	id := rand.Text()[:10]
	log.Error("answering a program", "id", id, "error", err)
	return newFault("internal", http.StatusInternalServerError, "something went wrong on our side", "it was written to the log of the program under "+id)
}

// invalid makes a fault of what the framework finds wrong with a request. It
// repeats no value: what was sent may be a secret.
func invalid(status int, msg string, errs ...error) huma.StatusError {
	f := newFault("usage", status, msg, "")
	for _, err := range errs {
		var d *huma.ErrorDetail
		if errors.As(err, &d) {
			f.Errors = append(f.Errors, strings.TrimSpace(d.Location+": "+d.Message))
		} else if err != nil {
			f.Errors = append(f.Errors, err.Error())
		}
	}
	if len(f.Errors) > 0 {
		f.Hint = "mend every fault that is named, and send it again"
	}
	return f
}

// write writes a fault where the framework has nothing to say.
func write(ctx huma.Context, f *fault) {
	ctx.SetHeader("Content-Type", "application/problem+json")
	ctx.SetStatus(f.Status)
	_ = json.NewEncoder(ctx.BodyWriter()).Encode(f) // the reader left when this fails
}
