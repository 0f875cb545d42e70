// SPDX-License-Identifier: Apache-2.0

package api

import (
	"context"
	"errors"
	"io"
	"net/http"
	"regexp"
	"slices"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"demarc.dev/demarc/account"
	"demarc.dev/demarc/app"
)

const (
	get  = http.MethodGet
	post = http.MethodPost
	put  = http.MethodPut
	del  = http.MethodDelete
)

// call is one operation.
type call struct {
	id, method, path string // path below an organisation; see open
	tag              string
	need             account.Permission
	says, more       string                     // in a line, and in a paragraph
	open             bool                       // concerns no organisation
	ref              func(huma.Context) app.Ref // the record that it reads or changes; nil: none with a revision
	must             bool                       // it is changed only by who says which revision he saw
	status           int                        // of success; 0: 200, or 204 for what gives nothing
	most             int64                      // bytes of a body; 0: a megabyte
	takes            []string                   // media types of a body that is no JSON
	gives            []string                   // media types of an answer that is no JSON
	example          any                        // of the body that it takes
	register         func(call, huma.Operation)
}

// bound gives the most bytes of a body.
func (c call) bound() int64 {
	if c.most > 0 {
		return c.most
	}
	return 1 << 20
}

var paramWord = regexp.MustCompile(`\{([a-z]+)\}`)

// params gives the names of what stands in the path, but for the organisation.
func (c call) params() []string {
	var out []string
	for _, m := range paramWord.FindAllStringSubmatch(c.path, -1) {
		out = append(out, m[1])
	}
	return out
}

// address gives the whole path of a call.
func (c call) address() string {
	if c.open {
		return prefix + c.path
	}
	return prefix + "/organisations/{org}" + c.path
}

// add registers a call with what stands before it.
func (s *server) add(c call) {
	op := s.operation(c)
	op.Middlewares = huma.Middlewares{s.serve(c)}
	c.register(c, op)
	s.finish(c)
}

// body is an answer in JSON.
type body[T any] struct{ Body T }

// nothing is what a call gives that gives nothing.
type nothing struct{}

// handle makes an operation of a function of the caller and what was sent.
func handle[In, Out any](s *server, do func(context.Context, app.Caller, *In) (Out, error)) func(call, huma.Operation) {
	return func(_ call, op huma.Operation) {
		huma.Register(s.api, op, func(ctx context.Context, in *In) (*body[Out], error) {
			out, err := do(ctx, callerOf(ctx), in)
			if err != nil {
				return nil, s.refused(err, in)
			}
			return &body[Out]{out}, nil
		})
	}
}

// handleText is handle for what takes in a text that a person wrote. What is wrong
// with it is told by its place, without the words that stand there.
func handleText[Out, In any, P interface {
	*In
	whole() ([]byte, error)
}](s *server, do func(context.Context, app.Caller, P, []byte) (Out, error)) func(call, huma.Operation) {
	return handle(s, func(ctx context.Context, c app.Caller, in *In) (out Out, err error) {
		data, err := P(in).whole()
		if err != nil {
			return out, err
		}
		out, err = do(ctx, c, in, data)
		return out, unquoted(err, data)
	})
}

// handleNone is handle for what gives nothing.
func handleNone[In any](s *server, do func(context.Context, app.Caller, *In) error) func(call, huma.Operation) {
	return func(_ call, op huma.Operation) {
		huma.Register(s.api, op, func(ctx context.Context, in *In) (*nothing, error) {
			if err := do(ctx, callerOf(ctx), in); err != nil {
				return nil, s.refused(err, in)
			}
			return nil, nil
		})
	}
}

func (s *server) refused(err error, in any) error {
	f := *tell(s.o.Log, err)
	return f.hide(in)
}

// file is what is sent that is no JSON. The pipeline closes it.
type file struct {
	name, kind string
	from       io.ReadCloser
}

// callback is an answer that is written by hand.
type callback struct{ Body func(huma.Context) }

// handleFile is handle for what gives a file.
func handleFile[In any](s *server, do func(context.Context, app.Caller, *In) (file, error)) func(call, huma.Operation) {
	return func(_ call, op huma.Operation) {
		huma.Register(s.api, op, func(ctx context.Context, in *In) (*callback, error) {
			f, err := do(ctx, callerOf(ctx), in)
			if err != nil {
				return nil, s.refused(err, in)
			}
			return &callback{func(huma.Context) {
				r := ctx.Value(replyKey{}).(*reply)
				r.file, r.status = f.from, http.StatusOK
				r.head.Set("Content-Type", f.kind)
				r.head.Set("Content-Disposition", sent(f.name))
				r.head.Set("X-Content-Type-Options", "nosniff")
			}}, nil
		})
	}
}

// spool has something written to a file of our own, so that what fails halfway
// is a problem and not half a file, and a slow reader holds up nobody.
func (s *server) spool(name, kind string, write func(io.Writer) error) (file, error) {
	f, err := s.o.App.NewScratch()
	if err != nil {
		return file{}, err
	}
	if err := write(f); err != nil {
		return file{}, errors.Join(err, f.Close())
	}
	if _, err := f.Size(); err != nil {
		return file{}, errors.Join(err, f.Close())
	}
	return file{name, kind, f}, nil
}

// Upload is a body that is read as it comes. It is exported, like all that is
// embedded, for the framework to find it.
type Upload struct{ from io.Reader }

// Resolve takes hold of the body.
func (u *Upload) Resolve(ctx huma.Context) []error {
	c := ctx.Operation().Metadata["call"].(call)
	if err := ctx.SetReadDeadline(time.Now().Add(uploadTime)); err != nil && !errors.Is(err, http.ErrNotSupported) {
		return []error{err}
	}
	kind, _, _ := mediaType(ctx.Header("Content-Type"))
	if !slices.Contains(c.takes, kind) {
		return []error{newFault("usage", http.StatusUnsupportedMediaType, "the body is of another media type than this takes", "send one of the media types that the document names, in Content-Type")}
	}
	u.from = &bounded{ctx.BodyReader(), c.bound()}
	return nil
}

// whole reads the body into memory.
func (u *Upload) whole() ([]byte, error) {
	return io.ReadAll(u.from)
}
