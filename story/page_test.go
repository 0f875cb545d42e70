// SPDX-License-Identifier: Apache-2.0

//go:build unix

package story

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"demarc.dev/demarc/web"
)

// axe gives the text of axe-core, which .ci/need installs.
func axe(t *testing.T) string {
	t.Helper()
	found, err := filepath.Glob("../.venv/lib/python3*/site-packages/axe_playwright_python/axe.min.js")
	if err != nil || len(found) == 0 {
		t.Fatalf("axe-core is missing: run .ci/need at the root of the repository (%v)", err)
	}
	text, err := os.ReadFile(found[0])
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// isFile are the pages that give a file in place of a page.
var isFile = regexp.MustCompile(`finding\.(csv|json|xlsx)|calendar\.ics|/checkpoint|/key|/receipt|/body|/pack`)

// elsewhere are the pages that another story looks at: the way back from an
// identity provider, and passkeys, of which the owner of the disk has none. What
// the palette asks for is no page.
var elsewhere = []string{"/signin/oidc", "/signin/oidc/back", "/self/passkey", "/o/larkspur/go.json"}

// word is a part of a pattern that stands for many.
var word = regexp.MustCompile(`\{[a-z]+\}`)

// look is one page under every light: wide and narrow, light and dark.
type look struct {
	*person
	axe string
}

// asked are the pages that show what their address asks for, and lead nowhere
// without.
var asked = []string{"/o/larkspur/reach/pair", "/o/larkspur/reach/internet", "/o/larkspur/privilege/identity", "/o/larkspur/remediation/assign", "/o/larkspur/policy/{policy}/compare"}

// at looks at a page, and gives the addresses that it leads to, those of asked
// with what they ask for.
func (l look) at(path string) []string {
	l.t.Helper()
	var links []string
	l.t.Run(strings.NewReplacer("/", "·", "?", "·").Replace(path), func(t *testing.T) {
		p := *l.person
		p.t = t
		l := look{&p, l.axe}
		l.must(l.page.View(l.ctx, 1440, 900, false))
		l.visit(path)
		if status, _ := l.page.Status(); status >= 500 || status == 404 {
			t.Errorf("%s answers %d", path, status)
		}
		l.must(l.page.Eval(l.ctx, "[...document.querySelectorAll('a[href]')].flatMap(a => a.search ? [a.pathname, a.pathname + a.search] : [a.pathname])", &links))
		l.must(l.page.View(l.ctx, 390, 844, false))
		l.narrow()
		l.must(l.page.View(l.ctx, 1440, 900, false))
		l.must(l.page.Eval(l.ctx, thin, nil))
		l.must(l.page.Eval(l.ctx, l.axe, nil))
		l.judge("light, 1440 wide", "")
		l.must(l.page.View(l.ctx, 1440, 900, true))
		l.judge("dark, 1440 wide", "color-contrast")
		l.must(l.page.View(l.ctx, 390, 844, false))
		l.judge("light, 390 wide", "")
		l.faultless()
		if t.Failed() {
			l.picture()
		}
	})
	return links
}

// thin takes away what repeats: of the rows, entries and paragraphs at one
// place that differ in words alone, three stay. axe-core takes a minute for a matrix of a thousand
// cells, and says of all the same.
const thin = `(() => {
	const seen = {}, self = e => e.tagName + '.' + (e.getAttribute('class') || '');
	const shape = e => self(e) + '[' + [...e.attributes].map(a => a.name + (/^(role|type|scope|aria-(?!label))/.test(a.name) ? '=' + a.value : '')).sort() + '](' + [...e.children].map(shape) + ')';
	const walk = (e, path) => {
		for (const child of [...e.children]) {
			const key = path + shape(child);
			seen[key] = (seen[key] || 0) + 1;
			if (seen[key] > 3 && /^(TR|LI|DIV|P)$/.test(child.tagName)) child.remove(); else walk(child, path + self(child));
		}
	};
	walk(document.querySelector('main'), '');
})()`

// judge has axe-core look at the page as it stands; rule empty is all of them.
func (l look) judge(how, rule string) {
	l.t.Helper()
	options := `{resultTypes: ["violations"]}`
	if rule != "" {
		options = fmt.Sprintf(`{resultTypes: ["violations"], runOnly: {type: "rule", values: [%q]}}`, rule)
	}
	var found []struct {
		ID, Impact, Help string
		Nodes            []struct{ HTML, FailureSummary string }
	}
	said := ""
	l.must(l.page.Eval(l.ctx, "axe.run(document, "+options+").then(r => JSON.stringify(r.violations.filter(v => v.impact === 'serious' || v.impact === 'critical')))", &said))
	if err := json.Unmarshal([]byte(said), &found); err != nil {
		l.t.Fatal(err)
	}
	for _, v := range found {
		l.t.Errorf("%s: %s, %s: %s (%d times), first %s: %s", how, v.Impact, v.ID, v.Help, len(v.Nodes), v.Nodes[0].HTML, v.Nodes[0].FailureSummary)
	}
}

// narrow demands that the page does not scroll sideways.
func (l look) narrow() {
	l.t.Helper()
	wide := ""
	l.must(l.page.Eval(l.ctx, `(() => {
		const room = window.innerWidth;
		if (document.scrollingElement.scrollWidth <= room && room === 390) return '';
		const out = [...document.querySelectorAll('body *')].filter(e => e.getBoundingClientRect().right > room + 0.5 && !e.closest('.scroll'));
		return room + ' wide: ' + out.slice(-3).map(e => e.outerHTML.slice(0, 160)).join(' | ');
	})()`, &wide))
	if wide != "" {
		l.t.Errorf("scrolls sideways: %s", wide)
	}
}

// TestPage opens every page of the route table as an owner, and the door as
// nobody: axe-core finds nothing serious in light or dark, wide or narrow, no
// page scrolls sideways, and the browser has nothing to complain of.
func TestPage(t *testing.T) {
	s := serve(t, nil, nil)
	site, err := web.New(web.Options{})
	if err != nil {
		t.Fatal(err)
	}
	ada, nobody := s.person("ada"), s.person("nobody")
	ada.signsInByLink()
	ada.asks()
	ada.hands("/o/larkspur/agreement", "agreement/evaluate/testdata/document/commonpaper-sla.md", "Hand in and read", "Name, such as “Postrider: terms and DPA of 2026”", "Levels")
	ada.visit("/o/larkspur/sla")
	ada.fills("Name, such as “Availability of the API”", "Availability of the mail API")
	ada.fills("Target: at least so many per cent", "99.9")
	ada.presses("Write it down", "")
	ada.hands("/o/larkspur/import", "check/foreign/testdata/prowler.ocsf.json", "Take it in")
	owner, stranger := look{ada, axe(t)}, look{nobody, axe(t)}
	var links, plain, open []string
	seen := 0
	for _, pattern := range site.Pages() {
		path := strings.NewReplacer("{$}", "", "{org}", "larkspur").Replace(pattern)
		if !word.MatchString(path) {
			plain = append(plain, path)
		}
		switch {
		case slices.Contains(elsewhere, path):
		case word.MatchString(path) || isFile.MatchString(path) || slices.Contains(asked, path):
			open = append(open, path)
		case strings.HasPrefix(path, "/signin") || strings.HasPrefix(path, "/join"):
			stranger.at(path)
			seen++
		default:
			links = append(links, owner.at(path)...)
			seen++
		}
	}
	links = append(links, owner.at("/o/larkspur/policy/access")...) // published, so that it can be compared
	for _, path := range open {
		end := "$"
		if slices.Contains(asked, path) {
			end = `\?`
		}
		shape := regexp.MustCompile("^" + strings.ReplaceAll(word.ReplaceAllString(path, "[^/?]+"), ".", `\.`) + end)
		i := slices.IndexFunc(links, func(l string) bool { return shape.MatchString(l) && (l == path || !slices.Contains(plain, l)) })
		if i < 0 {
			t.Errorf("no page leads to %s", path)
			continue
		}
		if seen++; isFile.MatchString(path) {
			ada.takes(links[i])
			continue
		}
		links = append(links, owner.at(links[i])...)
	}
	if all := len(site.Pages()) - len(elsewhere); seen != all || all < 30 {
		t.Errorf("%d of %d pages: the test does not see the house", seen, all)
	}
}

// hands gives the form of the page a file of the tree, and sends it.
func (p *person) hands(path, file, button string, fields ...string) {
	p.t.Helper()
	p.visit(path)
	for i := 0; i < len(fields); i += 2 {
		p.fills(fields[i], fields[i+1])
	}
	data, err := os.ReadFile(filepath.Join("..", filepath.FromSlash(file)))
	p.must(err)
	text, err := json.Marshal(string(data))
	p.must(err)
	p.must(p.page.Eval(p.ctx, fmt.Sprintf(`(() => {
		const carried = new DataTransfer();
		carried.items.add(new File([%s], %q));
		document.querySelector('main input[type=file]').files = carried.files;
	})()`, text, filepath.Base(file)), nil))
	p.presses(button, "")
}

// asks asks for evidence, so that there is a request to look at.
func (p *person) asks() {
	p.t.Helper()
	p.visit("/o/larkspur/request")
	p.fills("What do you need to see?", "Show the review of access.")
	p.presses("Ask", "")
	p.fills("Where the evidence stands", "It is in the pack.")
	p.presses("Answer", "")
}

// takes downloads a file.
func (p *person) takes(path string) string {
	p.t.Helper()
	file, err := p.page.Download(p.ctx, func() error {
		return p.page.Eval(p.ctx, fmt.Sprintf("location.href = %q", path), nil)
	})
	p.must(err)
	return file
}
