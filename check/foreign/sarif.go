// SPDX-License-Identifier: Apache-2.0

package foreign

import (
	"cmp"
	"strconv"
	"strings"
	"time"

	"demarc.dev/demarc/check"
	"demarc.dev/demarc/internal/jsonscan"
)

// maxWaiting bounds what is held where a report tells its results before it
// tells what made them.
const maxWaiting = 100_000

// sarif reads SARIF 2.1.0. A run may tell its results before its tool: they wait
// for it.
func (p *parser) sarif() {
	for p.json.Peek() != jsonscan.None {
		p.members(func(name string) {
			if name == "runs" {
				p.each(p.sarifRun)
				return
			}
			p.json.Skip()
		})
	}
}

// sarifRun is a run as far as it was read.
type sarifRun struct {
	tool, version string
	rules         []sarifRule
	byID          map[string]int
	at            time.Time
	told          bool // the tool is known
	waiting       []*sarifResult
}

type sarifRule struct {
	id, title, link, level, score string
}

type sarifResult struct {
	rule, level, kind, text, state, score string
	index                                 int
	muted, file                           bool
	id, native                            string
	at                                    Place
}

func (p *parser) sarifRun() {
	run := &sarifRun{byID: map[string]int{}}
	p.members(func(name string) {
		p.known = true
		switch name {
		case "tool":
			p.sarifTool(run)
		case "invocations":
			p.each(func() {
				p.members(func(name string) {
					if name == "endTimeUtc" || name == "startTimeUtc" && run.at.IsZero() {
						run.at = p.stamp()
						return
					}
					p.json.Skip()
				})
			})
		case "results":
			p.array(func() { p.sarifResult(run) })
		default:
			p.json.Skip()
		}
	})
	p.sarifRelease(run)
	if run.tool != "" {
		p.tool(run.tool, run.version)
	}
}

func (p *parser) sarifTool(run *sarifRun) {
	run.told = true
	p.members(func(name string) {
		switch name {
		case "driver":
			p.sarifDriver(run, true)
		case "extensions":
			p.each(func() { p.sarifDriver(run, false) })
		default:
			p.json.Skip()
		}
	})
	if run.tool == "" {
		run.tool = "sarif"
	}
}

func (p *parser) sarifDriver(run *sarifRun, driver bool) {
	p.members(func(name string) {
		switch {
		case name == "rules":
			p.each(func() { p.sarifRule(run, driver) })
		case driver && name == "name":
			run.tool = slug(p.word())
		case driver && (name == "semanticVersion" || name == "version"):
			run.version = cmp.Or(run.version, p.word())
		default:
			p.json.Skip()
		}
	})
}

func (p *parser) sarifRule(run *sarifRun, driver bool) {
	var r sarifRule
	short := ""
	p.members(func(name string) {
		switch name {
		case "id":
			p.into(&r.id)
		case "name":
			r.title = cmp.Or(r.title, p.word())
		case "shortDescription":
			short = p.sarifText()
		case "helpUri":
			r.link = p.link()
		case "defaultConfiguration":
			p.members(func(name string) {
				if w := p.word(); name == "level" {
					r.level = w
				}
			})
		case "properties":
			p.members(func(name string) {
				if w := p.word(); name == "security-severity" {
					r.score = w
				}
			})
		default:
			p.json.Skip()
		}
	})
	r.title = cmp.Or(short, r.title)
	if len(run.rules) >= maxWaiting {
		p.json.Fail("a run has more than 100,000 rules")
		return
	}
	if _, ok := run.byID[r.id]; !ok {
		run.byID[r.id] = len(run.rules)
	}
	if driver || len(run.rules) > 0 || r.id != "" { // ruleIndex counts those of the driver, which come first
		run.rules = append(run.rules, r)
	}
}

// sarifText reads the text of a message object.
func (p *parser) sarifText() (text string) {
	p.members(func(name string) {
		if name == "text" || name == "markdown" && text == "" {
			text = p.prose()
			return
		}
		p.json.Skip()
	})
	return text
}

func (p *parser) sarifResult(run *sarifRun) {
	r := &sarifResult{index: -1, at: p.at}
	p.members(func(name string) { p.sarifMember(r, name) })
	if p.json.Err() != nil {
		return
	}
	if run.told {
		p.sarifGive(run, r)
		return
	}
	if run.waiting = append(run.waiting, r); len(run.waiting) > maxWaiting {
		p.json.Fail("a run tells more than 100,000 results before it tells what made them")
	}
}

