// SPDX-License-Identifier: Apache-2.0

package operate

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"regexp"
	"runtime/debug"
	"slices"
	"strings"
	"time"
)

// NewLog gives the log of the server: JSON or text, each line with the id of
// its request, without secrets. A value is taken out when its name says that
// it is one; and from any text are taken out what follows Bearer and Basic,
// cookies, passwords in URLs, and the values of query parameters that carry
// one. Headers and requests are never written whole.
func NewLog(w io.Writer, c Log) *slog.Logger {
	var level slog.Level
	level.UnmarshalText([]byte(c.Level)) // Load has refused other words; the zero is info
	options := &slog.HandlerOptions{Level: level, ReplaceAttr: redact}
	var h slog.Handler = slog.NewTextHandler(w, options)
	if c.Format == "json" {
		h = slog.NewJSONHandler(w, options)
	}
	return slog.New(withRequest{h})
}

// withRequest adds the id of the request that the context belongs to.
type withRequest struct{ slog.Handler }

func (h withRequest) Handle(ctx context.Context, r slog.Record) error {
	if id := RequestID(ctx); id != "" {
		r.AddAttrs(slog.String("request", id))
	}
	return h.Handler.Handle(ctx, r)
}

func (h withRequest) WithAttrs(a []slog.Attr) slog.Handler {
	return withRequest{h.Handler.WithAttrs(a)}
}
func (h withRequest) WithGroup(name string) slog.Handler {
	return withRequest{h.Handler.WithGroup(name)}
}

// secretName tells whether a value of that name is never written.
func secretName(name string) bool {
	name = strings.NewReplacer("_", "", "-", "", ".", "").Replace(strings.ToLower(name))
	return slices.ContainsFunc([]string{"password", "passwd", "passphrase", "secret", "token", "cookie", "authorization", "credential", "apikey", "privatekey", "session", "signature", "otp", "seed", "recoverycode"},
		func(part string) bool { return strings.Contains(name, part) })
}

func redact(_ []string, a slog.Attr) slog.Attr {
	if secretName(a.Key) && a.Value.Kind() != slog.KindGroup {
		// A number or a yes is no secret: how many tokens, whether a session is new.
		if k := a.Value.Kind(); k == slog.KindString || k == slog.KindAny || k == slog.KindLogValuer {
			return slog.String(a.Key, redacted)
		}
		return a
	}
	switch a.Value.Kind() {
	case slog.KindString:
		return slog.String(a.Key, scrub(a.Value.String()))
	case slog.KindAny:
		return slog.Attr{Key: a.Key, Value: plainValue(a.Value.Any())}
	}
	return a
}

// plainValue makes a text of what could hold a secret somewhere inside.
func plainValue(v any) slog.Value {
	switch v := v.(type) {
	case *slog.Source:
		return slog.AnyValue(v)
	case error:
		return slog.StringValue(scrub(v.Error()))
	case *http.Request:
		return slog.StringValue(v.Method + " " + scrub(v.URL.Path))
	case http.Header, http.Cookie, *http.Cookie, url.Values:
		return slog.StringValue(redacted)
	case *url.URL:
		return slog.StringValue(scrub(v.Redacted()))
	case []byte:
		return slog.StringValue(redacted)
	case fmt.Stringer:
		return slog.StringValue(scrub(v.String()))
	}
	return slog.StringValue(scrub(fmt.Sprintf("%+v", v)))
}

var (
	credential = regexp.MustCompile(`(?i)\b(bearer|basic)\s+[^\s"',;]+`)
	headerLine = regexp.MustCompile(`(?i)\b((?:set-)?cookie|authorization)(["']?\s*[:=]\s*)[^\r\n"]+`)
	queryValue = regexp.MustCompile(`(?i)([?&][a-z0-9_.-]*(?:token|password|passwd|secret|code|state|signature|credential|session|key|otp)[a-z0-9_-]*)=[^&\s"'#;]+`)
	assignment = regexp.MustCompile(`(?i)\b([a-z0-9_.-]*(?:token|password|passwd|secret)[a-z0-9_-]*)(["']?\s*[=:]\s*["']?)[^&\s"'#;,]+`)
	urlUser    = regexp.MustCompile(`([a-zA-Z][a-zA-Z0-9+.-]*://[^/\s:@]*):[^/\s@]+@`)
)

// scrub takes out of a text what looks like a secret.
func scrub(words string) string {
	if !strings.ContainsAny(words, "=:@ ") {
		return words // the usual case: one plain word
	}
	words = credential.ReplaceAllString(words, "$1 "+redacted)
	words = headerLine.ReplaceAllString(words, "$1$2"+redacted)
	words = queryValue.ReplaceAllString(words, "$1="+redacted)
	words = assignment.ReplaceAllString(words, "$1$2"+redacted)
	return urlUser.ReplaceAllString(words, "$1:"+redacted+"@")
}

// Logged writes a line for each request when it is over: method, route, path
// without its query, status, bytes, milliseconds, client, id. It also gives
// the id to the caller as X-Request-Id. A panic is logged with its stack and
// becomes an answer of 500 that shows the id, unless an answer has begun.
func Logged(log *slog.Logger, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r, known := begin(r)
		start := time.Now()
		out := &answer{ResponseWriter: w}
		w.Header().Set("X-Request-Id", known.id)
		defer func() {
			if fault := recover(); fault != nil {
				if fault == http.ErrAbortHandler {
					panic(fault)
				}
				log.ErrorContext(r.Context(), "a request ended in a panic", "panic", fmt.Sprint(fault), "stack", string(debug.Stack()))
				if out.status == 0 {
					http.Error(out, "Something went wrong on our side. The id "+known.id+" finds it in the log.", http.StatusInternalServerError)
				}
			}
			level := slog.LevelInfo
			if out.code() >= 500 {
				level = slog.LevelError
			}
			log.Log(r.Context(), level, "request", "method", methodOf(r), "route", routeOf(r, known), "path", hideTokens(r.URL.Path), "status", out.code(),
				"bytes", out.bytes, "ms", float64(time.Since(start).Microseconds())/1000, "client", known.client.String())
		}()
		next.ServeHTTP(out, r)
	})
}

// hideTokens takes out of a path the words that look as if they were drawn at
// random: long, of letters of both cases and digits. A fingerprint is none of
// these, being of small letters.
func hideTokens(path string) string {
	parts := strings.Split(path, "/")
	for i, p := range parts {
		if len(p) >= 20 && strings.ContainsAny(p, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") && strings.ContainsAny(p, "abcdefghijklmnopqrstuvwxyz") && strings.ContainsAny(p, "0123456789") {
			parts[i] = redacted
		}
	}
	path = strings.Join(parts, "/")
	if len(path) > 500 {
		path = path[:500] + "…"
	}
	return path
}
