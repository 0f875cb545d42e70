// SPDX-License-Identifier: Apache-2.0

package evidence

import (
	"encoding/base64"
	"errors"
	"strconv"
)

// maxBodyLine is longer than any line of bodies/index.jsonl.
const maxBodyLine = 256

// appendTo appends the line:
//
//	{"index":12,"body":"ok","bytes":93,"ext":"json","salt":"<base64url of 32 bytes>"}
//	{"index":13,"body":"withheld"}
//	{"index":14,"body":"erased","by":20}
//	{"index":15,"body":"undisclosed"}
func (l *bodyLine) appendTo(b []byte) []byte {
	b = append(b, `{"index":`...)
	b = strconv.AppendInt(b, l.index, 10)
	b = append(b, `,"body":"`...)
	b = append(b, bodyWords[l.state]...)
	b = append(b, '"')
	switch l.state {
	case bodyOK:
		b = append(b, `,"bytes":`...)
		b = strconv.AppendInt(b, l.bytes, 10)
		b = append(b, `,"ext":"`...)
		b = append(b, l.ext...)
		b = append(b, `","salt":"`...)
		b = base64.RawURLEncoding.AppendEncode(b, l.salt[:])
		b = append(b, '"')
	case bodyErased:
		b = append(b, `,"by":`...)
		b = strconv.AppendInt(b, l.by, 10)
	}
	return append(b, "}\n"...)
}

// parseBodyLine reads what appendTo wrote, with or without its line end.
func parseBodyLine(line []byte) (l bodyLine, err error) {
	if len(line) > maxBodyLine {
		return l, errors.New("body line: too long")
	}
	p := scanner{what: "body line", rest: line}
	p.literal(`{"index":`)
	l.index = p.number(0)
	p.literal(`,"body":"`)
	word := p.text("body", func(s string) bool { return s != "" })
	p.literal(`"`)
	switch word {
	case bodyWords[bodyOK]:
		l.state = bodyOK
		p.literal(`,"bytes":`)
		l.bytes = p.number(0)
		p.literal(`,"ext":"`)
		l.ext = p.text("ext", isExt)
		p.literal(`","salt":"`)
		p.base64(l.salt[:])
		p.literal(`"`)
	case bodyWords[bodyWithheld]:
		l.state = bodyWithheld
	case bodyWords[bodyErased]:
		l.state = bodyErased
		p.literal(`,"by":`)
		l.by = p.number(0)
	case bodyWords[bodyUndisclosed]:
		l.state = bodyUndisclosed
	default:
		return l, errors.New("body line: its body is none of ok, withheld, erased, undisclosed")
	}
	p.literal("}")
	if p.err == nil && len(p.rest) > 0 {
		p.err = errors.New("body line: bytes after its end")
	}
	return l, p.err
}
