// SPDX-License-Identifier: Apache-2.0

package api

import (
	"context"
	"log/slog"
	"net/http"
	"path"
	"reflect"
	"strings"
	"sync"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"demarc.dev/demarc/account"
	"demarc.dev/demarc/app"
)

// Options say what is served, and who is let in.
type Options struct {
	App     *app.App
	Version string
	// Caller gives who stands behind a token; Denied when nobody does. Nil:
	// App.Token.
	Caller func(ctx context.Context, token string) (app.Caller, error)
	Now    func() time.Time
	Log    *slog.Logger
}

// prefix is where the API lies.
const prefix = "/api/v1"

// server is the API with what its operations need.
type server struct {
	o    Options
	api  huma.API
	once *answers
}

// words sets how the framework tells of a wrong request, for the whole process.
var words sync.Once

// New gives the handler of the API: everything below /api/v1/.
func New(o Options) (http.Handler, error) {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Caller == nil {
		o.Caller = o.App.Token
	}
	words.Do(func() { huma.NewError = invalid })
	mux := http.NewServeMux()
	s := &server{o: o, api: humago.New(mux, config(o.Version)), once: newAnswers(o.Now)}
	for _, c := range s.calls() {
		c.register(c)
	}
	return tagged(mux), nil
}

func config(version string) huma.Config {
	c := huma.DefaultConfig("Demarc", version)
	c.OpenAPIPath, c.DocsPath, c.SchemasPath = prefix+"/openapi", "", ""
	c.CreateHooks = nil // no $schema in answers: it would be built from the Host header
	c.Info.Description = "Who secures what of a cloud service, and the proof of it. A token of an account opens one organisation, for what its scopes hold."
	c.Components = &huma.Components{
		Schemas:         huma.NewMapRegistry("#/components/schemas/", schemaName),
		SecuritySchemes: map[string]*huma.SecurityScheme{"token": {Type: "http", Scheme: "bearer", Description: "dmc_…, made in the web application under one's own account"}},
	}
	return c
}

// schemaName names a type by its room too: two rooms have a Finding.
func schemaName(t reflect.Type, hint string) string {
	for t.Kind() == reflect.Pointer || t.Kind() == reflect.Slice {
		t = t.Elem()
	}
	name := huma.DefaultSchemaNamer(t, hint)
	if room := path.Base(t.PkgPath()); strings.HasPrefix(t.PkgPath(), "demarc.dev/") && room != "api" {
		return strings.ToUpper(room[:1]) + room[1:] + name
	}
	return name
}

// call is one operation.
type call struct {
	id, method, path string // path below an organisation; see open
	need             account.Permission
	says             string
	open             bool  // concerns no organisation
	most             int64 // bytes of a body; 0: a megabyte
	register         func(call)
}

// callerKey is where the context keeps who asks.
type callerKey struct{}

func callerOf(ctx context.Context) app.Caller {
	c, _ := ctx.Value(callerKey{}).(app.Caller)
	return c
}

// operation gives a call as the framework wants it.
func (s *server) operation(c call) huma.Operation {
	at := prefix + "/organisations/{org}" + c.path
	if c.open {
		at = prefix + c.path
	}
	if c.most == 0 {
		c.most = 1 << 20
	}
	op := huma.Operation{OperationID: c.id, Method: c.method, Path: at, Summary: c.says, MaxBodyBytes: c.most, BodyReadTimeout: time.Minute,
		Security: []map[string][]string{{"token": {}}}, Errors: []int{400, 401, 403, 404, 409, 422, 500, 503}, Middlewares: huma.Middlewares{s.admit(c)}}
	if c.need != "" {
		op.Extensions = map[string]any{"x-demarc-permission": string(c.need)}
	}
	if c.method == http.MethodPost {
		op.Middlewares = append(op.Middlewares, s.once.middleware)
	}
	return op
}

// admit lets in who shows a token that opens the organisation for the need.
func (s *server) admit(c call) func(huma.Context, func(huma.Context)) {
	return func(ctx huma.Context, next func(huma.Context)) {
		token, ok := strings.CutPrefix(ctx.Header("Authorization"), "Bearer ")
		if !ok {
			ctx.SetHeader("WWW-Authenticate", "Bearer")
			s.refuse(ctx, newFault("denied", http.StatusUnauthorized, "no token was shown", "send Authorization: Bearer dmc_…"))
			return
		}
		caller, err := s.o.Caller(ctx.Context(), token)
		if err != nil {
			f := tell(s.o.Log, err)
			if f.Status == http.StatusForbidden {
				f.Status, f.Title = http.StatusUnauthorized, http.StatusText(http.StatusUnauthorized)
				ctx.SetHeader("WWW-Authenticate", "Bearer")
			}
			s.refuse(ctx, f)
			return
		}
		if !c.open {
			caller = caller.In(ctx.Param("org"))
			if err := s.o.App.May(ctx.Context(), caller, c.need); err != nil {
				s.refuse(ctx, tell(s.o.Log, err))
				return
			}
		}
		next(huma.WithValue(ctx, callerKey{}, caller))
	}
}

func (s *server) refuse(ctx huma.Context, f *fault) {
	if err := huma.WriteErr(s.api, ctx, f.Status, f.Detail, f); err != nil {
		s.o.Log.Info("refusing a program", "error", err)
	}
}

// Place names the organisation. It is exported, like what else is embedded, for
// the framework to set it.
type Place struct {
	Org string `path:"org" maxLength:"64" doc:"id of the organisation"`
}

// body is an answer in JSON.
type body[T any] struct{ Body T }

// handle makes an operation of a function of the caller and what was sent.
func handle[In, Out any](s *server, do func(context.Context, app.Caller, *In) (Out, error)) func(call) {
	return func(c call) {
		huma.Register(s.api, s.operation(c), func(ctx context.Context, in *In) (*body[Out], error) {
			out, err := do(ctx, callerOf(ctx), in)
			if err != nil {
				return nil, tell(s.o.Log, err)
			}
			return &body[Out]{out}, nil
		})
	}
}

// file is an answer that is no JSON.
type file struct {
	Type string `header:"Content-Type"`
	Name string `header:"Content-Disposition"`
	Body []byte
}

// handleFile is handle for what gives a file.
func handleFile[In any](s *server, kind string, do func(context.Context, app.Caller, *In) (name string, data []byte, err error)) func(call) {
	return func(c call) {
		huma.Register(s.api, s.operation(c), func(ctx context.Context, in *In) (*file, error) {
			name, data, err := do(ctx, callerOf(ctx), in)
			if err != nil {
				return nil, tell(s.o.Log, err)
			}
			return &file{Type: kind, Name: `attachment; filename="` + name + `"`, Body: data}, nil
		})
	}
}
