// SPDX-License-Identifier: Apache-2.0

package api

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/danielgtaylor/huma/v2"
)

// tagged gives every answer to a GET an ETag of its body, and nothing but that
// to who has it already.
func tagged(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodGet {
			if digested(w, r) {
				next.ServeHTTP(w, r)
			}
			return
		}
		k := &keeper{ResponseWriter: w, status: http.StatusOK}
		next.ServeHTTP(k, r)
		if k.status == http.StatusOK {
			sum := sha256.Sum256(k.body.Bytes())
			tag := `"` + hex.EncodeToString(sum[:16]) + `"`
			w.Header().Set("ETag", tag)
			w.Header().Set("Cache-Control", "private, no-cache")
			if has(r.Header.Get("If-None-Match"), tag) {
				w.WriteHeader(http.StatusNotModified)
				return
			}
		}
		w.WriteHeader(k.status)
		_, _ = w.Write(k.body.Bytes()) // the reader left when this fails; nobody is left to tell
	})
}

// digestHeader carries the digest of a body from the first look at it to where
// a key is claimed. What a caller sends under that name is thrown away.
const digestHeader = "Demarc-Body-Digest"

// keyedMost bounds the body of a request with an Idempotency-Key, which is read
// before anything is done.
const keyedMost = 4 << 20

// digested reads the body of a request that is to be carried out once; false
// when it answered itself.
func digested(w http.ResponseWriter, r *http.Request) bool {
	r.Header.Del(digestHeader)
	if r.Header.Get("Idempotency-Key") == "" {
		return true
	}
	data, err := io.ReadAll(http.MaxBytesReader(w, r.Body, keyedMost))
	if err != nil {
		http.Error(w, "the body cannot be read, or is too long for a request with an Idempotency-Key", http.StatusRequestEntityTooLarge)
		return false
	}
	sum := sha256.Sum256(data)
	r.Header.Set(digestHeader, hex.EncodeToString(sum[:]))
	r.Body = io.NopCloser(bytes.NewReader(data))
	return true
}

// has tells whether a header of tags names one.
func has(header, tag string) bool {
	for _, t := range strings.Split(header, ",") {
		if t = strings.TrimPrefix(strings.TrimSpace(t), "W/"); t == tag || t == "*" {
			return true
		}
	}
	return false
}

// keeper keeps an answer until it is whole.
type keeper struct {
	http.ResponseWriter
	status int
	body   bytes.Buffer
}

func (k *keeper) WriteHeader(status int)      { k.status = status }
func (k *keeper) Write(b []byte) (int, error) { return k.body.Write(b) }

const (
	answersMost = 4096
	answersTime = 24 * time.Hour
	keyMost     = 128
)

// answers remembers what was answered to a POST with an Idempotency-Key, by the
// token that sent it.
type answers struct {
	now func() time.Time
	mu  sync.Mutex
	of  map[string]*answer
}

type answer struct {
	request [sha256.Size]byte // of method, path and body
	until   time.Time
	done    bool
	status  int
	kind    string
	body    []byte
}

func newAnswers(now func() time.Time) *answers { return &answers{now: now, of: map[string]*answer{}} }

// inner is a context under a name of its own: huma.Context has a method Context.
type inner = huma.Context

// recorder copies an answer as it is written.
type recorder struct {
	inner
	status int
	body   bytes.Buffer
}

func (r *recorder) SetStatus(code int) {
	r.status = code
	r.inner.SetStatus(code)
}

func (r *recorder) BodyWriter() io.Writer { return io.MultiWriter(r.inner.BodyWriter(), &r.body) }

// middleware carries out a POST with a key once.
func (a *answers) middleware(ctx huma.Context, next func(huma.Context)) {
	key := ctx.Header("Idempotency-Key")
	if key == "" {
		next(ctx)
		return
	}
	if len(key) > keyMost {
		write(ctx, newFault("usage", http.StatusBadRequest, "the Idempotency-Key is too long", "at most 128 characters"))
		return
	}
	sum := sha256.Sum256([]byte(ctx.Header("Authorization")))
	u := ctx.URL()
	key = hex.EncodeToString(sum[:]) + " " + key
	request := sha256.Sum256([]byte(ctx.Method() + " " + u.RequestURI() + " " + ctx.Header(digestHeader)))
	was, fresh := a.claim(key, request)
	switch {
	case fresh:
		r := &recorder{inner: ctx, status: http.StatusOK}
		next(r)
		a.keep(key, r)
	case was.request != request:
		write(ctx, newFault("invalid", http.StatusUnprocessableEntity, "this Idempotency-Key was used for another request", "draw a new key"))
	case !was.done:
		write(ctx, newFault("conflict", http.StatusConflict, "the request with this Idempotency-Key is still under way", "ask again a little later"))
	default:
		ctx.SetHeader("Content-Type", was.kind)
		ctx.SetHeader("Idempotent-Replay", "true")
		ctx.SetStatus(was.status)
		_, _ = ctx.BodyWriter().Write(was.body)
	}
}

// claim gives what was answered to a key; fresh is true when nothing was, and
// the caller is to answer.
func (a *answers) claim(key string, request [sha256.Size]byte) (was answer, fresh bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if x, ok := a.of[key]; ok && a.now().Before(x.until) {
		return *x, false
	}
	if len(a.of) >= answersMost {
		for k, x := range a.of {
			if x.done {
				delete(a.of, k)
			}
		}
	}
	a.of[key] = &answer{request: request, until: a.now().Add(answersTime)}
	return answer{}, true
}

// keep keeps an answer; one that failed on our side may be tried again.
func (a *answers) keep(key string, r *recorder) {
	a.mu.Lock()
	defer a.mu.Unlock()
	x := a.of[key]
	if x == nil || r.status >= http.StatusInternalServerError {
		delete(a.of, key)
		return
	}
	x.done, x.status, x.body = true, r.status, r.body.Bytes()
	if x.kind = "application/json"; r.status >= 400 {
		x.kind = "application/problem+json"
	}
}
