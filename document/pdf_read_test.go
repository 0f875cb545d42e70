// SPDX-License-Identifier: Apache-2.0

package document

import (
	"bytes"
	"compress/zlib"
	"io"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"unicode/utf16"
)

// pageText is what stands on one page of a PDF, in the order of painting.
type pageText struct {
	words []string
	ys    []float64
}

// String joins the words, one a line.
func (p pageText) String() string { return strings.Join(p.words, "\n") }

// readPDF reads the pages of a PDF that this package wrote: enough to prove
// what a reader sees, without a library of the same origin.
func readPDF(t *testing.T, data []byte) []pageText {
	t.Helper()
	if !bytes.HasPrefix(data, []byte("%PDF-1.")) || !bytes.HasSuffix(bytes.TrimSpace(data), []byte("%%EOF")) {
		t.Fatal("this is no PDF")
	}
	var out []pageText
	contents := regexp.MustCompile(`/Contents (\d+) 0 R`)
	for _, m := range contents.FindAllSubmatch(data, -1) {
		out = append(out, readPage(t, inflate(t, object(t, data, string(m[1])))))
	}
	return out
}

func object(t *testing.T, data []byte, number string) []byte {
	t.Helper()
	from := bytes.Index(data, []byte("\n"+number+" 0 obj"))
	if from < 0 {
		t.Fatalf("object %s is missing", number)
	}
	body := data[from:]
	return body[:bytes.Index(body, []byte("endobj"))]
}

func inflate(t *testing.T, obj []byte) []byte {
	t.Helper()
	from := bytes.Index(obj, []byte("stream\n")) + len("stream\n")
	z, err := zlib.NewReader(bytes.NewReader(obj[from:bytes.LastIndex(obj, []byte("\nendstream"))]))
	if err != nil {
		t.Fatal(err)
	}
	out, err := io.ReadAll(z)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func readPage(t *testing.T, content []byte) pageText {
	t.Helper()
	var p pageText
	show := regexp.MustCompile(`(?s)BT ([\d.-]+) ([\d.-]+) Td \((.*?[^\\]|)\) Tj ET`)
	for _, m := range show.FindAllSubmatch(content, -1) {
		y, err := strconv.ParseFloat(string(m[2]), 64)
		if err != nil {
			t.Fatal(err)
		}
		p.words, p.ys = append(p.words, pdfString(m[3])), append(p.ys, y)
	}
	return p
}

// pdfString undoes the escapes and the two bytes a letter.
func pdfString(raw []byte) string {
	var b []byte
	for i := 0; i < len(raw); i++ {
		if raw[i] == '\\' && i+1 < len(raw) {
			i++
			if raw[i] == 'r' {
				b = append(b, '\r')
				continue
			}
		}
		b = append(b, raw[i])
	}
	var units []uint16
	for i := 0; i+1 < len(b); i += 2 {
		units = append(units, uint16(b[i])<<8|uint16(b[i+1]))
	}
	return string(utf16.Decode(units))
}
