// SPDX-License-Identifier: Apache-2.0

package api

import (
	"mime"
	"net/http"
	"path"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
)

const about = `Who secures what of a cloud service, and the proof of it. Everything that the pages of the web application do, a program can do here.

A program shows a token of its account, made in the web application under Your account: ` + "`Authorization: Bearer dmc_…`" + `. The token opens one organisation, for what its scopes and the role of its account both hold; each operation names the permission that it asks for (x-demarc-permission).

Lists come page by page: ask again with the ` + "`next`" + ` of the page before as ` + "`cursor`" + `. What is read bears an ETag; of a record that can be changed it is the revision, and If-Match makes a change only while the record is as it was read (412 otherwise). A POST with an Idempotency-Key is carried out once and answered the same for a day, by every replica.

A failure is a problem of RFC 9457 (application/problem+json) with a hint, every fault of a request with its place, and no value that was sent. A failure on our side tells the id under which it is logged.`

// tags are the parts of the API, in the order of the work.
func tags() []*huma.Tag {
	return []*huma.Tag{
		{Name: "organisation", Description: "Where a token leads, and all that an organisation has."},
		{Name: "scope", Description: "The cloud services that the organisation consumes and provides."},
		{Name: "responsibility", Description: "Which party performs each duty and which answers for it."},
		{Name: "agreement", Description: "What agreements promise, word for word, against what the standard and the law ask."},
		{Name: "sla", Description: "Service levels: what was promised, measured, missed and is to be claimed."},
		{Name: "supplier", Description: "Suppliers: how much rests on one, what it answers and shows, what was decided."},
		{Name: "assess", Description: "How it stands: assessments, duties, findings, gaps and the plan."},
		{Name: "catalogue", Description: "What the standard asks, and the checks that look for it."},
		{Name: "collect", Description: "What was seen of the cloud."},
		{Name: "evidence", Description: "The log that proves what was recorded."},
		{Name: "report", Description: "The papers of an assessment."},
		{Name: "request", Description: "What auditors ask for, and are given."},
		{Name: "job", Description: "Collectors, schedules, runs, and who is told of what."},
		{Name: "member", Description: "Who may do what."},
	}
}

// version is that of the API, not of the program.
const version = "1.0.0"

func config() huma.Config {
	c := huma.DefaultConfig("Demarc", version)
	c.OpenAPIPath, c.DocsPath, c.SchemasPath = "", "", "" // the document is served as it is built, and no page loads from elsewhere
	c.CreateHooks = nil                                   // no $schema in answers: it would be built from the Host header
	c.RejectUnknownQueryParameters = true                 // a filter with a slip of the pen would answer another question
	c.Info.Description = about
	c.Info.License = &huma.License{Name: "Apache-2.0", Identifier: "Apache-2.0"}
	c.Tags = tags()
	schemas := huma.NewMapRegistry("#/components/schemas/", schemaName)
	c.Components = &huma.Components{
		Schemas:         schemas,
		Responses:       failureResponses(schemas),
		SecuritySchemes: map[string]*huma.SecurityScheme{"token": {Type: "http", Scheme: "bearer", Description: "dmc_…, made in the web application under one's own account"}},
	}
	return c
}

var (
	generic = regexp.MustCompile(`^([A-Za-z]+)\[(.+)\]$`)
	typeOf  = regexp.MustCompile(`^(?:.*/)?([a-z]+)\.([A-Za-z]+)$`)
)

// schemaName names a type by its room too: two rooms have a Finding.
func schemaName(t reflect.Type, hint string) string {
	for t.Kind() == reflect.Pointer || t.Kind() == reflect.Slice {
		t = t.Elem()
	}
	if m := generic.FindStringSubmatch(t.Name()); m != nil {
		if of := typeOf.FindStringSubmatch(m[2]); of != nil {
			return roomed(of[1], of[2]) + m[1]
		}
	}
	name := huma.DefaultSchemaNamer(t, hint)
	if strings.HasPrefix(t.PkgPath(), "demarc.dev/") {
		return roomed(path.Base(t.PkgPath()), name)
	}
	return name
}

