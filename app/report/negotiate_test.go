// SPDX-License-Identifier: Apache-2.0

package report_test

import (
	"archive/zip"
	"bytes"
	"io"
	"regexp"
	"strings"
	"testing"
	"time"

	"demarc.dev/demarc/agreement"
	"demarc.dev/demarc/agreement/text"
	"demarc.dev/demarc/app/report"
	"demarc.dev/demarc/document"
)

const oneSided = `# Terms of Postrider

1. Incidents. Provider will notify Customer of security breaches of Customer Data without undue delay.

2. Location. Provider may process and store Customer Data in any country where it or its affiliates operate.

3. Fees. Customer shall pay the fees within 30 days.
`

func negotiated(t *testing.T) report.Agreement {
	t.Helper()
	r := text.NewReader(text.Options{})
	t.Cleanup(func() { r.Close() })
	d, err := r.Read(t.Context(), "terms.md", []byte(oneSided))
	if err != nil {
		t.Fatal(err)
	}
	library, err := agreement.Shipped()
	if err != nil {
		t.Fatal(err)
	}
	docs := []*text.Document{d}
	return report.Agreement{Paper: report.Paper{Classification: "Confidential"}, Organisation: "Larkspur & Co", Name: "Postrider: terms", At: time.Date(2026, 11, 25, 9, 0, 0, 0, time.UTC), Review: agreement.Judge(docs, library.Packs), Packs: library.Packs, Documents: docs}
}

var (
	inserted = regexp.MustCompile(`<w:ins w:id="\d+" w:author="Larkspur &amp; Co" w:date="2026-11-25T09:00:00Z"><w:r><w:t xml:space="preserve">([^<]*)`)
	deleted  = regexp.MustCompile(`<w:del w:id="\d+"[^>]*><w:r><w:delText xml:space="preserve">([^<]*)`)
)

// TestRedline: with every change rejected it is the agreement, word for word;
// what is adverse is taken out, and what is missing stands at the end.
func TestRedline(t *testing.T) {
	a := negotiated(t)
	data, err := report.AgreementRedline(a)
	if err != nil {
		t.Fatal(err)
	}
	again, err := report.AgreementRedline(a)
	if err != nil || !bytes.Equal(data, again) {
		t.Errorf("it is another the second time: %v", err)
	}
	z, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		t.Fatal(err)
	}
	f, err := z.Open("word/document.xml")
	if err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(f)
	if err != nil {
		t.Fatal(err)
	}
	gone := ""
	for _, m := range deleted.FindAllStringSubmatch(string(body), -1) {
		gone += m[1]
	}
	if !strings.Contains(gone, "in any country") || strings.Contains(gone, "shall pay") {
		t.Errorf("taken out: %q", gone)
	}
	added := inserted.FindAllStringSubmatch(string(body), -1)
	if len(added) < 10 || !strings.Contains(added[len(added)-1][1], "A") {
		t.Errorf("%d proposals", len(added))
	}
	plain := regexp.MustCompile(`<w:ins [^>]*>.*?</w:ins>`).ReplaceAllString(string(body), "")
	plain = regexp.MustCompile(`</w:p>`).ReplaceAllString(plain, " ")
	plain = strings.ReplaceAll(regexp.MustCompile(`<[^>]*>`).ReplaceAllString(plain, ""), "&#39;", "'")
	for _, words := range []string{"Provider may process and store Customer Data in any country where it or its affiliates operate.", "Customer shall pay the fees within 30 days."} {
		if !strings.Contains(plain, words) {
			t.Errorf("with the changes rejected %q is not whole: %s", words, plain)
		}
	}
}

func TestLetter(t *testing.T) {
	a := negotiated(t)
	d, err := report.AgreementLetter(a)
	if err != nil {
		t.Fatal(err)
	}
	out, err := document.HTML(d)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"Changes that we ask for", "in any country", "Wording that we propose", "not legal advice", "GDPR", "agrees the contrary"} {
		if !strings.Contains(string(out), want) {
			t.Errorf("the letter does not say %q", want)
		}
	}
	if n := strings.Count(string(out), "Incidents are notified"); n > 2 {
		t.Errorf("a subject that several packs ask for is asked for %d times", n)
	}
}
