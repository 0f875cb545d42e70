// SPDX-License-Identifier: Apache-2.0

package app_test

import (
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/pquerna/otp/totp"

	"demarc.dev/demarc/account"
	"demarc.dev/demarc/app"
	"demarc.dev/demarc/problem"
)

// clocked is a house whose time the test moves.
func clocked(t *testing.T) (*app.App, *time.Time) {
	t.Helper()
	now := at
	a := must[*app.App](t)(app.Open(ctx, app.Options{Dir: t.TempDir(), Version: "0.1.0", Now: func() time.Time { return now }}))
	t.Cleanup(func() { a.Close() })
	for _, org := range []string{"larkspur", "bramble"} {
		ok(t, a.CreateOrg(ctx, app.Local(org, "root@disk.example")))
	}
	return a, &now
}

var disk = app.Local("larkspur", "root@disk.example")

const phrase = "violet trams hum at dusk"

// person lets somebody into an organisation and gives a session of hers.
func person(t *testing.T, a *app.App, org, login string, m account.Member) (app.Caller, account.Session, string) {
	t.Helper()
	got := must[account.Member](t)(a.LetIn(ctx, disk.In(org), login, "", m))
	token, _, err := a.MakeLink(ctx, disk, got.Account)
	ok(t, err)
	cookie, err := a.Redeem(ctx, app.Visitor{Address: "192.0.2.1"}, token, phrase)
	ok(t, err)
	c, s, err := a.Session(ctx, cookie)
	ok(t, err)
	return c.In(org), s, cookie
}

func TestSignIn(t *testing.T) {
	a, now := clocked(t)
	from := app.Visitor{Address: "192.0.2.7", Browser: "test"}
	c, s, cookie := person(t, a, "larkspur", "ada@larkspur.example", account.Member{Role: account.Manager})
	if ids := must[[]string](t)(a.Orgs(ctx, c)); len(ids) != 1 || ids[0] != "larkspur" {
		t.Errorf("she belongs to %v", ids)
	}
	wantKind(t, a.May(ctx, c.In("bramble"), account.ReadOrganisation), problem.NotFound)
	wantKind(t, a.May(ctx, c.In("installation"), account.ReadOrganisation), problem.NotFound)
	wantKind(t, a.May(ctx, c.In("nowhere"), account.ReadOrganisation), problem.NotFound)
	wantKind(t, a.May(ctx, c, account.ManageMember), problem.Denied)
	if other, none := a.May(ctx, c.In("bramble"), account.ReadOrganisation).Error(), a.May(ctx, c.In("nowhere"), account.ReadOrganisation).Error(); strings.ReplaceAll(other, "bramble", "x") != strings.ReplaceAll(none, "nowhere", "x") {
		t.Errorf("one that exists is told apart: %q, %q", other, none)
	}

	token, pending, err := a.SignIn(ctx, from, " ADA@larkspur.example", phrase)
	if ok(t, err); pending || token == cookie {
		t.Errorf("pending %v, the same token %v", pending, token == cookie)
	}
	_, _, unknown := a.SignIn(ctx, from, "nobody@larkspur.example", phrase)
	_, _, wrong := a.SignIn(ctx, from, "ada@larkspur.example", "violet trams hum at dawn")
	if wantKind(t, unknown, problem.Denied); unknown.Error() != wrong.Error() {
		t.Errorf("an unknown login is told apart: %v, %v", unknown, wrong)
	}

	// After some failures from one place the right password waits too; from
	// another place it does not, and open sessions go on.
	for range 5 {
		a.SignIn(ctx, from, "ada@larkspur.example", "wrong")
	}
	_, _, err = a.SignIn(ctx, from, "ada@larkspur.example", phrase)
	if wantKind(t, err, problem.Denied); !strings.Contains(err.Error(), "too many") {
		t.Error(err)
	}
	_, _, err = a.SignIn(ctx, app.Visitor{Address: "192.0.2.8"}, "ada@larkspur.example", phrase)
	ok(t, err)
	_, _, err = a.Session(ctx, cookie)
	ok(t, err)
	*now = now.Add(16 * time.Minute)
	_, _, err = a.SignIn(ctx, from, "ada@larkspur.example", phrase)
	ok(t, err)

	// Another password ends the other sessions.
	self := must[app.Self](t)(a.Self(ctx, c))
	if !self.Password || len(self.Sessions) < 3 {
		t.Errorf("%+v", self)
	}
	wantKind(t, a.ChangePassword(ctx, c, from, s, "not it at all", "green clocks never sleep"), problem.Denied)
	ok(t, a.ChangePassword(ctx, c, from, s, phrase, "green clocks never sleep"))
	if self := must[app.Self](t)(a.Self(ctx, c)); len(self.Sessions) != 1 {
		t.Errorf("%d sessions are left", len(self.Sessions))
	}
	_, _, err = a.Session(ctx, token)
	wantKind(t, err, problem.Denied)
	ok(t, a.SignOut(ctx, cookie))
	_, _, err = a.Session(ctx, cookie)
	wantKind(t, err, problem.Denied)
	ok(t, a.SignOut(ctx, cookie))
	verify(t, a, disk)
}

