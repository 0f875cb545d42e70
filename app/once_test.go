// SPDX-License-Identifier: Apache-2.0

package app_test

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"testing"
	"time"

	"demarc.dev/demarc/account"
	"demarc.dev/demarc/app"
	"demarc.dev/demarc/problem"
)

// timed opens a house whose clock the test moves.
func timed(t *testing.T, dir string, now *time.Time) *app.App {
	t.Helper()
	a := must[*app.App](t)(app.Open(ctx, app.Options{Dir: dir, Version: "0.1.0", Now: func() time.Time { return *now }}))
	t.Cleanup(func() { a.Close() })
	return a
}

func asked(words string) [sha256.Size]byte { return sha256.Sum256([]byte(words)) }

func TestOnce(t *testing.T) {
	whole, now, dir := t, at, t.TempDir()
	a := timed(t, dir, &now)
	ok(t, a.CreateOrg(ctx, larkspur))
	claim := func(key, request string) app.Caller {
		t.Helper()
		c, answer, err := a.Once(ctx, larkspur, account.AskRequest, key, asked(request))
		ok(t, err)
		if answer != nil {
			t.Fatalf("the key %s was answered %+v", key, answer)
		}
		return c
	}
	refused := func(key, request string, kind problem.Kind) {
		t.Helper()
		_, answer, err := a.Once(ctx, larkspur, account.AskRequest, key, asked(request))
		if answer != nil {
			t.Errorf("the key %s was answered %+v", key, answer)
		}
		wantKind(t, err, kind)
	}
	ask := func(c app.Caller) error {
		_, err := a.Ask(ctx, c, app.Request{Text: "the access review"})
		return err
	}

	t.Run("AnswersAgain", func(t *testing.T) {
		c := claim("k1", "one")
		ok(t, ask(c))
		refused("k1", "one", problem.Conflict) // under way
		secret := app.Answer{Status: 200, Head: map[string]string{"Content-Type": "application/zip"}, Body: []byte("PK the one answer")}
		ok(t, a.Answered(ctx, c, false, &secret))
		refused("k1", "another", problem.Invalid)
		ok(t, a.Close())
		a = timed(whole, dir, &now) // as another replica, or after a restart
		_, answer, err := a.Once(ctx, larkspur, account.AskRequest, "k1", asked("one"))
		ok(t, err)
		if answer == nil || answer.Status != 200 || answer.Head["Content-Type"] != "application/zip" || !bytes.Equal(answer.Body, secret.Body) {
			t.Errorf("the answer is %+v", answer)
		}
		now = now.Add(25 * time.Hour)
		claim("k1", "another day, another thing")
	})
	t.Run("WhatFailedIsForgotten", func(t *testing.T) {
		c := claim("k2", "one")
		ok(t, a.Answered(ctx, c, true, nil))
		claim("k2", "mended")
	})
	t.Run("ItsAnswerIsLost", func(t *testing.T) {
		ok(t, ask(claim("k3", "one"))) // and the process ends here
		refused("k3", "one", problem.Conflict)
		now = now.Add(time.Hour)
		refused("k3", "one", problem.Conflict)
		c := claim("k4", "one")
		ok(t, ask(c))
		ok(t, a.Answered(ctx, c, false, &app.Answer{Body: make([]byte, app.AnswerMost+1)}))
		refused("k4", "one", problem.Conflict)
		refused("k4", "another", problem.Invalid)
	})
	t.Run("TheClaimIsLost", func(t *testing.T) {
		slow := claim("k5", "one")
		now = now.Add(time.Hour)
		refused("k5", "another", problem.Invalid)
		quick := claim("k5", "one")
		before := must[[]app.Request](t)(a.Requests(ctx, larkspur))
		wantKind(t, ask(slow), problem.Conflict)
		ok(t, ask(quick))
		if after := must[[]app.Request](t)(a.Requests(ctx, larkspur)); len(after) != len(before)+1 {
			t.Errorf("it was carried out %d times", len(after)-len(before))
		}
	})
	t.Run("OfOneCaller", func(t *testing.T) {
		ok(t, a.CreateOrg(ctx, larkspur.In("bramble")))
		if _, answer, err := a.Once(ctx, larkspur.In("bramble"), account.AskRequest, "k4", asked("mine")); err != nil || answer != nil {
			t.Errorf("another organisation's key: %v %v", answer, err)
		}
	})
	v, err := a.VerifyLog(ctx, larkspur)
	ok(t, err)
	ok(t, v.Err())
}

func TestSeen(t *testing.T) {
	a := open(t, t.TempDir())
	ok(t, a.CreateOrg(ctx, larkspur))
	set := func(rev int64) error {
		c := larkspur.Seen(app.CollectorRef("nightly"), func(now int64) bool { return now == rev })
		return a.SetCollector(ctx, c, app.Collector{ID: "nightly", Provider: "aws"})
	}
	ok(t, set(0))
	if err := set(0); !errors.Is(err, app.ErrChanged) || problem.Of(err) != problem.Conflict {
		t.Fatalf("a collector that exists: %v", err)
	}
	rev := must[int64](t)(a.Revision(ctx, larkspur, account.ReadWork, app.CollectorRef("nightly")))
	ok(t, set(rev))
	if err := set(rev); !errors.Is(err, app.ErrChanged) {
		t.Fatalf("one that changed: %v", err)
	}
	c := larkspur.Seen(app.CollectorRef("nightly"), func(now int64) bool { return now == rev })
	if err := a.RemoveCollector(ctx, c, "nightly"); !errors.Is(err, app.ErrChanged) {
		t.Fatalf("taking away one that changed: %v", err)
	}
	rev = must[int64](t)(a.Revision(ctx, larkspur, account.ReadWork, app.CollectorRef("nightly")))
	c = larkspur.Seen(app.CollectorRef("nightly"), func(now int64) bool { return now == rev })
	for range 2 { // the second change of one use case is of what it made itself
		ok(t, a.SetCollector(ctx, c, app.Collector{ID: "nightly", Provider: "aws"}))
	}
}

func TestScratch(t *testing.T) {
	a := open(t, t.TempDir())
	f := must[*app.Scratch](t)(a.NewScratch())
	if _, err := f.WriteString("twelve bytes"); err != nil {
		t.Fatal(err)
	}
	if n := must[int64](t)(f.Size()); n != 12 {
		t.Errorf("it has %d bytes", n)
	}
	ok(t, f.Close())
}
