// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"math/big"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"
)

// certificate writes a certificate for this machine and its key, and gives who
// trusts it.
func certificate(t *testing.T, dir string) (cert, key string, roots *x509.CertPool) {
	t.Helper()
	k, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	tmpl := &x509.Certificate{SerialNumber: big.NewInt(1), NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true}
	der, err := x509.CreateCertificate(rand.Reader, tmpl, tmpl, &k.PublicKey, k)
	if err != nil {
		t.Fatal(err)
	}
	private, err := x509.MarshalECPrivateKey(k)
	if err != nil {
		t.Fatal(err)
	}
	cert, key = filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	for name, block := range map[string]*pem.Block{cert: {Type: "CERTIFICATE", Bytes: der}, key: {Type: "EC PRIVATE KEY", Bytes: private}} {
		if err := os.WriteFile(name, pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	roots = x509.NewCertPool()
	roots.AppendCertsFromPEM(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))
	return cert, key, roots
}

// said is what a program that runs has printed so far.
type said struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (s *said) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(p)
}

func (s *said) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}

// TestServe_TLS signs in over TLS that the server speaks itself: the cookie is
// kept to it, and browsers are told to come back that way.
func TestServe_TLS(t *testing.T) {
	dir := t.TempDir()
	cert, key, roots := certificate(t, dir)
	demarc := func(ctx context.Context, out *said, args ...string) error {
		return run(ctx, append([]string{"demarc", "--data", filepath.Join(dir, "store")}, args...), os.Environ(), strings.NewReader(""), out, out)
	}
	if err := demarc(t.Context(), &said{}, "organisation", "create", "north"); err != nil {
		t.Fatal(err)
	}
	if err := demarc(t.Context(), &said{}, "serve", "--listen", "127.0.0.1:0", "--tls-cert", key, "--tls-key", cert); err == nil {
		t.Error("a key for a certificate is taken")
	}
	ctx, end := context.WithCancel(t.Context())
	out, ended := &said{}, make(chan error, 1)
	go func() {
		ended <- demarc(ctx, out, "serve", "--listen", "127.0.0.1:0", "--tls-cert", cert, "--tls-key", key)
	}()
	link := ""
	for range 200 {
		if link = regexp.MustCompile(`https://\S+/signin\?token=\w+`).FindString(out.String()); link != "" {
			break
		}
		time.Sleep(50 * time.Millisecond)
	}
	client := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots}}, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	r, err := client.Get(link)
	if err != nil {
		t.Fatalf("%q: %v\n%s", link, err, out)
	}
	r.Body.Close()
	if cookie := r.Header.Get("Set-Cookie"); r.StatusCode != http.StatusSeeOther || !strings.Contains(cookie, "__Host-") || !strings.Contains(cookie, "Secure") || r.Header.Get("Strict-Transport-Security") == "" {
		t.Errorf("%d, %q, %q", r.StatusCode, cookie, r.Header.Get("Strict-Transport-Security"))
	}
	end()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}
