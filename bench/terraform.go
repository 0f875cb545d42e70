// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"context"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"time"
)

//go:embed plan.rego
var planRego []byte

// ten are the checks that plan.rego says in Rego.
var ten = []string{
	"object-store-public-block", "key-rotation", "firewall-admin-port", "machine-metadata-token", "machine-delete-protected",
	"disk-encrypted", "database-encrypted", "database-public", "database-backup", "queue-encrypted",
}

// judged is what a child found in a plan.
type judged struct {
	Checks, Resources int
	Evaluations       int64
	Digest            string // of the sorted findings, "check address" a line
	Findings          int
}

// engineRun is an engine's best wall time and its highest peak.
type engineRun struct {
	used
	judged
}

// terraformPlan lets Demarc, OPA and Conftest ask ten equal rules of one plan,
// in turns, and then Demarc all its checks.
func terraformPlan(ctx context.Context, h *host) ([]figure, error) {
	path := filepath.Join(h.scratch, "plan.json")
	defer os.Remove(path)
	defer os.Remove(path + ".snapshot")
	var plan struct{ Bytes, Resources int64 }
	if _, err := h.child(ctx, &plan, "plan", path, strconv.Itoa(h.sized(145_000_000, 5_000_000))); err != nil {
		return nil, err
	}
	engines := map[string]func() (engineRun, error){
		"Demarc": func() (engineRun, error) { return h.judge(ctx, "terraform", path, "ten") },
		"OPA":    func() (engineRun, error) { return h.judge(ctx, "terraform-opa", path) },
	}
	order := []string{"Demarc", "OPA"}
	conftest, why := os.Getenv("BENCH_CONFTEST"), os.Getenv("BENCH_CONFTEST_WHY")
	if conftest != "" {
		engines["Conftest"] = func() (engineRun, error) { return h.conftest(ctx, conftest, path) }
		order = append(order, "Conftest")
	}
	best := map[string]engineRun{}
	for range h.sized(3, 1) {
		for _, name := range order {
			r, err := engines[name]()
			if err != nil {
				return nil, err
			}
			best[name] = better(best[name], r)
		}
	}
	ours := best["Demarc"]
	figures := []figure{
		{what: fmt.Sprintf("plan of %d MB, ten rules", plan.Bytes/1e6), ours: seconds(ours.wall), target: "≤ 2.5 s", met: limit(ours.wall <= 2500*time.Millisecond),
			note: fmt.Sprintf("%d resources, %d findings; whole processes, from the file to the findings, best of the rounds, engines in turns. It took %.1f s of processor time.", plan.Resources, ours.Findings, ours.cpu.Seconds())},
		{what: "peak memory of it", ours: mebibytes(ours.peak), target: "≤ 250 MB", met: limit(ours.peak <= 250e6)},
	}
	for _, name := range order[1:] {
		figures = append(figures, against(name, ours, best[name]))
	}
	if conftest == "" {
		figures = append(figures, unmeasured("Conftest, the same rules", "≥ 5×", "Conftest: "+why))
	}
	var all engineRun
	for range h.sized(3, 1) {
		r, err := h.judge(ctx, "terraform", path, "all")
		if err != nil {
			return figures, err
		}
		all = better(all, r)
	}
	return append(figures, figure{what: fmt.Sprintf("all %d checks over it", all.Checks), ours: seconds(all.wall), target: "≤ 5 s", met: limit(all.wall <= 5*time.Second),
		note: fmt.Sprintf("From the plan to a snapshot on disk and from there to %d answers, peak %s.", all.Evaluations, mebibytes(all.peak))}), nil
}

func better(a, b engineRun) engineRun {
	if a.wall == 0 {
		return b
	}
	if b.wall < a.wall {
		a.wall, a.cpu = b.wall, b.cpu
	}
	a.peak = max(a.peak, b.peak)
	return a
}

func against(name string, ours, peer engineRun) figure {
	ratio := peer.wall.Seconds() / ours.wall.Seconds()
	f := figure{what: name + ", the same rules", ours: seconds(ours.wall), peer: fmt.Sprintf("%s %s, %s", name, seconds(peer.wall), mebibytes(peer.peak)),
		ratio: times(ratio), target: "≥ 5×, equal findings", met: limit(ratio >= 5 && peer.Digest == ours.Digest)}
	if peer.Digest != ours.Digest {
		f.note = fmt.Sprintf("The findings differ: %d of Demarc, %d of %s.", ours.Findings, peer.Findings, name)
	}
	return f
}

func (h *host) judge(ctx context.Context, args ...string) (engineRun, error) {
	var r engineRun
	var err error
	r.used, err = h.child(ctx, &r.judged, args...)
	return r, err
}

// conftest runs Conftest as a person would, and reads its JSON.
func (h *host) conftest(ctx context.Context, program, plan string) (engineRun, error) {
	policies, err := os.MkdirTemp(h.scratch, "policy-")
	if err != nil {
		return engineRun{}, err
	}
	defer os.RemoveAll(policies)
	if err := os.WriteFile(filepath.Join(policies, "plan.rego"), planRego, 0o600); err != nil {
		return engineRun{}, err
	}
	const someFailed = 1
	u, err := h.measured(ctx, h.scratch, []int{someFailed}, program, "test", "--policy", policies, "--output", "json", "--no-color", plan)
	if err != nil {
		return engineRun{}, err
	}
	var files []struct {
		Failures []struct {
			Msg string `json:"msg"`
		} `json:"failures"`
	}
	if err := json.NewDecoder(bytes.NewReader(u.output)).Decode(&files); err != nil {
		return engineRun{}, fmt.Errorf("reading Conftest's answer: %w", err)
	}
	var found []string
	for _, f := range files {
		for _, failure := range f.Failures {
			found = append(found, failure.Msg)
		}
	}
	if len(found) == 0 {
		return engineRun{}, errors.New("Conftest found nothing, so its rules were not asked")
	}
	return engineRun{u, sum(found)}, nil
}

// sum makes the findings comparable.
func sum(found []string) judged {
	slices.Sort(found)
	return judged{Findings: len(found), Digest: digest(found)}
}
