// SPDX-License-Identifier: Apache-2.0

package operate

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strings"
	"testing"
	"time"
)

func TestNewLog_WritesNoSecret(t *testing.T) {
	const secret = "S3cr3tValue"
	u, _ := url.Parse("https://user:" + secret + "@example.org/x?token=" + secret)
	r := httptest.NewRequest("GET", "/signin?token="+secret, nil)
	r.Header.Set("Cookie", "session="+secret)
	for _, format := range []string{"text", "json"} {
		var out bytes.Buffer
		l := NewLog(&out, Log{Level: "debug", Format: format})
		l.Info("calling https://example.org/hook?code="+secret+"&x=y", "Authorization", secret, "set-cookie", secret, "api_key", secret, "smtpPassword", secret)
		l.Info("Authorization: Bearer " + secret)
		l.Info("GET /x Cookie: a=" + secret + "; b=" + secret)
		l.Error("password="+secret, "error", fmt.Errorf("connecting to postgres://demarc:%s@db/demarc: %w", secret, io.EOF))
		l.Info("x", "headers", r.Header, "request", r, "url", u, "body", []byte(secret), "any", struct{ Token, A string }{"a token=" + secret, "b"})
		l.With("session_id", secret).WithGroup("g").Info("x", "client_secret", secret, slog.Group("h", "otp", secret), "s", Secret(secret))
		if strings.Contains(out.String(), secret) {
			t.Errorf("%s: the secret is in the log:\n%s", format, out.String())
		}
		if !strings.Contains(out.String(), "postgres://demarc:[redacted]@db/demarc") || !strings.Contains(out.String(), "x=y") {
			t.Errorf("%s: too much is gone:\n%s", format, out.String())
		}
	}
}

func TestNewLog_Level(t *testing.T) {
	var out bytes.Buffer
	l := NewLog(&out, Log{Level: "warn", Format: "json"})
	l.Info("quiet")
	l.Warn("loud", "tokens", 3)
	if strings.Contains(out.String(), "quiet") || !strings.Contains(out.String(), `"tokens":3`) {
		t.Error(out.String())
	}
}

// asked sends one request through the guards and gives the line of the log.
func asked(t *testing.T, h http.Handler, change func(*http.Request)) (*http.Response, map[string]any) {
	t.Helper()
	var out bytes.Buffer
	server := httptest.NewServer(Proxied([]netip.Prefix{netip.MustParsePrefix("127.0.0.0/8"), netip.MustParsePrefix("10.0.0.0/8")}, Logged(NewLog(&out, Log{Format: "json"}), h)))
	r, err := http.NewRequest("GET", server.URL+"/finding/7?token=abc", nil)
	if err != nil {
		t.Fatal(err)
	}
	if change != nil {
		change(r)
	}
	answer, err := server.Client().Do(r)
	if err != nil {
		t.Fatal(err)
	}
	body, _ := io.ReadAll(answer.Body)
	answer.Body = io.NopCloser(bytes.NewReader(body))
	server.Close() // the line is written by then
	lines := strings.Split(strings.TrimSpace(out.String()), "\n")
	var line map[string]any
	if err := json.Unmarshal([]byte(lines[len(lines)-1]), &line); err != nil {
		t.Fatalf("%v: %s", err, out.String())
	}
	if strings.Contains(out.String(), "abc") {
		t.Errorf("the query is in the log: %s", out.String())
	}
	return answer, line
}

func finding() *http.ServeMux {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /finding/{id}", func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(http.StatusTeapot)
		fmt.Fprint(w, "12345")
	})
	return mux
}

func TestLogged_TellsTheRequest(t *testing.T) {
	answer, line := asked(t, finding(), func(r *http.Request) {
		r.Header.Set("X-Forwarded-For", "6.6.6.6, 203.0.113.9, 10.0.0.7")
		r.Header.Set("X-Request-Id", "from-the-proxy")
	})
	for key, want := range map[string]any{"method": "GET", "route": "/finding/{id}", "path": "/finding/7", "status": 418.0, "bytes": 5.0, "client": "203.0.113.9", "request": "from-the-proxy"} {
		if line[key] != want {
			t.Errorf("%s = %v, want %v", key, line[key], want)
		}
	}
	if answer.Header.Get("X-Request-Id") != "from-the-proxy" {
		t.Errorf("X-Request-Id = %q", answer.Header.Get("X-Request-Id"))
	}
	if _, line := asked(t, finding(), func(r *http.Request) { r.URL.Path = "/etc/" + strings.Repeat("Ab1", 10) }); line["route"] != "other" || line["path"] != "/etc/[redacted]" {
		t.Errorf("an unknown path: %v", line)
	}
}

func TestLogged_APanicIsAnswered(t *testing.T) {
	answer, line := asked(t, http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic("boom of the inside") }), nil)
	body, _ := io.ReadAll(answer.Body)
	if answer.StatusCode != 500 || strings.Contains(string(body), "boom") || !strings.Contains(string(body), line["request"].(string)) || line["level"] != "ERROR" {
		t.Errorf("%d %s, %v", answer.StatusCode, body, line)
	}
}

