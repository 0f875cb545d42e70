// SPDX-License-Identifier: Apache-2.0

package text_test

import (
	"bytes"
	"image"
	"image/color"
	"image/png"
	"strings"
	"testing"

	"codeberg.org/go-pdf/fpdf"

	"demarc.dev/demarc/agreement/text"
)

// paper makes a PDF, a page each of what draws it.
func paper(t *testing.T, set func(*fpdf.Fpdf), pages ...func(*fpdf.Fpdf)) []byte {
	t.Helper()
	p := fpdf.New("P", "mm", "A4", "")
	p.SetFont("Helvetica", "", 11)
	if set != nil {
		set(p)
	}
	for _, draw := range pages {
		p.AddPage()
		draw(p)
	}
	var buf bytes.Buffer
	if err := p.Output(&buf); err != nil {
		t.Fatal(err)
	}
	return buf.Bytes()
}

func lines(s string) func(*fpdf.Fpdf) {
	return func(p *fpdf.Fpdf) { p.MultiCell(170, 6, s, "", "L", false) }
}

// scan is a page that shows letters and holds none.
func scan(p *fpdf.Fpdf) {
	img := image.NewGray(image.Rect(0, 0, 60, 80))
	for i := range img.Pix {
		img.Pix[i] = 255
	}
	for x := range 60 {
		img.Set(x, 20, color.Black)
	}
	var buf bytes.Buffer
	_ = png.Encode(&buf, img)
	p.RegisterImageOptionsReader("scan", fpdf.ImageOptions{ImageType: "PNG"}, &buf)
	p.ImageOptions("scan", 10, 10, 180, 0, false, fpdf.ImageOptions{ImageType: "PNG"}, 0, "")
}

const clause = "7.2 Incidents. The Provider shall notify the Customer of each security breach that concerns its data without undue delay and within 48 hours after it becomes aware of it, and shall give it all the information that it needs."

func TestPDF_Pages(t *testing.T) {
	d := read(t, "a.pdf", paper(t, nil, lines("1. Parties. The Provider is Postrider Mail Ltd, which provides a service by which mail is sent."), lines(clause)))
	if len(d.Pages) != 2 || d.Unreadable != "" {
		t.Fatalf("%d pages, unreadable %q", len(d.Pages), d.Unreadable)
	}
	b := wants(t, d, text.Paragraph, clause)
	if b.Page != 2 || d.PageOf(b.From) != 2 {
		t.Errorf("the clause stands on page %d (%d)", b.Page, d.PageOf(b.From))
	}
}

// TestPDF_Scan: what holds no text is unreadable, and said to be.
func TestPDF_Scan(t *testing.T) {
	d := read(t, "scan.pdf", paper(t, nil, scan, scan, lines(clause)))
	if !strings.Contains(d.Unreadable, "2 of its 3 pages hold no text") {
		t.Errorf("unreadable: %q", d.Unreadable)
	}
	d = read(t, "mixed.pdf", paper(t, nil, lines(clause), lines(clause), scan))
	if d.Unreadable != "" || !d.Pages[2].Unreadable || d.Pages[0].Unreadable {
		t.Errorf("unreadable %q, pages %+v", d.Unreadable, d.Pages)
	}
	notes(t, d, "page 3 holds no text")
}

func TestPDF_Encrypted(t *testing.T) {
	data := paper(t, func(p *fpdf.Fpdf) { p.SetProtection(fpdf.CnProtectPrint, "secret", "owner") }, lines(clause))
	if said := refused(t, "a.pdf", data); !strings.Contains(said, "encrypted") {
		t.Errorf("it says %q", said)
	}
}

func TestPDF_Broken(t *testing.T) {
	whole := paper(t, nil, lines(clause))
	for _, data := range [][]byte{[]byte("%PDF-1.7\nnothing"), append([]byte("%PDF-1.4\n"), bytes.Repeat([]byte{0xFF}, 4096)...), whole[:60]} {
		if said := refused(t, "a.pdf", data); !strings.Contains(said, "broken") {
			t.Errorf("it says %q", said)
		}
	}
}

// TestPDF_Hyphens: a word that the end of a line cuts is one word to the
// reader of the blocks; the quote keeps the line as it stands.
func TestPDF_Hyphens(t *testing.T) {
	d := read(t, "a.pdf", paper(t, nil, func(p *fpdf.Fpdf) {
		p.Text(20, 30, "The Provider shall inform the Customer of each new sub-")
		p.Text(20, 36, "processor at least thirty days before it begins.")
	}))
	if len(d.Blocks) != 1 {
		t.Errorf("two lines of one sentence became %d blocks: %q", len(d.Blocks), words(d))
	}
}

// TestPDF_TwoColumns: the left column is read before the right one.
func TestPDF_TwoColumns(t *testing.T) {
	d := read(t, "a.pdf", paper(t, nil, func(p *fpdf.Fpdf) {
		column := func(x float64, s string) {
			p.SetXY(x, 20)
			p.MultiCell(80, 6, s, "", "L", false)
			p.SetLeftMargin(10)
		}
		column(10, "1. The Provider shall notify the Customer of each security breach within two days after it becomes aware of it.")
		column(110, "2. The Customer shall pay each invoice within thirty days after it has received the invoice by mail.")
	}))
	all := strings.Join(words(d), "|")
	if !strings.Contains(all, "within two days after it becomes aware of it.|2. The Customer shall pay") {
		t.Errorf("the columns are mixed: %s", all)
	}
}

func FuzzPDF(f *testing.F) {
	f.Add(40, byte(7))
	f.Add(900, byte(0))
	f.Fuzz(func(t *testing.T, at int, to byte) {
		data := paper(t, nil, lines(clause))
		data[uint(at)%uint(len(data))] = to
		if d, err := reader.Read(t.Context(), "a.pdf", data); err == nil {
			within(t, d)
		}
	})
}
