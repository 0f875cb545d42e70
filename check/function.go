// SPDX-License-Identifier: Apache-2.0

package check

import (
	"strconv"
	"strings"
	"time"

	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"
	"cel.dev/cel-go/common/types/traits"
)

// FunctionDoc describes one word that expressions may use beside CEL's own.
type FunctionDoc struct {
	Name    string // "days"
	Usage   string // "days(t)"
	Result  string // "int"
	Meaning string
	Example string
}

// Functions lists the words, in the order in which a reference page shows them.
// The slice is the caller's.
func Functions() []FunctionDoc {
	return []FunctionDoc{
		{"now", "now", "time", "the moment for which the checks are run", "r.expires > now"},
		{"days", "days(t)", "int", "whole days from t until now, negative when t lies ahead; never gives 100000", "days(r.created) <= 90"},
		{"never", "never(t)", "bool", "t stands for never (the zero time)", "never(r.last_used)"},
		{"tag", "tag(name)", "string", "the tag's value, empty without it; the name is taken without regard to case", `tag("owner") != ""`},
		{"has_tag", "has_tag(name)", "bool", "the tag is there, even empty", `has_tag("owner")`},
		{"production", "production()", "bool", "the tag env, environment or stage is prod, production or live", "production() && r.delete_protected"},
		{"classified", "classified()", "bool", "the tag classification or data-classification is confidential, restricted, secret, personal or pii", "!classified() || r.customer_key"},
		{"records", "records()", "bool", "the tag purpose, role or type is records, backup or archive, or there is a tag retention", "!records() || r.versioning"},
		{"critical", "critical()", "bool", "the tag criticality or tier is critical, high or 1", "!critical() || r.multi_zone"},
		{"opens", "opens(rule, ports)", "bool", "the firewall rule is inbound, allows, is from the internet, is for TCP or all protocols, and covers one of the ports", "!r.rules.exists(x, opens(x, [22, 3389]))"},
		{"opens_all", "opens_all(rule)", "bool", "the firewall rule lets the internet in on every port: all protocols, or TCP from 0 or 1 to 65535", "!r.rules.exists(x, opens_all(x))"},
		{"tls_at_least", "tls_at_least(version, least)", "bool", "version is that TLS version or a later one; an empty version and every SSL are less than any", `tls_at_least(r.tls_min, "1.2")`},
		{"all", `all("kind")`, "list of kind", "the resources of the kind in r's account", `all("log-trail").exists(t, t.logging && t.multi_region)`},
		{"everywhere", `everywhere("kind")`, "list of kind", "the resources of the kind in the whole snapshot", `everywhere("organisation").exists(o, o.region_restricted)`},
		{"linked", `linked("relation"), linked("relation", "kind")`, "list", "the resources that r's links of that relation lead to, of the kind, or of the kinds in needs", `linked("encrypts-with", "key").all(k, k.rotation)`},
		{"linking", `linking("relation", "kind")`, "list of kind", "the resources of the kind that have a link of that relation to r", `linking("logs-to", "log-trail").size() > 0`},
	}
}

// neverDays is what days gives for a time that means never.
const neverDays = 100000

func days(now, t ref.Val) ref.Val {
	n, ok := now.(types.Timestamp)
	at, ok2 := t.(types.Timestamp)
	if !ok || !ok2 {
		return types.MaybeNoSuchOverloadErr(t)
	}
	if at.IsZero() {
		return types.Int(neverDays)
	}
	const day = int64(24 * time.Hour / time.Second)
	seconds := n.Unix() - at.Unix()
	whole := seconds / day
	if seconds%day < 0 {
		whole--
	}
	return types.Int(whole)
}

func isNever(t ref.Val) ref.Val {
	at, ok := t.(types.Timestamp)
	if !ok {
		return types.MaybeNoSuchOverloadErr(t)
	}
	return types.Bool(at.IsZero())
}

func tagOf(r, name ref.Val) ref.Val {
	o, n := r.(*object), name.(types.String)
	if u := o.tagsUnread(); u != nil {
		return u
	}
	v, _ := o.tag(string(n))
	return types.String(v)
}

func hasTag(r, name ref.Val) ref.Val {
	o, n := r.(*object), name.(types.String)
	if u := o.tagsUnread(); u != nil {
		return u
	}
	_, ok := o.tag(string(n))
	return types.Bool(ok)
}

// A tagWord is a question that tags answer.
type tagWord struct {
	name   string
	tags   []string
	values []string
	alone  string // a tag that answers by being there
}

func tagWords() []tagWord {
	return []tagWord{
		{"production", []string{"env", "environment", "stage"}, []string{"prod", "production", "live"}, ""},
		{"classified", []string{"classification", "data-classification"}, []string{"confidential", "restricted", "secret", "personal", "pii"}, ""},
		{"records", []string{"purpose", "role", "type"}, []string{"records", "backup", "archive"}, "retention"},
		{"critical", []string{"criticality", "tier"}, []string{"critical", "high", "1"}, ""},
	}
}

