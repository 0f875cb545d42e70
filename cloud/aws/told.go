// SPDX-License-Identifier: Apache-2.0

package aws

import (
	"context"
	"slices"
	"strings"

	"demarc.dev/demarc/cloud"
)

// mostCalls bounds the calls that are named for one resource; what is beyond
// stands as "…", which sorts after every call.
const (
	mostCalls = 32
	further   = "…"
)

type tellKey struct{}

// told gives a context whose answered calls are named as those that told of the
// resource. They must be made one after another.
func told(ctx context.Context, r *cloud.Resource) context.Context {
	return context.WithValue(ctx, tellKey{}, &r.Seen)
}

// tell adds an answered call to the resource that the context is for.
func tell(ctx context.Context, s cloud.Seen) {
	if seen, ok := ctx.Value(tellKey{}).(*cloud.Seen); ok {
		*seen = together(*seen, s)
	}
}

// answered tells that an error is an answer all the same, such as that there is
// no policy.
func answered(err error) bool {
	return err == nil || codeOf(err) != "" && diagnose(err).reason == cloud.Unreadable
}

// together names the calls of both, sorted, each once, with the latest time.
// The request is named only where there is one call, and it is its own.
func together(a, b cloud.Seen) cloud.Seen {
	out := a
	if b.At.After(a.At) {
		out.At = b.At
	}
	if a.Call == b.Call {
		if out.Request == "" || b.Request != "" && b.Request < out.Request {
			out.Request = b.Request
		}
		return out
	}
	calls := slices.Concat(strings.Split(a.Call, ", "), strings.Split(b.Call, ", "))
	slices.Sort(calls)
	calls = slices.DeleteFunc(slices.Compact(calls), func(c string) bool { return c == "" })
	if len(calls) > mostCalls {
		calls = append(calls[:mostCalls-1], further)
	}
	out.Call, out.Request = strings.Join(calls, ", "), ""
	return out
}
