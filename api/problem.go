// SPDX-License-Identifier: Apache-2.0

package api

import (
	"bytes"
	"crypto/rand"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"reflect"
	"regexp"
	"strconv"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"demarc.dev/demarc/app"
	"demarc.dev/demarc/problem"
	"demarc.dev/demarc/responsibility"
)

// fault is a problem as RFC 9457 writes it.
type fault struct {
	Type   string  `json:"type" doc:"kind of the problem, a URN" example:"urn:demarc:problem:invalid"`
	Title  string  `json:"title" doc:"the status in words" example:"Unprocessable Entity"`
	Status int     `json:"status" doc:"status of HTTP" example:"422"`
	Detail string  `json:"detail" doc:"what is wrong, in one sentence" example:"validation failed"`
	Hint   string  `json:"hint,omitempty" doc:"what to do next" example:"mend every fault that is named, and send it again"`
	Errors []field `json:"errors,omitempty" nullable:"false" doc:"every fault of the request, with its place"`
}

// field is one fault of a request. It repeats no value: what was sent may be a
// secret.
type field struct {
	At     string `json:"at" doc:"where: body.…, query.…, path.…, header.…" example:"body.text"`
	Detail string `json:"detail" doc:"what is wrong with it" example:"expected length >= 1"`
}

func (f *fault) Error() string             { return f.Detail }
func (f *fault) GetStatus() int            { return f.Status }
func (f *fault) ContentType(string) string { return "application/problem+json" }

func (f *fault) json() []byte {
	data, err := json.Marshal(f)
	if err != nil { // it holds words and numbers only
		return []byte(`{"type":"about:blank"}`)
	}
	return append(data, '\n')
}

func newFault(kind string, status int, detail, hint string) *fault {
	return &fault{Type: "urn:demarc:problem:" + kind, Title: http.StatusText(status), Status: status, Detail: detail, Hint: hint}
}

// internal tells of a failure on our side by the id under which it is logged.
func internal(id string) *fault {
	return newFault("internal", http.StatusInternalServerError, "something went wrong on our side", "it was written to the log of the program under "+id)
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
		f := newFault(p.Kind.String(), p.Kind.Status(), p.Sentence, p.Hint)
		f.places(err)
		if errors.Is(err, app.ErrChanged) {
			f.Status, f.Title = http.StatusPreconditionFailed, http.StatusText(http.StatusPreconditionFailed)
		}
		return f
	}
	id := rand.Text()[:10]
	log.Error("answering a program", "id", id, "error", err)
	return internal(id)
}

// places names the place of every fault that an error knows of.
func (f *fault) places(err error) {
	var lines responsibility.LineFaults
	var faults problem.Faults
	switch {
	case errors.As(err, &lines):
		for _, x := range lines {
			f.Errors = append(f.Errors, field{At: "body." + x.Field, Detail: x.Duty + ": " + x.Says})
		}
	case errors.As(err, &faults):
		for _, x := range faults {
			at, says, ok := strings.Cut(x, ": ")
			if !ok {
				at, says = "", x
			}
			f.Errors = append(f.Errors, field{At: strings.TrimSuffix("body."+at, "."), Detail: says})
		}
	case strings.Contains(f.Detail, "\n"): // a linter tells all faults of a file, one a line
		for line := range strings.Lines(f.Detail) {
			if line = strings.TrimSpace(line); line != "" && len(f.Errors) < placesMost {
				f.Errors = append(f.Errors, field{At: "body", Detail: line})
			}
		}
		f.Detail = "the file has faults"
	}
}

// placesMost bounds how many faults of a file are told at once.
const placesMost = 500

// unread is what the framework says of a body that breaks off.
const unread = "cannot read request body"

// invalid makes a fault of what the framework finds wrong with a request.
func invalid(status int, msg string, errs ...error) huma.StatusError {
	if status == http.StatusInternalServerError && msg == unread {
		status = http.StatusBadRequest // the sender's line was cut, and nothing of ours
	}
	f := newFault("usage", status, msg, "")
	if status == http.StatusUnprocessableEntity {
		f.Type = "urn:demarc:problem:invalid"
	}
	for _, err := range errs {
		var told *fault
		if errors.As(err, &told) {
			return told
		}
		var d *huma.ErrorDetail
		if errors.As(err, &d) {
			f.Errors = append(f.Errors, field{At: cut(d.Location), Detail: plainly(d)})
		} else if err != nil {
			f.Errors = append(f.Errors, field{At: "body", Detail: "it cannot be read"})
		}
	}
	if len(f.Errors) > 0 {
		f.Hint = "mend every fault that is named, and send it again"
	}
	return f
}

