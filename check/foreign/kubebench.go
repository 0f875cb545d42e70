// SPDX-License-Identifier: Apache-2.0

package foreign

import (
	"cmp"

	"demarc.dev/demarc/internal/jsonscan"
)

// kubeBench reads the JSON of kube-bench: with totals, or the groups alone, as
// older versions write them. Its numbers mean something only with the benchmark
// that they are of, which the check's id therefore begins with.
func (p *parser) kubeBench() {
	p.records(func(name string) bool { return name == "Controls" }, func() (func(string), func()) {
		var c kubeControls
		return func(name string) { p.kubeMember(&c, name) }, func() { p.kubeGive(&c) }
	})
}

// kubeControls is one part of a benchmark for one sort of node.
type kubeControls struct {
	version, node string
	found         []*Result // they wait until the version is known
}

func (p *parser) kubeMember(c *kubeControls, name string) {
	switch name {
	case "version":
		p.into(&c.version)
	case "node_type":
		p.into(&c.node)
	case "tests":
		p.known = true
		p.each(func() {
			p.members(func(name string) {
				if name == "results" {
					p.array(func() { p.kubeResult(c) })
					return
				}
				p.json.Skip()
			})
		})
	default:
		p.json.Skip()
	}
}

func (p *parser) kubeResult(c *kubeControls) {
	r := &Result{Tool: "kube-bench", At: p.at}
	status, reason, has := "", "", ""
	p.members(func(name string) {
		switch name {
		case "test_number":
			p.into(&r.Check)
		case "test_desc":
			p.into(&r.Title)
		case "status":
			p.into(&status)
		case "reason":
			reason = p.prose()
		case "actual_value":
			has = p.prose()
		default:
			p.json.Skip()
		}
	})
	r.Outcome = map[string]Outcome{"PASS": Pass, "FAIL": Fail, "WARN": NotChecked, "INFO": Informational}[status].or(Unknown)
	r.Message = cmp.Or(reason, has)
	if p.json.Peek() != jsonscan.None && len(c.found) < maxWaiting {
		c.found = append(c.found, r)
		return
	}
	p.json.Fail("a part of a benchmark has more than 100,000 checks")
}

func (p *parser) kubeGive(c *kubeControls) {
	p.tool("kube-bench", "")
	for _, r := range c.found {
		if c.version != "" {
			r.Check = c.version + "/" + r.Check
		}
		r.Resource = Resource{ID: cmp.Or(c.node, "cluster"), Kind: "node", Provider: "kubernetes"}
		p.at = r.At
		p.give(r)
	}
}
