// SPDX-License-Identifier: Apache-2.0

package web

import (
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"demarc.dev/demarc/account"
	"demarc.dev/demarc/app"
	"demarc.dev/demarc/app/report"
	"demarc.dev/demarc/policy"
	"demarc.dev/demarc/problem"
	"demarc.dev/demarc/scope"
)

// policiesView is what the list of policies shows.
type policiesView struct {
	*app.Policies
	Scope *scope.Scope
	Edit  bool
	Own   policy.Policy // that was refused
	Fault string
}

// Waiting gives the policies that wait for the caller to acknowledge them.
func (q policiesView) Waiting() []app.PolicyLine {
	return slices.DeleteFunc(slices.Clone(q.Rows), func(l app.PolicyLine) bool { return !l.Waits })
}

// In counts the policies in some state.
func (q policiesView) In(states ...policy.State) int {
	n := 0
	for _, l := range q.Rows {
		if slices.Contains(states, l.State) {
			n++
		}
	}
	return n
}

// Fillable tells whether some text that is being written leaves something open.
func (q policiesView) Fillable() bool {
	return q.Unsaid < q.Facts && slices.ContainsFunc(q.Rows, func(l app.PolicyLine) bool { return l.State == policy.Draft && len(l.Open) > 0 })
}

func (s *Server) policies(v *visit) error {
	view, err := s.policiesView(v)
	if err != nil {
		return err
	}
	return s.show(v, policiesHead(view), policiesPage(view))
}

func (s *Server) policiesView(v *visit) (policiesView, error) {
	view := policiesView{Edit: v.may(account.EditPolicy, s.o.Now()), Own: policy.Policy{Every: 12, Quorum: 1}}
	var err error
	if view.Policies, err = s.o.App.Policies(v, v.Caller); err != nil {
		return view, err
	}
	view.Scope, err = s.scopeOrNone(v)
	return view, err
}

func policiesHead(view policiesView) page {
	next := "Nothing waits. A policy comes back on its day of review, or when a fact that it says changes."
	switch {
	case len(view.Waiting()) > 0:
		next = "Read what concerns you, and acknowledge it."
	case !view.Edit && len(view.Rows) == 0:
		next = "Wait until a policy is published."
	case !view.Edit:
		next = "Open one to read it."
	case view.Scope.Organisation.ID == "":
		next = "Write the scope first: the templates are filled with what it says."
	case len(view.Rows) == 0:
		next = "Draft the policies from the templates; then say the facts that they ask for."
	case view.Unsaid > 0 && view.In(policy.Draft) > 0:
		next = "Say the " + plural(view.Unsaid, "fact", "facts") + " that the texts leave open, then fill them in."
	case view.In(policy.Draft, policy.InReview, policy.Approved, policy.UnderReview) > 0:
		next = "Bring each draft to its approval, and publish it."
	}
	return page{Title: "Policies", Section: "/policy",
		What: "The rules of the firm for cloud services: " + plural(len(view.Rows), "policy", "policies") + ", each with its text, its approval, its day of review, and who has read it.",
		Why:  "A policy for cloud, with topics below it, is approved, published, told to those concerned, and reviewed (ISO/IEC 27001, 5.2).",
		Next: next}
}

// draftPolicies makes policies of the templates that were chosen.
func (s *Server) draftPolicies(v *visit) error {
	if err := v.r.ParseForm(); err != nil {
		return problem.New(problem.Usage, "The form could not be read", "Send the form of the page.")
	}
	chosen := v.r.PostForm["template"]
	if len(chosen) == 0 {
		return s.policiesRefused(v, policy.Policy{Every: 12, Quorum: 1}, "template: choose at least one")
	}
	_, err := s.o.App.DraftPolicies(v, v.Caller, chosen, v.r.PostForm.Get("owner"))
	return s.settled(v, err, "/policy", func(fault string) error {
		return s.policiesRefused(v, policy.Policy{Every: 12, Quorum: 1}, fault)
	})
}

// fillPolicies takes the facts of today into every text that is being written.
func (s *Server) fillPolicies(v *visit) error {
	if _, err := s.o.App.FillPolicies(v, v.Caller); err != nil {
		return err
	}
	return v.redirect("/policy")
}

// addPolicy begins a policy of the firm's own.
func (s *Server) addPolicy(v *visit) error {
	p := policy.Policy{ID: v.r.PostFormValue("id"), Title: v.r.PostFormValue("title"), Owner: v.r.PostFormValue("owner"), Every: 12, Quorum: 1, Text: v.r.PostFormValue("text")}
	_, err := s.o.App.SetPolicy(v, v.Caller, p, 0)
	return s.settled(v, err, "/policy/"+p.ID, func(fault string) error {
		return s.policiesRefused(v, p, fault)
	})
}

func (s *Server) policiesRefused(v *visit, own policy.Policy, fault string) error {
	view, err := s.policiesView(v)
	if err != nil {
		return err
	}
	view.Own, view.Fault = own, fault
	return s.typed(v, policiesHead(view), policiesPage(view))
}

