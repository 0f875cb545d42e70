// SPDX-License-Identifier: Apache-2.0

package app

// Choose lets the tests ask which snapshots an assessment takes, without a
// store for each.
var Choose = choose
