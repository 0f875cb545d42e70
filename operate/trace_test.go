// SPDX-License-Identifier: Apache-2.0

package operate

import (
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
)

// TestTracer: a collector gets a span a request, in the trace that a trusted
// proxy began and in no stranger's, and nothing that tells who asked for what.
func TestTracer(t *testing.T) {
	got := make(chan []byte, 10)
	sink := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		if r.URL.Path != "/v1/traces" || r.Header.Get("Content-Type") != "application/json" {
			t.Errorf("asked for %s with %s", r.URL.Path, r.Header.Get("Content-Type"))
		}
		got <- body
	}))
	defer sink.Close()
	tracer := NewTracer(Trace{Endpoint: sink.URL + "/", Sample: 100}, "v1", []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}, slog.New(slog.DiscardHandler))
	h := tracer.Traced(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		Matched(r.Context(), "GET /o/{org}/finding")
		w.WriteHeader(http.StatusBadGateway)
	}))
	for _, from := range []string{"10.1.2.3:4000", "192.0.2.9:4000"} {
		r := httptest.NewRequest(http.MethodGet, "/o/secretorg/finding?token=hushhush", nil)
		r.RemoteAddr = from
		r.Header.Set("Traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")
		h.ServeHTTP(httptest.NewRecorder(), r)
	}
	if err := tracer.Stop(t.Context()); err != nil {
		t.Fatal(err)
	}
	body := <-got
	var sent struct {
		ResourceSpans []struct {
			ScopeSpans []struct{ Spans []otlpSpan }
		}
	}
	if err := json.Unmarshal(body, &sent); err != nil {
		t.Fatal(err)
	}
	spans := sent.ResourceSpans[0].ScopeSpans[0].Spans
	if len(spans) != 2 || spans[0].Name != "GET /o/{org}/finding" || spans[0].Kind != 2 || spans[0].Status.Code != 2 || len(spans[0].Start) < 19 {
		t.Fatalf("the spans: %s", body)
	}
	if spans[0].TraceID != "0af7651916cd43dd8448eb211c80319c" || spans[0].Parent != "b7ad6b7169203331" {
		t.Errorf("the proxy's trace is not gone on with: %s", body)
	}
	if spans[1].TraceID == spans[0].TraceID || spans[1].Parent != "" {
		t.Errorf("a stranger's trace is believed: %s", body)
	}
	if s := string(body); strings.Contains(s, "secretorg") || strings.Contains(s, "hushhush") || strings.Contains(s, "192.0.2") {
		t.Errorf("a span tells who asked for what: %s", s)
	}
}

// TestTracer_NobodyListens: the server goes on, and says so.
func TestTracer_NobodyListens(t *testing.T) {
	var log strings.Builder
	tracer := NewTracer(Trace{Endpoint: "http://127.0.0.1:1", Sample: 100}, "v1", nil, slog.New(slog.NewTextHandler(&log, nil)))
	out := httptest.NewRecorder()
	tracer.Traced(http.NotFoundHandler()).ServeHTTP(out, httptest.NewRequest(http.MethodGet, "/", nil))
	if err := tracer.Stop(t.Context()); err != nil || out.Code != http.StatusNotFound || !strings.Contains(log.String(), "spans were not taken") {
		t.Errorf("answered %d, stopped with %v, logged %q", out.Code, err, log.String())
	}
	if NewTracer(Trace{}, "v1", nil, nil) != nil {
		t.Error("no endpoint is a tracer")
	}
}
