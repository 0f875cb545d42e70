// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"demarc.dev/demarc/app"
	"demarc.dev/demarc/operate"
)

// TestOperation: who watches the server sees that it is ready, and what it does
// by route and never for whom; what goes too fast is told to wait.
func TestOperation(t *testing.T) {
	a, err := app.Open(t.Context(), app.Options{Dir: t.TempDir(), Version: "test"})
	if err != nil {
		t.Fatal(err)
	}
	var logged bytes.Buffer
	o := &operate.Config{Log: operate.Log{Format: "json", Level: "info", Requests: true}, Limit: operate.Limit{Address: 5}, Proxy: operate.Proxy{Trusted: []string{"127.0.0.1/32"}}}
	w := begin(&env{stderr: &logged}, a, app.Local("", "root"), o)
	seen := ""
	h := w.around(true)(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		operate.Matched(r.Context(), "/o/{org}/finding")
		seen = visitorOf(r)
	}))
	limited := 0
	for range 20 {
		r := httptest.NewRequest(http.MethodGet, "/o/secretorg/finding?token=hushhush", nil)
		r.RemoteAddr = "127.0.0.1:4000"
		r.Header.Set("X-Forwarded-For", "192.0.2.9")
		out := httptest.NewRecorder()
		h.ServeHTTP(out, r)
		if out.Code == http.StatusTooManyRequests && out.Header().Get("Retry-After") != "" {
			limited++
		}
	}
	if seen != "192.0.2.9" || limited == 0 || limited == 20 {
		t.Errorf("the visitor is %q, %d of 20 were told to wait", seen, limited)
	}
	get := func(path string) string {
		out := httptest.NewRecorder()
		w.mux().ServeHTTP(out, httptest.NewRequest(http.MethodGet, path, nil))
		body, _ := io.ReadAll(out.Body)
		if out.Code != http.StatusOK {
			t.Errorf("%s: %d %s", path, out.Code, body)
		}
		return string(body)
	}
	get("/healthz")
	get("/readyz")
	figures := get("/metrics")
	if !strings.Contains(figures, `route="/o/{org}/finding"`) || !strings.Contains(figures, "demarc_jobs_waiting 0") || strings.Contains(figures, "secretorg") {
		t.Errorf("the figures:\n%s", figures)
	}
	if !strings.Contains(logged.String(), `"status":200`) || strings.Contains(logged.String(), "hushhush") {
		t.Errorf("the log:\n%s", logged.String())
	}
	if err := a.Close(); err != nil {
		t.Fatal(err)
	}
	out := httptest.NewRecorder()
	w2 := begin(&env{stderr: &logged}, a, app.Local("", "root"), o)
	if w2.mux().ServeHTTP(out, httptest.NewRequest(http.MethodGet, "/readyz", nil)); out.Code != http.StatusServiceUnavailable {
		t.Errorf("with the store closed it says %d", out.Code)
	}
}
