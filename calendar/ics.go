// SPDX-License-Identifier: Apache-2.0

package calendar

import (
	"bytes"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"
)

// ICS writes occurrences as an iCalendar file (RFC 5545), one all-day event an
// occurrence: calendars that read rules in another way would show other days.
// org tells the events of one organisation from another's; stamp is when the file
// was made. says gives the description of a routine.
func ICS(org, name string, all []Occurrence, says func(routine string) string, stamp time.Time) []byte {
	var b bytes.Buffer
	line := func(format string, args ...any) { foldLine(&b, fmt.Sprintf(format, args...)) }
	line("BEGIN:VCALENDAR")
	line("VERSION:2.0")
	line("PRODID:-//Demarc//control calendar//EN")
	line("X-WR-CALNAME:%s", escape(name))
	for _, o := range all {
		line("BEGIN:VEVENT")
		line("UID:%s-%s@%s.demarc", o.Routine, o.Due, org)
		line("DTSTAMP:%s", stamp.UTC().Format("20060102T150405Z"))
		line("DTSTART;VALUE=DATE:%s", strings.ReplaceAll(string(o.Due), "-", ""))
		line("DTEND;VALUE=DATE:%s", strings.ReplaceAll(string(o.Due.Add(1)), "-", ""))
		line("SUMMARY:%s", escape(o.Title+" ("+string(o.State)+")"))
		line("DESCRIPTION:%s", escape(says(o.Routine)))
		line("TRANSP:TRANSPARENT")
		line("END:VEVENT")
	}
	line("END:VCALENDAR")
	return b.Bytes()
}

func escape(s string) string {
	return strings.NewReplacer("\\", "\\\\", ";", "\\;", ",", "\\,", "\r\n", "\\n", "\n", "\\n", "\r", "").Replace(s)
}

// foldLine writes a line in pieces of 75 bytes at most, no letter cut.
func foldLine(b *bytes.Buffer, s string) {
	const most = 75
	room := most
	for len(s) > room {
		n := room
		for n > 0 && !utf8.RuneStart(s[n]) {
			n--
		}
		b.WriteString(s[:n] + "\r\n ")
		s, room = s[n:], most-1
	}
	b.WriteString(s + "\r\n")
}
