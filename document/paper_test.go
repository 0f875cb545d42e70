// SPDX-License-Identifier: Apache-2.0

package document

import (
	"archive/zip"
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strings"
	"testing"
	"time"
)

// papers are the renderings of a Document.
func papers() map[string]func(Document) ([]byte, error) {
	return map[string]func(Document) ([]byte, error){"html": HTML, "pdf": PDF, "docx": DOCX}
}

func render(t *testing.T, f func(Document) ([]byte, error), d Document) []byte {
	t.Helper()
	out, err := f(d)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestGoldenHTML(t *testing.T) {
	out := render(t, HTML, specimen())
	out = regexp.MustCompile(`base64,[A-Za-z0-9+/=]+`).ReplaceAll(out, []byte("base64,…"))
	golden(t, "specimen.html", out)
}

func TestGoldenPDF(t *testing.T) {
	var b strings.Builder
	for i, p := range readPDF(t, render(t, PDF, specimen())) {
		fmt.Fprintf(&b, "--- page %d\n%s\n", i+1, p)
	}
	golden(t, "specimen.pdf.txt", []byte(b.String()))
}

func TestGoldenDOCX(t *testing.T) {
	parts := unzip(t, render(t, DOCX, specimen()))
	for _, name := range []string{"word/document.xml", "word/numbering.xml", "word/header1.xml", "word/footer1.xml", "docProps/core.xml"} {
		golden(t, "docx-"+strings.ReplaceAll(name, "/", "-"), parts[name])
	}
}

func TestGoldenXLSX(t *testing.T) {
	data, err := XLSX(book())
	if err != nil {
		t.Fatal(err)
	}
	parts := unzip(t, data)
	for _, name := range []string{"xl/worksheets/sheet1.xml", "xl/worksheets/sheet2.xml", "xl/worksheets/sheet3.xml", "xl/workbook.xml", "docProps/core.xml"} {
		golden(t, "xlsx-"+strings.ReplaceAll(name, "/", "-"), parts[name])
	}
}

func unzip(t *testing.T, data []byte) map[string][]byte {
	t.Helper()
	z, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		t.Fatal(err)
	}
	out := map[string][]byte{}
	for _, f := range z.File {
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		if out[f.Name], err = io.ReadAll(r); err != nil {
			t.Fatal(err)
		}
	}
	return out
}

func TestPapers_SameValueSameBytes(t *testing.T) {
	for name, f := range papers() {
		first := render(t, f, specimen())
		for range 3 {
			if !bytes.Equal(first, render(t, f, specimen())) {
				t.Errorf("%s: two renderings of one value differ", name)
			}
		}
	}
	first, err := XLSX(book())
	if err != nil {
		t.Fatal(err)
	}
	for range 5 {
		again, err := XLSX(book())
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(first, again) {
			t.Error("xlsx: two renderings of one value differ")
		}
	}
}

func TestPapers_CarryWhatEveryPaperCarries(t *testing.T) {
	m := meta()
	want := []string{m.Organisation, m.ID, m.Version, m.Classification, "24 November 2026, 09:30 UTC", m.Catalogue, m.Digest}
	words := map[string]string{}
	for i, p := range readPDF(t, render(t, PDF, specimen())) {
		words["pdf"] += p.String() + "\n"
		if i > 0 {
			for _, s := range []string{m.Organisation, m.Classification, m.shortDigest(), m.ID, fmt.Sprintf("Page %d of ", i+1)} {
				if !strings.Contains(p.String(), s) {
					t.Errorf("pdf, page %d does not carry %q", i+1, s)
				}
			}
		}
	}
	words["html"] = string(render(t, HTML, specimen()))
	for _, part := range unzip(t, render(t, DOCX, specimen())) {
		words["docx"] += string(part)
	}
	sheet, err := XLSX(book())
	if err != nil {
		t.Fatal(err)
	}
	for _, part := range unzip(t, sheet) {
		words["xlsx"] += string(part)
	}
	for paper, text := range words {
		for _, s := range want {
			if !strings.Contains(text, s) && !strings.Contains(text, escape(s)) && !strings.Contains(text, xmlText(s)) {
				t.Errorf("%s does not carry %q", paper, s)
			}
		}
	}
}

