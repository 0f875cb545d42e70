// SPDX-License-Identifier: Apache-2.0

package sla

import (
	"fmt"
	"math/big"
	"slices"
	"time"
)

// State is how a window stands against its target.
type State string

// The states. A window that runs is judged by what can still become of it.
const (
	Met     State = "met"
	Missed  State = "missed"
	Running State = "running" // it goes on, and may still be met or missed
	Unknown State = "unknown" // it ended, and what was not measured could decide it
)

// States lists the states, the worst first.
func States() []State { return []State{Missed, Unknown, Running, Met} }

// Result is one window, measured against the metric.
type Result struct {
	Window   string    `json:"window"`
	From     time.Time `json:"from"`
	To       time.Time `json:"to"`
	Kind     Kind      `json:"kind"`
	State    State     `json:"state"`
	Low      Decimal   `json:"low"`  // per cent, of what is at least so; rounded down to six places
	High     Decimal   `json:"high"` // and at most
	Down     int64     `json:"down"` // seconds that count, or requests that failed
	Of       int64     `json:"of"`   // seconds or requests
	Excluded int64     `json:"excluded,omitempty"`
	Unread   int64     `json:"unread,omitempty"`  // seconds that nobody measured
	Credit   Decimal   `json:"credit"`            // per cent of the fee that is due at least; rounded down to six places
	Most     Decimal   `json:"most,omitzero"`     // that may be due, when what is unknown was down
	Amount   *Decimal  `json:"amount,omitempty"`  // money of Credit, rounded down to two places
	ClaimBy  string    `json:"claimBy,omitempty"` // last day, 2006-01-02
	Late     bool      `json:"late,omitempty"`    // that day has passed
	Left     int64     `json:"left,omitempty"`    // of a running one: seconds that may still be down
	Why      []string  `json:"why"`
	Tier     *Tier     `json:"tier,omitempty"`
}

// Due tells that a credit can be claimed.
func (r Result) Due() bool { return r.Credit > 0 && r.State == Missed && !r.Late }

// mostWindows bounds how many windows a series may span: a century of months.
const mostWindows = 1200

// Judge measures each window that the series touches against the metric, the
// newest first. fee is what is paid for a window; 0 when it is not known.
func Judge(m Metric, s Series, fee Decimal, now time.Time) []Result {
	j := judge{m: m, s: s, fee: fee, zone: m.Location(), now: now, excluded: merged(s.Excluded)}
	j.prepare()
	var out []Result
	if s.Kind == Stateds {
		for _, v := range s.Stated {
			if r, ok := j.stated(v); ok {
				out = append(out, r)
			}
		}
		slices.SortStableFunc(out, func(a, b Result) int { return b.From.Compare(a.From) })
		return out
	}
	first, ok := j.first()
	if !ok {
		return nil
	}
	for w := m.Window.Around(first, j.zone); !w.From.After(now) && len(out) < mostWindows; w = m.Window.next(w) {
		out = append(out, j.window(w))
	}
	slices.Reverse(out)
	return out
}

type judge struct {
	m        Metric
	s        Series
	fee      Decimal
	zone     *time.Location
	now      time.Time
	every    time.Duration // that a probe stands for
	down     []Span        // of the whole series, that count
	known    []Span        // of the whole series, that were measured
	excluded []Span
	why      []string
}

// prepare finds what was down and what was measured over the whole series, so
// that an outage across two windows is one.
func (j *judge) prepare() {
	switch j.s.Kind {
	case Probes:
		j.every = interval(j.s.Probes)
		j.why = append(j.why, "a probe stands for "+Spell(int(j.every/time.Second))+": most are that far apart")
		for i, p := range j.s.Probes {
			span := j.s.reach(i, j.every)
			j.known = append(j.known, span)
			if all := p.Good + p.Bad; all > 0 && big.NewRat(100*p.Bad, all).Cmp(j.m.Threshold.Rat()) > 0 {
				j.down = append(j.down, span)
			}
		}
		j.known = merged(j.known)
	case Incidents:
		j.why = append(j.why, "what no incident covers counts as up")
		j.known = []Span{{time.Time{}, j.now}}
		for _, d := range j.s.Downs {
			to := d.To
			if to.IsZero() || to.After(j.now) {
				to = j.now
			}
			j.down = append(j.down, Span{d.From, to})
		}
	}
	j.down = minus(merged(j.down), j.excluded)
	if j.m.Least > 0 {
		n := len(j.down)
		j.down = slices.DeleteFunc(j.down, func(s Span) bool { return s.Seconds() < int64(j.m.Least) })
		if less := n - len(j.down); less > 0 {
			j.why = append(j.why, fmt.Sprintf("%d outages shorter than %s do not count", less, Spell(j.m.Least)))
		}
	}
}

// first gives the first instant of which something is known.
func (j *judge) first() (time.Time, bool) {
	first := j.s.Since
	earlier := func(t time.Time) {
		if first.IsZero() || j.s.Since.IsZero() && t.Before(first) {
			first = t
		}
	}
	for _, p := range j.s.Probes {
		earlier(p.At)
	}
	for _, d := range j.s.Downs {
		earlier(d.From)
	}
	return first, !first.IsZero() && !first.After(j.now)
}

