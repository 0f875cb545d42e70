// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"demarc.dev/demarc/catalogue"
)

// listing shows the controls of an edition under their themes, by number.
func listing(cat *catalogue.Catalogue, ed catalogue.Edition, party catalogue.Party) string {
	var out strings.Builder
	controls, byKey := controlsOf(cat, ed, party), map[string]catalogue.Control{}
	for _, control := range controls {
		byKey[control.Key] = control
	}
	customer, provider := "cust", "prov"
	switch party {
	case catalogue.Customer:
		provider = ""
	case catalogue.Provider:
		customer = ""
	}
	fmt.Fprintf(&out, "%-12s%-25s%-38s%5s%5s  %s\n", "Number", "Control", "Title", customer, provider, "Proof")
	titles := titlesIn(controls, ed)
	duties := 0
	for _, theme := range cat.Themes(ed) {
		keys := slices.Clone(theme.Controls)
		keys = slices.DeleteFunc(keys, func(key string) bool { return byKey[key].Key == "" })
		if len(keys) == 0 {
			continue
		}
		slices.SortStableFunc(keys, func(a, b string) int { return compareNumbers(mainClause(byKey[a], ed).ID, mainClause(byKey[b], ed).ID) })
		fmt.Fprintf(&out, "\n%s  %s\n", theme.ID, theme.Title)
		for _, key := range keys {
			control := byKey[key]
			duties += len(control.Duties)
			fmt.Fprintf(&out, "%-12s%-25s%-38s%5s%5s  %s\n", clauseIDs(control, ed), key, shorten(titles[key], 36),
				dutyCount(control, catalogue.Customer), dutyCount(control, catalogue.Provider), control.Automation)
		}
	}
	fmt.Fprintf(&out, "\n%d controls, %d duties", len(controls), duties)
	switch party {
	case catalogue.Customer, catalogue.Provider:
		fmt.Fprintf(&out, " of the %s", party)
	}
	fmt.Fprintf(&out, ", edition of %s.\n", ed)
	out.WriteString("cust, prov: duties of the customer and the provider. Proof: the share that settings can prove;\npapers and records prove the rest. More: demarc catalogue show KEY\n")
	return out.String()
}

// titlesIn gives the edition's title of each control; a title that several
// controls share says too little, and they keep their own.
func titlesIn(controls []catalogue.Control, ed catalogue.Edition) map[string]string {
	seen, out := map[string]int{}, map[string]string{}
	for _, control := range controls {
		seen[mainClause(control, ed).Title]++
	}
	for _, control := range controls {
		out[control.Key] = control.Title
		if title := mainClause(control, ed).Title; seen[title] == 1 {
			out[control.Key] = title
		}
	}
	return out
}

// dutyCount gives the number of a party's duties; a dash when there are none.
func dutyCount(control catalogue.Control, party catalogue.Party) string {
	if n := len(control.DutiesOf("", party)); n > 0 {
		return strconv.Itoa(n)
	}
	return "–"
}

// sheet is everything that is known of a control.
func sheet(cat *catalogue.Catalogue, control catalogue.Control) string {
	var out strings.Builder
	fmt.Fprintf(&out, "%s\n%s\n\n%s\n", control.Title, heading(control), wrap(control.Objective, "  "))
	out.WriteString("\nWhere the editions place it\n")
	for _, clause := range control.Clauses {
		out.WriteString(hang(fmt.Sprintf("  %s  %-11s", clause.Edition, clause.ID), clause.Title+" – "+clause.Relation+"."))
		if clause.Note != "" {
			out.WriteString(hang(strings.Repeat(" ", 19), clause.Note))
		}
		if clause.Certainty != "" {
			out.WriteString(hang(strings.Repeat(" ", 19), "Certainty: "+clause.Certainty+"."))
		}
	}
	for _, party := range []catalogue.Party{catalogue.Customer, catalogue.Provider} {
		fmt.Fprintf(&out, "\nDuties of the %s\n", party)
		duties := control.DutiesOf("", party)
		for _, duty := range duties {
			out.WriteString(hang(fmt.Sprintf("  %-15s", duty.ID), strings.TrimSpace(duty.Text+" "+marks(duty))))
		}
		if len(duties) == 0 {
			out.WriteString("  none\n")
		}
	}
	out.WriteString("\n" + wrap("A duty without a mark stands in both editions and restates the standard's guidance in our own words.", "  ") + "\n")
	out.WriteString("\nWho usually operates it\n")
	fmt.Fprintf(&out, "  IaaS %s · PaaS %s · SaaS %s\n", control.Operates[catalogue.IaaS], control.Operates[catalogue.PaaS], control.Operates[catalogue.SaaS])
	if control.Note != "" {
		out.WriteString(wrap(control.Note, "  ") + "\n")
	}
	out.WriteString("\nWhat proves it (settings alone: " + control.Automation + ")\n")
	for _, proof := range proofs(control) {
		for i, item := range proof.items {
			head := ""
			if i == 0 {
				head = proof.title
			}
			out.WriteString(hang(fmt.Sprintf("  %-11s – ", head), item))
		}
	}
	out.WriteString(correspondence(cat, control) + treats(cat, control))
	return out.String()
}

// heading is the one line of a control under its title.
func heading(control catalogue.Control) string {
	return control.Key + " · 2015: " + orNone(clauseIDs(control, catalogue.Edition2015)) + " · 2026: " + orNone(clauseIDs(control, catalogue.Edition2026))
}

type proof struct {
	title string
	items []string
}

func proofs(control catalogue.Control) []proof {
	return []proof{{"documents", control.Documents}, {"records", control.Records}, {"settings", control.States}}
}

