// SPDX-License-Identifier: Apache-2.0

package main

import "github.com/spf13/cobra"

// verbs lists every command of the program; a new verb is one file and one
// line here. The order is that of the work.
func verbs() []func(*env) *cobra.Command {
	return []func(*env) *cobra.Command{
		newExample,
		newCollect,
		newForeign,
		newOrganisation,
		newScope,
		newResponsibility,
		newAttest,
		newAssess,
		newAgreement,
		newSLA,
		newSupplier,
		newReach,
		newPrivilege,
		newRemediation,
		newRisk,
		newApplicability,
		newAudit,
		newNonconformity,
		newPolicy,
		newCalendar,
		newReview,
		newReport,
		newServe,
		newEvidence,
		newBackup,
		newRestore,
		newCatalogue,
		newCheck,
		newInternal,
	}
}
