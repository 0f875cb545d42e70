// SPDX-License-Identifier: Apache-2.0

// Package privilege answers who is an administrator, and who can make himself
// one: from policies, groups, boundaries, guard-rails of the organisation, trust
// and services that act for others (ISO/IEC 27017 9.2.3, CLD.12.1.5). It
// computes the answer from what was seen; nothing is ever tried.
//
//	r := privilege.NewReader()
//	…                                  // see every resource: r.See, or r.Watch
//	a := r.Answer(gaps, now)           // every principal, with the shortest path
//
// # The answers
//
// Administrator: it may do everything, or everything in identity management,
// which gives the rest. Assumes: it becomes one by assuming roles whose trust
// lets it, which is how privileges are lent out. Escalates: it becomes one by at
// least one step that nobody meant as lending: it changes a policy, makes a key
// of another, gives a strong role to a machine of its own. Possible: such a path
// hangs on a condition that cannot be decided from what was seen, and the answer
// says on which. Unknown: a policy on which it depends was not read. None: no
// path; where identity policies would allow one and something stops it, that is
// named. What was not read is never taken for a refusal.
//
// # The model
//
// Principals are nodes, and moves lead from one to another: by taking a move, a
// principal can act as the other. solve knows no provider: it is handed the
// nodes that are administrators and a function that gives the moves into a
// node, and finds the shortest paths backwards, once with certain moves alone
// and once with all. The rest is AWS: methods.go lists the published methods as
// data, world.go decides single requests, move.go makes moves of both. Another
// plane needs those two functions and nothing else.
//
// # What is not weighed
//
// Each step is taken by one principal with its own rights: a step whose halves
// lie with two principals is not followed. Session policies; policies of
// resources other than trust; rights that a principal gains without becoming an
// administrator; secrets that lie about. Projects, jobs, stacks and notebooks of
// services that the collectors do not list count as possible where a strong role
// trusts the service. An administrator of one account is an administrator; of
// what it reaches in others, the roles that it can assume at once are listed.
package privilege
