// SPDX-License-Identifier: Apache-2.0

package aws

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"demarc.dev/demarc/cloud"
)

func TestACLRules_LeavesOutWhatNeverDecides(t *testing.T) {
	entry := func(number int32, action types.RuleAction, protocol, cidr string, from, to int32) types.NetworkAclEntry {
		e := types.NetworkAclEntry{RuleNumber: &number, RuleAction: action, Protocol: &protocol, CidrBlock: &cidr, Egress: aws.Bool(false)}
		if to > 0 {
			e.PortRange = &types.PortRange{From: &from, To: &to}
		}
		return e
	}
	rules := aclRules([]types.NetworkAclEntry{
		entry(200, types.RuleActionAllow, "6", "10.0.0.0/8", 22, 22), // covered by 100
		entry(100, types.RuleActionDeny, "6", "0.0.0.0/0", 20, 30),
		entry(300, types.RuleActionAllow, "6", "0.0.0.0/0", 22, 443), // reaches past 100
		entry(32767, types.RuleActionDeny, "-1", "0.0.0.0/0", 0, 0),
	})
	var got []string
	for _, r := range rules {
		m := r.(map[string]any)
		got = append(got, map[bool]string{true: "allow ", false: "deny "}[m["allow"].(bool)]+m["protocol"].(string))
	}
	if want := []string{"deny tcp", "allow tcp", "deny all"}; !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
}

func TestAnywhere(t *testing.T) {
	for cidr, want := range map[string]bool{"0.0.0.0/0": true, "::/0": true, "128.0.0.0/1": true, "10.0.0.0/8": false, "1.2.3.4/32": false, "sg-1": false} {
		if anywhere(cidr) != want {
			t.Errorf("anywhere(%s) = %v", cidr, !want)
		}
	}
}

func TestSecrets_AreFoundByNameAndLook(t *testing.T) {
	for _, c := range []struct {
		name, value string
		want        bool
	}{
		{"DB_PASSWORD", "hunter22", true}, {"API_KEY", "k-1234567", true}, {"NOTE", "AKIAIOSFODNN7EXAMPLE", true}, {"PEM", "-----BEGIN RSA PRIVATE KEY-----\nx", true},
		{"DB_PASSWORD_ARN", "arn:aws:secretsmanager:x", false}, {"DB_PASSWORD", "arn:aws:ssm:x", false}, {"TOKEN_TTL", "3600000", false}, {"MODE", "production", false}, {"PASSWORD", "", false},
	} {
		if got := holdsSecret(c.name, c.value); got != c.want {
			t.Errorf("holdsSecret(%s, %s) = %v", c.name, c.value, got)
		}
	}
	for script, want := range map[string]bool{"export DB_PASSWORD=hunter22": true, "PASSWORD=$(aws ssm get-parameter)": false, "echo hello": false, `{"secret_key": "abcdefgh"}`: true} {
		if scriptHoldsSecret(script) != want {
			t.Errorf("scriptHoldsSecret(%q) = %v", script, !want)
		}
	}
}

func TestDocument_RemovesSecretsAndWhatWasNotGiven(t *testing.T) {
	type inner struct {
		Variables map[string]string
		Empty     *string
	}
	got := string(document(struct {
		Environment inner
		UserData    *string
		Blob        []byte
		When        time.Time
		Text        string
	}{inner{Variables: map[string]string{"A": "secret"}}, aws.String("script"), []byte("bytes"), noon, "-----BEGIN PRIVATE KEY-----\nMII"}))
	want := `{"Blob":"(removed)","Environment":{"Variables":{"A":"(removed)"}},"Text":"(removed)","UserData":"(removed)","When":"2026-11-01T12:00:00Z"}`
	if got != want {
		t.Errorf("%s\nwant %s", got, want)
	}
}

