// SPDX-License-Identifier: Apache-2.0

package notify

import (
	"context"
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net/mail"
	"slices"
	"strings"
	"testing"
	"time"
)

func gap() Message {
	return Message{ID: "01JABC", Org: "larkspur", Kind: GapNew, Subject: "Zwei neue Lücken in „ledger“",
		Text: "Two gaps are new.\n.a line that begins with a dot\n" + strings.Repeat("long ", 60) + "\n", HTML: "<p>Two gaps are <b>new</b> – see them.</p>",
		Link: "https://demarc.example.org/o/larkspur/remediation", At: time.Date(2026, 11, 25, 5, 0, 0, 0, time.UTC), Data: map[string]int{"gaps": 2}}
}

func (s *smtpServer) config() MailConfig {
	c := MailConfig{Server: s.address, From: "Demarc Überwachung <demarc@example.org>", Roots: s.roots, TLS: StartTLS}
	if s.implicit {
		c.TLS = Implicit
	}
	if s.auth != "" {
		c.User, c.Password = "sender", "correct horse"
	}
	return c
}

func TestMail_Delivers(t *testing.T) {
	for name, s := range map[string]*smtpServer{
		"StartTLSAndPlain": {starttls: true, auth: "PLAIN LOGIN"},
		"StartTLSAndLogin": {starttls: true, auth: "LOGIN"},
		"Implicit":         {implicit: true, auth: "PLAIN"},
		"NoPassword":       {starttls: true},
	} {
		t.Run(name, func(t *testing.T) {
			s.t = t
			s.start()
			if err := Mail(t.Context(), s.config(), []string{"Ada <ada@example.org>", "ben@example.org"}, gap()); err != nil {
				t.Fatal(err)
			}
			got := s.got()
			if len(got) != 2 || got[0].to != "TO:<ada@example.org>" || got[1].to != "TO:<ben@example.org>" {
				t.Fatalf("the server got %+v", got)
			}
			if strings.Contains(got[0].data, "ben@") || strings.Contains(got[1].data, "ada@") {
				t.Error("one person sees the address of another")
			}
			checkMail(t, got[0].data)
		})
	}
}

