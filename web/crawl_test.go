// SPDX-License-Identifier: Apache-2.0

package web_test

import (
	"encoding/csv"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"

	"demarc.dev/demarc/evidence"
)

// document is what a test must know of a page.
type document struct {
	page      string
	title, h1 string
	first     []string // the answers of the first lines
	ids       map[string]bool
	links     []string
	posts     []string // actions of forms that post
	scripts   int      // ours
	faults    []string
}

var voids = strings.Fields("area base br col embed hr img input link meta source track wbr")

// parse reads a page as strictly as a page of ours may be read: every element
// is closed in its order, every id stands once, nothing runs and nothing is
// styled in the page itself.
func parse(page string) document {
	d := document{page: page, ids: map[string]bool{}}
	in := xml.NewDecoder(strings.NewReader(page))
	in.Strict, in.Entity = false, xml.HTMLEntity
	var open []string
	var classes []string
	var into *string
	for {
		token, err := in.RawToken()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			d.faults = append(d.faults, err.Error())
			break
		}
		switch x := token.(type) {
		case xml.StartElement:
			name := x.Name.Local
			attr := map[string]string{}
			for _, a := range x.Attr {
				attr[a.Name.Local] = a.Value
				if a.Name.Local == "style" || strings.HasPrefix(a.Name.Local, "on") && a.Name.Local != "on" {
					d.faults = append(d.faults, "<"+name+"> has the attribute "+a.Name.Local)
				}
			}
			if name == "script" && scriptPath.MatchString(attr["src"]) && slices.Equal(open, []string{"html", "head"}) {
				d.scripts++
			} else if name == "script" || name == "style" || name == "iframe" {
				d.faults = append(d.faults, "<"+name+"> in a page")
			}
			if id, ok := attr["id"]; ok {
				if d.ids[id] {
					d.faults = append(d.faults, "two elements have the id "+id)
				}
				d.ids[id] = true
			}
			switch name {
			case "a", "link":
				d.links = append(d.links, d.placed(attr["href"]))
			case "form":
				if attr["method"] == "post" {
					d.posts = append(d.posts, d.placed(attr["action"]))
				} else {
					d.links = append(d.links, d.placed(attr["action"]))
				}
			case "select", "input":
				if attr["type"] != "hidden" && !slices.Contains(open, "label") {
					d.faults = append(d.faults, "<"+name+" name="+attr["name"]+"> has no label")
				}
			case "title":
				if !slices.Contains(open, "svg") {
					into = &d.title
				}
			case "h1":
				into = &d.h1
			case "dd":
				if slices.Contains(classes, "first") {
					d.first = append(d.first, "")
					into = &d.first[len(d.first)-1]
				}
			}
			if !slices.Contains(voids, name) {
				open, classes = append(open, name), append(classes, attr["class"])
			}
		case xml.EndElement:
			name := x.Name.Local
			if slices.Contains(voids, name) {
				continue // of "<br/>", which the reader gives as two
			}
			if len(open) == 0 || open[len(open)-1] != name {
				d.faults = append(d.faults, fmt.Sprintf("</%s> closes %v", name, open))
				return d
			}
			open, classes, into = open[:len(open)-1], classes[:len(classes)-1], nil
		case xml.CharData:
			if into != nil {
				*into += string(x)
			}
		}
	}
	if len(open) > 0 {
		d.faults = append(d.faults, fmt.Sprintf("%v stay open", open))
	}
	return d
}

// scriptPath is where our script comes from.
var scriptPath = regexp.MustCompile(`^/script/[0-9a-f]{12}\.js$`)

// inPlace is what stands before the address of a page of an organisation.
var inPlace = regexp.MustCompile(`^/o/[a-z0-9-]+(/|$)`)

// placed gives an address without the organisation, which must stand before
// each but those that concern none.
func (d *document) placed(link string) string {
	if strings.HasPrefix(link, "#") || strings.HasPrefix(link, "/style/") || link == "/" || link == "/?all=yes" || link == "/signout" || link == "/organisation" || strings.HasPrefix(link, "/admin") || strings.HasPrefix(link, "/self") {
		return link
	}
	if !inPlace.MatchString(link) {
		d.faults = append(d.faults, link+" names no organisation")
	}
	return inPlace.ReplaceAllString(link, "/")
}

