// SPDX-License-Identifier: Apache-2.0

package foreign_test

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/iotest"

	"demarc.dev/demarc/check"
	"demarc.dev/demarc/check/foreign"
	"demarc.dev/demarc/problem"
)

func read(t testing.TB, text []byte, o foreign.Options) (foreign.Head, []foreign.Result, error) {
	t.Helper()
	var out []foreign.Result
	head, err := foreign.Read("report", bytes.NewReader(text), o, func(r *foreign.Result) error {
		out = append(out, *r)
		return nil
	})
	return head, out, err
}

func sample(t testing.TB, name string) []byte {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// told is a result in one line: what a mistake in a parser would change.
func told(r *foreign.Result) string {
	words := fmt.Sprintf("%d %s %s %s %q %s/%s %s %s", r.At.Line, r.Tool, r.Version, r.Check, r.Title, r.Outcome, r.Severity, r.Resource.ID, r.Resource.Account)
	if !r.Seen.IsZero() {
		words += " " + r.Seen.Format("2006-01-02T15:04:05.999")
	}
	if r.Muted {
		words += " muted"
	}
	return words
}

func TestRead(t *testing.T) {
	for name, want := range map[string]struct {
		format  foreign.Format
		results []string
	}{
		"prowler.ocsf.json": {foreign.OCSF, []string{
			`2 prowler 5.4.0 s3_bucket_public_access "Buckets are closed" fail/critical arn:aws:s3:::larkspur-invoices 210987654321 2026-11-20T10:00:00.5`,
			`14 prowler 5.4.0 iam_support_role_created "A support role" notchecked/ arn:aws:iam::210987654321:root 210987654321 2025-11-20T10:00:00`,
			`19 prowler 5.4.0 core_minimize_privileged_containers "No privileged containers" pass/high pod-1  2025-11-20T10:00:00 muted`}},
		"finding.ocsf.jsonl": {foreign.OCSF, []string{
			`1 securityhub  S3.8 "Block at the bucket" pass/high arn:aws:s3:::a 210987654321 2026-11-20T10:00:00`,
			`1 securityhub  S3.8 "Block at the bucket" pass/high arn:aws:s3:::b 210987654321 2026-11-20T10:00:00`,
			`2 inspector  CVE-2026-0001 "overflow" fail/critical i-0a  2025-11-20T10:00:00`,
			`2 inspector  CVE-2026-0002 "A package has flaws" fail/medium i-0a  2025-11-20T10:00:00`,
			`4 demarc 0.9 key-rotation "Encryption keys rotate every year" unknown/low k  2025-11-20T10:00:00`,
			`5 guardduty  g-1 "Odd call" fixed/ 210987654321 210987654321`}},
		"prowler.csv": {foreign.ProwlerCSV, []string{
			`2 prowler 5.4.0 ec2_ebs_volume_encryption "Volumes are encrypted" fail/medium arn:aws:ec2:eu-central-1:210987654321:volume/vol-1 210987654321 2026-11-20T10:00:00.123`,
			`4 prowler 5.4.0 s3_bucket_default_encryption "Buckets are encrypted" pass/high arn:aws:s3:::larkspur-invoices 210987654321 2026-11-20T10:00:01 muted`}},
		"asff.json": {foreign.ASFF, []string{
			`2 securityhub  EC2.2 "Default groups hold no rules" fail/high arn:aws:ec2:eu-central-1:210987654321:security-group/sg-1 210987654321 2026-11-20T10:00:00 muted`,
			`7 securityhub  cis-1.2.0/1.13 "1.13" pass/critical arn:aws:iam::210987654321:root 210987654321 2026-11-19T10:00:00`,
			`9 inspector  AWSInspector "CVE-2026-0001" fail/medium arn:aws:ec2:eu-central-1:210987654321:instance/i-1 210987654321`,
			`11 securityhub  S3.8 "S3.8" notselected/low arn:aws:s3:::gone 210987654321`,
			`13 prowler  iam_root_mfa_enabled "Root MFA" unknown/critical arn:aws:iam::210987654321:root 210987654321`}},
		"results.sarif": {foreign.SARIF, []string{
			`3 checkov 3.2.1 CKV_AWS_20 "No public ACL" fail/high aws_s3_bucket.open  2026-11-20T10:00:00`,
			`4 checkov 3.2.1 CKV_AWS_18 "Access logs" pass/medium main.tf  2026-11-20T10:00:00`,
			`5 checkov 3.2.1 X-1 "" fail/critical   2026-11-20T10:00:00 muted`}},
		"trivy.json": {foreign.Trivy, []string{
			`3 trivy 0.69.0 AVD-AWS-0086 "Block public ACLs" fail/high aws_s3_bucket.data  2026-11-20T09:00:00.5`,
			`4 trivy 0.69.0 KSV017 "Privileged" pass/high main.tf  2026-11-20T09:00:00.5`,
			`5 trivy 0.69.0 CVE-2026-0003 "overflow" fail/critical app (alpine 3.20)#libssl  2026-11-20T09:00:00.5`,
			`6 trivy 0.69.0 secret/aws-access-key-id "AWS Access Key ID" fail/critical env  2026-11-20T09:00:00.5`}},
		"checkov.json": {foreign.Checkov, []string{
			`2 checkov  CKV_AWS_19 "Encrypted" pass/ aws_s3_bucket.data `,
			`3 checkov  CKV_AWS_18 "Access log" fail/medium module.x.aws_s3_bucket.data `,
			`4 checkov  CKV_AWS_21 "Versioning" notchecked/ aws_s3_bucket.data  muted`,
			`5 checkov  parsing_error "A file that could not be read" error/ /broken.tf `}},
		"kube-bench.json": {foreign.KubeBench, []string{
			`2 kube-bench  cis-1.8/1.2.1 "Anonymous requests are off" fail/ master `,
			`3 kube-bench  cis-1.8/1.2.2 "No token file" pass/ master `,
			`4 kube-bench  cis-1.8/1.2.3 "Look at it" notchecked/ master `}},
		"aws-config.json": {foreign.Config, []string{
			`2 aws-config  securityhub-encrypted-volumes-1a2b3c4d "" fail/ vol-1  2026-11-19T10:00:00`,
			`3 aws-config  encrypted-volumes "" pass/ vol-2 `,
			`4 aws-config  our-own-rule "" unknown/ vol-2 `}},
		"xccdf.xml": {foreign.XCCDF, []string{
			`10 openscap 1.3.10 xccdf_org.ssgproject.content_rule_sshd_disable_root_login "Root does not sign in by SSH" fail/medium ledger-1.example.org  2026-11-20T10:00:00`,
			`11 openscap 1.3.10 xccdf_org.ssgproject.content_rule_package_aide_installed "AIDE & friends" notapplicable/high ledger-1.example.org  2026-11-20T10:00:00`,
			`12 openscap 1.3.10 xccdf_org.ssgproject.content_rule_x "" notselected/ ledger-1.example.org  2026-11-20T10:00:00`}},
		"arf.xml": {foreign.XCCDF, []string{`7 openscap 1.3.10 r1 "Clocks are set" pass/high host-1  2026-11-20T10:00:00`}},
	} {
		t.Run(name, func(t *testing.T) {
			text := sample(t, name)
			head, results, err := read(t, text, foreign.Options{})
			if err != nil {
				t.Fatal(err)
			}
			if head.Format != want.format || head.Results != int64(len(results)) || head.Bytes != int64(len(text)) {
				t.Errorf("head %+v, want %s with %d results", head, want.format, len(results))
			}
			for i := range max(len(results), len(want.results)) {
				got, expect := "", ""
				if i < len(results) {
					got = told(&results[i])
				}
				if i < len(want.results) {
					expect = want.results[i]
				}
				if got != expect {
					t.Errorf("result %d:\ngot  %s\nwant %s", i, got, expect)
				}
			}
		})
	}
}

func TestRead_KeepsWhatMendsIt(t *testing.T) {
	_, results, err := read(t, sample(t, "prowler.ocsf.json"), foreign.Options{})
	if err != nil || results[0].Link != "https://example.org/fix/s3" || results[0].Message != "Bucket larkspur-invoices is open to everyone." {
		t.Errorf("%v %+v", err, results[0])
	}
	if r := results[0].Resource; r.Region != "eu-central-1" || r.Kind != "AwsS3Bucket" || r.Name != "larkspur-invoices" || r.Provider != "aws" {
		t.Errorf("resource %+v", r)
	}
}

func TestRead_OptionsFillWhatIsMissing(t *testing.T) {
	_, results, err := read(t, sample(t, "checkov.json"), foreign.Options{Account: "210987654321"})
	if err != nil || results[0].Resource.Account != "210987654321" {
		t.Errorf("%v %+v", err, results[0])
	}
	_, results, err = read(t, sample(t, "prowler.csv"), foreign.Options{Account: "1"})
	if err != nil || results[0].Resource.Account != "210987654321" {
		t.Errorf("an account that is named is replaced: %v %+v", err, results[0])
	}
}

func TestRead_Packed(t *testing.T) {
	for _, name := range []string{"prowler.ocsf.json", "prowler.csv", "xccdf.xml"} {
		var packed bytes.Buffer
		z := gzip.NewWriter(&packed)
		if _, err := z.Write(sample(t, name)); err != nil {
			t.Fatal(err)
		}
		if err := z.Close(); err != nil {
			t.Fatal(err)
		}
		_, plain, err := read(t, sample(t, name), foreign.Options{})
		if err != nil {
			t.Fatal(err)
		}
		_, got, err := read(t, packed.Bytes(), foreign.Options{})
		if err != nil || fmt.Sprint(got) != fmt.Sprint(plain) {
			t.Errorf("%s, packed: %v", name, err)
		}
		if _, _, err := read(t, packed.Bytes()[:packed.Len()-9], foreign.Options{}); problem.Of(err) != problem.Invalid {
			t.Errorf("%s, packed and cut: %v", name, err)
		}
		if _, _, err := read(t, packed.Bytes(), foreign.Options{MaxBytes: 100}); err == nil || !strings.Contains(err.Error(), "larger than") {
			t.Errorf("%s, larger than allowed: %v", name, err)
		}
	}
}

func TestRead_ByteOrderMark(t *testing.T) {
	for _, name := range []string{"prowler.ocsf.json", "prowler.csv", "xccdf.xml"} {
		_, plain, err := read(t, sample(t, name), foreign.Options{})
		if err != nil {
			t.Fatal(err)
		}
		_, got, err := read(t, append([]byte("\xef\xbb\xbf"), sample(t, name)...), foreign.Options{})
		if err != nil || len(got) != len(plain) {
			t.Fatalf("%s: %v", name, err)
		}
		for i := range got {
			if got[i].At.Line != plain[i].At.Line || got[i].At.Offset != plain[i].At.Offset+3 {
				t.Errorf("%s: result %d stands at %+v, want three bytes behind %+v", name, i, got[i].At, plain[i].At)
			}
		}
	}
}

func TestRead_SlowInput(t *testing.T) {
	for _, name := range names(t) {
		_, plain, err := read(t, sample(t, name), foreign.Options{})
		if err != nil {
			t.Fatal(err)
		}
		var got []foreign.Result
		_, err = foreign.Read(name, iotest.OneByteReader(bytes.NewReader(sample(t, name))), foreign.Options{}, func(r *foreign.Result) error {
			got = append(got, *r)
			return nil
		})
		if err != nil || fmt.Sprint(got) != fmt.Sprint(plain) {
			t.Errorf("%s, byte by byte: %v", name, err)
		}
	}
}

func names(t testing.TB) []string {
	t.Helper()
	all, err := os.ReadDir("testdata")
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, e := range all {
		if !e.IsDir() {
			out = append(out, e.Name())
		}
	}
	return out
}

// TestRead_Truncated cuts each report at many places: what is left is refused, or
// is a whole report with fewer lines.
func TestRead_Truncated(t *testing.T) {
	for _, name := range names(t) {
		text := sample(t, name)
		_, whole, err := read(t, text, foreign.Options{})
		if err != nil {
			t.Fatal(err)
		}
		lines := strings.HasSuffix(name, ".jsonl") || strings.HasSuffix(name, ".csv")
		for cut := 0; cut < len(bytes.TrimRight(text, "\n")); cut += 5 {
			_, got, err := read(t, text[:cut], foreign.Options{})
			if err != nil && problem.Of(err) != problem.Invalid {
				t.Fatalf("%s cut at %d: %v", name, cut, err)
			}
			if err == nil && (!lines || len(got) > len(whole)) {
				t.Fatalf("%s cut at %d gives %d results and no error", name, cut, len(got))
			}
		}
	}
}

func TestRead_Refuses(t *testing.T) {
	deep := `[{"class_uid":2003,"x":` + strings.Repeat("[", 2000) + strings.Repeat("]", 2000) + `}]`
	row := "CHECK_ID;STATUS;STATUS_EXTENDED;RESOURCE_UID\n"
	for name, c := range map[string]struct{ text, says, hint string }{
		"nothing":            {"", "the file is empty", "again"},
		"blanks":             {"\n \n", "empty", "again"},
		"empty JSON":         {"{}", "empty", "read are"},
		"another JSON":       {`{"hello": "world", "and": ["so", "on"], "for": "a while and longer than that"}`, "not known", "Prowler CSV"},
		"words":              {"hello\nworld\n", "no JSON", "read are"},
		"HTML":               {"<!DOCTYPE html><html><body>Benchmark TestResult</body></html>", "page of HTML", "read are"},
		"JUnit":              {`<?xml version="1.0"?><testsuites></testsuites>`, "JUnit", "read are"},
		"zip":                {"PK\x03\x04rest", "zip archive", "unzip"},
		"UTF-16":             {"\xff\xfe[\x00]\x00", "UTF-16", "iconv"},
		"UTF-16 without BOM": {"[\x00{\x00", "UTF-16", "iconv"},
		"broken gzip":        {"\x1f\x8b\x08no", "gzip", "pack it again"},
		"old Prowler":        {`[{"StatusExtended":"x","CheckID":"y","Status":"FAIL"}]`, "old Prowler", "json-ocsf"},
		"plan":               {`{"format_version":"1.2","planned_values":{},"resource_changes":[]}`, "Terraform plan", "demarc collect terraform"},
		"rules only":         {`{"ConfigRules":[{"ConfigRuleName":"x"}], "NextToken": "long enough to be something else"}`, "no results", "describe-compliance"},
		"deep":               {deep, "deeper than 1000", "right file"},
		"NaN":                {`[{"class_uid":2003,` + "\n" + `"time":NaN}]`, "line 2, byte 27: NaN", "null"},
		"not UTF-8":          {"[{\"class_uid\":2003,\"message\":\"\xff\"}]", "UTF-8", "iconv"},
		"a comma too many":   {"[{\"class_uid\":2003},\n]", "line 2, byte 21", "as the tool wrote it"},
		"two documents":      {`{"version":"2.1.0","runs":[]} x`, "byte 30", "tool"},
		"entities":           {`<?xml version="1.0"?><!DOCTYPE TestResult [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><TestResult><target>&b;</target></TestResult>`, "document type", "right file"},
		"outside entity":     {`<TestResult><target>&file;</target></TestResult>`, "entity", "not read"},
		"deep XML":           {"<TestResult>" + strings.Repeat("<a>", 300), "deeper than 200", "right file"},
		"Latin-1 XML":        {`<?xml version="1.0" encoding="ISO-8859-1"?><TestResult></TestResult>`, "UTF-8", "iconv"},
		"XML without end":    {`<TestResult><target>x</target>`, "too early", "copy it"},
		"CSV with commas":    {"CHECK_ID,STATUS,STATUS_EXTENDED\nx,y,z\n", "column", "semicolons"},
		"CSV, short row":     {row + "a;b\n", "line 2", "Prowler"},
		"CSV, open quote":    {row + "a;b;\"c;d\n", "line", "Prowler"},
	} {
		_, _, err := read(t, []byte(c.text), foreign.Options{})
		var p *problem.Problem
		if !errors.As(err, &p) || p.Kind != problem.Invalid || !strings.HasPrefix(p.Sentence, "report: ") {
			t.Errorf("%s: %v, want a problem that names the report", name, err)
			continue
		}
		if !strings.Contains(p.Sentence, c.says) || !strings.Contains(p.Hint, c.hint) {
			t.Errorf("%s: %q, hint %q; want %q and %q", name, p.Sentence, p.Hint, c.says, c.hint)
		}
	}
}

func TestRead_EmptyReports(t *testing.T) {
	for _, text := range []string{`{"Findings":[]}`, `{"version":"2.1.0","runs":[{"tool":{"driver":{"name":"x"}},"results":[]}]}`, `{"SchemaVersion":2,"ArtifactName":"a"}`,
		`{"passed":0,"failed":0,"skipped":0,"parsing_errors":0,"resource_count":0,"checkov_version":"3.2.1"}`, `{"EvaluationResults":[]}`, `<TestResult></TestResult>`} {
		if head, got, err := read(t, []byte(text), foreign.Options{}); err != nil || len(got) != 0 {
			t.Errorf("%s: %+v, %d results, %v", text, head, len(got), err)
		}
	}
}

func TestRead_BoundsARecord(t *testing.T) {
	quote := "CHECK_ID;STATUS;STATUS_EXTENDED;RESOURCE_UID\na;FAIL;\"" + strings.Repeat("x", foreign.MaxRecord+1<<20)
	text := "<TestResult><target>" + strings.Repeat("x", foreign.MaxRecord+1<<20)
	word := `[{"class_uid":2004,"metadata":{"event_code":"` + strings.Repeat("x", foreign.MaxRecord+1<<20) + `"}}]`
	for _, long := range []string{quote, text, word} {
		if _, _, err := read(t, []byte(long), foreign.Options{}); problem.Of(err) != problem.Invalid || !strings.Contains(err.Error(), "longer than") {
			t.Errorf("%.40s…: %v", long, err)
		}
	}
}

func TestRead_EmitsErrorComesBack(t *testing.T) {
	stop := problem.New(problem.Conflict, "enough", "")
	for _, name := range names(t) {
		n := 0
		_, err := foreign.Read(name, bytes.NewReader(sample(t, name)), foreign.Options{}, func(*foreign.Result) error { n++; return stop })
		if err != error(stop) || n != 1 {
			t.Errorf("%s: %v after %d", name, err, n)
		}
	}
}

func TestOutcome_NothingUnknownIsAPass(t *testing.T) {
	for _, o := range []foreign.Outcome{foreign.Error, foreign.Unknown, foreign.NotChecked, foreign.NotSelected, foreign.Informational, "a new word", ""} {
		if got, ok := o.Judged(); ok && got != check.Unknown {
			t.Errorf("%q is judged as %s", o, got)
		}
	}
}

func FuzzRead(f *testing.F) {
	for _, name := range names(f) {
		f.Add(sample(f, name))
	}
	f.Add([]byte(`{"runs":[{"results":[{"ruleIndex":99999999999}]}]}`))
	f.Add([]byte(`[{"class_uid":2003,"time":1e400}]`))
	f.Fuzz(func(t *testing.T, text []byte) {
		last := foreign.Place{}
		head, err := foreign.Read("report", bytes.NewReader(text), foreign.Options{MaxBytes: 1 << 20}, func(r *foreign.Result) error {
			if r.Tool == "" || r.Outcome == "" || r.At.Line < 1 || r.At.Offset < 0 || r.At.Offset > int64(len(text)) && text[0] != 0x1f {
				t.Fatalf("a result without tool, outcome or place: %+v", r)
			}
			if r.At.Line < last.Line {
				t.Fatalf("line %d after line %d", r.At.Line, last.Line)
			}
			last = r.At
			return nil
		})
		if err != nil && problem.Of(err) != problem.Invalid && !errors.Is(err, gzip.ErrHeader) {
			t.Fatalf("an error that nobody can mend: %v (%+v)", err, head)
		}
	})
}
