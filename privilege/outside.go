// SPDX-License-Identifier: Apache-2.0

package privilege

import (
	"cmp"
	"slices"
	"strings"

	"demarc.dev/demarc/cloud/iampolicy"
)

// outsider is one who is in no account that was read and whom a role trusts.
type outsider struct {
	node *node
	why  string // the condition that cannot be decided; "" for none
}

// outsiders makes nodes of whom roles trust from outside.
func (w *world) outsiders() {
	own := []string{}
	for id := range w.accounts {
		own = append(own, id)
	}
	slices.Sort(own)
	nodes := map[string]*node{}
	for _, v := range slices.Clone(w.nodes) {
		if v.kind != RoleKind || v.whole != nil || v.trust == nil || v.trust.policy == nil {
			continue
		}
		come := func(id, name, kind, account, why string) {
			n := nodes[id]
			if n == nil {
				n = &node{id: id, name: name, kind: kind, account: account, mfa: Maybe, place: len(w.nodes)}
				nodes[id] = n
				w.nodes = append(w.nodes, n)
			}
			v.outside = append(v.outside, outsider{n, why})
		}
		w.trustedOutside(v, own, come)
	}
}

func (w *world) trustedOutside(v *node, own []string, come func(id, name, kind, account, why string)) {
	p := v.trust.policy
	if public := p.Public(); public.Answer != iampolicy.No {
		reason := ""
		if public.Answer == iampolicy.Unknown {
			reason = public.Why
		}
		come("*", "anyone", Anyone, "", reason)
	}
	open, verdict := p.External(own)
	for _, id := range p.Accounts() {
		if slices.Contains(own, id) {
			continue
		}
		reason := ""
		if !slices.Contains(open, id) {
			reason = cmp.Or(verdict.Why, "it fulfils the conditions of the trust, such as an external id")
		}
		come("account/"+id, id, Outside, id, reason)
	}
	for i := range p.Statements {
		s := &p.Statements[i]
		if !s.Allow || !s.Speaks("sts:AssumeRoleWithSAML") && !s.Speaks("sts:AssumeRoleWithWebIdentity") {
			continue
		}
		for _, provider := range s.Of("Federated") {
			reason := ""
			for _, c := range s.Conditions {
				if key := strings.ToLower(c.Key); !strings.HasSuffix(key, ":aud") {
					reason = "the sign-in fulfils " + c.Operator + " " + c.Key + " " + strings.Join(c.Values, ", ")
				}
			}
			come(provider, short(provider), SignIn, v.account, reason)
		}
	}
}

// comesIn is the move of one from outside.
func (w *world) comesIn(o outsider, v *node) *move {
	mv := &move{method: -1, from: o.node, to: v, title: "Assume a role", on: v.name, certain: o.why == "",
		acts: []Act{{"trust", v.id, v.id, "its trust"}}}
	if o.node.kind == SignIn {
		mv.title = "Sign in and take a role"
	}
	if o.why != "" {
		mv.ifs = []string{o.why}
	}
	return mv
}
