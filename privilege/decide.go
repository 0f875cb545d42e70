// SPDX-License-Identifier: Apache-2.0

package privilege

import (
	"slices"
	"strings"
	"time"

	"demarc.dev/demarc/cloud/iampolicy"
)

// request is one call that a principal would make.
type request struct {
	action   string
	resource string // an ARN, or a pattern of which the caller chooses
	by       *node
	on       *node   // a user or role that it is about
	object   *object // a machine or function that it is about
	policy   *doc    // a policy that it is about
	service  string  // that a role is passed to
	region   string  // tried; "" when none was
	asked    bool    // a condition asked for the region
}

// decision is what policies say of a request.
type decision struct {
	answer iampolicy.Answer
	by     *doc
	st     *iampolicy.Statement
	ifs    []string
	stop   string // what stops a request that an identity's policies allow
	part   string // of the resources that was asked for: where it holds
}

// decide weighs a request by all policies: the identity's must allow it, its
// boundary and each level of guard-rails too, and none may refuse it.
func (w *world) decide(q request) decision { return best(w.each(q, true)) }

// bounds weighs what limits an identity alone, as if its policies allowed it.
func (w *world) bounds(q request) decision { return best(w.each(q, false)) }

// best gives the first sure one, else the first that may be, else the first that
// says what stops it.
func best(all []decision) decision {
	out := decision{answer: iampolicy.No}
	for _, d := range all {
		switch {
		case d.answer == iampolicy.Yes:
			return d
		case better(d, out):
			out = d
		}
	}
	return out
}

// better tells whether one decision that is not sure tells more than another.
func better(d, than decision) bool {
	return than.answer == iampolicy.No && (d.answer == iampolicy.Unknown || than.stop == "")
}

// each gives a decision for every part of the resources that a statement allows.
func (w *world) each(q request, allowed bool) []decision {
	all := w.once(&q, allowed)
	if !q.asked || best(all).answer == iampolicy.Yes {
		return all
	}
	for _, region := range append([]string{"us-east-1"}, w.regions...) {
		q.region = region
		if more := w.once(&q, allowed); best(more).answer == iampolicy.Yes {
			return more
		}
	}
	return all
}

func (w *world) once(q *request, allowed bool) []decision {
	a := w.actions[q.action]
	if allowed && len(q.by.grants[a]) == 0 {
		return nil
	}
	facts := w.facts(q)
	if !allowed {
		return []decision{w.ceilings(q, a, q.resource, decision{answer: iampolicy.Yes}, facts)}
	}
	var all []decision
	for _, g := range q.by.grants[a] {
		parts := g.st.Within(q.resource, facts)
		if len(parts) == 0 {
			continue
		}
		holds := g.st.Holds(facts)
		if holds.Answer == iampolicy.No {
			continue
		}
		for _, part := range parts {
			if q.resource == everything && part.Pattern != everything {
				continue
			}
			one := decision{answer: iampolicy.Yes, by: g.doc, st: g.st}
			one.under(holds)
			if !part.Sure {
				one.unsure("the resources of " + label(g.doc, g.st) + " cannot be told")
			}
			all = append(all, w.ceilings(q, a, part.Pattern, one, facts))
		}
	}
	return all
}

func (d *decision) unsure(why string) {
	d.answer = iampolicy.Unknown
	d.ifs = append(d.ifs, why)
}

// under adds a condition that cannot be decided.
func (d *decision) under(v iampolicy.Verdict) {
	if v.Answer == iampolicy.Unknown {
		d.unsure("the condition " + v.Why + " holds")
	}
}

func (d *decision) no(stop string) decision {
	return decision{answer: iampolicy.No, by: d.by, st: d.st, stop: stop}
}

