// SPDX-License-Identifier: Apache-2.0

package app

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"demarc.dev/demarc/check"
	"demarc.dev/demarc/cloud"
)

// manyFindings makes n findings of every sort.
func manyFindings(n int) []check.Finding {
	at := time.Date(2026, 11, 25, 9, 0, 0, 0, time.UTC)
	severities := []check.Severity{check.Low, check.Critical, check.Medium, check.High}
	out := make([]check.Finding, n)
	for i := range out {
		f := &out[i]
		*f = check.Finding{Check: fmt.Sprintf("check-%03d", i%126), Resource: fmt.Sprintf("arn:aws:s3:::Store-%07d", i/126), Name: fmt.Sprintf("Store-%07d", i/126), Kind: cloud.Kind([]string{"object-store", "disk", "key"}[i/126%3]), Native: "s3.bucket", Provider: "aws", Source: "live",
			Account: fmt.Sprintf("%012d", i/126%20), Region: []string{"eu-west-1", "", "eu-central-1"}[i/126%3], Outcome: Outcomes()[i%5], Severity: severities[i%4], Exposed: i%7 == 0, Message: fmt.Sprintf("object store %d is\nopen (Public is true) für alle", i), Fields: []string{"public"}}
		f.Seen.At, f.Seen.Call = at.Add(time.Duration(i%1000)*time.Second), "s3:GetBucketPolicy"
		f.Fingerprint = check.Fingerprint(f.Check, f.Resource)
	}
	return out
}

func linesOf(t testing.TB, findings []check.Finding) []byte {
	t.Helper()
	var b bytes.Buffer
	out := json.NewEncoder(&b)
	out.SetEscapeHTML(false)
	for _, f := range findings {
		if err := out.Encode(f); err != nil {
			t.Fatal(err)
		}
	}
	return b.Bytes()
}

func indexOf(t testing.TB, findings []check.Finding) *findingIndex {
	t.Helper()
	asked := []askedCheck{{id: "check-004", title: "Four", controls: []string{"backup", "keys"}}, {id: "check-005", title: "Five", controls: []string{"backup"}}}
	x, err := newFindingIndex(t.Context(), bytes.NewReader(linesOf(t, findings)), asked)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { x.close() })
	return x
}

// everywhere is the span of one who may look at every account.
var everywhere = span{in: func(string) bool { return true }, of: func(account string) []string {
	if account == "000000000007" {
		return []string{"aws", "ledger"}
	}
	return nil
}}

// holdsAll looks at one finding as a filter says, without an index.
func holdsAll(f FindingFilter, v *check.Finding) bool {
	in := func(want, is string) bool { return want == "" || want == is }
	text := false
	for _, s := range []string{v.Name, v.Resource, v.Native, v.Tenant, v.Message, v.Check, v.Account, v.Region, string(v.Kind)} {
		text = text || strings.Contains(strings.ToLower(strings.ReplaceAll(s, "\n", " ")), f.Text)
	}
	control := f.Control == "" || v.Check == "check-004" && (f.Control == "backup" || f.Control == "keys") || v.Check == "check-005" && f.Control == "backup"
	return in(f.Outcome, string(v.Outcome)) && in(f.Severity, string(v.Severity)) && in(f.Check, v.Check) && in(f.Account, v.Account) && in(f.Region, v.Region) && in(f.Kind, string(v.Kind)) && text && control
}

// TestFindingIndex holds every view of the index against the filter itself,
// which looks at one finding at a time: no page skips or repeats one, forwards
// as backwards, and every group counts what it says.
func TestFindingIndex(t *testing.T) {
	findings := manyFindings(3000)
	x := indexOf(t, findings)
	run := Run{ID: "r7"}
	for _, f := range []FindingFilter{{}, {Outcome: "fail"}, {Severity: "low", Outcome: "unknown"}, {Check: "check-004"}, {Account: "000000000007"}, {Text: "store-0000003"}, {Text: "open (public"}, {Text: "für"}, {Text: "check-01"}, {Text: "7"}, {Text: "disk", Outcome: "fail"},
		{Text: "nowhere"}, {Check: "no-such"}, {Outcome: "no-such"}, {Control: "backup"}, {Control: "keys", Text: "s3.bucket"}, {Region: "eu-west-1", Kind: "object-store"}, {Kind: "key"}} {
		var want []string
		for i := range findings {
			if holdsAll(f, &findings[i]) {
				want = append(want, findings[i].Fingerprint)
			}
		}
		slices.Sort(want)
		s, err := x.saying(f.Text)
		if err != nil {
			t.Fatal(err)
		}
		ok := x.matching(f, everywhere)
		for _, sort := range append(FindingSorts(), "") {
			v := x.sight(s, ok, sort)
			forth, back := pages(t, v, run, 37, false), pages(t, v, run, 37, true)
			if !slices.Equal(forth, back) {
				t.Fatalf("%+v by %q: forwards are other findings than backwards", f, sort)
			}
			ordered(t, x, forth, sort)
			var got []string
			for _, place := range forth {
				got = append(got, findings[place].Fingerprint)
			}
			if slices.Sort(got); !slices.Equal(got, want) || v.found() != len(want) {
				t.Fatalf("%+v by %q: %d findings, %d counted, want %d", f, sort, len(got), v.found(), len(want))
			}
		}
		for _, by := range FindingGroupings() {
			sum := 0
			for _, g := range x.groups(s, ok, by, everywhere) {
				n := 0
				for _, m := range g.Outcomes {
					n += m
				}
				if n != g.Found {
					t.Fatalf("%+v by %s: %+v", f, by, g)
				}
				sum += n
			}
			if sum < len(want) || sum > len(want) && by != GroupControl && by != GroupService {
				t.Fatalf("%+v by %s: the groups hold %d of %d", f, by, sum, len(want))
			}
		}
	}
}

