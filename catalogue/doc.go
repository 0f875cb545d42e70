// SPDX-License-Identifier: Apache-2.0

// Package catalogue is what the standards ask, in our own words: the controls
// and duties of ISO/IEC 27017 in the editions of 2015 and 2026, the clauses of
// ISO/IEC 27001 around them, what other frameworks correspond, which threats
// each control treats, and who usually performs what under a service model.
//
// # The format
//
// People keep the catalogue as small files under data:
//
//	framework/catalogue.yaml    version, editions, themes, the order of the controls
//	framework/framework.yaml    the frameworks that mappings lead to
//	framework/<framework>.csv   id,title,group,note of a framework's parts, where we hold them
//	framework/iso27017-2026.csv the 97 clauses of the edition of 2026
//	framework/iso27001-2022-clauses.yaml   clauses 4 to 10 and the papers they ask for
//	framework/miscited.yaml     what people write, and what the standard says
//	control/<key>.yaml          one control
//	mapping/<framework>.csv     control,to,relation,source,note
//	mapping/<from>-to-<to>.csv  from,to,relation,source,note between two frameworks
//	threat/threat.csv           seeds of a risk register; threat/catalogue.csv the public lists
//
// A control reads like this:
//
//	key: shared-roles            # never changes, is never reused
//	title: Shared roles …        # a fact of the standard
//	objective: …                 # our words
//	automation: low              # share that configuration can prove: high, medium, low, none
//	operates: {iaas: shared, paas: shared, saas: shared}
//	clauses:
//	  - {edition: "2015", id: CLD.6.3.1, title: …, relation: source, certainty: …}
//	duties:
//	  - id: CLD.6.3.1-C1         # never reused: first customer duty
//	    party: customer
//	    text: …                  # our words
//	    basis: guidance of the standard, restated
//	    editions: ["2015"]       # 5.38-C2 replaced it
//	documents: […]               # what proves it; also records, states, asks
//	words: [shared responsibility]   # what people search for
//
// From these files go generate writes data/catalogue.json, which Load reads: the
// same values in a tenth of the time. A test fails when the two are not in step.
// Lint reads the files and tells every fault with file, line and field.
//
// # Certainty
//
// The text of neither edition is here. What stands in a duty is restated
// guidance, a theme known from secondary sources, or good practice, and Basis
// says which. A clause carries how well its place is known. In 2026 some places
// lost their cloud guidance (5.5, 5.15, 5.19, 8.22): their duties stand on as
// good practice, because the base control still asks for the substance and to
// drop them would hide gaps.
//
// The package reads no network, no disk and no clock. All values are made once
// and never change: every method is safe for concurrent use, and callers must
// not write into the slices and maps they are given.
package catalogue
