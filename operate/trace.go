// SPDX-License-Identifier: Apache-2.0

package operate

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/sdk/resource"
	sdk "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"
)

// Tracer makes a span of each request and sends it to a collector as OTLP over
// HTTP. A span is named by method and route and holds these, the status and the
// times; never a query, a path with its words, a header, an address or an
// organisation. Safe for concurrent use.
type Tracer struct {
	provider *sdk.TracerProvider
	tracer   trace.Tracer
	trusted  []netip.Prefix
}

// NewTracer gives a tracer, nil when no endpoint is configured. It does not try
// whether the collector answers: spans that cannot be sent are dropped, said in
// the log, and the server goes on. The headers of a trace are believed from the
// trusted proxies only.
func NewTracer(c Trace, version string, trusted []netip.Prefix, log *slog.Logger) *Tracer {
	if c.Endpoint == "" {
		return nil
	}
	out := &collector{url: strings.TrimSuffix(c.Endpoint, "/") + "/v1/traces", client: &http.Client{Timeout: 10 * time.Second}, log: log}
	p := sdk.NewTracerProvider(
		sdk.WithBatcher(out),
		sdk.WithSampler(sdk.ParentBased(sdk.TraceIDRatioBased(float64(c.Sample)/100))),
		sdk.WithResource(resource.NewSchemaless(attribute.String("service.name", "demarc"), attribute.String("service.version", version))))
	return &Tracer{provider: p, tracer: p.Tracer("demarc.dev/demarc/operate"), trusted: trusted}
}

// Traced makes a span of each request; a nil Tracer makes none.
func (t *Tracer) Traced(next http.Handler) http.Handler {
	if t == nil {
		return next
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r, known := begin(r)
		ctx := r.Context()
		if at, err := netip.ParseAddrPort(r.RemoteAddr); err == nil && slices.ContainsFunc(t.trusted, func(p netip.Prefix) bool { return p.Contains(at.Addr().Unmap()) }) {
			ctx = propagation.TraceContext{}.Extract(ctx, propagation.HeaderCarrier(r.Header))
		}
		ctx, span := t.tracer.Start(ctx, "request", trace.WithSpanKind(trace.SpanKindServer))
		out, whole := &answer{ResponseWriter: w}, false
		defer func() {
			status := out.code()
			if !whole && out.status == 0 {
				status = http.StatusInternalServerError
			}
			method, route := methodOf(r), routeOf(r, known)
			span.SetName(method + " " + route)
			span.SetAttributes(attribute.String("http.request.method", method), attribute.String("http.route", route), attribute.Int("http.response.status_code", status))
			if status >= 500 {
				span.SetStatus(codes.Error, "")
			}
			span.End()
		}()
		next.ServeHTTP(out, r.WithContext(ctx))
		whole = true
	})
}

// Stop sends what is left; a nil Tracer has nothing.
func (t *Tracer) Stop(ctx context.Context) error {
	if t == nil {
		return nil
	}
	return t.provider.Shutdown(ctx)
}

// collector sends spans in the JSON encoding of OTLP 1.x: the exporter of the
// library brings gRPC along, 10 MB of binary for one POST.
// https://opentelemetry.io/docs/specs/otlp/#otlphttp
type collector struct {
	url    string
	client *http.Client
	log    *slog.Logger
}

type (
	otlpValue struct {
		String string `json:"stringValue,omitempty"`
		Int    string `json:"intValue,omitempty"`
	}
	otlpAttribute struct {
		Key   string    `json:"key"`
		Value otlpValue `json:"value"`
	}
	otlpSpan struct {
		TraceID    string          `json:"traceId"`
		SpanID     string          `json:"spanId"`
		Parent     string          `json:"parentSpanId,omitempty"`
		Name       string          `json:"name"`
		Kind       int             `json:"kind"`
		Start      string          `json:"startTimeUnixNano"`
		End        string          `json:"endTimeUnixNano"`
		Attributes []otlpAttribute `json:"attributes"`
		Status     struct {
			Code int `json:"code,omitempty"`
		} `json:"status"`
	}
)

// ExportSpans sends the spans once; the batcher calls it from one goroutine.
func (c *collector) ExportSpans(ctx context.Context, spans []sdk.ReadOnlySpan) error {
	if len(spans) == 0 {
		return nil
	}
	body, err := json.Marshal(payload(spans))
	if err != nil {
		return fmt.Errorf("encoding spans: %w", err)
	}
	if err := c.post(ctx, body); err != nil {
		c.log.Warn("spans were not taken", "spans", len(spans), "error", err)
	}
	return nil
}

func (c *collector) post(ctx context.Context, body []byte) error {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, c.url, bytes.NewReader(body))
	if err != nil {
		return fmt.Errorf("making the request: %w", err)
	}
	r.Header.Set("Content-Type", "application/json")
	answer, err := c.client.Do(r)
	if err != nil {
		return fmt.Errorf("sending: %w", err)
	}
	defer answer.Body.Close()
	if _, err := io.Copy(io.Discard, io.LimitReader(answer.Body, 1<<20)); err != nil {
		return fmt.Errorf("reading the answer: %w", err)
	}
	if answer.StatusCode/100 != 2 {
		return fmt.Errorf("the collector answered %s", answer.Status)
	}
	return nil
}

// Shutdown has nothing to end.
func (c *collector) Shutdown(context.Context) error { return nil }

// payload gives the spans as one ExportTraceServiceRequest.
func payload(spans []sdk.ReadOnlySpan) map[string]any {
	out := make([]otlpSpan, len(spans))
	for i, s := range spans {
		id := s.SpanContext()
		out[i] = otlpSpan{TraceID: id.TraceID().String(), SpanID: id.SpanID().String(), Name: s.Name(), Kind: int(s.SpanKind()), Attributes: attributes(s.Attributes()),
			Start: strconv.FormatInt(s.StartTime().UnixNano(), 10), End: strconv.FormatInt(s.EndTime().UnixNano(), 10)}
		if s.Parent().HasSpanID() {
			out[i].Parent = s.Parent().SpanID().String()
		}
		if s.Status().Code == codes.Error {
			out[i].Status.Code = 2 // STATUS_CODE_ERROR: the numbers of OTLP are others than the library's
		}
	}
	scope := map[string]any{"scope": map[string]string{"name": spans[0].InstrumentationScope().Name}, "spans": out}
	return map[string]any{"resourceSpans": []any{map[string]any{
		"resource": map[string]any{"attributes": attributes(spans[0].Resource().Attributes())}, "scopeSpans": []any{scope}}}}
}

func attributes(all []attribute.KeyValue) []otlpAttribute {
	out := make([]otlpAttribute, 0, len(all))
	for _, a := range all {
		v := otlpValue{String: a.Value.String()}
		if a.Value.Type() == attribute.INT64 {
			v = otlpValue{Int: a.Value.String()}
		}
		out = append(out, otlpAttribute{string(a.Key), v})
	}
	return out
}
