// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	_ "embed"
	"encoding/json"
	"fmt"
	"iter"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/rego"

	"demarc.dev/demarc/check"
	"demarc.dev/demarc/check/rule"
	"demarc.dev/demarc/cloud"
	"demarc.dev/demarc/cloud/cloudtest"
)

//go:embed twenty.rego
var twentyRego string

// twenty are the checks that twenty.rego says in Rego.
var twenty = []string{
	"disk-encrypted", "disk-orphan", "disk-snapshot-public", "disk-snapshot-shared", "machine-metadata-token", "machine-public-address",
	"machine-patched", "machine-delete-protected", "firewall-admin-port", "firewall-all-open", "firewall-default-closed", "object-store-public",
	"object-store-tls", "object-store-customer-key", "object-store-access-log", "role-trust-public", "role-unused", "identity-mfa",
	"credential-age", "log-store-retention",
}

// engines is the result of enginesChild: the best round of each engine.
type engines struct {
	Documents   int
	Evaluations int64
	Ours, OPA   float64 // evaluations a second
	Outcomes    map[check.Outcome]int
}

func besideOPA(ctx context.Context, h *host) ([]figure, error) {
	var e engines
	if _, err := h.child(ctx, &e, "engines", strconv.Itoa(h.sized(5_000, 1_000)), strconv.Itoa(h.sized(5, 1))); err != nil {
		return nil, err
	}
	ratio := e.Ours / e.OPA
	note := fmt.Sprintf("OPA's Go API, one prepared query a kind that asks all its checks at once, documents parsed before the clock starts; Demarc makes whole findings with messages in the same time. Both on %d cores, in turns, best of the rounds. All %d outcomes are equal: %d pass, %d fail, %d unknown, %d not applicable.",
		cores(), e.Evaluations, e.Outcomes[check.Pass], e.Outcomes[check.Fail], e.Outcomes[check.Unknown], e.Outcomes[check.NotApplicable])
	return []figure{{what: fmt.Sprintf("%d equal checks over %d documents", len(twenty), e.Documents), ours: perSecond(e.Ours), peer: "OPA " + perSecond(e.OPA),
		ratio: times(ratio), target: "≥ 10×", met: limit(ratio >= 10), note: note}}, nil
}

// enginesChild asks the twenty checks of both engines in turns.
func enginesChild(ctx context.Context, args []string) (any, error) {
	n, err := strconv.Atoi(args[0])
	if err != nil {
		return nil, err
	}
	rounds, err := strconv.Atoi(args[1])
	if err != nil {
		return nil, err
	}
	set, resources, err := twentyOver(n)
	if err != nil {
		return nil, err
	}
	peer, err := newOPA(ctx, set, resources)
	if err != nil {
		return nil, err
	}
	e := engines{Documents: len(resources), Outcomes: map[check.Outcome]int{}}
	if e.Evaluations, err = equalOutcomes(ctx, set, resources, peer, e.Outcomes); err != nil {
		return nil, err
	}
	const repeated = 20 // one walk takes too short a time to be measured
	for range rounds {
		begun := time.Now()
		if _, err := set.Run(ctx, check.Input{Source: again(resources, repeated), Now: asked()}, func(check.Finding) error { return nil }); err != nil {
			return nil, err
		}
		e.Ours = max(e.Ours, float64(repeated*e.Evaluations)/time.Since(begun).Seconds())
		begun = time.Now()
		if err := peer.run(ctx, nil); err != nil {
			return nil, err
		}
		e.OPA = max(e.OPA, float64(e.Evaluations)/time.Since(begun).Seconds())
	}
	return e, nil
}

// twentyOver gives the twenty checks, and n generated resources of their kinds.
func twentyOver(n int) (*check.Set, []*cloud.Resource, error) {
	all, err := rule.Load()
	if err != nil {
		return nil, nil, err
	}
	var checks []check.Check
	kinds := map[cloud.Kind]bool{}
	for _, c := range all {
		if slices.Contains(twenty, c.ID) {
			checks = append(checks, c)
			for _, k := range c.Kinds {
				kinds[k] = true
			}
		}
	}
	set, err := check.Compile(checks)
	if err != nil {
		return nil, nil, err
	}
	var out []*cloud.Resource
	for r, err := range cloudtest.Generate(n+n/2, seed)() {
		if err != nil {
			return nil, nil, err
		}
		if kinds[r.Kind] {
			out = append(out, r)
		}
	}
	return set, out, nil
}

