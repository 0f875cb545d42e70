// SPDX-License-Identifier: Apache-2.0

package privilege

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"demarc.dev/demarc/cloud"
)

const (
	home  = "111122223333"
	other = "444455556666"
)

var noon = time.Date(2026, 9, 1, 12, 0, 0, 0, time.UTC)

// estate builds resources as the collector makes them.
type estate struct{ all []cloud.Resource }

func arn(sort, name string) string { return "arn:aws:iam::" + home + ":" + sort + "/" + name }

func (e *estate) add(kind cloud.Kind, id, name, account string, attributes map[string]any) *cloud.Resource {
	e.all = append(e.all, cloud.Resource{ID: id, Kind: kind, Native: "test", Provider: "aws", Source: "live", Account: account, Name: name, Attributes: attributes})
	return &e.all[len(e.all)-1]
}

func list(texts ...string) []any {
	texts = slices.Sorted(slices.Values(texts))
	out := make([]any, len(texts))
	for i, t := range texts {
		out[i] = t
	}
	return out
}

func allow(action, resource string, more ...string) string {
	return statement("Allow", action, resource, more...)
}

func statement(effect, action, resource string, more ...string) string {
	return fmt.Sprintf(`{"Effect":%q,"Action":[%s],"Resource":[%s]%s}`, effect, quoted(action), quoted(resource), strings.Join(append([]string{""}, more...), ","))
}

func quoted(list string) string { return `"` + strings.ReplaceAll(list, " ", `","`) + `"` }

func text1(statements ...string) string {
	return `{"Version":"2012-10-17","Statement":[` + strings.Join(statements, ",") + `]}`
}

func trustOf(principal string, more ...string) string {
	return text1(fmt.Sprintf(`{"Effect":"Allow","Principal":%s,"Action":"sts:AssumeRole"%s}`, principal, strings.Join(append([]string{""}, more...), ",")))
}

func forService(name string) string { return trustOf(`{"Service":"` + name + `"}`) }

const allRights = `{"Effect":"Allow","Action":["*"],"Resource":["*"]}`

// inline writes a policy into a holder and gives its id.
func (e *estate) inline(holder string, statements ...string) string {
	id := holder + "/inline/own"
	e.add(cloud.Policy, id, "own", accountIn(holder), map[string]any{"document": text1(statements...), "versions": list(), "inline": true})
	return id
}

func accountIn(arn string) string { return strings.Split(arn, ":")[4] }

func (e *estate) managed(name string, versions []string, statements ...string) string {
	id := arn("policy", name)
	e.add(cloud.Policy, id, name, home, map[string]any{"document": text1(statements...), "versions": list(versions...), "inline": false})
	return id
}

func (e *estate) user(name string, policies []string, statements ...string) *cloud.Resource {
	id := arn("user", name)
	if len(statements) > 0 {
		policies = append(policies, e.inline(id, statements...))
	}
	return e.add(cloud.Identity, id, name, home, map[string]any{"policies": list(policies...), "boundary": "", "groups": list(), "mfa": false, "console_access": false, "admin": false})
}

func (e *estate) role(name, trust string, policies []string, statements ...string) *cloud.Resource {
	return e.roleIn(home, name, trust, policies, statements...)
}

func (e *estate) roleIn(account, name, trust string, policies []string, statements ...string) *cloud.Resource {
	id := "arn:aws:iam::" + account + ":role/" + name
	if len(statements) > 0 {
		policies = append(policies, e.inline(id, statements...))
	}
	return e.add(cloud.Role, id, name, account, map[string]any{"policies": list(policies...), "boundary": "", "trust": trust, "profiles": list(), "admin": false, "trust_requires_mfa": false, "service_linked": false})
}

func (e *estate) group(name string, policies []string, statements ...string) *cloud.Resource {
	id := arn("group", name)
	if len(statements) > 0 {
		policies = append(policies, e.inline(id, statements...))
	}
	return e.add(cloud.Group, id, name, home, map[string]any{"policies": list(policies...)})
}

func (e *estate) answer(t testing.TB, gaps ...cloud.ScopeGap) *Answer {
	t.Helper()
	r := NewReader()
	for i := range e.all {
		r.See(&e.all[i])
	}
	return r.Answer(gaps, noon)
}

func (a *Answer) of(t testing.TB, name string) Principal {
	t.Helper()
	for _, p := range a.Principals {
		if p.Name == name {
			return p
		}
	}
	t.Fatalf("no principal %q in %+v", name, a.Principals)
	return Principal{}
}

func (p Principal) methods() string {
	var out []string
	for _, s := range p.Path {
		out = append(out, s.Method)
	}
	return strings.Join(out, " ")
}
