// SPDX-License-Identifier: Apache-2.0

package cloud_test

import (
	"strings"
	"testing"

	"demarc.dev/demarc/cloud"
)

func TestKinds(t *testing.T) {
	types := map[cloud.Type]bool{cloud.String: true, cloud.Bool: true, cloud.Int: true, cloud.Time: true, cloud.Strings: true, cloud.Rules: true}
	seen := map[cloud.Kind]bool{}
	for _, k := range cloud.Kinds() {
		if seen[k.Kind] || k.Doc == "" || len(k.Attributes) == 0 {
			t.Errorf("kind %s is twice, or without words or attributes", k.Kind)
		}
		seen[k.Kind] = true
		names := map[string]bool{}
		for _, a := range k.Attributes {
			if names[a.Name] || !types[a.Type] || a.Doc == "" || strings.ToLower(a.Name) != a.Name {
				t.Errorf("%s.%s is twice, of unknown type %q, or without words", k.Kind, a.Name, a.Type)
			}
			names[a.Name] = true
		}
		if got, ok := cloud.Lookup(k.Kind); !ok || len(got.Attributes) != len(k.Attributes) {
			t.Errorf("Lookup of %s gives %+v", k.Kind, got)
		}
	}
	if len(seen) < 30 {
		t.Errorf("only %d kinds", len(seen))
	}
}

func TestComplete_MakesGapsOfWhatIsMissing(t *testing.T) {
	r := &cloud.Resource{ID: "vol-1", Kind: cloud.Disk, Native: "n", Provider: "p", Source: "live", Attributes: map[string]any{"encrypted": true},
		Gaps: map[string]cloud.Gap{"attached": {Reason: cloud.Denied}}}
	if err := cloud.Validate(r); err == nil || !strings.Contains(err.Error(), "created is neither a fact nor a gap") {
		t.Errorf("%v", err)
	}
	r.Complete(cloud.Gap{Reason: cloud.NotInSource})
	if err := cloud.Validate(r); err != nil || r.Gaps["attached"].Reason != cloud.Denied || r.Gaps["created"].Reason != cloud.NotInSource || len(r.Gaps) != 3 {
		t.Errorf("%v %+v", err, r.Gaps)
	}
}
