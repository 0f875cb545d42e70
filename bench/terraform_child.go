// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bufio"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
	"slices"
	"strconv"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/rego"

	"demarc.dev/demarc/check"
	"demarc.dev/demarc/check/rule"
	"demarc.dev/demarc/cloud"
	"demarc.dev/demarc/cloud/cloudtest"
	"demarc.dev/demarc/cloud/replay"
	"demarc.dev/demarc/cloud/terraform"
)

// planChild writes the plan: path, bytes.
func planChild(_ context.Context, args []string) (any, error) {
	size, err := strconv.ParseInt(args[1], 10, 64)
	if err != nil {
		return nil, err
	}
	f, err := os.Create(args[0])
	if err != nil {
		return nil, err
	}
	defer f.Close()
	plan, err := cloudtest.WritePlan(f, size, seed)
	return plan, errors.Join(err, f.Close())
}

// terraformChild judges the plan with Demarc: path, and "ten" or "all".
func terraformChild(ctx context.Context, args []string) (any, error) {
	checks, err := rule.Load()
	if err != nil {
		return nil, err
	}
	if args[1] == "ten" {
		checks = slices.DeleteFunc(checks, func(c check.Check) bool { return !slices.Contains(ten, c.ID) })
	}
	set, err := check.Compile(checks)
	if err != nil {
		return nil, err
	}
	in := check.Input{Now: asked(), Source: planSource(args[0])}
	if args[1] == "all" {
		snapshot, err := throughSnapshot(args[0])
		if err != nil {
			return nil, err
		}
		in.Source, in.Header, in.Gaps = snapshot.Source(), snapshot.Header(), snapshot.Gaps()
	}
	var found []string
	stats, err := set.Run(ctx, in, func(f check.Finding) error {
		if f.Outcome == check.Fail {
			found = append(found, f.Check+" "+f.Resource)
		}
		return nil
	})
	result := sum(found)
	result.Checks, result.Resources, result.Evaluations = len(checks), int(stats.Resources), stats.Evaluations
	return result, err
}

func planOptions() terraform.Options {
	return terraform.Options{Account: "109876543210", Region: "eu-central-1", Now: asked(), Tool: "bench"}
}

// errStopped ends a walk whose receiver wants no more.
var errStopped = errors.New("stopped")

// planSource reads the plan each time it is walked.
func planSource(path string) cloud.Source {
	return func() iter.Seq2[*cloud.Resource, error] {
		return func(yield func(*cloud.Resource, error) bool) {
			f, err := os.Open(path)
			if err != nil {
				yield(nil, err)
				return
			}
			defer f.Close()
			_, gaps, err := terraform.Collect(f, planOptions(), func(r *cloud.Resource) error {
				if !yield(r, nil) {
					return errStopped
				}
				return nil
			})
			switch {
			case err == nil && len(gaps) > 0:
				yield(nil, fmt.Errorf("the generated plan was not read whole: %s", gaps[0].Detail))
			case err != nil && !errors.Is(err, errStopped):
				yield(nil, err)
			}
		}
	}
}

// throughSnapshot collects the plan into a snapshot beside it, as the program
// does, because checks that join walk their source twice.
func throughSnapshot(path string) (*replay.File, error) {
	plan, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer plan.Close()
	var seen []*cloud.Resource
	header, gaps, err := terraform.Collect(plan, planOptions(), func(r *cloud.Resource) error { seen = append(seen, r); return nil })
	if err != nil {
		return nil, err
	}
	f, err := os.Create(path + ".snapshot")
	if err != nil {
		return nil, err
	}
	defer f.Close()
	if err := writeSnapshot(f, header, gaps, seen); err != nil {
		return nil, err
	}
	return replay.Open(f.Name())
}

func writeSnapshot(f io.Writer, header cloud.Header, gaps []cloud.ScopeGap, seen []*cloud.Resource) error {
	w, err := cloud.NewWriter(f, header, gaps)
	if err != nil {
		return err
	}
	for _, r := range seen {
		if err := w.Write(r); err != nil {
			return err
		}
	}
	return w.Close()
}

// terraformOPAChild judges the plan with OPA's Go API.
func terraformOPAChild(ctx context.Context, args []string) (any, error) {
	f, err := os.Open(args[0])
	if err != nil {
		return nil, err
	}
	defer f.Close()
	query, err := rego.New(rego.Query("data.main.deny"), rego.Module("plan.rego", string(planRego))).PrepareForEval(ctx)
	if err != nil {
		return nil, err
	}
	plan, err := ast.ValueFromReader(bufio.NewReaderSize(f, 1<<20))
	if err != nil {
		return nil, err
	}
	results, err := query.Eval(ctx, rego.EvalParsedInput(plan))
	if err != nil || len(results) != 1 {
		return nil, fmt.Errorf("asking OPA: %d results: %w", len(results), err)
	}
	var found []string
	for _, v := range results[0].Expressions[0].Value.([]any) {
		found = append(found, v.(string))
	}
	return sum(found), nil
}

func digest(lines []string) string {
	h := sha256.New()
	for _, line := range lines {
		io.WriteString(h, line+"\n")
	}
	return hex.EncodeToString(h.Sum(nil))
}
