// SPDX-License-Identifier: Apache-2.0

// Package remediation turns the gaps of an assessment into a plan: what to do,
// in which order, why in that order, and what would be gained.
//
//	plan := remediation.Make(a, cat, checks)
//	best := remediation.Best(a, plan, 5)
//	outlook, err := remediation.WhatIf(a, plan, best)
//
// Every gap is worked on by at least one action, and every check that fails
// has one. The priority of an action is severity × exposure × duties ÷ effort,
// and its explanation says the same in words. Which duties an action lifts is
// not guessed: the statuses are derived again by assess.Trial, under the
// supposition that the action is done.
//
// A Plan and an Outlook are values of their inputs: the same assessment gives
// the same plan. An Outlook is an estimate and says so. The room knows no
// dates and no money: efforts are rough, in minutes of work, without waiting.
package remediation
