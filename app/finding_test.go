// SPDX-License-Identifier: Apache-2.0

package app_test

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"demarc.dev/demarc/account"
	"demarc.dev/demarc/app"
	"demarc.dev/demarc/check"
	"demarc.dev/demarc/problem"
)

// TestFindings_Views asks the example's findings in the ways that people do.
func TestFindings_Views(t *testing.T) {
	a := estate(t, t.TempDir())
	first := assessed(t, a, larkspur, everything).Run
	run := assessed(t, a, larkspur, everything).Run
	whole := must[[]check.Finding](t)(all(a.Findings(ctx, larkspur, run)))
	fails := slices.DeleteFunc(slices.Clone(whole), func(f check.Finding) bool { return f.Outcome != check.Fail })

	t.Run("PagesForthAndBack", func(t *testing.T) {
		ask := app.FindingAsk{FindingFilter: app.FindingFilter{Outcome: "fail"}, Sort: app.ByResource, Most: 7}
		var forth []string
		for {
			p := must[app.FindingPage](t)(a.FindingPage(ctx, larkspur, run, ask))
			if p.Found != len(fails) || p.First != len(forth) {
				t.Fatalf("%d found, the first is number %d; want %d and %d", p.Found, p.First, len(fails), len(forth))
			}
			for _, f := range p.Findings {
				forth = append(forth, f.Fingerprint)
			}
			if ask.After = p.Later; p.Later == "" {
				ask.Before = p.Earlier
				break
			}
		}
		for n := len(forth) - (len(forth)-1)%7 - 1; ask.Before != ""; n -= 7 {
			p := must[app.FindingPage](t)(a.FindingPage(ctx, larkspur, run, ask))
			if p.First != n-7 || p.Findings[0].Fingerprint != forth[n-7] || len(p.Findings) != 7 {
				t.Fatalf("back from %d: %d from %d", n, len(p.Findings), p.First)
			}
			ask.Before = p.Earlier
		}
		sorted := slices.Compact(slices.Sorted(slices.Values(forth)))
		if len(forth) != len(fails) || len(sorted) != len(forth) {
			t.Errorf("%d on all pages, %d of them different, want %d", len(forth), len(sorted), len(fails))
		}
	})
	t.Run("Controls", func(t *testing.T) {
		groups := must[[]app.FindingGroup](t)(a.FindingGroups(ctx, larkspur, run, app.FindingFilter{}, app.GroupControl))
		if len(groups) < 10 || groups[0].Title == "" {
			t.Fatalf("%d groups: %+v", len(groups), groups[0])
		}
		for _, g := range groups {
			p := must[app.FindingPage](t)(a.FindingPage(ctx, larkspur, run, app.FindingAsk{FindingFilter: app.FindingFilter{Control: g.Key}, Most: 1}))
			if g.Key != "" && p.Found != g.Found {
				t.Errorf("%s: the group has %d, its view %d", g.Key, g.Found, p.Found)
			}
		}
	})
	t.Run("Export", func(t *testing.T) {
		var b bytes.Buffer
		ok(t, a.ExportFindings(ctx, larkspur, run, app.FindingFilter{Outcome: "fail", Text: "LARKSPUR-WWW"}, "csv", &b))
		rows := must[[][]string](t)(csv.NewReader(&b).ReadAll())
		want := 1
		for _, f := range fails {
			if strings.Contains(f.Resource+f.Name+f.Message, "larkspur-www") {
				want++
			}
		}
		if len(rows) != want || want < 3 {
			t.Errorf("%d rows, want %d", len(rows), want)
		}
		wantKind(t, a.ExportFindings(ctx, larkspur, run, app.FindingFilter{}, "doc", &b), problem.Usage)
	})
	t.Run("Bound", func(t *testing.T) {
		until := at.AddDate(0, 1, 0)
		auditor, _, _ := person(t, a, "larkspur", "eve@audit.example", account.Member{Role: account.ExternalAuditor, Services: []string{"mailer"}, Until: &until})
		if p := must[app.FindingPage](t)(a.FindingPage(ctx, auditor, run, app.FindingAsk{Most: 10})); p.Found != 0 {
			t.Errorf("an auditor of a service without accounts sees %d findings", p.Found)
		}
		_, err := a.Finding(ctx, auditor, run, fails[0].Fingerprint)
		wantKind(t, err, problem.NotFound)
		_, err = a.FindingPage(ctx, auditor, run, app.FindingAsk{FindingFilter: app.FindingFilter{Service: "aws"}, Most: 10})
		wantKind(t, err, problem.NotFound)
		if groups := must[[]app.FindingGroup](t)(a.FindingGroups(ctx, auditor, run, app.FindingFilter{}, app.GroupAccount)); len(groups) > 0 {
			t.Errorf("he counts %+v", groups)
		}
	})
	t.Run("Refuses", func(t *testing.T) {
		page := must[app.FindingPage](t)(a.FindingPage(ctx, larkspur, first, app.FindingAsk{Most: 5}))
		for name, ask := range map[string]app.FindingAsk{"NoPage": {}, "TooLarge": {Most: 1 << 20}, "Sort": {Most: 1, Sort: "colour"}, "NoCursor": {Most: 1, After: "x"}, "OtherRun": {Most: 1, After: page.Later}, "Negative": {Most: 1, Before: run.ID + ".-1"}} {
			if _, err := a.FindingPage(ctx, larkspur, run, ask); problem.Of(err) != problem.Usage {
				t.Errorf("%s: %v", name, err)
			}
		}
		_, err := a.FindingGroups(ctx, larkspur, run, app.FindingFilter{}, "colour")
		wantKind(t, err, problem.Usage)
	})
	t.Run("Together", func(t *testing.T) {
		var group sync.WaitGroup
		for i := range 16 {
			group.Go(func() {
				ask := app.FindingAsk{FindingFilter: app.FindingFilter{Text: fmt.Sprint("larkspur", i%4)[:8]}, Sort: []string{"", app.BySeen, app.ByResource, app.ByCheck}[i%4], Most: 50}
				if p, err := a.FindingPage(ctx, larkspur, run, ask); err != nil || p.Found == 0 {
					t.Errorf("%d found, %v", p.Found, err)
				}
			})
		}
		group.Wait()
	})
}