func (p *parser) sarifMember(r *sarifResult, name string) {
	switch name {
	case "ruleId":
		p.into(&r.rule)
	case "ruleIndex":
		r.index = place(p.word())
	case "rule":
		p.members(func(name string) {
			switch w := p.word(); name {
			case "id":
				r.rule = cmp.Or(r.rule, w)
			case "index":
				r.index = place(w)
			}
		})
	case "level":
		p.into(&r.level)
	case "kind":
		p.into(&r.kind)
	case "baselineState":
		p.into(&r.state)
	case "message":
		r.text = p.sarifText()
	case "suppressions":
		p.each(func() {
			status := "accepted"
			p.members(func(name string) {
				if w := p.word(); name == "status" && w != "" {
					status = w
				}
			})
			r.muted = r.muted || status == "accepted"
		})
	case "locations":
		p.each(func() { p.sarifLocation(r) })
	case "properties":
		p.members(func(name string) {
			if w := p.word(); name == "security-severity" {
				r.score = w
			}
		})
	default:
		p.json.Skip()
	}
}

// place reads an index of an array; -1 for none.
func place(word string) int {
	n, err := strconv.Atoi(word)
	if err != nil {
		return -1
	}
	return n
}

// sarifLocation takes the first place of a result: by the name of what is there,
// else by file and line.
func (p *parser) sarifLocation(r *sarifResult) {
	file, line, name, kind := "", "", "", ""
	p.members(func(member string) {
		switch member {
		case "physicalLocation":
			p.members(func(member string) {
				switch member {
				case "artifactLocation":
					p.members(func(member string) {
						if w := p.word(); member == "uri" {
							file = w
						}
					})
				case "region":
					p.members(func(member string) {
						if w := p.word(); member == "startLine" {
							line = w
						}
					})
				default:
					p.json.Skip()
				}
			})
		case "logicalLocations":
			p.each(func() {
				p.members(func(member string) {
					switch w := p.word(); member {
					case "fullyQualifiedName":
						name = w
					case "name":
						name = cmp.Or(name, w)
					case "kind":
						kind = w
					}
				})
			})
		default:
			p.json.Skip()
		}
	})
	if r.id != "" {
		return
	}
	r.file = file != ""
	switch {
	case name != "":
		r.id, r.native = name, cmp.Or(kind, "location")
	case file != "" && line != "":
		r.id, r.native = file+":"+line, "file"
	default:
		r.id, r.native = file, "file"
	}
}

func (p *parser) sarifRelease(run *sarifRun) {
	if run.tool == "" {
		run.tool = "sarif"
	}
	for _, r := range run.waiting {
		p.at = r.at
		p.sarifGive(run, r)
	}
	run.waiting = nil
}

func (p *parser) sarifGive(run *sarifRun, r *sarifResult) {
	var rule sarifRule
	at, ok := run.byID[r.rule]
	if !ok && r.rule == "" && r.index >= 0 && r.index < len(run.rules) {
		at, ok = r.index, true
	}
	if ok {
		rule = run.rules[at]
	}
	p.give(&Result{Tool: run.tool, Version: run.version, Check: cmp.Or(r.rule, rule.id), Title: rule.title, Link: rule.link, Message: r.text, Seen: run.at, Muted: r.muted,
		Outcome: r.outcome(), Severity: rated(cmp.Or(r.score, rule.score), cmp.Or(r.level, rule.level)), Resource: Resource{ID: r.id, Kind: r.native}, Code: r.file})
}

func (r *sarifResult) outcome() Outcome {
	if r.state == "absent" {
		return Fixed
	}
	switch r.kind {
	case "pass":
		return Pass
	case "open":
		return Unknown
	case "review":
		return NotChecked
	case "notApplicable":
		return NotApplicable
	case "informational":
		return Informational
	}
	return Fail
}

// rated reads a severity from a score of 0 to 10, else from SARIF's level.
func rated(score, level string) check.Severity {
	if s := scored(score, 1); s != "" {
		return s
	}
	switch strings.ToLower(level) {
	case "error":
		return check.High
	case "", "warning": // the standard's default
		return check.Medium
	case "note":
		return check.Low
	}
	return ""
}

// scored reads a severity from a number of which ten parts are the worst, as
// CVSS divides them.
func scored(word string, unit float64) check.Severity {
	f, err := strconv.ParseFloat(word, 64)
	if err != nil {
		return ""
	}
	switch f /= unit; {
	case f >= 9:
		return check.Critical
	case f >= 7:
		return check.High
	case f >= 4:
		return check.Medium
	case f > 0:
		return check.Low
	}
	return ""
}
