// SPDX-License-Identifier: Apache-2.0

package export

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"encoding/json"
	"encoding/xml"
	"errors"
	"flag"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/santhosh-tekuri/jsonschema/v6"

	"demarc.dev/demarc/check"
	"demarc.dev/demarc/cloud"
)

var update = flag.Bool("update", false, "rewrite the golden files")

func options() Options {
	return Options{
		Version: "0.1.0", Time: time.Date(2026, 6, 1, 12, 0, 0, 0, time.UTC), Artifact: "infra/plan one.json",
		Checks: []check.Check{
			{ID: "store-public", Title: "Object store is closed", Severity: check.Critical, Effort: "minutes", Why: "open to <all> & sundry", Proves: []check.Proof{{Duty: "9.4.1-C1"}, {Duty: "CLD.9.5.1-C1"}},
				Fix: check.Fix{Console: "close it", Terraform: "block_public_acls = true\n"}, References: []string{"https://docs.example/s3"}},
			{ID: "disk-encrypted", Title: "Disk is encrypted", Severity: check.Low},
		},
		Exceptions: []check.Exception{{ID: "website", Reason: "it is the website", ApprovedBy: "Ada Byron", Until: time.Date(2026, 12, 31, 0, 0, 0, 0, time.UTC)}},
	}
}

// findings hold every outcome, an exception, a scope, hostile names, and a check
// that the options do not know.
func findings() []check.Finding {
	at := time.Date(2026, 5, 31, 8, 0, 0, 0, time.UTC)
	base := check.Finding{Check: "store-public", Severity: check.Critical, Kind: cloud.ObjectStore, Native: "s3.bucket", Provider: "aws", Source: "live", Account: "111122223333", Region: "eu-west-1",
		Seen: cloud.Seen{At: at, Call: "s3:GetBucketPolicy", Request: "R1"}, Fields: []string{"public"}}
	make := func(id, name string, o check.Outcome, message string, change ...func(*check.Finding)) check.Finding {
		f := base
		f.Resource, f.Name, f.Outcome, f.Message = id, name, o, message
		for _, c := range change {
			c(&f)
		}
		f.Fingerprint = check.Fingerprint(f.Check, f.Resource)
		return f
	}
	return []check.Finding{
		make("arn:aws:s3:::a", "a", check.Pass, "Object store is closed"),
		make("arn:aws:s3:::b", "b", check.Fail, "b is open: public is true", func(f *check.Finding) { f.Exposed, f.Raw, f.Tenant = true, strings.Repeat("ab", 32), "t1" }),
		make("arn:aws:s3:::www", "www", check.Fail, "www is open", func(f *check.Finding) { f.Exception = "website" }),
		make("arn:aws:s3:::c", "c", check.Unknown, "cannot tell: public was not read (denied, s3:GetBucketPolicy)"),
		make("arn:aws:s3:::d", "=cmd|'/c calc'!A1", check.NotApplicable, "does not apply: <script>alert(\"1\")</script> & ünïcode \u2028 is false"),
		make("arn:aws:s3:::e\x01\x1b[31m", "@e", check.Error, "the check's test is faulty: ]]> no such key\nnext line"),
		make("aws:111122223333:eu-west-1:ec2", "", check.Unknown, "cannot tell: the disk of aws:111122223333:eu-west-1:ec2 was not read (denied)", func(f *check.Finding) {
			f.Check, f.Severity, f.Kind, f.Native, f.Seen, f.Fields = "disk-encrypted", check.Low, cloud.Disk, "scope", cloud.Seen{}, nil
		}),
		make("arn:aws:s3:::f", "f", check.Fail, "another check", func(f *check.Finding) { f.Check, f.Severity, f.Account, f.Region = "not-known", check.Medium, "", "" }),
	}
}

