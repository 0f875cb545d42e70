// SPDX-License-Identifier: Apache-2.0

package operate

import (
	"fmt"
	"math"
	"net/http"
	"net/netip"
	"strconv"
	"sync"
	"time"
)

// Limiter lets each key do so much in a time: a token bucket for each, kept as
// the one moment at which it is full again. It remembers between half of most
// and most keys: when there are more, those that were not seen for longest are
// forgotten, and begin anew. Safe for concurrent use.
type Limiter struct {
	every time.Duration // one token comes back in this time
	burst time.Duration // what a full bucket holds, as time
	half  int

	mu        sync.Mutex
	now, then map[string]time.Time // the keys seen lately, and those before
}

// NewLimiter gives a limiter of so many requests a minute, as many of them at
// once as a quarter of a minute brings, for at most that many keys (100,000
// take about 10 MB). Nil, which lets everything pass, when perMinute is 0.
func NewLimiter(perMinute, most int) *Limiter {
	if perMinute <= 0 {
		return nil
	}
	every := time.Minute / time.Duration(perMinute)
	return &Limiter{every: every, burst: every * time.Duration(max(1, perMinute/4)), half: max(1, most/2), now: map[string]time.Time{}}
}

// Allow takes a token of the key. When there is none, it gives the time until
// there is one.
func (l *Limiter) Allow(key string, at time.Time) (ok bool, wait time.Duration) {
	if l == nil {
		return true, 0
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	full, known := l.now[key]
	if !known {
		full = l.then[key]
	}
	if full.Before(at) {
		full = at
	}
	full = full.Add(l.every)
	if wait := full.Sub(at) - l.burst; wait > 0 {
		return false, wait
	}
	if !known && len(l.now) >= l.half {
		l.then, l.now = l.now, make(map[string]time.Time, l.half)
	}
	l.now[key] = full
	return true, 0
}

// Limited refuses with 429 and Retry-After what the limiter does not let pass.
// The key of "" is not limited. Refused is called for each refusal, say
// Meter.Limit; it may be nil.
func Limited(l *Limiter, key func(*http.Request) string, refused func(), next http.Handler) http.Handler {
	if l == nil {
		return next
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if k := key(r); k != "" {
			if ok, wait := l.Allow(k, time.Now()); !ok {
				if refused != nil {
					refused()
				}
				TooMany(w, wait)
				return
			}
		}
		next.ServeHTTP(w, r)
	})
}

// TooMany answers 429 with Retry-After, as RFC 9457 has it.
func TooMany(w http.ResponseWriter, wait time.Duration) {
	seconds := int(math.Ceil(wait.Seconds()))
	w.Header().Set("Retry-After", strconv.Itoa(max(1, seconds)))
	refuse(w, http.StatusTooManyRequests, "too many requests", fmt.Sprintf("Wait %d s, then go on.", max(1, seconds)))
}

func refuse(w http.ResponseWriter, status int, title, detail string) {
	w.Header().Set("Content-Type", "application/problem+json")
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(status)
	fmt.Fprintf(w, `{"type":"about:blank","title":%q,"status":%d,"detail":%q}`+"\n", title, status, detail)
}

// ByAddress is the key of a caller without a session: the address, and of IPv6
// the /64, which one household has. Unknown addresses share one key.
func ByAddress(r *http.Request) string {
	a := Client(r)
	if a.Is6() {
		return netip.PrefixFrom(a, 64).Masked().String()
	}
	return a.String()
}

// Bounded refuses with 413 a body that says that it is larger than most bytes,
// and ends one that does not say so when it gets there (the reader gets an
// *http.MaxBytesError). A door may set a lower bound inside.
func Bounded(most int64, refused func(), next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.ContentLength > most {
			if refused != nil {
				refused()
			}
			w.Header().Set("Connection", "close")
			refuse(w, http.StatusRequestEntityTooLarge, "the request is too large", fmt.Sprintf("The most is %d bytes.", most))
			return
		}
		r.Body = http.MaxBytesReader(w, r.Body, most)
		next.ServeHTTP(w, r)
	})
}
