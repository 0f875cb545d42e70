// SPDX-License-Identifier: Apache-2.0

// Package replayproxy stands between a collector and an AWS API emulator, for
// tests and benchmarks only. The emulator answers a few hundred requests a
// second whatever asks it, so it can prove that a collector is right but not
// that it is fast. The proxy remembers each answer the first time and gives it
// again from memory, after a latency and under a rate limit of one's choice.
//
// A request is the same as an earlier one when method, path, query, body,
// target header and the region and service of its signature are the same.
// Requests that change something or that must see a change, such as making a
// credential report, always go through.
//
// It is no general proxy: it speaks to one upstream and never to another host.
package replayproxy

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// Options say how the proxy behaves.
type Options struct {
	Latency time.Duration // added to each answer that comes from memory
	Rate    int           // requests a second that are served; the rest are told to slow down; 0: no limit
	Client  *http.Client  // to the upstream; nil: http.DefaultClient
}

// Proxy is an http.Handler. Safe for concurrent use.
type Proxy struct {
	upstream string
	options  Options

	requests  atomic.Int64
	throttled atomic.Int64
	upstreams atomic.Int64

	mu      sync.Mutex
	answers map[[sha256.Size]byte]answer
	window  time.Time // start of the current tenth of a second
	served  int       // in that window
}

type answer struct {
	status int
	header http.Header
	body   []byte
}

// New makes a proxy before upstream, such as "http://127.0.0.1:5000".
func New(upstream string, o Options) *Proxy {
	if o.Client == nil {
		o.Client = http.DefaultClient
	}
	return &Proxy{upstream: strings.TrimSuffix(upstream, "/"), options: o, answers: map[[sha256.Size]byte]answer{}}
}

// Counts gives how many requests came, how many of them were told to slow
// down, and how many went to the upstream.
func (p *Proxy) Counts() (requests, throttled, upstream int64) {
	return p.requests.Load(), p.throttled.Load(), p.upstreams.Load()
}

// With gives a proxy with other options over the answers that p holds now.
func (p *Proxy) With(o Options) *Proxy {
	q := New(p.upstream, o)
	p.mu.Lock()
	defer p.mu.Unlock()
	for k, a := range p.answers {
		q.answers[k] = a
	}
	return q
}

// ServeHTTP answers from memory, or asks the upstream and remembers.
func (p *Proxy) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	p.requests.Add(1)
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, 16<<20))
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	if !p.admit() {
		p.throttled.Add(1)
		slowDown(w, r)
		return
	}
	key := keyOf(r, body)
	p.mu.Lock()
	a, known := p.answers[key]
	p.mu.Unlock()
	if !known || stateful(r, body) {
		if a, err = p.ask(r, body); err != nil {
			http.Error(w, err.Error(), http.StatusBadGateway)
			return
		}
		if !stateful(r, body) {
			p.mu.Lock()
			p.answers[key] = a
			p.mu.Unlock()
		}
	} else if p.options.Latency > 0 {
		time.Sleep(p.options.Latency)
	}
	a.write(w)
}

// admit counts requests in windows of a tenth of a second.
func (p *Proxy) admit() bool {
	if p.options.Rate <= 0 {
		return true
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if now := time.Now(); now.Sub(p.window) >= time.Second/10 {
		p.window, p.served = now, 0
	}
	p.served++
	return p.served <= max(1, p.options.Rate/10)
}

func (p *Proxy) ask(r *http.Request, body []byte) (answer, error) {
	p.upstreams.Add(1)
	out, err := http.NewRequestWithContext(r.Context(), r.Method, p.upstream+r.URL.RequestURI(), bytes.NewReader(body))
	if err != nil {
		return answer{}, err
	}
	out.Header = r.Header.Clone()
	out.Host = r.Host
	res, err := p.options.Client.Do(out)
	if err != nil {
		return answer{}, fmt.Errorf("asking the upstream: %w", err)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		return answer{}, fmt.Errorf("reading the upstream's answer: %w", err)
	}
	return answer{status: res.StatusCode, header: res.Header, body: b}, nil
}

func (a answer) write(w http.ResponseWriter) {
	for name, values := range a.header {
		if name != "Content-Length" && name != "Connection" {
			w.Header()[name] = values
		}
	}
	w.WriteHeader(a.status)
	w.Write(a.body)
}

// keyOf leaves out what differs between two sendings of one request: the
// signature, its date and the SDK's invocation ids.
func keyOf(r *http.Request, body []byte) [sha256.Size]byte {
	h := sha256.New()
	fmt.Fprintf(h, "%s\n%s\n%s\n%s\n", r.Method, r.URL.RequestURI(), r.Header.Get("X-Amz-Target"), scopeOf(r.Header.Get("Authorization")))
	h.Write(body)
	return [sha256.Size]byte(h.Sum(nil))
}

// scopeOf gives access key, region and service of a version 4 signature.
func scopeOf(authorization string) string {
	_, rest, ok := strings.Cut(authorization, "Credential=")
	if !ok {
		return ""
	}
	scope, _, _ := strings.Cut(rest, ",")
	parts := strings.Split(scope, "/")
	if len(parts) < 4 {
		return ""
	}
	return parts[0] + "/" + parts[2] + "/" + parts[3]
}

// stateful tells of requests whose answer depends on an earlier request.
func stateful(r *http.Request, body []byte) bool {
	return bytes.Contains(body, []byte("CredentialReport")) || bytes.Contains(body, []byte("Action=AssumeRole"))
}

// slowDown refuses in the words of the protocol that was spoken.
func slowDown(w http.ResponseWriter, r *http.Request) {
	switch {
	case r.Header.Get("X-Amz-Target") != "":
		w.Header().Set("Content-Type", "application/x-amz-json-1.1")
		w.WriteHeader(http.StatusBadRequest)
		io.WriteString(w, `{"__type":"ThrottlingException","message":"Rate exceeded"}`)
	case strings.HasPrefix(r.Header.Get("Content-Type"), "application/x-www-form-urlencoded"):
		w.Header().Set("Content-Type", "text/xml")
		w.WriteHeader(http.StatusBadRequest)
		if strings.HasSuffix(scopeOf(r.Header.Get("Authorization")), "/ec2") {
			io.WriteString(w, `<Response><Errors><Error><Code>RequestLimitExceeded</Code><Message>Request limit exceeded.</Message></Error></Errors><RequestID>slow</RequestID></Response>`)
			return
		}
		io.WriteString(w, `<ErrorResponse><Error><Type>Sender</Type><Code>Throttling</Code><Message>Rate exceeded</Message></Error><RequestId>slow</RequestId></ErrorResponse>`)
	case strings.HasSuffix(scopeOf(r.Header.Get("Authorization")), "/s3"):
		w.Header().Set("Content-Type", "application/xml")
		w.WriteHeader(http.StatusServiceUnavailable)
		io.WriteString(w, `<?xml version="1.0" encoding="UTF-8"?><Error><Code>SlowDown</Code><Message>Please reduce your request rate.</Message><RequestId>slow</RequestId></Error>`)
	default:
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("X-Amzn-Errortype", "TooManyRequestsException")
		w.WriteHeader(http.StatusTooManyRequests)
		io.WriteString(w, `{"message":"Rate exceeded"}`)
	}
}
