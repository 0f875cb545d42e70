// SPDX-License-Identifier: Apache-2.0

// Package risk is the register of cloud risks: what may happen to a service,
// how likely and how bad it is, what is done about it, and who accepted what is
// left (ISO/IEC 27001:2022, 6.1.2, 6.1.3, 8.2 and 8.3).
//
// It owns two formats in YAML. The method, which the firm sets:
//
//	likelihood:
//	  - {name: rare, words: less than once in ten years}
//	consequence:
//	  - {name: slight, words: hardly noticed outside the team}
//	bands:
//	  - {name: low, from: 1}
//	appetite: 6
//
// and the register, one risk an item:
//
//	risks:
//	  - id: ledger-ct-17
//	    service: ledger
//	    threat: CT-17
//	    title: Failure of tenant isolation
//	    owner: mara
//	    inherent: {likelihood: 2, consequence: 5}
//
// A threat of the catalogue and the state of the controls that treat it give a
// suggestion, which says how it was reckoned; a rating is what a person decided.
// A decision binds to a digest of the risk as it was decided on, and is stale
// after a change. The room never rates a risk by itself, never takes a missing
// fact for a met control, and stores no state that can be derived.
package risk
