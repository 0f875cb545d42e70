// SPDX-License-Identifier: Apache-2.0

package agreement

import (
	"cmp"
	"maps"
	"slices"
)

// Role is a party's side of an agreement.
type Role string

// The roles. Nobody is the owner of a duty whose sentence names none.
const (
	Nobody   Role = ""
	Provider Role = "provider"
	Customer Role = "customer"
	Third    Role = "third" // a subcontractor, an auditor, an authority
	Both     Role = "both"  // each party
)

// defaults are the words that name a role in most agreements.
var defaults = map[string]Role{
	"provider": Provider, "supplier": Provider, "vendor": Provider, "processor": Provider, "we": Provider, "us": Provider, "our": Provider,
	"licensor": Provider, "importer": Provider, "csp": Provider,
	"customer": Customer, "customers": Customer, "client": Customer, "you": Customer, "your": Customer, "subscriber": Customer, "user": Customer,
	"users": Customer, "licensee": Customer, "exporter": Customer, "member": Customer, "controller": Customer, "administrator": Customer, "yourself": Customer,
	"subprocessor": Third, "subprocessors": Third, "subcontractor": Third, "subcontractors": Third, "auditor": Third, "auditors": Third,
	"party": Both, "parties": Both,
}

var companyForm = map[string]bool{"inc": true, "llc": true, "ltd": true, "limited": true, "gmbh": true, "corp": true, "corporation": true, "plc": true,
	"sa": true, "sas": true, "sarl": true, "bv": true, "ag": true, "as": true, "oy": true, "ab": true, "entity": true, "srl": true, "spa": true}

// parties maps the words by which an agreement names its parties to their
// roles: its definitions, then the words that stand before its duties.
func parties(toks []token) map[string]Role {
	out := maps.Clone(defaults)
	defined(toks, out)
	subjects(toks, out)
	return out
}

// defined reads `Acme Ltd (“Acme”, “we”)` and `“Acme” means Acme Ltd`.
func defined(toks []token, out map[string]Role) {
	for i := 1; i < len(toks) && i < 6000; i++ {
		t := toks[i]
		if !t.capital || toks[i-1].after != quoteMark && toks[i-1].after != paren || t.after < paren {
			continue
		}
		if _, known := out[t.word]; known || generic[t.word] {
			continue
		}
		switch {
		case near(toks, i-8, i, func(w string) bool { return companyForm[w] }) && !near(toks, i-8, i, func(w string) bool { return out[w] == Customer && w != "user" && w != "users" }):
			out[t.word] = Provider
		case i+1 < len(toks) && (toks[i+1].word == "means" || toks[i+1].word == "refers") && near(toks, i+1, i+9, func(w string) bool { return companyForm[w] }):
			out[t.word] = Provider
		case near(toks, i-4, i+5, func(w string) bool { return w == "we" || w == "us" }):
			out[t.word] = Provider
		}
	}
}

// generic are words that stand before duties and name no party.
var generic = map[string]bool{"agreement": true, "service": true, "services": true, "data": true, "section": true, "this": true, "it": true, "they": true,
	"these": true, "terms": true, "software": true, "products": true, "product": true, "fees": true, "content": true, "order": true, "term": true,
	"information": true, "dpa": true, "sla": true, "affiliate": true, "affiliates": true, "addendum": true, "clause": true, "notice": true, "notices": true,
	"recipient": true, "discloser": true, "law": true, "laws": true, "account": true, "contract": true, "personnel": true, "nothing": true, "website": true,
	"neither": true, "either": true, "each": true, "sccs": true, "credits": true, "credit": true, "accounts": true, "site": true, "support": true, "policy": true,
	"period": true, "date": true, "form": true, "property": true, "materials": true, "documentation": true, "claim": true, "claims": true, "if": true, "and": true}

// subjects finds the name that stands before the most duties: a provider that
// is called by its name alone.
func subjects(toks []token, out map[string]Role) {
	if slices.ContainsFunc(toks[:min(len(toks), 50_000)], func(t token) bool { return t.word == "provider" }) {
		n := count(toks, "provider")
		if n >= 10 {
			return
		}
	}
	counts := map[string]int{}
	for i := range toks {
		t := toks[i]
		if !t.capital || t.possessive || generic[t.word] || i+1 >= len(toks) || !modals[toks[i+1].word] {
			continue
		}
		if _, known := out[t.word]; !known {
			counts[t.word]++
		}
	}
	best := slices.SortedFunc(maps.Keys(counts), func(a, b string) int { return cmp.Or(cmp.Compare(counts[b], counts[a]), cmp.Compare(a, b)) })
	if len(best) > 0 && counts[best[0]] >= 4 {
		out[best[0]] = Provider
	}
}

