// SPDX-License-Identifier: Apache-2.0

package aws

import (
	"fmt"
	"time"

	"demarc.dev/demarc/cloud"
)

// Options say what to read and how.
type Options struct {
	Profile string // of the shared configuration; "" takes the SDK's usual order
	// RoleARN is a role to assume. With "{account}" in it, it is assumed in each
	// account: arn:aws:iam::{account}:role/demarc-read. The account that the
	// credentials belong to is then read with the credentials themselves.
	RoleARN string
	// ExternalID is sent when a role is assumed; the role's trust policy should
	// ask for it. It keeps somebody who knows the role's name from having it
	// read for him through us (the confused deputy), and with it nothing is ever
	// read with the credentials themselves.
	ExternalID string
	// Accounts to read, as twelve digits; without them all active accounts of
	// the organisation if RoleARN holds "{account}", else the credentials' own.
	Accounts []string
	Regions  []string // without them all regions that are enabled in an account
	Services []string // names of Services; without them all
	Endpoint string   // of an emulator or proxy, instead of the provider's own
	// Spool is a directory for units that are done; it is made when it is
	// missing. Without it a temporary one is used and a crash loses the work.
	Spool       string
	Concurrency int              // calls in flight, 1 … 1024; 0 means 64
	Progress    func(Progress)   // called after each unit, never at the same time as itself
	Now         func() time.Time // nil means time.Now
	Tool        string           // "demarc 0.1.0"
	Synthetic   string           // not empty when the endpoint is no real account: "moto 5.2.1"

	// Of tests.
	observe func(service, operation string) // each call
	timeout time.Duration                   // of one attempt; 0 means 30 s
	backoff time.Duration                   // before the second attempt; 0 means 100 ms
	dead    time.Duration                   // of silence that end a run; 0 means 30 s
	part    int                             // resources of a unit held in memory; 0 means 1024
}

// Progress tells how far a run is.
type Progress struct {
	Account, Region, Service string // the unit that has just ended
	Done, Total              int    // units
	Resumed                  int    // units that the spool had already
	Resources                int64  // seen so far
	Calls, Repeated, Lost    int64  // as in cloud.Header
}

// Summary tells what a run did.
type Summary struct {
	Accounts              []cloud.Account
	Regions, Services     []string
	Units, Resumed        int
	Resources             int64
	Gaps                  []cloud.ScopeGap
	Calls, Repeated, Lost int64 // as in cloud.Header
	Started, Ended        time.Time
}

// Refusal is a failure that a person can mend: see cloud.Refusal.
type Refusal = cloud.Refusal

// mostAtOnce bounds the calls in flight: each holds a connection.
const mostAtOnce = 1024

func (o *Options) defaults() error {
	if o.Concurrency < 0 || o.Concurrency > mostAtOnce {
		return &Refusal{Sentence: fmt.Sprintf("%d calls at once are out of range", o.Concurrency), Hint: fmt.Sprintf("--concurrency takes 1 … %d; without it there are 64", mostAtOnce), Usage: true}
	}
	if o.Concurrency == 0 {
		o.Concurrency = 64
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.timeout == 0 {
		o.timeout = 30 * time.Second
	}
	if o.backoff == 0 {
		o.backoff = 100 * time.Millisecond
	}
	if o.dead == 0 {
		o.dead = 30 * time.Second
	}
	if o.part == 0 {
		o.part = 1024
	}
	if o.Progress == nil {
		o.Progress = func(Progress) {}
	}
	if o.observe == nil {
		o.observe = func(string, string) {}
	}
	return nil
}