func TestProxied(t *testing.T) {
	trusted := []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("fd00::/8")}
	for _, c := range []struct {
		name, remote string
		forwarded    []string
		proto        string
		client       string
		secure       bool
	}{
		{"Direct", "198.51.100.1:5", nil, "", "198.51.100.1", false},
		{"ForgedByAStranger", "198.51.100.1:5", []string{"1.2.3.4"}, "https", "198.51.100.1", false},
		{"ThroughAProxy", "10.0.0.1:5", []string{"198.51.100.1"}, "https", "198.51.100.1", true},
		{"TheLeftIsForged", "10.0.0.1:5", []string{"1.2.3.4, 198.51.100.1"}, "http", "198.51.100.1", false},
		{"TwoProxies", "10.0.0.1:5", []string{"1.2.3.4, 198.51.100.1, 10.0.0.2"}, "", "198.51.100.1", false},
		{"TwoHeaders", "10.0.0.1:5", []string{"1.2.3.4", "198.51.100.1"}, "", "198.51.100.1", false},
		{"Garbage", "10.0.0.1:5", []string{"1.2.3.4, unknown"}, "", "10.0.0.1", false},
		{"NothingForwarded", "10.0.0.1:5", nil, "", "10.0.0.1", false},
		{"SixMapped", "[::ffff:10.0.0.1]:5", []string{"2001:db8::7"}, "", "2001:db8::7", false},
		{"Six", "[fd00::1%eth0]:5", []string{"2001:db8::7"}, "", "2001:db8::7", false},
		{"NoAddress", "@", []string{"1.2.3.4"}, "https", "invalid IP", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := httptest.NewRequest("GET", "/", nil)
			r.RemoteAddr = c.remote
			r.Header["X-Forwarded-For"] = c.forwarded
			r.Header.Set("X-Forwarded-Host", "evil.example")
			if c.proto != "" {
				r.Header.Set("X-Forwarded-Proto", c.proto)
			}
			w := httptest.NewRecorder()
			Proxied(trusted, HSTS(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
				if got := Client(r).String(); got != c.client || Secure(r) != c.secure || r.Header.Get("X-Forwarded-Host") != "" {
					t.Errorf("the client is %s, secure %v", got, Secure(r))
				}
			}))).ServeHTTP(w, r)
			if (w.Header().Get("Strict-Transport-Security") != "") != c.secure {
				t.Errorf("HSTS is %q", w.Header().Get("Strict-Transport-Security"))
			}
		})
	}
}

func TestLimiter(t *testing.T) {
	l := NewLimiter(60, 10) // one a second, fifteen at once
	at := time.Unix(1_800_000_000, 0)
	for i := range 15 {
		if ok, _ := l.Allow("a", at); !ok {
			t.Fatalf("request %d of 15 is refused", i+1)
		}
	}
	if ok, wait := l.Allow("a", at); ok || wait != time.Second {
		t.Errorf("the 16th: %v, wait %v", ok, wait)
	}
	if ok, _ := l.Allow("b", at); !ok {
		t.Error("another key is refused")
	}
	if ok, _ := l.Allow("a", at.Add(time.Second)); !ok {
		t.Error("after the wait it is refused")
	}
	for i := range 10_000 {
		l.Allow(fmt.Sprint(i), at)
	}
	if n := len(l.now) + len(l.then); n > 10 {
		t.Errorf("remembers %d keys, at most 10 were allowed", n)
	}
	if ok, _ := NewLimiter(0, 10).Allow("a", at); !ok {
		t.Error("0 is no limit, and it refuses")
	}
}

func TestLimited_AnswersWhenToComeBack(t *testing.T) {
	refused := 0
	h := Limited(NewLimiter(4, 100), ByAddress, func() { refused++ }, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {}))
	codes := map[string][]int{}
	for _, remote := range []string{"192.0.2.1:1", "192.0.2.1:2", "[2001:db8::1]:1", "[2001:db8::ffff]:1", "[2001:db8:0:1::1]:1"} {
		w, r := httptest.NewRecorder(), httptest.NewRequest("GET", "/", nil)
		r.RemoteAddr = remote
		h.ServeHTTP(w, r)
		codes[ByAddress(r)] = append(codes[ByAddress(r)], w.Code)
		if w.Code == 429 && (w.Header().Get("Retry-After") != "15" || !json.Valid(w.Body.Bytes())) {
			t.Errorf("Retry-After = %q, %s", w.Header().Get("Retry-After"), w.Body)
		}
	}
	if got := fmt.Sprint(codes); got != "map[192.0.2.1:[200 429] 2001:db8:0:1::/64:[200] 2001:db8::/64:[200 429]]" || refused != 2 {
		t.Errorf("%s, %d refused", got, refused)
	}
}

