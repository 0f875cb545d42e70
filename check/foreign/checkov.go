// SPDX-License-Identifier: Apache-2.0

package foreign

import (
	"cmp"

	"demarc.dev/demarc/internal/jsonscan"
)

// checkov reads the JSON of Checkov 2 and 3: one object for one kind of code, or
// an array of them.
func (p *parser) checkov() {
	report := func() (func(string), func()) {
		kind := ""
		return func(name string) {
			switch name {
			case "check_type":
				p.into(&kind)
			case "checkov_version":
				p.tool("checkov", p.word())
				p.known = true
			case "summary":
				p.members(func(name string) {
					if w := p.word(); name == "checkov_version" {
						p.tool("checkov", w)
					}
				})
			case "results":
				p.known = true
				p.members(func(name string) { p.checkovList(name, &kind) })
			default:
				p.json.Skip()
			}
		}, func() { p.tool("checkov", "") }
	}
	p.records(nil, report)
}

func (p *parser) checkovList(name string, kind *string) {
	switch name {
	case "passed_checks":
		p.array(func() { p.checkovRecord(Pass, *kind) })
	case "failed_checks":
		p.array(func() { p.checkovRecord(Fail, *kind) })
	case "skipped_checks":
		p.array(func() { p.checkovRecord(NotChecked, *kind) })
	case "unknown_checks":
		p.array(func() { p.checkovRecord(Unknown, *kind) })
	case "parsing_errors":
		p.array(func() {
			if p.json.Peek() != jsonscan.String {
				p.json.Skip()
				return
			}
			p.give(&Result{Tool: "checkov", Code: true, Check: "parsing_error", Title: "A file that could not be read", Outcome: Error, Resource: Resource{ID: p.word(), Kind: "file"}})
		})
	default:
		p.json.Skip()
	}
}

func (p *parser) checkovRecord(o Outcome, kind string) {
	r := Result{Tool: "checkov", Outcome: o, Code: true}
	file, lines, address := "", "", ""
	p.members(func(name string) {
		switch name {
		case "check_id":
			p.into(&r.Check)
		case "check_name":
			p.into(&r.Title)
		case "severity":
			r.Severity = severity(p.word())
		case "guideline":
			r.Link = p.link()
		case "resource":
			p.into(&r.Resource.ID)
		case "resource_address":
			p.into(&address)
		case "file_path":
			p.into(&file)
		case "file_line_range":
			lines = p.firstOf()
		case "check_result":
			p.members(func(name string) {
				if w := p.word(); name == "suppress_comment" && w != "" {
					r.Message = "skipped: " + prose(w)
				}
			})
		default:
			p.json.Skip()
		}
	})
	if file != "" && lines != "" {
		r.Message = cmp.Or(r.Message, file+":"+lines)
	}
	r.Muted = o == NotChecked
	r.Resource.ID = cmp.Or(address, r.Resource.ID, file)
	r.Resource.Name, r.Resource.Kind = file, kind
	p.give(&r)
}
