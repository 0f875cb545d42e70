// SPDX-License-Identifier: Apache-2.0

// Package audit is how an organisation looks at its own management system: the
// programme of internal audits over a cycle of years, what each audit asks and
// found, the nonconformities and what was done about them (ISO/IEC 27001:2022,
// 9.2 and 10).
//
// It owns the format of a plan, in YAML:
//
//	programme: {begins: "2026-01-01", years: 3}
//	audits:
//	  - id: a1
//	    title: Cloud operations
//	    begins: "2026-11-02"
//	    ends: "2026-11-06"
//	    lead: security            # a person of the scope, or the name of somebody from outside
//	    team: [Nadia Roth, Roth Audit GmbH]
//	    clauses: ["9.1", "10.2"]  # of ISO/IEC 27001
//	    controls: [backup]        # of the catalogue
//	    services: [ledger]        # none: all of the scope
//
// What stands is derived from what was written down, and from the day: whether a
// subject of the cycle is covered, where an audit is, where a nonconformity is,
// and what is overdue. Nothing is ticked. Nobody audits his own work, and nobody
// says of his own correction that it works: both are refused with the reason. A
// sample is drawn by a seed, so that anybody draws the same one again.
//
// The package reads no record of another room: what makes work somebody's own,
// and what the facts say about a question, it is handed.
package audit