// window judges one window.
func (j *judge) window(w Span) Result {
	r := Result{Window: j.m.Window.Name(w.From), From: w.From, To: w.To, Kind: j.s.Kind, Why: slices.Clone(j.why)}
	in := w
	if j.s.Since.After(in.From) {
		in.From = j.s.Since
		r.Why = append(r.Why, "the service was used from "+in.From.In(j.zone).Format("2 January 2006 15:04")+" only")
	}
	excluded := within(j.excluded, in)
	down := within(j.down, in)
	unread := minus(minus([]Span{in}, within(j.known, in)), excluded)
	r.Excluded, r.Unread = seconds(excluded), seconds(unread)
	var low, high *big.Rat
	if j.m.Method == ByTime || j.s.Kind == Incidents {
		r.Down, r.Of = seconds(down), in.Seconds()
		if j.m.Removed {
			r.Of -= r.Excluded
		}
		low, high = share(r.Of-r.Down-r.Unread, r.Of), share(r.Of-r.Down, r.Of)
	} else {
		low, high = j.counted(&r, in, excluded)
	}
	j.conclude(&r, w, in, low, high, down)
	return r
}

// share gives good of all in per cent; all of nothing is 100.
func share(good, all int64) *big.Rat {
	if all <= 0 {
		return big.NewRat(100, 1)
	}
	return new(big.Rat).Mul(big.NewRat(max(0, good), all), big.NewRat(100, 1))
}

// counted measures by requests or by the mean of error rates. Intervals that
// nobody counted are taken as large as the others, all bad and all good.
func (j *judge) counted(r *Result, in Span, excluded []Span) (low, high *big.Rat) {
	var good, bad, rows int64
	rates := map[int64]int64{} // by how many were counted in an interval: the failed
	from, _ := slices.BinarySearchFunc(j.s.Probes, in.From.Add(-j.every), func(p Probe, t time.Time) int { return p.At.Compare(t) })
	for i := from; i < len(j.s.Probes) && j.s.Probes[i].At.Before(in.To); i++ {
		p := j.s.Probes[i]
		span, ok := j.s.reach(i, j.every).cut(in)
		if !ok || len(minus([]Span{span}, excluded)) == 0 || p.Good+p.Bad == 0 {
			continue
		}
		good, bad, rows = good+p.Good, bad+p.Bad, rows+1
		rates[p.Good+p.Bad] += p.Bad
	}
	missing := int64(0)
	if j.every > 0 {
		missing = (r.Unread + int64(j.every/time.Second) - 1) / int64(j.every/time.Second)
	}
	r.Down, r.Of = bad, good+bad
	hundred := big.NewRat(100, 1)
	if rows == 0 {
		return new(big.Rat), hundred
	}
	part := func(bad, all *big.Rat) *big.Rat {
		q := new(big.Rat).Quo(bad, all)
		return q.Sub(hundred, q.Mul(q, hundred))
	}
	whole, failed, more := big.NewRat(rows, 1), total(rates), big.NewRat(missing, 1)
	if j.m.Method == ByRequest {
		whole, failed = big.NewRat(good+bad, 1), big.NewRat(bad, 1)
		more = new(big.Rat).Mul(whole, big.NewRat(missing, rows))
	}
	all := new(big.Rat).Add(whole, more)
	return part(new(big.Rat).Add(failed, more), all), part(failed, all)
}

// mostDenominators is up to how many different counts a sum of rates is exact;
// of more it is rounded to a 2⁻⁹⁶th for each, in favour of nobody: no published
// percentage has so many places.
const mostDenominators = 400

// total adds error rates that are given by their denominators.
func total(rates map[int64]int64) *big.Rat {
	sum := new(big.Rat)
	if len(rates) <= mostDenominators {
		for all, bad := range rates {
			sum.Add(sum, big.NewRat(bad, all))
		}
		return sum
	}
	scale := new(big.Int).Lsh(big.NewInt(1), 96)
	whole, half := new(big.Int), new(big.Int)
	for all, bad := range rates {
		n := new(big.Int).Mul(scale, big.NewInt(bad))
		n.Add(n, half.SetInt64(all/2))
		whole.Add(whole, n.Quo(n, big.NewInt(all)))
	}
	return sum.SetFrac(whole, scale)
}

// stated judges a window by what somebody else measured.
func (j *judge) stated(v Stated) (Result, bool) {
	at, ok := j.m.Window.parse(v.Window, j.zone)
	if !ok {
		return Result{}, false
	}
	w := j.m.Window.Around(at, j.zone)
	r := Result{Window: v.Window, From: w.From, To: w.To, Kind: Stateds, Of: w.Seconds(), Why: []string{"the availability was stated, and not measured here"}}
	j.conclude(&r, w, w, v.Value.Rat(), v.Value.Rat(), nil)
	return r, true
}

