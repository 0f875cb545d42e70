// SPDX-License-Identifier: Apache-2.0

package catalogue

import (
	"reflect"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"
)

func TestSearch_PutsTheMeantControlFirst(t *testing.T) {
	c := load(t)
	for query, key := range map[string]string{
		"5.1.1 shared responsibility": "shared-roles", "5.1.1": "cloud-policy", "5.1.1 policy": "cloud-policy", "12.4.6": "cloud-monitoring", "12.4.5": "asset-removal", "13.1.4": "tenant-segregation",
		"12.1.5": "machine-hardening", "6.3.1": "supplier-agreement", "6.3.1 shared responsibility": "shared-roles", "cld 6.3.1": "shared-roles", "CLD.12.1.5": "administrator-operations", "8.24": "cryptography",
		"5.38": "shared-roles", "8.36": "unauthorised-use", "12.3.1-C2": "backup", "A.9.2.3": "privileged-access", "a.5.7": "threat-intelligence",
		"data deletion": "asset-removal", "Data Deletion": "asset-removal", "deleting data": "asset-removal", "exit": "asset-removal", "shared responsability": "shared-roles", "encryption": "cryptography", "BYOK": "key-management",
		"mfa": "privileged-access", "bakcup restore": "backup", "backpu": "backup", "tamper-proof logs": "event-logging", "key managment": "key-management", "clock synchronization": "clock", "licence": "intellectual-property",
		"sub-processors": "supply-chain", "public buckets": "access-restriction", "tenant isolation": "tenant-segregation", "shadow IT": "unauthorised-use", "vulnérabilité": "vulnerability", "VULNERABILITIES": "vulnerability",
		"training": "awareness", "who patches": "vulnerability", "sanitization": "equipment-disposal", "chain of custody": "evidence-collection", "GRC-01": "cloud-policy", "ct-10": "shared-roles", "sla": "supplier-agreement",
		// What people in the trade say and no standard does.
		"pentest": "vulnerability", "pen test": "vulnerability", "penetration test": "vulnerability", "penetration testing": "vulnerability", "bug bounty": "vulnerability",
		"DR": "continuity-readiness", "disaster recovery": "continuity-readiness", "BCP": "continuity-readiness", "SSO": "access-provisioning", "IAM": "access-provisioning", "single sign-on": "access-provisioning",
		"multifactor": "privileged-access", "multi-factor authentication": "privileged-access", "bring your own key": "key-management", "DLP": "unauthorised-use", "data loss prevention": "unauthorised-use",
		"SIEM": "event-logging", "offboarding": "user-registration", "data residency": "authorities", "data sovereignty": "authorities", "right to audit": "supplier-agreement", "audit rights": "supplier-agreement",
		"subprocessor": "supply-chain", "sub-processor": "supply-chain", "subprocessors": "supply-chain", "exit plan": "asset-removal", "DDoS": "capacity", "WAF": "network-segregation", "EDR": "machine-hardening",
		"TPRM": "supplier-policy", "security questionnaire": "security-requirements", "CSPM": "configuration", "SBOM": "secure-development", "PII": "data-masking", "data classification": "labelling", "mTLS": "cryptography",
		"ZTNA": "network-access", "ransomware": "backup", "DPA": "supplier-agreement", "RACI": "roles", "breach": "incident-responsibility",
	} {
		hits := c.Search(query, 3)
		if len(hits) == 0 || hits[0].Control.Key != key {
			var got []string
			for _, h := range hits {
				got = append(got, h.Control.Key)
			}
			t.Errorf("Search(%q) = %v, want %s first", query, got, key)
		}
	}
	if hits := c.Search("zzzzzz", 0); hits != nil {
		t.Errorf("nonsense finds %v", hits)
	}
}

func TestSearch_TellsOfNumbersOftenCitedWrongly(t *testing.T) {
	c := load(t)
	for query, right := range map[string]string{"5.1.1 shared responsibility": "CLD.6.3.1", "12.4.6": "There is no 12.4.6", "12.4.5 data deletion": "CLD.12.4.5 is monitoring", "encryption": "does not order"} {
		if hit := c.Search(query, 1)[0]; !strings.Contains(hit.Note, right) {
			t.Errorf("Search(%q): the note %q does not say %q", query, hit.Note, right)
		}
	}
	for _, query := range []string{"CLD.6.3.1", "cld 6.3.1", "backup", "5.1.1 policy"} {
		if hit := c.Search(query, 1)[0]; hit.Note != "" {
			t.Errorf("Search(%q): nothing is wrong, yet the note says %q", query, hit.Note)
		}
	}
}

func TestSearch_FindsEveryControlByItsOwnNames(t *testing.T) {
	c := load(t)
	for _, control := range c.Controls() {
		queries := []string{control.Key, control.Title, control.Duties[0].ID}
		for _, clause := range control.Clauses {
			if clause.Relation != RelationPart && clause.Relation != RelationDropped {
				queries = append(queries, clause.ID)
			}
		}
		for _, query := range queries {
			if !slices.ContainsFunc(c.Search(query, 3), func(h Hit) bool { return h.Control.Key == control.Key }) {
				t.Errorf("Search(%q) does not bring %s among the first three", query, control.Key)
			}
		}
	}
}

