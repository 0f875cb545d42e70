// SPDX-License-Identifier: Apache-2.0

package account

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/pquerna/otp/hotp"
	"pgregory.net/rapid"
)

var now = time.Date(2026, 11, 25, 9, 0, 0, 0, time.UTC)

func TestTable(t *testing.T) {
	for _, r := range Roles() {
		if r.Title() == string(r) || r.Does() == "" {
			t.Errorf("%s has no words", r)
		}
		for _, p := range table[r] {
			if !slices.Contains(Permissions(), p) {
				t.Errorf("%s may %q, which is no permission", r, p)
			}
		}
	}
	for _, p := range Permissions() {
		if !Owner.May(p) {
			t.Errorf("the owner may not %s", p)
		}
	}
	// What nobody but these may: a wrong line in the table is found here.
	for p, who := range map[Permission][]Role{
		SignMatrix:    {Owner, Manager},
		ExportAll:     {Owner},
		ManageMember:  {Owner, Admin},
		AnswerRequest: {Owner, Admin, Manager},
		ApprovePolicy: {Owner, Manager},
		ReadEvidence:  {Owner, Admin, Manager, InternalAuditor},
	} {
		for _, r := range Roles() {
			if r.May(p) != slices.Contains(who, r) {
				t.Errorf("%s and %s: %v", r, p, r.May(p))
			}
		}
	}
	for _, r := range []Role{InternalAuditor, ExternalAuditor, Viewer} {
		for _, p := range table[r] {
			if !strings.HasSuffix(string(p), ".read") && !slices.Contains([]Permission{AskRequest, VerifyEvidence, PackEvidence, IssueReport, ConductAudit, VerifyNonconformity, AcknowledgePolicy}, p) {
				t.Errorf("%s changes something: %s", r, p)
			}
		}
	}
	if Role("root").May(ReadFinding) || Role("").May(ReadFinding) {
		t.Error("a role that does not exist may read")
	}
}

func TestMember(t *testing.T) {
	day := now.Add(24 * time.Hour)
	auditor := Member{Role: ExternalAuditor, Services: []string{"ledger"}, Until: &day}
	if err := auditor.Validate(now); err != nil {
		t.Error(err)
	}
	if auditor.Check(ReadFinding, now) != nil || auditor.Check(ReadFinding, day) == nil || auditor.Check(ReadEvidence, now) == nil || auditor.Sees("aws") || !auditor.Sees("ledger") {
		t.Error("the auditor's access")
	}
	for name, m := range map[string]Member{
		"for ever":      {Role: ExternalAuditor},
		"unknown role":  {Role: "root"},
		"past":          {Role: Viewer, Until: &time.Time{}},
		"bound manager": {Role: Manager, Services: []string{"aws"}},
	} {
		if m.Validate(now) == nil {
			t.Errorf("%s is a valid membership", name)
		}
	}
	bound := Member{Role: Viewer, Services: []string{"aws"}}
	if bound.Check(ReadReport, now) == nil || bound.Check(ReadMatrix, now) != nil {
		t.Error("a bound viewer reads what cannot be told service by service")
	}
}

func TestPassword(t *testing.T) {
	h := NewHasher(2)
	phc, err := h.Hash(t.Context(), "cafe\u0301 with four words")
	if err != nil {
		t.Fatal(err)
	}
	for password, want := range map[string]bool{"caf\u00e9 with four words": true, "cafe with four words": false, "": false} {
		if ok, anew, err := h.Verify(t.Context(), phc, password); err != nil || ok != want || anew {
			t.Errorf("%q: %v, %v, %v", password, ok, anew, err)
		}
	}
	if ok, _, _ := h.Verify(t.Context(), "", "x"); ok {
		t.Error("an account without a password lets in")
	}
	// The same password at a lower cost, made by hand with the library: it is
	// right, and to be hashed anew.
	weak := "$argon2id$v=19$m=8192,t=1,p=1$" + strings.SplitN(strings.TrimPrefix(phc, "$argon2id$v=19$"), "$", 3)[1] + "$" + weakKey("a long enough one", strings.Split(phc, "$")[4])
	if ok, anew, _ := h.Verify(t.Context(), weak, "a long enough one"); !ok || !anew {
		t.Errorf("a weak hash: %v, %v", ok, anew)
	}
	for password, ok := range map[string]bool{
		"short": false, "ada@larkspur.example!": false, "passwordpassword": false, "aaaaaaaaaaaaaaaaaaaa": false, "Password123456": false,
		"violet trams hum at dusk": true, strings.Repeat("x y z q ", 200): false,
	} {
		if err := CheckPassword("ada@larkspur.example", password); (err == nil) != ok {
			t.Errorf("%.30q: %v", password, err)
		}
	}
}

