// SPDX-License-Identifier: Apache-2.0

package foreign

import (
	"cmp"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strings"
)

// maxRules bounds the rules whose titles are held.
const maxRules = 50_000

// xccdf reads results of XCCDF 1.1 and 1.2, alone, in their benchmark, or within
// an ARF report. It reads token by token; a document type is refused, so that no
// entity is ever declared, and none is expanded.
func (p *parser) xccdf() error {
	budget := &recordBudget{r: p.in.Reader}
	x := &xccdfReader{p: p, d: xml.NewDecoder(budget), rules: map[string]xccdfRule{}}
	x.test.tool = "openscap"
	for p.stop == nil {
		budget.left = MaxRecord
		token, err := x.d.Token()
		if err == io.EOF {
			if len(x.path) > 0 {
				return invalid("the report ends too early", "copy it again; when the tool was stopped in the middle, let it run to its end")
			}
			return nil
		}
		if err != nil {
			if errors.Is(err, errRecord) {
				return x.fault(fmt.Sprintf("one piece of text is longer than %d MiB", MaxRecord>>20))
			}
			return p.xmlFault(x.d, budget, err)
		}
		if err := x.token(token); err != nil {
			return err
		}
	}
	return p.stop
}

type xccdfRule struct {
	title    string
	severity string
}

// xccdfReader knows where in the document it is.
type xccdfReader struct {
	p      *parser
	d      *xml.Decoder
	path   []string // local names of the open elements
	text   strings.Builder
	rules  map[string]xccdfRule
	rule   string // id of the open Rule
	result *Result
	test   struct{ tool, version, target, account, end string }
}

func (x *xccdfReader) fault(what string) error {
	line, _ := x.d.InputPos()
	return invalid(fmt.Sprintf("line %d, byte %d: %s", line, x.d.InputOffset(), what), "check that it is the right file")
}

func (x *xccdfReader) token(token xml.Token) error {
	switch t := token.(type) {
	case xml.Directive:
		return x.fault("the report declares a document type, which a report of results never does")
	case xml.StartElement:
		if len(x.path) >= MaxDepth {
			return x.fault(fmt.Sprintf("elements nest deeper than %d", MaxDepth))
		}
		x.path = append(x.path, t.Name.Local)
		x.text.Reset()
		return x.open(t)
	case xml.EndElement:
		if len(x.path) == 0 {
			return errors.New("an element ends that never began")
		}
		x.close(t.Name.Local)
		x.path = x.path[:len(x.path)-1]
		x.text.Reset()
	case xml.CharData:
		if x.text.Len() < 4*MaxText {
			x.text.Write(t)
		}
	}
	return nil
}

func attribute(t xml.StartElement, name string) string {
	for _, a := range t.Attr {
		if a.Name.Local == name {
			return cut(a.Value, MaxWord)
		}
	}
	return ""
}

// under tells whether the open element lies directly in one of that name.
func (x *xccdfReader) under(name string) bool {
	return len(x.path) > 1 && x.path[len(x.path)-2] == name
}

func (x *xccdfReader) open(t xml.StartElement) error {
	switch t.Name.Local {
	case "Rule":
		x.rule = attribute(t, "id")
		if len(x.rules) >= maxRules {
			return x.fault("a benchmark has more than 50,000 rules")
		}
		x.rules[x.rule] = xccdfRule{severity: attribute(t, "severity")}
	case "TestResult":
		x.p.known = true
		x.test.tool, x.test.version = xccdfTool(attribute(t, "test-system"))
		x.test.end = cmp.Or(attribute(t, "end-time"), attribute(t, "start-time"))
		x.test.target, x.test.account = "", ""
	case "fact":
		x.rule = attribute(t, "name")
	case "rule-result":
		line, _ := x.d.InputPos()
		id := attribute(t, "idref")
		x.p.at = Place{Line: line, Offset: x.d.InputOffset() + x.p.in.shift}
		x.result = &Result{Tool: x.test.tool, Version: x.test.version, Check: id, Severity: severity(cmp.Or(attribute(t, "severity"), x.rules[id].severity)), Title: x.rules[id].title,
			Seen: parseTime(cmp.Or(attribute(t, "time"), x.test.end)), Outcome: Unknown}
	}
	return nil
}

// xccdfTool reads the CPE of the test system, such as
// cpe:/a:redhat:openscap:1.3.6.
func xccdfTool(cpe string) (tool, version string) {
	parts := strings.Split(strings.TrimPrefix(cpe, "cpe:/"), ":")
	if len(parts) > 3 {
		version = parts[3]
	}
	if len(parts) > 2 {
		return slug(parts[2]), version
	}
	return "openscap", ""
}

func (x *xccdfReader) close(name string) {
	text := strings.Join(strings.Fields(x.text.String()), " ")
	switch {
	case name == "title" && x.under("Rule"):
		r := x.rules[x.rule]
		r.title = cut(text, MaxWord)
		x.rules[x.rule] = r
	case name == "target" && x.under("TestResult"):
		x.test.target = cut(text, MaxWord)
	case name == "result" && x.under("rule-result") && x.result != nil:
		x.result.Outcome = xccdfOutcome(text)
	case name == "message" && x.under("rule-result") && x.result != nil:
		x.result.Message = cut(text, MaxText)
	case name == "rule-result" && x.result != nil:
		x.result.Target = x.test.target
		x.result.Resource = Resource{ID: cmp.Or(x.test.target, "host"), Kind: "host"}
		x.p.give(x.result)
		x.result = nil
	case name == "TestResult":
		x.p.tool(cmp.Or(x.test.tool, "openscap"), x.test.version)
	}
}

func xccdfOutcome(word string) Outcome {
	switch o := Outcome(word); o {
	case Pass, Fail, Error, Unknown, NotApplicable, NotChecked, NotSelected, Informational, Fixed:
		return o
	}
	return Unknown
}