// shapeOf tells links apart by where they lead, and not by of what they speak.
func shapeOf(link string) string {
	u, err := url.Parse(link)
	if err != nil {
		return link
	}
	parts := strings.Split(u.Path, "/")
	if len(parts) > 2 && parts[1] != "style" && !slices.Contains([]string{"drift", "key", "checkpoint"}, parts[2]) {
		parts[2] = "…"
	}
	keys := make([]string, 0, len(u.Query()))
	for k := range u.Query() {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return strings.Join(parts, "/") + "?" + strings.Join(keys, "&")
}

// follows is how many links of a shape the crawl follows; those that are left
// out lead to the same page with other words. A page by itself is worth more
// than one more view of it.
func follows(shape string) int {
	if strings.HasSuffix(shape, "?") {
		return 8
	}
	return 3
}

func crawl(t *testing.T, h *house) map[string]document {
	t.Helper()
	pages, followed, queue := map[string]document{}, map[string]int{}, []string{"/"}
	from := map[string]string{}
	seen := map[string]bool{"/": true}
	for len(queue) > 0 {
		link := queue[0]
		queue = queue[1:]
		r := h.do(http.MethodGet, link, "")
		if r.Code == http.StatusSeeOther {
			link = inPlace.ReplaceAllString(r.Header().Get("Location"), "/")
			r = h.do(http.MethodGet, link, "")
		}
		if r.Code != http.StatusOK {
			t.Errorf("%s, from %s: %d", link, from[link], r.Code)
			continue
		}
		if !strings.HasPrefix(r.Header().Get("Content-Type"), "text/html") || r.Header().Get("Content-Disposition") != "" {
			continue
		}
		d := parse(text(r))
		pages[link] = d
		for _, f := range d.faults {
			t.Errorf("%s: %s", link, f)
		}
		if d.title == "" || strings.TrimSpace(d.h1) == "" || !strings.HasPrefix(d.title, d.h1) {
			t.Errorf("%s: title %q, heading %q", link, d.title, d.h1)
		}
		if len(d.first) != 3 || slices.ContainsFunc(d.first, func(s string) bool { return strings.TrimSpace(s) == "" }) {
			t.Errorf("%s: the first lines say %q, not what it is, why the standard asks, and what to do next", link, d.first)
		}
		for _, next := range d.links {
			if !strings.HasPrefix(next, "/") {
				if !strings.HasPrefix(next, "#") {
					t.Errorf("%s: leads out of the house to %q", link, next)
				} else if !d.ids[next[1:]] {
					t.Errorf("%s: leads to %s, which it has not", link, next)
				}
				continue
			}
			next, _, _ = strings.Cut(next, "#")
			if seen[next] {
				continue
			}
			seen[next] = true
			if shape := shapeOf(next); followed[shape] < follows(shape) {
				followed[shape]++
				from[next] = link
				queue = append(queue, next)
			}
		}
	}
	return pages
}

// TestLarkspur looks at the shipped example, as a person would find it.
func TestLarkspur(t *testing.T) {
	h := open(t, larkspur)
	t.Run("FindingsCSV", func(t *testing.T) { findingsCSV(t, h) })
	t.Run("WalkDown", func(t *testing.T) { walkDown(t, h) })
	t.Run("Charts", func(t *testing.T) { charts(t, h) })
	t.Run("Crawl", func(t *testing.T) { crawlAll(t, h) })
}

func crawlAll(t *testing.T, h *house) {
	pages := crawl(t, h)
	t.Logf("%d pages", len(pages))
	t.Run("Weight", func(t *testing.T) { weights(t, h, pages) })
	t.Run("Places", func(t *testing.T) { places(t, h) })
	for _, want := range []string{"/", "/scope", "/responsibility/aws", "/responsibility/ledger", "/responsibility/finding", "/duty", "/finding", "/remediation", "/assess", "/catalogue", "/check", "/collect", "/collect/s1", "/import", "/import/f1", "/evidence", "/report"} {
		if _, ok := pages[want]; !ok {
			t.Errorf("no way leads to %s", want)
		}
	}
	t.Run("Anchors", func(t *testing.T) {
		for link, d := range pages {
			for _, next := range d.links {
				path, anchor, ok := strings.Cut(next, "#")
				if target, known := pages[path]; ok && known && path != "" && strings.Contains(path, "line=") && !target.ids[anchor] {
					t.Errorf("%s leads to %s, which is not there", link, next)
				}
			}
		}
	})
	t.Run("Posts", func(t *testing.T) {
		posts := map[string]bool{}
		for _, d := range pages {
			for _, p := range d.posts {
				posts[p] = true
			}
		}
		for p := range posts {
			if p == "/signout" || p == "/collect" || strings.HasPrefix(p, "/attest") || strings.HasPrefix(p, "/self") || strings.HasPrefix(p, "/member") || strings.HasPrefix(p, "/job") || p == "/scope" || p == "/organisation" || strings.HasPrefix(p, "/admin") || strings.HasPrefix(p, "/responsibility") || strings.HasPrefix(p, "/request") || strings.HasPrefix(p, "/agreement") || strings.HasPrefix(p, "/sla") || strings.HasPrefix(p, "/supplier") || strings.HasPrefix(p, "/risk") || strings.HasPrefix(p, "/exception") || p == "/remediation/assign" || strings.HasPrefix(p, "/audit") || strings.HasPrefix(p, "/review") || strings.HasPrefix(p, "/calendar") || strings.HasPrefix(p, "/nonconformity") || strings.HasPrefix(p, "/applicability") || strings.HasPrefix(p, "/policy") || strings.HasPrefix(p, "/context") || strings.HasPrefix(p, "/import") {
				continue // TestDoor, TestImport, TestRisk and TestRoutes send these
			}
			if r := h.do(http.MethodPost, p, form("paper", "gap", "format", "pdf", "reason", "audit/2026")); r.Code != http.StatusOK && r.Code != http.StatusSeeOther {
				t.Errorf("POST %s: %d", p, r.Code)
			}
		}
		if !posts["/report"] || !posts["/evidence/verify"] || !posts["/evidence/pack"] {
			t.Errorf("forms that post: %v", posts)
		}
		if d := parse(text(h.do(http.MethodGet, "/", ""))); len(d.faults) > 0 {
			t.Error(d.faults)
		}
		if page := text(h.do(http.MethodGet, "/evidence", "")); !strings.Contains(page, "> verified<") {
			t.Error("after Verify now the page of evidence does not say verified")
		}
	})
}

func TestHostileNames(t *testing.T) {
	h := open(t, trap)
	pages := crawl(t, h)
	shown := 0
	for link, d := range pages {
		page := d.page
		if strings.Count(page, "<script") != d.scripts || strings.Contains(page, "<img") {
			t.Errorf("%s: a name is markup", link)
		}
		if strings.Contains(page, "&lt;script&gt;") {
			shown++
		}
	}
	if shown < 3 {
		t.Errorf("the hostile name was shown on %d pages only: the test does not look where it stands", shown)
	}
	for _, path := range []string{"/finding?text=", "/finding?sort=", "/finding?account=", "/duty?text=", "/catalogue?q=", "/check?text=", "/remediation?what=", "/finding?run=", "/duty/", "/catalogue/", "/check/", "/evidence/", "/responsibility/", "/nowhere/"} {
		page := text(h.do(http.MethodGet, path+url.QueryEscape(hostile), ""))
		if strings.Count(page, "<script") != 1 || strings.Contains(page, "<img") {
			t.Errorf("%s: what was asked is markup", path)
		}
	}
	if csv := text(h.do(http.MethodGet, "/finding.csv", "")); strings.Contains(csv, ",=") || !strings.Contains(csv, "script") {
		t.Error("the CSV begins a cell with = or leaves the name out")
	}
}

// findingsCSV holds the file of a view against the page of the view.
func findingsCSV(t *testing.T, h *house) {
	for _, view := range []string{"", "?outcome=fail", "?outcome=unknown&severity=high", "?service=mailer", "?service=ledger", "?account=210987654321", "?text=larkspur-www", "?check=object-store-public&run=r1"} {
		rows, err := csv.NewReader(strings.NewReader(text(h.do(http.MethodGet, "/finding.csv"+view, "")))).ReadAll()
		if err != nil {
			t.Fatal(err)
		}
		page := text(h.do(http.MethodGet, "/finding"+view, ""))
		want := "No finding is in this view."
		if n := len(rows) - 1; n == 1 {
			want = " of 1 finding in this view"
		} else if n > 1 {
			want = fmt.Sprintf(" of %s findings in this view", thousands(n))
		}
		if !strings.Contains(page, want) {
			t.Errorf("%q: the page does not say %q", view, want)
		}
	}
}

func thousands(n int) string {
	if n < 1000 {
		return fmt.Sprint(n)
	}
	return fmt.Sprintf("%d,%03d", n/1000, n%1000)
}

// walkDown goes from a duty that is not met down to the provider's own
// document, and verifies the receipt of what that rests on.
func walkDown(t *testing.T, h *house) {
	follow := func(page, begins string) string {
		t.Helper()
		for _, link := range parse(page).links {
			if strings.HasPrefix(link, begins) {
				r := h.do(http.MethodGet, link, "")
				if r.Code != http.StatusOK {
					t.Fatalf("%s: %d", link, r.Code)
				}
				return text(r)
			}
		}
		t.Fatalf("no link begins with %s", begins)
		return ""
	}
	duty := follow(text(h.do(http.MethodGet, "/duty?text=9.4.1-C2&service=aws", "")), "/duty/9.4.1-C2")
	finding := follow(duty, "/finding/")
	for _, want := range []string{"the answer rests on it", "The provider’s own document", "snapshot.blob of snapshot/s1", "findings.made of run/r3"} {
		if !strings.Contains(finding, want) {
			t.Errorf("the finding does not say %q", want)
		}
	}
	key := strings.TrimSpace(text(h.do(http.MethodGet, "/evidence/key", "")))
	var proof []byte
	for _, link := range parse(finding).links {
		if strings.HasSuffix(link, "/receipt") {
			proof = []byte(text(h.do(http.MethodGet, link, "")))
			break
		}
	}
	receipt, err := evidence.VerifyReceipt(proof, key)
	if err != nil {
		t.Fatal(err)
	}
	if head, err := receipt.Entry.Header(); err != nil || !strings.HasPrefix(head.Kind, "snapshot.") {
		t.Errorf("the receipt is of %v, %v", head, err)
	}
}
