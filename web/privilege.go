// SPDX-License-Identifier: Apache-2.0

package web

import (
	"slices"
	"strings"

	"demarc.dev/demarc/app"
	"demarc.dev/demarc/privilege"
	"demarc.dev/demarc/problem"
)

// privilegeMost is how many identities are listed at once: a filter finds the
// others.
const privilegeMost = 250

// privilegeView is what the page of privileges shows.
type privilegeView struct {
	Nothing  string // why there is no answer
	Verdict  string
	Kind     string
	Account  string
	Text     string
	Accounts []option
	Rows     []privilege.Principal
	Found    int
	All      int
	Tally    map[privilege.Verdict]int
	NoFactor int // that are administrators or become one, without a second factor
	Standing int // that are administrators at all times
	Methods  int
	Unread   []string
}

const (
	privilegeWhat = "Which identities are administrators, and which can become one: computed from policies, groups, boundaries, guard-rails, trust and services that act for others, without trying anything."
	privilegeWhy  = "Privileged rights are few, held by named people, lent for a time and strongly authenticated (9.2.3, CLD.12.1.5). No single policy shows who can make himself an administrator."
)

func (s *Server) privilege(v *visit) error {
	p := page{Title: "Privilege", Section: "/privilege", What: privilegeWhat, Why: privilegeWhy,
		Next: "Open who can make himself an administrator: the path names each call and the statement that allows it, and what would stop it. Then lend what stands."}
	r, err := s.o.App.Privilege(v, v.Caller)
	if err != nil && problem.Of(err) == problem.NotFound {
		return s.show(v, p, privilegePage(privilegeView{Nothing: err.Error()}))
	}
	if err != nil {
		return err
	}
	return s.show(v, p, privilegePage(privilegeViewOf(r, v)))
}

func privilegeViewOf(r *app.Privileged, v *visit) privilegeView {
	view := privilegeView{Verdict: v.get("verdict"), Kind: v.get("kind"), Account: v.get("account"), Text: v.get("text"), All: len(r.Principals),
		Tally: map[privilege.Verdict]int{}, Methods: r.Methods, Unread: r.Unread, Accounts: options("all accounts", r.Accounts)}
	for _, p := range r.Principals {
		view.Tally[p.Verdict]++
		strong := p.Verdict == privilege.Administrator || p.Verdict == privilege.Escalates || p.Verdict == privilege.Assumes
		if strong && p.MFA == privilege.No {
			view.NoFactor++
		}
		if p.Verdict == privilege.Administrator && p.Hold == privilege.Standing {
			view.Standing++
		}
		if !view.holds(p) {
			continue
		}
		if view.Found++; len(view.Rows) < privilegeMost {
			view.Rows = append(view.Rows, p)
		}
	}
	return view
}

// holds tells whether an identity is in the view.
func (c privilegeView) holds(p privilege.Principal) bool {
	switch {
	case c.Verdict == "" && p.Verdict == privilege.None, c.Verdict != "" && c.Verdict != "all" && c.Verdict != string(p.Verdict):
		return false
	case c.Kind != "" && c.Kind != p.Kind, c.Account != "" && c.Account != p.Account:
		return false
	}
	return strings.Contains(strings.ToLower(p.ID+" "+p.Name+" "+p.Why), strings.ToLower(c.Text))
}

func powerOptions() []option {
	out := []option{{"", "all who are or can become one"}, {"all", "everybody"}}
	for _, v := range privilege.Verdicts() {
		out = append(out, option{string(v), powerWord(v)})
	}
	return out
}

func identityOptions() []option {
	return options("all kinds", []string{privilege.User, privilege.RoleKind, privilege.Root, privilege.SignIn, privilege.Outside, privilege.Anyone})
}

// powerWord says an answer to people.
func powerWord(v privilege.Verdict) string {
	return map[privilege.Verdict]string{privilege.Administrator: "administrator", privilege.Escalates: "can make itself one", privilege.Assumes: "becomes one by a role",
		privilege.Possible: "possible, under a condition", privilege.Unknown: "unknown", privilege.None: "no path"}[v]
}

// powerClass gives its look: what nobody meant is a failure, what is lent is
// to be looked at.
func powerClass(v privilege.Verdict) string {
	return map[privilege.Verdict]string{privilege.Administrator: "d-overlap", privilege.Escalates: "o-fail", privilege.Assumes: "d-overlap", privilege.Possible: "o-unknown", privilege.Unknown: "o-unknown", privilege.None: "o-pass"}[v]
}

func powerSign(v privilege.Verdict) string {
	return map[privilege.Verdict]string{privilege.Administrator: "★", privilege.Escalates: "✕", privilege.Assumes: "→", privilege.Possible: "?", privilege.Unknown: "?", privilege.None: "✓"}[v]
}

func holdWord(p privilege.Principal) string {
	switch p.Hold {
	case privilege.Standing:
		return "at all times"
	case privilege.Timed:
		return "until " + day(p.Until)
	}
	return "in a session"
}

func factorWord(t privilege.Tri) string {
	return map[privilege.Tri]string{privilege.Yes: "yes", privilege.No: "no", privilege.Maybe: "not known"}[t]
}

func usedWord(p privilege.Principal) string {
	switch {
	case !p.Used:
		return "not known"
	case p.LastUsed.IsZero():
		return "never"
	}
	return day(p.LastUsed)
}

// shortName gives the last part of an id.
func shortName(id string) string {
	if holder, name, ok := strings.Cut(id, "/inline/"); ok {
		return shortName(holder) + "/" + name
	}
	return id[strings.LastIndex(id, "/")+1:]
}

func (s *Server) privilegeIdentity(v *visit) error {
	r, err := s.o.App.Privilege(v, v.Caller)
	if err != nil {
		return err
	}
	i := slices.IndexFunc(r.Principals, func(p privilege.Principal) bool { return p.ID == v.get("id") })
	if i < 0 {
		return problem.New(problem.NotFound, "there is no such identity", "open Privilege and choose one")
	}
	p := r.Principals[i]
	return s.show(v, page{Title: p.Name, Section: "/privilege", What: "Whether the " + p.Kind + " " + p.Name + " is an administrator or can become one, and by which statements.", Why: privilegeWhy,
		Next: "Do what the answer names, collect again, and look here once more."}, privilegeIdentityPage(p))
}