// marks says in brackets what is not usual of a duty.
func marks(duty catalogue.Duty) string {
	var out []string
	if len(duty.Editions) == 1 {
		out = append(out, string(duty.Editions[0])+" only")
	}
	switch {
	case duty.Basis2026 != "":
		out = append(out, "in 2026 "+duty.Basis2026)
	case duty.Basis == catalogue.BasisTheme:
		out = append(out, "theme known from secondary sources")
	case duty.Basis != catalogue.BasisGuidance:
		out = append(out, duty.Basis)
	}
	if len(duty.Replaces) > 0 {
		out = append(out, "in place of "+strings.Join(duty.Replaces, ", "))
	}
	if len(out) == 0 {
		return ""
	}
	return "[" + strings.Join(out, "; ") + "]"
}

// correspondence lists what other frameworks ask, one line a framework and
// relation.
func correspondence(cat *catalogue.Catalogue, control catalogue.Control) string {
	var out strings.Builder
	maps := cat.MapsOf(control.Key)
	for _, framework := range cat.Frameworks() {
		var relations []string
		ids := map[string][]string{}
		for _, m := range maps {
			if m.Framework != framework.ID {
				continue
			}
			if ids[m.Relation] == nil {
				relations = append(relations, m.Relation)
			}
			ids[m.Relation] = append(ids[m.Relation], m.ID)
		}
		for _, relation := range relations {
			out.WriteString(hang("  – ", framework.Name+": "+strings.Join(ids[relation], ", ")+" ("+relation+")"))
		}
	}
	if out.Len() == 0 {
		return ""
	}
	return "\nWhat other frameworks ask\n" + out.String()
}

func treats(cat *catalogue.Catalogue, control catalogue.Control) string {
	var out strings.Builder
	for _, t := range cat.ThreatsOf(control.Key) {
		out.WriteString(hang(fmt.Sprintf("  %-7s", t.ID), t.Title))
	}
	if out.Len() == 0 {
		return ""
	}
	return "\nWhich threats it treats\n" + out.String()
}

// found shows what a search found: what is wrong with the words first, the best
// control with its duties and proofs, the others in three lines.
func found(hits []catalogue.Hit, remarks []catalogue.Citation) string {
	var out strings.Builder
	for _, remark := range remarks {
		out.WriteString(hang("! ", remarkLine(remark)) + "\n")
	}
	for i, hit := range hits {
		fmt.Fprintf(&out, "%s\n  %s\n", hit.Control.Title, heading(hit.Control))
		if hit.Note != "" {
			out.WriteString(hang("  ! ", hit.Note))
		} else {
			out.WriteString(hang("  ", "Found: "+hit.Why+"."))
		}
		if i == 0 {
			out.WriteString(brief(hit.Control))
		}
		out.WriteString("\n")
	}
	if len(hits) > 0 {
		fmt.Fprintf(&out, "All of it: demarc catalogue show %s\n", hits[0].Control.Key)
	}
	return out.String()
}

// brief gives the duties of a control, one line each, and what proves them.
func brief(control catalogue.Control) string {
	var out strings.Builder
	for _, party := range []catalogue.Party{catalogue.Customer, catalogue.Provider} {
		for i, duty := range control.DutiesOf("", party) {
			if i == 0 {
				fmt.Fprintf(&out, "\n  Duties of the %s\n", party)
			}
			edition := ""
			if len(duty.Editions) == 1 {
				edition = "[" + string(duty.Editions[0]) + "] "
			}
			out.WriteString(shorten(fmt.Sprintf("    %-15s%s%s", duty.ID, edition, duty.Text), width) + "\n")
		}
	}
	out.WriteString("\n  What proves them\n")
	for _, proof := range proofs(control) {
		if len(proof.items) > 0 {
			out.WriteString(hang(fmt.Sprintf("    %-11s", proof.title), strings.Join(proof.items, "; ")))
		}
	}
	return out.String()
}

// remarkLine says what is true of a saying or a number.
func remarkLine(remark catalogue.Citation) string {
	line := remark.Cited
	if remark.Topic != "" {
		line += ", " + remark.Topic
	}
	return line + ": " + remark.Verdict + ". " + remark.Note
}

// hang writes text behind a head and wraps it under its own first letter.
func hang(head, text string) string {
	indent := strings.Repeat(" ", utf8.RuneCountInString(head))
	return head + strings.TrimPrefix(wrap(text, indent), indent) + "\n"
}

// shorten cuts s to n letters and marks the cut.
func shorten(s string, n int) string {
	letters := []rune(s)
	if len(letters) <= n {
		return s
	}
	return strings.TrimRight(string(letters[:n-1]), " ,;:") + "…"
}

// mainClause gives the clause that places a control in an edition.
func mainClause(control catalogue.Control, ed catalogue.Edition) catalogue.Clause {
	for _, clause := range control.Clauses {
		if clause.Edition == ed {
			return clause
		}
	}
	return catalogue.Clause{ID: control.Key, Title: control.Title}
}

func clauseIDs(control catalogue.Control, ed catalogue.Edition) string {
	var ids []string
	for _, clause := range control.Clauses {
		if clause.Edition == ed && !slices.Contains(ids, clause.ID) {
			ids = append(ids, clause.ID)
		}
	}
	return strings.Join(ids, ", ")
}

// compareNumbers orders 5.2 before 5.10.
func compareNumbers(a, b string) int {
	x, y := strings.Split(a, "."), strings.Split(b, ".")
	return slices.CompareFunc(x, y, func(p, q string) int {
		m, err1 := strconv.Atoi(p)
		n, err2 := strconv.Atoi(q)
		if err1 != nil || err2 != nil {
			return strings.Compare(p, q)
		}
		return m - n
	})
}

func orNone(s string) string {
	if s == "" {
		return "none"
	}
	return s
}
