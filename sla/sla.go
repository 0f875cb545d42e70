// SPDX-License-Identifier: Apache-2.0

// Package sla reckons service levels: what was promised, what was measured,
// which credit is due and until when it must be claimed.
//
//	m, _ := sla.ParseMetric("mailer.yaml", data)
//	s, _ := sla.ReadCSV("incidents.csv", file, m.Location())
//	for _, r := range sla.Judge(m, s, now) {
//		fmt.Println(r.Window, r.State, r.Low, r.Credit, r.ClaimBy)
//	}
//
// A metric follows the model of ISO/IEC 19086-2 as far as an availability needs
// it: an expression with its parameters, a unit, a window, exclusions, and
// what follows when the target is missed. It owns the format of a metric:
//
//	name: Availability of the API
//	target: 99.9                  # per cent
//	window: month                 # month | quarter | year
//	zone: UTC                     # in which windows begin and end
//	tiers:
//	  - "below 99.9, at least 99.0: 10 %"
//	  - "below 99.0: 25 %"
//	claim: {within: 30, unit: day, after: window}
//
// All reckoning is exact: percentages and money are decimals, measured values
// are fractions of whole numbers. What was not measured is unknown: a result
// is a range, from all of the unknown being down to all of it being up, and a
// target is met or missed only where the whole range says so.
//
// The package opens no file, no connection and no clock; it asks the machine
// for the rules of time zones. Its values may be read concurrently.
package sla

import (
	"fmt"
	"time"
)

// Window is the period over which a level is measured.
type Window string

// The windows: those of the calendar, in the zone of the metric.
const (
	Month   Window = "month"
	Quarter Window = "quarter"
	Year    Window = "year"
)

// Windows lists the windows.
func Windows() []Window { return []Window{Month, Quarter, Year} }

// Method is how availability is reckoned from what was measured.
type Method string

// The methods.
const (
	ByTime    Method = "time"    // time that was not down, of all time
	ByRequest Method = "request" // requests that were answered, of all requests
	ByMean    Method = "mean"    // 100 % less the mean of the error rates of the intervals
)

// Methods lists the methods.
func Methods() []Method { return []Method{ByTime, ByRequest, ByMean} }

// Says explains a method.
func (m Method) Says() string {
	switch m {
	case ByRequest:
		return "requests that were answered, of all requests"
	case ByMean:
		return "100 % less the mean error rate of the intervals"
	}
	return "time that was not down, of all time of the window"
}

// Unit is what a claim's time is counted in.
type Unit string

// The units of a claim.
const (
	Day         Unit = "day"
	BusinessDay Unit = "businessday" // Monday to Friday: holidays are not known
	Months      Unit = "month"
	WindowsLong Unit = "window" // windows of the metric: "the second billing cycle after"
)

// Units lists the units of a claim.
func Units() []Unit { return []Unit{Day, BusinessDay, Months, WindowsLong} }

// After is the event that a claim's time is counted from.
type After string

// The events.
const (
	AfterWindow   After = "window"   // the end of the window in which it happened
	AfterIncident After = "incident" // the incident
)

// Claim is until when a credit must be asked for. The zero Claim names no time.
type Claim struct {
	Within int   `json:"within,omitempty"`
	Unit   Unit  `json:"unit,omitempty"`
	After  After `json:"after,omitempty"`
}

// Words gives the claim as a sentence part.
func (c Claim) Words() string {
	if c.Within == 0 {
		return "no time is named"
	}
	unit := map[Unit]string{Day: "day", BusinessDay: "business day", Months: "month", WindowsLong: "window"}[c.Unit]
	if c.Within != 1 {
		unit += "s"
	}
	return fmt.Sprintf("within %d %s after the %s", c.Within, unit, map[After]string{AfterWindow: "end of the window", AfterIncident: "incident"}[c.After])
}

// Metric is a service level objective with what follows when it is missed.
type Metric struct {
	Name       string   `json:"name"`
	Target     Decimal  `json:"target"` // per cent, at least
	Window     Window   `json:"window"`
	Zone       string   `json:"zone"` // IANA; UTC when empty
	Method     Method   `json:"method"`
	Threshold  Decimal  `json:"threshold,omitzero"` // per cent of errors above which an interval counts as down, by time
	Least      int      `json:"least,omitempty"`    // seconds: what is down for less at a time does not count
	Removed    bool     `json:"removed,omitempty"`  // excluded time leaves the whole too, and not the downtime only
	Exclusions []string `json:"exclusions,omitempty"`
	Tiers      []Tier   `json:"tiers,omitempty"`
	Per        *Per     `json:"per,omitempty"`
	Cap        Decimal  `json:"cap,omitzero"`   // per cent of the fee of a window, that a credit is at most; 0: 100
	Above      Decimal  `json:"above,omitzero"` // a credit of this amount of money or less is not paid
	Claim      Claim    `json:"claim,omitzero"`
	Sole       bool     `json:"sole,omitempty"` // the credit is the only remedy
}

// Expression writes how the metric is reckoned, in the words of its parameters.
func (m Metric) Expression() string {
	switch m.Method {
	case ByRequest:
		return "100 × requests answered ÷ all requests"
	case ByMean:
		return "100 − mean of (100 × errors ÷ requests) over the intervals"
	}
	if m.Removed {
		return "100 × (time − excluded − down) ÷ (time − excluded)"
	}
	return "100 × (time − down outside exclusions) ÷ time"
}

// Location gives the zone of the metric; UTC for one that does not exist, which
// ParseMetric and Check refuse.
func (m Metric) Location() *time.Location {
	l, err := time.LoadLocation(m.Zone)
	if err != nil {
		return time.UTC
	}
	return l
}

// Per is a credit by the time that was down, instead of tiers: "5 % for each
// half hour".
type Per struct {
	Credit Decimal `json:"credit"`           // for each
	Days   bool    `json:"days,omitempty"`   // the credit is days of service, not per cent of the fee
	Each   int     `json:"each"`             // seconds
	Begun  bool    `json:"begun,omitempty"`  // one that has begun counts whole
	Beyond bool    `json:"beyond,omitempty"` // only what is down beyond the target counts
}

// Words gives the rule as a sentence part.
func (p Per) Words() string {
	what := p.Credit.String() + " % of the fee"
	if p.Days {
		what = p.Credit.String() + " days of service"
	}
	of := "downtime"
	if p.Beyond {
		of = "downtime beyond the target"
	}
	begun := ""
	if p.Begun {
		begun = "begun "
	}
	return fmt.Sprintf("%s for each %s%s of %s", what, begun, Spell(p.Each), of)
}

// Spell writes seconds as a duration: "1 h 30 min".
func Spell(seconds int) string {
	out := ""
	for _, u := range []struct {
		long int
		name string
	}{{86400, "d"}, {3600, "h"}, {60, "min"}, {1, "s"}} {
		if n := seconds / u.long; n > 0 {
			if out != "" {
				out += " "
			}
			out += fmt.Sprintf("%d %s", n, u.name)
			seconds %= u.long
		}
	}
	if out == "" {
		return "0 s"
	}
	return out
}
