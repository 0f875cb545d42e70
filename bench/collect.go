// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"demarc.dev/demarc/cloud/replay"
)

const (
	latency     = 20 * time.Millisecond
	concurrency = 64  // the calls that Demarc has in flight at most
	throttle    = 200 // requests a second that the throttling proxy serves
	estate      = "eu-central-1,eu-west-1"
)

// collection measures the collector, as the built program, behind a proxy that
// gives the emulator's answers from memory.
func collection(ctx context.Context, h *host) ([]figure, error) {
	server, err := h.serve(ctx, h.sized(170, 10))
	if err != nil {
		return nil, err
	}
	defer server.stop()
	recorder, err := server.ask("record")
	if err != nil {
		return nil, err
	}
	if _, err := h.collect(ctx, recorder); err != nil {
		return nil, fmt.Errorf("recording the emulator's answers: %w", err)
	}
	figures, fast, err := h.collectFast(ctx, server)
	if err != nil {
		return figures, err
	}
	slow, err := h.collectThrottled(ctx, server)
	if err != nil {
		return figures, err
	}
	large, err := h.collectLarge(ctx, server)
	if err != nil {
		return append(figures, slow), err
	}
	figures = append(figures, slow, large)
	return append(figures, h.besideProwler(ctx, server, fast)), nil
}

func (h *host) collectFast(ctx context.Context, server *server) ([]figure, collected, error) {
	url, err := server.ask("replay %s 0", latency)
	if err != nil {
		return nil, collected{}, err
	}
	var best collected
	for range h.sized(3, 1) {
		c, err := h.collect(ctx, url)
		if err != nil {
			return nil, best, err
		}
		c.peak, c.own = max(c.peak, best.peak), max(c.own, best.own)
		if best.wall != 0 && best.wall < c.wall {
			c.wall, c.cpu = best.wall, best.cpu
		}
		best = c
	}
	least := time.Duration(float64(best.calls) * float64(latency) / concurrency)
	ratio := best.wall.Seconds() / least.Seconds()
	return []figure{
		{what: fmt.Sprintf("%d calls of %s each", best.calls, latency), ours: seconds(best.wall), target: "≤ 5 s", met: limit(best.wall <= 5*time.Second),
			note: fmt.Sprintf("`demarc collect aws` of %d resources from recorded answers of the emulator; the proxy runs on the same cores. Best of the rounds; %.1f s of processor time.", best.resources, best.cpu.Seconds())},
		{what: "beside calls × latency ÷ concurrency", ours: seconds(best.wall), peer: seconds(least), ratio: times(ratio), target: "≤ 1.3×", met: limit(ratio <= 1.3)},
		{what: "peak memory of it", ours: mebibytes(best.peak), target: "≤ 80 MB", met: limit(best.peak <= 80e6),
			note: fmt.Sprintf("%s of it are the process's own; the rest are pages of the program's file, which the system may drop.", mebibytes(best.own))},
	}, best, nil
}

func (h *host) collectThrottled(ctx context.Context, server *server) (figure, error) {
	url, err := server.ask("replay %s %d", latency, throttle)
	if err != nil {
		return figure{}, err
	}
	c, err := h.collect(ctx, url)
	if err != nil {
		return figure{}, err
	}
	return figure{what: fmt.Sprintf("throttled at %d requests/s", throttle), ours: fmt.Sprintf("%d lost of %d", c.lost, c.calls), target: "0 lost", met: limit(c.lost == 0),
		note: fmt.Sprintf("%d calls had to be repeated; it took %s, at the throttle's pace %s.", c.repeated, seconds(c.wall), seconds(time.Duration(float64(c.calls)/throttle*1e9)))}, nil
}

func (h *host) collectLarge(ctx context.Context, server *server) (figure, error) {
	url, err := server.ask("crowd %d", h.sized(50_000, 5_000))
	if err != nil {
		return figure{}, err
	}
	c, err := h.collect(ctx, url)
	if err != nil {
		return figure{}, err
	}
	return figure{what: fmt.Sprintf("peak memory of %d resources", c.resources), ours: mebibytes(c.peak), target: "≤ 512 MiB", met: limit(c.peak <= 512<<20),
		note: fmt.Sprintf("Mostly disks, in pages of 500 that the proxy makes up; %s.", seconds(c.wall))}, nil
}

