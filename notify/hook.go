// SPDX-License-Identifier: Apache-2.0

package notify

import (
	"bytes"
	"cmp"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// MaxBody bounds a webhook's body, in bytes.
const MaxBody = 256 << 10

// maxAnswer bounds what is read of the answer: enough to use the connection's
// end properly, too little to hurt.
const maxAnswer = 16 << 10

// HookConfig is where a webhook goes and how it is signed.
type HookConfig struct {
	URL string // https, or http when Allow says so; no user in it

	// Secret signs; at least 16 bytes. Old, when not empty, signs as well: a
	// receiver changes its secret whenever it likes while both are set.
	Secret, Old []byte

	Allow   Allow          // what of the inner network may be reached
	Roots   *x509.CertPool // nil: those of the system
	Timeout time.Duration  // for all of one attempt; 0 is ten seconds
	Agent   string         // User-Agent; empty: Demarc
	Now     func() time.Time
}

// Hook delivers the message once. Any answer of 2xx is a delivery. The error
// is an *Error: to try again are connections that fail, a deadline, 408, 425,
// 429 (with the receiver's Retry-After, at most a day) and 5xx; for good are a
// refused address, a redirect (it is never followed: the address that was
// checked is the one that is called), a certificate that does not verify, and
// any other answer. Safe for concurrent use.
func Hook(ctx context.Context, c HookConfig, m Message) error {
	if err := m.check(); err != nil {
		return err
	}
	target, err := CheckURL(c.URL, c.Allow)
	if err != nil {
		return err
	}
	if len(c.Secret) < 16 {
		return permanent("the webhook's secret is shorter than 16 bytes")
	}
	body, err := json.Marshal(m)
	if err != nil {
		return permanent("writing the message as JSON: %w", err)
	}
	if len(body) > MaxBody {
		return permanent("the message has %d bytes as JSON; a webhook carries at most %d", len(body), MaxBody)
	}
	ctx, cancel := context.WithTimeout(ctx, cmp.Or(c.Timeout, 10*time.Second))
	defer cancel()
	return ended(ctx, c.post(ctx, target, body, m.ID))
}

func (c HookConfig) post(ctx context.Context, target *url.URL, body []byte, id string) error {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, target.String(), bytes.NewReader(body))
	if err != nil {
		return permanent("the webhook's address cannot be called: %w", err)
	}
	now := time.Now
	if c.Now != nil {
		now = c.Now
	}
	secrets := [][]byte{c.Secret}
	if len(c.Old) > 0 {
		secrets = append(secrets, c.Old)
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("User-Agent", cmp.Or(c.Agent, "Demarc"))
	r.Header.Set(DeliveryHeader, id)
	r.Header.Set(SignatureHeader, sign(body, now(), secrets...))
	transport := c.transport(target.Scheme == "http")
	defer transport.CloseIdleConnections()
	answer, err := transport.RoundTrip(r) // not a Client: nothing follows a redirect, keeps a cookie or asks a proxy
	if err != nil {
		return told(err)
	}
	defer answer.Body.Close()
	io.Copy(io.Discard, io.LimitReader(answer.Body, maxAnswer)) // what it says is of no interest, nor is an error in it
	return judged(answer, now())
}

func (c HookConfig) transport(plain bool) *http.Transport {
	dialer := &net.Dialer{Timeout: 10 * time.Second, KeepAlive: -1, Control: c.Allow.control(plain)}
	return &http.Transport{
		Proxy:                  nil, // a proxy would resolve the name where nobody checks
		DialContext:            dialer.DialContext,
		TLSClientConfig:        &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: c.Roots},
		TLSHandshakeTimeout:    10 * time.Second,
		MaxResponseHeaderBytes: 64 << 10,
		DisableKeepAlives:      true,
		DisableCompression:     true,
	}
}

// told turns an error of the connection into one of ours.
func told(err error) *Error {
	var unknown x509.UnknownAuthorityError
	var invalid x509.CertificateInvalidError
	var name x509.HostnameError
	var missing *net.DNSError
	switch {
	case errors.Is(err, errInside):
		return permanent("the webhook was not called: %w", errInside)
	case errors.As(err, &unknown), errors.As(err, &invalid), errors.As(err, &name):
		return permanent("the webhook's certificate does not verify: %w", err)
	case errors.As(err, &missing) && missing.IsNotFound:
		return later("the webhook's host name does not resolve: %w", err)
	}
	return later("the webhook could not be reached: %w", err)
}

// judged turns the answer's status into nil or an error.
func judged(answer *http.Response, now time.Time) error {
	s := answer.StatusCode
	switch {
	case s >= 200 && s < 300:
		return nil
	case s >= 300 && s < 400:
		return permanent("the webhook answered %d, a redirect; redirects are not followed: name the last address", s)
	case s == 408 || s == 425 || s == 429 || s >= 500:
		e := later("the webhook answered %d", s)
		e.After = retryAfter(answer.Header.Get("Retry-After"), now)
		return e
	}
	return permanent("the webhook answered %d", s)
}

// retryAfter reads the header as RFC 9110 §10.2.3 has it, at most a day.
func retryAfter(header string, now time.Time) time.Duration {
	const most = 24 * time.Hour
	var after time.Duration
	if seconds, err := strconv.ParseUint(header, 10, 31); err == nil {
		after = time.Duration(seconds) * time.Second
	} else if at, err := http.ParseTime(header); err == nil {
		after = at.Sub(now)
	}
	return max(0, min(after, most))
}

// CheckURL tells what is wrong with a webhook's address before it is kept, as
// far as the words alone show; that the name resolves to an address that may
// be called is checked at each call. The error is an *Error for good.
func CheckURL(address string, allow Allow) (*url.URL, error) {
	u, err := url.Parse(address)
	switch {
	case err != nil || len(address) > 2048:
		return nil, permanent("the webhook's address is not a URL")
	case u.Scheme != "https" && u.Scheme != "http":
		return nil, permanent("the webhook's address must begin with https://")
	case u.Scheme == "http" && !allow.Plain:
		return nil, permanent("the webhook's address must begin with https://; this server does not allow http://")
	case u.User != nil:
		return nil, permanent("the webhook's address must hold no user or password: the signature says who calls")
	case u.Hostname() == "" || u.Opaque != "":
		return nil, permanent("the webhook's address names no host")
	case u.Fragment != "":
		return nil, permanent("the webhook's address must have no #fragment")
	}
	if a, err := netip.ParseAddr(strings.Trim(u.Hostname(), "[]")); err == nil && !allow.inside(a) && !public(a) {
		return nil, permanent("the webhook was not called: %w", errInside)
	}
	return u, nil
}
