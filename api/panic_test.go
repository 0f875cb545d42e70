// SPDX-License-Identifier: Apache-2.0

package api

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"demarc.dev/demarc/account"
	"demarc.dev/demarc/app"
)

// TestOnce_Panic: what panics is told as a problem, and its key is free again,
// or else says that it was carried out.
func TestOnce_Panic(t *testing.T) {
	a, err := app.Open(t.Context(), app.Options{Dir: t.TempDir(), Version: "test"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { a.Close() })
	owner := app.Local("larkspur", "root@disk.example")
	if err := a.CreateOrg(t.Context(), owner); err != nil {
		t.Fatal(err)
	}
	s, err := build(Options{App: a, Caller: func(context.Context, string) (app.Caller, error) { return owner, nil }, Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	var before, after bool
	s.add(call{id: "fall", method: post, path: "/fall", tag: "job", need: account.AskRequest, says: "Falls", register: handle(s, func(ctx context.Context, c app.Caller, in *askIn) (app.Request, error) {
		if before {
			panic("before")
		}
		made, err := a.Ask(ctx, c, app.Request{Text: in.Body.Text})
		if after {
			panic("after")
		}
		return made, err
	})})
	ask := func(key string) *httptest.ResponseRecorder {
		r := httptest.NewRequest(http.MethodPost, prefix+"/organisations/larkspur/fall", strings.NewReader(`{"text":"x"}`))
		r.Header.Set("Authorization", "Bearer x")
		r.Header.Set("Idempotency-Key", key)
		w := httptest.NewRecorder()
		s.ServeHTTP(w, r)
		return w
	}
	before = true
	if w := ask("k1"); w.Code != http.StatusInternalServerError || w.Header().Get("Content-Type") != "application/problem+json" || strings.Contains(w.Body.String(), "before") {
		t.Errorf("a panic is told as %d %s", w.Code, w.Body)
	}
	before = false
	if w := ask("k1"); w.Code != http.StatusOK {
		t.Errorf("the key of what panicked before it did anything: %d %s", w.Code, w.Body)
	}
	after = true
	if w := ask("k2"); w.Code != http.StatusInternalServerError {
		t.Errorf("a panic is told as %d %s", w.Code, w.Body)
	}
	after = false
	if w := ask("k2"); w.Code != http.StatusConflict || !strings.Contains(w.Body.String(), "was carried out") {
		t.Errorf("the key of what panicked after it was done: %d %s", w.Code, w.Body)
	}
	all, err := a.Requests(t.Context(), owner)
	if err != nil || len(all) != 2 {
		t.Errorf("%d requests were made: %v", len(all), err)
	}
}