func TestRemarks(t *testing.T) {
	c := load(t)
	for query, want := range map[string]string{"27017 certification": "added control set", "clauses 4-10": "27001", "12.4.2": "8.15, Logging", "5.12": "adds nothing", "17.1.1 continuity": "5.29", "12.9.9": "have it", "CLD.99.1": "have it"} {
		got := c.Remarks(query)
		if len(got) == 0 || !strings.Contains(got[0].Note, want) {
			t.Errorf("Remarks(%q) = %v, want %q", query, got, want)
		}
	}
	for _, query := range []string{"5.1.1", "12.4.6", "backup", "GRC-01", "2026", "", "job title of the owner", "timeline of an incident"} {
		if got := c.Remarks(query); got != nil {
			t.Errorf("Remarks(%q) = %v, want none", query, got)
		}
	}
}

func TestSearch_AnyQuery(t *testing.T) {
	c := load(t)
	again := load(t)
	bits := []string{"5.1.1", "12.4.6", "cld", "shared", "deletion", "é", "\xff", "  ", "art.", "28", "-", ".", "\u0301", "ct-10", "İ", "responsabilty"}
	rapid.Check(t, func(t *rapid.T) {
		query := strings.Join(rapid.SliceOfN(rapid.OneOf(rapid.SampledFrom(bits), rapid.String()), 0, 6).Draw(t, "query"), rapid.SampledFrom([]string{" ", "", "."}).Draw(t, "between"))
		limit := rapid.IntRange(-1, 60).Draw(t, "limit")
		checkSearch(t, c, again, query, limit)
	})
}

func FuzzSearch(f *testing.F) {
	for _, query := range []string{"5.1.1 shared responsibility", "12.4.6", "data deletion", "", "cld", "art. 28", "\xff\xfe", strings.Repeat("a", 4000), "İİİ", "a.-.b 1.-"} {
		f.Add(query, 5)
	}
	c, again := load(f), load(f)
	f.Fuzz(func(t *testing.T, query string, limit int) { checkSearch(t, c, again, query, limit) })
}

// checkSearch holds what is promised of every query.
func checkSearch(t interface{ Fatalf(string, ...any) }, c, again *Catalogue, query string, limit int) {
	hits := c.Search(query, limit)
	if other := again.Search(query, limit); !reflect.DeepEqual(hits, other) {
		t.Fatalf("Search(%q) differs from one time to the other", query)
	}
	if limit > 0 && len(hits) > limit {
		t.Fatalf("Search(%q, %d) gives %d hits", query, limit, len(hits))
	}
	seen := map[string]bool{}
	for i, h := range hits {
		if seen[h.Control.Key] || h.Why == "" || h.Score <= 0 || i > 0 && h.Score > hits[i-1].Score || !utf8.ValidString(h.Why) {
			t.Fatalf("Search(%q): hit %d is %+v", query, i, h)
		}
		seen[h.Control.Key] = true
	}
	if all := c.Search(query, 0); limit > 0 && len(hits) < min(limit, len(all)) {
		t.Fatalf("Search(%q, %d) gives %d of %d hits", query, limit, len(hits), len(all))
	}
	_ = c.Remarks(query)
}

func TestTypos(t *testing.T) {
	for _, row := range []struct {
		a, b string
		want int
	}{{"backup", "backup", 0}, {"bakcup", "backup", 1}, {"backp", "backup", 1}, {"bckup", "backups", 2}, {"", "ab", 2}, {"abcdef", "uvwxyz", 3}} {
		if got := typos(row.a, row.b, 2); got != row.want {
			t.Errorf("typos(%q, %q) = %d, want %d", row.a, row.b, got, row.want)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		word := rapid.StringMatching(`[a-d]{0,8}`)
		a, b := word.Draw(t, "a"), word.Draw(t, "b")
		if x, y := typos(a, b, 2), typos(b, a, 2); x != y || (x == 0) != (a == b) {
			t.Fatalf("typos(%q, %q) = %d, the other way %d", a, b, x, y)
		}
	})
}

func TestStem_MeetsWordsOfOneKind(t *testing.T) {
	for _, kin := range [][]string{{"delete", "deleted", "deleting", "deletion", "deletes"}, {"log", "logs", "logging", "logged"}, {"policy", "policies"}, {"encrypt", "encrypted", "encryption"}, {"synchronise", "synchronized"}, {"label", "labelling", "labeling", "labels"}, {"process", "processes"}} {
		for _, w := range kin[1:] {
			if stem(w) != stem(kin[0]) {
				t.Errorf("%s becomes %q, %s becomes %q", kin[0], stem(kin[0]), w, stem(w))
			}
		}
	}
}

func BenchmarkSearch(b *testing.B) {
	c := load(b)
	c.Search("warm", 1)
	for b.Loop() {
		c.Search("5.1.1 shared responsability", 5)
	}
}

func BenchmarkFirstSearch(b *testing.B) {
	for b.Loop() {
		load(b).Search("data deletion", 5)
	}
}
