// SPDX-License-Identifier: Apache-2.0

package host

import (
	"os/exec"
	"testing"

	"pgregory.net/rapid"
)

// Documented orders: each list goes from old to new. Those of dpkg are from
// deb-version(7) and its policy, those of rpm from rpm-version(7) and the tests
// that its manual describes, those of apk from apk-package(5) and its examples.
var orders = []struct {
	name    string
	compare func(a, b string) int
	lists   [][]string
}{
	{"deb", compareDeb, [][]string{
		{"~~", "~~a", "~", "", "a"},
		{"1.0~beta1~svn1245", "1.0~beta1", "1.0~rc1-1", "1.0", "1.0-0.1", "1.0-1", "1.0-1+b1", "1.0+dfsg-1", "1.0.1-1", "1.2-1", "1.10-1", "1:0.5-1"},
		{"2.36-9+deb12u4", "2.36-9+deb12u7", "2.36-10"}, {"0.9", "1.0a", "1.0b", "1.0+", "1.0.", "1.01"}, {"7.6-0", "7.6p2-4"},
	}},
	{"rpm", compareEVR, [][]string{
		{"1.0~rc1~git1-1", "1.0~rc1-1", "1.0~rc2-1", "1.0-1", "1.0^git1~pre-1", "1.0^git1-1", "1.0^20240101-1", "1.0.1-1", "1.10-1", "1:0.1-1"},
		{"1.0~rc1^git1-1", "1.0-1"}, {"5.5p1-1", "5.5p2-1", "5.5p10-1"}, {"xyz10-1", "xyz10.1-1"}, {"20101121-1", "20101122-1"}, {"8.0-1", "8.0.rc1-1"}, {"10xyz-1", "10.1xyz-1"}, {"FC5-1", "fc4-1"}, {"2_0-1", "2_1-1"},
		{"1.1.1k-6.el8", "1.1.1k-9.el8_7", "1.1.1k-12.el8_9"},
	}},
	{"apk", compareAPK, [][]string{
		{"1.0_alpha", "1.0_alpha2", "1.0_beta", "1.0_pre1", "1.0_rc1", "1.0", "1.0-r1", "1.0_p1", "1.0a", "1.0b", "1.0.1", "1.1", "1.2-r0", "1.2-r10", "1.10"},
		{"2.34", "2.38"}, {"20050718", "20050911"}, {"1.001", "1.01", "1.1"}, {"3.1.4-r5", "3.1.4-r6"}, {"0.1.0_git20230101", "0.1.0_git20240101"},
	}},
}

func TestVersion_DocumentedOrder(t *testing.T) {
	for _, o := range orders {
		for _, list := range o.lists {
			for i, a := range list {
				for j, b := range list {
					want := 0
					if i < j {
						want = -1
					} else if i > j {
						want = 1
					}
					if got := o.compare(a, b); sign(got) != want {
						t.Errorf("%s: %q and %q: %d, want %d", o.name, a, b, got, want)
					}
				}
			}
		}
	}
}

func sign(n int) int {
	switch {
	case n < 0:
		return -1
	case n > 0:
		return 1
	}
	return 0
}

// Equal although they are written in another way.
func TestVersion_Equal(t *testing.T) {
	for _, c := range []struct {
		compare func(a, b string) int
		a, b    string
	}{
		{compareDeb, "0:1.0-1", "1.0-1"}, {compareDeb, "1.0", "1.0-0"}, {compareDeb, "1.00", "1.0"}, {compareEVR, "0:1.0-1", "1.0-1"}, {compareEVR, "1.0", "1.0-7"}, {compareEVR, "1_0-1", "1.0-1"},
		{compareRPM, "001", "1"}, {compareRPM, "a+", "a_"}, {compareAPK, "1.2~abcdef-r1", "1.2-r1"},
	} {
		if c.compare(c.a, c.b) != 0 || c.compare(c.b, c.a) != 0 {
			t.Errorf("%q and %q differ", c.a, c.b)
		}
	}
}

// TestVersion_Order: what sorts must be an order, whatever the versions are.
func TestVersion_Order(t *testing.T) {
	version := rapid.StringMatching(`([0-9]:)?[0-9a-c.~^+_-]{0,12}`)
	for _, o := range orders {
		t.Run(o.name, rapid.MakeCheck(func(t *rapid.T) {
			a, b, c := version.Draw(t, "a"), version.Draw(t, "b"), version.Draw(t, "c")
			if o.compare(a, a) != 0 || sign(o.compare(a, b)) != -sign(o.compare(b, a)) {
				t.Fatalf("%q and %q: %d and %d", a, b, o.compare(a, b), o.compare(b, a))
			}
			if o.name != "rpm" && o.compare(a, b) <= 0 && o.compare(b, c) <= 0 && o.compare(a, c) > 0 { // a missing release of rpm equals every one
				t.Fatalf("%q ≤ %q ≤ %q and not %q ≤ %q", a, b, c, a, c)
			}
		}))
	}
}

// TestVersion_Dpkg asks dpkg itself where it is there.
func TestVersion_Dpkg(t *testing.T) {
	dpkg, err := exec.LookPath("dpkg")
	if err != nil {
		t.Skip("no dpkg on this machine")
	}
	part := rapid.StringMatching(`([0-9]:)?[0-9]{1,2}[0-9a-c.~+]{0,6}(-[0-9a-b.~+]{1,4})?`)
	for i := range 60 {
		a, b := part.Example(2*i), part.Example(2*i+1)
		want := "gt"
		switch c := compareDeb(a, b); {
		case c < 0:
			want = "lt"
		case c == 0:
			want = "eq"
		}
		if exec.Command(dpkg, "--compare-versions", a, want, b).Run() != nil {
			t.Errorf("dpkg does not hold %s %s %s", a, want, b)
		}
	}
}
