// SPDX-License-Identifier: Apache-2.0

// Package example holds the shipped estate: what a firm that does not exist,
// Larkspur Ledger, would hand to Demarc. It lets the one binary show the whole
// path without an account, a network or a question.
//
//	scope.yaml               the organisation and its cloud services
//	estate/larkspur.snapshot two AWS accounts, as our own collector read them from
//	                         an emulator that estate/seed.py had filled
//	estate/plan.json         a plan that Terraform made of estate/terraform
//	matrix/*.yaml            who answers for what
//	statement/*.yaml         what a provider says about it
//	attestations.yaml        what people answer, with the files in evidence/
//	customer/scope.yaml      a customer of the firm, Harrow Clinic
//	risks.yaml               what people decided about some of its risks
//	exceptions.yaml          failures that are accepted for a time
//
// Every name, address and number in it is made up. The package holds files and
// decides nothing.
package example

import (
	"embed"
	"io/fs"
)

//go:embed customer scope.yaml attestations.yaml exceptions.yaml risks.yaml evidence matrix statement estate/larkspur.snapshot estate/plan.json
var files embed.FS

// PlanAccount is the account that the plan is for.
const PlanAccount = "109876543210"

// Files gives the files, by the paths above.
func Files() fs.FS { return files }
