// SPDX-License-Identifier: Apache-2.0

package check

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"demarc.dev/demarc/cloud"
)

func TestFunction_Days(t *testing.T) {
	now := testNow()
	for _, c := range []struct {
		at   time.Time
		want int
	}{
		{now, 0}, {now.Add(-23 * time.Hour), 0}, {now.Add(-24 * time.Hour), 1}, {now.Add(-25 * time.Hour), 1},
		{now.Add(time.Second), -1}, {now.Add(24 * time.Hour), -1}, {now.Add(25 * time.Hour), -2}, {time.Time{}, 100000},
		{now.AddDate(-1, 0, 0), 365}, {time.Date(1970, 1, 1, 0, 0, 0, 0, time.UTC), 20605},
	} {
		r := resource(cloud.Secret, "s", attrs{"changed": c.at})
		if f := answer(t, fmt.Sprintf("days(r.changed) == %d", c.want), r); f.Outcome != Pass {
			t.Errorf("days(%v) is not %d: %s", c.at, c.want, f.Message)
		}
		if f := answer(t, fmt.Sprintf("never(r.changed) == %v", c.at.IsZero()), r); f.Outcome != Pass {
			t.Errorf("never(%v): %s", c.at, f.Message)
		}
	}
	future := resource(cloud.Certificate, "c", attrs{"expires": now.Add(time.Hour)})
	if f := answer(t, "r.expires > now && r.expires - now < duration('2h')", future); f.Outcome != Pass {
		t.Error("now:", f.Message)
	}
}

func TestFunction_Tags(t *testing.T) {
	for _, c := range []struct {
		test string
		tags []string
		want Outcome
	}{
		{`tag("owner") == "x"`, []string{"Owner", "x"}, Pass},
		{`tag("owner") == ""`, nil, Pass},
		{`tag("Owner") == "exact"`, []string{"owner", "a", "Owner", "exact", "OWNER", "b"}, Pass},
		{`tag("oWner") == "b"`, []string{"owner", "a", "OWNER", "b"}, Pass}, // first in order of names
		{`has_tag("OWNER")`, []string{"owner", ""}, Pass},
		{`has_tag("owner")`, []string{"owners", "x"}, Fail},
		{`production()`, []string{"env", "prod"}, Pass},
		{`production()`, []string{"Environment", "Production"}, Pass},
		{`production()`, []string{"STAGE", "live"}, Pass},
		{`production()`, []string{"stage", "preprod"}, Fail},
		{`production()`, []string{"name", "prod"}, Fail},
		{`production()`, nil, Fail},
		{`classified()`, []string{"classification", "Confidential"}, Pass},
		{`classified()`, []string{"Data-Classification", "PII"}, Pass},
		{`classified()`, []string{"data-classification", "public"}, Fail},
		{`records()`, []string{"purpose", "records"}, Pass},
		{`records()`, []string{"role", "backup"}, Pass},
		{`records()`, []string{"type", "archive"}, Pass},
		{`records()`, []string{"Retention", "10y"}, Pass},
		{`records()`, []string{"purpose", "website"}, Fail},
		{`critical()`, []string{"criticality", "high"}, Pass},
		{`critical()`, []string{"tier", "1"}, Pass},
		{`critical()`, []string{"tier", "2"}, Fail},
	} {
		if f := answer(t, c.test, resource(cloud.Disk, "d", nil, tags(c.tags...))); f.Outcome != c.want {
			t.Errorf("%s with %v is %s: %s", c.test, c.tags, f.Outcome, f.Message)
		}
	}
	for _, test := range []string{`tag("owner") != "x"`, `has_tag("owner")`, "production()", "!classified()", "records()", "critical()", "size(r.tags) == 0"} {
		f := answer(t, test, resource(cloud.Disk, "d", nil, gap("tags", cloud.Denied, "ec2:DescribeTags")))
		if f.Outcome != Unknown || !strings.Contains(f.Message, "tags was not read (denied, ec2:DescribeTags)") {
			t.Errorf("%s with unread tags is %s: %s", test, f.Outcome, f.Message)
		}
	}
}

