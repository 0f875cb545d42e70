// SPDX-License-Identifier: Apache-2.0

package app

import (
	"context"
	"slices"
	"time"

	"demarc.dev/demarc/account"
	"demarc.dev/demarc/catalogue"
	"demarc.dev/demarc/responsibility"
	"demarc.dev/demarc/scope"
	"demarc.dev/demarc/store"
)

// Since is what changed since a matrix was signed off.
type Since struct {
	Version int         `json:"version"` // that was signed
	Entry   int64       `json:"entry"`   // of the log
	At      time.Time   `json:"at"`
	By      store.Actor `json:"by"` // who noted the signature; SignOff says who signed
	Changes []Change    `json:"changes"`
	Lost    string      `json:"lost,omitempty"` // why it cannot be told what changed; empty: all is told
}

// Change is what differs from what was signed, and the last step that made it
// so. By is empty when nobody knows any more, Entry is 0 when no step is known.
type Change struct {
	responsibility.Difference             // Left was signed, Right stands now
	At                        time.Time   `json:"at"`
	By                        store.Actor `json:"by"`
	Entry                     int64       `json:"entry"`
}

// SinceSigned tells what changed of the matrix of a service, and of the service
// itself, since the sign-off that it bears; nil when it bears none.
func (a *App) SinceSigned(ctx context.Context, c Caller, id string, ed catalogue.Edition) (*Since, error) {
	h, err := a.matrixHall(ctx, c, id)
	if err != nil {
		return nil, err
	}
	s, err := scopeOf(ctx, h, h.ID())
	if err != nil {
		return nil, err
	}
	is, err := service(s, id)
	if err != nil {
		return nil, err
	}
	now, stored, err := get[responsibility.Matrix](ctx, h, matrices, matrixID(id, ed))
	if err != nil || !stored || now.SignOff == nil {
		return nil, err
	}
	all, err := a.history(ctx, h, matrices+"/"+matrixID(id, ed))
	if err != nil {
		return nil, err
	}
	// The first version with this signature is the one that was signed.
	i := slices.IndexFunc(all, func(x MatrixVersion) bool {
		return x.SignOff != nil && x.SignOff.Digest == now.SignOff.Digest && x.SignOff.By == now.SignOff.By && x.SignOff.On == now.SignOff.On
	})
	if i < 0 {
		return &Since{Lost: "The version that was signed is not kept any more."}, nil
	}
	out := &Since{Version: all[i].Version, Entry: all[i].Entry, At: all[i].At, By: all[i].By}
	signed, kept, err := valueAt[responsibility.Matrix](ctx, h.Log(), out.Entry)
	if err != nil {
		return nil, err
	}
	was, steps, known, err := a.serviceThen(ctx, h, id, out.Entry)
	if err != nil {
		return nil, err
	}
	if !kept || !known {
		out.Lost = "What the matrix or its service said when it was signed is not kept any more."
		return out, nil
	}
	for _, d := range responsibility.Material(signed, h.narrowService(was), now, h.narrowService(is)) {
		out.Changes = append(out.Changes, lastStep(d, all[i+1:], steps))
	}
	if len(out.Changes) == 0 && now.SignOff.Digest != responsibility.Digest(now, is) {
		out.Lost = "Nothing that you may see differs from what was signed, and the digest is another one."
	}
	return out, nil
}

// lastStep finds who made a difference, and when.
func lastStep(d responsibility.Difference, after []MatrixVersion, services []Change) Change {
	out := Change{Difference: d}
	if i := last(services, func(x Change) bool { return d.Duty == "" && x.Field == d.Field }); i >= 0 {
		out.At, out.By, out.Entry = services[i].At, services[i].By, services[i].Entry
		return out
	}
	same := func(x responsibility.Difference) bool {
		return x.Duty == d.Duty && (x.Field == d.Field || x.Field == "line")
	}
	if i := last(after, func(v MatrixVersion) bool { return slices.ContainsFunc(v.Changed, same) }); i >= 0 {
		out.At, out.By, out.Entry = after[i].At, after[i].By, after[i].Entry
	}
	return out
}

// last gives the last place of which is holds; -1 when there is none.
func last[T any](all []T, is func(T) bool) int {
	for i := len(all) - 1; i >= 0; i-- {
		if is(all[i]) {
			return i
		}
	}
	return -1
}

// serviceThen gives a service as the scope had it at an entry of the log, and
// what each later scope changed of it; known is false when it cannot be told.
func (a *App) serviceThen(ctx context.Context, h *hall, id string, entry int64) (was scope.Service, later []Change, known bool, err error) {
	steps, err := a.scopeSteps(ctx, h)
	if err != nil {
		return was, nil, false, err
	}
	from := last(steps, func(x step) bool { return x.entry < entry })
	if from < 0 {
		return was, nil, false, nil
	}
	names := map[string]store.Actor{}
	before, known := scope.Service{}, false
	for i, at := range steps[from:] {
		s, kept, err := valueAt[scope.Scope](ctx, h.Log(), at.entry)
		if err != nil {
			return was, nil, false, err
		}
		v, there := s.Service(id)
		if i == 0 {
			was, before, known = v, v, kept && there
			continue
		}
		if !kept {
			continue
		}
		by, err := nameOf(ctx, h.Org, at.actor, names)
		if err != nil {
			return was, nil, false, err
		}
		for _, d := range responsibility.ServiceChanges(h.narrowService(before), h.narrowService(v)) {
			later = append(later, Change{Difference: d, At: at.at, By: by, Entry: at.entry})
		}
		before = v
	}
	return was, later, known, nil
}

// scopeSteps gives the changes of the scope.
func (a *App) scopeSteps(ctx context.Context, h *hall) ([]step, error) {
	t := a.trails.trail(h.Org)
	t.mu.Lock()
	defer t.mu.Unlock()
	if err := t.follow(ctx, h.Log()); err != nil {
		return nil, err
	}
	return slices.Clone(t.steps[scopes+"/"+current]), nil
}

// Catalogued tells the version of the catalogue that the organisation's last
// assessment at a time was made with; empty when there was none by then.
func (a *App) Catalogued(ctx context.Context, c Caller, at time.Time) (string, error) {
	all, err := listed[Run](ctx, a, c, account.ReadAssessment, runs)
	if err != nil {
		return "", err
	}
	var newest Run
	for _, r := range all {
		if !r.At.After(at) && !r.At.Before(newest.At) {
			newest = r
		}
	}
	return newest.Catalogue, nil
}
