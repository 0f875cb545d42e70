// SPDX-License-Identifier: Apache-2.0

package report

import (
	"slices"

	"demarc.dev/demarc/check"
	"demarc.dev/demarc/cloud"
	"demarc.dev/demarc/document"
	"demarc.dev/demarc/scope"
)

// legend explains every word that the report uses as a verdict.
func (b *book) legend() []document.Block {
	t := document.Table{Columns: []document.Column{column("Status", 1.2), column("Meaning", 4)}}
	for _, s := range shown() {
		t.Rows = append(t.Rows, row(statusCell(s), str(statusOf(s).meaning)))
	}
	sev := document.Table{Columns: []document.Column{column("Severity", 1.2), column("Meaning", 4)}}
	for _, s := range severities() {
		sev.Rows = append(sev.Rows, row(severityCell(s), str(severityMeaning(s))))
	}
	return []document.Block{
		heading(1, "How to read this report", "legend"),
		text("A **control** of ISO/IEC 27017 asks something of the customer, of the provider, or of both. Each single demand is a **duty**, written here in our own words. A duty is answered once for each cloud service, from what was read of the cloud accounts, from what people attest, and from the responsibility matrix. A roll-up over several duties takes the worst of them."),
		t, sev,
		document.Definitions{Items: []document.Definition{
			{Term: "Own duty", Text: document.Plain("A duty of the side on which the organisation stands: the customer's duties of a service that it consumes, the provider's of one that it provides.")},
			{Term: "No test defined", Text: document.Plain("No check bears on the duty; only a person can answer it.")},
			{Term: "Never run", Text: document.Plain("A check bears on the duty and was not run for this service.")},
			{Term: "Not expected", Text: document.Plain("The absence is in order: nothing is asked there.")},
		}},
	}
}

func severityMeaning(s check.Severity) string {
	switch s {
	case check.Critical:
		return "Data or control of the service can be lost now; act at once."
	case check.High:
		return "One further mistake or leak is enough; act within days."
	case check.Medium:
		return "A protection is missing that others stand beside; plan it."
	}
	return "A weakness of order or proof; mend it with other work."
}

func (b *book) sources() []document.Block {
	o := b.a.Organisation
	out := []document.Block{
		heading(1, "Scope and sources", "scope"),
		document.Definitions{Items: []document.Definition{
			{Term: "Organisation", Text: document.Say("%s, %s", o.Name, roleWords(o.Role))},
			{Term: "Contact", Text: document.Plain(or(o.Contact, "not stated"))},
			{Term: "Standard", Text: document.Say("ISO/IEC 27017:%s, catalogue %s", string(b.a.Edition), b.Catalogue)},
			{Term: "Assessed as of", Text: document.Plain(moment(b.a.At, "not stated"))},
		}},
		heading(2, "Cloud services", "services"),
		b.serviceTable(),
		heading(2, "What was read", "snapshots"),
		b.snapshotTable(),
		heading(2, "What could not be read", "unread"),
	}
	out = append(out, b.unreadTable()...)
	if len(b.a.Unassigned) > 0 {
		out = append(out, heading(2, "Accounts of no service", "unassigned"), text("These accounts were read and belong to no service of the scope. Their findings count nowhere in this report."), b.unassignedTable())
	}
	return out
}

func roleWords(r scope.Role) string {
	switch r {
	case scope.RoleBoth:
		return "as customer and as provider of cloud services"
	case scope.RoleProvider:
		return "as provider of cloud services"
	}
	return "as customer of cloud services"
}

func (b *book) serviceTable() document.Block {
	t := document.Table{Columns: []document.Column{column("Service", 2), column("Role and model", 1.6), column("Accounts", 1.7), column("Criticality", 1.1), column("Responsibility matrix", 1.9), numbers("Duties", 0.8), numbers("Ready", 1)},
		Empty: "The scope names no cloud service."}
	for _, s := range b.a.Services {
		does := "consumed"
		if s.Role == scope.Provides {
			does = "provided"
		}
		t.Rows = append(t.Rows, row(
			document.Words(document.Strong(s.Name), document.Plain(or(s.Provider, "provider not stated"))),
			document.Words(document.Plain(does+", "+model(s.Model)), document.Plain("as "+party(s.Ours))),
			str(accounts(s.Accounts)),
			str(or(string(s.Criticality), "not stated: read as high")),
			document.Words(document.Plain(standing(s.Matrix)), document.Plain(matrixVersion(s.MatrixVersion))),
			num(s.Counts.Total), str(ready(s.Counts))))
	}
	return t
}

