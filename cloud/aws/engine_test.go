// SPDX-License-Identifier: Apache-2.0

package aws

import (
	"bytes"
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"demarc.dev/demarc/cloud"
)

func TestEngine_LosesNothingWhenThrottled(t *testing.T) {
	t.Parallel()
	p := newProvider(t, 500, 0)
	p.misbehave = throttle(200)
	o := p.options(t, "secretsmanager")
	o.backoff = 100 * time.Millisecond
	s := collect(t, o)
	h := s.Header
	t.Logf("%d calls, %d repeated, %d lost, %d requests", h.Calls, h.Repeated, h.Lost, p.requests.Load())
	if h.Lost != 0 || len(gapsOf(s)) != 0 || len(s.Resources) != 500 || h.Repeated == 0 || h.Calls != 507 {
		t.Errorf("%d resources, gaps %+v, header %+v", len(s.Resources), s.Gaps, h)
	}
}

func TestEngine_RepeatsWhatWasCut(t *testing.T) {
	t.Parallel()
	p := newProvider(t, 200, 0)
	p.misbehave = func(w http.ResponseWriter, operation, _ string, n int64) bool {
		switch {
		case operation != "GetResourcePolicy":
		case n%7 == 0: // a reset
			c, _, err := w.(http.Hijacker).Hijack()
			if err == nil {
				c.Close()
			}
			return true
		case n%5 == 0: // an answer cut in its middle
			w.Header().Set("Content-Length", "1000")
			w.Write([]byte(`{"ARN":`))
			return true
		case n%11 == 0:
			return refuse(w, 503, "ServiceUnavailable", "later")
		case n%13 == 0: // a gateway's page
			w.Header().Set("Content-Type", "text/html")
			w.WriteHeader(502)
			return true
		}
		return false
	}
	s := collect(t, p.options(t, "secretsmanager"))
	if h := s.Header; h.Lost != 0 || h.Repeated == 0 || len(gapsOf(s)) != 0 {
		t.Errorf("gaps %+v, header %+v", s.Gaps, h)
	}
}

// one makes every request for one secret's policy fail.
func one(fail func(w http.ResponseWriter) bool) func(http.ResponseWriter, string, string, int64) bool {
	return func(w http.ResponseWriter, operation, body string, _ int64) bool {
		return operation == "GetResourcePolicy" && strings.Contains(body, "s000001") && fail(w)
	}
}

func TestEngine_NamesWhatIsLost(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name     string
		fail     func(w http.ResponseWriter) bool
		reason   cloud.Reason
		lost     int64
		requests int64 // for the one
	}{
		{"Throttled", func(w http.ResponseWriter) bool { return refuse(w, 400, "ThrottlingException", "Rate exceeded") }, cloud.Throttled, 1, 10},
		{"Unavailable", func(w http.ResponseWriter) bool { return refuse(w, 500, "InternalFailure", "oops") }, cloud.Unavailable, 1, 10},
		{"Timeout", func(http.ResponseWriter) bool { time.Sleep(400 * time.Millisecond); return true }, cloud.Timeout, 1, 10},
		{"Denied", func(w http.ResponseWriter) bool { return refuse(w, 400, "AccessDeniedException", "not authorized") }, cloud.Denied, 0, 1},
		{"NotEnabled", func(w http.ResponseWriter) bool { return refuse(w, 400, "OptInRequired", "subscribe") }, cloud.NotEnabled, 0, 1},
		{"Unsupported", func(w http.ResponseWriter) bool {
			w.Header().Set("Content-Type", "text/html")
			w.WriteHeader(404)
			return true
		}, cloud.Unsupported, 0, 1},
		{"Unreadable", func(w http.ResponseWriter) bool { return refuse(w, 400, "ValidationException", "what?") }, cloud.Unreadable, 0, 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			p := newProvider(t, 3, 0)
			var failed atomic.Int64
			p.misbehave = one(func(w http.ResponseWriter) bool { failed.Add(1); return c.fail(w) })
			o := p.options(t, "secretsmanager")
			o.timeout = 150 * time.Millisecond
			if c.name != "Timeout" {
				o.timeout = 5 * time.Second
			}
			s := collect(t, o)
			r := find(t, s, cloud.Secret, "s000001")
			expect(t, r, map[string]any{"public": c.reason, "rotation": false})
			if g := r.Gaps["public"]; g.Call != "secretsmanager:GetResourcePolicy" || g.Detail == "" {
				t.Errorf("gap %+v", g)
			}
			expect(t, find(t, s, cloud.Secret, "s000002"), map[string]any{"public": false})
			if s.Header.Lost != c.lost || failed.Load() != c.requests {
				t.Errorf("%d lost and %d requests, want %d and %d", s.Header.Lost, failed.Load(), c.lost, c.requests)
			}
		})
	}
}

func TestEngine_NamesServicesAndRegionsThatCouldNotBeRead(t *testing.T) {
	t.Parallel()
	p := newProvider(t, 3, 3)
	p.misbehave = func(w http.ResponseWriter, operation, _ string, _ int64) bool {
		return operation == "ListSecrets" && refuse(w, 400, "AccessDeniedException", "User is not authorized. Encoded authorization failure message: SECRETBLOB")
	}
	o := p.options(t, "secretsmanager", "logs")
	o.Regions = []string{frankfurt, "me-south-1"}
	s := collect(t, o)
	want := []cloud.ScopeGap{
		{Provider: "aws", Account: motoAccount, Region: frankfurt, Service: "secretsmanager", Kinds: []cloud.Kind{cloud.Secret},
			Gap: cloud.Gap{Reason: cloud.Denied, Call: "secretsmanager:ListSecrets", Detail: "AccessDeniedException: User is not authorized."}},
		{Provider: "aws", Account: motoAccount, Region: "me-south-1", Kinds: []cloud.Kind{cloud.LogStore, cloud.Secret},
			Gap: cloud.Gap{Reason: cloud.NotEnabled, Call: "ec2:DescribeRegions", Detail: "the account has not enabled the region"}},
	}
	if !slices.EqualFunc(gapsOf(s), want, func(a, b cloud.ScopeGap) bool {
		return a.Gap == b.Gap && a.Region == b.Region && slices.Equal(a.Kinds, b.Kinds)
	}) {
		t.Errorf("gaps %+v", s.Gaps)
	}
	if len(s.Resources) != 3 {
		t.Errorf("%d resources, want the 3 log groups of the region that can be read", len(s.Resources))
	}
}

