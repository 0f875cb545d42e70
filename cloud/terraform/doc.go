// SPDX-License-Identifier: Apache-2.0

// Package terraform reads what `terraform show -json` prints of a plan or a
// state and gives the resources of AWS in it as cloud resources, so that the
// checks of live accounts answer before anything is built.
//
//	header, gaps, err := terraform.Collect(file, terraform.Options{Account: "109876543210"}, emit)
//
// # What a plan tells and what it does not
//
// A resource of the plan is emitted as it will be after apply; one that the plan
// deletes is not. Its id is its Terraform address, module.store.aws_s3_bucket.a["x"].
// A value that Terraform knows only after apply is a gap "after-apply", a fact
// that no plan tells (the age of a key, a missing patch) a gap "not-in-source".
//
// Resources that AWS keeps as one thing and Terraform as many (a bucket, its
// policy, its encryption, its block on public access) are joined: by the value
// where the plan knows it, and otherwise by the references of the
// configuration, through modules, their variables and outputs. A part whose
// whole cannot be found that way makes a gap where it may have mattered. Where a
// plan creates the whole and no part, AWS's own default holds; where the whole
// exists already, the part may be kept elsewhere, and that is a gap.
//
// Raw is the resource's own "after" (of a state: "values"), without values that
// Terraform marks as sensitive and without what looks like a secret.
//
// # Bounds
//
// The input is read as a stream, once. What is kept is one compact record a
// resource, so that resources can be emitted in canonical order. Formats 1.x of
// plan and state, and 0.1 and 0.2 of plans, are read; others are refused.
//
// The package runs no Terraform, opens no file and no network connection, and
// judges nothing.
package terraform
