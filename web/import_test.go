// SPDX-License-Identifier: Apache-2.0

package web_test

import (
	"net/http"
	"strings"
	"testing"

	"demarc.dev/demarc/check"
)

func TestImport(t *testing.T) {
	h := open(t, larkspur)
	page := text(h.do(http.MethodGet, "/import/f1", ""))
	for _, want := range []string{"Prowler 5.4.0", "nobody_knows_this", "&lt;b&gt;Something&lt;/b&gt; else", "arn:aws:s3:::larkspur-archive-alder", "1 fail there and not here"} {
		if !strings.Contains(page, want) {
			t.Errorf("the page of the report does not say %q", want)
		}
	}
	for at, want := range map[string]string{
		check.Fingerprint("object-store-encrypted", "arn:aws:s3:::larkspur-archive-alder"):                                                               "Of two answers the less flattering counts",
		check.Fingerprint("prowler:ec2_instance_public_ip", "210987654321\x00arn:aws:ec2:eu-west-1:210987654321:instance/i-7\x00ec2_instance_public_ip"): "muted in the tool",
	} {
		if page := text(h.do(http.MethodGet, "/finding/"+at, "")); !strings.Contains(page, want) || !strings.Contains(page, "/import/f1") {
			t.Errorf("the page of the finding does not say %q", want)
		}
	}
	sarif := `{"version":"2.1.0","runs":[{"tool":{"driver":{"name":"Checkov"}},"results":[{"ruleId":"CKV_AWS_20","message":{"text":"open"},"locations":[{"physicalLocation":{"artifactLocation":{"uri":"main.tf"}}}]}]}]}`
	r := h.send("/import", sent{name: "scan.sarif", file: strings.NewReader(sarif), fields: []string{"account", "210987654321", "name", "infra"}})
	if r.Code != http.StatusSeeOther || !strings.HasSuffix(r.Header().Get("Location"), "/import/f2") {
		t.Fatalf("taking a report in: %d to %q: %s", r.Code, r.Header().Get("Location"), text(r))
	}
	if page := text(h.do(http.MethodGet, "/import", "")); !strings.Contains(page, "scan.sarif") || !strings.Contains(page, "210987654321") {
		t.Error("the list does not name the report")
	}
	for name, c := range map[string]struct{ file, text, says string }{
		"an empty file": {"x.json", "", "is empty"}, "a page": {"x.html", "<html></html>", "page of HTML"}, "half a report": {"x.json", `[{"class_uid":2003`, "ends too early"},
	} {
		if r := h.send("/import", sent{name: c.file, file: strings.NewReader(c.text)}); r.Code < 400 || r.Code >= 500 || !strings.Contains(text(r), c.says) {
			t.Errorf("%s: %d, does not say %q", name, r.Code, c.says)
		}
	}
	if r := h.do(http.MethodPost, "/import/f2/remove", ""); r.Code != http.StatusSeeOther {
		t.Errorf("taking it out: %d", r.Code)
	}
	if r := h.do(http.MethodGet, "/import/f2", ""); r.Code != http.StatusNotFound {
		t.Errorf("a report that is out: %d", r.Code)
	}
}