func FuzzVerify(f *testing.F) {
	f.Add("$argon2id$v=19$m=64,t=1,p=1$c2FsdHNhbHQ$AAAAAAAAAAAAAAAAAAAAAA")
	f.Add("$argon2id$v=19$m=4294967295,t=9,p=9$$")
	f.Fuzz(func(t *testing.T, phc string) {
		if strings.Contains(phc, "m=") && len(phc) > 200 {
			t.Skip()
		}
		if ok, _ := verify(phc, "no such password"); ok {
			t.Errorf("%q lets in", phc)
		}
	})
}

func TestLogin(t *testing.T) {
	if got, err := Login(" Ada@Larkspur.Example "); err != nil || got != "ada@larkspur.example" {
		t.Errorf("%q, %v", got, err)
	}
	for _, bad := range []string{"", "ada", "Ada <ada@larkspur.example>", "ada@", "a b@example.org", "ada@example.org\r\nBcc: x@example.org", strings.Repeat("a", 250) + "@x.example"} {
		if got, err := Login(bad); err == nil {
			t.Errorf("%q became %q", bad, got)
		}
	}
}

func TestSession(t *testing.T) {
	s, token := NewSession("a-1", "ada", ByPassword, now, Limits{})
	id, secret, ok := Split(token)
	if !ok || id != s.ID || !s.Secret.Is(secret) || s.Secret.Is(secret[1:]+"x") || strings.Contains(string(s.Secret), secret) {
		t.Fatalf("%q of %+v", token, s)
	}
	if !s.Valid(now) || !s.Valid(now.Add(2*time.Hour)) || s.Valid(now.Add(2*time.Hour+6*time.Minute)) || s.Valid(now.Add(12*time.Hour)) {
		t.Error("how long it is valid")
	}
	s.Seen = now.Add(11 * time.Hour)
	if s.Valid(now.Add(12 * time.Hour)) {
		t.Error("a session that is used never ends")
	}
	if !s.Fresh(now.Add(9*time.Minute)) || s.Fresh(now.Add(10*time.Minute)) {
		t.Error("how long a proof is fresh")
	}
}

func TestToken(t *testing.T) {
	made, text, err := NewToken(Token{Account: "a-1", Org: "larkspur", Name: "ci", Scopes: []Permission{ReadFinding}, Ends: now.Add(time.Hour)}, now)
	if err != nil {
		t.Fatal(err)
	}
	id, secret, err := ParseToken(text)
	if err != nil || id != made.ID || !made.Secret.Is(secret) {
		t.Fatal(id, err)
	}
	for i := range text {
		changed := []byte(text)
		changed[i] ^= 1
		if id, secret, err := ParseToken(string(changed)); err == nil && id == made.ID && made.Secret.Is(secret) {
			t.Errorf("with byte %d changed it still opens", i)
		}
	}
	for name, bad := range map[string]Token{
		"no scope": {Name: "x", Ends: now.Add(time.Hour)}, "no name": {Scopes: []Permission{ReadFinding}, Ends: now.Add(time.Hour)},
		"for ever": {Name: "x", Scopes: []Permission{ReadFinding}, Ends: now.AddDate(2, 0, 0)}, "no permission": {Name: "x", Scopes: []Permission{"all"}, Ends: now.Add(time.Hour)},
	} {
		if _, _, err := NewToken(bad, now); err == nil {
			t.Errorf("a token with %s was made", name)
		}
	}
}

