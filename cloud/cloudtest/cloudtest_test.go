// SPDX-License-Identifier: Apache-2.0

package cloudtest

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"reflect"
	"strings"
	"testing"

	"demarc.dev/demarc/cloud"
)

func TestGenerate(t *testing.T) {
	const n = 5000
	source, kinds := Generate(n, 7), map[cloud.Kind]int{}
	var first []*cloud.Resource
	for r, err := range source() {
		if err != nil {
			t.Fatal(err)
		}
		if err := Resource(r); err != nil {
			t.Fatal(err)
		}
		kinds[r.Kind]++
		first = append(first, r)
	}
	if len(first) != n || len(kinds) < 20 {
		t.Errorf("%d resources of %d kinds", len(first), len(kinds))
	}
	i, other := 0, 0
	for r := range source() {
		if !reflect.DeepEqual(r, first[i]) {
			t.Fatalf("walked again, resource %d is another one", i)
		}
		i++
	}
	i = 0
	for r := range Generate(n, 8)() {
		if r.ID != first[i].ID || !reflect.DeepEqual(r.Attributes, first[i].Attributes) {
			other++
		}
		i++
	}
	if other < n/2 {
		t.Errorf("another seed changes only %d of %d", other, n)
	}
	for range source() {
		break
	}
}

func TestGenerate_CanBeWritten(t *testing.T) {
	for _, n := range []int{0, 1, 36, 37, 101} {
		w, err := cloud.NewWriter(&bytes.Buffer{}, cloud.Header{}, nil)
		if err != nil {
			t.Fatal(err)
		}
		count := 0
		for r := range Generate(n, 1)() {
			if err := w.Write(r); err != nil {
				t.Fatal(err)
			}
			count++
		}
		if err := w.Close(); err != nil || count != n {
			t.Errorf("%v, %d of %d", err, count, n)
		}
	}
}

func TestSecrets_FindsEveryForm(t *testing.T) {
	const secret = `pa"ss/word&7`
	for name, form := range map[string]string{"plain": `pa"ss/word&7`, "base64": base64.StdEncoding.EncodeToString([]byte(secret)), "url": "pa%22ss%2Fword%267"} {
		raw, err := json.Marshal(map[string]string{"x": "before " + form + " after"})
		if err != nil {
			t.Fatal(err)
		}
		s := cloud.Snapshot{Resources: []cloud.Resource{{ID: "x", Kind: "moon", Native: "m", Provider: "aws", Source: "live", Raw: raw}}}
		var file bytes.Buffer
		if err := s.Encode(&file); err != nil {
			t.Fatal(err)
		}
		if err := Secrets(file.Bytes(), "something else", secret); err == nil || strings.Contains(err.Error(), "something else") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestContract_NamesFaults(t *testing.T) {
	s := cloud.Snapshot{Header: cloud.Header{Provider: "aws", Source: "live"}, Gaps: []cloud.ScopeGap{{Provider: "aws", Gap: cloud.Gap{Reason: "bored"}}},
		Resources: []cloud.Resource{{ID: "x", Kind: "moon", Native: "m", Provider: "gcp", Source: "live", Account: "1"}}}
	var file bytes.Buffer
	if err := s.Encode(&file); err != nil {
		t.Fatal(err)
	}
	err := Contract(file.Bytes())
	if err == nil {
		t.Fatal("no fault")
	}
	for _, want := range []string{`kind "moon" does not exist`, "header: tool", "header: accounts", "no known reason", "no call", `provider "gcp"`} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q is not told in: %v", want, err)
		}
	}
}

func BenchmarkGenerate(b *testing.B) {
	for range Generate(b.N, 1)() {
	}
}
