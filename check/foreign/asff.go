// SPDX-License-Identifier: Apache-2.0

package foreign

import (
	"cmp"
	"strings"

	"demarc.dev/demarc/check"
)

// toolSecurityHub is what the mappings call AWS Security Hub.
const toolSecurityHub = "securityhub"

// asff reads findings of the AWS Security Finding Format, 2018-10-08: as a list,
// as the answer of get-findings, or one a line. Findings of other products that
// came through Security Hub keep their product's name.
func (p *parser) asff() {
	p.records(func(name string) bool { return name == "Findings" }, func() (func(string), func()) {
		f := &asffFinding{}
		return func(name string) { p.asffMember(f, name) }, func() {
			if f.productArn != "" || f.generator != "" || f.account != "" {
				p.asffGive(f)
			}
		}
	})
}

type asffFinding struct {
	account, region, productArn, productName, generator string
	title, desc, link, controlID, ruleID, provider      string
	severity, normalised, security, compliance          string
	workflow, record, updated, created, observed, kind  string
	resources                                           []Resource
}

func (p *parser) asffMember(f *asffFinding, name string) {
	if to := f.plain(name); to != nil {
		p.into(to)
		return
	}
	switch name {
	case "Description":
		f.desc = p.prose()
	case "Types":
		f.kind = p.firstOf()
	case "FindingProviderFields":
		p.json.Skip()
	case "Severity":
		p.members(func(name string) {
			switch w := p.word(); name {
			case "Label":
				f.severity = w
			case "Normalized":
				f.normalised = w
			}
		})
	case "Remediation":
		p.members(func(name string) {
			if name != "Recommendation" {
				p.json.Skip()
				return
			}
			p.members(func(name string) {
				if name == "Url" {
					f.link = p.link()
					return
				}
				p.json.Skip()
			})
		})
	case "ProductFields":
		p.members(func(name string) {
			switch w := p.word(); name {
			case "ControlId":
				f.controlID = w
			case "RuleId":
				f.ruleID = w
			case "ProviderName":
				f.provider = w
			}
		})
	case "Compliance":
		p.members(func(name string) {
			switch name {
			case "Status":
				p.into(&f.compliance)
			case "SecurityControlId":
				p.into(&f.security)
			default:
				p.json.Skip()
			}
		})
	case "Workflow":
		p.members(func(name string) {
			if w := p.word(); name == "Status" {
				f.workflow = w
			}
		})
	case "Resources":
		p.each(func() { p.asffResource(f) })
	default:
		p.json.Skip()
	}
}

// plain gives the place of a member that is a plain word.
func (f *asffFinding) plain(name string) *string {
	switch name {
	case "AwsAccountId":
		return &f.account
	case "Region":
		return &f.region
	case "ProductArn":
		return &f.productArn
	case "ProductName":
		return &f.productName
	case "GeneratorId":
		return &f.generator
	case "Title":
		return &f.title
	case "RecordState":
		return &f.record
	case "CreatedAt":
		return &f.created
	case "UpdatedAt":
		return &f.updated
	case "LastObservedAt":
		return &f.observed
	}
	return nil
}

func (p *parser) asffResource(f *asffFinding) {
	r := Resource{Provider: "aws"}
	p.members(func(name string) {
		switch name {
		case "Id":
			p.into(&r.ID)
		case "Type":
			p.into(&r.Kind)
		case "Region":
			p.into(&r.Region)
		default:
			p.json.Skip()
		}
	})
	if len(f.resources) == maxResources {
		p.json.Fail("a finding is about more than 10,000 resources")
		return
	}
	f.resources = append(f.resources, r)
}

func (p *parser) asffGive(f *asffFinding) {
	r := Result{Title: f.title, Message: f.desc, Link: f.link, Severity: f.judged(), Outcome: f.outcome(), Muted: f.workflow == "SUPPRESSED"}
	for _, at := range []string{f.observed, f.updated, f.created} {
		if r.Seen = parseTime(at); !r.Seen.IsZero() {
			break
		}
	}
	r.Tool, r.Check = f.origin()
	for _, res := range f.resources {
		res.Account, res.Region = f.account, cmp.Or(res.Region, f.region)
		one := r
		one.Resource = res
		p.give(&one)
	}
}

// origin gives the tool and its id of the check. Security Hub names a control in
// three ways, by its age; Prowler writes its own id behind a word.
func (f *asffFinding) origin() (tool, check string) {
	if id, ok := strings.CutPrefix(f.generator, "prowler-"); ok {
		return "prowler", strings.TrimPrefix(id, "aws-")
	}
	if f.security != "" {
		return toolSecurityHub, f.security
	}
	product := slug(cmp.Or(f.productName, short(f.productArn)))
	if product != "security-hub" && product != "securityhub" && product != "" {
		return product, cmp.Or(f.generatorName(), f.kind)
	}
	if _, rest, ok := strings.Cut(f.generator, "cis-aws-foundations-benchmark/v/"); ok {
		version, rule, _ := strings.Cut(rest, "/")
		return toolSecurityHub, "cis-" + version + "/" + strings.TrimPrefix(rule, "rule/")
	}
	return toolSecurityHub, cmp.Or(f.controlID, f.ruleID, short(f.generator), f.kind)
}

// generatorName gives a generator's id where it is one name for many findings,
// and not an ARN of one thing.
func (f *asffFinding) generatorName() string {
	if strings.HasPrefix(f.generator, "arn:") {
		return ""
	}
	return f.generator
}

func (f *asffFinding) outcome() Outcome {
	if f.record == "ARCHIVED" {
		return NotSelected
	}
	switch f.compliance {
	case "PASSED":
		return Pass
	case "FAILED":
		return Fail
	case "WARNING", "NOT_AVAILABLE":
		return Unknown
	}
	if f.workflow == "RESOLVED" {
		return Fixed
	}
	if f.severity == "INFORMATIONAL" {
		return Informational
	}
	return Fail // a detection without a verdict on compliance
}

func (f *asffFinding) judged() check.Severity {
	if s := severity(f.severity); s != "" || f.severity != "" {
		return s
	}
	return scored(f.normalised, 10)
}
