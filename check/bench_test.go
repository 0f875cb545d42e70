// SPDX-License-Identifier: Apache-2.0

package check

import (
	"context"
	"encoding/json"
	"fmt"
	"iter"
	"math/rand/v2"
	"runtime"
	"strconv"
	"syscall"
	"testing"
	"time"

	"demarc.dev/demarc/cloud"
)

// generated streams n resources of every kind, made as they are asked for. Most
// are of the kinds that large estates are full of; account, trail and plan
// kinds stay few, as they do in life. About one attribute in fifty is a gap.
func generated(n int, raw bool) cloud.Source {
	specs := cloud.Kinds()
	few := map[cloud.Kind]bool{cloud.AccountKind: true, cloud.RegionKind: true, cloud.Organisation: true, cloud.Guardrail: true, cloud.LogTrail: true,
		cloud.BackupPlan: true, cloud.BackupVault: true, cloud.Alarm: true, cloud.Interconnect: true, cloud.Cluster: true, cloud.Key: true}
	return func() iter.Seq2[*cloud.Resource, error] {
		return func(yield func(*cloud.Resource, error) bool) {
			random := rand.New(rand.NewPCG(17, 4))
			for i := range n {
				spec := specs[i%len(specs)]
				if few[spec.Kind] && i/len(specs)%100 != 0 {
					spec = specs[(i*7+5)%len(specs)]
					for few[spec.Kind] {
						spec = specs[random.IntN(len(specs))]
					}
				}
				if !yield(generate(random, spec, i, raw), nil) {
					return
				}
			}
		}
	}
}

func generate(random *rand.Rand, spec cloud.Spec, i int, raw bool) *cloud.Resource {
	id := strconv.Itoa(i)
	r := &cloud.Resource{
		ID: "arn:aws:" + string(spec.Kind) + ":eu-west-1:111122223333:" + id, Kind: spec.Kind, Native: "aws." + string(spec.Kind), Provider: "aws", Source: "live",
		Account: strconv.Itoa(100000000000 + i%20), Region: []string{"eu-west-1", "eu-central-1", "us-east-1"}[i%3], Name: string(spec.Kind) + "-" + id,
		Attributes: make(map[string]any, len(spec.Attributes)), Seen: cloud.Seen{At: benchNow(), Call: "x:Describe"},
	}
	r.Tags = map[string]string{"env": []string{"prod", "test", "dev"}[random.IntN(3)], "owner": "team-" + strconv.Itoa(i%50)}
	for _, a := range spec.Attributes {
		if random.IntN(50) == 0 {
			if r.Gaps == nil {
				r.Gaps = map[string]cloud.Gap{}
			}
			r.Gaps[a.Name] = cloud.Gap{Reason: cloud.Denied, Call: "x:Get"}
			continue
		}
		r.Attributes[a.Name] = generateValue(random, a.Type)
	}
	if raw {
		r.Raw = json.RawMessage(fmt.Sprintf(`{"Id":%q,"Description":"a document of a provider, of an ordinary length for one, with %d in it"}`, r.ID, random.Uint64()))
	}
	return r
}

func generateValue(random *rand.Rand, t cloud.Type) any {
	switch t {
	case cloud.Bool:
		return random.IntN(4) > 0
	case cloud.Int:
		return int64(random.IntN(100))
	case cloud.Time:
		if random.IntN(10) == 0 {
			return time.Time{}
		}
		return benchNow().AddDate(0, 0, -random.IntN(400))
	case cloud.Strings:
		return []any{"a", "b"}[:random.IntN(3)]
	case cloud.Rules:
		port := int64(random.IntN(1000))
		return []any{
			map[string]any{"direction": "out", "allow": true, "protocol": "all", "from_port": int64(0), "to_port": int64(65535), "internet": true, "sources": []any{}},
			map[string]any{"direction": "in", "allow": true, "protocol": "tcp", "from_port": port, "to_port": port + 20, "internet": random.IntN(2) == 0, "sources": []any{"10.0.0.0/8"}},
		}
	}
	return []string{"", "1.2", "running", "enabled", "HTTPS"}[random.IntN(5)]
}

func benchNow() time.Time { return time.Date(2026, 6, 1, 12, 0, 0, 0, time.UTC) }

