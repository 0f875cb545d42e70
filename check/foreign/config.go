// SPDX-License-Identifier: Apache-2.0

package foreign

import "cmp"

// config reads what AWS Config says of compliance: each resource by its rule,
// or, where only that was asked for, each rule as a whole.
func (p *parser) config() {
	p.tool("aws-config", "")
	lists := map[string]bool{"EvaluationResults": true, "AggregateEvaluationResults": true, "ConformancePackRuleEvaluationResults": true,
		"ComplianceByConfigRules": true, "AggregateComplianceByConfigRules": true}
	p.records(func(name string) bool { return lists[name] }, func() (func(string), func()) {
		r := &Result{Tool: "aws-config", Resource: Resource{Provider: "aws"}}
		verdict := ""
		return func(name string) { p.configMember(r, &verdict, name) }, func() {
			if r.Check == "" || verdict == "" {
				return
			}
			r.Outcome = map[string]Outcome{"COMPLIANT": Pass, "NON_COMPLIANT": Fail, "NOT_APPLICABLE": NotApplicable}[verdict].or(Unknown)
			p.give(r)
		}
	})
}

func (p *parser) configMember(r *Result, verdict *string, name string) {
	switch name {
	case "ConfigRuleName":
		p.into(&r.Check)
	case "ComplianceType":
		p.into(verdict)
	case "Compliance":
		p.members(func(name string) {
			if name == "ComplianceType" {
				p.into(verdict)
				return
			}
			p.json.Skip()
		})
	case "Annotation":
		r.Message = p.prose()
	case "AccountId":
		p.into(&r.Resource.Account)
	case "AwsRegion":
		p.into(&r.Resource.Region)
	case "ResultRecordedTime", "ConfigRuleInvokedTime":
		if t := p.stamp(); t.After(r.Seen) {
			r.Seen = t
		}
	case "EvaluationResultIdentifier":
		p.members(func(name string) {
			if name != "EvaluationResultQualifier" {
				p.json.Skip()
				return
			}
			p.members(func(name string) {
				switch w := p.word(); name {
				case "ConfigRuleName":
					r.Check = cmp.Or(r.Check, w)
				case "ResourceType":
					r.Resource.Kind = w
				case "ResourceId":
					r.Resource.ID = w
				}
			})
		})
	default:
		p.json.Skip()
	}
}