func (w tagWord) ask(r ref.Val) ref.Val {
	o := r.(*object)
	if u := o.tagsUnread(); u != nil {
		return u
	}
	for name, value := range o.res.Tags {
		if w.alone != "" && strings.EqualFold(name, w.alone) {
			return types.True
		}
		if containsFold(w.tags, name) && containsFold(w.values, value) {
			return types.True
		}
	}
	return types.False
}

func containsFold(words []string, word string) bool {
	for _, w := range words {
		if len(w) == len(word) && strings.EqualFold(w, word) {
			return true
		}
	}
	return false
}

// opens tells in three-valued logic whether the rule lets the internet in on
// one of the ports.
func opens(rule, ports ref.Val) ref.Val {
	r, ok := rule.(*firewallRule)
	list, ok2 := ports.(traits.Lister)
	if !ok || !ok2 {
		return types.MaybeNoSuchOverloadErr(rule)
	}
	tcp := func() ref.Val {
		return both(r.is(ruleProtocol, types.String("tcp")), func() ref.Val { return r.covers(list) })
	}
	return both(r.lets(), func() ref.Val { return either(r.is(ruleProtocol, types.String("all")), tcp) })
}

func opensAll(rule ref.Val) ref.Val {
	r, ok := rule.(*firewallRule)
	if !ok {
		return types.MaybeNoSuchOverloadErr(rule)
	}
	ports := func() ref.Val {
		return both(r.atMost(ruleFrom, 1), func() ref.Val { return r.atLeast(ruleTo, 65535) })
	}
	tcp := func() ref.Val { return both(r.is(ruleProtocol, types.String("tcp")), ports) }
	return both(r.lets(), func() ref.Val { return either(r.is(ruleProtocol, types.String("all")), tcp) })
}

// lets: inbound, allowed and from the internet.
func (r *firewallRule) lets() ref.Val {
	return both(r.is(ruleDirection, types.String("in")), func() ref.Val {
		return both(r.vals[ruleAllow], func() ref.Val { return r.vals[ruleInternet] })
	})
}

func (r *firewallRule) covers(ports traits.Lister) ref.Val {
	var unknown ref.Val = types.False
	for it := ports.Iterator(); it.HasNext() == types.True; {
		port, ok := it.Next().(types.Int)
		if !ok {
			return types.NewErr("opens wants whole numbers as ports")
		}
		covered := both(r.atMost(ruleFrom, port), func() ref.Val { return r.atLeast(ruleTo, port) })
		if covered == types.True {
			return covered
		}
		if types.IsUnknown(covered) {
			unknown = covered
		}
	}
	return unknown
}

func (r *firewallRule) atMost(i int, limit types.Int) ref.Val {
	if n, ok := r.vals[i].(types.Int); ok {
		return types.Bool(n <= limit)
	}
	return r.vals[i]
}

func (r *firewallRule) atLeast(i int, limit types.Int) ref.Val {
	if n, ok := r.vals[i].(types.Int); ok {
		return types.Bool(n >= limit)
	}
	return r.vals[i]
}

// both is three-valued and: false wins, then unknown.
func both(a ref.Val, more func() ref.Val) ref.Val {
	if a == types.False {
		return types.False
	}
	b := more()
	if b == types.False || a == types.True {
		return b
	}
	return a
}

// either is three-valued or: true wins, then unknown.
func either(a ref.Val, more func() ref.Val) ref.Val {
	if a == types.True {
		return types.True
	}
	b := more()
	if b == types.True || a == types.False {
		return b
	}
	return a
}

func tlsAtLeast(version, least ref.Val) ref.Val {
	v, ok := version.(types.String)
	l, ok2 := least.(types.String)
	if !ok || !ok2 {
		return types.MaybeNoSuchOverloadErr(version)
	}
	have, err := tlsVersion(string(v))
	if err != nil {
		return types.WrapErr(err)
	}
	want, err := tlsVersion(string(l))
	if err != nil || want == 0 {
		return types.NewErr("tls_at_least: %q is no TLS version; write one such as 1.2", string(l))
	}
	return types.Bool(have >= want)
}

// tlsVersion gives 10 for 1.0, 12 for 1.2, 0 for none and for every SSL. It
// takes "1.2", "TLSv1.2", "TLS 1.2", "TLS1_2", "TLS-1-2" and "1".
func tlsVersion(s string) (int, error) {
	word := strings.ToLower(strings.TrimSpace(s))
	if word == "" || strings.HasPrefix(word, "ssl") {
		return 0, nil
	}
	word = strings.TrimPrefix(word, "tls")
	word = strings.TrimLeft(word, "v -_")
	word = strings.NewReplacer("_", ".", "-", ".").Replace(word)
	major, minor, _ := strings.Cut(word, ".")
	if minor == "" {
		minor = "0"
	}
	a, err := strconv.Atoi(major)
	b, err2 := strconv.Atoi(minor)
	if err != nil || err2 != nil || a < 0 || b < 0 || b > 9 || a > 9 {
		return 0, &versionError{s}
	}
	return a*10 + b, nil
}

type versionError struct{ version string }

func (e *versionError) Error() string {
	return "tls_at_least: " + strconv.Quote(e.version) + " is no TLS version"
}
