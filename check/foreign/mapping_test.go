// SPDX-License-Identifier: Apache-2.0

package foreign_test

import (
	"strings"
	"testing"

	"demarc.dev/demarc/catalogue"
	"demarc.dev/demarc/check/foreign"
	"demarc.dev/demarc/check/rule"
)

func mappings(t testing.TB) *foreign.Mappings {
	t.Helper()
	m, err := foreign.Load()
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func TestMappings_HoldTogether(t *testing.T) {
	cat, err := catalogue.Load()
	if err != nil {
		t.Fatal(err)
	}
	checks, err := rule.Load()
	if err != nil {
		t.Fatal(err)
	}
	ours := map[string]bool{}
	for _, c := range checks {
		ours[c.ID] = true
	}
	faults := mappings(t).Lint(func(id string) bool { _, ok := cat.Duty(id); return ok }, func(id string) bool { return ours[id] })
	for _, f := range faults {
		t.Error(f)
	}
}

// TestMappings_Reach holds the numbers that docs promise.
func TestMappings_Reach(t *testing.T) {
	least := map[string]int{"prowler": 150, "securityhub": 100, "trivy": 60, "checkov": 60, "kube-bench": 14, "aws-config": 50, "openscap": 20}
	for _, table := range mappings(t).Tables() {
		n := 0
		for _, row := range table.Rows {
			n += len(row.IDs)
		}
		if n < least[table.Tool] {
			t.Errorf("%s: %d ids, want at least %d", table.Tool, n, least[table.Tool])
		}
		delete(least, table.Tool)
	}
	if len(least) > 0 {
		t.Errorf("without a table: %v", least)
	}
}

func TestMappings_Of(t *testing.T) {
	m := mappings(t)
	for _, c := range []struct{ tool, id, want string }{
		{"prowler", "s3_bucket_public_access", "check object-store-public"},
		{"prowler", "ec2_securitygroup_allow_ingress_from_internet_to_tcp_port_22", "check firewall-admin-port glob"},
		{"prowler", "apiserver_tls_config", "topic encryption-transit glob"},
		{"prowler", "apiserver_request_timeout_set", "topic hardening glob"},
		{"prowler", "core_cpu_limits_set", "topic capacity glob"},
		{"prowler", "nobody_knows_this", ""},
		{"securityhub", "ec2.2", "check firewall-default-closed"},
		{"securityhub", "cis-1.2.0/3.3", "check account-root-alarm"},
		{"securityhub", "cis-1.2.0/3.9", "topic alarm glob"},
		{"trivy", "AVD-AWS-0086", "check object-store-public-block"},
		{"trivy", "AWS-0086", "check object-store-public-block"},
		{"trivy", "KSV017", "topic container-isolation glob"},
		{"trivy", "AVD-KSV-0011", "topic capacity"},
		{"trivy", "CVE-2026-1", "topic known-flaw glob"},
		{"trivy", "secret/github-pat", "topic secret-in-code glob"},
		{"kube-bench", "cis-1.8/1.2.1", "topic cluster-access glob"},
		{"kube-bench", "eks-1.2.0/4.1.1", "topic privilege glob"},
		{"aws-config", "securityhub-encrypted-volumes-1a2b3c4d", "check disk-encrypted"},
		{"aws-config", "S3_BUCKET_SSL_REQUESTS_ONLY", "check object-store-tls"},
		{"openscap", "xccdf_org.ssgproject.content_rule_sshd_disable_root_login", "topic privilege glob"},
		{"inspector", "CVE-2026-1", "topic known-flaw glob"},
		{"unheard-of", "x", ""},
	} {
		got := ""
		if match, ok := m.Of(c.tool, c.id); ok {
			got = "check " + match.Check
			if match.Topic != nil {
				got = "topic " + match.Topic.ID
			}
			if match.Glob {
				got += " glob"
			}
		}
		if got != c.want {
			t.Errorf("%s %s: %q, want %q", c.tool, c.id, got, c.want)
		}
	}
}

func TestFormats_AreNamed(t *testing.T) {
	for _, s := range foreign.Formats() {
		if s.Name == "" || s.Made == "" || s.Format.Name() != s.Name || strings.Contains(string(s.Format), " ") {
			t.Errorf("%+v", s)
		}
	}
}
