// SPDX-License-Identifier: Apache-2.0

package replayproxy_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"demarc.dev/demarc/internal/replayproxy"
)

// counting answers with the number of the request.
func counting(t *testing.T) (*httptest.Server, *atomic.Int64) {
	t.Helper()
	n := new(atomic.Int64)
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Amzn-Requestid", "id")
		io.WriteString(w, strconv.FormatInt(n.Add(1), 10))
	}))
	t.Cleanup(s.Close)
	return s, n
}

func send(t *testing.T, url, body, service string) (string, *http.Response) {
	t.Helper()
	r, err := http.NewRequest("POST", url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=AKID/20261124/eu-central-1/"+service+"/aws4_request, SignedHeaders=host, Signature="+strconv.FormatInt(time.Now().UnixNano(), 16))
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(b), res
}

func TestProxy_AnswersTheSameRequestFromMemory(t *testing.T) {
	up, n := counting(t)
	s := httptest.NewServer(replayproxy.New(up.URL, replayproxy.Options{}))
	defer s.Close()
	first, _ := send(t, s.URL, "Action=ListUsers", "iam")
	again, res := send(t, s.URL, "Action=ListUsers", "iam")
	other, _ := send(t, s.URL, "Action=ListUsers", "sts")
	if first != again || other == first || n.Load() != 2 || res.Header.Get("X-Amzn-Requestid") != "id" {
		t.Fatalf("answers %q, %q, %q over %d upstream requests", first, again, other, n.Load())
	}
}

func TestProxy_LetsStatefulRequestsThrough(t *testing.T) {
	up, n := counting(t)
	s := httptest.NewServer(replayproxy.New(up.URL, replayproxy.Options{}))
	defer s.Close()
	send(t, s.URL, "Action=GenerateCredentialReport", "iam")
	send(t, s.URL, "Action=GenerateCredentialReport", "iam")
	if n.Load() != 2 {
		t.Fatalf("%d upstream requests, want 2", n.Load())
	}
}

func TestProxy_TellsToSlowDown(t *testing.T) {
	up, _ := counting(t)
	p := replayproxy.New(up.URL, replayproxy.Options{Rate: 10})
	s := httptest.NewServer(p)
	defer s.Close()
	var refused int
	for range 30 {
		if body, res := send(t, s.URL, "Action=DescribeVpcs", "ec2"); res.StatusCode == 400 && strings.Contains(body, "RequestLimitExceeded") {
			refused++
		}
	}
	_, throttled, _ := p.Counts()
	if refused == 0 || int64(refused) != throttled {
		t.Fatalf("%d refused, %d counted", refused, throttled)
	}
}

func TestProxy_AddsLatencyFromMemoryOnly(t *testing.T) {
	up, _ := counting(t)
	p := replayproxy.New(up.URL, replayproxy.Options{})
	s := httptest.NewServer(p)
	send(t, s.URL, "Action=ListRoles", "iam")
	s.Close()
	slow := httptest.NewServer(p.With(replayproxy.Options{Latency: 30 * time.Millisecond}))
	defer slow.Close()
	start := time.Now()
	body, _ := send(t, slow.URL, "Action=ListRoles", "iam")
	if took := time.Since(start); body != "1" || took < 30*time.Millisecond {
		t.Fatalf("answer %q after %v", body, took)
	}
}
