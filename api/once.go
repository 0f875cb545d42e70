// SPDX-License-Identifier: Apache-2.0

package api

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"net/http"
	"time"

	"demarc.dev/demarc/app"
)

const (
	keyMost = 128

	// uploadTime is the longest that a body may take to arrive: what is large
	// is longer on its way than the server's own bound.
	uploadTime = 9 * time.Minute
)

// errLong tells of a body beyond its bound.
var errLong = errors.New("the body is longer than its bound")

// bounded reads at most so many bytes, and says so when there are more.
type bounded struct {
	from io.Reader
	left int64
}

func (b *bounded) Read(p []byte) (int, error) {
	if b.left < 0 {
		return 0, errBody(errLong)
	}
	if int64(len(p)) > b.left+1 {
		p = p[:b.left+1]
	}
	n, err := b.from.Read(p)
	if b.left -= int64(n); b.left < 0 {
		err = errLong
	}
	if err != nil && err != io.EOF {
		err = errBody(err)
	}
	return n, err
}

// once carries out a request that bears an Idempotency-Key: the first time.
func (s *server) once(c call, r *reply, caller app.Caller, do func(app.Caller)) *fault {
	key := r.Header("Idempotency-Key")
	if len(key) > keyMost || !isPlain(key) {
		return newFault("usage", http.StatusBadRequest, "the Idempotency-Key is none", "at most 128 characters of ASCII, without a space")
	}
	digest, end, err := s.digest(c, r)
	if err != nil {
		return tell(s.o.Log, err)
	}
	defer end()
	claimed, was, err := s.o.App.Once(r.Context(), caller, c.need, key, digest)
	if err != nil {
		return tell(s.o.Log, err)
	}
	if was != nil {
		r.status = was.Status
		for name, value := range was.Head {
			r.head.Set(name, value)
		}
		r.head.Set("Idempotent-Replay", "true")
		r.text.Write(was.Body)
		return nil
	}
	whole := false
	defer func() {
		if !whole { // it panicked: what it changed, if anything, is noted already
			if err := s.o.App.Answered(context.WithoutCancel(r.Context()), claimed, true, nil); err != nil {
				s.o.Log.Error("forgetting a request", "error", err)
			}
		}
	}()
	do(claimed)
	answer, err := r.answer()
	if err == nil {
		err = s.o.App.Answered(context.WithoutCancel(r.Context()), claimed, r.status >= 400, answer)
	}
	if err != nil {
		s.o.Log.Error("keeping an answer", "operation", c.id, "error", err)
	}
	whole = true
	return nil
}

// kept are the headers that belong to an answer.
var kept = []string{"Content-Type", "Content-Disposition", "Location", "ETag"}

// answer gives the answer as it is kept; nil when it is too large for that.
func (r *reply) answer() (*app.Answer, error) {
	a := &app.Answer{Status: r.status, Head: map[string]string{}}
	for _, name := range kept {
		if v := r.head.Get(name); v != "" {
			a.Head[name] = v
		}
	}
	if r.file != nil {
		f, ok := r.file.(*app.Scratch)
		if !ok {
			return nil, nil
		}
		n, err := f.Size()
		if err != nil || n > app.AnswerMost {
			return nil, err
		}
		if _, err := io.Copy(&r.text, f); err != nil {
			return nil, err
		}
		r.close()
		r.file = nil
	}
	a.Body = r.text.Bytes()
	return a, nil
}

// digest gives the digest of all that is asked. The body is read for it, into a
// file when it is large; end lets go of that.
func (s *server) digest(c call, r *reply) (digest [sha256.Size]byte, end func(), err error) {
	if err := r.SetReadDeadline(s.o.Now().Add(uploadTime)); err != nil && !errors.Is(err, http.ErrNotSupported) {
		return digest, nil, err
	}
	f, err := s.o.App.NewScratch()
	if err != nil {
		return digest, nil, err
	}
	end = func() {
		if err := f.Close(); err != nil {
			s.o.Log.Warn("closing a file of our own", "error", err)
		}
	}
	sum := sha256.New()
	u := r.URL()
	for _, part := range []string{r.Method(), u.RequestURI(), r.Header("If-Match"), r.Header("Content-Type"), ""} {
		if _, err := io.WriteString(sum, hex.EncodeToString([]byte(part))+"\n"); err != nil {
			end()
			return digest, nil, err
		}
	}
	if _, err := io.Copy(io.MultiWriter(f, sum), &bounded{r.BodyReader(), c.bound()}); err != nil {
		end()
		return digest, nil, err
	}
	if _, err := f.Size(); err != nil {
		end()
		return digest, nil, err
	}
	r.body = io.NopCloser(f)
	return [sha256.Size]byte(sum.Sum(nil)), end, nil
}
