// SPDX-License-Identifier: Apache-2.0

// Package oidctest is an OpenID provider in the process of a test, on 127.0.0.1:
// discovery, keys, a page with a log-in form, tokens with PKCE, userinfo.
//
// It is strict where a real provider is, so that a client that forgets PKCE or
// sends a code twice fails. It is for tests only: it limits no attempts.
package oidctest

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"html"
	"maps"
	"net"
	"net/http"
	"net/url"
	"sync"
	"time"
)

// The client that the provider knows.
const (
	ClientID     = "demarc"
	ClientSecret = "a secret of the test"
)

// User is somebody who can log in.
type User struct {
	Password string
	Claims   map[string]any // sub, email, email_verified, name, groups …
}

// Issuer is a running provider. Set the fields before the first request.
type Issuer struct {
	URL       string
	Users     map[string]User                     // by login
	Redirects []string                            // addresses it sends people back to
	Lean      bool                                // the token holds sub alone; the rest is in userinfo
	Now       func() time.Time                    // time.Now by default
	Spoil     func(header, claims map[string]any) // changes a token before it is signed

	server *http.Server
	mu     sync.Mutex
	keys   []*ecdsa.PrivateKey // the last one signs
	codes  map[string]grant
	access map[string]string // token → login
}

type grant struct {
	login string
	query url.Values
}

var b64 = base64.RawURLEncoding

// Start starts a provider on a free port of 127.0.0.1; Close ends it.
func Start(redirects ...string) (*Issuer, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("listening: %w", err)
	}
	i := &Issuer{URL: "http://" + l.Addr().String(), Users: map[string]User{}, Redirects: redirects, Now: time.Now, codes: map[string]grant{}, access: map[string]string{}}
	if err := i.Rotate(); err != nil {
		return nil, err
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /.well-known/openid-configuration", i.discovery)
	mux.HandleFunc("GET /keys", i.jwks)
	mux.HandleFunc("GET /authorize", i.form)
	mux.HandleFunc("POST /authorize", i.login)
	mux.HandleFunc("POST /token", i.token)
	mux.HandleFunc("GET /userinfo", i.userinfo)
	i.server = &http.Server{Handler: mux, ReadHeaderTimeout: 10 * time.Second}
	go func() { _ = i.server.Serve(l) }()
	return i, nil
}

// Close ends the provider.
func (i *Issuer) Close() error { return i.server.Close() }

// Rotate has a new key sign; the old one is published no more.
func (i *Issuer) Rotate() error {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return fmt.Errorf("making a key: %w", err)
	}
	i.mu.Lock()
	defer i.mu.Unlock()
	i.keys = append(i.keys, key)
	return nil
}

func (i *Issuer) key() (*ecdsa.PrivateKey, string) {
	i.mu.Lock()
	defer i.mu.Unlock()
	return i.keys[len(i.keys)-1], fmt.Sprint("key-", len(i.keys))
}

func reply(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(v)
}

func (i *Issuer) discovery(w http.ResponseWriter, _ *http.Request) {
	reply(w, 200, map[string]any{"issuer": i.URL, "authorization_endpoint": i.URL + "/authorize", "token_endpoint": i.URL + "/token", "jwks_uri": i.URL + "/keys",
		"userinfo_endpoint": i.URL + "/userinfo", "response_types_supported": []string{"code"}, "subject_types_supported": []string{"public"},
		"id_token_signing_alg_values_supported": []string{"ES256"}, "code_challenge_methods_supported": []string{"S256"}})
}

func (i *Issuer) jwks(w http.ResponseWriter, _ *http.Request) {
	key, kid := i.key()
	point, err := key.PublicKey.Bytes()
	if err != nil {
		reply(w, 500, map[string]string{"error": "server_error"})
		return
	}
	reply(w, 200, map[string]any{"keys": []any{map[string]string{"kty": "EC", "crv": "P-256", "use": "sig", "alg": "ES256", "kid": kid,
		"x": b64.EncodeToString(point[1:33]), "y": b64.EncodeToString(point[33:])}}})
}

// asked tells what is wrong with a request for a code.
func (i *Issuer) asked(q url.Values) string {
	known := false
	for _, r := range i.Redirects {
		known = known || r == q.Get("redirect_uri")
	}
	switch {
	case q.Get("client_id") != ClientID || !known:
		return "unknown client or redirect_uri"
	case q.Get("response_type") != "code":
		return "response_type is not code"
	case q.Get("code_challenge_method") != "S256" || q.Get("code_challenge") == "":
		return "no PKCE with S256"
	}
	return ""
}