// benchChecks are of the sorts and the mix that the built-in checks are.
func benchChecks(t testing.TB) []Check {
	table := []struct{ id, kind, test string }{
		{"root-mfa", "account", "r.root_mfa"},
		{"root-keys", "account", "r.root_access_keys == 0"},
		{"root-unused", "account", "days(r.root_last_used) > 90"},
		{"trail", "account", `all("log-trail").exists(t, t.logging && t.multi_region && t.management_events)`},
		{"region-detection", "region", "!r.used || r.threat_detection"},
		{"org-regions", "organisation", "r.region_restricted"},
		{"identity-mfa", "identity", "!r.console_access || r.mfa"},
		{"identity-direct", "identity", "r.direct_policies == 0"},
		{"identity-stale", "identity", "!r.console_access || days(r.password_last_used) <= 45"},
		{"role-trust", "role", "!r.trust_public && size(r.trust_external) == 0"},
		{"role-unused", "role", "r.service_linked || days(r.last_used) <= 90"},
		{"credential-age", "credential", "!r.active || days(r.created) <= 90"},
		{"credential-unused", "credential", "!r.active || days(r.last_used) <= 45"},
		{"policy-wildcard", "permission-policy", "!r.wildcard"},
		{"store-public", "object-store", "!r.public"},
		{"store-block", "object-store", "r.public_block"},
		{"store-key", "object-store", "!classified() || r.customer_key"},
		{"store-tls", "object-store", "r.tls_only"},
		{"store-versions", "object-store", "!records() || r.versioning"},
		{"store-log", "object-store", "r.access_logging || r.data_events"},
		{"store-lock", "object-store", "!r.holds_audit_logs || (r.object_lock && r.lock_days >= 365 && !r.public)"},
		{"disk-encrypted", "disk", "r.encrypted"},
		{"disk-backup", "disk", "!production() || r.backed_up"},
		{"snapshot-public", "disk-snapshot", "!r.public && size(r.shared_with) == 0"},
		{"machine-token", "machine", "r.metadata_token"},
		{"machine-public", "machine", `r.public_tier || r.public_address == ""`},
		{"machine-patches", "machine", "r.managed && r.missing_patches == 0"},
		{"machine-secret", "machine", "!r.startup_secret"},
		{"machine-protect", "machine", "!production() || r.delete_protected"},
		{"image-public", "machine-image", "!r.public"},
		{"group-alarm", "machine-group", "r.alarm && r.maximum > r.minimum"},
		{"network-flow", "network", "r.default || r.flow_log"},
		{"subnet-auto", "subnet", "!r.auto_public_address"},
		{"firewall-admin", "firewall", "!r.rules.exists(x, opens(x, [22, 3389, 5432, 3306, 1433, 6379, 27017]))"},
		{"firewall-all", "firewall", "!r.rules.exists(x, opens_all(x))"},
		{"firewall-default", "firewall", `!r.default || !r.rules.exists(x, x.direction == "in" && x.allow)`},
		{"lb-log", "load-balancer", "r.access_logging"},
		{"listener-tls", "listener", `!r.internet_facing || r.redirects_to_tls || tls_at_least(r.tls_min, "1.2")`},
		{"key-rotation", "key", `!r.customer_managed || !r.symmetric || r.state != "enabled" || r.rotation`},
		{"secret-rotation", "secret", "r.rotation || days(r.changed) <= 90"},
		{"certificate-expiry", "certificate", "!r.in_use || r.renews || days(r.expires) < -30"},
		{"database-encrypted", "database", "r.encrypted"},
		{"database-public", "database", "!r.public"},
		{"database-backup", "database", "r.backup_days >= 7"},
		{"database-tls", "database", "r.tls_required"},
		{"table-recovery", "table", "r.point_in_time_recovery || r.backed_up"},
		{"files-tls", "file-store", "r.tls_only && r.encrypted"},
		{"cache-tls", "cache", "r.tls_required && r.auth"},
		{"queue-public", "queue", "!r.public"},
		{"topic-public", "topic", "!r.public && r.encrypted"},
		{"function-runtime", "function", "r.runtime_supported"},
		{"function-secret", "function", "!r.plain_secret"},
		{"cluster-open", "cluster", "!r.endpoint_open"},
		{"registry-scan", "registry", "r.scan_on_push && r.immutable_tags"},
		{"log-retention", "log-store", "r.retention_days == 0 || r.retention_days >= 90"},
		{"log-key", "log-store", "!classified() || r.customer_key"},
		{"alarm-heard", "alarm", "r.enabled && r.reaches_subscriber"},
		{"plan-keep", "backup-plan", "r.rules > 0 && (r.keep_days == 0 || r.keep_days >= 30)"},
		{"vault-lock", "backup-vault", "r.locked && !r.public"},
		{"link-active", "interconnect", "size(r.tenants) < 2 || !r.routed"},
	}
	var out []Check
	for _, c := range table {
		out = append(out, Check{ID: c.id, Title: "title of " + c.id, Kinds: []cloud.Kind{cloud.Kind(c.kind)}, Severity: High, Test: c.test,
			Message: `r.name + " in " + r.region + ": the setting is wrong"`})
	}
	// Some checks ask every kind: an owner must be named.
	var every []cloud.Kind
	for _, s := range cloud.Kinds() {
		every = append(every, s.Kind)
	}
	return append(out, Check{ID: "owner", Title: "title", Kinds: every, Severity: Low, Test: `has_tag("owner")`, Message: `r.name + " has no owner"`})
}