func FuzzParseToken(f *testing.F) {
	f.Add("dmc_0123456789AB_x_y")
	f.Fuzz(func(t *testing.T, text string) {
		if id, secret, err := ParseToken(text); err == nil && (len(id) != tokenIDs || len(secret) != tokenSecret) {
			t.Errorf("%q gave %q", text, id)
		}
	})
}

func TestCode(t *testing.T) {
	seed := NewSeed()
	code, err := hotp.GenerateCode(seed, uint64(now.Unix()/totpStep))
	if err != nil {
		t.Fatal(err)
	}
	step, ok := CheckCode(seed, code[:3]+" "+code[3:], now, 0)
	if !ok || step != now.Unix()/totpStep {
		t.Fatalf("%d, %v", step, ok)
	}
	if _, again := CheckCode(seed, code, now.Add(10*time.Second), step); again {
		t.Error("a code works twice")
	}
	if _, late := CheckCode(seed, code, now.Add(2*totpStep*time.Second), 0); late {
		t.Error("a code works two steps later")
	}
	path, side, err := SeedPicture(SeedURI("Demarc", "ada@larkspur.example", seed))
	if err != nil || side < 29 || !strings.HasPrefix(path, "M") {
		t.Errorf("%d, %v", side, err)
	}
}

func TestRecovery(t *testing.T) {
	codes, secrets := NewRecovery()
	left, ok := UseRecovery(secrets, strings.ToLower(codes[3]))
	if !ok || len(left) != recoveryCodes-1 {
		t.Fatalf("%v, %d left", ok, len(left))
	}
	if _, again := UseRecovery(left, codes[3]); again {
		t.Error("a code works twice")
	}
	if _, ok := UseRecovery(left, ""); ok {
		t.Error("no code works")
	}
}

func TestSeal(t *testing.T) {
	k := NewKey()
	sealed, err := k.Seal("totp", "a-1", []byte("seed"))
	if err != nil {
		t.Fatal(err)
	}
	if got, err := k.Open("totp", "a-1", sealed); err != nil || string(got) != "seed" {
		t.Errorf("%q, %v", got, err)
	}
	for name, open := range map[string]func() ([]byte, error){
		"another account": func() ([]byte, error) { return k.Open("totp", "a-2", sealed) },
		"another purpose": func() ([]byte, error) { return k.Open("hook", "a-1", sealed) },
		"another key":     func() ([]byte, error) { return NewKey().Open("totp", "a-1", sealed) },
		"nothing":         func() ([]byte, error) { return k.Open("totp", "a-1", "") },
	} {
		if _, err := open(); err == nil {
			t.Errorf("it opens for %s", name)
		}
	}
	if again, err := ParseKey(k.Encode()); err != nil || again != k {
		t.Error(err)
	}
	if string(k.Derive("hook", "1")) == string(k.Derive("hook", "2")) {
		t.Error("two hooks have one secret")
	}
}

func TestAttempts(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var a Attempts
		at := now
		for range rapid.IntRange(0, 60).Draw(t, "failures") {
			at = at.Add(time.Duration(rapid.IntRange(0, 7200).Draw(t, "pause")) * time.Second)
			a = a.Fail(at)
			w := a.Wait(at)
			if w < 0 || w > attemptsMost {
				t.Fatalf("after %d failures the wait is %s", a.Failed, w)
			}
			if (a.Failed >= attemptsFree) != (w > 0) {
				t.Fatalf("after %d failures the wait is %s", a.Failed, w)
			}
			if a.Wait(at.Add(w)) != 0 {
				t.Fatal("the wait does not end")
			}
		}
	})
}
