// SPDX-License-Identifier: Apache-2.0

package job

import (
	"context"
	"encoding/json"
	"log/slog"
	"runtime"
	"time"
)

// State is where a job stands.
type State string

// The states. A job that is to be tried again is waiting.
const (
	Waiting   State = "waiting"
	Running   State = "running"
	Done      State = "done"
	Failed    State = "failed"
	Cancelled State = "cancelled"
)

// Ended tells that the state is final.
func (s State) Ended() bool { return s == Done || s == Failed || s == Cancelled }

// Order is what is asked for.
type Order struct {
	Kind   string // names the handler
	Org    string // the organisation it is done for
	Caller string // the account, or the schedule's owner, it is done for
	// Key makes the order the same job as another of the organisation with
	// the same key that waits or runs; empty: always a new job.
	Key     string
	Args    json.RawMessage // JSON, at most 64 KiB; no secrets. Empty: {}
	At      time.Time       // not before; zero: now
	Tries   int             // how often it may be begun, 1 to 100; zero: 5
	Timeout time.Duration   // the longest that one try may run; zero: one hour
}

// Work is a job as its handler sees it.
type Work struct {
	ID       int64
	Kind     string
	Org      string
	Caller   string
	Key      string
	Schedule string    // the schedule that ordered it, or empty
	Due      time.Time // when it was to begin; of a schedule: the period's start
	Args     json.RawMessage
	Attempt  int // 1 for the first
	Tries    int
}

// Progress is how far a job is. Total 0: not known.
type Progress struct {
	Done  int64  `json:"done"`
	Total int64  `json:"total"`
	Text  string `json:"text"` // one line for people; cut at 300 bytes
}

// Job is a job as its organisation sees it.
type Job struct {
	Work
	State      State
	Progress   Progress
	Cancelling bool      // it runs and has been asked to stop
	Created    time.Time // times are zero where they have not come
	Started    time.Time // of the last try
	Ended      time.Time
	Worker     string // who runs or last ran it
	Error      string // one sentence for people, of the last try that failed
	Hint       string
}

// Handler does the work. It may be run again after a crash or a lost lease, so
// it must be idempotent. When ctx is cancelled (stop, cancel, timeout, lost
// lease) it returns soon; context.Cause says why. say may be called as often
// as is handy, from any goroutine; the latest word is stored about once a
// second. A problem.Problem that trying again cannot mend (Usage, Invalid,
// NotFound, Denied, Integrity, Findings) fails the job at once.
type Handler func(ctx context.Context, w Work, say func(Progress)) error

// Options are the settings of a Queue.
type Options struct {
	Postgres string // address of the database; empty: SQLite
	Dir      string // folder of jobs.db, for SQLite

	Workers  int                // jobs that run at once here; zero: one per processor, at least 2
	PerOrg   int                // of these for one organisation at most; zero: all but one
	Handlers map[string]Handler // by kind; other kinds are left to other replicas

	// Schedules gives all schedules of all organisations. It is asked every
	// few seconds, so it should be quick; nil: none.
	Schedules func(context.Context) ([]Schedule, error)

	// Tried is told how each try at a job ended: its new state, Waiting when it
	// is to be begun again, Lost when another worker had it; nil: nobody.
	Tried func(kind string, state State, took time.Duration)

	Lease   time.Duration // how long a dead worker keeps its job; zero: 30 s
	Grace   time.Duration // how long Stop lets work run on; zero: 10 s
	Retry   time.Duration // wait before the second try, doubled for each further, an hour at most; zero: 10 s
	Keep    int           // ended jobs kept for each organisation; zero: 1000
	KeepFor time.Duration // and for how long; zero: 90 days

	Now func() time.Time // the clock of schedules; nil: time.Now
	Log *slog.Logger     // nil: nothing is logged
}

func (o Options) withDefaults() Options {
	o.Workers = orElse(o.Workers, max(2, runtime.NumCPU()))
	o.PerOrg = min(orElse(o.PerOrg, max(1, o.Workers-1)), o.Workers)
	o.Lease = orElse(o.Lease, 30*time.Second)
	o.Grace = orElse(o.Grace, 10*time.Second)
	o.Retry = orElse(o.Retry, 10*time.Second)
	o.Keep = orElse(o.Keep, 1000)
	o.KeepFor = orElse(o.KeepFor, 90*24*time.Hour)
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	return o
}

func orElse[T int | time.Duration](v, otherwise T) T {
	if v <= 0 {
		return otherwise
	}
	return v
}
