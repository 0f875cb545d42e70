// SPDX-License-Identifier: Apache-2.0

package document

import (
	"archive/zip"
	"bytes"
	"fmt"
	"strings"
	"time"
)

// part is one file of an archive.
type part struct {
	name string
	data string
}

// archive packs parts in the order given, all with the same time.
func archive(parts []part, at time.Time) ([]byte, error) {
	var out bytes.Buffer
	z := zip.NewWriter(&out)
	for _, p := range parts {
		w, err := z.CreateHeader(&zip.FileHeader{Name: p.name, Method: zip.Deflate, Modified: at.UTC().Truncate(2 * time.Second)})
		if err != nil {
			return nil, fmt.Errorf("packing %s: %w", p.name, err)
		}
		if _, err := w.Write([]byte(p.data)); err != nil {
			return nil, fmt.Errorf("packing %s: %w", p.name, err)
		}
	}
	if err := z.Close(); err != nil {
		return nil, fmt.Errorf("closing the archive: %w", err)
	}
	return out.Bytes(), nil
}

const xmlHead = `<?xml version="1.0" encoding="UTF-8" standalone="yes"?>` + "\n"

// fillXML writes markup in which each § is replaced by the next text, escaped.
func fillXML(markup string, texts ...string) string {
	var b strings.Builder
	for i, piece := range strings.Split(markup, "§") {
		if i > 0 {
			b.WriteString(escape(texts[i-1]))
		}
		b.WriteString(piece)
	}
	return b.String()
}

func contentTypes() string {
	const w = "application/vnd.openxmlformats-officedocument.wordprocessingml."
	return xmlHead + `<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">` +
		`<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>` +
		`<Default Extension="xml" ContentType="application/xml"/>` +
		`<Override PartName="/word/document.xml" ContentType="` + w + `document.main+xml"/>` +
		`<Override PartName="/word/styles.xml" ContentType="` + w + `styles+xml"/>` +
		`<Override PartName="/word/numbering.xml" ContentType="` + w + `numbering+xml"/>` +
		`<Override PartName="/word/settings.xml" ContentType="` + w + `settings+xml"/>` +
		`<Override PartName="/word/fontTable.xml" ContentType="` + w + `fontTable+xml"/>` +
		`<Override PartName="/word/theme/theme1.xml" ContentType="application/vnd.openxmlformats-officedocument.theme+xml"/>` +
		`<Override PartName="/word/header1.xml" ContentType="` + w + `header+xml"/>` +
		`<Override PartName="/word/footer1.xml" ContentType="` + w + `footer+xml"/>` +
		`<Override PartName="/docProps/core.xml" ContentType="application/vnd.openxmlformats-package.core-properties+xml"/>` +
		`<Override PartName="/docProps/app.xml" ContentType="application/vnd.openxmlformats-officedocument.extended-properties+xml"/>` +
		`<Override PartName="/docProps/custom.xml" ContentType="application/vnd.openxmlformats-officedocument.custom-properties+xml"/>` +
		`</Types>`
}

const relationships = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"

func packageRels() string {
	return xmlHead + `<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">` +
		`<Relationship Id="rId1" Type="` + relationships + `/officeDocument" Target="word/document.xml"/>` +
		`<Relationship Id="rId2" Type="http://schemas.openxmlformats.org/package/2006/relationships/metadata/core-properties" Target="docProps/core.xml"/>` +
		`<Relationship Id="rId3" Type="` + relationships + `/extended-properties" Target="docProps/app.xml"/>` +
		`<Relationship Id="rId4" Type="` + relationships + `/custom-properties" Target="docProps/custom.xml"/>` +
		`</Relationships>`
}

// documentRels names the parts beside the text and every address that the text
// links to.
func documentRels(addresses []string) string {
	var b strings.Builder
	b.WriteString(xmlHead + `<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">`)
	for i, p := range []struct{ kind, target string }{{"styles", "styles.xml"}, {"numbering", "numbering.xml"}, {"settings", "settings.xml"},
		{"header", "header1.xml"}, {"footer", "footer1.xml"}, {"fontTable", "fontTable.xml"}, {"theme", "theme/theme1.xml"}} {
		fmt.Fprintf(&b, `<Relationship Id="rId%d" Type="%s/%s" Target="%s"/>`, i+1, relationships, p.kind, p.target)
	}
	for i, a := range addresses {
		b.WriteString(fillXML(`<Relationship Id="§" Type="`+relationships+`/hyperlink" Target="§" TargetMode="External"/>`, linkID(i), a))
	}
	b.WriteString(`</Relationships>`)
	return b.String()
}

func linkID(i int) string { return fmt.Sprintf("link%d", i+1) }

func coreProperties(m Meta) string {
	at := m.Date.UTC().Format(time.RFC3339)
	return xmlHead + fillXML(`<cp:coreProperties xmlns:cp="http://schemas.openxmlformats.org/package/2006/metadata/core-properties" `+
		`xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:dcterms="http://purl.org/dc/terms/" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">`+
		`<dc:title>§</dc:title><dc:subject>§</dc:subject><dc:creator>§</dc:creator><cp:keywords>§</cp:keywords><dc:description>§</dc:description>`+
		`<cp:lastModifiedBy>§</cp:lastModifiedBy><dcterms:created xsi:type="dcterms:W3CDTF">§</dcterms:created><dcterms:modified xsi:type="dcterms:W3CDTF">§</dcterms:modified>`+
		`<cp:category>§</cp:category><dc:identifier>§</dc:identifier><dc:language>en-GB</dc:language><cp:version>§</cp:version></cp:coreProperties>`,
		m.Title, m.Subtitle, m.Organisation, "catalogue "+m.Catalogue, "Data digest (SHA-256): "+m.Digest, m.Organisation, at, at, m.Classification, m.ID, m.Version)
}

func appProperties(m Meta) string {
	return xmlHead + fillXML(`<Properties xmlns="http://schemas.openxmlformats.org/officeDocument/2006/extended-properties"><Application>Demarc</Application><Company>§</Company></Properties>`, m.Organisation)
}

// customProperties carry the cover's facts, for programs that file documents.
func customProperties(m Meta) string {
	var b strings.Builder
	b.WriteString(xmlHead + `<Properties xmlns="http://schemas.openxmlformats.org/officeDocument/2006/custom-properties" xmlns:vt="http://schemas.openxmlformats.org/officeDocument/2006/docPropsVTypes">`)
	for i, f := range m.lines() {
		fmt.Fprintf(&b, `<property fmtid="{D5CDD505-2E9C-101B-9397-08002B2CF9AE}" pid="%d" `, i+2)
		b.WriteString(fillXML(`name="§"><vt:lpwstr>§</vt:lpwstr></property>`, fmt.Sprintf("%s (%d)", f.Name, i+1), f.Value))
	}
	b.WriteString(`</Properties>`)
	return b.String()
}
