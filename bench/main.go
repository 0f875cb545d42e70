// SPDX-License-Identifier: Apache-2.0

// Command bench measures the figures that Demarc promises, where it can beside
// the engine that people would use instead, in the same run on the same
// machine. It prints one table; README.md says how to read it.
//
// It is a module of its own, so that the engines compared with never enter the
// product, and it is no test: a figure that is missed is told, not failed.
//
// What is measured runs in child processes, this program again or another one,
// because the peak of memory belongs to a process. The parent stays small: on
// Linux the peak of a child begins at that of its parent.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/signal"
	"runtime"
	"runtime/pprof"
	"strings"
)

// bench is one group of figures.
type bench struct {
	name    string
	measure func(ctx context.Context, h *host) ([]figure, error)
}

// benches are in the order in which they run.
func benches() []bench {
	return []bench{
		{"evaluate", evaluate}, {"terraform", terraformPlan}, {"collect", collection},
		{"evidence", evidencePack}, {"store", durable}, {"start", start}, {"import", imports}, {"privilege", privileges}, {"page", pages},
	}
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "bench: error:", err)
		os.Exit(3)
	}
}

func run(ctx context.Context, args []string) error {
	if len(args) > 0 && args[0] == "child" {
		return runChild(ctx, args[1:])
	}
	h, err := newHost()
	if err != nil {
		return err
	}
	chosen, err := choose(args)
	if err != nil {
		return err
	}
	var figures []figure
	for _, b := range chosen {
		fmt.Fprintf(os.Stderr, "bench: %s …\n", b.name)
		fs, err := b.measure(ctx, h)
		if err != nil {
			fs = append(fs, unmeasured(b.name, "", err.Error()))
		}
		for i := range fs {
			fs[i].bench = b.name
			if h.quick && fs[i].met != "not measured" {
				fs[i].met = "" // small inputs meet no target
			}
		}
		figures = append(figures, fs...)
		if ctx.Err() != nil {
			return ctx.Err()
		}
	}
	fmt.Printf("%s\n\n", h.facts())
	return print(os.Stdout, figures)
}

// choose gives the named benches, all without a name.
func choose(names []string) ([]bench, error) {
	all := benches()
	if len(names) == 0 {
		return all, nil
	}
	var out []bench
	for _, name := range names {
		n := len(out)
		for _, b := range all {
			if b.name == name {
				out = append(out, b)
			}
		}
		if len(out) == n {
			return nil, fmt.Errorf("there is no bench %q; there are evaluate, terraform, collect, evidence, store, start, import and page", name)
		}
	}
	return out, nil
}

// children are what runs in a process of its own; each prints its result as
// one line of JSON.
func children() map[string]func(ctx context.Context, args []string) (any, error) {
	return map[string]func(context.Context, []string) (any, error){
		"evaluate": evaluateChild, "engines": enginesChild,
		"plan": planChild, "terraform": terraformChild, "terraform-opa": terraformOPAChild,
		"serve": serveChild, "settle": settleChild, "cost": costChild,
	}
}

func runChild(ctx context.Context, args []string) error {
	child := children()[strings.Join(args[:min(1, len(args))], "")]
	if child == nil {
		return fmt.Errorf("there is no child %q", args)
	}
	if path := os.Getenv("BENCH_PROFILE"); path != "" {
		f, err := os.Create(path)
		if err != nil {
			return err
		}
		defer f.Close()
		if err := pprof.StartCPUProfile(f); err != nil {
			return err
		}
		defer pprof.StopCPUProfile()
	}
	result, err := child(ctx, args[1:])
	if err != nil {
		return err
	}
	return json.NewEncoder(os.Stdout).Encode(result)
}

// cores is how many processors the figures are for.
func cores() int { return runtime.GOMAXPROCS(0) }