func TestSignInCode(t *testing.T) {
	a, now := clocked(t)
	from := app.Visitor{Address: "192.0.2.7"}
	c, s, _ := person(t, a, "larkspur", "ada@larkspur.example", account.Member{Role: account.Viewer})
	uri := must[string](t)(a.BeginCodes(ctx, c, s))
	seed := must[*url.URL](t)(url.Parse(uri)).Query().Get("secret")
	code := func() string { return must[string](t)(totp.GenerateCode(seed, *now)) }
	_, err := a.ConfirmCodes(ctx, c, s, "000000")
	wantKind(t, err, problem.Denied)
	recovery := must[[]string](t)(a.ConfirmCodes(ctx, c, s, code()))
	*now = now.Add(time.Minute)

	token, pending, err := a.SignIn(ctx, from, "ada@larkspur.example", phrase)
	if ok(t, err); !pending {
		t.Fatal("no code is asked for")
	}
	_, _, err = a.Session(ctx, token)
	wantKind(t, err, problem.Denied) // it opens nothing yet
	_, err = a.SignInCode(ctx, from, token, "123456")
	wantKind(t, err, problem.Denied)
	opened := must[string](t)(a.SignInCode(ctx, from, token, code()))
	if opened == token {
		t.Error("the token stayed the same")
	}
	_, session, err := a.Session(ctx, opened)
	if ok(t, err); session.Proof != account.ByTOTP {
		t.Errorf("proved by %s", session.Proof)
	}
	_, err = a.SignInCode(ctx, from, token, code())
	wantKind(t, err, problem.Denied)

	again, _, err := a.SignIn(ctx, from, "ada@larkspur.example", phrase)
	ok(t, err)
	_, err = a.SignInCode(ctx, from, again, code())
	wantKind(t, err, problem.Denied) // used before
	must[string](t)(a.SignInCode(ctx, from, again, recovery[0]))
	if self := must[app.Self](t)(a.Self(ctx, c)); self.Recovery != len(recovery)-1 {
		t.Errorf("%d recovery codes are left", self.Recovery)
	}
	*now = now.Add(11 * time.Minute)
	wantKind(t, a.RemoveCodes(ctx, c, s), problem.Denied) // the proof is too old
}

func TestMember_LosesAccessAtOnce(t *testing.T) {
	a, _ := clocked(t)
	owner, _, _ := person(t, a, "larkspur", "olga@larkspur.example", account.Member{Role: account.Owner})
	admin, _, _ := person(t, a, "larkspur", "adam@larkspur.example", account.Member{Role: account.Admin})
	m := must[account.Member](t)(a.LetIn(ctx, admin, "max@larkspur.example", "Max", account.Member{Role: account.Manager}))
	_, err := a.LetIn(ctx, admin, "max@larkspur.example", "Max", account.Member{Role: account.Owner})
	wantKind(t, err, problem.Denied)
	wantKind(t, a.RemoveMember(ctx, admin, owner.Account()), problem.Denied)
	wantKind(t, a.RemoveMember(ctx, owner, owner.Account()), problem.Conflict) // the last owner
	_, _, err = a.MakeLink(ctx, admin, m.Account)
	wantKind(t, err, problem.Denied) // who holds the link becomes the person
	ok(t, a.RemoveMember(ctx, owner, admin.Account()))
	_, err = a.Members(ctx, admin)
	wantKind(t, err, problem.NotFound)
	if ids := must[[]string](t)(a.Orgs(ctx, admin)); len(ids) != 0 {
		t.Errorf("who was removed still belongs to %v", ids)
	}
}