// ceilings asks whether what limits an identity lets an allowed request through.
func (w *world) ceilings(q *request, a int, pattern string, one decision, facts iampolicy.Facts) decision {
	n := q.by
	if n.unread != "" {
		one.unsure(n.unread)
	}
	if n.boundaryUnread != "" {
		one.unsure(n.boundaryUnread)
	}
	levels := w.accounts[n.account].levels
	if n.bound != nil {
		levels = append([][]*doc{{n.bound}}, levels...)
	}
	for _, level := range levels {
		narrowed, v, why := lets(level, a, pattern, facts)
		switch v {
		case iampolicy.No:
			return one.no(nameOf(n, level[0]) + " does not allow " + q.action + " on " + pattern)
		case iampolicy.Unknown:
			one.unsure(why)
		}
		pattern = narrowed
	}
	one.part = pattern
	for _, d := range n.docs {
		if one = refused(one, d, nameOf(n, d), a, q.action, pattern, facts); one.answer == iampolicy.No {
			return one
		}
	}
	for _, level := range levels {
		for _, d := range level {
			if one = refused(one, d, nameOf(n, d), a, q.action, pattern, facts); one.answer == iampolicy.No {
				return one
			}
		}
	}
	return one
}

// lets asks one level: it gives the part of the pattern that it lets through.
func lets(level []*doc, a int, pattern string, facts iampolicy.Facts) (string, iampolicy.Answer, string) {
	part, answer, why := "", iampolicy.No, ""
	for _, d := range level {
		if d.unread != "" && answer == iampolicy.No {
			part, answer, why = pattern, iampolicy.Unknown, d.what+" "+d.id+", which was not read, allows it"
		}
		for _, s := range d.allow[a] {
			holds := s.Holds(facts)
			if holds.Answer == iampolicy.No {
				continue
			}
			for _, p := range s.Within(pattern, facts) {
				if pattern == everything && p.Pattern != everything {
					continue
				}
				if holds.Answer == iampolicy.Yes && p.Sure {
					return p.Pattern, iampolicy.Yes, ""
				}
				part, answer, why = p.Pattern, iampolicy.Unknown, label(d, s)+" allows it"
			}
		}
	}
	return part, answer, why
}

// refused weighs the refusals of one policy.
func refused(one decision, d *doc, name string, a int, action, pattern string, facts iampolicy.Facts) decision {
	if d.unread != "" {
		one.unsure(name + ", which was not read, does not refuse it")
		return one
	}
	partial := 0
	for _, s := range d.deny[a] {
		holds := s.Holds(facts)
		if holds.Answer == iampolicy.No {
			continue
		}
		misses := s.Misses(pattern, facts)
		if pattern == everything && misses.Answer == iampolicy.Unknown { // all but some is as good as all, some as good as none
			misses.Answer = iampolicy.Yes
			if s.NotResource {
				misses.Answer = iampolicy.No
			}
		}
		switch {
		case misses.Answer == iampolicy.Yes:
			if partial++; partial > 1 && pattern != everything && strings.Contains(pattern, "*") {
				one.unsure(name + " leaves a resource of " + pattern + " free")
			}
		case misses.Answer == iampolicy.No && holds.Answer == iampolicy.Yes:
			return one.no(name + " refuses " + action + " (statement " + strings.TrimPrefix(s.Name(), "statement ") + ")")
		case holds.Answer == iampolicy.Unknown:
			one.unsure("the refusal of " + label(d, s) + " does not apply: " + holds.Why)
		default:
			one.unsure("the refusal of " + label(d, s) + " does not apply")
		}
	}
	return one
}

func nameOf(n *node, d *doc) string {
	if d == n.bound {
		return "the boundary " + short(d.id)
	}
	return "the " + d.what + " " + short(d.id)
}

func label(d *doc, s *iampolicy.Statement) string { return short(d.id) + ", " + s.Name() }

// short gives the last part of an id, with its holder for inline policies.
func short(id string) string {
	if holder, name, ok := strings.Cut(id, "/inline/"); ok {
		return short(holder) + "/" + name
	}
	return id[strings.LastIndexAny(id, "/")+1:]
}

// administers are the policies that a principal would attach to become an
// administrator.
const administers = "arn:aws:iam::aws:policy/AdministratorAccess"