// rule gives a firewall rule that lets the internet in on TCP 20–30, changed by
// pairs of field and value; a nil value takes the field away.
func rule(change ...any) map[string]any {
	m := map[string]any{"direction": "in", "allow": true, "protocol": "tcp", "from_port": int64(20), "to_port": int64(30), "internet": true, "sources": []any{}}
	for i := 0; i+1 < len(change); i += 2 {
		if change[i+1] == nil {
			delete(m, change[i].(string))
			continue
		}
		m[change[i].(string)] = change[i+1]
	}
	return m
}

func TestFunction_Opens(t *testing.T) {
	for _, c := range []struct {
		rule       map[string]any
		opens, all Outcome
	}{
		{rule(), Pass, Fail},
		{rule("from_port", 22, "to_port", 22), Pass, Fail},
		{rule("from_port", 23.0, "to_port", 25.0), Fail, Fail},
		{rule("from_port", 0, "to_port", 65535), Pass, Pass},
		{rule("from_port", 1, "to_port", 65535), Pass, Pass},
		{rule("from_port", 2, "to_port", 65535), Pass, Fail},
		{rule("from_port", 3000, "to_port", 4000), Pass, Fail}, // 3389
		{rule("protocol", "all", "from_port", nil, "to_port", nil), Pass, Pass},
		{rule("protocol", "udp", "from_port", 0, "to_port", 65535), Fail, Fail},
		{rule("protocol", "icmp"), Fail, Fail},
		{rule("direction", "out"), Fail, Fail},
		{rule("allow", false), Fail, Fail},
		{rule("internet", false, "from_port", 0, "to_port", 65535), Fail, Fail},
		// What a rule does not say is unknown, unless the rest decides.
		{rule("internet", nil), Unknown, Fail},
		{rule("allow", nil), Unknown, Fail},
		{rule("direction", nil), Unknown, Fail},
		{rule("protocol", nil), Unknown, Unknown},
		{rule("from_port", nil, "to_port", 65535), Unknown, Unknown},
		{rule("internet", nil, "allow", false), Fail, Fail},
		{rule("internet", nil, "protocol", "udp"), Fail, Fail},
	} {
		r := resource(cloud.Firewall, "f", attrs{"rules": []any{c.rule}})
		if f := answer(t, "r.rules.exists(x, opens(x, [22, 3389]))", r); f.Outcome != c.opens {
			t.Errorf("opens(%v) is %s: %s", c.rule, f.Outcome, f.Message)
		}
		if f := answer(t, "r.rules.exists(x, opens_all(x))", r); f.Outcome != c.all {
			t.Errorf("opens_all(%v) is %s: %s", c.rule, f.Outcome, f.Message)
		}
	}
	r := resource(cloud.Firewall, "f", attrs{"rules": []any{rule()}})
	for _, test := range []string{"!r.rules.exists(x, opens(x, []))", "r.rules[0].from_port == 20", "r.rules.exists(x, x.protocol == 'tcp' && size(x.sources) == 0)", "size(r.rules) == 1"} {
		if f := answer(t, test, r); f.Outcome != Pass {
			t.Errorf("%s is %s: %s", test, f.Outcome, f.Message)
		}
	}
}

func TestFunction_TLSAtLeast(t *testing.T) {
	for _, c := range []struct {
		have, least string
		want        Outcome
	}{
		{"1.2", "1.2", Pass}, {"1.3", "1.2", Pass}, {"1.1", "1.2", Fail}, {"1.0", "1.2", Fail}, {"", "1.0", Fail}, {"TLSv1.2", "1.2", Pass},
		{"TLS1_2", "1.2", Pass}, {"TLS 1.3", "1.2", Pass}, {"tls-1-1", "1.2", Fail}, {"SSLv3", "1.0", Fail}, {"1", "1.0", Pass},
		{"1.2", "", Error}, {"1.2", "high", Error}, {"newest", "1.2", Error}, {"1.12", "1.2", Error},
	} {
		f := answer(t, fmt.Sprintf("tls_at_least(r.tls_min, %q)", c.least), resource(cloud.Listener, "l", attrs{"tls_min": c.have}))
		if f.Outcome != c.want {
			t.Errorf("tls_at_least(%q, %q) is %s: %s", c.have, c.least, f.Outcome, f.Message)
		}
	}
}

