// SPDX-License-Identifier: Apache-2.0

// Package applicability is the Statement of Applicability: for each of the 93
// controls of ISO/IEC 27001:2022 Annex A, and for each clause of ISO/IEC 27017
// that speaks to a party, whether it applies, why, and how it stands (ISO/IEC
// 27001:2022, 6.1.3 d).
//
// It owns the format of what people decide, in YAML, one line of the statement
// an item:
//
//	lines:
//	  - line: A.7.4
//	    applicable: false
//	    justification: The firm has no premises of its own; its people work at home.
//	  - line: 27017-8.13-provider
//	    applicable: true
//	    justification: The terms of service promise a restore within a day.
//	    responsible: platform
//
// What nobody decided is proposed, where the scope, the register of risks and
// the catalogue say why a line applies, and is marked as proposed; where they
// say nothing the line has no justification yet and says so. The status of a
// line is derived from the assessment and never decided. An approval keeps the
// statement as it was, so that each later one can be compared with it.
package applicability
