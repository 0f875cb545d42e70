// SPDX-License-Identifier: Apache-2.0

package notify

import (
	"cmp"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"log/slog"
	"net"
	"net/mail"
	"net/smtp"
	"net/textproto"
	"slices"
	"strings"
	"time"
)

// How a connection to the mail server is encrypted.
const (
	StartTLS = "starttls" // it begins in plain and must become TLS before anything is said; port 587
	Implicit = "implicit" // TLS from the first byte; port 465
	Plain    = "none"     // never encrypted; no password is sent then
)

// maxMailAnswer bounds all that a mail server may say in one connection.
const maxMailAnswer = 1 << 20

// MailConfig is the server that mail is handed to.
type MailConfig struct {
	Server   string // host:port
	TLS      string // StartTLS (also when empty), Implicit or Plain
	User     string // empty: no authentication
	Password string
	From     string         // "Demarc <demarc@example.org>" or a bare address
	Hello    string         // the name of this machine; empty: localhost
	Roots    *x509.CertPool // nil: those of the system
	Timeout  time.Duration  // for all mails of one call; 0 is a minute
}

// String gives the server; the password is never printed.
func (c MailConfig) String() string { return "smtp://" + c.Server }

// GoString is String, for %#v.
func (c MailConfig) GoString() string { return c.String() }

// LogValue is String, for slog.
func (c MailConfig) LogValue() slog.Value { return slog.StringValue(c.String()) }

// MailError is the error of Mail when some were reached and some not, or none.
type MailError struct {
	First   *Error   // what was wrong with the first; one of Pending when there is one
	Pending []string // to try again with
	Refused []string // for good
}

// Error gives the sentence of the first.
func (e *MailError) Error() string { return e.First.Error() }

// Unwrap gives First, so that Retry finds it.
func (e *MailError) Unwrap() error { return e.First }

// Mail hands the message to the mail server, for each address a mail of its
// own: nobody sees who else was told. Message-ID is the same at every attempt.
// The error is a *MailError with those that were not reached; a caller tries
// again with its Pending only. Safe for concurrent use.
func Mail(ctx context.Context, c MailConfig, to []string, m Message) error {
	if err := m.check(); err != nil {
		return &MailError{First: permanentOf(err), Refused: to}
	}
	from, err := c.check()
	if err != nil {
		return &MailError{First: permanentOf(err), Refused: to}
	}
	post := &posting{c: c, from: from, m: m}
	for _, t := range to {
		a, err := address(t)
		if err != nil {
			post.refuse(t, permanentOf(err))
			continue
		}
		post.open = append(post.open, a)
	}
	if len(post.open) > 0 {
		ctx, cancel := context.WithTimeout(ctx, cmp.Or(c.Timeout, time.Minute))
		defer cancel()
		post.all(ctx)
	}
	return post.err()
}

func permanentOf(err error) *Error {
	var e *Error
	if errors.As(err, &e) {
		return e
	}
	return permanent("%w", err)
}

// check gives the sender's address.
func (c MailConfig) check() (*mail.Address, error) {
	if _, _, err := net.SplitHostPort(c.Server); err != nil {
		return nil, permanent("the mail server must be host:port, such as smtp.example.org:587")
	}
	switch c.TLS {
	case "", StartTLS, Implicit:
	case Plain:
		if c.User != "" {
			return nil, permanent("a password is sent to a mail server over TLS only")
		}
	default:
		return nil, permanent("the mail server's tls must be %s, %s or %s", StartTLS, Implicit, Plain)
	}
	return address(c.From)
}

// address reads one address. Only ASCII is taken: what else there is needs
// every server on the way to know SMTPUTF8.
func address(words string) (*mail.Address, error) {
	a, err := mail.ParseAddress(words)
	if err != nil || len(a.Address) > 254 || strings.IndexFunc(a.Address, func(r rune) bool { return r <= ' ' || r > '~' }) >= 0 {
		return nil, permanent("%q is no mail address", line(words))
	}
	return a, nil
}

// posting is one call of Mail.
type posting struct {
	c    MailConfig
	from *mail.Address
	m    Message
	open []*mail.Address // not yet told

	pending, refused []string
	first            *Error // the first that may pass another time, else the first
}

func (p *posting) refuse(to string, e *Error) {
	if e.Later {
		p.pending = append(p.pending, to)
	} else {
		p.refused = append(p.refused, to)
	}
	if p.first == nil || e.Later && !p.first.Later {
		p.first = e
	}
}

func (p *posting) err() error {
	if p.first == nil {
		return nil
	}
	return &MailError{First: p.first, Pending: p.pending, Refused: p.refused}
}