func checkMail(t *testing.T, data string) {
	t.Helper()
	for i, l := range strings.Split(data, "\r\n") {
		if len(l) > 78 || strings.ContainsAny(l, "\r\n") {
			t.Errorf("line %d is no line of a mail: %q", i+1, l)
		}
	}
	m, err := mail.ReadMessage(strings.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	want := gap()
	if subject, err := new(mime.WordDecoder).DecodeHeader(m.Header.Get("Subject")); err != nil || subject != want.Subject {
		t.Errorf("Subject = %q, %v", subject, err)
	}
	if at, err := m.Header.Date(); err != nil || !at.Equal(want.At) {
		t.Errorf("Date = %v, %v", at, err)
	}
	from, err := m.Header.AddressList("From")
	if err != nil || from[0].Name != "Demarc Überwachung" || from[0].Address != "demarc@example.org" {
		t.Errorf("From = %v, %v", from, err)
	}
	if got := m.Header.Get("Auto-Submitted"); got != "auto-generated" {
		t.Errorf("Auto-Submitted = %q", got)
	}
	if id := m.Header.Get("Message-ID"); !strings.HasPrefix(id, "<") || !strings.HasSuffix(id, "@example.org>") {
		t.Errorf("Message-ID = %q", id)
	}
	kind, params, err := mime.ParseMediaType(m.Header.Get("Content-Type"))
	if err != nil || kind != "multipart/alternative" {
		t.Fatalf("Content-Type = %q, %v", kind, err)
	}
	parts := multipart.NewReader(m.Body, params["boundary"])
	for _, p := range []struct{ kind, words string }{{"text/plain", want.Text + "\n" + want.Link + "\n"}, {"text/html", want.HTML}} {
		part, err := parts.NextRawPart()
		if err != nil {
			t.Fatal(err)
		}
		words, err := io.ReadAll(quotedprintable.NewReader(part))
		if err != nil || strings.ReplaceAll(string(words), "\r\n", "\n") != p.words || !strings.HasPrefix(part.Header.Get("Content-Type"), p.kind) {
			t.Errorf("%s holds %q, %v; want %q", part.Header.Get("Content-Type"), words, err, p.words)
		}
	}
	if _, err := parts.NextPart(); err != io.EOF {
		t.Errorf("after the last part: %v", err)
	}
}

func TestMail_SameMessageIDAtEveryAttempt(t *testing.T) {
	s := (&smtpServer{t: t, starttls: true}).start()
	for range 2 {
		if err := Mail(t.Context(), s.config(), []string{"ada@example.org"}, gap()); err != nil {
			t.Fatal(err)
		}
	}
	if got := s.got(); len(got) != 2 || got[0].data != got[1].data {
		t.Errorf("two attempts differ: %+v", got)
	}
}

func TestMail_TellsForGoodFromAnotherTime(t *testing.T) {
	to := []string{"ada@example.org", "ben@example.org", "cleo@example.org"}
	for _, c := range []struct {
		name             string
		server           *smtpServer
		change           func(*MailConfig)
		to               []string
		pending, refused []string
	}{
		{name: "OneMailboxIsUnknown", server: &smtpServer{starttls: true, answers: map[string]string{"RCPT TO:<ben@": "550 no such mailbox"}}, to: to, refused: to[1:2]},
		{name: "OneMailboxIsFull", server: &smtpServer{starttls: true, answers: map[string]string{"RCPT TO:<ben@": "452 full"}}, to: to, pending: to[1:2]},
		{name: "TheConnectionIsLost", server: &smtpServer{starttls: true, answers: map[string]string{"RCPT TO:<ben@": "hang up"}}, to: to, pending: to[1:]},
		{name: "ItShutsDown", server: &smtpServer{starttls: true, answers: map[string]string{"RCPT TO:<ben@": "421 shutting down"}}, to: to, pending: to[1:]},
		{name: "ResetFailsAfterARefusal", server: &smtpServer{starttls: true, answers: map[string]string{"RCPT TO:<ben@": "550 no", "RSET": "hang up"}}, to: to, refused: to[1:2], pending: to[2:]},
		{name: "TheSenderIsRefused", server: &smtpServer{starttls: true, answers: map[string]string{"MAIL": "553 not you"}}, to: to, refused: to},
		{name: "WrongPassword", server: &smtpServer{starttls: true, auth: "PLAIN"}, change: func(c *MailConfig) { c.Password = "wrong" }, to: to, refused: to},
		{name: "NoKindOfAuth", server: &smtpServer{starttls: true, auth: "GSSAPI"}, to: to, refused: to},
		{name: "NoStartTLS", server: &smtpServer{}, to: to, pending: to},
		{name: "StrangeCertificate", server: &smtpServer{starttls: true}, change: func(c *MailConfig) { c.Roots = nil }, to: to, pending: to},
		{name: "NobodyListens", server: &smtpServer{}, change: func(c *MailConfig) { c.Server = "127.0.0.1:1" }, to: to, pending: to},
		{name: "NoAddress", server: &smtpServer{starttls: true}, to: []string{"ada@example.org", "ben", "x@y\r\nBcc: z@z"}, refused: []string{"ben", "x@y\r\nBcc: z@z"}},
		{name: "PasswordWithoutTLS", server: &smtpServer{auth: "PLAIN"}, change: func(c *MailConfig) { c.TLS = Plain }, to: to, refused: to},
		{name: "UnknownWordForTLS", server: &smtpServer{}, change: func(c *MailConfig) { c.TLS = "maybe" }, to: to, refused: to},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := c.server
			s.t = t
			config := s.start().config()
			if c.change != nil {
				c.change(&config)
			}
			err := Mail(t.Context(), config, c.to, gap())
			var e *MailError
			if !errors.As(err, &e) || !slices.Equal(e.Pending, c.pending) || !slices.Equal(e.Refused, c.refused) {
				t.Fatalf("Mail = %v, %#v", err, e)
			}
			if again, _ := Retry(err); again != (len(c.pending) > 0) {
				t.Errorf("Retry = %v", again)
			}
			if got, want := len(s.got()), len(c.to)-len(c.pending)-len(c.refused); got != want {
				t.Errorf("the server got %d mails, want %d", got, want)
			}
			if heard := s.heard(); !s.starttls && strings.Contains(heard, "AUTH ") {
				t.Errorf("a password passed in plain: %s", heard)
			}
		})
	}
}