// facts gives what is known of the keys of a request.
func (w *world) facts(q *request) iampolicy.Facts {
	given := func(s string) (string, iampolicy.Known) { return s, iampolicy.Given }
	return func(key string) (string, iampolicy.Known) {
		n := q.by
		switch key {
		case "aws:principalarn":
			if n.kind == groupKind {
				return "", iampolicy.Obscure
			}
			return given(n.id)
		case "aws:principalaccount":
			return given(n.account)
		case "aws:principaltype":
			return given(map[string]string{User: "User", groupKind: "User", Root: "Account"}[n.kind] + map[string]string{RoleKind: "AssumedRole"}[n.kind])
		case "aws:username":
			switch n.kind {
			case User:
				return given(n.name)
			case groupKind:
				return "", iampolicy.Obscure
			}
			return "", iampolicy.Absent
		case "aws:multifactorauthpresent", "aws:multifactorauthage":
			return n.factor(key)
		case "aws:securetransport":
			return given("true")
		case "aws:principalisawsservice", "aws:viaawsservice":
			return given("false")
		case "aws:calledvia", "aws:calledviafirst", "aws:calledvialast":
			return "", iampolicy.Absent
		case "aws:currenttime", "aws:epochtime":
			return given(w.now.Format(time.RFC3339))
		case "sts:rolesessionname", "sts:sourceidentity":
			return "", iampolicy.Free
		case "aws:requestedregion":
			if strings.HasPrefix(q.action, "iam:") {
				return given("us-east-1")
			}
			if q.region != "" {
				return given(q.region)
			}
			q.asked = true
			return "", iampolicy.Obscure
		case "iam:passedtoservice":
			if q.service == "" {
				return "", iampolicy.Absent
			}
			return given(q.service)
		case "iam:policyarn":
			if !strings.HasPrefix(q.action, "iam:Attach") {
				return "", iampolicy.Absent
			}
			return given(administers)
		}
		return q.aboutTarget(key)
	}
}

// factor tells of a second factor. A user who has one signs in with it when it
// helps; who has none can sign in with a key, and then nothing is said of it.
func (n *node) factor(key string) (string, iampolicy.Known) {
	switch {
	case n.kind != User || n.mfa == Maybe:
		return "", iampolicy.Obscure
	case n.mfa == No:
		return "", iampolicy.Absent
	case key == "aws:multifactorauthage":
		return "0", iampolicy.Given
	}
	return "true", iampolicy.Given
}

// aboutTarget gives keys of tags, and of what a request is about.
func (q *request) aboutTarget(key string) (string, iampolicy.Known) {
	if name, ok := strings.CutPrefix(key, "aws:principaltag/"); ok {
		return tagged(q.by.tags, q.by.tagsUnread || q.by.kind == groupKind, name)
	}
	for _, prefix := range []string{"aws:resourcetag/", "iam:resourcetag/", "ec2:resourcetag/", "ssm:resourcetag/"} {
		name, ok := strings.CutPrefix(key, prefix)
		switch {
		case !ok:
		case q.object != nil:
			return tagged(q.object.tags, q.object.tagsUnread, name)
		case q.on != nil && q.on.kind != groupKind:
			return tagged(q.on.tags, q.on.tagsUnread, name)
		}
	}
	switch {
	case key == "aws:resourceaccount" && q.on != nil:
		return q.on.account, iampolicy.Given
	case key == "aws:resourceaccount" && q.object != nil:
		return q.object.account, iampolicy.Given
	case key == "iam:permissionsboundary" && q.on != nil && q.on.boundaryUnread == "":
		if q.on.boundary == "" {
			return "", iampolicy.Absent
		}
		return q.on.boundary, iampolicy.Given
	}
	return "", iampolicy.Obscure
}

func tagged(tags map[string]string, unread bool, name string) (string, iampolicy.Known) {
	if unread {
		return "", iampolicy.Obscure
	}
	for k, v := range tags { // keys of tags are compared without regard to case
		if strings.EqualFold(k, name) {
			return v, iampolicy.Given
		}
	}
	return "", iampolicy.Absent
}