// TestFunctions_Documented compiles the example of every word that the
// reference names, so that the reference cannot say what is not so.
func TestFunctions_Documented(t *testing.T) {
	kinds := cloud.Kinds()
	for _, doc := range Functions() {
		if doc.Name == "" || doc.Usage == "" || doc.Result == "" || doc.Meaning == "" {
			t.Errorf("%+v: a part is missing", doc)
		}
		var err error
		compiled := false
		for _, k := range kinds {
			if _, err = Compile([]Check{question("q", k.Kind, doc.Example)}); err == nil {
				compiled = true
			}
		}
		if !compiled {
			t.Errorf("%s: the example %s compiles for no kind: %v", doc.Name, doc.Example, err)
		}
	}
}

func TestJoins(t *testing.T) {
	trail := func(id, account string, logging any, more ...func(*cloud.Resource)) cloud.Resource {
		a := attrs{"multi_region": true}
		if logging != nil {
			a["logging"] = logging
		}
		return resource(cloud.LogTrail, id, a, append(more, func(r *cloud.Resource) { r.Account = account })...)
	}
	account := resource(cloud.AccountKind, "a", attrs{"root_mfa": true})
	store := resource(cloud.ObjectStore, "s", attrs{"public": false}, link("encrypts-with", "k1"), link("encrypts-with", "d1"))
	key := resource(cloud.Key, "k1", attrs{"rotation": true})
	disk := resource(cloud.Disk, "d1", attrs{"encrypted": true})
	denied := func(kind cloud.Kind, account string) Input {
		return Input{Gaps: []cloud.ScopeGap{{Provider: "aws", Account: account, Region: "eu-west-1", Service: "x", Kinds: []cloud.Kind{kind}, Gap: cloud.Gap{Reason: cloud.Denied, Call: "x:List"}}}}
	}
	type rs = []cloud.Resource
	for _, c := range []struct {
		test string
		in   Input
		rs   rs
		want Outcome
		say  string
	}{
		{`all("log-trail").exists(t, t.logging)`, Input{}, rs{account, trail("t", "1", true)}, Pass, ""},
		{`all("log-trail").exists(t, t.logging)`, Input{}, rs{account, trail("t", "2", true)}, Fail, ""},
		{`all("log-trail").exists(t, t.logging)`, Input{}, rs{account}, Fail, ""},
		{`everywhere("log-trail").exists(t, t.logging)`, Input{}, rs{account, trail("t", "2", true)}, Pass, ""},
		{`all("log-trail").exists(t, t.logging)`, Input{}, rs{account, trail("t", "1", nil), trail("u", "1", true)}, Pass, ""},
		{`all("log-trail").exists(t, t.logging)`, Input{}, rs{account, trail("u", "1", true), trail("t", "1", nil)}, Pass, ""},
		{`all("log-trail").exists(t, t.logging)`, Input{}, rs{account, trail("t", "1", nil, gap("logging", cloud.Throttled, "ct:Get")), trail("u", "1", false)}, Unknown, "logging of the log-trail t was not read (throttled, ct:Get)"},
		{`all("log-trail").all(t, t.logging)`, Input{}, rs{account, trail("t", "1", nil), trail("u", "1", false)}, Fail, ""},
		{`all("log-trail").all(t, t.logging)`, Input{}, rs{account, trail("t", "1", nil), trail("u", "1", true)}, Unknown, ""},
		{`all("log-trail").exists_one(t, t.logging)`, Input{}, rs{account, trail("t", "1", nil), trail("u", "1", true)}, Unknown, ""},
		{`all("log-trail").filter(t, t.logging).size() == 1`, Input{}, rs{account, trail("t", "1", false), trail("u", "1", true)}, Pass, ""},
		{`all("log-trail").filter(t, t.logging).size() == 1`, Input{}, rs{account, trail("t", "1", nil), trail("u", "1", true)}, Unknown, ""},
		{`all("log-trail").map(t, t.name) == ["t", "u"]`, Input{}, rs{account, trail("t", "1", nil), trail("u", "1", true)}, Pass, ""},
		// Open lists.
		{`all("log-trail").exists(t, t.logging)`, denied("log-trail", "1"), rs{account, trail("t", "1", true)}, Pass, ""},
		{`all("log-trail").exists(t, t.logging)`, denied("log-trail", "1"), rs{account}, Unknown, "not every log-trail of aws:1:eu-west-1:x was read (denied, x:List)"},
		{`all("log-trail").exists(t, t.logging)`, denied("log-trail", "2"), rs{account}, Fail, ""},
		{`all("log-trail").exists(t, t.logging)`, denied("log-trail", ""), rs{account}, Unknown, ""},
		{`all("log-trail").exists(t, t.logging)`, denied("disk", "1"), rs{account}, Fail, ""},
		{`everywhere("log-trail").exists(t, t.logging)`, denied("log-trail", "2"), rs{account}, Unknown, ""},
		{`!all("log-trail").exists(t, t.logging)`, denied("log-trail", "1"), rs{account, trail("t", "1", false)}, Unknown, ""},
		{`all("log-trail").all(t, t.logging)`, denied("log-trail", "1"), rs{account, trail("t", "1", false)}, Fail, ""},
		{`all("log-trail").all(t, t.logging)`, denied("log-trail", "1"), rs{account, trail("t", "1", true)}, Unknown, ""},
		{`size(all("log-trail")) > 0`, denied("log-trail", "1"), rs{account, trail("t", "1", true)}, Unknown, ""},
		{`all("log-trail") != everywhere("log-trail")`, denied("log-trail", "1"), rs{account}, Unknown, ""},
		{`all("log-trail") == everywhere("log-trail")`, denied("log-trail", "1"), rs{account}, Unknown, ""},
		{`all("log-trail") == everywhere("log-trail")`, Input{}, rs{account, trail("t", "1", true)}, Pass, ""},
		{`all("log-trail") != everywhere("log-trail")`, Input{}, rs{account, trail("t", "2", true)}, Pass, ""},
		{`(all("log-trail") + everywhere("log-trail")).exists(t, t.logging)`, denied("log-trail", "2"), rs{account, trail("t", "1", true)}, Pass, ""},
		{`(all("log-trail") + everywhere("log-trail")).exists(t, t.logging)`, denied("log-trail", "2"), rs{account}, Unknown, ""},
		// A predicate that does not look at the member decides nothing about a rest that may be empty.
		{`all("log-trail").exists(t, true)`, denied("log-trail", "1"), rs{account}, Unknown, ""},
		{`all("log-trail").exists(t, false)`, denied("log-trail", "1"), rs{account}, Fail, ""},
		{`all("log-trail").all(t, false)`, denied("log-trail", "1"), rs{account}, Unknown, ""},
		{`all("log-trail").all(t, true)`, denied("log-trail", "1"), rs{account}, Pass, ""},
		{`all("log-trail").exists_one(t, true)`, denied("log-trail", "1"), rs{account}, Unknown, ""},
		{`all("log-trail").filter(t, true).size() == 0`, denied("log-trail", "1"), rs{account}, Unknown, ""},
		{`all("log-trail").map(t, 1).size() == 1`, denied("log-trail", "1"), rs{account}, Unknown, ""},
		{`all("log-trail").map(t, true, 1).size() == 1`, denied("log-trail", "1"), rs{account}, Unknown, ""},
		{`all("log-trail")[0].logging`, Input{}, rs{account, trail("t", "1", true)}, Pass, ""},
		{`all("log-trail")[0].logging`, Input{}, rs{account}, Error, "index out of bounds"},
		// Links.
		{`linked("encrypts-with", "key").exists(k, k.rotation)`, Input{}, rs{store, key, disk}, Pass, ""},
		{`linked("encrypts-with", "key").all(k, k.rotation)`, Input{}, rs{store, key, disk}, Pass, ""},
		{`linked("encrypts-with", "key").size() == 1`, Input{}, rs{store, key, disk}, Pass, ""},
		{`linked("encrypts-with", "key").size() == 1`, Input{}, rs{store, key}, Unknown, "d1 is not in the snapshot"},
		{`linked("encrypts-with", "key").all(k, k.rotation)`, Input{}, rs{store, disk}, Unknown, "k1 is not in the snapshot"},
		{`linked("logs-to", "log-store").size() == 1`, Input{}, rs{resource(cloud.ObjectStore, "s", nil, link("logs-to", "arn:aws:logs:eu:1:x"))}, Unknown, "cannot tell: arn:aws:logs:eu:1:x is not in the snapshot"},
		{`linked("logs-to", "key").size() == 0`, Input{}, rs{store, key, disk}, Pass, ""},
		{`linking("encrypts-with", "object-store").exists(s, s.name == "s")`, Input{}, rs{key, store}, Pass, ""},
		{`linking("encrypts-with", "object-store").size() == 0`, Input{}, rs{resource(cloud.Key, "k2", nil), store}, Pass, ""},
		{`linking("encrypts-with", "object-store").size() == 2`, Input{}, rs{key, store, resource(cloud.ObjectStore, "s2", nil, link("encrypts-with", "k1"), link("encrypts-with", "k1"))}, Pass, ""},
		{`linking("encrypts-with", "disk").size() == 0`, Input{}, rs{key, store, disk}, Pass, ""},
		{`linking("encrypts-with", "disk").size() == 0`, denied("disk", "2"), rs{key, store, disk}, Unknown, ""},
	} {
		f := answerIn(t, c.test, c.in, c.rs...)
		if f.Outcome != c.want || !strings.Contains(f.Message, c.say) {
			t.Errorf("%s about %d resources is %s, not %s: %s", c.test, len(c.rs), f.Outcome, c.want, f.Message)
		}
	}
}