// collected is a run of the collector.
type collected struct {
	used
	calls, repeated, lost, resources int64
}

// credentials are of nobody; the emulator takes any.
var credentials = []string{"AWS_ACCESS_KEY_ID=AKIABENCH", "AWS_SECRET_ACCESS_KEY=bench", "AWS_EC2_METADATA_DISABLED=true", "AWS_REGION=eu-central-1",
	"AWS_CONFIG_FILE=" + os.DevNull, "AWS_SHARED_CREDENTIALS_FILE=" + os.DevNull}

// collect runs the built program and reads the header of its snapshot.
func (h *host) collect(ctx context.Context, url string) (collected, error) {
	dir, err := os.MkdirTemp(h.scratch, "collect-")
	if err != nil {
		return collected{}, err
	}
	defer os.RemoveAll(dir)
	out := filepath.Join(dir, "estate.snapshot")
	args := append(append([]string{}, credentials...), h.demarc, "--data", dir, "collect", "aws", "--endpoint", url, "--regions", estate, "--synthetic", "replayed answers of an emulator", "--out", out)
	u, err := h.measured(ctx, h.scratch, nil, "env", args...)
	if err != nil {
		return collected{}, err
	}
	snapshot, err := replay.Open(out)
	if err != nil {
		return collected{}, err
	}
	n, err := snapshot.Verify()
	header := snapshot.Header()
	return collected{u, header.Calls, header.Repeated, header.Lost, n}, err
}

// besideProwler lets Prowler read the same estate, when bench/run has it.
func (h *host) besideProwler(ctx context.Context, server *server, ours collected) figure {
	const what, target = "Prowler over the same estate", "≥ 5×"
	program := os.Getenv("BENCH_PROWLER")
	if program == "" {
		return unmeasured(what, target, "Prowler: "+os.Getenv("BENCH_PROWLER_WHY"))
	}
	f, err := h.prowler(ctx, server, program, ours)
	if err != nil {
		return unmeasured(what, target, "Prowler: "+err.Error())
	}
	f.what, f.target = what, target
	return f
}

// prowlerPatience is enough on a quiet machine, where the emulator takes some
// three minutes to answer Prowler for the first time.
const prowlerPatience = 15 * time.Minute

// prowlerServices are those that both read.
const prowlerServices = "s3 iam ec2 vpc kms rds awslambda cloudtrail cloudwatch sns sqs backup elbv2 secretsmanager dynamodb efs elasticache acm eks ecr autoscaling ssm"

func (h *host) prowler(ctx context.Context, server *server, program string, ours collected) (figure, error) {
	dir, err := os.MkdirTemp(h.scratch, "prowler-")
	if err != nil {
		return figure{}, err
	}
	defer os.RemoveAll(dir)
	ctx, stop := context.WithTimeout(ctx, prowlerPatience)
	defer stop()
	read := func(url string) (used, error) {
		args := append(append([]string{}, credentials...), "AWS_ENDPOINT_URL="+url, program, "aws", "--region")
		args = append(append(args, strings.Split(estate, ",")...), "--service")
		args = append(append(args, strings.Fields(prowlerServices)...), "--output-formats", "csv", "--output-directory", dir, "--no-banner", "--ignore-exit-code-3")
		return h.measured(ctx, dir, nil, "env", args...)
	}
	recorder, err := server.ask("record")
	if err == nil {
		_, err = read(recorder) // its calls differ from ours and must be recorded too
	}
	if err != nil {
		return figure{}, err
	}
	url, err := server.ask("replay %s 0", latency)
	if err != nil {
		return figure{}, err
	}
	u, err := read(url)
	if err != nil {
		return figure{}, err
	}
	if u.wall == 0 || ours.wall == 0 {
		return figure{}, errors.New("a run took no time")
	}
	ratio := u.wall.Seconds() / ours.wall.Seconds()
	return figure{ours: seconds(ours.wall), peer: fmt.Sprintf("Prowler %s, %s", seconds(u.wall), mebibytes(u.peak)), ratio: times(ratio), met: limit(ratio >= 5),
		note: "Prowler also asks its checks in that time, and reads the services that both know; Demarc reads all of its own."}, nil
}
