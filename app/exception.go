// SPDX-License-Identifier: Apache-2.0

package app

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"demarc.dev/demarc/account"
	"demarc.dev/demarc/check"
	"demarc.dev/demarc/problem"
	"demarc.dev/demarc/store"
)

const exceptions = "exception"

// SetExceptions takes in the failures that are accepted for a time, in place
// of those before.
func (a *App) SetExceptions(ctx context.Context, c Caller, file string, data []byte) ([]check.Exception, error) {
	set, err := shippedSet()
	if err != nil {
		return nil, err
	}
	list, err := set.ParseExceptions(file, data, true) // a check that is not shipped may be one's own
	if err != nil {
		return nil, err
	}
	o, err := a.enter(ctx, c, account.EditException)
	if err != nil {
		return nil, err
	}
	return list, o.Update(ctx, func(tx *store.Tx) error {
		return tx.Put(exceptions, current, list, store.Event{Kind: "exception.changed", Actor: c.Actor})
	})
}

// exceptionFaults tells the conditions that do not compile. A check that is not
// known is no fault here: it may be one of the user's own that is not given
// this time. An exception for it covers nothing, and the run says so.
func exceptionFaults(set *check.Set, list []check.Exception) error {
	faults := slices.DeleteFunc(set.CheckExceptions(list), func(f check.Fault) bool { return f.Field == "checks" })
	if len(faults) == 0 {
		return nil
	}
	return problem.New(problem.Invalid, faults.Error(), "mend the exceptions and import them again: demarc check exceptions import FILE")
}

// Exceptions gives the exceptions, in force or expired.
func (a *App) Exceptions(ctx context.Context, c Caller) ([]check.Exception, error) {
	o, err := a.enter(ctx, c, account.ReadFinding)
	if err != nil {
		return nil, err
	}
	if o.bound() {
		return nil, nil // an exception names resources of any service
	}
	all, _, err := get[[]check.Exception](ctx, o, exceptions, current)
	return all, err
}

func shippedSet() (*check.Set, error) {
	shipped, err := Checks(nil)
	if err != nil {
		return nil, err
	}
	return check.Compile(shipped)
}

// PutException writes one exception down, in place of the one with its id; the
// others stay as they are. An empty id is made from its first check. It is
// approved by the caller, who must be somebody that may.
func (a *App) PutException(ctx context.Context, c Caller, x check.Exception) (check.Exception, error) {
	h, err := a.enter(ctx, c, account.EditException)
	if err != nil {
		return x, err
	}
	if x.ApprovedBy, err = a.Signer(ctx, c); err != nil {
		return x, err
	}
	set, err := shippedSet()
	if err != nil {
		return x, err
	}
	x.Checks = slices.DeleteFunc(slices.Clone(x.Checks), func(id string) bool { return strings.TrimSpace(id) == "" })
	judged := x
	if judged.ID == "" {
		judged.ID = "new"
	}
	if err := set.Judge(judged); err != nil {
		return x, err
	}
	if !h.now().Before(x.Until.AddDate(0, 0, 1)) {
		return x, problem.Newf(problem.Invalid, "the last day, %s, is over", x.Until.Format(time.DateOnly)).WithHint("choose a day to come")
	}
	return x, h.Update(ctx, func(tx *store.Tx) error {
		all, _, err := get[[]check.Exception](ctx, tx, exceptions, current)
		if err != nil {
			return err
		}
		if x.ID == "" {
			x.ID = freeID(all, x.Checks[0])
		}
		at := slices.IndexFunc(all, func(o check.Exception) bool { return o.ID == x.ID })
		if at < 0 {
			all = append(all, x)
		} else {
			all = slices.Clone(all)
			all[at] = x
		}
		return tx.Put(exceptions, current, all, store.Event{Kind: "exception.changed", Actor: c.Actor})
	})
}

// freeID gives an id that no exception has.
func freeID(all []check.Exception, base string) string {
	for n := 1; ; n++ {
		id := fmt.Sprintf("%s-%d", base, n)
		if !slices.ContainsFunc(all, func(o check.Exception) bool { return o.ID == id }) {
			return id
		}
	}
}

// RemoveException takes one exception away: what it covered fails again from the
// next assessment on.
func (a *App) RemoveException(ctx context.Context, c Caller, id string) error {
	h, err := a.enter(ctx, c, account.EditException)
	if err != nil {
		return err
	}
	return h.Update(ctx, func(tx *store.Tx) error {
		all, _, err := get[[]check.Exception](ctx, tx, exceptions, current)
		if err != nil {
			return err
		}
		left := slices.DeleteFunc(slices.Clone(all), func(o check.Exception) bool { return o.ID == id })
		if len(left) == len(all) {
			return problem.New(problem.NotFound, "there is no exception "+cutWord(id), "the list names them")
		}
		return tx.Put(exceptions, current, left, store.Event{Kind: "exception.changed", Actor: c.Actor})
	})
}
