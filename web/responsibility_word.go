// SPDX-License-Identifier: Apache-2.0

package web

import "demarc.dev/demarc/responsibility"

// shareWord says what a party does for a duty.
func shareWord(s responsibility.Share) string {
	switch s {
	case responsibility.Performs:
		return "performs"
	case responsibility.Accounts:
		return "answers for it"
	case responsibility.SharesBoth:
		return "performs and answers"
	case responsibility.None:
		return "nothing"
	}
	return "no line"
}

// shareSign is the sign before it.
func shareSign(s responsibility.Share) string {
	switch s {
	case responsibility.Performs:
		return "●"
	case responsibility.Accounts:
		return "◇"
	case responsibility.SharesBoth:
		return "◆"
	}
	return "·"
}

// verdictWord says what a verdict means.
func verdictWord(k responsibility.VerdictKind) string {
	switch k {
	case responsibility.OnCustomer:
		return "customer"
	case responsibility.OnProvider:
		return "provider"
	case responsibility.OnShared:
		return "shared"
	case responsibility.OnBoth:
		return "overlap"
	case responsibility.OnNobody:
		return "gap: nobody"
	case responsibility.Unallocated:
		return "not divided"
	case responsibility.NoMatrix:
		return "no matrix yet"
	}
	return "not expected"
}

func verdictSign(k responsibility.VerdictKind) string {
	switch k {
	case responsibility.OnCustomer:
		return "◐"
	case responsibility.OnProvider:
		return "◑"
	case responsibility.OnShared:
		return "●"
	case responsibility.OnBoth:
		return "◉"
	case responsibility.OnNobody:
		return "✕"
	}
	return "?"
}

func verdicts() []responsibility.VerdictKind {
	return []responsibility.VerdictKind{responsibility.OnNobody, responsibility.OnBoth, responsibility.Unallocated, responsibility.NoMatrix, responsibility.OnShared, responsibility.OnCustomer, responsibility.OnProvider}
}

func verdictOptions() []option {
	out := []option{{"", "all"}}
	for _, k := range verdicts() {
		out = append(out, option{string(k), verdictWord(k)})
	}
	return out
}

// ruleName says in a few words what a rule looks for.
func ruleName(r responsibility.Rule) string {
	switch r {
	case responsibility.Gap:
		return "nobody performs"
	case responsibility.Overlap:
		return "both perform, unsplit"
	case responsibility.OrphanShared:
		return "shared, one side unnamed"
	case responsibility.TwoAccountable:
		return "two answer for it"
	case responsibility.AssumptionOnly:
		return "rests on an assumption"
	case responsibility.ContractMismatch:
		return "contract says otherwise"
	case responsibility.StatementMismatch:
		return "provider says otherwise"
	case responsibility.ChainBreak:
		return "broken chain"
	case responsibility.NoEvidence:
		return "no evidence"
	case responsibility.ModelAnomaly:
		return "unusual, unexplained"
	case responsibility.NotAcknowledged:
		return "not acknowledged"
	case responsibility.StaleSignOff:
		return "stale sign-off"
	case responsibility.OwnerLeft:
		return "owner has left"
	}
	return string(r)
}

// allRules lists the rules in their order.
func allRules() []responsibility.Rule {
	return []responsibility.Rule{responsibility.Gap, responsibility.Overlap, responsibility.OrphanShared, responsibility.TwoAccountable, responsibility.AssumptionOnly,
		responsibility.ContractMismatch, responsibility.StatementMismatch, responsibility.ChainBreak, responsibility.NoEvidence, responsibility.ModelAnomaly,
		responsibility.NotAcknowledged, responsibility.StaleSignOff, responsibility.OwnerLeft}
}