// plainly says what is wrong with a value without the words of the decoder,
// which quote it.
func plainly(d *huma.ErrorDetail) string {
	for _, word := range []string{"invalid character", "unexpected end", "unexpected EOF", "json:", "cannot unmarshal", "invalid UTF-8", "parsing time"} {
		if strings.Contains(d.Message, word) {
			return "this is no JSON that fits"
		}
	}
	return d.Message
}

// cut bounds a word of the request: a field's name is the sender's too.
func cut(s string) string {
	s = strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f || r == '\uFFFD' {
			return '?'
		}
		return r
	}, strings.ToValidUTF8(s, "?"))
	if r := []rune(s); len(r) > 100 {
		return string(r[:100]) + "…"
	}
	return s
}

// hide takes the values of a request out of a fault: a sentence for people may
// quote what they typed, and a program's may be a secret. The ids of the path
// stay, for they stand in the address anyway.
func (f *fault) hide(in any) *fault {
	var values []string
	collect(reflect.ValueOf(in), &values, 0)
	for _, v := range values {
		f.Detail, f.Hint = strings.ReplaceAll(f.Detail, v, "…"), strings.ReplaceAll(f.Hint, v, "…")
		for i := range f.Errors {
			f.Errors[i].Detail = strings.ReplaceAll(f.Errors[i].Detail, v, "…")
		}
	}
	return f
}

// quotable is the length from which a value may be a secret; shorter ones are
// words of every sentence.
const quotable = 5

func collect(v reflect.Value, out *[]string, depth int) {
	if depth > 12 || !v.IsValid() {
		return
	}
	switch v.Kind() {
	case reflect.Pointer, reflect.Interface:
		collect(v.Elem(), out, depth+1)
	case reflect.String:
		if s := v.String(); len(s) >= quotable {
			*out = append(*out, s)
			if r := []rune(s); len(r) > 40 {
				*out = append(*out, string(r[:40])) // sentences cut what they quote
			}
		}
	case reflect.Slice, reflect.Array:
		if v.Type().Elem().Kind() == reflect.Uint8 {
			return
		}
		for i := range min(v.Len(), 1000) {
			collect(v.Index(i), out, depth+1)
		}
	case reflect.Map:
		for _, k := range v.MapKeys() {
			collect(k, out, depth+1)
			collect(v.MapIndex(k), out, depth+1)
		}
	case reflect.Struct:
		for i := range v.NumField() {
			t := v.Type().Field(i)
			if t.IsExported() && t.Tag.Get("path") == "" && t.Tag.Get("enum") == "" {
				collect(v.Field(i), out, depth+1)
			}
		}
	}
}

// tellPlain writes a fault where no operation answers.
func tellPlain(w http.ResponseWriter, f *fault) {
	w.Header().Set("Content-Type", "application/problem+json")
	w.WriteHeader(f.Status)
	_, _ = w.Write(f.json()) // the reader left when this fails
}

// unquoted takes out of a problem what it quotes from a file that was sent: the
// place is told, the value is not.
func unquoted(err error, data []byte) error {
	var p *problem.Problem
	if !errors.As(err, &p) || p.Kind == problem.Internal {
		return err
	}
	clean := func(s string) string {
		return quoted.ReplaceAllStringFunc(s, func(w string) string {
			if inside, uerr := strconv.Unquote(w); uerr != nil || len(inside) < quotable || !bytes.Contains(data, []byte(inside)) {
				return w
			}
			return "…"
		})
	}
	return problem.New(p.Kind, clean(p.Sentence), clean(p.Hint)).Wrap(p.Err)
}

// quoted finds what Go quoted.
var quoted = regexp.MustCompile(`"(?:[^"\\\n]|\\.)*"`)
