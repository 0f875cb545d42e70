// SPDX-License-Identifier: Apache-2.0

package api

import "slices"

// calls is the table of all operations, in the order of the tags.
func (s *server) calls() []call {
	return slices.Concat(s.organisationCalls(), s.responsibilityCalls(), s.agreementCalls(), s.slaCalls(), s.supplierCalls(), s.assessCalls(), s.reachCalls(), s.privilegeCalls(), s.findingCalls(), s.riskCalls(), s.applicabilityCalls(), s.auditCalls(), s.nonconformityCalls(), s.calendarCalls(), s.reviewCalls(), s.policyCalls(), s.contextCalls(), s.catalogueCalls(), s.evidenceCalls(), s.importCalls(), s.reportCalls(), s.jobCalls(), s.memberCalls())
}
