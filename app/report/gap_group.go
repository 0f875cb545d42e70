// SPDX-License-Identifier: Apache-2.0

package report

import (
	"cmp"
	"slices"
	"strings"

	"demarc.dev/demarc/assess"
	"demarc.dev/demarc/document"
)

// alike is answers of one service with one status for one reason: hundreds of
// duties say the same, and a reader wants to read it once.
type alike struct {
	kind    assess.ReasonKind
	status  assess.Status
	service string
	ours    bool
	why     string
	duties  []string
}

// gatherAlike gathers the answers of the statuses, own duties first, then the
// largest group.
func (b *book) gatherAlike(statuses ...assess.Status) []alike {
	var out []alike
	at := map[alikeKey]int{}
	for _, a := range b.a.Answers {
		if !slices.Contains(statuses, a.Status) {
			continue
		}
		kind, why := telling(a)
		key := alikeKey{kind, a.Status, a.Service, a.Ours, why}
		i, ok := at[key]
		if !ok {
			i = len(out)
			at[key] = i
			out = append(out, alike{kind: kind, status: a.Status, service: a.Service, ours: a.Ours, why: why})
		}
		out[i].duties = append(out[i].duties, a.Duty)
	}
	slices.SortStableFunc(out, func(x, y alike) int {
		if x.ours != y.ours {
			return map[bool]int{true: -1, false: 1}[x.ours]
		}
		return cmp.Compare(len(y.duties), len(x.duties))
	})
	return out
}

type alikeKey struct {
	kind    assess.ReasonKind
	status  assess.Status
	service string
	ours    bool
	why     string
}

// telling gives the first reason that the status of an answer rests on. The
// checks that were never run are told as one: their names say nothing here.
func telling(a assess.Answer) (assess.ReasonKind, string) {
	i := slices.IndexFunc(a.Reasons, func(r assess.Reason) bool { return r.Bears == a.Status && r.Says != "" })
	if i < 0 {
		return "", bare(or(a.Summary, "No reason was given."))
	}
	r := a.Reasons[i]
	if _, rest, ok := strings.Cut(r.Says, "” "); ok && r.Kind == assess.ReasonNeverRun {
		return r.Kind, "A check bears on it and " + rest
	}
	return r.Kind, r.Says
}

// ignorance is a class of reasons for which something is unknown, and what
// ends it.
type ignorance struct {
	kinds []assess.ReasonKind
	title string
	do    string
}

func ignorances() []ignorance {
	return []ignorance{
		{[]assess.ReasonKind{assess.ReasonNoAttestation, assess.ReasonNoTest}, "Nobody has answered", "Only a person can tell: answer with an attestation and its evidence."},
		{[]assess.ReasonKind{assess.ReasonExpired, assess.ReasonNotYet, assess.ReasonAttestedBare}, "An answer does not hold", "It has expired, is not yet in force, or names no evidence: attest anew."},
		{[]assess.ReasonKind{assess.ReasonUnread, assess.ReasonScopeUnread, assess.ReasonNotCollected, assess.ReasonStale}, "Facts were not read", "Give the reading credentials the right that is missing, and collect again."},
		{[]assess.ReasonKind{assess.ReasonNeverRun, assess.ReasonNothing, assess.ReasonPartPass, assess.ReasonForeignPass}, "No check could answer", "Collect the accounts of the service, or attest."},
		{[]assess.ReasonKind{assess.ReasonNoBasis}, "The other party is relied on without a basis", "Ask for a contract or a statement that says that it performs the duty."},
		{[]assess.ReasonKind{assess.ReasonNoAssurance}, "The other party is relied on without evidence", "Ask it for a certificate, a report or a record, and name it in the matrix."},
		{nil, "For another reason", "The reason says what is missing."},
	}
}

// ignoranceOf gives the class of a kind of reason: the last when none names it.
func ignoranceOf(kind assess.ReasonKind) int {
	all := ignorances()
	for i, c := range all {
		if slices.Contains(c.kinds, kind) {
			return i
		}
	}
	return len(all) - 1
}