// policyView is what the page of one policy shows.
type policyView struct {
	*app.PolicyView
	Number      int // of the version whose text is shown; 0: the one that is being worked on
	Shown       string
	Scope       *scope.Scope
	Controls    map[string]string // keys of the controls of the duties
	Edit        bool
	Approve     bool
	Acknowledge bool // the caller may, and what is shown is in force
	Issue       bool
	Mine        bool // the caller approved the text as it stands
	Fault       string
	Why         string // typed
}

// Changed tells whether the text that is being worked on is another than the one
// in force.
func (q policyView) Changed() bool {
	i := q.Policy.InForce()
	return i == nil || i.Digest != q.Digest
}

func (s *Server) policy(v *visit) error {
	view, err := s.policyView(v)
	if err != nil {
		return err
	}
	return s.show(v, policyHead(view), policyPage(view))
}

func (s *Server) policyView(v *visit) (policyView, error) {
	now := s.o.Now()
	id := v.r.PathValue("policy")
	view := policyView{Edit: v.may(account.EditPolicy, now), Approve: v.may(account.ApprovePolicy, now), Issue: v.may(account.IssueReport, now)}
	var err error
	if view.PolicyView, err = s.o.App.Policy(v, v.Caller, id); err != nil {
		return view, err
	}
	i := view.Policy.InForce()
	if i != nil && !(view.Submitted != nil && view.Approve) {
		view.Number = i.Number
	}
	if w := v.get("version"); w != "" {
		view.Number = digit(w)
	}
	if view.Shown, err = s.o.App.PolicyText(v, v.Caller, id, view.Number); err != nil {
		return view, err
	}
	view.Acknowledge = view.Waits && i != nil && i.Number == view.Number && v.may(account.AcknowledgePolicy, now)
	by, err := s.o.App.Signer(v, v.Caller)
	if err != nil {
		return view, err
	}
	view.Mine = view.ApprovedBy(by)
	if view.Scope, err = s.scopeOrNone(v); err != nil {
		return view, err
	}
	view.Controls, err = s.controlsOf(policy.Duties(view.Shown))
	return view, err
}

// controlsOf gives the keys of the controls that duties belong to.
func (s *Server) controlsOf(duties []string) (map[string]string, error) {
	cat, err := s.o.App.Catalogue()
	if err != nil {
		return nil, err
	}
	out := map[string]string{}
	for _, d := range duties {
		if c, ok := cat.ControlOf(d); ok {
			out[d] = c.Key
		}
	}
	return out, nil
}

func policyHead(view policyView) page {
	next := "Nothing until its review on " + reviewDay(view) + ", or until a fact that it says changes."
	switch {
	case view.State == policy.RetiredNow:
		next = "Nothing: it holds no more."
	case view.Acknowledge:
		next = "Read it, and acknowledge it below."
	case view.State == policy.Draft && view.Edit && len(view.Open) > 0:
		next = "Answer what the text leaves open, then submit it."
	case view.State == policy.Draft && view.Edit:
		next = "Read it as those will who must keep it, then submit it for approval."
	case view.State == policy.InReview && view.Approve && !view.Mine:
		next = "Read the text, and approve it or change it."
	case view.State == policy.InReview:
		next = "Wait for the others: " + number(view.Approved) + " of " + number(view.Quorum) + " have approved it."
	case view.State == policy.Approved && view.Approve:
		next = "Publish it: everybody concerned is then asked to acknowledge it."
	case view.State == policy.UnderReview && view.Edit:
		next = "Look at why it is to be reviewed, change the text where it must, and submit it."
	case view.Policy.InForce() == nil:
		next = "Wait until it is published."
	}
	what := "A policy that is not in force yet."
	switch i := view.Policy.InForce(); {
	case view.Retired != nil:
		what = "A policy that holds no more: " + view.Retired.Why
	case i != nil:
		what = "A policy in force: version " + number(i.Number) + ", since " + day(i.At) + "."
	}
	why := "Rules are written, approved and known before anybody can be held to them."
	if view.Begun != nil {
		why = view.Begun.For + " ISO/IEC 27001 asks for it in " + strings.Join(view.Begun.Clauses, ", ") + " and " + strings.Join(view.Begun.Annex, ", ") + "."
	}
	return page{Title: view.Title, Section: "/policy", What: what, Why: why, Next: next}
}

func reviewDay(view policyView) string {
	if i := view.Policy.InForce(); i != nil {
		return day(i.Review)
	}
	return "its day"
}

// stepPolicy does one step of a policy's life, with what was looked at; what is
// refused shows the page again.
func (s *Server) stepPolicy(do func(v *visit, id string) error) handler {
	return func(v *visit) error {
		id := v.r.PathValue("policy")
		err := do(v, id)
		if fault, ok := mendable(err); ok {
			view, err := s.policyView(v)
			if err != nil {
				return err
			}
			view.Fault, view.Why = fault, v.r.PostFormValue("why")
			return s.typed(v, policyHead(view), policyPage(view))
		}
		if err != nil {
			return err
		}
		return v.redirect("/policy/" + id)
	}
}

