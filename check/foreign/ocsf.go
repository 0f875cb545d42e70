// SPDX-License-Identifier: Apache-2.0

package foreign

import (
	"cmp"
	"slices"
	"strings"
	"time"
)

// maxResources bounds the resources that one record may be about.
const maxResources = 10_000

// ocsf reads findings of OCSF 1.0 to 1.8: classes 2002 (vulnerability), 2003
// (compliance) and 2004 (detection), and what else is of category 2. Prowler
// writes 2004 with the outcome in status_code and the check's id in
// metadata.event_code.
func (p *parser) ocsf() {
	p.records(func(name string) bool { return strings.EqualFold(name, "findings") }, func() (func(string), func()) {
		e := &ocsfEvent{}
		return func(name string) { p.ocsfMember(e, name) }, func() {
			if e.class != "" || e.title != "" || e.eventCode != "" {
				p.ocsfGive(e)
			}
		}
	})
}

// ocsfEvent is what a record says before it is known what it means.
type ocsfEvent struct {
	class                                          string
	severity, status, statusID, code, detail, text string
	product, vendor, version, eventCode            string
	title, uid, analytic                           string
	control, checkUID, verdict, verdictID          string
	provider, account, region                      string
	link                                           string
	at                                             time.Time
	resources                                      []Resource
	flaws                                          []ocsfFlaw
}

// ocsfFlaw is one entry of vulnerabilities.
type ocsfFlaw struct{ id, title, severity, link string }

func (p *parser) ocsfMember(e *ocsfEvent, name string) {
	switch name {
	case "class_uid":
		p.into(&e.class)
	case "severity":
		p.into(&e.severity)
	case "status":
		p.into(&e.status)
	case "status_id":
		p.into(&e.statusID)
	case "status_code":
		p.into(&e.code)
	case "status_detail":
		e.detail = p.prose()
	case "message":
		e.text = p.prose()
	case "account_uid":
		p.into(&e.account)
	case "time_dt", "time":
		if t := p.stamp(); name == "time_dt" && !t.IsZero() || e.at.IsZero() {
			e.at = t
		}
	case "metadata":
		p.members(func(name string) { p.ocsfMetadata(e, name) })
	case "finding_info", "finding":
		p.members(func(name string) { p.ocsfInfo(e, name) })
	case "compliance":
		p.members(func(name string) { p.ocsfCompliance(e, name) })
	case "cloud":
		p.members(func(name string) { p.ocsfCloud(e, name) })
	case "remediation":
		p.members(func(name string) {
			if name == "references" || name == "kb_articles" {
				e.link = cmp.Or(e.link, p.link())
				return
			}
			p.json.Skip()
		})
	case "resources":
		p.each(func() { p.ocsfResource(e) })
	case "resource":
		p.ocsfResource(e)
	case "vulnerabilities":
		p.each(func() { p.ocsfFlaw(e) })
	case "unmapped":
		p.members(func(name string) {
			if name == "provider" {
				e.provider = cmp.Or(e.provider, p.word())
				return
			}
			p.json.Skip()
		})
	default:
		p.json.Skip()
	}
}

func (p *parser) ocsfMetadata(e *ocsfEvent, name string) {
	switch name {
	case "event_code":
		p.into(&e.eventCode)
	case "product":
		p.members(func(name string) {
			switch name {
			case "name":
				p.into(&e.product)
			case "vendor_name":
				p.into(&e.vendor)
			case "version":
				p.into(&e.version)
			default:
				p.json.Skip()
			}
		})
	default:
		p.json.Skip()
	}
}

func (p *parser) ocsfInfo(e *ocsfEvent, name string) {
	switch name {
	case "title":
		p.into(&e.title)
	case "uid":
		p.into(&e.uid)
	case "analytic":
		p.members(func(name string) {
			switch w := p.word(); name {
			case "uid":
				e.analytic = w
			case "name":
				e.analytic = cmp.Or(e.analytic, w)
			}
		})
	case "src_url":
		e.link = cmp.Or(e.link, p.link())
	default:
		p.json.Skip()
	}
}

func (p *parser) ocsfCompliance(e *ocsfEvent, name string) {
	switch name {
	case "control":
		p.into(&e.control)
	case "status":
		p.into(&e.verdict)
	case "status_id":
		p.into(&e.verdictID)
	case "checks":
		p.each(func() {
			p.members(func(name string) {
				if w := p.word(); name == "uid" && e.checkUID == "" {
					e.checkUID = w
				}
			})
		})
	default:
		p.json.Skip()
	}
}

