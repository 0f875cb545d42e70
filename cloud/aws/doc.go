// SPDX-License-Identifier: Apache-2.0

// Package aws reads AWS accounts through the official SDK and writes what it
// saw as a cloud snapshot. It only reads: Policy prints the smallest IAM policy
// that lets it ask all it asks, and a test compares that policy with the calls
// that were really made.
//
// # Units and the spool
//
// The work is cut into units of (account, region, service); a global service
// has one unit an account, in region "global". A unit that is done lies in the
// spool directory as a small snapshot of its own, written aside and renamed, so
// that it is there whole or not at all. A run that was killed and is started
// again with the same parameters asks only for the units that are not there.
// A unit that lost answers, or that was throttled or got none in time, is asked
// again; what was refused stays refused. One process at a time has a run's spool:
// it holds a lock beside it. When nothing answers any more for half a minute the
// run ends, and the spool stays. When the last byte of the snapshot was written,
// the run's spool is removed: yesterday's answers are never taken for today's.
//
//	spool/3f0c….lock                                      the process that has it
//	spool/3f0c…/run.json                                  the parameters, the start
//	spool/3f0c…/210987654321_eu-central-1_ec2.unit        resources, notes, gaps
//	spool/3f0c…/210987654321_eu-central-1_ec2.0001.part   more resources of it
//
// Units do not know of each other. What one service must tell another, such as
// which bucket an audit trail writes to, is a note (a resource of kind "_note"
// that never leaves the spool); two units may both tell of one resource, each
// some of its attributes. The joins (join.go) put these together while the
// units are merged in the order of the snapshot, in flat memory.
//
// # What could not be read
//
// A service that was not asked for is one gap an account, with the kinds that are
// therefore incomplete. An attribute that could not be read is a gap with the
// call and the provider's words, a part of a service a gap of scope with the
// kinds that are therefore incomplete. Throttling, faults of the server and of the network are repeated
// up to ten times; what is lost after that is counted in the header and named
// in a gap. A missing answer never becomes "off".
//
// The package judges nothing, changes nothing in any account, reads no object,
// no secret's value and no parameter's value, and removes from the provider's
// documents what may hold a secret: environments, start-up scripts, passwords.
package aws