func TestJoins_LinkedOfKindsInNeeds(t *testing.T) {
	c := question("q", cloud.ObjectStore, `linked("encrypts-with").all(k, k.rotation)`)
	if _, err := Compile([]Check{c}); err == nil || !strings.Contains(err.Error(), "needs names none") {
		t.Errorf("linked without a kind and without needs: %v", err)
	}
	c.Needs = []cloud.Kind{cloud.Key}
	other := question("other", cloud.ObjectStore, `everywhere("disk").size() >= 0`) // brings disks into the index
	set := compile(t, c, other)
	rs := []cloud.Resource{
		resource(cloud.ObjectStore, "s", nil, link("encrypts-with", "k"), link("encrypts-with", "d")),
		resource(cloud.Key, "k", attrs{"rotation": true}), resource(cloud.Disk, "d", nil),
	}
	findings, _ := runAll(t, set, Input{Source: sourceOf(rs)})
	if findings[1].Check != "q" || findings[1].Outcome != Pass {
		t.Errorf("another check's kinds were seen: %+v", findings[1])
	}
	c.Test = `linked("encrypts-with").exists(k, k.speed > 3)`
	findings, _ = runAll(t, compile(t, c), Input{Source: sourceOf(rs)})
	if findings[0].Outcome != Error || !strings.Contains(findings[0].Message, "a key has no field speed") {
		t.Errorf("a field that the target has not: %+v", findings[0])
	}
}
