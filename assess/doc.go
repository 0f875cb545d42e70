// SPDX-License-Identifier: Apache-2.0

// Package assess turns findings, attestations and matrices into one status for
// every duty of every cloud service, with the reasons down to the resource and
// the field, and into the gaps and the numbers of a first page.
//
//	run, err := assess.New(assess.Input{…})
//	for f := range findings {
//		run.Add(f)
//	}
//	a, err := run.Finish()
//
// How a status comes about. Each fact bears a status of its own, and the worst
// of those that hold is the answer, in the order of Statuses:
//
//   - nobody performs the duty by the matrix: not satisfied;
//   - a check fails wherever it was asked: not satisfied; fails on some
//     resources and passes on others: partly;
//   - what is only planned counts in full where only plans were read; beside
//     resources that stand a planned pass is none, and a planned failure where
//     none of them fails makes it partly at most;
//   - a person answers no or partly: that; such an answer stands until somebody
//     answers anew, even past its last day;
//   - a fact that a check needs was not read, was not asked for or is too old,
//     or the check itself is faulty: unknown, whatever a person says;
//   - a failure under an exception in force: accepted;
//   - a check that proves the whole duty passes, or a person says yes and shows
//     evidence: satisfied;
//   - the other party performs it, which rests on a contract or a statement and
//     on evidence: inherited; on less: unknown;
//   - a person says that it does not apply, and no check fails: not applicable;
//   - nothing of all that: unknown.
//
// A check that fails beats a person's yes. Checks bear only on duties that the
// organisation has or performs: what stands in its accounts proves nothing of
// what its provider does.
//
// It owns the format of attestation.yaml:
//
//	attestations:
//	  - duty: 5.1.1-C1           # a duty, or control: with the key or clause of a control
//	    service: "*"             # a service, or "*": every service where the duty is ours
//	    answer: yes              # yes | partly | no | not-applicable | inherited
//	    statement: The cloud policy was approved in March.
//	    by: Ada Example
//	    on: 2026-03-02
//	    expires: 2027-03-01      # the last day on which it holds
//	    evidence: [policy/cloud.pdf]
//	  - id: exit-plan            # optional; made of place and number when absent
//	    control: CLD.8.1.5
//	    party: customer          # with control; absent: our side of the service
//	    service: aws
//	    answer: inherited
//	    source: Assurance report 2026-02, section 4
//	    …
//
// and the JSON of an Assessment, which is canonical: the same inputs, in
// whatever order they come, give the same bytes, and Digest is taken of them.
//
// The room reads no disk and asks no clock; the paths of evidence are names to
// it. It never stores a status that it did not derive.
package assess
