// SPDX-License-Identifier: Apache-2.0

package web

import (
	"slices"
	"strings"

	"demarc.dev/demarc/account"
	"demarc.dev/demarc/app"
	"demarc.dev/demarc/catalogue"
	"demarc.dev/demarc/policy"
	"demarc.dev/demarc/problem"
	"demarc.dev/demarc/scope"
)

// policyEditView is the form in which a policy is edited.
type policyEditView struct {
	Was      *app.PolicyView
	Form     policy.Policy // as it stands, or as it was typed
	Seen     int           // version of the record that a save is for
	Scope    *scope.Scope
	Controls map[string]string
	Preview  bool
	Fault    string
	Theirs   []policy.Piece // what somebody else made of the text meanwhile, and what was typed
}

func (s *Server) editPolicy(v *visit) error {
	view, err := s.policyEditView(v)
	if err != nil {
		return err
	}
	return s.show(v, policyEditHead(view), policyEditPage(view))
}

func (s *Server) policyEditView(v *visit) (policyEditView, error) {
	p, err := s.o.App.Policy(v, v.Caller, v.r.PathValue("policy"))
	if err != nil {
		return policyEditView{}, err
	}
	view := policyEditView{Was: p, Form: p.Policy, Seen: p.Version}
	view.Scope, err = s.scopeOrNone(v)
	return view, err
}

func policyEditHead(view policyEditView) page {
	next := "Write, look at the preview, and save. What is in force stays in force until the new text is published."
	if n := len(policy.Questions(view.Form.Text)); n > 0 {
		next = "Answer the " + plural(n, "question that the text leaves", "questions that the text leaves") + " open: put words in the place of the brackets, or say the facts once for all policies."
	}
	return page{Title: "Edit: " + view.Was.Title, Section: "/policy",
		What: "The text as Markdown. A block may end with a line “Satisfies:” and the duties that it satisfies.",
		Why:  "What is written is kept current and protected from change by accident (ISO/IEC 27001, 7.5.2 and 7.5.3).",
		Next: next}
}

// savePolicy saves what was typed, or shows how it will look. What is refused
// comes back as typed, and so does what somebody else overtook.
func (s *Server) savePolicy(v *visit) error {
	form, err := policyForm(v)
	if err != nil {
		return err
	}
	view, err := s.policyEditView(v)
	if err != nil {
		return err
	}
	now := view.Was.Policy
	view.Form = policy.Policy{ID: now.ID, Title: form.Get("title"), Owner: form.Get("owner"), Audience: form["audience"], Every: digit(form.Get("every")), Quorum: digit(form.Get("quorum")), Note: plainLines(form.Get("note")), Text: policy.Clean(form.Get("text"))}
	view.Seen = digit(form.Get("seen"))
	if form.Get("then") == "preview" {
		view.Preview = true
		if view.Controls, err = s.controlsOf(policy.Duties(view.Form.Text)); err != nil {
			return err
		}
		return s.show(v, policyEditHead(view), policyEditPage(view))
	}
	saved, err := s.o.App.SetPolicy(v, v.Caller, view.Form, view.Seen)
	fault, ok := mendable(err)
	switch {
	case ok:
		view.Fault = fault
		if problem.Of(err) == problem.Conflict && now.Version != view.Seen {
			view.Theirs, view.Seen = policy.Diff(now.Text, view.Form.Text), now.Version
		}
		return s.typed(v, policyEditHead(view), policyEditPage(view))
	case err != nil:
		return err
	case saved.InForce() != nil:
		return v.redirect("/policy/" + now.ID + "?version=0")
	}
	return v.redirect("/policy/" + now.ID)
}

// factsView is the facts that policies are filled with.
type factsView struct {
	Facts []app.PolicyFact
	Typed policy.Known // what was refused
	Edit  bool
	Fault string
}

// Groups gives the facts by what they are about; those of the scope come first.
func (q factsView) Groups() []string {
	var out []string
	for _, f := range q.Facts {
		if g := groupOf(f.Fact); !slices.Contains(out, g) {
			out = append(out, g)
		}
	}
	return out
}

func groupOf(f policy.Fact) string { return or(f.Group, "Read from the scope") }

// Value gives what stands in the field of a fact.
func (q factsView) Value(f app.PolicyFact) string {
	if v, ok := q.Typed[f.ID]; ok {
		return v
	}
	return f.Value
}

func (s *Server) policyFacts(v *visit) error {
	view, err := s.factsView(v)
	if err != nil {
		return err
	}
	return s.show(v, factsHead(view), factsPage(view))
}

