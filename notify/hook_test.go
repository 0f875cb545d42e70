// SPDX-License-Identifier: Apache-2.0

package notify

import (
	"bytes"
	"context"
	"crypto/x509"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"time"
)

var secret = []byte("0123456789abcdef0123")

// receiver is a server that a webhook may reach, and the config that reaches it.
func receiver(t *testing.T, h http.HandlerFunc) (*httptest.Server, HookConfig) {
	t.Helper()
	s := httptest.NewTLSServer(h)
	t.Cleanup(s.Close)
	roots := x509.NewCertPool()
	roots.AddCert(s.Certificate())
	return s, HookConfig{URL: s.URL + "/hook?a=b", Secret: secret, Roots: roots, Allow: Allow{Networks: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}}}
}

func TestHook_DeliversSigned(t *testing.T) {
	old := []byte("an older secret of the receiver")
	var bodies [][]byte
	var ids []string
	_, c := receiver(t, func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		header := r.Header.Get(SignatureHeader)
		if err != nil || VerifyHook(secret, header, body, time.Now(), time.Minute) != nil || VerifyHook(old, header, body, time.Now(), time.Minute) != nil ||
			r.Method != http.MethodPost || r.Header.Get("Content-Type") != "application/json" || r.URL.RawQuery != "a=b" {
			w.WriteHeader(400)
			return
		}
		bodies, ids = append(bodies, body), append(ids, r.Header.Get(DeliveryHeader))
		w.WriteHeader(204)
	})
	c.Old = old
	for range 2 {
		if err := Hook(t.Context(), c, gap()); err != nil {
			t.Fatal(err)
		}
	}
	if len(ids) != 2 || ids[0] != gap().ID || ids[1] != ids[0] || !bytes.Equal(bodies[0], bodies[1]) {
		t.Errorf("two attempts differ: %q", ids)
	}
	var got map[string]any
	if err := json.Unmarshal(bodies[0], &got); err != nil || got["organisation"] != "larkspur" || got["kind"] != "gap.new" || got["at"] != "2026-11-25T05:00:00Z" || got["html"] != nil {
		t.Errorf("the body is %s, %v", bodies[0], err)
	}
}

func TestHook_AnswersAreJudged(t *testing.T) {
	for _, c := range []struct {
		status int
		header string
		ok     bool
		again  bool
		after  time.Duration
	}{
		{200, "", true, false, 0}, {202, "", true, false, 0}, {204, "", true, false, 0},
		{301, "", false, false, 0}, {307, "", false, false, 0},
		{400, "", false, false, 0}, {401, "", false, false, 0}, {404, "", false, false, 0}, {410, "", false, false, 0},
		{408, "", false, true, 0}, {425, "", false, true, 0}, {429, "17", false, true, 17 * time.Second}, {429, "99999999", false, true, 24 * time.Hour},
		{429, "soon", false, true, 0}, {429, "-5", false, true, 0}, {500, "", false, true, 0}, {503, "Wed, 25 Nov 2026 05:10:00 GMT", false, true, 10 * time.Minute},
	} {
		reached := 0
		_, config := receiver(t, func(w http.ResponseWriter, r *http.Request) {
			reached++
			w.Header().Set("Location", "/elsewhere")
			if c.header != "" {
				w.Header().Set("Retry-After", c.header)
			}
			w.WriteHeader(c.status)
		})
		config.Now = func() time.Time { return time.Date(2026, 11, 25, 5, 0, 0, 0, time.UTC) }
		err := Hook(t.Context(), config, gap())
		again, after := Retry(err)
		if (err == nil) != c.ok || again != c.again || after != c.after || reached != 1 {
			t.Errorf("%d %q: Hook = %v, again %v after %v, %d calls", c.status, c.header, err, again, after, reached)
		}
	}
}