// accounts names the accounts of a service.
func accounts(ids []string) string {
	if slices.Contains(ids, scope.AnyAccount) {
		return "every account"
	}
	return list(ids, "none named")
}

func matrixVersion(n int) string {
	if n == 0 {
		return "no version"
	}
	return "version " + itoa(n)
}

func (b *book) snapshotTable() document.Block {
	t := document.Table{Columns: []document.Column{column("Source", 1.6), column("Accounts", 1.7), column("Regions", 1.7), column("Read between", 2), numbers("Calls", 0.9), numbers("Lost", 0.7), numbers("Not read", 0.9)},
		Empty: "No snapshot was handed in: every answer rests on attestations and on the matrix alone."}
	for _, s := range b.a.Snapshots {
		source := document.Words(document.Strong(s.Provider+", "+s.Source), document.Plain("by "+s.Tool))
		if s.Synthetic != "" {
			source.Lines = append(source.Lines, document.Say("*no real account: %s*", s.Synthetic))
		}
		t.Rows = append(t.Rows, row(source, str(list(s.Accounts, "none named")), str(list(s.Regions, "none named")),
			document.Words(document.Plain(moment(s.Started, "not stated")), document.Plain(moment(s.Ended, "not stated"))),
			num(int(s.Calls)), num(int(s.Lost)), num(s.Unread)))
	}
	return t
}

func (b *book) unreadTable() []document.Block {
	t := document.Table{Columns: []document.Column{column("Where", 1.8), column("What", 1.8), column("Why", 2.4), column("Call", 1.8)}, Empty: "Every part that was asked for was read."}
	for _, g := range b.a.Unread {
		t.Rows = append(t.Rows, row(
			str(list(nonEmpty(g.Provider, g.Account, g.Region), "everywhere")),
			document.Words(document.Plain(or(g.Service, "every service")), document.Plain(kinds(g.Kinds))),
			document.Words(document.Plain(reason(g.Reason)), document.Plain(or(g.Detail, "no detail was given"))),
			document.Words(document.Mono(or(g.Call, "no single call")))))
	}
	if len(b.a.Unread) == 0 {
		return []document.Block{t}
	}
	return []document.Block{text("Duties that rest on these parts are unknown unless something else shows them not to be met."), t}
}

func nonEmpty(words ...string) []string {
	var out []string
	for _, w := range words {
		if w != "" {
			out = append(out, w)
		}
	}
	return out
}

func kinds(ks []cloud.Kind) string {
	words := make([]string, len(ks))
	for i, k := range ks {
		words[i] = string(k)
	}
	return list(words, "no kind named")
}

// reason says why something was not read.
func reason(r cloud.Reason) string {
	switch r {
	case cloud.Denied:
		return "the credentials may not ask"
	case cloud.Throttled:
		return "refused for its rate, after all attempts"
	case cloud.NotEnabled:
		return "the service or region is not switched on"
	case cloud.Unsupported:
		return "the endpoint does not know the call"
	case cloud.Timeout:
		return "no answer in time"
	case cloud.Unavailable:
		return "the provider or the network failed"
	case cloud.AfterApply:
		return "a plan does not know the value yet"
	case cloud.NotInSource:
		return "this kind of source never tells it"
	case cloud.Unreadable:
		return "an answer came and could not be understood"
	case cloud.NotCollected:
		return "it was outside what was asked for"
	}
	return or(string(r), "no reason was given")
}

func (b *book) unassignedTable() document.Block {
	t := document.Table{Columns: []document.Column{column("Account", 2), numbers("Findings", 1), numbers("Failing", 1)}, Empty: "Every account belongs to a service."}
	for _, u := range b.a.Unassigned {
		t.Rows = append(t.Rows, row(str(or(u.Account, "resources that name no account")), num(u.Findings), num(u.Failing)))
	}
	return t
}