func (s *Server) factsView(v *visit) (factsView, error) {
	view := factsView{Edit: v.may(account.EditPolicy, s.o.Now())}
	var err error
	view.Facts, err = s.o.App.PolicyFacts(v, v.Caller)
	return view, err
}

func factsHead(view factsView) page {
	open := 0
	for _, f := range view.Facts {
		if f.Value == "" {
			open++
		}
	}
	next := "Go back to the policies, and take the facts into their texts."
	if open > 0 {
		next = "Say the " + plural(open, "fact", "facts") + " that nobody said yet. A usual value is only offered: you decide."
	}
	return page{Title: "Facts for policies", Section: "/policy",
		What: "What policies say about the firm, once for all of them: who answers for what, how often, how long.",
		Why:  "A rule without a name and a number binds nobody. What is not known stands as an open question, and a policy with one is not approved.",
		Next: next}
}

// setPolicyFacts takes the facts of the form; with then=usual, the usual value
// for each that is empty.
func (s *Server) setPolicyFacts(v *visit) error {
	view, err := s.factsView(v)
	if err != nil {
		return err
	}
	said := policy.Known{}
	for _, f := range view.Facts {
		if f.Derived {
			continue
		}
		words := strings.TrimSpace(v.r.PostFormValue(f.ID))
		if words == "" && v.r.PostFormValue("then") == "usual" {
			words = f.Usual
		}
		if words != f.Value {
			said[f.ID] = words
		}
	}
	_, err = s.o.App.SetPolicyFacts(v, v.Caller, said)
	return s.settled(v, err, "/policy/fact", func(fault string) error {
		view.Typed, view.Fault = said, fault
		return s.typed(v, factsHead(view), factsPage(view))
	})
}

// coverView is what speaks of each duty.
type coverView struct {
	*app.PolicyCoverage
	Only  string // "", untouched, words
	Shown []policy.Touch
}

func (s *Server) policyCoverage(v *visit) error {
	ed, err := soaEdition(v.get("edition"))
	if err != nil {
		return err
	}
	view := coverView{Only: v.get("only")}
	if view.PolicyCoverage, err = s.o.App.PolicyCoverage(v, v.Caller, ed); err != nil {
		return err
	}
	for _, t := range view.Duties {
		if view.Only == "" || view.Only == "untouched" && t.Untouched() || view.Only == "words" && t.WordsOnly() {
			view.Shown = append(view.Shown, t)
		}
	}
	next := "Nothing: something speaks of every duty, and something looks at it."
	switch {
	case view.Untouched > 0:
		next = "Begin with the duties that nothing speaks of: put them into a policy, or answer for them."
	case view.WordsOnly > 0:
		next = "Look at the duties that stand in a policy only: nobody sees whether they are kept. Answer for them."
	}
	return s.show(v, page{Title: "What speaks of each duty", Section: "/policy",
		What: "For each duty of our side: the policies that promise it, whether a check looks at it, and whether somebody answered for it.",
		Why:  "What is promised must be kept, and what is kept must be shown: a policy alone is no evidence of either (ISO/IEC 27001, 9.1).",
		Next: next}, coverPage(view))
}

func spokenOptions() []option {
	return []option{{"", "all duties"}, {"untouched", "nothing speaks of"}, {"words", "only words"}}
}

func coverEditions() []option {
	return []option{{string(catalogue.Edition2026), "2026"}, {string(catalogue.Edition2015), "2015"}}
}

// policyClass gives the colour of a state.
func policyClass(s policy.State) string {
	return map[policy.State]string{policy.Draft: "s-unknown", policy.InReview: "s-partly", policy.Approved: "s-accepted", policy.Published: "s-satisfied", policy.UnderReview: "s-partly", policy.RetiredNow: "s-not-applicable"}[s]
}

func policySign(s policy.State) string {
	return map[policy.State]string{policy.Draft: "…", policy.InReview: "?", policy.Approved: "◑", policy.Published: "✓", policy.UnderReview: "!", policy.RetiredNow: "–"}[s]
}

func roleOptions() []account.Role {
	return slices.DeleteFunc(account.Roles(), func(r account.Role) bool { return r == account.ExternalAuditor })
}

func audienceSaid(roles []string) string {
	var out []string
	for _, r := range roles {
		out = append(out, strings.ToLower(account.Role(r).Title()))
	}
	return or(strings.Join(out, ", "), "everybody")
}

// concerns tells whether a role is ticked.
func concerns(p policy.Policy, r account.Role) bool { return slices.Contains(p.Audience, string(r)) }

// usualSaid is what stands in an empty field.
func usualSaid(f policy.Fact) string {
	if f.Usual == "" {
		return ""
	}
	return "usual: " + f.Usual
}
