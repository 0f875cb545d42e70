// SPDX-License-Identifier: Apache-2.0

package aws

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// provider is a small AWS that misbehaves as a test wants. It knows one account
// with secrets and log groups.
type provider struct {
	*httptest.Server
	secrets, groups int
	requests        atomic.Int64
	// misbehave answers itself and tells so; n counts the requests.
	misbehave func(w http.ResponseWriter, operation, body string, n int64) bool
}

func newProvider(t testing.TB, secrets, groups int) *provider {
	t.Helper()
	p := &provider{secrets: secrets, groups: groups}
	p.Server = httptest.NewServer(p)
	t.Cleanup(p.Close)
	return p
}

func (p *provider) options(t testing.TB, services ...string) Options {
	return Options{Endpoint: p.URL, Regions: []string{frankfurt}, Services: services, Now: func() time.Time { return noon }, Tool: "demarc test",
		Spool: t.TempDir(), backoff: time.Millisecond, timeout: 5 * time.Second}
}

func (p *provider) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	n := p.requests.Add(1)
	text, _ := io.ReadAll(r.Body)
	body := string(text)
	w.Header().Set("X-Amzn-Requestid", "the-same")
	operation := r.Header.Get("X-Amz-Target")
	if _, after, ok := strings.Cut(body, "Action="); ok {
		operation, _, _ = strings.Cut(after, "&")
	}
	operation = operation[strings.LastIndexByte(operation, '.')+1:]
	if p.misbehave != nil && p.misbehave(w, operation, body, n) {
		return
	}
	switch operation {
	case "GetCallerIdentity":
		fmt.Fprint(w, `<GetCallerIdentityResponse><GetCallerIdentityResult><Arn>arn:aws:iam::123456789012:user/u</Arn><UserId>U</UserId><Account>123456789012</Account></GetCallerIdentityResult></GetCallerIdentityResponse>`)
	case "DescribeRegions":
		fmt.Fprint(w, `<DescribeRegionsResponse><regionInfo>`)
		for _, r := range []string{frankfurt, ireland, "me-south-1"} {
			state := "opt-in-not-required"
			if r == "me-south-1" {
				state = "not-opted-in"
			}
			fmt.Fprintf(w, `<item><regionName>%s</regionName><optInStatus>%s</optInStatus></item>`, r, state)
		}
		fmt.Fprint(w, `</regionInfo></DescribeRegionsResponse>`)
	default:
		p.json(w, operation, body)
	}
}

func (p *provider) json(w http.ResponseWriter, operation, body string) {
	w.Header().Set("Content-Type", "application/x-amz-json-1.1")
	switch operation {
	case "ListSecrets":
		reply(w, map[string]any{"SecretList": slice(body, p.secrets, 100, func(i int) any {
			return map[string]any{"ARN": fmt.Sprintf("arn:aws:secretsmanager:eu-central-1:123456789012:secret:s%06d", i), "Name": fmt.Sprintf("s%06d", i), "Description": strings.Repeat("x", 200)}
		}), "NextToken": next(body, p.secrets, 100)})
	case "DescribeLogGroups":
		reply(w, map[string]any{"logGroups": slice(body, p.groups, 50, func(i int) any {
			return map[string]any{"logGroupName": fmt.Sprintf("/aws/lambda/%06d", i), "logGroupArn": "arn:aws:logs:eu-central-1:123456789012:log-group:" + strings.Repeat("y", 500), "retentionInDays": 30}
		}), "nextToken": next(body, p.groups, 50)})
	default: // an empty list of anything
		reply(w, map[string]any{})
	}
}

func reply(w http.ResponseWriter, v any) { json.NewEncoder(w).Encode(v) }

func from(body string) int {
	var in struct{ NextToken string }
	json.Unmarshal([]byte(body), &in)
	i := 0
	fmt.Sscanf(in.NextToken, "t%d", &i)
	return i
}

func slice(body string, total, size int, item func(int) any) []any {
	var out []any
	for i := from(body); i < min(total, from(body)+size); i++ {
		out = append(out, item(i))
	}
	return out
}

func next(body string, total, size int) any {
	if end := from(body) + size; end < total {
		return fmt.Sprintf("t%d", end)
	}
	return nil
}

// refuse answers with a code of the JSON protocol.
func refuse(w http.ResponseWriter, status int, code, message string) bool {
	w.Header().Set("Content-Type", "application/x-amz-json-1.1")
	w.WriteHeader(status)
	reply(w, map[string]any{"__type": code, "message": message})
	return true
}

// throttle refuses what is more than rate a second, in windows of a tenth.
func throttle(rate int) func(http.ResponseWriter, string, string, int64) bool {
	var mu sync.Mutex
	var window time.Time
	served := 0
	return func(w http.ResponseWriter, operation, _ string, _ int64) bool {
		if operation == "GetCallerIdentity" || operation == "DescribeRegions" {
			return false
		}
		mu.Lock()
		if now := time.Now(); now.Sub(window) >= time.Second/10 {
			window, served = now, 0
		}
		served++
		over := served > rate/10
		mu.Unlock()
		return over && refuse(w, 400, "ThrottlingException", "Rate exceeded")
	}
}
