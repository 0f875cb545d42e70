// SPDX-License-Identifier: Apache-2.0

package web

import (
	"fmt"
	"iter"
	"strings"
	"testing"
	"time"

	"demarc.dev/demarc/check"
)

// many makes n findings of every sort.
func many(n int) iter.Seq2[check.Finding, error] {
	at := time.Date(2026, 11, 25, 9, 0, 0, 0, time.UTC)
	return func(yield func(check.Finding, error) bool) {
		for i := range n {
			f := check.Finding{Check: fmt.Sprintf("check-%03d", i%126), Resource: fmt.Sprintf("arn:aws:s3:::store-%07d", i/126), Name: fmt.Sprintf("store-%07d", i/126), Kind: "object-store", Native: "s3.bucket", Provider: "aws", Source: "live",
				Account: fmt.Sprintf("%012d", i%20), Region: "eu-west-1", Outcome: outcomes()[i%5], Severity: severities()[i%4], Exposed: i%7 == 0, Message: fmt.Sprintf("object store %d is\nopen (public is true)", i), Fields: []string{"public"}}
			f.Seen.At, f.Seen.Call = at.Add(time.Duration(i%1000)*time.Second), "s3:GetBucketPolicy"
			f.Fingerprint = check.Fingerprint(f.Check, f.Resource)
			if !yield(f, nil) {
				return
			}
		}
	}
}

// TestIndex holds every view of the index against the filter itself, which
// looks at one finding at a time.
func TestIndex(t *testing.T) {
	const n = 1000
	x, err := newIndex(many(n))
	if err != nil {
		t.Fatal(err)
	}
	filters := []findingFilter{{}, {Outcome: "fail"}, {Severity: "low", Outcome: "unknown"}, {Check: "check-004"}, {Account: "000000000007"}, {Text: "store-0000003"}, {Text: "open (public"}, {Text: "check"}, {Text: "nowhere"}, {Check: "no-such"}, {Severity: "no-such"}}
	for _, f := range filters {
		want := map[string]bool{}
		for y := range many(n) {
			if f.holds(&y) {
				want[y.Fingerprint] = true
			}
		}
		for _, sort := range []string{"", "check", "resource", "seen", "no-such"} {
			f.Sort = sort
			var before *check.Finding
			shown := 0
			for from := 0; ; from += findingRows {
				rows, found, err := x.page(f, from, findingRows)
				if err != nil || found != len(want) {
					t.Fatalf("%+v: %d found, want %d (%v)", f, found, len(want), err)
				}
				for i := range rows {
					if !want[rows[i].Fingerprint] {
						t.Fatalf("%+v shows %s twice, or though it is not in the view", f, rows[i].Fingerprint)
					}
					if sort == "check" && before != nil && strings.Compare(before.Check, rows[i].Check) > 0 || sort == "seen" && before != nil && before.Seen.At.Before(rows[i].Seen.At) {
						t.Fatalf("%+v: %v stands before %v", f, before, rows[i])
					}
					before = &rows[i]
				}
				shown += len(rows)
				if len(rows) == 0 {
					break
				}
			}
			if shown != len(want) {
				t.Fatalf("%+v: the pages show %d of %d", f, shown, len(want))
			}
		}
	}
	for y := range many(n) {
		if got, ok, err := x.find(y.Fingerprint); err != nil || !ok || got.Message != y.Message {
			t.Fatalf("find %s: %v %v %v", y.Fingerprint, got, ok, err)
		}
	}
	for _, no := range []string{"", "x", strings.Repeat("0", 32), strings.Repeat("f", 64)} {
		if _, ok, err := x.find(no); ok || err != nil {
			t.Errorf("find %q: %v %v", no, ok, err)
		}
	}
}

// BenchmarkIndex tells what a page of a million findings costs.
func BenchmarkIndex(b *testing.B) {
	x, err := newIndex(many(1_000_000))
	if err != nil {
		b.Fatal(err)
	}
	for name, f := range map[string]findingFilter{"all": {}, "fail": {Outcome: "fail"}, "seen": {Sort: "seen", Account: "000000000007"}, "text": {Text: "store-0000777"}} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				if _, _, err := x.page(f, 0, findingRows); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
