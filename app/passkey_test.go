// SPDX-License-Identifier: Apache-2.0

package app_test

import (
	"slices"
	"testing"
	"time"

	"demarc.dev/demarc/account"
	"demarc.dev/demarc/account/passkeytest"
	"demarc.dev/demarc/app"
	"demarc.dev/demarc/evidence"
	"demarc.dev/demarc/problem"
	"demarc.dev/demarc/store"
)

// TestPasskey registers a passkey, signs in with it in both ways, and shows that
// each answer counts once, in the session that was asked, for what was asked.
func TestPasskey(t *testing.T) {
	now, dir := at, t.TempDir()
	a := must[*app.App](t)(app.Open(ctx, app.Options{Dir: dir, Version: "0.1.0", Now: func() time.Time { return now }}))
	ok(t, a.CreateOrg(ctx, disk))
	from := app.Visitor{Address: "192.0.2.7", Browser: "test"}
	rp := must[*account.RelyingParty](t)(account.NewRelyingParty("demarc.example", "Demarc", "https://demarc.example"))
	c, s, cookie := person(t, a, "larkspur", "ada@larkspur.example", account.Member{Role: account.Manager})
	other, otherSession, _ := person(t, a, "larkspur", "eve@larkspur.example", account.Member{Role: account.Viewer})
	device := passkeytest.New("demarc.example", c.Account())
	tick := func() { now = now.Add(time.Second) }

	_, err := a.BeginPasskey(ctx, rp, disk, account.Session{})
	wantKind(t, err, problem.Denied) // the owner of the disk has no account
	q := must[app.Question](t)(a.BeginPasskey(ctx, rp, c, s))
	answer := string(device.Register([]byte(q.Options)))
	_, err = a.AddPasskey(ctx, rp, other, otherSession, q.Ceremony, answer, "stolen")
	wantKind(t, err, problem.Denied)
	codes := must[[]string](t)(a.AddPasskey(ctx, rp, c, s, q.Ceremony, answer, "laptop"))
	if len(codes) != 10 {
		t.Errorf("%d recovery codes with the first passkey", len(codes))
	}
	_, err = a.AddPasskey(ctx, rp, c, s, q.Ceremony, answer, "again")
	wantKind(t, err, problem.Conflict)

	// Alone.
	q = must[app.Question](t)(a.AskAtDoor(rp))
	_, err = a.SignInPasskey(ctx, rp, from, q.Ceremony+"A", "{}")
	wantKind(t, err, problem.Denied)
	answer = string(device.Assert([]byte(q.Options)))
	token := must[string](t)(a.SignInPasskey(ctx, rp, from, q.Ceremony, answer))
	_, opened, err := a.Session(ctx, token)
	if ok(t, err); opened.Proof != account.ByPasskey || token == cookie {
		t.Errorf("proved by %s", opened.Proof)
	}
	_, err = a.SignInPasskey(ctx, rp, from, q.Ceremony, answer)
	wantKind(t, err, problem.Denied)
	if self := must[app.Self](t)(a.Self(ctx, c)); self.Passkeys[0].Cloned() || self.Passkeys[0].LastUsed == nil {
		t.Error("an answer that was sent twice is held against the passkey, or its use was not noted")
	}
	device.Flags = 1 // nobody is recognised: not enough where nothing else is asked
	q = must[app.Question](t)(a.AskAtDoor(rp))
	_, err = a.SignInPasskey(ctx, rp, from, q.Ceremony, string(device.Assert([]byte(q.Options))))
	wantKind(t, err, problem.Denied)

	// As the second factor, where that is enough.
	pending, waits, err := a.SignIn(ctx, from, "ada@larkspur.example", phrase)
	if ok(t, err); !waits {
		t.Fatal("the password alone opens an account with a passkey")
	}
	_, _, err = a.Session(ctx, pending)
	wantKind(t, err, problem.Denied)
	second := must[app.Second](t)(a.AskSecond(ctx, rp, pending))
	if second.Codes || second.Passkey == nil {
		t.Fatalf("it may show %+v", second)
	}
	answer = string(device.Assert([]byte(second.Passkey.Options)))
	_, err = a.SignInPasskey(ctx, rp, from, second.Passkey.Ceremony, answer)
	wantKind(t, err, problem.Denied) // asked for something else
	otherPending, _, err := a.SignIn(ctx, from, "ada@larkspur.example", phrase)
	ok(t, err)
	_, err = a.SignInSecond(ctx, rp, from, otherPending, second.Passkey.Ceremony, answer)
	wantKind(t, err, problem.Denied) // of another browser
	tick()
	token = must[string](t)(a.SignInSecond(ctx, rp, from, pending, second.Passkey.Ceremony, answer))
	if _, opened, err = a.Session(ctx, token); err != nil || opened.Proof != account.BySecond {
		t.Errorf("proved by %s, %v", opened.Proof, err)
	}
	for _, empty := range []string{"", "000000"} { // no seed is no code
		_, err = a.SignInCode(ctx, from, otherPending, empty)
		wantKind(t, err, problem.Denied)
	}
	now = now.Add(time.Minute)
	must[string](t)(a.SignInCode(ctx, from, otherPending, codes[0]))

	// A copy of it that lags behind is refused and told.
	device.Flags, device.Count = 5, 0
	q = must[app.Question](t)(a.AskAtDoor(rp))
	_, err = a.SignInPasskey(ctx, rp, from, q.Ceremony, string(device.Assert([]byte(q.Options))))
	wantKind(t, err, problem.Denied)
	self := must[app.Self](t)(a.Self(ctx, c))
	if !self.Passkeys[0].Cloned() || self.Recovery != 9 {
		t.Errorf("%+v, %d recovery codes", self.Passkeys[0].Cloned(), self.Recovery)
	}
	wantKind(t, a.RemovePasskey(ctx, other, otherSession, self.Passkeys[0].ID()), problem.NotFound)
	ok(t, a.RemovePasskey(ctx, c, s, self.Passkeys[0].ID()))
	if _, waits, err = a.SignIn(ctx, from, "ada@larkspur.example", phrase); err != nil || waits {
		t.Errorf("waits for a second factor that is gone: %v, %v", waits, err)
	}
	now = now.Add(time.Hour)
	_, err = a.BeginPasskey(ctx, rp, c, s)
	wantKind(t, err, problem.Denied) // proved too long ago
	ok(t, a.Close())
	kinds := kindsOf(t, dir, "installation")
	for _, want := range []string{"passkey.added", "passkey.used", "passkey.doubted", "passkey.removed"} {
		if !slices.Contains(kinds, want) {
			t.Errorf("the log does not tell %s", want)
		}
	}
}

// kindsOf gives what the log of an organisation tells.
func kindsOf(t *testing.T, dir, org string) (out []string) {
	t.Helper()
	s := must[*store.Store](t)(store.Open(ctx, dir, store.Options{ReadOnly: true}))
	defer s.Close()
	o := must[*store.Org](t)(s.Org(ctx, org))
	for e, err := range o.Log().Entries(ctx, 0, must[int64](t)(o.Log().Size(ctx))) {
		ok(t, err)
		out = append(out, must[evidence.Header](t)(e.Header()).Kind)
	}
	return out
}