func TestBounded(t *testing.T) {
	h := Bounded(10, nil, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if _, err := io.ReadAll(r.Body); err != nil {
			var most *http.MaxBytesError
			if !errors.As(err, &most) {
				t.Errorf("reading = %v", err)
			}
			w.WriteHeader(413)
		}
	}))
	for body, want := range map[string]int{"0123456789": 200, "0123456789a": 413} {
		for _, told := range []bool{true, false} {
			w, r := httptest.NewRecorder(), httptest.NewRequest("POST", "/", strings.NewReader(body))
			if !told {
				r.ContentLength = -1
			}
			if h.ServeHTTP(w, r); w.Code != want {
				t.Errorf("%d bytes, told %v: %d", len(body), told, w.Code)
			}
		}
	}
}

func TestMeter(t *testing.T) {
	m := NewMeter("1.2.3")
	inner := finding()
	// A door that cuts off a prefix hands on a copy, and says which route it was.
	h := m.Measured(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.URL.Path, "/o/larkspur") {
			Matched(r.Context(), "GET /o/{org}/finding/{id}")
			http.StripPrefix("/o/larkspur", inner).ServeHTTP(w, r)
			return
		}
		inner.ServeHTTP(w, r)
	}))
	for _, target := range []string{"/finding/1", "/finding/2", "/o/larkspur/finding/3", "/o/larkspur/nothing", "/wp-admin.php"} {
		h.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("GET", target, nil))
	}
	h.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("BREW", "/finding/1", nil))
	m.Job("collect", "done", time.Second)
	m.Notified("mail", nil)
	m.Limit("address")
	m.Gauge("demarc_jobs_waiting", "Jobs that wait.", func() float64 { return 7 })
	w := httptest.NewRecorder()
	m.Handler().ServeHTTP(w, httptest.NewRequest("GET", "/metrics", nil))
	for _, want := range []string{
		`demarc_http_requests_total{method="GET",route="/finding/{id}",status="418"} 2`,
		`demarc_http_requests_total{method="GET",route="/o/{org}/finding/{id}",status="418"} 1`,
		`demarc_http_requests_total{method="GET",route="other",status="404"} 1`,
		`demarc_http_requests_total{method="other",route="other",status="405"} 1`,
		`demarc_http_request_duration_seconds_count{route="/finding/{id}"} 2`,
		`demarc_jobs_total{kind="collect",outcome="done"} 1`, `demarc_notifications_total{outcome="done",way="mail"} 1`,
		`demarc_http_limited_total{limit="address"} 1`, `demarc_jobs_waiting 7`, `version="1.2.3"`, "go_goroutines", "process_open_fds",
	} {
		if !strings.Contains(w.Body.String(), want) {
			t.Errorf("no %s", want)
		}
	}
	if strings.Contains(w.Body.String(), "larkspur") {
		t.Error("a figure names an organisation")
	}
}

func TestHealth(t *testing.T) {
	now := time.Unix(1_800_000_000, 0)
	var fault error
	asked := 0
	free := make(chan struct{})
	defer close(free)
	h := NewHealth(Check{Name: "store", Ready: func(context.Context) error { asked++; return fault }})
	h.now = func() time.Time { return now }
	ready := func(details bool) (int, string) {
		w := httptest.NewRecorder()
		h.Ready(details).ServeHTTP(w, httptest.NewRequest("GET", "/readyz", nil))
		return w.Code, strings.TrimSpace(w.Body.String())
	}
	if code, body := ready(false); code != 200 || body != `{"ready":true}` {
		t.Errorf("well: %d %s", code, body)
	}
	fault = errors.New("reaching postgres://demarc:hunter2@db: no route")
	if code, _ := ready(false); code != 200 || asked != 1 {
		t.Errorf("in the same second it is asked anew: %d, %d times", code, asked)
	}
	now = now.Add(time.Second)
	if code, body := ready(false); code != 503 || body != `{"ready":false}` {
		t.Errorf("ill: %d %s", code, body)
	}
	if _, body := ready(true); !strings.Contains(body, "no route") || strings.Contains(body, "hunter2") {
		t.Errorf("details: %s", body)
	}
	fault, now = nil, now.Add(time.Second)
	if code, _ := ready(false); code != 200 {
		t.Errorf("well again: %d", code)
	}
	h.End()
	if code, body := ready(true); code != 503 || !strings.Contains(body, `"ending":true`) {
		t.Errorf("ending: %d %s", code, body)
	}
	w := httptest.NewRecorder()
	if h.Live().ServeHTTP(w, httptest.NewRequest("GET", "/healthz", nil)); w.Code != 200 {
		t.Errorf("live: %d", w.Code)
	}
	stuck := NewHealth(Check{Name: "stuck", Timeout: time.Millisecond, Ready: func(context.Context) error { <-free; return nil }}, Check{Name: "mad", Ready: func(context.Context) error { panic("mad") }})
	stuck.now = h.now
	if got := fmt.Sprint(stuck.ask()); got != "map[mad:the check panics: mad stuck:no answer in 1ms]" {
		t.Error(got)
	}
	now = now.Add(time.Second)
	if got := stuck.ask()["stuck"]; got != "the check before has not come back" {
		t.Error(got)
	}
}