func count(toks []token, word string) int {
	n := 0
	for i := range toks {
		if toks[i].word == word {
			n++
		}
	}
	return n
}

func near(toks []token, from, to int, is func(string) bool) bool {
	for i := max(0, from); i < min(len(toks), to); i++ {
		if is(toks[i].word) {
			return true
		}
	}
	return false
}

// modality says how firmly a duty is promised.
type modality uint8

const (
	stated  modality = iota // a statement of fact: "Acme encrypts"
	binding                 // shall, will, must
	allowed                 // may
	efforts                 // will use reasonable efforts, aims to, endeavours to
	denied                  // shall not, is not responsible
)

var modals = map[string]bool{"will": true, "shall": true, "must": true, "may": true, "can": true, "should": true, "agrees": true, "agree": true,
	"undertakes": true, "undertake": true, "commits": true, "warrants": true, "acknowledges": true, "represents": true, "has": true, "have": true,
	"is": true, "are": true, "reserves": true, "reserve": true, "hereby": true, "would": true, "does": true, "do": true, "cannot": true, "retains": true, "retain": true}

// between are the words that may stand between a party and its verb.
var between = map[string]bool{"and": true, "or": true, "its": true, "their": true, "affiliates": true, "affiliate": true, "subprocessors": true, "also": true,
	"each": true, "only": true, "further": true, "therefore": true, "always": true, "then": true, "both": true, "all": true, "not": true, "to": true, "never": true}

// segment is a stretch of a sentence with the party whose duty it tells.
type segment struct {
	start    int // token
	owner    Role
	modality modality
}

// segments cuts the tokens of a sentence into duties: each runs from its
// subject to the next one.
func segments(toks []token, roles map[string]Role) []segment {
	var out []segment
	for i := 0; i < len(toks); i++ {
		role, party := roles[toks[i].word]
		if party && !toks[i].possessive && !object(toks, i) {
			if verb, ok := verbAfter(toks, i); ok {
				before, main := out, len(out)
				out = append(out, duty(toks, i, verb, role, roles))
				if end := subordinate(toks, i, verb); end > 0 {
					// "before the Subprocessor processes data, inform": the duty after
					// the comma is that of the sentence around it.
					back := segment{start: end}
					if main > 0 {
						back = before[main-1]
						back.start = end
					}
					out = append(out, back)
				}
				i = verb
				continue
			}
		}
		// Something else than a party will be done: "Customer Data will be deleted".
		if modals[toks[i].word] && i+1 < len(toks) && passive(toks, i) {
			out = append(out, segment{start: max(0, i-4), owner: agent(toks, i, roles), modality: firmness(toks, i)})
		}
	}
	return out
}

var subordinates = map[string]bool{"before": true, "after": true, "when": true, "if": true, "where": true, "which": true, "until": true, "once": true,
	"while": true, "whether": true, "unless": true, "because": true, "whenever": true, "that": true}

// subordinate gives the token at which a clause that begins with the subject at
// i ends, when it is a subordinate one; 0 when it is none.
func subordinate(toks []token, i, verb int) int {
	is := false
	for j := max(0, i-3); j < i; j++ {
		is = is || subordinates[toks[j].word]
	}
	if !is {
		return 0
	}
	for j := verb; j+1 < len(toks); j++ {
		if toks[j].after == comma || toks[j].after >= colon {
			return j + 1
		}
	}
	return 0
}

// object tells that the word at i is no subject: "our", "to Customer".
func object(toks []token, i int) bool {
	switch toks[i].word {
	case "our", "your", "us", "yourself":
		return true
	}
	before := i - 1
	for before > 0 && passed[toks[before].word] && toks[before].after == space {
		before-- // "of each customer"
	}
	if before >= 0 && i > 0 && toks[before].after == space {
		switch toks[before].word {
		case "to", "of", "by", "with", "from", "for", "notify", "inform", "on", "against", "behalf":
			return toks[i].word != "we"
		}
	}
	return false
}

// verbAfter finds the verb of the subject at i.
func verbAfter(toks []token, i int) (int, bool) {
	limit := i + 5
	if toks[i].after == comma || toks[i].after == paren {
		limit = i + 16
	}
	for j := i + 1; j < len(toks) && j <= limit; j++ {
		w := toks[j].word
		switch {
		case modals[w]:
			return j, true
		case between[w] || len(w) > 3 && w[len(w)-2:] == "ly":
		case j == i+1 && verbLike(toks, i, j):
			return j, true
		case toks[i].after != comma && toks[i].after != paren:
			return 0, false
		}
	}
	return 0, false
}