func (i *Issuer) form(w http.ResponseWriter, r *http.Request) {
	if fault := i.asked(r.URL.Query()); fault != "" {
		http.Error(w, fault, 400)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	fmt.Fprintf(w, `<!doctype html><html lang="en"><title>Log in</title><form method="post" action="/authorize?%s">
<label>Login <input name="login" id="login"></label> <label>Password <input name="password" id="password" type="password"></label> <button>Log in</button></form></html>`, html.EscapeString(r.URL.RawQuery))
}

func (i *Issuer) login(w http.ResponseWriter, r *http.Request) {
	q, login := r.URL.Query(), r.PostFormValue("login")
	u, known := i.Users[login]
	if fault := i.asked(q); fault != "" {
		http.Error(w, fault, 400)
		return
	}
	if !known || u.Password != r.PostFormValue("password") {
		http.Error(w, "wrong login or password", http.StatusForbidden)
		return
	}
	code := rand.Text()
	i.mu.Lock()
	i.codes[code] = grant{login, q}
	i.mu.Unlock()
	back := url.Values{"code": {code}, "state": {q.Get("state")}, "iss": {i.URL}}
	http.Redirect(w, r, q.Get("redirect_uri")+"?"+back.Encode(), http.StatusSeeOther)
}

func (i *Issuer) token(w http.ResponseWriter, r *http.Request) {
	id, secret, basic := r.BasicAuth()
	if basic {
		secret, _ = url.QueryUnescape(secret) // RFC 6749, 2.3.1
	} else {
		id, secret = r.PostFormValue("client_id"), r.PostFormValue("client_secret")
	}
	if id != ClientID || secret != ClientSecret {
		reply(w, 401, map[string]string{"error": "invalid_client"})
		return
	}
	i.mu.Lock()
	g, ok := i.codes[r.PostFormValue("code")]
	delete(i.codes, r.PostFormValue("code"))
	i.mu.Unlock()
	sum := sha256.Sum256([]byte(r.PostFormValue("code_verifier")))
	if !ok || r.PostFormValue("redirect_uri") != g.query.Get("redirect_uri") ||
		subtle.ConstantTimeCompare([]byte(b64.EncodeToString(sum[:])), []byte(g.query.Get("code_challenge"))) != 1 {
		reply(w, 400, map[string]string{"error": "invalid_grant"})
		return
	}
	access := rand.Text()
	i.mu.Lock()
	i.access[access] = g.login
	i.mu.Unlock()
	signed, err := i.sign(g)
	if err != nil {
		reply(w, 500, map[string]string{"error": "server_error"})
		return
	}
	reply(w, 200, map[string]any{"access_token": access, "token_type": "Bearer", "expires_in": 300, "id_token": signed})
}

func (i *Issuer) sign(g grant) (string, error) {
	key, kid := i.key()
	header := map[string]any{"alg": "ES256", "typ": "JWT", "kid": kid}
	claims := map[string]any{"sub": i.Users[g.login].Claims["sub"]}
	if !i.Lean {
		maps.Copy(claims, i.Users[g.login].Claims)
	}
	now := i.Now()
	maps.Copy(claims, map[string]any{"iss": i.URL, "aud": ClientID, "iat": now.Unix(), "exp": now.Add(5 * time.Minute).Unix(), "nonce": g.query.Get("nonce")})
	if i.Spoil != nil {
		i.Spoil(header, claims)
	}
	h, err := json.Marshal(header)
	if err != nil {
		return "", err
	}
	c, err := json.Marshal(claims)
	if err != nil {
		return "", err
	}
	body := b64.EncodeToString(h) + "." + b64.EncodeToString(c)
	sum := sha256.Sum256([]byte(body))
	switch header["alg"] {
	case "none":
		return body + ".", nil
	case "HS256": // signed with what client and provider share
		mac := hmac.New(sha256.New, []byte(ClientSecret))
		mac.Write([]byte(body))
		return body + "." + b64.EncodeToString(mac.Sum(nil)), nil
	}
	r, s, err := ecdsa.Sign(rand.Reader, key, sum[:])
	if err != nil {
		return "", err
	}
	sig := append(r.FillBytes(make([]byte, 32)), s.FillBytes(make([]byte, 32))...)
	return body + "." + b64.EncodeToString(sig), nil
}

func (i *Issuer) userinfo(w http.ResponseWriter, r *http.Request) {
	i.mu.Lock()
	login, ok := i.access[trimBearer(r.Header.Get("Authorization"))]
	i.mu.Unlock()
	if !ok {
		reply(w, 401, map[string]string{"error": "invalid_token"})
		return
	}
	reply(w, 200, i.Users[login].Claims)
}

func trimBearer(s string) string {
	const word = "Bearer "
	if len(s) > len(word) && s[:len(word)] == word {
		return s[len(word):]
	}
	return ""
}
