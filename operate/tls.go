// SPDX-License-Identifier: Apache-2.0

package operate

import (
	"crypto/tls"
	"log/slog"
	"net/http"
	"os"
	"sync"
	"time"
)

// TLSConfig gives TLS 1.2 and above with the certificate of the two files. When
// one of them changes they are read again at the next handshake; a pair that
// does not fit is logged and the one before is kept. Safe for concurrent use.
func TLSConfig(cert, key string, log *slog.Logger) (*tls.Config, error) {
	p := &pair{cert: cert, key: key, log: log}
	if err := p.load(); err != nil {
		return nil, err
	}
	return &tls.Config{MinVersion: tls.VersionTLS12, NextProtos: []string{"h2", "http/1.1"}, GetCertificate: p.get}, nil
}

func loadPair(cert, key string) (*tls.Certificate, error) {
	c, err := tls.LoadX509KeyPair(cert, key)
	return &c, err
}

type pair struct {
	cert, key string
	log       *slog.Logger

	mu     sync.Mutex
	seen   [2]stamp
	loaded *tls.Certificate
}

// stamp is what shows that a file changed. A link that leads elsewhere changes
// both, too: that is how orchestrators change a secret.
type stamp struct {
	at   time.Time
	size int64
}

func stampOf(path string) (s stamp) {
	if info, err := os.Stat(path); err == nil {
		s = stamp{info.ModTime(), info.Size()}
	}
	return s
}

func (p *pair) load() error {
	seen := [2]stamp{stampOf(p.cert), stampOf(p.key)} // before reading: a change meanwhile is seen the next time
	loaded, err := loadPair(p.cert, p.key)
	p.seen = seen // also when it does not fit: it is told once
	if err != nil {
		return err
	}
	p.loaded = loaded
	return nil
}

func (p *pair) get(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.seen != [2]stamp{stampOf(p.cert), stampOf(p.key)} {
		if err := p.load(); err != nil {
			p.log.Error("the certificate changed and cannot be used; the one before is kept", "cert", p.cert, "error", err)
		} else {
			p.log.Info("the certificate was read again", "cert", p.cert)
		}
	}
	return p.loaded, nil
}

// HSTS tells browsers to come back by https only, for a year, on answers that
// went over TLS, be it ended here or at a trusted proxy (see Proxied).
func HSTS(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if Secure(r) {
			w.Header().Set("Strict-Transport-Security", "max-age=31536000")
		}
		next.ServeHTTP(w, r)
	})
}
