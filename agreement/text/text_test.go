// SPDX-License-Identifier: Apache-2.0

package text_test

import (
	"archive/zip"
	"bytes"
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"

	"demarc.dev/demarc/agreement/text"
	"demarc.dev/demarc/problem"
)

// reader is one for all tests: the PDF parser is compiled once.
var reader = text.NewReader(text.Options{CacheDir: cacheDir()})

// cacheDir keeps the compiled PDF parser between runs of the tests, where the
// machine has a place for such things.
func cacheDir() string {
	dir, err := os.UserCacheDir()
	if err != nil || os.MkdirAll(dir, 0o755) != nil {
		return ""
	}
	return dir + "/demarc"
}

func read(t *testing.T, name string, data []byte) *text.Document {
	t.Helper()
	d, err := reader.Read(t.Context(), name, data)
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	within(t, d)
	return d
}

// within checks what every document keeps: spans lie in the text, in order.
func within(t *testing.T, d *text.Document) {
	t.Helper()
	for _, b := range d.Blocks {
		if b.From < 0 || b.To < b.From || b.To > len(d.Text) {
			t.Fatalf("%s: a block [%d, %d) of %d bytes", d.Name, b.From, b.To, len(d.Text))
		}
		for _, c := range b.Cells {
			if c[0] < 0 || c[1] < c[0] || c[1] > len(d.Text) {
				t.Fatalf("%s: a cell %v of %d bytes", d.Name, c, len(d.Text))
			}
		}
	}
	for _, l := range d.Links {
		if l.From < 0 || l.To < l.From || l.To > len(d.Text) {
			t.Fatalf("%s: a link [%d, %d) of %d bytes", d.Name, l.From, l.To, len(d.Text))
		}
	}
}

// refused reads what must not be read and gives the words of the refusal.
func refused(t *testing.T, name string, data []byte) string {
	t.Helper()
	d, err := reader.Read(t.Context(), name, data)
	if err == nil {
		t.Fatalf("%s was read: %d blocks", name, len(d.Blocks))
	}
	var p *problem.Problem
	if !errors.As(err, &p) {
		t.Fatalf("%s: %v is no problem for a person", name, err)
	}
	return err.Error()
}

func words(d *text.Document) []string {
	var out []string
	for _, b := range d.Blocks {
		out = append(out, strings.Join(strings.Fields(d.Quote(b.From, b.To)), " "))
	}
	return out
}

func wants(t *testing.T, d *text.Document, kind text.Kind, sentence string) text.Block {
	t.Helper()
	for _, b := range d.Blocks {
		if b.Kind == kind && strings.Join(strings.Fields(d.Quote(b.From, b.To)), " ") == sentence {
			return b
		}
	}
	t.Errorf("%s: no %s %q among %q", d.Name, kind, sentence, words(d))
	return text.Block{}
}

func notes(t *testing.T, d *text.Document, want string) {
	t.Helper()
	if !strings.Contains(strings.Join(d.Notes, "\n"), want) {
		t.Errorf("%s: no note says %q: %q", d.Name, want, d.Notes)
	}
}

// word makes a DOCX of the inside of its body and further parts.
func word(t *testing.T, body string, more map[string]string) []byte {
	t.Helper()
	parts := map[string]string{"word/document.xml": `<?xml version="1.0" encoding="UTF-8"?><w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:body>` + body + `</w:body></w:document>`}
	for name, content := range more {
		parts[name] = content
	}
	return zipped(t, parts)
}

