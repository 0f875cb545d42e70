// SPDX-License-Identifier: Apache-2.0

package web_test

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"demarc.dev/demarc/account"
	"demarc.dev/demarc/app"
	"demarc.dev/demarc/catalogue"
)

// What a page may weigh, in bytes over the network, with all that it asks for;
// and its script, unpacked.
const pageMost, scriptMost = 150_000, 60_000

var askedFor = regexp.MustCompile(`(?:href|src)="(/(?:style|script)/[^"]+)"`)

// packed asks as browsers do, and gives how many bytes come and what they are.
func (h *house) packed(path string) (int, []byte) {
	h.t.Helper()
	r := h.do(http.MethodGet, path, "", func(r *http.Request) { r.Header.Set("Accept-Encoding", "gzip") })
	size := r.Body.Len()
	if r.Code != http.StatusOK {
		h.t.Errorf("%s: %d", path, r.Code)
		return size, nil
	}
	if r.Header().Get("Content-Encoding") != "gzip" {
		return size, r.Body.Bytes()
	}
	z, err := gzip.NewReader(bytes.NewReader(r.Body.Bytes()))
	if err != nil {
		h.t.Fatal(err)
	}
	data, err := io.ReadAll(z)
	if err != nil {
		h.t.Fatal(err)
	}
	return size, data
}

// weights weighs every page that the crawl found, as a first visit: nothing is
// kept in the browser yet.
func weights(t *testing.T, h *house, pages map[string]document) {
	heaviest, most := "", 0
	files := map[string]int{}
	for link := range pages {
		size, page := h.packed(link)
		script := 0
		for _, m := range askedFor.FindAllSubmatch(page, -1) {
			path := string(m[1])
			if _, ok := files[path]; !ok {
				files[path], _ = h.packed(path)
			}
			if size += files[path]; strings.HasPrefix(path, "/script/") {
				_, plain := h.packed(path)
				script += len(plain)
			}
		}
		if size > pageMost {
			t.Errorf("%s weighs %d bytes, at most %d", link, size, pageMost)
		}
		if script == 0 || script > scriptMost {
			t.Errorf("%s has %d bytes of script, at most %d", link, script, scriptMost)
		}
		if size > most {
			heaviest, most = link, size
		}
	}
	if len(files) != 3 {
		t.Errorf("pages ask for %v: one style sheet, one script and one sign are ours", files)
	}
	t.Logf("the heaviest is %s with %d bytes; files %v", heaviest, most, files)
}

// places asks for what the palette knows, and goes to some of it.
func places(t *testing.T, h *house) {
	size, data := h.packed("/go.json")
	if size > 30_000 {
		t.Errorf("the places weigh %d bytes", size)
	}
	var all []struct{ Kind, Name, Hint, Path string }
	if err := json.Unmarshal(data, &all); err != nil {
		t.Fatal(err)
	}
	kinds := map[string]int{}
	for _, d := range all {
		if kinds[d.Kind]++; kinds[d.Kind] < 4 {
			if r := h.do(http.MethodGet, d.Path, ""); r.Code != http.StatusOK {
				t.Errorf("%s leads to %d", d.Path, r.Code)
			}
		}
	}
	if kinds["service"] != 9 || kinds["control"] != 50 || kinds["duty"] < 200 || kinds["check"] < 100 {
		t.Errorf("places: %v", kinds)
	}
	for q, want := range map[string]string{"": "/scope", "ledger matrix": "/responsibility/ledger", "5.38": "/catalogue/shared-roles", "9.4.1-C2": "/duty/9.4.1-C2"} {
		if page := text(h.do(http.MethodGet, "/go?q="+strings.ReplaceAll(q, " ", "+"), "")); !strings.Contains(page, `<li><a href="/o/`+h.caller.Org+want+`">`) {
			t.Errorf("%q does not find %s", q, want)
		}
	}
}

// TestPlaces_OfTheBound gives a reader who is bound to a service no other.
func TestPlaces_OfTheBound(t *testing.T) {
	h := open(t, larkspur)
	p := h.person(h.caller.Org, "olga@larkspur.example", account.Member{Role: account.Viewer, Services: []string{"mailer"}})
	for _, path := range []string{"/go", "/go.json", "/go?q=matrix", "/duty/map", "/assess", "/"} {
		r := p.do(http.MethodGet, path, "")
		page := text(r)
		if r.Code != http.StatusOK || strings.Contains(page, "Amazon Web Services") || strings.Contains(page, "service=ledger") || strings.Contains(page, "/responsibility/ledger") {
			t.Errorf("%s tells of another service (%d)", path, r.Code)
		}
		if !strings.Contains(page, "Postrider") && path != "/assess" {
			t.Errorf("%s does not tell of her own service", path)
		}
	}
}

// crowd fills a store with the scope of a large organisation.
func crowd(t *testing.T, a *app.App, c app.Caller) {
	trap(t, a, c) // makes the organisation, and something to look at
	ids, err := a.Orgs(t.Context(), c)
	if err != nil || len(ids) != 1 {
		t.Fatal(ids, err)
	}
	c.Org = ids[0]
	var b strings.Builder
	fmt.Fprintf(&b, "organisation: {id: %s, name: Crowd, role: both}\npeople:\n  - {id: ada, name: Ada, active: true}\nservices:\n", c.Org)
	for i := range 50 {
		role := "consumes"
		if i%5 == 0 {
			role = "provides"
		}
		fmt.Fprintf(&b, "  - {id: service-%d, name: Service number %d, role: %s, model: saas, provider: Provider %d, owner: ada, accounts: [\"111122223333\"]", i, i, role, i%7)
		if i > 0 {
			fmt.Fprintf(&b, ", built_on: [service-%d]", i-1-(i-1)%4)
		}
		b.WriteString("}\n")
	}
	if _, err := a.SetScope(t.Context(), c, "scope.yaml", []byte(b.String())); err != nil {
		t.Fatal(err)
	}
	assessed(t.Context(), t, a, c, catalogue.Edition2026)
}

// TestWeight_FiftyServices weighs the pages that grow with the services.
func TestWeight_FiftyServices(t *testing.T) {
	h := open(t, crowd)
	assets := 0
	for _, m := range askedFor.FindAllSubmatch(h.do(http.MethodGet, "/", "").Body.Bytes(), -1) {
		size, _ := h.packed(string(m[1]))
		assets += size
	}
	for _, path := range []string{"/", "/scope", "/duty/map", "/duty/map?side=theirs&page=4", "/duty", "/finding", "/remediation", "/assess", "/responsibility/finding", "/go", "/go.json", "/report"} {
		size, page := h.packed(path)
		if size+assets > pageMost {
			t.Errorf("%s weighs %d bytes, at most %d", path, size+assets, pageMost)
		}
		t.Logf("%s: %d bytes, %d unpacked", path, size+assets, len(page))
	}
	if page := text(h.do(http.MethodGet, "/duty/map?page=4", "")); !strings.Contains(page, "5 of 50 services stand") || !strings.Contains(page, `rel="prev"`) || strings.Contains(page, `rel="next"`) {
		t.Error("the fourth page of the map is not the last, with five services")
	}
}