func (p *parser) ocsfCloud(e *ocsfEvent, name string) {
	switch name {
	case "provider":
		p.into(&e.provider)
	case "region":
		p.into(&e.region)
	case "account":
		p.members(func(name string) {
			if w := p.word(); name == "uid" {
				e.account = w
			}
		})
	default:
		p.json.Skip()
	}
}

func (p *parser) ocsfResource(e *ocsfEvent) {
	var r Resource
	p.members(func(name string) {
		switch name {
		case "uid":
			p.into(&r.ID)
		case "name":
			p.into(&r.Name)
		case "type":
			p.into(&r.Kind)
		case "region":
			p.into(&r.Region)
		case "namespace":
			r.Region = cmp.Or(r.Region, p.word())
		default:
			p.json.Skip()
		}
	})
	if len(e.resources) == maxResources {
		p.json.Fail("a record is about more than 10,000 resources")
		return
	}
	e.resources = append(e.resources, r)
}

func (p *parser) ocsfFlaw(e *ocsfEvent) {
	var f ocsfFlaw
	p.members(func(name string) {
		switch name {
		case "cve":
			p.members(func(name string) {
				if w := p.word(); name == "uid" {
					f.id = w
				}
			})
		case "title":
			p.into(&f.title)
		case "severity":
			p.into(&f.severity)
		case "references":
			f.link = p.link()
		default:
			p.json.Skip()
		}
	})
	if f.id != "" && len(e.flaws) < maxResources {
		e.flaws = append(e.flaws, f)
	}
}

// ocsfGive turns an event into results: one for each resource, and of a
// vulnerability finding one for each flaw.
func (p *parser) ocsfGive(e *ocsfEvent) {
	r := Result{Tool: ocsfTool(e), Version: e.version, Check: cmp.Or(e.eventCode, ocsfCheck(e), e.uid), Title: e.title, Severity: severity(e.severity),
		Message: cmp.Or(e.detail, e.text), Link: e.link, Seen: e.at, Outcome: e.outcome(), Muted: e.muted()}
	if len(e.resources) == 0 {
		e.resources = []Resource{{ID: e.account}}
	}
	if len(e.flaws)*len(e.resources) > maxResources {
		p.json.Fail("a record has more than 10,000 flaws and resources")
		return
	}
	for _, res := range e.resources {
		res.Provider, res.Account, res.Region = e.provider, e.account, cmp.Or(res.Region, e.region)
		if len(e.flaws) == 0 {
			one := r
			one.Resource = res
			p.give(&one)
		}
		for _, f := range e.flaws {
			one := r
			one.Resource, one.Check, one.Title, one.Link = res, f.id, cmp.Or(f.title, r.Title), cmp.Or(f.link, r.Link)
			if s := severity(f.severity); s != "" {
				one.Severity = s
			}
			p.give(&one)
		}
	}
}

// ocsfTool names the tool; the services of AWS that write through Security Hub
// bear names of their own.
func ocsfTool(e *ocsfEvent) string {
	name := slug(e.product)
	switch name {
	case "", "unknown":
		return cmp.Or(slug(e.vendor), "ocsf")
	case "security-hub", "aws-security-hub", "security-hub-cspm":
		return toolSecurityHub
	}
	return name
}

// ocsfCheck gives the id of a check where metadata.event_code names none.
func ocsfCheck(e *ocsfEvent) string {
	if e.checkUID != "" {
		return e.checkUID
	}
	if e.control != "" && !strings.Contains(e.control, " ") { // some write the control's title there
		return e.control
	}
	return e.analytic
}

func (e *ocsfEvent) outcome() Outcome {
	for _, word := range []string{e.code, e.verdict} {
		switch strings.ToUpper(word) {
		case "PASS", "PASSED", "COMPLIANT":
			return Pass
		case "FAIL", "FAILED", "NON_COMPLIANT":
			return Fail
		case "MANUAL":
			return NotChecked
		case "WARNING", "UNKNOWN", "NOT_AVAILABLE":
			return Unknown
		case "NOT_APPLICABLE", "NOTAPPLICABLE":
			return NotApplicable
		case "MUTED": // Prowler 3 and early 4
			return Fail
		}
	}
	if e.class == "2003" {
		return map[string]Outcome{"1": Pass, "3": Fail}[e.verdictID].or(Unknown)
	}
	if e.statusID == "4" || strings.EqualFold(e.status, "Resolved") {
		return Fixed
	}
	if slices.Contains([]string{"2001", "2002", "2004", "2006"}, e.class) {
		return Fail
	}
	return Informational
}

func (o Outcome) or(other Outcome) Outcome { return cmp.Or(o, other) }

func (e *ocsfEvent) muted() bool {
	return e.statusID == "3" || strings.EqualFold(e.status, "Suppressed") || strings.EqualFold(e.code, "MUTED")
}
