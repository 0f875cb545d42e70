// SPDX-License-Identifier: Apache-2.0

package notify

import (
	"bufio"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"fmt"
	"math/big"
	"net"
	"strings"
	"sync"
	"testing"
	"time"
)

// smtpServer is a mail server as far as a client sees one: it speaks the
// protocol, encrypts, authenticates and keeps what it was handed.
type smtpServer struct {
	t        *testing.T
	cert     tls.Certificate
	starttls bool
	implicit bool
	auth     string            // the words after AUTH; empty: none is asked
	answers  map[string]string // the answer to a command that begins so, instead of its own

	address string
	roots   *x509.CertPool

	mu    sync.Mutex
	mails []received
	said  []string // every command as it came
}

type received struct{ from, to, data string }

func (s *smtpServer) start() *smtpServer {
	s.t.Helper()
	s.cert, s.roots = certificate(s.t)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		s.t.Fatal(err)
	}
	s.address = l.Addr().String()
	var running sync.WaitGroup
	running.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			running.Go(func() { s.talk(conn) })
		}
	})
	s.t.Cleanup(func() {
		l.Close()
		running.Wait()
	})
	return s
}

func (s *smtpServer) talk(conn net.Conn) {
	defer conn.Close()
	conn.SetDeadline(time.Now().Add(20 * time.Second))
	secure := s.implicit
	if secure {
		conn = tls.Server(conn, &tls.Config{Certificates: []tls.Certificate{s.cert}})
	}
	in := bufio.NewReader(conn)
	say := func(words string) { fmt.Fprint(conn, strings.ReplaceAll(words, "\n", "\r\n")+"\r\n") }
	say("220 mail.test ESMTP")
	var mail received
	signedIn := s.auth == ""
	for {
		words, err := in.ReadString('\n')
		if err != nil {
			return
		}
		words = strings.TrimRight(words, "\r\n")
		s.mu.Lock()
		s.said = append(s.said, words)
		s.mu.Unlock()
		verb, rest, _ := strings.Cut(words, " ")
		if answer := s.instead(words); answer != "" {
			if answer == "hang up" {
				return
			}
			say(answer)
			continue
		}
		switch strings.ToUpper(verb) {
		case "EHLO":
			offer := "250-mail.test"
			if s.starttls && !secure {
				offer += "\n250-STARTTLS"
			}
			if s.auth != "" {
				offer += "\n250-AUTH " + s.auth
			}
			say(offer + "\n250 8BITMIME")
		case "STARTTLS":
			say("220 go")
			conn = tls.Server(conn, &tls.Config{Certificates: []tls.Certificate{s.cert}})
			in, secure = bufio.NewReader(conn), true
		case "AUTH":
			signedIn = s.authenticate(in, say, rest)
		case "MAIL":
			if !signedIn {
				say("530 sign in first")
				continue
			}
			mail = received{from: rest}
			say("250 ok")
		case "RCPT":
			mail.to = rest
			say("250 ok")
		case "DATA":
			say("354 go on")
			var data strings.Builder
			for {
				l, err := in.ReadString('\n')
				if err != nil {
					return
				}
				if l == ".\r\n" {
					break
				}
				data.WriteString(strings.TrimPrefix(l, "."))
			}
			mail.data = data.String()
			s.mu.Lock()
			s.mails = append(s.mails, mail)
			s.mu.Unlock()
			say("250 taken")
		case "RSET":
			say("250 ok")
		case "QUIT":
			say("221 bye")
			return
		default:
			say("502 what?")
		}
	}
}

func (s *smtpServer) instead(words string) string {
	for begin, answer := range s.answers {
		if strings.HasPrefix(strings.ToUpper(words), strings.ToUpper(begin)) {
			return answer
		}
	}
	return ""
}

func (s *smtpServer) authenticate(in *bufio.Reader, say func(string), rest string) bool {
	kind, first, _ := strings.Cut(rest, " ")
	ok := false
	switch strings.ToUpper(kind) {
	case "PLAIN":
		b, _ := base64.StdEncoding.DecodeString(first)
		ok = string(b) == "\x00sender\x00correct horse"
	case "LOGIN":
		var given [2]string
		for i, ask := range []string{"Username:", "Password:"} {
			say("334 " + base64.StdEncoding.EncodeToString([]byte(ask)))
			l, _ := in.ReadString('\n')
			b, _ := base64.StdEncoding.DecodeString(strings.TrimRight(l, "\r\n"))
			given[i] = string(b)
		}
		ok = given == [2]string{"sender", "correct horse"}
	}
	if ok {
		say("235 welcome")
	} else {
		say("535 no such name or password")
	}
	return ok
}

func (s *smtpServer) got() []received {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]received(nil), s.mails...)
}

func (s *smtpServer) heard() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return strings.Join(s.said, "\n")
}

// certificate gives a certificate for 127.0.0.1 and the pool that trusts it.
func certificate(t *testing.T) (tls.Certificate, *x509.CertPool) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	now := time.Now()
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotBefore: now.Add(-time.Hour), NotAfter: now.Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, DNSNames: []string{"localhost"}, IsCA: true, BasicConstraintsValid: true,
		KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AddCert(leaf)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, roots
}
