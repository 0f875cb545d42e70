// SPDX-License-Identifier: Apache-2.0

// Package cloudtest holds what every collector must keep (Contract), resources
// in any number for benches (Generate), and a Terraform plan of any size
// (WritePlan). It is for tests and benches; nothing that it makes was seen in a
// real account, and the same seed makes the same things everywhere.
package cloudtest

import (
	"bytes"
	"cmp"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/url"
	"slices"
	"strings"

	"github.com/klauspost/compress/zstd"

	"demarc.dev/demarc/cloud"
)

// reasons are those that a gap may give.
var reasons = []cloud.Reason{cloud.Denied, cloud.Throttled, cloud.NotEnabled, cloud.Unsupported, cloud.Timeout,
	cloud.Unavailable, cloud.AfterApply, cloud.NotInSource, cloud.Unreadable, cloud.NotCollected}

// Resource tells every fault of a resource as a collector gave it.
func Resource(r *cloud.Resource) error {
	var faults []error
	fault := func(format string, args ...any) {
		faults = append(faults, fmt.Errorf("resource %s of kind %s: "+format, append([]any{r.ID, r.Kind}, args...)...))
	}
	if err := cloud.Validate(r); err != nil {
		faults = append(faults, err)
	}
	for name, g := range r.Gaps {
		if !slices.Contains(reasons, g.Reason) {
			fault("the gap of %s has the unknown reason %q", name, g.Reason)
		}
	}
	order := func(a, b cloud.Link) int {
		return cmp.Or(strings.Compare(a.Relation, b.Relation), strings.Compare(a.Target, b.Target))
	}
	for i := 1; i < len(r.Links); i++ {
		if order(r.Links[i-1], r.Links[i]) >= 0 {
			fault("link %v is twice or out of order", r.Links[i])
		}
	}
	if r.Seen.Call == "" {
		fault("no call tells of it")
	}
	if len(r.Raw) > 0 && !json.Valid(r.Raw) {
		fault("its provider's document is not JSON")
	}
	return errors.Join(faults...)
}

// Contract tells every fault of a snapshot file as a collector wrote it: a
// resource that Resource refuses, or that is silent about an attribute, or of
// another provider, source or account than the header says; and bytes that are
// not canonical. None of the planted secrets may stand in it, in any encoding.
func Contract(file []byte, planted ...string) error {
	s, err := cloud.Decode(bytes.NewReader(file))
	if err != nil {
		return err
	}
	var faults []error
	accounts := map[string]bool{"": true}
	for _, a := range s.Header.Accounts {
		accounts[a.ID] = true
	}
	faults = append(faults, header(s.Header), scopes(s))
	for i := range s.Resources {
		r := &s.Resources[i]
		faults = append(faults, Resource(r))
		for name, g := range r.Gaps {
			if g.Reason == cloud.NotCollected && g.Detail == "the snapshot does not hold it" {
				faults = append(faults, fmt.Errorf("resource %s of kind %s: the collector is silent about %s", r.ID, r.Kind, name))
			}
		}
		if r.Provider != s.Header.Provider || r.Source != s.Header.Source || !accounts[r.Account] {
			faults = append(faults, fmt.Errorf("resource %s: provider %q, source %q or account %q are not the header's", r.ID, r.Provider, r.Source, r.Account))
		}
	}
	var again bytes.Buffer
	if err := s.Encode(&again); err != nil {
		faults = append(faults, err)
	} else if !bytes.Equal(again.Bytes(), file) {
		faults = append(faults, errors.New("the bytes are not canonical: written again they differ"))
	}
	faults = append(faults, Secrets(file, planted...))
	return errors.Join(faults...)
}

func header(h cloud.Header) error {
	var faults []error
	for name, ok := range map[string]bool{
		"tool": h.Tool != "", "provider": h.Provider != "", "source": h.Source != "", "started": !h.Started.IsZero(), "ended": !h.Ended.Before(h.Started),
		"lost": h.Lost <= h.Calls+h.Lost && h.Lost >= 0, "accounts": len(h.Accounts) > 0 || h.Source == "plan" || h.Source == "state",
	} {
		if !ok {
			faults = append(faults, fmt.Errorf("header: %s is missing or makes no sense", name))
		}
	}
	return errors.Join(faults...)
}

func scopes(s *cloud.Snapshot) error {
	var faults []error
	for _, g := range s.Gaps {
		if !slices.Contains(reasons, g.Reason) || len(g.Kinds) == 0 {
			faults = append(faults, fmt.Errorf("gap of scope %+v: no known reason, or no kinds", g))
		}
		for _, k := range g.Kinds {
			if _, ok := cloud.Lookup(k); !ok {
				faults = append(faults, fmt.Errorf("gap of scope %+v: kind %q does not exist", g, k))
			}
		}
	}
	return errors.Join(faults...)
}

// Secrets tells each planted secret that stands in the snapshot file: plainly,
// or as JSON, base64 or a URL would write it.
func Secrets(file []byte, planted ...string) error {
	zip, err := zstd.NewReader(bytes.NewReader(file))
	if err != nil {
		return err
	}
	defer zip.Close()
	text, err := io.ReadAll(zip)
	if err != nil {
		return err
	}
	var faults []error
	for _, secret := range planted {
		quoted, err := json.Marshal(secret)
		if err != nil {
			return err
		}
		coded := base64.StdEncoding.EncodeToString([]byte(secret))
		for _, form := range []string{secret, strings.Trim(string(quoted), `"`), strings.TrimRight(coded, "=")[:len(secret)*4/3], url.QueryEscape(secret)} {
			if bytes.Contains(text, []byte(form)) {
				faults = append(faults, fmt.Errorf("the planted secret %q stands in the snapshot as %q", secret, form))
			}
		}
	}
	return errors.Join(faults...)
}
