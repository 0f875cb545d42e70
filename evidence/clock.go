// SPDX-License-Identifier: Apache-2.0

package evidence

import (
	"sync"
	"time"
)

// Reading is what the machine's clocks say at one moment.
type Reading struct {
	Time time.Time
	Boot [16]byte
	Mono int64 // microseconds since boot
	Err  int64 // microseconds; -1 when unknown or not synchronised
}

// Clock reads the machine's clocks. Order in a log is the index; the clocks
// only date it, and a reading says how far it may be trusted. Safe for
// concurrent use.
type Clock struct {
	boot [16]byte

	mu      sync.Mutex
	err     int64
	errRead time.Time
}

// NewClock finds out which boot this is.
func NewClock() *Clock { return &Clock{boot: bootID()} }

// Read gives the clocks. The error estimate is asked of the kernel at most
// once a second.
func (c *Clock) Read() Reading {
	now := time.Now()
	c.mu.Lock()
	if c.errRead.IsZero() || now.Sub(c.errRead) >= time.Second {
		c.err, c.errRead = clockError(), now
	}
	e := c.err
	c.mu.Unlock()
	return Reading{Time: now.Round(0).UTC(), Boot: c.boot, Mono: sinceBoot(), Err: e}
}