// all sends to everyone over one connection. When the connection is lost,
// those who are left are pending.
func (p *posting) all(ctx context.Context) {
	client, leave, err := p.c.connect(ctx)
	if err != nil {
		p.rest(p.classed(ctx, err))
		return
	}
	defer leave()
	for len(p.open) > 0 {
		to := p.open[0]
		p.open = p.open[1:]
		err := p.one(client, to)
		if err == nil {
			continue
		}
		p.refuse(to.Address, p.classed(ctx, err))
		var said *textproto.Error
		if !errors.As(err, &said) || said.Code == 421 || client.Reset() != nil {
			p.rest(later("the connection to the mail server was lost"))
			return
		}
	}
	client.Quit() // the mails are handed over: how the parting goes changes nothing
}

// rest refuses all who are left for one reason.
func (p *posting) rest(e *Error) {
	for _, to := range p.open {
		p.refuse(to.Address, e)
	}
}

func (p *posting) one(client *smtp.Client, to *mail.Address) error {
	if err := client.Mail(p.from.Address); err != nil {
		return err
	}
	if err := client.Rcpt(to.Address); err != nil {
		return err
	}
	w, err := client.Data()
	if err != nil {
		return err
	}
	if _, err := w.Write(compose(p.from, to, p.m)); err != nil {
		return err
	}
	return w.Close()
}

// classed tells a refusal for good (5xx) from the rest.
func (p *posting) classed(ctx context.Context, err error) *Error {
	var ours *Error
	var said *textproto.Error
	switch {
	case ctx.Err() != nil:
		return later("the time for the mail is over: %w", context.Cause(ctx))
	case errors.As(err, &ours):
		return ours
	case errors.As(err, &said) && said.Code >= 500:
		return permanent("the mail server refused with %d: %s", said.Code, line(said.Msg))
	case errors.As(err, &said):
		return later("the mail server answered %d: %s", said.Code, line(said.Msg))
	}
	return later("the mail server could not be used: %w", err)
}

// connect gives a client that has greeted, encrypted and signed in. The
// connection ends with the context; leave frees it.
func (c MailConfig) connect(ctx context.Context) (_ *smtp.Client, leave func(), err error) {
	host, _, _ := net.SplitHostPort(c.Server)
	secure := &tls.Config{ServerName: host, RootCAs: c.Roots, MinVersion: tls.VersionTLS12}
	conn, err := (&net.Dialer{Timeout: 15 * time.Second}).DialContext(ctx, "tcp", c.Server)
	if err != nil {
		return nil, nil, err
	}
	stop := context.AfterFunc(ctx, func() { conn.Close() })
	free := func() {
		stop()
		conn.Close()
	}
	defer func() {
		if err != nil {
			free()
		}
	}()
	var wire net.Conn = &bounded{Conn: conn, left: maxMailAnswer}
	if c.TLS == Implicit {
		wire = tls.Client(wire, secure)
	}
	client, err := smtp.NewClient(wire, host)
	if err != nil {
		return nil, nil, err
	}
	if err := client.Hello(cmp.Or(c.Hello, "localhost")); err != nil {
		return nil, nil, err
	}
	if c.TLS == "" || c.TLS == StartTLS {
		if ok, _ := client.Extension("STARTTLS"); !ok {
			return nil, nil, later("the mail server offers no STARTTLS, and the configuration asks for encryption")
		}
		if err := client.StartTLS(secure); err != nil {
			return nil, nil, err
		}
	}
	return client, free, c.signIn(client)
}

func (c MailConfig) signIn(client *smtp.Client) error {
	if c.User == "" {
		return nil
	}
	if _, secure := client.TLSConnectionState(); !secure {
		return permanent("a password is sent to a mail server over TLS only")
	}
	_, words := client.Extension("AUTH")
	offered := strings.Fields(strings.ToUpper(words))
	host, _, _ := net.SplitHostPort(c.Server)
	switch {
	case slices.Contains(offered, "PLAIN"):
		return client.Auth(smtp.PlainAuth("", c.User, c.Password, host))
	case slices.Contains(offered, "LOGIN"):
		return client.Auth(&login{user: c.User, password: c.Password})
	}
	return permanent("the mail server takes neither AUTH PLAIN nor AUTH LOGIN")
}

// login is AUTH LOGIN: the server asks for the name, then for the password.
// What it asks with differs from server to server; the order does not.
type login struct {
	user, password string
	asked          int
}

func (l *login) Start(server *smtp.ServerInfo) (string, []byte, error) {
	if !server.TLS {
		return "", nil, permanent("a password is sent to a mail server over TLS only")
	}
	return "LOGIN", nil, nil
}

func (l *login) Next(_ []byte, more bool) ([]byte, error) {
	if !more {
		return nil, nil
	}
	l.asked++
	switch l.asked {
	case 1:
		return []byte(l.user), nil
	case 2:
		return []byte(l.password), nil
	}
	return nil, permanent("the mail server asks more than a name and a password")
}

// bounded ends a connection that says more than a mail server has to say.
type bounded struct {
	net.Conn
	left int
}

func (b *bounded) Read(p []byte) (int, error) {
	if b.left <= 0 {
		return 0, errors.New("the mail server says more than it has to")
	}
	n, err := b.Conn.Read(p[:min(len(p), b.left)])
	b.left -= n
	return n, err
}