// streamed gives n resources, each with an id and a name of its own, made from a
// pool of generated ones, so that making them takes little of the time.
func streamed(n int) cloud.Source {
	var pool []*cloud.Resource
	for r := range generated(18_500, true)() {
		pool = append(pool, r)
	}
	return func() iter.Seq2[*cloud.Resource, error] {
		return func(yield func(*cloud.Resource, error) bool) {
			for i := range n {
				r := *pool[i%len(pool)]
				r.ID = r.ID + ":" + strconv.Itoa(i)
				if !yield(&r, nil) {
					return
				}
			}
		}
	}
}

// BenchmarkRun streams generated resources through every check. It reports
// evaluations a second of wall time and of CPU time beyond what the generator
// itself takes, and the peak of the heap.
func BenchmarkRun(b *testing.B) {
	set, err := Compile(benchChecks(b))
	if err != nil {
		b.Fatal(err)
	}
	for _, n := range []int{50_000, 200_000, 1_000_000} {
		for _, workers := range []int{1, 2} {
			b.Run(fmt.Sprintf("resources=%d/workers=%d", n, workers), func(b *testing.B) {
				source := streamed(n)
				cpu := cpuTime()
				for res := range source() {
					runtime.KeepAlive(res)
				}
				making := cpuTime() - cpu
				var evaluations int64
				var peak uint64
				b.ResetTimer()
				cpu = cpuTime()
				for range b.N {
					findings := 0
					stats, err := set.Run(context.Background(), Input{Source: source, Now: benchNow(), Workers: workers}, func(f Finding) error {
						if findings++; findings%50_000 == 0 {
							var m runtime.MemStats
							runtime.ReadMemStats(&m)
							peak = max(peak, m.HeapInuse)
						}
						return nil
					})
					if err != nil {
						b.Fatal(err)
					}
					evaluations += stats.Evaluations
				}
				own := cpuTime() - cpu - 2*making*time.Duration(b.N) // the generator runs twice: for the index and for the run
				b.ReportMetric(float64(evaluations)/b.Elapsed().Seconds(), "evaluations/s")
				b.ReportMetric(float64(evaluations)/own.Seconds(), "evaluations/CPU-s")
				b.ReportMetric(float64(peak)/(1<<20), "peak-MiB")
				b.ReportMetric(0, "ns/op")
			})
		}
	}
}

func cpuTime() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// BenchmarkGuard shows what watching the cost of a user's check costs: the same
// joining check, unwatched and watched.
func BenchmarkGuard(b *testing.B) {
	for _, own := range []bool{false, true} {
		c := question("join", cloud.ObjectStore, `all("key").exists(k, k.rotation && k.in_use && k.state == "none")`)
		c.own = own
		set := compile(b, c)
		var rs []cloud.Resource
		for i := range 5000 {
			rs = append(rs, resource(cloud.ObjectStore, strconv.Itoa(i), attrs{}))
		}
		for i := range 20 {
			rs = append(rs, resource(cloud.Key, "k"+strconv.Itoa(i), attrs{"rotation": true, "in_use": true, "state": "enabled"}))
		}
		b.Run(fmt.Sprintf("watched=%v", own), func(b *testing.B) {
			for b.Loop() {
				if _, err := set.Run(context.Background(), Input{Source: sourceOf(rs), Now: benchNow(), Workers: 1}, func(Finding) error { return nil }); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/5000, "ns/evaluation")
		})
	}
}

func BenchmarkCompile(b *testing.B) {
	checks := benchChecks(b)
	for b.Loop() {
		if _, err := Compile(checks); err != nil {
			b.Fatal(err)
		}
	}
}