func roomed(room, name string) string {
	name = strings.ToUpper(name[:1]) + name[1:]
	if room == "api" {
		return name
	}
	return strings.ToUpper(room[:1]) + room[1:] + name
}

// operation gives a call as the framework wants it.
func (s *server) operation(c call) huma.Operation {
	op := huma.Operation{OperationID: c.id, Method: c.method, Path: c.address(), Tags: []string{c.tag}, Summary: c.says, Description: c.more, DefaultStatus: c.status,
		MaxBodyBytes: c.bound(), BodyReadTimeout: time.Minute, Metadata: map[string]any{"call": c},
		Security: []map[string][]string{{"token": {}}}, Errors: c.errors()}
	if c.need != "" {
		op.Extensions = map[string]any{"x-demarc-permission": string(c.need)}
		op.Description += "\n\nPermission: `" + string(c.need) + "`."
	}
	return op
}

// errors gives the statuses of failures that a call can end with.
func (c call) errors() []int {
	out := []int{400, 401, 403, 404, 422, 429, 500, 503}
	if c.method != get {
		out = append(out, 408, 409, 413, 415)
	}
	if c.ref != nil && c.method != get {
		out = append(out, 412)
	}
	if c.must {
		out = append(out, 428)
	}
	if c.id == "verifyLog" || c.tag == "evidence" || len(c.gives) > 0 {
		out = append(out, 409) // evidence that does not verify
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// failures are the ways in which a call can end that is refused.
var failures = map[int]struct{ name, says string }{
	400: {"Usage", "The words of the request are wrong."},
	401: {"Unknown", "No token was shown, or it opens nothing."},
	403: {"Denied", "The token's scopes, or the role of its account, do not hold the permission."},
	404: {"NotFound", "There is no such thing, or no such organisation that the token opens."},
	408: {"Late", "The body did not arrive in time."},
	409: {"Conflict", "It changed meanwhile, exists already, is under way, or evidence does not verify."},
	412: {"Changed", "The record is not any more as If-Match has it."},
	413: {"Long", "The body is too long."},
	415: {"MediaType", "The body is of another media type than the operation takes."},
	422: {"Invalid", "A value is wrong; every fault is named with its place."},
	428: {"Unconditional", "If-Match is missing."},
	429: {"Often", "Too many requests: wait as Retry-After says."},
	500: {"Internal", "A failure on our side, told by the id under which it is logged."},
	503: {"Unavailable", "Disk, database, cloud or network did not serve."},
}

// failureResponses are what operations refer to.
func failureResponses(schemas huma.Registry) map[string]*huma.Response {
	out := map[string]*huma.Response{}
	schema := schemas.Schema(reflect.TypeFor[fault](), true, "")
	for status, f := range failures {
		example := fault{Type: "urn:demarc:problem:" + strings.ToLower(f.name), Title: http.StatusText(status), Status: status, Detail: f.says}
		out[f.name] = &huma.Response{Description: f.says, Content: map[string]*huma.MediaType{"application/problem+json": {Schema: schema, Example: example}}}
	}
	for status, head := range map[int][2]string{401: {"WWW-Authenticate", "Bearer"}, 429: {"Retry-After", "seconds to wait"}} {
		out[failures[status].name].Headers = map[string]*huma.Param{head[0]: {Description: head[1], Schema: &huma.Schema{Type: "string"}}}
	}
	return out
}

// finish says of a registered call what the types do not.
func (s *server) finish(c call) {
	item := s.api.OpenAPI().Paths[c.address()]
	op := map[string]*huma.Operation{get: item.Get, post: item.Post, put: item.Put, del: item.Delete}[c.method]
	for status, f := range failures {
		if code := strconv.Itoa(status); op.Responses[code] != nil {
			op.Responses[code] = &huma.Response{Ref: "#/components/responses/" + f.name}
		}
	}
	s.finishBodies(c, op)
	head := func(code, name, says string) {
		r := op.Responses[code]
		if r.Headers == nil {
			r.Headers = map[string]*huma.Param{}
		}
		r.Headers[name] = &huma.Param{Description: says, Schema: &huma.Schema{Type: "string"}}
	}
	param := func(name, says, example string, required bool) {
		op.Parameters = append(op.Parameters, &huma.Param{Name: name, In: "header", Description: says, Required: required, Example: example, Schema: &huma.Schema{Type: "string"}})
	}
	good := strconv.Itoa(op.DefaultStatus)
	if c.method == get {
		param("If-None-Match", "ETag of what the reader has already", `"17"`, false)
		op.Responses["304"] = &huma.Response{Description: "the reader has it already"}
		head(good, "ETag", "names this state of the answer")
	}
	if c.method == post {
		param("Idempotency-Key", "of the sender's drawing: a request that is sent again with the same key is carried out once, and answered as before for a day. Another request with the key is refused with 422, one that is under way with 409.", "5b7d9e0c-run-17", false)
		head(good, "Idempotent-Replay", "true when this was answered before")
	}
	if c.ref != nil && c.method != get {
		param("If-Match", "ETag of the state that was read: the change is made only while it stands", `"17"`, c.must)
		if op.DefaultStatus != http.StatusNoContent {
			head(good, "ETag", "revision that the change made")
		}
	}
	for _, p := range op.Parameters {
		p.AllowEmptyValue = p.In == "query" && !p.Required // it says as much as none
		if p.Description == "" {
			p.Description = "id, as the list of the same path names it"
		}
	}
}

// finishBodies says what is sent and given that is no JSON, and gives examples.
func (s *server) finishBodies(c call, op *huma.Operation) {
	bytes := func(kinds []string) map[string]*huma.MediaType {
		out := map[string]*huma.MediaType{}
		for _, k := range kinds {
			out[k] = &huma.MediaType{Schema: &huma.Schema{Type: "string", Format: "binary"}}
			if strings.HasSuffix(k, "json") {
				out[k].Schema = &huma.Schema{Description: "of another format, which the operation names"}
			}
		}
		return out
	}
	if len(c.takes) > 0 {
		op.RequestBody = &huma.RequestBody{Required: true, Content: bytes(c.takes)}
	}
	if b := op.RequestBody; b != nil && c.example != nil {
		for _, m := range b.Content {
			m.Example = c.example
		}
	}
	if len(c.gives) > 0 {
		r := op.Responses[strconv.Itoa(op.DefaultStatus)]
		r.Description, r.Content = "the file", bytes(c.gives)
		r.Headers["Content-Disposition"] = &huma.Param{Description: "the name of the file", Schema: &huma.Schema{Type: "string"}}
	}
}

// mediaType takes a Content-Type apart; one that is not given is none.
func mediaType(header string) (kind string, params map[string]string, err error) {
	if header == "" {
		return "", nil, nil
	}
	return mime.ParseMediaType(header)
}

// settle says of the schemas what may be null: a map that holds nothing, and what
// a request may leave out.
func (s *server) settle() {
	o := s.api.OpenAPI()
	all := o.Components.Schemas.Map()
	for _, schema := range all {
		for _, p := range schema.Properties {
			if p.Type == huma.TypeObject && p.Ref == "" && p.AdditionalProperties != false {
				p.Nullable = true
			}
		}
	}
	for _, item := range o.Paths {
		for _, op := range []*huma.Operation{item.Post, item.Put} {
			if op == nil || op.RequestBody == nil {
				continue
			}
			for _, m := range op.RequestBody.Content {
				if schema := all[path.Base(m.Schema.Ref)]; schema != nil {
					optional(schema)
				}
			}
		}
	}
}

// optional lets what a body may leave out be null.
func optional(schema *huma.Schema) {
	for name, p := range schema.Properties {
		if p.Ref == "" && len(p.Enum) == 0 && !slices.Contains(schema.Required, name) {
			p.Nullable = true
		}
	}
}
