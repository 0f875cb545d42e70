// SPDX-License-Identifier: Apache-2.0

package operate

import (
	"net/http"
	"runtime"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// Meter holds the figures of one server, in a registry of its own. No label
// names an organisation, an account or an address: whoever reads the figures
// learns how much is done, not for whom. Safe for concurrent use.
//
//	demarc_build_info{version,go}
//	demarc_http_requests_total{method,route,status}
//	demarc_http_request_duration_seconds{route}
//	demarc_http_requests_in_flight
//	demarc_http_limited_total{limit}
//	demarc_jobs_total{kind,outcome}       demarc_job_duration_seconds{kind}
//	demarc_notifications_total{way,outcome}
//	go_…, process_…
type Meter struct {
	registry  *prometheus.Registry
	requests  *prometheus.CounterVec
	durations *prometheus.HistogramVec
	inFlight  prometheus.Gauge
	limited   *prometheus.CounterVec
	jobs      *prometheus.CounterVec
	jobTimes  *prometheus.HistogramVec
	notified  *prometheus.CounterVec
}

// NewMeter gives the metrics of a program of that version.
func NewMeter(version string) *Meter {
	counter := func(name, help string, labels ...string) *prometheus.CounterVec {
		return prometheus.NewCounterVec(prometheus.CounterOpts{Name: name, Help: help}, labels)
	}
	m := &Meter{
		registry: prometheus.NewRegistry(),
		requests: counter("demarc_http_requests_total", "Requests answered.", "method", "route", "status"),
		durations: prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: "demarc_http_request_duration_seconds", Help: "Time from the first byte of a request's headers to the end of its answer.",
			Buckets: []float64{.002, .005, .01, .025, .05, .1, .2, .3, .5, 1, 2.5, 10}}, []string{"route"}),
		inFlight: prometheus.NewGauge(prometheus.GaugeOpts{Name: "demarc_http_requests_in_flight", Help: "Requests being answered."}),
		limited:  counter("demarc_http_limited_total", "Requests refused because the caller asked too often.", "limit"),
		jobs:     counter("demarc_jobs_total", "Attempts at jobs that ended.", "kind", "outcome"),
		jobTimes: prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: "demarc_job_duration_seconds", Help: "Time of one attempt at a job.",
			Buckets: []float64{.1, .5, 1, 5, 15, 60, 300, 900, 3600}}, []string{"kind"}),
		notified: counter("demarc_notifications_total", "Attempts to tell people and programs.", "way", "outcome"),
	}
	build := prometheus.NewGauge(prometheus.GaugeOpts{Name: "demarc_build_info", Help: "Always 1; the labels tell the program.",
		ConstLabels: prometheus.Labels{"version": version, "go": runtime.Version()}})
	build.Set(1)
	m.registry.MustRegister(build, m.requests, m.durations, m.inFlight, m.limited, m.jobs, m.jobTimes, m.notified,
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return m
}

// Measured counts and times the requests by the pattern of their route.
func (m *Meter) Measured(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r, known := begin(r)
		out := &answer{ResponseWriter: w}
		start := time.Now()
		m.inFlight.Inc()
		whole := false
		defer func() {
			m.inFlight.Dec()
			status := out.code()
			if !whole && out.status == 0 {
				status = http.StatusInternalServerError // a panic that Logged will answer
			}
			route := routeOf(r, known)
			m.requests.WithLabelValues(methodOf(r), route, strconv.Itoa(status)).Inc()
			m.durations.WithLabelValues(route).Observe(time.Since(start).Seconds())
		}()
		next.ServeHTTP(out, r)
		whole = true
	})
}

// Job counts an attempt at a job that ended. Kind and outcome are few fixed
// words, such as collect and done, failed, cancelled.
func (m *Meter) Job(kind, outcome string, took time.Duration) {
	m.jobs.WithLabelValues(kind, outcome).Inc()
	m.jobTimes.WithLabelValues(kind).Observe(took.Seconds())
}

// Notified counts an attempt to tell somebody; way is mail or hook.
func (m *Meter) Notified(way string, err error) {
	m.notified.WithLabelValues(way, outcome(err)).Inc()
}

// Limit counts a refusal; limit is address, account or body.
func (m *Meter) Limit(limit string) { m.limited.WithLabelValues(limit).Inc() }

func outcome(err error) string {
	if err != nil {
		return "failed"
	}
	return "done"
}

// Gauge adds a figure that is asked for when it is read, such as the jobs that
// wait. The name begins with demarc_ and is used once: a second one panics.
func (m *Meter) Gauge(name, help string, read func() float64) {
	m.registry.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: name, Help: help}, read))
}

// Handler serves the figures. It belongs on the listener of metrics.listen.
func (m *Meter) Handler() http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{MaxRequestsInFlight: 4})
}
