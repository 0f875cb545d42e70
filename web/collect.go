// SPDX-License-Identifier: Apache-2.0

package web

import (
	"cmp"
	"slices"
	"strings"

	"demarc.dev/demarc/account"
	"demarc.dev/demarc/app"
	"demarc.dev/demarc/cloud"
	"demarc.dev/demarc/problem"
)

// collectView is what the page of snapshots shows.
type collectView struct {
	Rows    []app.Snapshot // the newest first
	Policy  string
	Take    bool  // the visitor may take one in
	Largest int64 // bytes
}

func (s *Server) collect(v *visit) error {
	all, err := s.o.App.Snapshots(v, v.Caller)
	if err != nil {
		return err
	}
	slices.Reverse(all)
	return s.show(v, page{
		Title: "Collected snapshots", Section: "/collect",
		What: "What was seen of the cloud, and when: one snapshot each time that an account or a plan was read. A snapshot is never changed.",
		Why:  "A finding is worth what it rests on. What could not be read is named, for it is unknown and no pass.",
		Next: "Open one to see what could not be read, and let the collector read it: the smallest policy that it needs stands below.",
	}, collectPage(collectView{all, string(s.o.Policy), v.may(account.TakeSnapshot, s.o.Now()), s.o.Largest}))
}

// snapshotView is what the page of one snapshot shows.
type snapshotView struct {
	app.Snapshot
	Reasons []reasonGroup
}

type reasonGroup struct {
	Reason cloud.Reason
	Gaps   []cloud.ScopeGap
}

func (s *Server) snapshot(v *visit) error {
	all, err := s.o.App.Snapshots(v, v.Caller)
	if err != nil {
		return err
	}
	i := slices.IndexFunc(all, func(x app.Snapshot) bool { return x.ID == v.r.PathValue("snapshot") })
	if i < 0 {
		return problem.New(problem.NotFound, "There is no snapshot "+cut(v.r.PathValue("snapshot"), 20), "Collected snapshots lists them.")
	}
	view := snapshotView{Snapshot: all[i]}
	by := map[cloud.Reason][]cloud.ScopeGap{}
	for _, g := range all[i].Gaps {
		by[g.Reason] = append(by[g.Reason], g)
	}
	for reason, gaps := range by {
		view.Reasons = append(view.Reasons, reasonGroup{reason, gaps})
	}
	slices.SortFunc(view.Reasons, func(x, y reasonGroup) int { return cmp.Compare(x.Reason, y.Reason) })
	next := "Everything that was asked for was read: assess it."
	if len(view.Gaps) > 0 {
		next = "See what could not be read, mend the reason, and collect again."
	}
	return s.show(v, page{
		Title: "Snapshot " + view.ID, Section: "/collect",
		What: plural(int(view.Resources), "resource", "resources") + " that were seen from " + moment(view.Header.Started) + " to " + moment(view.Header.Ended) + ".",
		Why:  "A finding is worth what it rests on. What could not be read is named, for it is unknown and no pass.",
		Next: next,
	}, snapshotPage(view))
}

// accountsOf writes the accounts that were asked for.
func accountsOf(h cloud.Header) string {
	var out []string
	for _, a := range h.Accounts {
		if a.Name == a.ID { // a machine or a cluster of its own
			a.Name = ""
		}
		out = append(out, strings.TrimSpace(a.ID+" "+a.Name))
	}
	return or(strings.Join(out, ", "), "none named")
}

// reasonWord says what a reason means.
func reasonWord(r cloud.Reason) string {
	switch r {
	case cloud.Denied:
		return "the credentials may not ask: add the call to the collector’s policy"
	case cloud.Throttled:
		return "refused for its rate after all attempts: collect again"
	case cloud.NotEnabled:
		return "the service or region is not switched on"
	case cloud.Unsupported:
		return "the endpoint does not know the call"
	case cloud.Timeout:
		return "no answer came in time: collect again"
	case cloud.Unavailable:
		return "the provider or the network failed: collect again"
	case cloud.AfterApply:
		return "a plan does not know the value yet"
	case cloud.NotInSource:
		return "this kind of source never tells it"
	case cloud.Unreadable:
		return "an answer came and could not be understood"
	case cloud.NotCollected:
		return "it was outside what was asked for, or a limit was reached"
	}
	return string(r)
}
