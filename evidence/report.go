// SPDX-License-Identifier: Apache-2.0

package evidence

import (
	"fmt"
	"slices"
	"strings"
)

// Part says which kind of thing in a pack a fault lies in.
type Part string

// The parts of a pack.
const (
	PartZIP        Part = "zip"         // the structure of the file
	PartManifest   Part = "manifest"    // manifest.json
	PartSignature  Part = "signature"   // manifest.sig
	PartCheckpoint Part = "checkpoint"  // org/checkpoint, org/checkpoint-start
	PartProof      Part = "proof"       // org/consistency, org/range-proof
	PartLeafHashes Part = "leaf hashes" // org/leafhashes.bin
	PartEntry      Part = "entry"       // entries/…
	PartBody       Part = "body"        // bodies/<index>
	PartIndex      Part = "body index"  // bodies/index.jsonl
	PartPolicy     Part = "policy"      // policy
	PartReadme     Part = "readme"      // README.txt
	PartVerifier   Part = "verifier"    // verify_pack.py
)

// Fault is one thing that is wrong with a pack.
type Fault struct {
	Part  Part
	File  string // of the pack
	Entry int64  // index of the entry; -1 when it is about none
	What  string // a clause without a full stop
}

// String gives the fault as a line: "bodies/000000000012.json, entry 12: …".
func (f Fault) String() string {
	if f.Entry >= 0 {
		return fmt.Sprintf("%s, entry %d: %s", f.File, f.Entry, f.What)
	}
	return f.File + ": " + f.What
}

// State is how a question to a pack was answered.
type State string

// The states of a verdict.
const (
	StateOK         State = "ok"
	StateAttention  State = "attention" // no fault, but weigh it
	StateFailed     State = "failed"
	StateNotChecked State = "not checked" // because of another fault
)

// Verdict is the answer to one question. There is a line each and never one
// tick for all: they bear different weight.
type Verdict struct {
	Name  string // one of the names below
	State State
	Text  string // a sentence without a full stop
}

// The names of the verdicts, in the order in which they are told.
const (
	VerdictFile        = "file"        // no byte outside of what is verified
	VerdictSignature   = "signature"   // of the checkpoint, and whose key it is
	VerdictManifest    = "manifest"    // signed, and true of every file
	VerdictConsistency = "consistency" // with an earlier checkpoint
	VerdictRange       = "range"       // complete, in order, under the signed root
	VerdictEntries     = "entries"     // disclosed, undisclosed
	VerdictBodies      = "bodies"      // ok, withheld, erased
	VerdictClock       = "clock"       // what the dates rest on
	VerdictPeriod      = "period"      // sealed or open
	VerdictWitnesses   = "witnesses"   // who else has seen the head
)

var verdictNames = [...]string{VerdictFile, VerdictSignature, VerdictManifest, VerdictConsistency, VerdictRange,
	VerdictEntries, VerdictBodies, VerdictClock, VerdictPeriod, VerdictWitnesses}

// PackReport is what verifying a pack found.
type PackReport struct {
	Key        string // the public key that was used; empty when none could be
	FirstUse   bool   // the key came from the pack itself
	Head       Head   // of the log; zero when the checkpoint does not hold
	Manifest   Manifest
	From, To   int64 // the entries [From, To) that the pack speaks of
	Entries    EntryCounts
	Bodies     BodyCounts
	Verdicts   []Verdict // one of each name, in order
	Faults     []Fault   // in the order of the file's parts; at most VerifyOptions.MaxFaults
	Unlisted   int       // faults beyond those
	Proves     []string  // in plain words; empty when there is a fault
	ProvesNone []string  // what must not be read into it
}

// OK tells whether the pack is without fault. It says nothing about whose key
// signed it when FirstUse is set.
func (r *PackReport) OK() bool { return len(r.Faults) == 0 && r.Unlisted == 0 }

// Verdict gives the verdict of that name.
func (r *PackReport) Verdict(name string) Verdict {
	if i := slices.IndexFunc(r.Verdicts, func(v Verdict) bool { return v.Name == name }); i >= 0 {
		return r.Verdicts[i]
	}
	return Verdict{Name: name, State: StateNotChecked}
}

// Text gives the report as verify_pack.py prints it too.
func (r *PackReport) Text() string {
	var b strings.Builder
	for _, v := range r.Verdicts {
		fmt.Fprintf(&b, "%-12s %-12s %s\n", v.Name, v.State, v.Text)
	}
	section := func(title string, lines []string) {
		if len(lines) == 0 {
			return
		}
		fmt.Fprintf(&b, "\n%s\n", title)
		for _, l := range lines {
			fmt.Fprintf(&b, "  - %s\n", l)
		}
	}
	var faults []string
	for _, f := range r.Faults {
		faults = append(faults, f.String())
	}
	if r.Unlisted > 0 {
		faults = append(faults, fmt.Sprintf("and %d more", r.Unlisted))
	}
	section("Faults", faults)
	section("What this proves", r.Proves)
	section("What it does not prove", r.ProvesNone)
	return b.String()
}

// words fills in what is proved and what is not.
func (r *PackReport) words() {
	if r.OK() {
		r.Proves = r.proven()
	}
	r.ProvesNone = r.notProven()
}

func (r *PackReport) proven() []string {
	out := []string{fmt.Sprintf("Whoever holds the private key of %s signed a log of %d entries; entries %d to %d of it are accounted for here, in this order: none was changed, removed, added or moved since.",
		KeyName(r.Key), r.Head.Size, r.From, r.To-1)}
	if n := r.Bodies.OK; n > 0 {
		out = append(out, fmt.Sprintf("The contents of %s in this pack are, byte for byte, what was recorded.", plural(n, "entry", "entries")))
	}
	if n := r.Bodies.Erased; n > 0 {
		out = append(out, fmt.Sprintf("The contents of %s were erased; that the entries were made still stands, with their dates and pseudonyms.", plural(n, "entry", "entries")))
	}
	if v := r.Verdict(VerdictConsistency); v.State == StateOK {
		out = append(out, "Nothing was removed or changed since the earlier checkpoint: "+v.Text+".")
	}
	return out
}

func (r *PackReport) notProven() []string {
	var out []string
	if r.FirstUse {
		out = append(out, "Whose key it is: it was taken from the pack itself. Compare it with one that you got another way: "+r.Key)
	}
	out = append(out,
		"That what was recorded was true, or that everything was recorded: an event that nobody logged leaves no gap.",
		"That everybody is shown this log: no witness has signed it, so the holder of the key could keep a second one. Keep the checkpoint and compare it with those of others.",
		"When something happened: the dates are those of the recording machine; no time stamp of a third party is in this pack.",
	)
	if r.To > 0 {
		out = append(out, fmt.Sprintf("Anything about entries other than %d to %d.", r.From, r.To-1))
	}
	if r.Bodies.Withheld > 0 || r.Entries.Undisclosed > 0 {
		out = append(out, fmt.Sprintf("Anything about what is not shown: the contents of %s, and all of %s.",
			plural(r.Bodies.Withheld, "entry", "entries"), plural(r.Entries.Undisclosed, "other", "others")))
	}
	return out
}
