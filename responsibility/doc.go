// SPDX-License-Identifier: Apache-2.0

// Package responsibility is who answers for which duty of which cloud service,
// and the rules that find where that does not hold: gaps, overlaps, orphaned
// shared duties, claims without a basis, and promises to our customers that
// our own providers leave to us.
//
// It owns the format of a responsibility matrix, one file a service:
//
//	service: aws
//	edition: "2015"
//	version: 1
//	status: draft              # draft | internally_agreed | sent_to_counterparty | acknowledged
//	customer: Example Ltd
//	provider: Amazon Web Services
//	agreement: MSA 2024
//	controls:
//	  - control: backup
//	    duties:
//	      - duty: 12.3.1-C2
//	        customer: both     # none | performs | accountable | both
//	        provider: none
//	        split: …           # who does which part, when both perform
//	        customer_owner: ada
//	        provider_contact: support
//	        basis: contract    # contract | statement | internal | assumption | default
//	        reference: MSA 2024, 7.3(b)
//	        rationale: …       # why it differs from the default of the service model
//	        evidence: [restore-test-2026.pdf]
//	        note: …
//
// and of a provider's statement, as YAML or CSV; see ParseStatement.
//
// The room derives and never stores: a verdict, a finding and whether a
// sign-off is stale are functions of the catalogue, the scope, the matrices and
// the statements. The same inputs in any order give the same answers. It reads
// no disk and asks no clock. Its values are safe for concurrent use while
// nobody changes them.
package responsibility
