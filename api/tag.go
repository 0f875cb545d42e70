// SPDX-License-Identifier: Apache-2.0

package api

import (
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"strconv"
	"strings"

	"demarc.dev/demarc/app"
)

// An ETag of a record is its revision, "17", and "0" of one that is not stored
// yet, such as the usual matrix of a service; of every other answer it is a
// digest of its bytes.

func tagOf(text []byte) string {
	sum := sha256.Sum256(text)
	return `"` + hex.EncodeToString(sum[:16]) + `"`
}

func tagOfRevision(rev int64) string { return `"` + strconv.FormatInt(rev, 10) + `"` }

// has tells whether a header of tags names one.
func has(header, tag string) bool {
	if header == "" {
		return false
	}
	for _, t := range strings.Split(header, ",") {
		if t = strings.TrimPrefix(strings.TrimSpace(t), "W/"); t == tag || t == "*" {
			return true
		}
	}
	return false
}

// conditions asks what a request asks before it is carried out: If-None-Match
// of what is read, which ends it when the reader has it already, If-Match and
// If-None-Match: * of what is changed, which the change itself asks again.
func (s *server) conditions(c call, r *reply, caller app.Caller) (app.Caller, *fault) {
	if c.ref == nil {
		return caller, nil
	}
	ref := c.ref(r)
	if c.method == http.MethodGet {
		rev, err := s.o.App.Revision(r.Context(), caller, c.need, ref)
		if err != nil {
			return caller, tell(s.o.Log, err)
		}
		r.head.Set("ETag", tagOfRevision(rev))
		if rev > 0 && has(r.Header("If-None-Match"), tagOfRevision(rev)) {
			r.status = http.StatusNotModified
		}
		return caller, nil
	}
	match, none := r.Header("If-Match"), r.Header("If-None-Match")
	if c.must && match == "" {
		return caller, newFault("usage", http.StatusPreconditionRequired, "If-Match is missing: say which state you looked at", "send the ETag of the answer that you read, as If-Match")
	}
	return caller.Seen(ref, func(rev int64) bool {
		if match != "" && !strong(match, rev) {
			return false
		}
		return none == "" || rev == 0 || none != "*" && !has(none, tagOfRevision(rev))
	}), nil
}

// strong tells whether If-Match names a revision; "*" is any that exists.
func strong(header string, rev int64) bool {
	for _, t := range strings.Split(header, ",") {
		if t = strings.TrimSpace(t); t == tagOfRevision(rev) || t == "*" && rev > 0 {
			return true
		}
	}
	return false
}

// tag gives the answer its ETag, and nothing but that to who has it already.
func (s *server) tag(c call, r *reply, caller app.Caller) {
	switch {
	case r.status >= 300:
		r.head.Del("ETag")
	case c.method == http.MethodGet && c.ref == nil && r.file == nil:
		tag := tagOf(r.text.Bytes())
		r.head.Set("ETag", tag)
		if has(r.Header("If-None-Match"), tag) {
			r.status = http.StatusNotModified
		}
	case c.method != http.MethodGet && c.ref != nil:
		if rev, ok := caller.Revised(); ok && rev > 0 {
			r.head.Set("ETag", tagOfRevision(rev))
		}
	}
}