func xmlText(s string) string {
	var b bytes.Buffer
	if err := xml.EscapeText(&b, []byte(s)); err != nil {
		return err.Error()
	}
	return b.String()
}

// TestPDF_Contents proves that the page numbers of the contents are those of
// the pages on which the sections begin.
func TestPDF_Contents(t *testing.T) {
	d := specimen()
	for i := range 40 {
		d.Blocks = append(d.Blocks, Heading{Level: 1, Text: fmt.Sprintf("Chapter %d", i)}, Table{Columns: []Column{{Title: "x", Width: 1}}, Rows: manyRows(i * 3)[:max(1, i*3)]})
	}
	pages := readPDF(t, render(t, PDF, d))
	listed := 0
	for i := range 40 {
		title := fmt.Sprintf("Chapter %d", i)
		at := 0
		for n, p := range pages {
			for k, w := range p.words {
				if w == title && n > 2 && k > 0 {
					at = n + 1
				}
			}
		}
		for _, p := range pages[1:3] {
			for k, w := range p.words {
				if w == title && k+1 < len(p.words) {
					listed++
					if p.words[k+1] != fmt.Sprint(at) {
						t.Errorf("%s begins on page %d, the contents say %s", title, at, p.words[k+1])
					}
				}
			}
		}
	}
	if listed != 40 {
		t.Errorf("the contents list %d of 40 chapters", listed)
	}
}

func manyRows(n int) []Row {
	rows := make([]Row, 0, n+1)
	for i := range n + 1 {
		rows = append(rows, Row{Cells: []Cell{Str(fmt.Sprintf("row %d", i))}})
	}
	return rows
}

func TestPDF_FiveThousandRows(t *testing.T) {
	d := Document{Meta: meta(), Blocks: []Block{Heading{Level: 1, Text: "Findings"}}}
	table := Table{Columns: []Column{{"Resource", 3, Left}, {"Status", 1, Left}, {"Why", 3, Left}, {"Count", 1, Right}}}
	for i := range 5000 {
		table.Rows = append(table.Rows, Row{Cells: []Cell{Words(Mono(fmt.Sprintf("arn:aws:s3:::bucket-with-a-name-%d/in/some/path", i))), Status(Bad, "Not satisfied"),
			Str("The bucket can be read by anybody on the internet, because its policy allows it."), Num(i)}})
	}
	d.Blocks = append(d.Blocks, table)
	start := time.Now()
	out := render(t, PDF, d)
	if took := time.Since(start); took > 3*time.Second {
		t.Errorf("5,000 rows took %s", took)
	}
	pages := readPDF(t, out)
	seen := 0
	for i, p := range pages[2:] {
		text := p.String()
		seen += strings.Count(text, "satisfied")
		if !strings.Contains(text, "Resource") || !strings.Contains(text, "Count") {
			t.Errorf("page %d does not repeat the header", i+3)
		}
		for _, y := range p.ys {
			if y < 20 || y > 842 {
				t.Fatalf("page %d: text outside the page at %f", i+3, y)
			}
		}
	}
	if seen != 5000 {
		t.Errorf("%d of 5,000 rows stand in the file", seen)
	}
}