// conclude sets the state, the credit and the claim of a measured window.
func (j *judge) conclude(r *Result, w, in Span, low, high *big.Rat, down []Span) {
	target := j.m.Target.Rat()
	r.Low, r.High = floor(low, 6), floor(high, 6)
	running := w.To.After(j.now) && r.Kind != Stateds
	switch {
	case high.Cmp(target) < 0:
		r.State = Missed
	case running:
		r.State = Running
	case low.Cmp(target) >= 0:
		r.State = Met
	default:
		r.State = Unknown
		r.Why = append(r.Why, fmt.Sprintf("%s of the window was not measured: it could decide either way", Spell(int(r.Unread))))
	}
	if running && r.State == Running && j.m.Method == ByTime {
		r.Left = max(0, j.allowed(r.Of)-r.Down)
	}
	least := j.credit(r, high, in, r.Down)
	most := j.credit(nil, low, in, r.Down+r.Unread)
	if running { // how large it becomes is known at the end
		most = least
	}
	r.Credit = floor(least, 6)
	if most.Cmp(least) > 0 {
		r.Most = floor(most, 6)
	}
	if j.fee > 0 {
		amount := floor(new(big.Rat).Mul(least, new(big.Rat).Quo(j.fee.Rat(), big.NewRat(100, 1))), 2)
		if r.Amount = &amount; j.m.Above > 0 && amount <= j.m.Above && r.Credit > 0 {
			r.Credit, amount = 0, 0
			r.Why = append(r.Why, "a credit of "+j.m.Above.String()+" or less is not paid")
		}
	}
	if r.State == Missed || r.Most > 0 {
		j.claim(r, w, down)
	}
}

// allowed is how many whole seconds may be down without missing the target.
func (j *judge) allowed(of int64) int64 {
	part := new(big.Rat).Quo(new(big.Rat).Sub(big.NewRat(100, 1), j.m.Target.Rat()), big.NewRat(100, 1))
	n := part.Mul(part, big.NewRat(of, 1))
	return new(big.Int).Quo(n.Num(), n.Denom()).Int64()
}

// credit gives what is due for a measured value, in per cent of the fee, and
// notes the tier in r, which may be nil.
func (j *judge) credit(r *Result, v *big.Rat, in Span, down int64) *big.Rat {
	due := new(big.Rat)
	if v.Cmp(j.m.Target.Rat()) >= 0 && !j.inclusive(v) {
		return due
	}
	if t, ok := tierOf(j.m.Tiers, v); ok {
		due.Set(t.Credit.Rat())
		if t.Days {
			due = daysOf(due, in)
		}
		if r != nil {
			r.Tier = &t
		}
	} else if len(j.m.Tiers) > 0 && r != nil {
		r.Why = append(r.Why, "no row of the table of credits holds this value: ask what is due")
	}
	if p := j.m.Per; p != nil {
		due.Add(due, j.perTime(*p, in, down))
	}
	most := Hundred.Rat()
	if j.m.Cap > 0 {
		most = j.m.Cap.Rat()
	}
	if due.Cmp(most) > 0 {
		if r != nil {
			r.Why = append(r.Why, "the credit is capped at "+floor(most, 6).String()+" % of the fee")
		}
		return most
	}
	return due
}

// inclusive tells that a tier holds the target itself: some tables credit
// "less than or equal to 99.9 %".
func (j *judge) inclusive(v *big.Rat) bool {
	t, ok := tierOf(j.m.Tiers, v)
	return ok && t.AtMost > 0 && v.Cmp(t.AtMost.Rat()) == 0
}

// perTime is the credit by the time that was down.
func (j *judge) perTime(p Per, in Span, down int64) *big.Rat {
	if p.Beyond {
		down = max(0, down-j.allowed(in.Seconds()))
	}
	n := down / int64(p.Each)
	if p.Begun && down%int64(p.Each) > 0 {
		n++
	}
	due := new(big.Rat).Mul(p.Credit.Rat(), big.NewRat(n, 1))
	if p.Days {
		return daysOf(due, in)
	}
	return due
}

// daysOf turns days of service into per cent of the fee of the window.
func daysOf(days *big.Rat, in Span) *big.Rat {
	return new(big.Rat).Quo(days.Mul(days, big.NewRat(100*86400, 1)), big.NewRat(max(1, in.Seconds()), 1))
}

// claim says until when the credit of a window must be asked for.
func (j *judge) claim(r *Result, w Span, down []Span) {
	var first time.Time
	if len(down) > 0 {
		first = down[0].From
	}
	day, ok := j.m.Claim.until(j.m.Window, w, first)
	switch {
	case ok:
		r.ClaimBy = day.Format(time.DateOnly)
		r.Late = !day.AddDate(0, 0, 1).After(j.now)
	case j.m.Claim.Within > 0:
		r.Why = append(r.Why, "until when to claim counts from the incident, and none is known")
	case r.Credit > 0:
		r.Why = append(r.Why, "the metric names no time until which to claim: claim at once")
	}
}
