// SPDX-License-Identifier: Apache-2.0

// Package foreign reads what other tools saw: it turns their reports into
// results in one shape, and says which of our checks and duties each bears on.
//
//	head, err := foreign.Read("prowler.ocsf.json", r, foreign.Options{}, func(res *foreign.Result) error { … })
//
// A report is recognised by what stands in it, never by its name. Formats lists
// those that are known: OCSF (Prowler 4 and 5, and Compliance, Detection and
// Vulnerability Findings of others), Prowler CSV, ASFF of AWS Security Hub,
// SARIF 2.1.0, Trivy, Checkov, kube-bench, AWS Config, and XCCDF results, also
// within ARF. A report may be packed with gzip.
//
// Every parser goes through its input once, from front to back, and holds one
// record of it: memory does not grow with the report. What is not as the format
// says ends the reading with a *problem.Problem that names the line, the byte
// and the cure; the caller throws away what was read until then.
//
// # Outcomes
//
// A result keeps the tool's own words for the check and the title, and the
// outcome in the words of XCCDF. What a tool could not tell is unknown, and what
// it leaves to a person is notchecked: neither is a pass. A failure that the tool
// was told to keep quiet about is a failure here, and is marked as muted.
//
// # Mappings
//
// The package owns the format of data/*.yaml, one file a tool:
//
//	tool: prowler                        # as results name it
//	name: Prowler                        # as people do
//	rows:
//	  - ids: [s3_bucket_public_access]   # the tool's ids, or globs with *
//	    check: object-store-public       # where it asks the same question
//	  - ids: ["ec2_instance_port_*"]
//	    topic: open-port                 # else what it is about
//
// and of topic.yaml, which says on which duties of the catalogue a topic bears:
//
//	topics:
//	  - id: open-port
//	    title: No machine offers a service to the whole internet
//	    duties: [9.1.2-C2, 13.1.3-C3]
//	    why: An open port is a way in that no access right guards.
//
// A row without globs goes before one with; of globs the longest. Lint tells
// every row of which one end does not exist, and every id that stands twice.
//
// The package reads no disk, network or clock. It never judges a resource
// itself, and never turns a tool's silence into a pass.
package foreign
