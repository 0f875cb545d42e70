// SPDX-License-Identifier: Apache-2.0

package foreign

import (
	"cmp"
	"time"

	"demarc.dev/demarc/internal/jsonscan"
)

// trivyReport is what a report of Trivy says of itself.
type trivyReport struct {
	version, artifact, kind string
	at                      time.Time
	scope                   string // of a report of a cluster: the workload
}

// trivy reads the JSON of Trivy 0.20 and later: of images, file systems,
// configuration and clusters.
func (p *parser) trivy() {
	for p.json.Peek() != jsonscan.None {
		var t trivyReport
		p.members(func(name string) {
			switch name {
			case "ArtifactName", "ClusterName":
				p.into(&t.artifact)
				p.known = true
			case "ArtifactType":
				p.into(&t.kind)
			case "CreatedAt":
				t.at = p.stamp()
			case "Trivy":
				p.members(func(name string) {
					if w := p.word(); name == "Version" {
						t.version = w
					}
				})
			case "Results":
				p.known = true
				p.each(func() { p.trivyResult(&t) })
			case "Resources", "Findings":
				p.each(func() { p.trivyWorkload(&t) })
			default:
				p.json.Skip()
			}
		})
		p.tool("trivy", t.version)
	}
}

// trivyWorkload reads a resource of a cluster.
func (p *parser) trivyWorkload(t *trivyReport) {
	namespace, kind, name := "", "", ""
	one := *t
	p.members(func(member string) {
		switch member {
		case "Namespace":
			p.into(&namespace)
		case "Kind":
			p.into(&kind)
		case "Name":
			p.into(&name)
		case "Results":
			p.known = true
			one.scope = kind + "/" + name
			if namespace != "" {
				one.scope = namespace + "/" + one.scope
			}
			p.each(func() { p.trivyResult(&one) })
		default:
			p.json.Skip()
		}
	})
}

// trivyResult reads what was found in one target.
func (p *parser) trivyResult(t *trivyReport) {
	target := ""
	p.members(func(name string) {
		switch name {
		case "Target":
			p.into(&target)
		case "Misconfigurations":
			p.array(func() { p.trivyFinding(t, target, "Status") })
		case "Vulnerabilities":
			p.array(func() { p.trivyFinding(t, target, "VulnerabilityID") })
		case "Secrets":
			p.array(func() { p.trivyFinding(t, target, "RuleID") })
		default:
			p.json.Skip()
		}
	})
}

// trivyFinding reads one finding; which sort it is says the member that only
// that sort has.
func (p *parser) trivyFinding(t *trivyReport, target, sort string) {
	r := Result{Tool: "trivy", Version: t.version, Target: t.artifact, Outcome: Fail, Seen: t.at}
	id, avd, status, text, pack, has, mended, resource, cloud := "", "", "", "", "", "", "", "", ""
	to := map[string]*string{"ID": &id, "AVDID": &avd, "VulnerabilityID": &id, "RuleID": &id, "Status": &status, "Title": &r.Title, "PkgName": &pack, "InstalledVersion": &has, "FixedVersion": &mended}
	p.members(func(name string) {
		if place := to[name]; place != nil {
			p.into(place)
			return
		}
		switch name {
		case "Message":
			text = p.prose()
		case "Description", "Match":
			p.json.Skip() // a match holds a part of the secret
		case "Severity":
			r.Severity = severity(p.word())
		case "PrimaryURL":
			r.Link = p.link()
		case "CauseMetadata":
			p.members(func(name string) {
				switch name {
				case "Resource":
					p.into(&resource)
				case "Provider":
					p.into(&cloud)
				default:
					p.json.Skip()
				}
			})
		default:
			p.json.Skip()
		}
	})
	r.Resource = Resource{ID: cmp.Or(resource, t.scope, target, t.artifact), Kind: cmp.Or(t.kind, "target"), Provider: cloud, Name: target}
	switch sort {
	case "Status":
		r.Check, r.Message = cmp.Or(avd, id), text
		r.Outcome = map[string]Outcome{"PASS": Pass, "EXCEPTION": Fail}[status].or(Fail)
		r.Muted = status == "EXCEPTION"
		r.Code = t.scope == "" // a report of a cluster tells of what runs
	case "VulnerabilityID":
		r.Check, r.Message = id, pack+" "+has
		if mended != "" {
			r.Message += "; mended in " + mended
		}
		r.Resource.ID += "#" + pack
		r.Resource.Kind = "package"
	case "RuleID":
		r.Check = "secret/" + id
	}
	p.give(&r)
}