func again(resources []*cloud.Resource, n int) cloud.Source {
	return func() iter.Seq2[*cloud.Resource, error] {
		return func(yield func(*cloud.Resource, error) bool) {
			for range n {
				for _, r := range resources {
					if !yield(r, nil) {
						return
					}
				}
			}
		}
	}
}

// opa is the peer: a prepared query a kind, and documents of that kind.
type opa struct {
	ids       []string
	documents []ast.Value
	queries   []rego.PreparedEvalQuery // of each document
}

func newOPA(ctx context.Context, set *check.Set, resources []*cloud.Resource) (*opa, error) {
	names := map[cloud.Kind][]string{}
	for _, c := range set.Checks() {
		for _, k := range c.Kinds {
			names[k] = append(names[k], fmt.Sprintf("%q: data.twenty.%s", c.ID, strings.ReplaceAll(c.ID, "-", "_")))
		}
	}
	prepared := map[cloud.Kind]rego.PreparedEvalQuery{}
	for kind, parts := range names {
		q, err := rego.New(rego.Query("{"+strings.Join(parts, ", ")+"}"), rego.Module("twenty.rego", twentyRego)).PrepareForEval(ctx)
		if err != nil {
			return nil, fmt.Errorf("preparing the query for %s: %w", kind, err)
		}
		prepared[kind] = q
	}
	o := &opa{}
	for _, r := range resources {
		text, err := json.Marshal(r)
		if err != nil {
			return nil, err
		}
		document, err := ast.ValueFromReader(strings.NewReader(string(text)))
		if err != nil {
			return nil, err
		}
		o.ids, o.documents, o.queries = append(o.ids, r.ID), append(o.documents, document), append(o.queries, prepared[r.Kind])
	}
	return o, nil
}

// run asks each document on all cores. told may be nil; it is called by one
// goroutine at a time.
func (o *opa) run(ctx context.Context, told func(check, id, outcome string)) error {
	workers := cores()
	faults := make([]error, workers)
	var mu sync.Mutex
	var group sync.WaitGroup
	for w := range workers {
		group.Go(func() {
			for i := w; i < len(o.documents) && faults[w] == nil; i += workers {
				results, err := o.queries[i].Eval(ctx, rego.EvalParsedInput(o.documents[i]))
				if err != nil || len(results) != 1 {
					faults[w] = fmt.Errorf("asking OPA about %s: %d results: %w", o.ids[i], len(results), err)
					return
				}
				outcomes := results[0].Expressions[0].Value.(map[string]any)
				if told == nil {
					continue
				}
				mu.Lock()
				for id, outcome := range outcomes {
					told(id, o.ids[i], outcome.(string))
				}
				mu.Unlock()
			}
		})
	}
	group.Wait()
	for _, err := range faults {
		if err != nil {
			return err
		}
	}
	return nil
}

// equalOutcomes demands that both engines give each check the same answer about
// each document, and counts them.
func equalOutcomes(ctx context.Context, set *check.Set, resources []*cloud.Resource, peer *opa, count map[check.Outcome]int) (int64, error) {
	ours := map[[2]string]string{}
	stats, err := set.Run(ctx, check.Input{Source: again(resources, 1), Now: asked()}, func(f check.Finding) error {
		ours[[2]string{f.Check, f.Resource}] = string(f.Outcome)
		count[f.Outcome]++
		return nil
	})
	if err != nil {
		return 0, err
	}
	different, first := 0, ""
	theirs := 0
	err = peer.run(ctx, func(check, id, outcome string) {
		theirs++
		if mine := ours[[2]string{check, id}]; mine != outcome {
			if different++; different == 1 {
				first = fmt.Sprintf("%s about %s: ours %q, OPA's %q", check, id, mine, outcome)
			}
		}
	})
	if err == nil && (different > 0 || theirs != len(ours)) {
		err = fmt.Errorf("the engines do not agree: %d and %d answers, %d differ, such as %s", len(ours), theirs, different, first)
	}
	return stats.Evaluations, err
}