// verbLike tells that the word after a party is its verb in the present tense.
func verbLike(toks []token, i, j int) bool {
	w := toks[j].word
	if toks[i].word == "we" {
		return true
	}
	if toks[i].word == "you" {
		return youVerbs[w]
	}
	return len(w) > 3 && w[len(w)-1] == 's' && w[len(w)-2] != 's' && !toks[j].capital && !nouns[w]
}

var youVerbs = map[string]bool{"own": true, "need": true, "use": true, "grant": true, "give": true, "understand": true, "represent": true, "control": true, "want": true, "cancel": true, "keep": true, "object": true, "terminate": true}

var nouns = map[string]bool{"services": true, "systems": true, "users": true, "products": true, "materials": true, "accounts": true, "employees": true,
	"affiliates": true, "personnels": true, "instructions": true, "claims": true, "sites": true, "rights": true, "fees": true, "obligations": true, "records": true,
	"relationships": true, "customers": true, "clients": true, "responsibilities": true, "data": true, "credentials": true, "networks": true, "premises": true}

// duty makes the segment of a subject and its verb.
func duty(toks []token, subject, verb int, role Role, roles map[string]Role) segment {
	s := segment{start: subject, owner: role, modality: firmness(toks, verb)}
	if role == Customer && (concedes[toks[verb].word] || verb+1 < len(toks) && concedes[toks[verb+1].word]) {
		s.owner = Nobody // "Customer consents to the use of sub-processors"
	}
	if passive(toks, verb) {
		// "Customer will be notified" is the other party's duty.
		switch by := agent(toks, verb, roles); {
		case by != Nobody:
			s.owner = by
		case role == Customer && receives(toks, verb):
			s.owner = Provider
		case role == Provider && receives(toks, verb):
			s.owner = Customer
		}
	}
	return s
}

func passive(toks []token, verb int) bool {
	for j := verb; j < len(toks) && j <= verb+3; j++ {
		switch toks[j].word {
		case "be", "been", "is", "are":
			for k := j + 1; k < len(toks) && k <= j+3; k++ {
				if participle(toks[k].word) {
					return true
				}
			}
		}
	}
	return false
}

func participle(w string) bool {
	switch w {
	case "given", "sent", "made", "held", "kept", "told", "shown":
		return true
	}
	return len(w) > 4 && w[len(w)-2:] == "ed"
}

// receives tells that the subject of a passive verb is the one who gets something.
func receives(toks []token, verb int) bool {
	return near(toks, verb, verb+5, func(w string) bool {
		switch w {
		case "notified", "informed", "given", "provided", "offered", "alerted", "advised", "sent", "granted", "entitled", "contacted":
			return true
		}
		return false
	})
}

// agent gives the party after "by".
func agent(toks []token, verb int, roles map[string]Role) Role {
	for j := verb + 1; j+1 < len(toks) && j < verb+14; j++ {
		if toks[j].word == "by" {
			for k := j + 1; k < len(toks) && k <= j+2; k++ {
				if role, ok := roles[toks[k].word]; ok && !toks[k].possessive {
					return role
				}
			}
		}
	}
	return Nobody
}

// measure are the words after "no" or "not" that make a limit of it: no later
// than, not more often than.
var measure = map[string]bool{"later": true, "more": true, "less": true, "longer": true, "fewer": true, "only": true, "exceeding": true}

// concedes are verbs by which a party takes note of what the other does.
var concedes = map[string]bool{"acknowledges": true, "acknowledge": true, "consents": true, "consent": true, "authorises": true, "authorise": true,
	"accepts": true, "accept": true, "understands": true, "understand": true}

// firmness reads the verb at i and what follows it.
func firmness(toks []token, i int) modality {
	word := func(n int) string {
		if i+n < len(toks) {
			return toks[i+n].word
		}
		return ""
	}
	for n := 1; n <= 3; n++ {
		if (word(n) == "not" || word(n) == "no" || word(n) == "never") && !measure[word(n+1)] {
			return denied
		}
	}
	if near(toks, i, i+7, func(w string) bool {
		return w == "efforts" || w == "endeavour" || w == "endeavours" || w == "aims" || w == "strive" || w == "try"
	}) {
		return efforts
	}
	switch word(0) {
	case "will", "shall", "must", "undertakes", "undertake", "commits", "agrees", "agree", "warrants":
		return binding
	case "may", "can", "reserves", "reserve", "should", "would":
		return allowed
	case "cannot":
		return denied
	}
	return stated
}

// ownerAt gives the segment that holds a token.
func ownerAt(segs []segment, at int) (segment, bool) {
	found, ok := segment{}, false
	for _, s := range segs {
		if s.start <= at {
			found, ok = s, true
		}
	}
	return found, ok
}