func TestEngine_ProgressEndsComplete(t *testing.T) {
	t.Parallel()
	p := newProvider(t, 3, 3)
	o := p.options(t, "secretsmanager", "logs", "kms")
	var last Progress
	seen := 0
	o.Progress = func(p Progress) { last, seen = p, seen+1 }
	s := collect(t, o)
	if seen != 3 || last.Done != 3 || last.Total != 3 || last.Resources != int64(len(s.Resources)) || last.Calls == 0 {
		t.Errorf("%d times, last %+v", seen, last)
	}
}

// refusal runs a collection that must be refused.
func refusal(t *testing.T, o Options) *Refusal {
	t.Helper()
	var out bytes.Buffer
	_, err := Collect(t.Context(), o, &out)
	var r *Refusal
	if !errors.As(err, &r) || r.Sentence == "" || r.Hint == "" || out.Len() > 0 {
		t.Fatalf("got %v and %d bytes; want a refusal with a hint and no byte", err, out.Len())
	}
	return r
}

func TestRefusal(t *testing.T) {
	t.Parallel()
	p := newProvider(t, 1, 1)
	with := func(change func(*Options)) Options { o := p.options(t, "logs"); change(&o); return o }
	for name, c := range map[string]struct {
		o    Options
		want string
	}{
		"Service":  {with(func(o *Options) { o.Services = []string{"s4"} }), "no service s4"},
		"Region":   {with(func(o *Options) { o.Regions = []string{"eu-moon-1"} }), "no region eu-moon-1"},
		"Account":  {with(func(o *Options) { o.Accounts = []string{"12"} }), "not twelve digits"},
		"Other":    {with(func(o *Options) { o.Accounts = []string{"555566667777"} }), "belong to account 123456789012"},
		"Role":     {with(func(o *Options) { o.RoleARN = "reader" }), "no role's ARN"},
		"Endpoint": {with(func(o *Options) { o.Endpoint = "moto" }), "no http or https address"},
		"Profile":  {with(func(o *Options) { o.Profile = "nobody" }), "no profile nobody"},
	} {
		t.Run(name, func(t *testing.T) {
			if r := refusal(t, c.o); !strings.Contains(r.Sentence, c.want) || !r.Usage {
				t.Errorf("%q (usage %v), want %q", r.Sentence, r.Usage, c.want)
			}
		})
	}
}

func TestRefusal_Credentials(t *testing.T) {
	for code, want := range map[string]string{"ExpiredToken": "have expired", "InvalidClientTokenId": "does not know these credentials", "AccessDenied": "refused to say"} {
		p := newProvider(t, 1, 1)
		p.misbehave = func(w http.ResponseWriter, operation, _ string, _ int64) bool {
			if operation != "GetCallerIdentity" {
				return false
			}
			w.Header().Set("Content-Type", "text/xml")
			w.WriteHeader(403)
			w.Write([]byte(`<ErrorResponse><Error><Type>Sender</Type><Code>` + code + `</Code><Message>The security token AKIATEST</Message></Error></ErrorResponse>`))
			return true
		}
		if r := refusal(t, p.options(t, "logs")); !strings.Contains(r.Sentence, want) {
			t.Errorf("%s: %q", code, r.Sentence)
		}
	}
	t.Setenv("AWS_ACCESS_KEY_ID", "")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "")
	if r := refusal(t, newProvider(t, 1, 1).options(t, "logs")); !strings.Contains(r.Sentence, "no AWS credentials") {
		t.Error(r.Sentence)
	}
}

func TestEngine_ExpiryKeepsWhatWasRead(t *testing.T) {
	t.Parallel()
	p := newProvider(t, 50, 50)
	ended := atomic.Bool{}
	p.misbehave = func(w http.ResponseWriter, operation, _ string, _ int64) bool {
		return operation == "GetResourcePolicy" && ended.Load() && refuse(w, 400, "ExpiredTokenException", "The security token has expired")
	}
	ended.Store(true)
	o := p.options(t, "secretsmanager", "logs")
	o.Progress = func(Progress) {}
	if r := refusal(t, o); !strings.Contains(r.Sentence, "expired") {
		t.Error(r.Sentence)
	}
	ended.Store(false)
	if s := collect(t, o); len(s.Resources) != 100 {
		t.Errorf("%d resources after the second run", len(s.Resources))
	}
}

func TestCollect_StopsWithItsContext(t *testing.T) {
	t.Parallel()
	p := newProvider(t, 500, 0)
	ctx, stop := context.WithCancel(t.Context())
	p.misbehave = func(_ http.ResponseWriter, operation, _ string, n int64) bool {
		if n == 50 {
			stop()
		}
		return false
	}
	var out bytes.Buffer
	if _, err := Collect(ctx, p.options(t, "secretsmanager"), &out); !errors.Is(err, context.Canceled) || out.Len() > 0 {
		t.Errorf("got %v and %d bytes", err, out.Len())
	}
}