func zipped(t *testing.T, parts map[string]string) []byte {
	t.Helper()
	var buf bytes.Buffer
	z := zip.NewWriter(&buf)
	for _, name := range []string{"word/document.xml", "word/footnotes.xml", "word/comments.xml", "word/numbering.xml", "word/vbaProject.bin", "xl/workbook.xml"} {
		if content, ok := parts[name]; ok {
			w, err := z.Create(name)
			if err == nil {
				_, err = w.Write([]byte(content))
			}
			if err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return buf.Bytes()
}

func para(s string) string { return "<w:p><w:r><w:t>" + s + "</w:t></w:r></w:p>" }

func TestDOCX_TrackedChangesReadAsAccepted(t *testing.T) {
	d := read(t, "a.docx", word(t, `<w:p><w:r><w:t xml:space="preserve">Provider shall notify Customer within </w:t></w:r><w:del><w:r><w:delText>30</w:delText></w:r></w:del><w:ins><w:r><w:t>2</w:t></w:r></w:ins><w:r><w:t xml:space="preserve"> days.</w:t></w:r></w:p>`, nil))
	wants(t, d, text.Paragraph, "Provider shall notify Customer within 2 days.")
	notes(t, d, "tracked changes (1 insertions, 1 deletions)")
}

func TestDOCX_CommentsMacrosFootnotes(t *testing.T) {
	const w = `xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"`
	d := read(t, "a.docx", word(t, `<w:p><w:r><w:t>Provider keeps the data in Ireland.</w:t></w:r><w:r><w:footnoteReference w:id="2"/></w:r><w:r><w:commentReference w:id="0"/></w:r></w:p>`,
		map[string]string{"word/footnotes.xml": `<w:footnotes ` + w + `><w:footnote w:id="2">` + para("Backups are kept in Germany.") + `</w:footnote></w:footnotes>`,
			"word/comments.xml": `<w:comments ` + w + `><w:comment w:id="0">` + para("Ask for more.") + `</w:comment></w:comments>`, "word/vbaProject.bin": "x"}))
	wants(t, d, text.Footnote, "Backups are kept in Germany.")
	notes(t, d, "macros")
	notes(t, d, "1 comments")
	if strings.Contains(d.Text, "Ask for more") {
		t.Error("a comment was read as a part of the agreement")
	}
}

func TestDOCX_Table(t *testing.T) {
	row := func(a, b string) string {
		return "<w:tr><w:tc>" + para(a) + "</w:tc><w:tc>" + para(b) + "</w:tc></w:tr>"
	}
	d := read(t, "sla.docx", word(t, "<w:tbl>"+row("Availability", "Credit")+row("below 99.9 %", "10 %")+"</w:tbl>", nil))
	b := wants(t, d, text.Row, "below 99.9 % 10 %")
	if len(b.Cells) != 2 || len(b.Head) != 2 || d.Quote(b.Head[1][0], b.Head[1][1]) != "Credit" {
		t.Errorf("the row knows cells %v and head %v", b.Cells, b.Head)
	}
}

func TestDOCX_Hostile(t *testing.T) {
	for name, c := range map[string]struct {
		data []byte
		says string
	}{
		"a ZIP that unpacks to gigabytes": {word(t, para(strings.Repeat("a", 140<<20)), nil), "unpacks to more than"},
		"elements in each other":          {word(t, strings.Repeat("<w:p>", 5000), nil), "within each other"},
		"entities that multiply":          {zipped(t, map[string]string{"word/document.xml": `<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;&a;">]><w:document>&b;</w:document>`}), "entities"},
		"a workbook":                      {zipped(t, map[string]string{"xl/workbook.xml": "<workbook/>"}), "no Word document"},
		"half a file":                     {word(t, para("Provider shall notify."), nil)[:80], "broken"},
		"an encrypted one":                {append([]byte("\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1"), make([]byte, 600)...), "is encrypted"},
	} {
		t.Run(name, func(t *testing.T) {
			if said := refused(t, "a.docx", c.data); !strings.Contains(said, c.says) {
				t.Errorf("it says %q, want %q", said, c.says)
			}
		})
	}
}

func TestRead_TooLarge(t *testing.T) {
	if said := refused(t, "a.md", make([]byte, text.MaxSize+1)); !strings.Contains(said, "100 MB") {
		t.Errorf("it says %q", said)
	}
}

func TestHTML(t *testing.T) {
	d := read(t, "a.html", []byte(`<html><head><title>x</title><style>p{}</style><script>var Provider=1</script></head><body><nav>Menu</nav><h2>3. Incidents</h2>
<p>Provider shall noti&shy;fy <a href="https://example.com/dpa">the DPA</a>.</p><ol><li>within 72 hours</li></ol><table><tr><th>Level</th><th>Credit</th></tr><tr><td>99 %</td><td>5 %</td></tr></table></body></html>`))
	wants(t, d, text.Heading, "3. Incidents")
	wants(t, d, text.Item, "within 72 hours")
	wants(t, d, text.Row, "99 % 5 %")
	if strings.Contains(d.Text, "var Provider") || strings.Contains(d.Text, "Menu") {
		t.Errorf("what no reader sees was read: %q", d.Text)
	}
	if len(d.Links) != 1 || d.Links[0].URL != "https://example.com/dpa" {
		t.Errorf("links %v", d.Links)
	}
}

func TestHTML_Deep(t *testing.T) {
	said := refused(t, "a.html", []byte("<html>"+strings.Repeat("<div>", 30_000)+"x"))
	if !strings.Contains(said, "nests deeper than is read") {
		t.Errorf("it says %q", said)
	}
}

func TestLanguage(t *testing.T) {
	for code, c := range map[string]struct{ words, says string }{
		"de": {"Der Anbieter und der Kunde sind für die Sicherheit der Daten verantwortlich, und die Daten werden nach dem Ende des Vertrages durch den Anbieter gelöscht, sowie von ihm nicht mit anderen geteilt.", "German"},
		"fr": {"Le prestataire et le client sont responsables de la sécurité des données, et les données sont effacées par le prestataire dans les trente jours qui suivent la fin du contrat pour une raison ou une autre.", "French"},
		"he": {strings.Repeat("הספק יודיע ללקוח על כל אירוע אבטחה ללא דיחוי. ", 5), "Hebrew"},
		"ar": {strings.Repeat("يجب على المزود إخطار العميل بأي خرق أمني دون تأخير. ", 5), "Arabic"},
	} {
		d := read(t, "a.txt", []byte(c.words))
		if d.Language != code || !strings.Contains(d.Unreadable, c.says) || !strings.Contains(d.Unreadable, "only English is judged") {
			t.Errorf("%s: language %q, unreadable %q", code, d.Language, d.Unreadable)
		}
	}
}

func TestPlain_Reflowed(t *testing.T) {
	d := read(t, "a.txt", []byte("7.2 Incidents. The Processor shall notify the sub-\nprocessor's controller without undue delay\nand within 72 hours.\n\n7.3 Audits. The Controller may audit.\n"))
	wants(t, d, text.Paragraph, "7.2 Incidents. The Processor shall notify the sub- processor's controller without undue delay and within 72 hours.")
	wants(t, d, text.Paragraph, "7.3 Audits. The Controller may audit.")
}

func FuzzRead(f *testing.F) {
	f.Add(0, []byte("# 1. Terms\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n- Provider shall\n  1. notify"))
	f.Add(1, []byte("<html><body><h1>1. Terms</h1><table><tr><td>a</td></tr></table><p>Provider noti&shy;fies</p>"))
	f.Add(2, []byte("7.2 A.\nProvider shall notify sub-\nprocessors\f\n(a) x"))
	f.Add(3, []byte("<w:p><w:r><w:t>a</w:t></w:r></w:p><w:tbl><w:tr><w:tc><w:p/></w:tc></w:tr></w:tbl>"))
	f.Add(3, []byte("<w:p><w:hyperlink><w:ins><w:r><w:t>a</w:t></w:r></w:ins></w:hyperlink><w:footnoteReference w:id='2'/></w:p>"))
	f.Fuzz(func(t *testing.T, form int, data []byte) {
		if len(data) > 1<<16 {
			t.Skip()
		}
		name := []string{"a.md", "a.html", "a.txt", "a.docx"}[uint(form)%4]
		if name == "a.docx" {
			data = word(t, string(data), nil)
		} else if bytes.Contains(data, []byte("%PDF-")) || bytes.HasPrefix(data, []byte("PK")) {
			t.Skip()
		}
		d, err := reader.Read(t.Context(), name, data)
		if err != nil {
			var p *problem.Problem
			if !errors.As(err, &p) {
				t.Fatalf("%v is no problem for a person", err)
			}
			return
		}
		within(t, d)
		for i := range d.Blocks {
			_ = fmt.Sprint(d.PageOf(d.Blocks[i].From))
		}
	})
}