// notKnown is every unknown answer, by the reason why nobody can tell.
func (b *book) notKnown() []document.Block {
	out := []document.Block{heading(1, "What is not known, and why", "unknown")}
	groups := b.gatherAlike(assess.Unknown)
	n := b.a.Readiness.All.Unknown
	if len(groups) == 0 {
		return append(out, text("Nothing is unknown: every duty has an answer."))
	}
	out = append(out, lead("%s unknown, of both sides. Those with one reason stand together, own duties first; [the annex](#duties) says what each duty asks.", count(n, "answer is", "answers are")))
	t := alikeTable()
	for i, class := range ignorances() {
		of := slices.DeleteFunc(slices.Clone(groups), func(g alike) bool { return ignoranceOf(g.kind) != i })
		if len(of) == 0 {
			continue
		}
		total := 0
		for _, g := range of {
			total += len(g.duties)
		}
		t.Rows = append(t.Rows, document.Row{Group: class.title + ": " + thousands(total), Detail: class.do})
		for _, g := range of {
			t.Rows = append(t.Rows, b.alikeRow(g))
		}
	}
	return append(out, t)
}

func alikeTable() document.Table {
	return document.Table{Dense: true, Columns: []document.Column{column("Service", 1.4), column("Why", 3.6), numbers("Number", 0.7), column("Which duties", 3.8)}}
}

func (b *book) alikeRow(g alike) document.Row {
	side := "own duties"
	if !g.ours {
		side = "of the other side"
	}
	return row(document.Words(document.Plain(b.service(g.service)), document.Say("*%s*", side)), str(g.why), num(len(g.duties)), document.Words(dutyLinks(g.duties)))
}

// settled is every answer that needs no work, compactly.
func (b *book) settled() []document.Block {
	out := []document.Block{heading(1, "What is met, or does not apply", "settled")}
	t := alikeTable()
	for _, s := range []assess.Status{assess.Satisfied, assess.Inherited, assess.NotApplicable} {
		groups := b.gatherAlike(s)
		if len(groups) == 0 {
			continue
		}
		t.Rows = append(t.Rows, document.Row{Group: statusOf(s).word + ": " + thousands(of(b.a.Readiness.All, s)), Detail: statusOf(s).meaning})
		for _, g := range groups {
			t.Rows = append(t.Rows, b.alikeRow(g))
		}
	}
	if len(t.Rows) == 0 {
		return append(out, text("No duty is shown to be met, and none was stated not to apply."))
	}
	return append(out, t)
}

// unknownWords says in the summary what is not known, and why.
func (b *book) unknownWords() []document.Block {
	var words []string
	counts := make([]int, len(ignorances()))
	total := 0
	for _, a := range b.a.Answers {
		if a.Status == assess.Unknown && a.Ours {
			kind, _ := telling(a)
			counts[ignoranceOf(kind)]++
			total++
		}
	}
	for i, class := range ignorances() {
		if counts[i] > 0 {
			words = append(words, lower(class.title)+" ("+thousands(counts[i])+")")
		}
	}
	var say document.Text
	if total > 0 {
		say = document.Say("%s unknown: %s. [All that is unknown](#unknown).", count(total, "own duty is", "own duties are"), and(words))
	}
	lost := int64(0)
	for _, s := range b.a.Snapshots {
		lost += s.Lost
	}
	if len(b.a.Unread) > 0 || lost > 0 {
		if len(say) > 0 {
			say = append(say, document.Span{Text: " "})
		}
		unread := count(len(b.a.Unread), "part", "parts") + " of the cloud accounts could not be read"
		if lost > 0 {
			unread += ", and " + count(int(lost), "call", "calls") + " got no answer"
		}
		say = append(say, document.Say("[%s](#unread).", unread)...)
	}
	if len(say) == 0 {
		return nil
	}
	return []document.Block{document.Paragraph{Text: append(document.Strong("What is not known, and why. "), say...)}}
}

func lower(s string) string {
	if s == "" {
		return s
	}
	return strings.ToLower(s[:1]) + s[1:]
}
