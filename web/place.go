// SPDX-License-Identifier: Apache-2.0

package web

import (
	"context"
	"net/http"
	"strings"

	"demarc.dev/demarc/app"
)

// placeKey is where the context keeps the organisation of a request.
type placeKey struct{}

// within puts a request into an organisation.
func within(ctx context.Context, org string) context.Context {
	return context.WithValue(ctx, placeKey{}, org)
}

// placeOf gives the organisation of a request; "" when it concerns none.
func placeOf(ctx context.Context) string {
	org, _ := ctx.Value(placeKey{}).(string)
	return org
}

// at gives the address of a page in the organisation of the request. Every
// address in a page goes through it, so that two organisations in two windows
// never mix.
func at(ctx context.Context, path string) string {
	if org := placeOf(ctx); org != "" && strings.HasPrefix(path, "/") {
		return "/o/" + org + path
	}
	return path
}

// callerKey is where the context keeps who asks.
type callerKey struct{}

// callerOf gives who asks; the zero Caller, who may do nothing, when nobody
// signed in.
func callerOf(ctx context.Context) app.Caller {
	c, _ := ctx.Value(callerKey{}).(app.Caller)
	return c
}

// redirect sends the reader to another page of the organisation.
func (v *visit) redirect(path string) error {
	http.Redirect(v.w, v.r, at(v, path), http.StatusSeeOther)
	return nil
}