func TestHook_ReachesNothingInside(t *testing.T) {
	s, c := receiver(t, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(200) })
	port := s.URL[strings.LastIndexByte(s.URL, ':'):]
	plain := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(200) }))
	t.Cleanup(plain.Close)
	loopback := Allow{Networks: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}}
	for name, change := range map[string]func(*HookConfig){
		"LoopbackByNumber": func(c *HookConfig) { c.Allow = Allow{} },
		// The words say nothing: only the address that the name resolves to does.
		"LoopbackByName":   func(c *HookConfig) { c.Allow = Allow{}; c.URL = "https://localhost" + port },
		"AnotherNetwork":   func(c *HookConfig) { c.Allow.Networks = []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")} },
		"ShortNumber":      func(c *HookConfig) { c.Allow = Allow{}; c.URL = "https://127.1" + port },
		"Mapped":           func(c *HookConfig) { c.Allow = Allow{}; c.URL = "https://[::ffff:127.0.0.1]" + port },
		"PlainNotAllowed":  func(c *HookConfig) { c.URL = plain.URL },
		"PlainToOutside":   func(c *HookConfig) { c.URL = "http://192.0.2.1/"; c.Allow = Allow{Plain: true} },
		"PlainToElsewhere": func(c *HookConfig) { c.URL = "http://localhost" + port; c.Allow = Allow{Plain: true} },
		"File":             func(c *HookConfig) { c.URL = "file:///etc/passwd" },
		"User":             func(c *HookConfig) { c.URL = strings.Replace(c.URL, "https://", "https://a:b@", 1) },
		"ShortSecret":      func(c *HookConfig) { c.Secret = []byte("short") },
	} {
		t.Run(name, func(t *testing.T) {
			c := c
			change(&c)
			err := Hook(t.Context(), c, gap())
			again, _ := Retry(err)
			if err == nil || again && name != "ShortNumber" { // some resolvers know no short numbers
				t.Errorf("Hook = %v, again %v", err, again)
			}
		})
	}
	c.URL, c.Allow = plain.URL, loopback
	c.Allow.Plain = true
	if err := Hook(t.Context(), c, gap()); err != nil {
		t.Errorf("allowed by configuration, and yet: %v", err)
	}
}

func TestAllow_PublicAddresses(t *testing.T) {
	for _, a := range []string{"8.8.8.8", "1.1.1.1", "2606:4700::1111", "64:ff9b::808:808", "2002:808:808::1"} {
		if !public(netip.MustParseAddr(a)) {
			t.Errorf("%s is refused", a)
		}
	}
	for _, a := range []string{"127.0.0.1", "127.255.1.2", "0.0.0.0", "0.1.2.3", "10.1.2.3", "172.16.0.1", "172.31.255.255", "192.168.1.1", "169.254.169.254", "169.254.170.2",
		"100.64.0.1", "100.100.100.200", "192.0.0.192", "168.63.129.16", "198.18.0.1", "192.0.2.1", "224.0.0.1", "239.255.255.250", "240.0.0.1", "255.255.255.255",
		"::", "::1", "::ffff:127.0.0.1", "::ffff:169.254.169.254", "::127.0.0.1", "fe80::1", "fe80::1%eth0", "fc00::1", "fd00:ec2::254", "ff02::1", "fec0::1",
		"64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe", "64:ff9b:1::1", "2002:7f00:1::1", "2002:a00:1::", "2001::1", "2001:db8::1", "100::1"} {
		if public(netip.MustParseAddr(a)) {
			t.Errorf("%s counts as public", a)
		}
	}
}

func TestHook_EndsWithTheContextAndTellsToTryAgain(t *testing.T) {
	asked, free := make(chan struct{}), make(chan struct{})
	_, c := receiver(t, func(http.ResponseWriter, *http.Request) {
		close(asked)
		<-free
	})
	t.Cleanup(func() { close(free) })
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		<-asked
		cancel()
	}()
	err := Hook(ctx, c, gap())
	if again, _ := Retry(err); !errors.Is(err, context.Canceled) || !again {
		t.Errorf("Hook = %v", err)
	}
}

func TestHook_AnEndlessAnswerIsNotRead(t *testing.T) {
	_, c := receiver(t, func(w http.ResponseWriter, r *http.Request) {
		for chunk := make([]byte, 64<<10); ; {
			if _, err := w.Write(chunk); err != nil {
				return
			}
		}
	})
	if err := Hook(t.Context(), c, gap()); err != nil {
		t.Errorf("Hook = %v", err)
	}
}