func TestMail_EndsWithTheContext(t *testing.T) {
	s := (&smtpServer{t: t, starttls: true}).start()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	err := Mail(ctx, s.config(), []string{"ada@example.org"}, gap())
	if again, _ := Retry(err); err == nil || !again || len(s.got()) != 0 {
		t.Errorf("Mail = %v", err)
	}
}

func TestMail_AServerThatNeverStopsTalkingIsLeft(t *testing.T) {
	s := (&smtpServer{t: t, starttls: true, answers: map[string]string{"EHLO": strings.Repeat("250-"+strings.Repeat("x", 1000)+"\n", 2000) + "250 ok"}}).start()
	err := Mail(t.Context(), s.config(), []string{"ada@example.org"}, gap())
	if again, _ := Retry(err); err == nil || !again {
		t.Errorf("Mail = %v", err)
	}
}

func TestMailConfig_PrintsNoPassword(t *testing.T) {
	c := MailConfig{Server: "smtp.example.org:587", User: "sender", Password: "correct horse"}
	for _, format := range []string{"%v", "%+v", "%#v", "%s"} {
		if got := fmt.Sprintf(format, c); strings.Contains(got, "horse") {
			t.Errorf("%s prints %s", format, got)
		}
	}
}

func TestMessage_Refused(t *testing.T) {
	for name, change := range map[string]func(*Message){
		"NoID":       func(m *Message) { m.ID = "" },
		"ForgedID":   func(m *Message) { m.ID = "1\r\nBcc: eve@example.org" },
		"NoKind":     func(m *Message) { m.Kind = "" },
		"NoSubject":  func(m *Message) { m.Subject = "" },
		"NoTime":     func(m *Message) { m.At = time.Time{} },
		"IDTooLong":  func(m *Message) { m.ID = strings.Repeat("1", 201) },
		"ForeignID":  func(m *Message) { m.ID = "läuft" },
		"IDWithNull": func(m *Message) { m.ID = "1\x00" },
	} {
		t.Run(name, func(t *testing.T) {
			m := gap()
			change(&m)
			if err := m.check(); err == nil {
				t.Error("taken")
			}
		})
	}
}

// FuzzCompose asks of any words: the headers are those we wrote and no more,
// and who reads the mail reads the words.
func FuzzCompose(f *testing.F) {
	f.Add("two gaps", "text", "<p>html</p>")
	f.Add("Lücke\r\nBcc: eve@example.org", "a\r\n.\r\nQUIT", "")
	f.Add("=?utf-8?Q?=0D=0ABcc:_eve?=", "=_x--", "--=_")
	f.Add(strings.Repeat("日本語", 200), "\x00\xff", "\xff")
	f.Add(strings.Repeat("x", 300), strings.Repeat("y", 2000), "z")
	f.Add("a\u2028b\u0085c", " \t\n", "\r\r\n")
	f.Fuzz(func(t *testing.T, subject, text, html string) {
		m := gap()
		m.Subject, m.Text, m.HTML = subject, text, html
		data := string(compose(&mail.Address{Name: "Demarc", Address: "demarc@example.org"}, &mail.Address{Address: "ada@example.org"}, m))
		for l := range strings.SplitSeq(data, "\r\n") {
			if len(l) > 78 || strings.ContainsAny(l, "\r\n") {
				t.Fatalf("no line of a mail: %q", l)
			}
		}
		read, err := mail.ReadMessage(strings.NewReader(data))
		if err != nil {
			t.Fatal(err)
		}
		if len(read.Header) != 10 && !(html == "" && len(read.Header) == 11) {
			t.Fatalf("%d headers: %v", len(read.Header), read.Header)
		}
		got, err := new(mime.WordDecoder).DecodeHeader(read.Header.Get("Subject"))
		if err != nil || got != oneLine(subject) {
			t.Fatalf("Subject = %q, %v; want %q", got, err, oneLine(subject))
		}
	})
}