func TestMember_TimeIsUp(t *testing.T) {
	a, now := clocked(t)
	until := now.Add(24 * time.Hour)
	c, _, _ := person(t, a, "larkspur", "eve@audit.example", account.Member{Role: account.ExternalAuditor, Until: &until})
	r := must[app.Request](t)(a.Ask(ctx, c, app.Request{Text: "Show the access review of the third quarter"}))
	manager, _, _ := person(t, a, "larkspur", "mia@larkspur.example", account.Member{Role: account.Manager})
	r = must[app.Request](t)(a.AnswerRequest(ctx, manager, r.ID, "It is in the pack", &app.PackAsk{}))
	if r.State != app.RequestAnswered || r.Answer == nil || r.Answer.To == 0 {
		t.Fatalf("%+v", r)
	}
	pack, err := a.RequestPack(ctx, c, r.ID)
	ok(t, err)
	pack.Close()
	_, err = a.Pack(ctx, c, app.PackAsk{}, nil)
	wantKind(t, err, problem.Denied)
	other, _, _ := person(t, a, "larkspur", "ed@audit.example", account.Member{Role: account.ExternalAuditor, Until: &until})
	_, err = a.Request(ctx, other, r.ID)
	wantKind(t, err, problem.NotFound)
	wantKind(t, must[error](t)(func() (error, error) {
		_, err := a.FollowRequest(ctx, manager, r.ID, "", app.RequestClosed)
		return err, nil
	}()), problem.Denied)
	must[app.Request](t)(a.FollowRequest(ctx, c, r.ID, "", app.RequestClosed))
	*now = until
	_, err = a.Requests(ctx, c)
	wantKind(t, err, problem.Denied)
}

func TestToken(t *testing.T) {
	a, now := clocked(t)
	c, _, _ := person(t, a, "larkspur", "mia@larkspur.example", account.Member{Role: account.Manager})
	ok(t, a.SetMember(ctx, disk.In("bramble"), account.Member{Account: c.Account(), Person: "mia@larkspur.example", Role: account.Owner}))
	_, _, err := a.MakeToken(ctx, c, account.Token{Name: "ci", Scopes: []account.Permission{account.ManageMember}, Ends: now.Add(time.Hour)})
	wantKind(t, err, problem.Denied) // more than she may herself
	made, text, err := a.MakeToken(ctx, c, account.Token{Name: "ci", Scopes: []account.Permission{account.ReadOrganisation}, Ends: now.Add(time.Hour)})
	ok(t, err)
	p := must[app.Caller](t)(a.Token(ctx, text))
	ok(t, a.May(ctx, p, account.ReadOrganisation))
	wantKind(t, a.May(ctx, p, account.EditMatrix), problem.Denied)
	wantKind(t, a.May(ctx, p.In("bramble"), account.ReadOrganisation), problem.NotFound)
	_, _, err = a.MakeToken(ctx, p, account.Token{Name: "more", Scopes: []account.Permission{account.ReadOrganisation}, Ends: now.Add(time.Hour)})
	wantKind(t, err, problem.Denied)
	ok(t, a.RemoveMember(ctx, disk, c.Account()))
	wantKind(t, a.May(ctx, p, account.ReadOrganisation), problem.NotFound) // with its account
	ok(t, a.EndToken(ctx, c, made.ID))
	_, err = a.Token(ctx, text)
	wantKind(t, err, problem.Denied)
}
