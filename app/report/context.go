// SPDX-License-Identifier: Apache-2.0

package report

import (
	"fmt"
	"strings"
	"time"

	"demarc.dev/demarc/document"
	"demarc.dev/demarc/scope"
)

// Context is what the scope statement is made of.
type Context struct {
	Paper       Paper
	Catalogue   string
	Context     scope.Context
	Scope       *scope.Scope
	Proposed    bool // nobody wrote the context yet
	Open        []string
	Digest      string
	Approved    *scope.Approval // nil: never
	Since       []string        // what changed since
	Unconfirmed []string        // regions that were seen and are not in the scope: "aws in eu-west-3"
	At          time.Time
}

// ScopeStatement is the scope of the management system with the registers that
// it follows from (ISO/IEC 27001:2022, 4.1, 4.2 and 4.3).
func ScopeStatement(c Context) document.Document {
	d := document.Document{Landscape: true, Meta: c.meta()}
	d.Blocks = append(d.Blocks, heading(1, "Scope", "scope"), lead("%s", or(c.Context.Statement, "Nobody has written yet what the management system is about.")))
	if len(c.Context.Sites) > 0 {
		d.Blocks = append(d.Blocks, text("Sites: %s.", strings.Join(c.Context.Sites, ", ")))
	}
	d.Blocks = append(d.Blocks, c.services(), c.borders(), c.exclusions())
	d.Blocks = append(d.Blocks, heading(1, "Context", "context"), c.issues(), c.parties(), c.law())
	d.Blocks = append(d.Blocks, heading(1, "What is open", "open"))
	return document.Document{Landscape: true, Meta: d.Meta, Blocks: append(d.Blocks, c.open()...)}
}

func (c Context) meta() document.Meta {
	approved := "never"
	if c.Approved != nil {
		approved = fmt.Sprintf("version %d by %s on %s", c.Approved.Version, c.Approved.By, day(c.Approved.At, "no day"))
	}
	m := document.Meta{Title: "Scope of the management system", Subtitle: "ISO/IEC 27001:2022, clauses 4.1, 4.2 and 4.3", Organisation: or(c.Scope.Organisation.Name, c.Scope.Organisation.ID), ID: c.Paper.ID, Version: c.Paper.Version,
		Classification: c.Paper.Classification, Date: c.At, Catalogue: c.Catalogue, Digest: strings.TrimPrefix(c.Digest, "sha256:"), Facts: []document.Fact{{Name: "Services", Value: itoa(len(c.Scope.Services))}, {Name: "Approved", Value: approved}}}
	m.Facts = append(m.Facts, c.Paper.sender()...)
	if c.Approved == nil || c.Approved.Digest != c.Digest {
		m.Notice = "This is a draft: what stands here is not what was approved last."
	}
	return m
}

func (c Context) services() document.Block {
	t := document.Table{Caption: "Cloud services in scope", Columns: []document.Column{column("Service", 2.4), column("Role", 2), column("Model", 1), column("Provider and sub-providers", 3), column("Regions of the data", 2.2), column("Classes of data", 2), column("Owner", 2)}, Empty: "No service is in scope."}
	for _, v := range c.Scope.Services {
		role := "consumed"
		if v.Role == scope.Provides {
			role = "provided"
		}
		chain := []string{or(v.Provider, "not named")}
		if v.Role == scope.Provides {
			chain = []string{"the organisation itself"}
		}
		for _, b := range c.Scope.Beneath(v.ID) {
			chain = append(chain, "beneath: "+or(b.Provider, b.Name)+" ("+b.Name+")")
		}
		owner := "nobody"
		if p, ok := c.Scope.Person(v.Owner); ok {
			owner = p.Name
		}
		t.Rows = append(t.Rows, row(str(or(v.Name, v.ID)), str(role), str(model(v.Model)), document.Str(strings.Join(chain, "; ")), str(list(v.Regions, "no region is named")), str(list(v.DataClasses, "none is named")), str(owner)))
	}
	return t
}

func (c Context) borders() document.Block {
	t := document.Table{Caption: "Where the scope meets what others do", Columns: []document.Column{column("With", 3), column("What lies on the other side", 6)}, Empty: "No border is named."}
	for _, b := range c.Context.Borders {
		t.Rows = append(t.Rows, row(str(b.With), str(b.What)))
	}
	return t
}

func (c Context) exclusions() document.Block {
	t := document.Table{Caption: "What is left out", Columns: []document.Column{column("What", 3), column("Why", 6)}, Empty: "Nothing is left out."}
	for _, x := range c.Context.Exclusions {
		t.Rows = append(t.Rows, row(str(x.What), str(x.Because)))
	}
	return t
}

func (c Context) issues() document.Block {
	t := document.Table{Caption: "Issues (4.1)", Columns: []document.Column{column("Issue", 3), column("Side", 1), column("Relevant", 1), column("What it means", 5)}, Empty: "No issue is named."}
	for _, i := range c.Context.Issues {
		t.Rows = append(t.Rows, row(str(i.Title), str(i.Side), str(or(i.Relevant, "not decided")), str(or(i.Effect, "nobody has said"))))
	}
	return t
}

func (c Context) parties() document.Block {
	t := document.Table{Caption: "Interested parties (4.2)", Columns: []document.Column{column("Party", 3), column("What it requires", 5), column("Met by", 3)}, Empty: "No party is named."}
	for _, p := range c.Context.Parties {
		t.Rows = append(t.Rows, row(str(p.Name), str(or(strings.Join(p.Requires, "; "), "nobody has said")), str(or(p.Met, "nobody has said"))))
	}
	return t
}

func (c Context) law() document.Block {
	t := document.Table{Caption: "Legal register", Columns: []document.Column{column("Law or rule", 3), column("Where", 2), column("What it asks", 5), column("Services", 2)}, Empty: "The register is empty."}
	for _, l := range c.Context.Law {
		t.Rows = append(t.Rows, row(str(l.Title), str(l.Where), str(or(l.Asks, "nobody has said")), str(list(l.Services, "all"))))
	}
	return t
}

func (c Context) open() []document.Block {
	l := document.List{}
	for _, groups := range [][]string{c.Open, prefixed("seen, and not in the scope: ", c.Unconfirmed), prefixed("changed since the approval: ", c.Since)} {
		for _, w := range groups {
			l.Items = append(l.Items, document.Plain(upper(w)+"."))
		}
	}
	if len(l.Items) == 0 {
		return []document.Block{text("Nothing is open.")}
	}
	return []document.Block{l}
}

func prefixed(with string, words []string) []string {
	var out []string
	for _, w := range words {
		out = append(out, with+w)
	}
	return out
}