// trusts asks the trust of a role: how it names the principal, or what stops it.
func (w *world) trusts(n, role *node) (named iampolicy.Naming, d decision) {
	q := &request{action: "sts:AssumeRole", resource: role.id, by: n, on: role}
	facts := w.facts(q)
	t := role.trust
	if t == nil || t.unread != "" {
		return iampolicy.ByName, decision{answer: iampolicy.Unknown, by: t, ifs: []string{"the trust of " + role.name + ", which was not read, lets it"}}
	}
	a := w.actions["sts:AssumeRole"]
	best := decision{answer: iampolicy.No}
	for _, s := range t.allow[a] {
		by := s.Names(n.id, n.account)
		holds := s.Holds(facts)
		if by == iampolicy.NotNamed || holds.Answer == iampolicy.No {
			continue
		}
		one := decision{answer: iampolicy.Yes, by: t, st: s}
		one.under(holds)
		if best.answer == iampolicy.No || best.answer == iampolicy.Unknown && one.answer == iampolicy.Yes || one.answer == best.answer && by > named {
			best, named = one, by
		}
	}
	if best.answer == iampolicy.No {
		return named, best
	}
	refusing := append([]*doc{t}, w.accounts[role.account].guards...)
	for _, d := range refusing {
		if d.unread != "" {
			best.unsure("the " + d.what + " " + short(d.id) + ", which was not read, does not refuse it")
			continue
		}
		for _, s := range d.deny[a] {
			holds := s.Holds(facts)
			if s.Names(n.id, n.account) == iampolicy.NotNamed || holds.Answer == iampolicy.No {
				continue
			}
			if misses := s.Misses(role.id, facts); misses.Answer == iampolicy.Yes {
				continue
			} else if holds.Answer == iampolicy.Yes && misses.Answer == iampolicy.No {
				return named, best.no("the " + d.what + " of " + role.name + " refuses it")
			}
			best.unsure("the refusal of " + label(d, s) + " does not apply")
		}
	}
	return named, best
}

// probes are the calls of which an administrator needs one besides all of them:
// with each it can give anybody all rights.
var probes = []string{"iam:AttachRolePolicy", "iam:AttachUserPolicy", "iam:PutRolePolicy", "iam:PutUserPolicy", "iam:CreatePolicyVersion", "iam:UpdateAssumeRolePolicy", "iam:CreateAccessKey"}

// administrator asks whether a principal has all rights; with granted, as if a
// policy of an administrator were given to it.
func (w *world) administrator(n *node, granted bool) decision {
	if n.kind == Root {
		return decision{answer: iampolicy.Yes}
	}
	found := decision{answer: iampolicy.No}
	for _, probe := range probes {
		q := &request{action: probe, resource: "*", by: n}
		if granted {
			if d := w.bounds(*q); d.answer == iampolicy.Yes {
				return d
			} else if better(d, found) {
				found = d
			}
			continue
		}
		facts := w.facts(q)
		for _, g := range n.grants[w.actions[probe]] {
			if !everywhere(g.st, facts) {
				continue
			}
			holds := g.st.Holds(facts)
			if holds.Answer == iampolicy.No {
				continue
			}
			one := decision{answer: iampolicy.Yes, by: g.doc, st: g.st}
			one.under(holds)
			if one = w.ceilings(q, w.actions[probe], everything, one, facts); one.answer == iampolicy.Yes {
				return one
			} else if better(one, found) {
				found = one
			}
		}
	}
	return found
}

// everywhere tells whether a statement is about all of identity management.
func everywhere(s *iampolicy.Statement, facts iampolicy.Facts) bool {
	return s.CoversActions("iam:*") && slices.Contains(s.Within(everything, facts), iampolicy.Part{Pattern: everything, Sure: true})
}

func compact(ifs []string) []string {
	slices.Sort(ifs)
	return slices.Compact(ifs)
}