func TestHook_RefusesAStrangeCertificateAndTooMuch(t *testing.T) {
	_, c := receiver(t, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(200) })
	m := gap()
	m.Text = strings.Repeat("x", MaxBody)
	if again, _ := Retry(Hook(t.Context(), c, m)); again {
		t.Error("a message too large is to be tried again")
	}
	c.Roots = x509.NewCertPool()
	err := Hook(t.Context(), c, gap())
	if again, _ := Retry(err); err == nil || again {
		t.Errorf("Hook = %v", err)
	}
}

func TestVerifyHook(t *testing.T) {
	at := time.Unix(1_800_000_000, 0)
	body := []byte(`{"id":"1"}`)
	good := sign(body, at, secret)
	hex := good[len("t=1800000000,v1="):]
	for _, c := range []struct {
		name, header string
		now          time.Time
		want         error
	}{
		{"Good", good, at, nil},
		{"AtTheEdge", good, at.Add(5 * time.Minute), nil},
		{"BeforeItsTime", good, at.Add(-5 * time.Minute), nil},
		{"TooOld", good, at.Add(5*time.Minute + time.Second), ErrTooOld},
		{"FromTheFuture", good, at.Add(-5*time.Minute - time.Second), ErrTooOld},
		{"OneOfTwo", "t=1800000000,v1=" + strings.Repeat("0", 64) + ",v1=" + hex, at, nil},
		{"Unknown", good + ",v2=x", at, nil},
		{"Spaces", strings.ReplaceAll(good, ",", ", "), at, nil},
		{"AnotherTime", strings.Replace(good, "t=18", "t=17", 1), at, ErrSignature},
		{"TwoTimes", good + ",t=1800000001", at, ErrSignature},
		{"NoTime", "v1=" + hex, at, ErrSignature},
		{"SignedTime", strings.Replace(good, "t=", "t=+", 1), at, ErrSignature},
		{"Short", good[:len(good)-2], at, ErrSignature},
		{"NoHex", good[:len(good)-2] + "zz", at, ErrSignature},
		{"Empty", "", at, ErrSignature},
		{"NoSignature", "t=1800000000", at, ErrSignature},
		{"Endless", good + strings.Repeat(",v2=x", 1000), at, ErrSignature},
	} {
		if err := VerifyHook(secret, c.header, body, c.now, 5*time.Minute); !errors.Is(err, c.want) {
			t.Errorf("%s: VerifyHook = %v, want %v", c.name, err, c.want)
		}
	}
	for i := range body {
		flipped := bytes.Clone(body)
		flipped[i] ^= 1
		if VerifyHook(secret, good, flipped, at, time.Minute) == nil {
			t.Errorf("byte %d of the body flipped, and it verifies", i)
		}
	}
	if VerifyHook(nil, sign(body, at, nil), body, at, time.Minute) == nil {
		t.Error("no secret, and it verifies")
	}
}

// FuzzSignature asks of any header: it never verifies without the secret, and
// what is parsed is what stands there.
func FuzzSignature(f *testing.F) {
	at := time.Unix(1_800_000_000, 0)
	f.Add(sign([]byte("body"), at, []byte("another secret")), []byte("body"))
	f.Add("t=1,v1=", []byte{})
	f.Add(",,=,t==,v1=v1", []byte("x"))
	f.Add("t=1800000000,v1="+strings.Repeat("0", 64), []byte("x"))
	f.Fuzz(func(t *testing.T, header string, body []byte) {
		if VerifyHook(secret, header, body, at, 1<<62) == nil {
			t.Fatalf("%q verifies without the secret", header)
		}
		when, signatures := parseSignature(header)
		if (when == "") != (signatures == nil) || !strings.Contains(header, when) {
			t.Fatalf("%q parsed as %q, %x", header, when, signatures)
		}
		if VerifyHook(secret, sign(body, at, secret), body, at, 0) != nil {
			t.Fatal("what was signed does not verify")
		}
	})
}