func TestSelects(t *testing.T) {
	r := &cloud.Resource{ID: "arn:aws:rds:eu-central-1:1:db:books", Tags: map[string]string{"tier": "gold", "env": "prod-eu"}}
	list := func(texts ...string) []any { return stringList(texts) }
	for name, c := range map[string]struct {
		selection map[string]any
		want      bool
	}{
		"ByARN":      {map[string]any{"resources": list("arn:aws:rds:*:*:db:*")}, true},
		"OtherARN":   {map[string]any{"resources": list("arn:aws:ec2:*:*:volume/*")}, false},
		"Everything": {map[string]any{"resources": list("*")}, true},
		"LeftOut":    {map[string]any{"resources": list("*"), "not": list("arn:aws:rds:*")}, false},
		"AnyTag":     {map[string]any{"any": list("equals\x1ftier\x1fgold", "equals\x1fa\x1fb")}, true},
		"AllTags":    {map[string]any{"resources": list("*"), "all": list("equals\x1ftier\x1fgold", "like\x1fenv\x1fprod*")}, true},
		"NotAll":     {map[string]any{"resources": list("*"), "all": list("equals\x1ftier\x1fgold", "not-like\x1fenv\x1fprod*")}, false},
	} {
		if got := selects(&cloud.Resource{Attributes: c.selection}, r); got != c.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}

func TestWild(t *testing.T) {
	for _, c := range []struct {
		pattern, text string
		want          bool
	}{{"", "", true}, {"*", "", true}, {"a*c", "abbc", true}, {"a*c", "abbd", false}, {"a", "ab", false}, {"*b*", "abc", true}, {strings.Repeat("*a", 30) + "b", strings.Repeat("a", 2000), false}} {
		if got := wild(c.pattern, c.text); got != c.want {
			t.Errorf("wild(%.20q, %.20q) = %v", c.pattern, c.text, got)
		}
	}
}

func TestParseReport_RefusesWhatIsNoTable(t *testing.T) {
	rows, err := parseReport([]byte("user,arn,password_last_used\n<root_account>,arn:aws:iam::1:root,2026-10-01T00:00:00+00:00\n"))
	if err != nil || rows["arn:aws:iam::1:root"].time("password_last_used").IsZero() || !rows["arn:aws:iam::1:root"].time("other").IsZero() {
		t.Errorf("%v, %v", rows, err)
	}
	for _, bad := range []string{"", "a,b\nc\n", `"`} {
		if _, err := parseReport([]byte(bad)); err == nil {
			t.Errorf("%q was read", bad)
		}
	}
}

func FuzzParseReport(f *testing.F) {
	f.Add([]byte("user,arn\n<root_account>,arn:aws:iam::1:root\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		if rows, err := parseReport(b); err != nil && rows != nil {
			t.Error("rows and an error")
		}
	})
}

func TestBucket_HalvesOnceAndGrowsAgain(t *testing.T) {
	b := &bucket{}
	start := time.Now()
	if b.take(start) != 0 || b.rate != 0 {
		t.Fatal("a bucket that was never refused must let through")
	}
	for range 100 {
		b.done(time.Now(), false)
	}
	b.done(time.Now(), true)
	refused := b.rate
	if refused < slowest || b.take(time.Now()) == 0 {
		t.Errorf("rate %v after a refusal, and a token at once", refused)
	}
	b.done(start, true) // sent before: already learnt
	if b.rate != refused {
		t.Errorf("halved twice for one burst: %v, %v", refused, b.rate)
	}
	b.done(time.Now(), false)
	if b.rate <= refused {
		t.Error("it does not grow")
	}
}

func TestEventsOf(t *testing.T) {
	for pattern, want := range map[string][]string{
		`{ $.userIdentity.type = "Root" && $.userIdentity.invokedBy NOT EXISTS }`:        {"root-use"},
		`{ ($.eventName = ConsoleLogin) && ($.errorMessage = "Failed authentication") }`: {"failed-sign-in"},
		`{ $.eventName = "DeleteTrail" }`:                                                nil,
	} {
		if got := eventsOf(pattern); !slices.Equal(got, want) {
			t.Errorf("%s: %v", pattern, got)
		}
	}
}
