// SPDX-License-Identifier: Apache-2.0

// Package trace sends OpenTelemetry traces of requests, when an endpoint is
// configured. A span is named by the pattern of its route and holds method,
// pattern, status and times; never a query, a path with its words, a header, an
// address or an organisation.
//
// It is apart from operate because of its size: about 10 MB of binary.
package trace

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"go.opentelemetry.io/contrib/instrumentation/net/http/otelhttp"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	"go.opentelemetry.io/otel/metric/noop"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/sdk/resource"
	sdk "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"
)

// Config says where traces go.
type Config struct {
	Endpoint string // http://host:4318 or https://…; /v1/traces is added when there is no path
	Percent  int    // of a hundred requests so many are traced
	Version  string
	// Believe tells whether a request may bring the trace that it belongs to:
	// whether it came over a proxy of ours. Nil: none may.
	Believe func(*http.Request) bool
}

// Tracer traces the requests of one server. Safe for concurrent use.
type Tracer struct {
	provider *sdk.TracerProvider
	believe  func(*http.Request) bool
}

// New gives a tracer. It does not try whether the collector answers: spans
// that cannot be sent are dropped, and the server goes on.
func New(ctx context.Context, c Config) (*Tracer, error) {
	u, err := url.Parse(c.Endpoint)
	if err != nil || u.Host == "" {
		return nil, fmt.Errorf("reading the endpoint for traces: it is no address")
	}
	if strings.Trim(u.Path, "/") == "" {
		u.Path = "/v1/traces"
	}
	exporter, err := otlptracehttp.New(ctx, otlptracehttp.WithEndpointURL(u.String()))
	if err != nil {
		return nil, fmt.Errorf("making the exporter of traces: %w", err)
	}
	return &Tracer{believe: c.Believe, provider: sdk.NewTracerProvider(
		sdk.WithBatcher(bare{exporter}),
		sdk.WithSampler(sdk.ParentBased(sdk.TraceIDRatioBased(float64(c.Percent)/100))),
		sdk.WithResource(resource.NewSchemaless(attribute.String("service.name", "demarc"), attribute.String("service.version", c.Version))),
	)}, nil
}

// Traced makes a span of each request. Name gives the span's name once the
// request was answered, say operate.SpanName.
func (t *Tracer) Traced(name func(*http.Request) string, next http.Handler) http.Handler {
	named := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		next.ServeHTTP(w, r)
		trace.SpanFromContext(r.Context()).SetName(name(r))
	})
	return otelhttp.NewHandler(named, "request",
		otelhttp.WithTracerProvider(t.provider),
		otelhttp.WithMeterProvider(noop.NewMeterProvider()),
		otelhttp.WithPropagators(propagation.TraceContext{}),
		otelhttp.WithPublicEndpointFn(func(r *http.Request) bool { return t.believe == nil || !t.believe(r) }))
}

// Stop sends what is left.
func (t *Tracer) Stop(ctx context.Context) error { return t.provider.Shutdown(ctx) }

// bare takes off each span what says who asked for what.
type bare struct{ sdk.SpanExporter }

// ExportSpans sends the spans with the attributes that kept names.
func (b bare) ExportSpans(ctx context.Context, spans []sdk.ReadOnlySpan) error {
	out := make([]sdk.ReadOnlySpan, len(spans))
	for i, s := range spans {
		out[i] = bareSpan{s}
	}
	return b.SpanExporter.ExportSpans(ctx, out)
}

type bareSpan struct{ sdk.ReadOnlySpan }

// Attributes gives those that name nobody.
func (s bareSpan) Attributes() []attribute.KeyValue {
	return slices.DeleteFunc(slices.Clone(s.ReadOnlySpan.Attributes()), func(a attribute.KeyValue) bool { return !kept(string(a.Key)) })
}

func kept(name string) bool {
	switch name {
	case "http.request.method", "http.response.status_code", "http.request.body.size", "http.response.body.size", "http.route", "url.scheme", "network.protocol.version", "error.type":
		return true
	}
	return false
}