// seenIn is the version of the record that the form was made for.
func seenIn(v *visit) int { return digit(v.r.PostFormValue("seen")) }

func (s *Server) fillPolicy() handler {
	return s.stepPolicy(func(v *visit, id string) error {
		_, err := s.o.App.FillPolicy(v, v.Caller, id, seenIn(v))
		return err
	})
}

func (s *Server) submitPolicy() handler {
	return s.stepPolicy(func(v *visit, id string) error {
		_, err := s.o.App.SubmitPolicy(v, v.Caller, id, seenIn(v))
		return err
	})
}

func (s *Server) approvePolicy() handler {
	return s.stepPolicy(func(v *visit, id string) error {
		_, err := s.o.App.ApprovePolicy(v, v.Caller, id, v.r.PostFormValue("digest"))
		return err
	})
}

func (s *Server) publishPolicy() handler {
	return s.stepPolicy(func(v *visit, id string) error {
		_, err := s.o.App.PublishPolicy(v, v.Caller, id, v.r.PostFormValue("digest"))
		return err
	})
}

func (s *Server) acknowledgePolicy() handler {
	return s.stepPolicy(func(v *visit, id string) error {
		_, err := s.o.App.AcknowledgePolicy(v, v.Caller, id, v.r.PostFormValue("digest"))
		return err
	})
}

func (s *Server) retirePolicy() handler {
	return s.stepPolicy(func(v *visit, id string) error {
		_, err := s.o.App.RetirePolicy(v, v.Caller, id, seenIn(v), plainLines(v.r.PostFormValue("why")))
		return err
	})
}

// policyPaper writes a version of a policy as a file.
func (s *Server) policyPaper(v *visit) error {
	id := v.r.PathValue("policy")
	if _, err := s.o.App.Policy(v, v.Caller, id); err != nil {
		return err // the name of the file holds it
	}
	return s.issuePaper(v, "is no policy", app.PolicyFormats(), v.Org+"-policy-"+id, func(format string, w io.Writer) error {
		return s.o.App.PolicyPaper(v, v.Caller, id, digit(v.r.PostFormValue("version")), format, report.Paper{}, w)
	})
}

// importPolicy takes the text from an edited file.
func (s *Server) importPolicy(v *visit) error {
	u, err := v.receive(app.PolicyFile, func([]byte) error { return nil })
	if err != nil {
		return err
	}
	defer u.Close()
	data, err := io.ReadAll(u)
	if err != nil {
		return err
	}
	return s.stepPolicy(func(v *visit, id string) error {
		_, err := s.o.App.ImportPolicy(v, v.Caller, id, digit(u.Fields.Get("seen")), u.Name, data)
		return err
	})(v)
}

// policyComparison is what the page of two versions shows.
type policyComparison struct {
	*app.PolicyView
	From, To int
	Pieces   []policy.Piece
}

// Differ counts the pieces that only one of both holds.
func (c policyComparison) Differ() int {
	n := 0
	for _, p := range c.Pieces {
		if p.Was != p.Now {
			n++
		}
	}
	return n
}

func (s *Server) comparePolicy(v *visit) error {
	id := v.r.PathValue("policy")
	c := policyComparison{From: digit(v.get("from")), To: digit(v.get("to"))}
	var err error
	if c.PolicyView, err = s.o.App.Policy(v, v.Caller, id); err != nil {
		return err
	}
	if c.Pieces, err = s.o.App.PolicyDiff(v, v.Caller, id, c.From, c.To); err != nil {
		return err
	}
	return s.show(v, page{Title: c.Title + ": what changed", Section: "/policy",
		What: "Two texts of the policy beside each other: " + versionWord(c.From) + " and " + versionWord(c.To) + ".",
		Why:  "Changes of a document are told apart, so that who approves and who reads sees them (ISO/IEC 27001, 7.5.3).",
		Next: "Read what differs; then approve the text, or change it."}, comparePage(c))
}

func versionWord(n int) string {
	if n == 0 {
		return "the text that is being worked on"
	}
	return "version " + strconv.Itoa(n)
}

// policyForm reads the form in which a policy is edited, which may be large.
func policyForm(v *visit) (url.Values, error) {
	body, ok := v.Value(bodyKey{}).(io.ReadCloser)
	if !ok {
		body = v.r.Body
	}
	v.r.Body = http.MaxBytesReader(v.w, body, 3*policy.MaxText+bodyMost) // each letter may be written as three
	if err := v.r.ParseForm(); err != nil {
		return nil, problem.New(problem.Invalid, "The text is too large", "Part it into two policies.")
	}
	return v.r.PostForm, nil
}
