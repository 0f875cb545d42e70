// SPDX-License-Identifier: Apache-2.0

package check

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"

	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"
	"cel.dev/cel-go/interpreter"

	"demarc.dev/demarc/cloud"
)

// activation gives expressions their variables.
type activation struct {
	r   *object
	now types.Timestamp
}

// ResolveName is part of interpreter.Activation.
func (a *activation) ResolveName(name string) (any, bool) {
	switch name {
	case "r", hiddenR:
		return a.r, true
	case "now", hiddenNow:
		return a.now, true
	}
	return nil, false
}

// Parent is part of interpreter.Activation.
func (a *activation) Parent() interpreter.Activation { return nil }

// worker evaluates chunks, one resource after the other, in objects of its own.
type worker struct {
	run      *run
	object   object
	vars     activation
	frame    *interpreter.ExecutionFrame
	stats    Stats
	outcomes map[Outcome]*int64
	uses     []int64 // by exception: findings that it covers
	template Finding // what all findings of the resource share
	buffer   []byte
}

func newWorker(r *run) *worker {
	w := &worker{run: r, stats: newStats(len(r.set.checks)), outcomes: map[Outcome]*int64{}, uses: r.except.counters()}
	w.object.run = r
	w.vars = activation{r: &w.object, now: r.now}
	w.frame, _ = interpreter.NewExecutionFrame(&w.vars) // fails for no activation only
	for _, o := range []Outcome{Pass, Fail, Unknown, NotApplicable, Error} {
		w.outcomes[o] = new(int64)
	}
	return w
}

// sum gives the worker's counts and hands its uses of exceptions to the run.
func (w *worker) sum() Stats {
	for o, n := range w.outcomes {
		if *n > 0 {
			w.stats.Outcomes[o] += *n
		}
	}
	w.run.except.add(w.uses)
	return w.stats
}

// evaluate stops early when ctx ends; the run then ends with an error.
func (w *worker) evaluate(ctx context.Context, c *chunk) {
	for _, res := range c.resources {
		if ctx.Err() != nil {
			return
		}
		w.stats.Resources++
		for _, g := range res.Gaps {
			w.stats.Unread[g.Reason]++
		}
		programs := w.run.set.programs[res.Kind]
		first := len(c.findings)
		for _, p := range programs {
			if !p.about(res) {
				continue
			}
			if len(c.findings) == first {
				w.begin(res)
			}
			c.findings = append(c.findings, w.template)
			w.ask(p, res, &c.findings[len(c.findings)-1])
		}
		if len(c.findings) == first {
			w.stats.Unasked++
		}
	}
}

// about tells whether the check asks resources like res.
func (p *program) about(res *cloud.Resource) bool {
	return (len(p.check.Providers) == 0 || slices.Contains(p.check.Providers, res.Provider)) &&
		(len(p.check.Natives) == 0 || slices.Contains(p.check.Natives, res.Native))
}

// begin turns the worker to a resource.
func (w *worker) begin(res *cloud.Resource) {
	w.object.reset(w.run.set.kinds[res.Kind], res)
	w.template = Finding{
		Resource: res.ID, Name: res.Name, Kind: res.Kind, Native: res.Native, Provider: res.Provider, Source: res.Source,
		Account: res.Account, Region: res.Region, Tenant: res.Tenant, Exposed: Exposed(res), Seen: res.Seen,
	}
	if len(res.Raw) > 0 {
		sum := sha256.Sum256(res.Raw)
		w.template.Raw = hex.EncodeToString(sum[:])
	}
}

// ask fills in the finding of one check about the resource.
func (w *worker) ask(p *program, res *cloud.Resource, f *Finding) {
	w.stats.Evaluations++
	w.stats.Findings++
	w.stats.asked[p.at] = true
	f.Check, f.Severity = p.check.ID, p.check.Severity
	f.Fingerprint, w.buffer = fingerprint(w.buffer, p.check.ID, res.ID)
	w.object.needs = p.needs
	f.Outcome, f.Message, f.Fields = w.answer(p, res)
	if f.Outcome == Fail || f.Outcome == Unknown {
		w.except(f)
	}
	*w.outcomes[f.Outcome]++
}

func (w *worker) answer(p *program, res *cloud.Resource) (Outcome, string, []string) {
	if p.when != nil {
		switch v := w.eval(p.when, p.guarded).(type) {
		case types.Bool:
			if !v {
				return NotApplicable, p.skipped, p.fields
			}
		case *types.Unknown:
			message, fields := tellUnknown(v, res)
			return Unknown, message, fields
		default:
			return Error, tellError("when", v), p.fields
		}
	}
	switch v := w.eval(p.test, p.guarded).(type) {
	case types.Bool:
		if v {
			return Pass, p.check.Title, p.fields
		}
		return Fail, w.message(p, res), p.fields
	case *types.Unknown:
		message, fields := tellUnknown(v, res)
		return Unknown, message, fields
	default:
		return Error, tellError("test", v), p.fields
	}
}

// message says why a check fails. A message that cannot be made does not change
// the outcome: then the values that are known speak for themselves.
func (w *worker) message(p *program, res *cloud.Resource) string {
	why := ""
	switch v := w.eval(p.message, p.guarded).(type) {
	case types.String:
		return string(v)
	case *types.Unknown:
		what, _ := tellUnknown(v, res)
		why = strings.TrimPrefix(what, "cannot tell: ")
	default:
		why = tellError("message", v)
	}
	var said []string
	for _, f := range p.fields {
		switch v := res.Attributes[f].(type) {
		case bool, int, int64, string:
			said = append(said, fmt.Sprintf("%s is %v", f, v))
		}
	}
	return label(res) + " does not hold: " + p.check.Title + " (" + strings.Join(append(said, why), "; ") + ")"
}

// label names a resource in a sentence.
func label(res *cloud.Resource) string { return cmp.Or(res.Name, res.ID) }

// eval runs an expression; an error of any sort comes back as a *types.Err.
func (w *worker) eval(p expression, guarded bool) ref.Val {
	var input any = w.frame
	if guarded {
		input = &w.vars // the cost is counted in a frame of its own
	}
	v, _, err := p.Eval(input)
	if err != nil {
		return types.WrapErr(err)
	}
	return v
}

func (w *worker) except(f *Finding) {
	for _, e := range w.run.except.byCheck[f.Check] {
		if !e.covers(w, f.Kind) {
			continue
		}
		w.uses[e.at]++
		if f.Exception == "" && !e.expired {
			f.Exception = e.ID
			w.stats.Excepted++
		}
	}
}

// fingerprint names a check and a resource for ever: 32 hexadecimal digits of
// SHA-256 over the check's id, a zero byte and the resource's id.
func fingerprint(buffer []byte, check, resource string) (string, []byte) {
	buffer = append(buffer[:0], check...)
	buffer = append(buffer, 0)
	buffer = append(buffer, resource...)
	sum := sha256.Sum256(buffer)
	var digits [32]byte
	hex.Encode(digits[:], sum[:16])
	return string(digits[:]), buffer
}

// Fingerprint gives the fingerprint of a finding of the check about the
// resource. Results of other tools use it to join the history.
func Fingerprint(check, resource string) string {
	f, _ := fingerprint(nil, check, resource)
	return f
}
