// SPDX-License-Identifier: Apache-2.0

package privilege

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"demarc.dev/demarc/cloud"
)

// tempting is an estate in which every method would lead to an administrator, if
// a principal had the calls.
func tempting() *estate {
	e := &estate{}
	services := []string{"ec2.amazonaws.com"}
	for _, m := range methods {
		if m.service != "" {
			services = append(services, m.service)
		}
	}
	strong := e.role("strong", text1(`{"Effect":"Allow","Principal":{"AWS":"`+home+`","Service":[`+quoted(strings.Join(services, " "))+`]},"Action":"sts:AssumeRole"}`), nil, allRights)
	strong.Attributes["profiles"] = list(arn("instance-profile", "strong"))
	e.add(cloud.Function, "arn:aws:lambda:eu-central-1:"+home+":function:nightly", "nightly", home, map[string]any{"role": arn("role", "strong")})
	e.add(cloud.Machine, "arn:aws:ec2:eu-central-1:"+home+":instance/i-1", "i-1", home, map[string]any{"profile": arn("instance-profile", "strong"), "managed": true})
	e.user("chief", nil, allRights).Attributes["console_access"] = true
	e.group("chiefs", nil, allRights)
	e.managed("old", []string{text1(allRights)}, allow("s3:GetObject", "*"))
	return e
}

// TestReadOnly: none of the provider's policies that only read leads anywhere,
// in an estate that offers everything; with the calls of all methods besides, it
// does.
func TestReadOnly(t *testing.T) {
	files, err := filepath.Glob("testdata/readonly/*.json")
	if err != nil || len(files) < 10 {
		t.Fatalf("%d policies, %v", len(files), err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		name := strings.TrimSuffix(filepath.Base(file), ".json")
		t.Run(name, func(t *testing.T) {
			e := tempting()
			id := "arn:aws:iam::aws:policy/" + name
			e.add(cloud.ProviderPolicy, id, name, home, map[string]any{"document": string(text)})
			e.user("reader", []string{id, arn("policy", "old")})
			e.role("lent", forService("elsewhere.amazonaws.com"), []string{id, arn("policy", "old")})
			a := e.answer(t)
			for _, who := range []string{"reader", "lent"} {
				if p := a.of(t, who); p.Verdict != None || len(p.Ways) > 0 {
					t.Errorf("%s: %s %s", who, p.Verdict, p.Why)
				}
			}
		})
	}
	e := tempting()
	e.user("writer", []string{arn("policy", "old")}, allow("iam:SetDefaultPolicyVersion", "*"))
	if p := e.answer(t).of(t, "writer"); p.methods() != "policy-default" {
		t.Errorf("the estate tempts nobody: %s %s", p.Verdict, p.Why)
	}
}