func write(t testing.TB, format string, o Options, list []check.Finding) []byte {
	t.Helper()
	var out bytes.Buffer
	w, err := New(format, &out, o)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range list {
		if err := w.Write(f); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func TestGolden_Formats(t *testing.T) {
	for _, format := range Formats() {
		path := filepath.Join("testdata", "findings."+format)
		got := write(t, format, options(), findings())
		if again := write(t, format, options(), findings()); !bytes.Equal(got, again) {
			t.Errorf("%s: the same findings gave other bytes", format)
		}
		if *update {
			if err := os.WriteFile(path, got, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(string(want), string(got)); diff != "" {
			t.Errorf("%s differs (-want +got):\n%s", path, diff)
		}
	}
}

// TestSchema validates what is written against schemas of our own for the part
// of the formats that is used; they allow nothing that is not named.
func TestSchema(t *testing.T) {
	sarif, ocsf := schema(t, "sarif.schema.json"), schema(t, "ocsf.schema.json")
	for _, list := range [][]check.Finding{findings(), nil} {
		for _, o := range []Options{options(), {Time: options().Time}} {
			validate(t, sarif, write(t, "sarif", o, list))
			lines := bufio.NewScanner(bytes.NewReader(write(t, "ocsf", o, list)))
			for lines.Scan() {
				validate(t, ocsf, lines.Bytes())
			}
		}
	}
}

// TestSchema_Strict shows that the schemas refuse what they must.
func TestSchema_Strict(t *testing.T) {
	refuse := func(name string, s *jsonschema.Schema, text, old, new string) {
		t.Helper()
		changed := strings.Replace(text, old, new, 1)
		if changed == text {
			t.Fatalf("%s: %q is not in the text", name, old)
		}
		v, err := jsonschema.UnmarshalJSON(strings.NewReader(changed))
		if err != nil {
			t.Fatal(err)
		}
		if s.Validate(v) == nil {
			t.Errorf("%s: %s in place of %s was accepted", name, new, old)
		}
	}
	sarif, ocsf := schema(t, "sarif.schema.json"), schema(t, "ocsf.schema.json")
	log := string(write(t, "sarif", options(), findings()))
	refuse("sarif", sarif, log, `"kind":"pass","level":"none"`, `"kind":"pass","level":"error"`)
	refuse("sarif", sarif, log, `"kind":"open"`, `"kind":"unknown"`)
	refuse("sarif", sarif, log, `"ruleId"`, `"rule"`)
	refuse("sarif", sarif, log, `"physicalLocation"`, `"place"`)
	refuse("sarif", sarif, log, `"uri":"infra/plan%20one.json"`, `"uri":"/infra/plan.json"`)
	refuse("sarif", sarif, log, `"uri":"infra/plan%20one.json"`, `"uri":"infra/plan one.json"`)
	refuse("sarif", sarif, log, `"uri":"infra/plan%20one.json"`, `"uri":"50%.json"`)
	refuse("sarif", sarif, log, `"version":"2.1.0"`, `"version":"2.0.0"`)
	event, _, _ := strings.Cut(string(write(t, "ocsf", options(), findings())), "\n")
	refuse("ocsf", ocsf, event, `"class_uid":2003`, `"class_uid":2004`)
	refuse("ocsf", ocsf, event, `"type_uid":200301`, `"type_uid":200399`)
	refuse("ocsf", ocsf, event, `"status":"Pass"`, `"status":"Fail"`)
	refuse("ocsf", ocsf, event, `"time":1780315200000`, `"time":"2026"`)
	refuse("ocsf", ocsf, event, `"message"`, `"massage"`)
}

func schema(t *testing.T, name string) *jsonschema.Schema {
	t.Helper()
	s, err := jsonschema.NewCompiler().Compile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func validate(t *testing.T, s *jsonschema.Schema, data []byte) {
	t.Helper()
	v, err := jsonschema.UnmarshalJSON(bytes.NewReader(data))
	if err != nil {
		t.Fatalf("%v in %s", err, data)
	}
	if err := s.Validate(v); err != nil {
		t.Errorf("%v\n%s", err, data)
	}
}

func TestJSON_RoundTrip(t *testing.T) {
	var array []check.Finding
	if err := json.Unmarshal(write(t, "json", options(), findings()), &array); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(findings(), array); diff != "" {
		t.Error(diff)
	}
	var lines []check.Finding
	d := json.NewDecoder(bytes.NewReader(write(t, "jsonl", options(), findings())))
	for d.More() {
		var f check.Finding
		if err := d.Decode(&f); err != nil {
			t.Fatal(err)
		}
		lines = append(lines, f)
	}
	if diff := cmp.Diff(findings(), lines); diff != "" {
		t.Error(diff)
	}
	if got := string(write(t, "json", options(), nil)); got != "[]\n" {
		t.Errorf("no findings are %q", got)
	}
}

func TestCSV_Guard(t *testing.T) {
	for cell, want := range map[string]string{
		"": "", "plain": "plain", "=1+1": "'=1+1", "+1": "'+1", "-1": "'-1", "@x": "'@x", "\tx": "'\tx", "\r=x": "'\r=x", "\n=1": "'\n=1", "  =x": "'  =x", "\u00a0=x": "'\u00a0=x",
		"＝x": "'＝x", "|x": "'|x", "%x": "'%x", "a=b": "a=b", "arn:aws:s3:::-": "arn:aws:s3:::-", "'=x": "'=x", " x": " x",
	} {
		if got := guard(cell); got != want {
			t.Errorf("guard(%q) = %q, want %q", cell, got, want)
		}
	}
	rows, err := csv.NewReader(bytes.NewReader(write(t, "csv", options(), findings()))).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	if len(rows) != len(findings())+1 || !slices.Equal(rows[0], csvColumns()) {
		t.Fatalf("%d rows, first %v", len(rows), rows[0])
	}
	name := slices.Index(rows[0], "name")
	if rows[5][name] != "'=cmd|'/c calc'!A1" || rows[6][name] != "'@e" || rows[1][name] != "a" {
		t.Errorf("names: %q %q %q", rows[5][name], rows[6][name], rows[1][name])
	}
}

func TestJUnit_Counts(t *testing.T) {
	var got junitSuites
	if err := xml.Unmarshal(write(t, "junit", options(), findings()), &got); err != nil {
		t.Fatal(err)
	}
	if got.Tests != 8 || got.Failures != 2 || got.Errors != 1 || got.Skipped != 4 || len(got.Suites) != 3 {
		t.Errorf("%+v", got)
	}
	passed := 0
	for _, s := range got.Suites {
		if len(s.Cases) != s.Tests {
			t.Errorf("%s: %d cases, %d counted", s.Name, len(s.Cases), s.Tests)
		}
		for _, c := range s.Cases {
			if c.Failure == nil && c.Error == nil && c.Skipped == nil {
				passed++
			}
		}
	}
	if passed != 1 {
		t.Errorf("%d cases look passed; one finding is a pass", passed)
	}
}

func TestNew_Unknown(t *testing.T) {
	if _, err := New("xlsx", &bytes.Buffer{}, Options{}); err == nil || !strings.Contains(err.Error(), "csv, json, jsonl, junit, ocsf, sarif") {
		t.Error(err)
	}
}

type broken struct{ after int }

func (b *broken) Write(p []byte) (int, error) {
	if b.after -= len(p); b.after < 0 {
		return 0, errors.New("disk full")
	}
	return len(p), nil
}

func TestWriter_DiskFull(t *testing.T) {
	for _, format := range Formats() {
		w, err := New(format, &broken{after: 100_000}, options())
		for i := 0; i < 2000 && err == nil; i++ {
			err = w.Write(findings()[1])
		}
		if err == nil {
			err = w.Close()
		}
		if err == nil {
			t.Errorf("%s: a full disk was not told", format)
		}
	}
}

func TestFileURI(t *testing.T) {
	for path, want := range map[string]string{"plan.json": "plan.json", "a b/plan.json": "a%20b/plan.json", "/x/plan.json": "file:///x/plan.json", `C:\x\plan.json`: "file:///C:/x/plan.json", `a\b`: "a/b", "a:b": "./a:b", "50%": "50%25"} {
		if got := fileURI(path); got != want {
			t.Errorf("fileURI(%q) = %q, want %q", path, got, want)
		}
	}
}

func TestPlaceURI(t *testing.T) {
	for want, segments := range map[string][]string{
		"aws/111122223333/eu-west-1/object-store/b":      {"aws", "111122223333", "eu-west-1", "object-store", "b"},
		"aws/-/-/user/arn%3Aaws%3Aiam%3A%3A1%3Auser%2Fx": {"aws", "", "", "user", "arn:aws:iam::1:user/x"},
		"a%3Ab/_../_./_.../%20%25%0A%FF%3F%23%5C":        {"a:b", "..", ".", "...", " %\n\xff?#\\"},
	} {
		got := placeURI(segments...)
		u, err := url.Parse(got)
		if got != want || err != nil || u.IsAbs() || u.Host != "" || u.RawQuery != "" || u.Fragment != "" {
			t.Errorf("%q, want %q (%v)", got, want, err)
		}
	}
}

// TestSARIF_Rules puts the rules of SARIF 2.1.0 that a schema cannot say, and
// those of code hosts, to what is written.
func TestSARIF_Rules(t *testing.T) {
	bare := options()
	bare.Artifact = ""
	for _, o := range []Options{options(), bare} {
		var log struct {
			Runs []struct {
				Tool    struct{ Driver sarifDriver }
				Results []sarifResult
			}
		}
		if err := json.Unmarshal(write(t, "sarif", o, findings()), &log); err != nil {
			t.Fatal(err)
		}
		if len(log.Runs) != 1 || len(log.Runs[0].Results) != len(findings()) {
			t.Fatalf("%d runs", len(log.Runs))
		}
		rules := log.Runs[0].Tool.Driver.Rules
		for i, r := range log.Runs[0].Results {
			f := findings()[i]
			if r.RuleIndex != nil && rules[*r.RuleIndex].ID != r.RuleID { // 3.27.6
				t.Errorf("%s: its index is that of %s", r.RuleID, rules[*r.RuleIndex].ID)
			}
			if (r.Kind == "fail") == (r.Level == "none") { // 3.27.10
				t.Errorf("%s: kind %s with level %s", f.Resource, r.Kind, r.Level)
			}
			if len(r.Locations) != 1 || r.Locations[0].Logical[0].FullyQualifiedName != f.Resource {
				t.Fatalf("%s: %+v", f.Resource, r.Locations)
			}
			uri := r.Locations[0].Physical.Artifact.URI // 3.4.3
			u, err := url.Parse(uri)
			if err != nil || u.IsAbs() || strings.HasPrefix(uri, "/") || uri == "" || u.String() != uri {
				t.Errorf("%s: %q is no relative URI (%v)", f.Resource, uri, err)
			}
			if want := strings.Count(uri, "/"); o.Artifact == "" && (want != 4 || !strings.HasPrefix(uri, "aws/")) {
				t.Errorf("%s: %q does not tell provider, account, region, kind and name", f.Resource, uri)
			}
			if o.Artifact != "" && uri != "infra/plan%20one.json" {
				t.Errorf("%s: %q is not the file that was looked at", f.Resource, uri)
			}
		}
	}
}
