// SPDX-License-Identifier: Apache-2.0

package aws

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/credentials"

	"demarc.dev/demarc/cloud"
	"demarc.dev/demarc/cloud/cloudtest"
	"demarc.dev/demarc/internal/emulator"
)

// moto is the emulator of all tests; each takes accounts or regions of its own.
var moto *emulator.Server

// asked are all calls of all collections against the emulator.
var askedCalls struct {
	sync.Mutex
	calls map[[2]string]bool
}

// planted are secrets that tests put into the emulator and no snapshot may hold.
var planted = []string{"Planted-Secret-Password-1", "Planted-Secret-2", "Planted-Lambda-Secret", "Planted-Secret-Value", "Planted-Master-Password", "Planted-Cache-Token-1"}

const (
	motoAccount = "123456789012" // of credentials that the emulator does not know
	frankfurt   = "eu-central-1"
	ireland     = "eu-west-1"
)

func TestMain(m *testing.M) { os.Exit(runTests(m)) }

func runTests(m *testing.M) int {
	// No test may find credentials or settings of whoever runs it.
	for _, name := range []string{"AWS_PROFILE", "AWS_REGION", "AWS_DEFAULT_REGION", "AWS_SESSION_TOKEN", "AWS_ENDPOINT_URL", "AWS_ROLE_ARN"} {
		os.Unsetenv(name)
	}
	for name, value := range map[string]string{"AWS_ACCESS_KEY_ID": "AKIATEST", "AWS_SECRET_ACCESS_KEY": "test", "AWS_EC2_METADATA_DISABLED": "true",
		"AWS_CONFIG_FILE": os.DevNull, "AWS_SHARED_CREDENTIALS_FILE": os.DevNull} {
		os.Setenv(name, value)
	}
	if child := os.Getenv("DEMARC_TEST_COLLECT"); child != "" {
		return collectChild(child)
	}
	var err error
	if moto, err = emulator.Start(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer moto.Stop()
	return m.Run()
}

var noon = time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC)

// options are those of a collection from the emulator at a fixed time.
func options(t testing.TB) Options {
	t.Helper()
	return Options{Endpoint: moto.URL, Regions: []string{frankfurt}, Now: func() time.Time { return noon }, Tool: "demarc test", Synthetic: "moto " + emulator.Version,
		backoff: 10 * time.Millisecond, Spool: t.TempDir(), observe: func(service, operation string) {
			askedCalls.Lock()
			defer askedCalls.Unlock()
			if askedCalls.calls == nil {
				askedCalls.calls = map[[2]string]bool{}
			}
			askedCalls.calls[[2]string{service, operation}] = true
		}}
}

// collect collects and holds what was written against the contract of
// collectors: in every test every resource is whole and no secret is in it.
func collect(t testing.TB, o Options) *cloud.Snapshot {
	t.Helper()
	var out bytes.Buffer
	sum, err := Collect(t.Context(), o, &out)
	if err != nil {
		t.Fatalf("collecting: %v (%v)", err, errors.Unwrap(err))
	}
	if err := cloudtest.Contract(out.Bytes(), planted...); err != nil {
		t.Error(err)
	}
	s, err := cloud.Decode(&out)
	if err != nil {
		t.Fatal(err)
	}
	if int64(len(s.Resources)) != sum.Resources || s.Header.Calls != sum.Calls {
		t.Errorf("the summary counts %d resources and %d calls, the snapshot %d and %d", sum.Resources, sum.Calls, len(s.Resources), s.Header.Calls)
	}
	return s
}

// gapsOf gives the gaps of a snapshot but for the services that were not asked.
func gapsOf(s *cloud.Snapshot) []cloud.ScopeGap {
	return slices.DeleteFunc(slices.Clone(s.Gaps), func(g cloud.ScopeGap) bool { return g.Detail == notAsked(g.Service) })
}

// find gives the resource of a kind whose id or name ends in suffix.
func find(t testing.TB, s *cloud.Snapshot, kind cloud.Kind, suffix string) *cloud.Resource {
	t.Helper()
	for i := range s.Resources {
		if r := &s.Resources[i]; r.Kind == kind && (strings.HasSuffix(r.ID, suffix) || r.Name == suffix) {
			return r
		}
	}
	t.Fatalf("no %s %s in the snapshot", kind, suffix)
	return nil
}

// expect compares attributes; a cloud.Reason stands for a gap.
func expect(t testing.TB, r *cloud.Resource, want map[string]any) {
	t.Helper()
	for name, v := range want {
		if reason, isGap := v.(cloud.Reason); isGap {
			if r.Gaps[name].Reason != reason {
				t.Errorf("%s %s: gap of %s is %+v (fact %v), want %s", r.Kind, r.Name, name, r.Gaps[name], r.Attributes[name], reason)
			}
			continue
		}
		if i, ok := v.(int); ok {
			v = int64(i)
		}
		if list, ok := v.([]string); ok {
			if got := textList(r, name); !slices.Equal(got, list) || r.Attributes[name] == nil {
				t.Errorf("%s %s: %s = %v (gap %+v), want %v", r.Kind, r.Name, name, r.Attributes[name], r.Gaps[name], list)
			}
			continue
		}
		if got := r.Attributes[name]; got != v {
			t.Errorf("%s %s: %s = %v (gap %+v), want %v", r.Kind, r.Name, name, got, r.Gaps[name], v)
		}
	}
}

// seeder is a configuration for making things in the emulator.
func seeder(t testing.TB, region string) aws.Config {
	t.Helper()
	cfg, err := config.LoadDefaultConfig(context.Background(), config.WithRegion(region),
		config.WithCredentialsProvider(credentials.NewStaticCredentialsProvider("AKIATEST", "test", "")))
	if err != nil {
		t.Fatal(err)
	}
	cfg.BaseEndpoint = &moto.URL
	return cfg
}

// must fails the test for an error of seeding.
func must[T any](v T, err error) func(testing.TB) T {
	return func(t testing.TB) T {
		t.Helper()
		if err != nil {
			t.Fatalf("seeding: %v", err)
		}
		return v
	}
}

func bytesContain(b []byte, s string) bool { return bytes.Contains(b, []byte(s)) }

// pinned dials the emulator whatever host is called.
func pinned(t testing.TB, cfg aws.Config) aws.Config {
	t.Helper()
	o := Options{Endpoint: moto.URL}
	if err := o.defaults(); err != nil {
		t.Fatal(err)
	}
	client, err := httpClient(&o)
	if err != nil {
		t.Fatal(err)
	}
	cfg.HTTPClient = client
	return cfg
}
