// SPDX-License-Identifier: Apache-2.0

package aws

import (
	"context"
	"math/rand/v2"
	"sync"
	"time"

	awsmiddleware "github.com/aws/aws-sdk-go-v2/aws/middleware"
	"github.com/aws/smithy-go/middleware"

	"demarc.dev/demarc/cloud"
)

// attempts is how often a call is made before its answer is lost.
const attempts = 10

// slowest and longest bound what throttling can do to us.
const (
	slowest = 1.0 // calls a second
	longest = 20 * time.Second
)

// pacer is the SDK's retryer for one account and region. Unlike the SDK's own
// it has no quota of retries: a quota that is used up loses answers. Instead it
// slows down before the first attempt as much as before the tenth.
type pacer struct {
	s               *session
	account, region string
	unit            *counters
}

// counters of one unit.
type counters struct {
	mu                    sync.Mutex
	calls, repeated, lost int64
}

func (c *counters) add(calls, repeated, lost int64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.calls, c.repeated, c.lost = c.calls+calls, c.repeated+repeated, c.lost+lost
}

func (c *counters) get() (calls, repeated, lost int64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.calls, c.repeated, c.lost
}

// call is one call with all its attempts; the middleware below hands it on.
type call struct{ attempts int }

type callKey struct{}

func (p *pacer) MaxAttempts() int                { return attempts }
func (p *pacer) IsErrorRetryable(err error) bool { return diagnose(err).again }

func (p *pacer) GetRetryToken(context.Context, error) (func(error) error, error) {
	return func(error) error { return nil }, nil
}

func (p *pacer) GetInitialToken() func(error) error { return func(error) error { return nil } }

// RetryDelay doubles from one attempt to the next, with jitter over its upper
// half so that calls refused together do not come back together.
func (p *pacer) RetryDelay(attempt int, _ error) (time.Duration, error) {
	d := min(p.s.o.backoff<<min(attempt-1, 20), longest)
	return d/2 + rand.N(d/2+1), nil
}

// GetAttemptToken waits for the service's pace, then for a place among the
// calls in flight. Whoever sleeps between two attempts takes no place.
func (p *pacer) GetAttemptToken(ctx context.Context) (func(error) error, error) {
	b := p.s.bucket(p.account, p.region, awsmiddleware.GetServiceID(ctx))
	if err := b.wait(ctx); err != nil {
		return nil, err
	}
	select {
	case p.s.flight <- struct{}{}:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	if c, ok := ctx.Value(callKey{}).(*call); ok {
		c.attempts++
	}
	began := time.Now()
	return func(err error) error {
		<-p.s.flight
		p.s.watch.attempt(err)
		b.done(began, err != nil && diagnose(err).throttled)
		return nil
	}, nil
}

// seen names the call of a context.
func (p *pacer) seen(ctx context.Context, md middleware.Metadata) cloud.Seen {
	id, _ := awsmiddleware.GetRequestIDMetadata(md)
	return cloud.Seen{At: p.s.o.Now().UTC(), Call: action(awsmiddleware.GetServiceID(ctx), awsmiddleware.GetOperationName(ctx)), Request: id}
}

// count adds to the SDK's stack of a client what counts calls and sees whether
// the credentials have ended.
func (p *pacer) count(stack *middleware.Stack) error {
	return stack.Initialize.Add(middleware.InitializeMiddlewareFunc("demarc.count", func(ctx context.Context, in middleware.InitializeInput, next middleware.InitializeHandler) (middleware.InitializeOutput, middleware.Metadata, error) {
		c := &call{}
		p.s.o.observe(awsmiddleware.GetServiceID(ctx), awsmiddleware.GetOperationName(ctx))
		out, md, err := next.HandleInitialize(context.WithValue(ctx, callKey{}, c), in)
		calls, repeated, lost := int64(1), int64(0), int64(0)
		if c.attempts > 1 {
			repeated = 1
		}
		if err != nil {
			f := diagnose(err)
			if f.again {
				calls, lost = 0, 1
			}
			if f.expired {
				p.s.refuse(expired(p.s.o.Profile, err))
			}
			if ctx.Err() != nil {
				calls, repeated, lost = 0, 0, 0 // the run is ending: the unit is thrown away
			}
		}
		if answered(err) {
			tell(ctx, p.seen(ctx, md))
		}
		p.unit.add(calls, repeated, lost)
		return out, md, err
	}), middleware.After)
}

// bucket is a token bucket that learns. It lets everything through until the
// provider first says "slower"; then it halves, doubles each second up to where
// it was refused last, and feels its way from there, a tenth a second.
type bucket struct {
	mu     sync.Mutex
	rate   float64 // calls a second; 0: no limit is known
	tokens float64
	filled time.Time
	slowed time.Time // when it was last halved
	upto   float64   // the rate at which it was last refused

	window time.Time // measures the rate of success while no limit is known
	passed float64
	last   float64
}

func (b *bucket) wait(ctx context.Context) error {
	for {
		d := b.take(time.Now())
		if d == 0 {
			return ctx.Err()
		}
		timer := time.NewTimer(d)
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return ctx.Err()
		}
	}
}

// take takes a token, or tells how long to wait before asking again.
func (b *bucket) take(now time.Time) time.Duration {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.rate == 0 {
		return 0
	}
	b.tokens = min(b.tokens+now.Sub(b.filled).Seconds()*b.rate, max(1, b.rate/10))
	b.filled = now
	if b.tokens >= 1 {
		b.tokens--
		return 0
	}
	return max(time.Duration((1-b.tokens)/b.rate*float64(time.Second)), time.Millisecond)
}

// done learns from an attempt that began at the given time.
func (b *bucket) done(began time.Time, throttled bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	now := time.Now()
	if now.Sub(b.window) >= time.Second/4 {
		b.last = b.passed / max(now.Sub(b.window).Seconds(), 0.25)
		b.window, b.passed = now, 0
	}
	switch {
	case !throttled:
		b.passed++
		switch {
		case b.rate == 0:
		case b.rate < b.upto*0.9:
			b.rate++
		default:
			b.rate += 0.1
		}
	case began.Before(b.slowed): // sent before we slowed down: already learnt
	default:
		if b.rate == 0 {
			b.rate = max(b.last, b.passed/max(now.Sub(b.window).Seconds(), 0.1), 2*slowest)
		}
		b.upto = b.rate
		b.rate = max(b.rate/2, slowest)
		b.tokens, b.filled, b.slowed = 0, now, now
	}
}