// hostile are words that have broken documents before.
func hostile() map[string]string {
	return map[string]string{
		"markup":     `<script>alert(1)</script>&amp;"'</style></table>]]>`,
		"directions": "\u202Egnp.exe\u202C שלום (abc) 12 مرحبا بالعالم لا",
		"emoji":      "👩‍👩‍👧‍👦 🎉\uFE0F flags 🇬🇧",
		"long":       strings.Repeat("x", 10_000),
		"long rtl":   strings.Repeat("ש", 2_000),
		"controls":   "a\x00b\x07c\x1b[31m\r\nline\u2028sep\ufeff\uffff",
		"broken":     "caf\xe9 \xff\xfe \xf0\x9f\x98",
		"formula":    "=cmd|'/c calc'!A1",
		"cjk":        "漢字かな交じり文",
		"format":     "%d %s %!v(MISSING) **bold** [a](javascript:x) `c`",
		"spaces":     strings.Repeat("a b ", 2000),
		"zalgo":      strings.Repeat("e\u0301\u0302\u0303", 50),
		"noncharact": "\uFDD0(\uFDD0[",
		"astral":     "\U0001F600\U000E0001\U0010FFFD",
	}
}

func TestPapers_HostileWords(t *testing.T) {
	for name, s := range hostile() {
		t.Run(name, func(t *testing.T) {
			d := specimen()
			d.Meta.Organisation, d.Meta.Title, d.Meta.Classification, d.Meta.ID = s, s, s, s
			d.Meta.Subtitle, d.Meta.Notice, d.Meta.Facts = s, s, []Fact{{s, s}}
			d.Blocks = append(d.Blocks, Heading{Level: 1, Text: s}, Paragraph{Text: Say("x %s **%s** `%s`", s, s, s)}, Callout{Tone: Bad, Title: s, Text: Plain(s)},
				List{Items: []Text{Plain(s)}}, Code{Text: s}, Tiles{Items: []Tile{{s, s, s, Bad}}}, Definitions{Items: []Definition{{s, Link(s, s)}}},
				Table{Caption: s, Columns: []Column{{s, 1, Left}, {s, 1, Right}}, Rows: []Row{{Group: s, Detail: s}, {Cells: []Cell{Str(s), Status(Bad, s)}}}},
				Bars{Figure: Figure{s, s}, Of: s, Unit: s, Bars: []Bar{{s, 1, "1", Bad}}}, Signatures{Signers: []Signer{{s, s}}},
				Radar{Figure: Figure{s, s}, Of: s, Axes: []string{s, s, s}, Series: []RadarSeries{{s, Bad, []float64{0, 1, 1}}}})
			out := render(t, HTML, d)
			wellFormed(t, "html", out)
			if bytes.Contains(out, []byte("<script")) || bytes.Contains(out, []byte("javascript:x\"")) {
				t.Error("the words became markup")
			}
			for name, part := range unzip(t, render(t, DOCX, d)) {
				wellFormed(t, name, part)
			}
			readPDF(t, render(t, PDF, d))
			b := book()
			b.Meta = d.Meta
			b.Sheets[1].Rows[0][5] = Word(s)
			b.Sheets[1].Title = s
			sheet, err := XLSX(b)
			if err != nil {
				t.Fatal(err)
			}
			for name, part := range unzip(t, sheet) {
				wellFormed(t, name, part)
			}
		})
	}
}

// wellFormed reads XML, or HTML as this package writes it, to its end.
func wellFormed(t *testing.T, name string, data []byte) {
	t.Helper()
	d := xml.NewDecoder(bytes.NewReader(data))
	if name == "html" {
		d.Strict, d.AutoClose, d.Entity = false, xml.HTMLAutoClose, xml.HTMLEntity
		data = regexp.MustCompile(`(?s)<style>.*?</style>`).ReplaceAll(data, nil)
		d = xml.NewDecoder(bytes.NewReader(data))
		d.Strict, d.AutoClose, d.Entity = false, append([]string{"meta", "col", "br"}, xml.HTMLAutoClose...), xml.HTMLEntity
	}
	for {
		_, err := d.Token()
		if errors.Is(err, io.EOF) {
			return
		}
		if err != nil {
			t.Fatalf("%s is not well formed: %v", name, err)
		}
	}
}
