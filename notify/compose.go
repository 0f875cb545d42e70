// SPDX-License-Identifier: Apache-2.0

package notify

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"mime/quotedprintable"
	"net/mail"
	"strings"
	"time"
	"unicode/utf8"
)

// maxSubject bounds a subject, in characters.
const maxSubject = 250

// compose gives a mail as RFC 5322 has it, lines ending with CRLF.
func compose(from, to *mail.Address, m Message) []byte {
	var out bytes.Buffer
	header := func(name, value string) { fmt.Fprintf(&out, "%s: %s\r\n", name, value) }
	id := identity(m, to.Address)
	header("Date", m.At.UTC().Format(time.RFC1123Z))
	header("From", from.String())
	header("To", (&mail.Address{Address: to.Address}).String())
	header("Subject", encoded(len("Subject: "), m.Subject))
	header("Message-ID", "<"+id+"@"+domain(from.Address)+">")
	header(DeliveryHeader, m.ID)
	header("Auto-Submitted", "auto-generated") // RFC 3834: no answering machine answers
	header("X-Auto-Response-Suppress", "All")  // the same for Exchange
	header("MIME-Version", "1.0")
	text := m.Text
	if m.Link != "" && !strings.Contains(text, m.Link) {
		text = strings.TrimRight(text, "\n") + "\n\n" + m.Link + "\n"
	}
	if m.HTML == "" {
		part(&out, "text/plain", text)
		return out.Bytes()
	}
	mark := "=_" + id // "=_" stands in no quoted-printable text
	header("Content-Type", "multipart/alternative;\r\n boundary=\""+mark+"\"")
	out.WriteString("\r\n--" + mark + "\r\n")
	part(&out, "text/plain", text)
	out.WriteString("\r\n--" + mark + "\r\n")
	part(&out, "text/html", m.HTML)
	out.WriteString("\r\n--" + mark + "--\r\n")
	return out.Bytes()
}

func part(out *bytes.Buffer, kind, words string) {
	out.WriteString("Content-Type: " + kind + "; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n")
	w := quotedprintable.NewWriter(out) // it writes into memory: no error can come
	words = strings.ReplaceAll(strings.ReplaceAll(strings.ToValidUTF8(words, "�"), "\r\n", "\n"), "\r", "\n")
	w.Write([]byte(words))
	w.Close()
}

// identity is the left half of Message-ID: the same for the same message to the
// same person, so that a mail that came twice is seen to be one.
func identity(m Message, to string) string {
	sum := sha256.Sum256([]byte(m.Org + "\x00" + m.ID + "\x00" + to))
	return hex.EncodeToString(sum[:16])
}

func domain(address string) string { return address[strings.LastIndexByte(address, '@')+1:] }

// encoded gives words as the value of a header whose name takes used bytes:
// without line breaks and control characters, in lines of at most 76 bytes, as
// RFC 2047 encoded words when they are not plain ASCII.
func encoded(used int, words string) string {
	words = oneLine(words)
	if plain(words) {
		return folded(used, words)
	}
	const room = 45 // bytes of UTF-8 that make 60 of base64: with =?utf-8?B? and ?= 72, and one space
	var out strings.Builder
	for words != "" {
		n := 0
		for n < len(words) {
			_, size := utf8.DecodeRuneInString(words[n:])
			if n+size > room-(used+3)/4*3 && n > 0 {
				break
			}
			n += size
		}
		out.WriteString("=?utf-8?B?" + base64.StdEncoding.EncodeToString([]byte(words[:n])) + "?=")
		if words, used = words[n:], 0; words != "" {
			out.WriteString("\r\n ")
		}
	}
	return out.String()
}

// oneLine takes out what would end a header, and cuts at maxSubject.
func oneLine(words string) string {
	words = strings.Join(strings.FieldsFunc(strings.ToValidUTF8(words, "�"), func(r rune) bool {
		return r <= ' ' || r >= 0x7f && r < 0xa0 || r == 0x2028 || r == 0x2029
	}), " ")
	if r := []rune(words); len(r) > maxSubject {
		words = string(r[:maxSubject-1]) + "…"
	}
	return words
}

// plain tells whether words need no encoding: ASCII, nothing that reads as an
// encoded word, no word longer than a line.
func plain(words string) bool {
	if strings.Contains(words, "=?") || strings.IndexFunc(words, func(r rune) bool { return r > '~' }) >= 0 {
		return false
	}
	for w := range strings.SplitSeq(words, " ") {
		if len(w) > 60 {
			return false
		}
	}
	return true
}

func folded(used int, words string) string {
	var out strings.Builder
	for i, w := range strings.Split(words, " ") {
		switch {
		case i == 0:
		case used+1+len(w) > 76:
			out.WriteString("\r\n ")
			used = 1
		default:
			out.WriteByte(' ')
			used++
		}
		out.WriteString(w)
		used += len(w)
	}
	return out.String()
}