// pages goes through a view page by page and gives all its places in order.
func pages(t *testing.T, v sight, run Run, most int, backwards bool) (all []int32) {
	t.Helper()
	if !backwards {
		for at := 0; ; {
			places, _, after := v.take(v.before(at), most)
			if all = append(all, places...); len(places) < most {
				return all
			}
			at = after
		}
	}
	for end := v.found(); end > 0; {
		from := max(0, end-most)
		places, first, _ := v.take(from, end-from)
		if len(places) != end-from {
			t.Fatalf("%d places before %d, want %d", len(places), end, end-from)
		}
		all = append(slices.Clone(places), all...)
		end = v.before(first)
	}
	return all
}

func ordered(t *testing.T, x *findingIndex, places []int32, sort string) {
	t.Helper()
	read := x.lines.reader()
	var before check.Finding
	for i, place := range places {
		f, err := read.read(place)
		if err != nil {
			t.Fatal(err)
		}
		worse := i > 0 && map[string]bool{
			"":         slices.Index(Outcomes(), before.Outcome) > slices.Index(Outcomes(), f.Outcome),
			ByCheck:    before.Check > f.Check,
			BySeverity: Rank(before.Severity) < Rank(f.Severity),
			ByAccount:  before.Account > f.Account,
			ByResource: strings.ToLower(before.Name) > strings.ToLower(f.Name),
			BySeen:     before.Seen.At.Before(f.Seen.At),
		}[sort]
		if worse {
			t.Fatalf("by %q: %+v stands before %+v", sort, before, f)
		}
		before = f
	}
}

func TestFindingIndex_Finds(t *testing.T) {
	for _, n := range []int{0, 1, 500} {
		findings := manyFindings(n)
		x := indexOf(t, findings)
		for i := range findings {
			place, ok := x.find(printOf(findings[i].Fingerprint))
			f, err := x.lines.reader().read(place)
			if !ok || err != nil || f.Message != findings[i].Message || int(place) != i {
				t.Fatalf("%d: %v %v %+v", i, ok, err, f)
			}
		}
		for _, no := range []string{"", "x", strings.Repeat("0", 32), strings.Repeat("f", 64)} {
			if _, ok := x.find(printOf(no)); ok {
				t.Errorf("found %q", no)
			}
		}
	}
}

func TestFindingIndex_Refuses(t *testing.T) {
	for name, text := range map[string]string{"NoJSON": "{\"check\":\n", "Array": "[]\n", "Outcome": `{"outcome":"fine"}` + "\n", "Two": `{"outcome":"pass"}{"outcome":"pass"}` + "\n"} {
		if _, err := newFindingIndex(t.Context(), strings.NewReader(text), nil); err == nil {
			t.Errorf("%s: an index was made", name)
		}
	}
	long := check.Finding{Check: "c", Outcome: check.Fail, Message: strings.Repeat("long ", 200_000), Resource: "arn:x"}
	x := indexOf(t, []check.Finding{long, {Check: "c", Outcome: check.Pass, Resource: "arn:y"}})
	if s, err := x.saying("long long"); err != nil || len(s.places) != 1 {
		t.Errorf("a long finding is not found: %v", err)
	}
}

func BenchmarkFindingIndex(b *testing.B) {
	data := linesOf(b, manyFindings(1_000_000))
	var x *findingIndex
	b.Run("make", func(b *testing.B) {
		for b.Loop() {
			var err error
			if x, err = newFindingIndex(b.Context(), bytes.NewReader(data), nil); err != nil {
				b.Fatal(err)
			}
		}
	})
	for name, ask := range map[string]FindingAsk{"all": {}, "fail": {FindingFilter: FindingFilter{Outcome: "fail"}}, "seen": {Sort: BySeen, FindingFilter: FindingFilter{Account: "000000000007"}}, "text": {FindingFilter: FindingFilter{Text: "store-0000777"}}, "wide": {FindingFilter: FindingFilter{Text: "open"}}} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				x.told = nil
				s, err := x.saying(ask.Text)
				if err != nil {
					b.Fatal(err)
				}
				v := x.sight(s, x.matching(ask.FindingFilter, everywhere), ask.Sort)
				places, _, _ := v.take(0, 50)
				read := x.lines.reader()
				for _, place := range places {
					if _, err := read.read(place); err != nil {
						b.Fatal(err)
					}
				}
			}
		})
	}
}
