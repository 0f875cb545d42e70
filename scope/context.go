// SPDX-License-Identifier: Apache-2.0

package scope

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"demarc.dev/demarc/internal/strict"
)

// Context is what the scope stands in (ISO/IEC 27001:2022, 4.1 to 4.3): issues,
// interested parties and what they require, the law, where it borders on others,
// and what is left out and why. Its YAML:
//
//	statement: The design and running of Example Ledger from our offices.
//	issues:
//	  - {id: climate, side: external, title: Climate change, climate: true, relevant: "yes", effect: Heat makes the region fail.}
//	parties:
//	  - {id: customers, name: Our customers, requires: [A restore within a day]}
//	law:
//	  - {id: gdpr, title: GDPR, where: European Union, asks: A processor notifies without delay, services: [ledger]}
//	borders:
//	  - {with: Amazon Web Services, what: The control plane and what lies beneath it}
//	exclusions:
//	  - {what: The office network, because: No system in scope is reached over it}
type Context struct {
	Statement  string      `yaml:"statement" json:"statement"` // what the management system is about, in a sentence or two
	Sites      []string    `yaml:"sites,omitempty" json:"sites,omitempty"`
	Issues     []Issue     `yaml:"issues,omitempty" json:"issues,omitempty"`
	Parties    []Interest  `yaml:"parties,omitempty" json:"parties,omitempty"`
	Law        []Law       `yaml:"law,omitempty" json:"law,omitempty"`
	Borders    []Border    `yaml:"borders,omitempty" json:"borders,omitempty"`
	Exclusions []Exclusion `yaml:"exclusions,omitempty" json:"exclusions,omitempty"`
}

// Issue is something inside or outside that bears on the management system.
type Issue struct {
	ID       string `yaml:"id" json:"id"`
	Side     string `yaml:"side" json:"side"` // internal or external
	Title    string `yaml:"title" json:"title"`
	Climate  bool   `yaml:"climate,omitempty" json:"climate,omitempty"`   // it is the one of climate change (Amd 1:2024)
	Relevant string `yaml:"relevant,omitempty" json:"relevant,omitempty"` // yes or no; empty: nobody decided
	Effect   string `yaml:"effect,omitempty" json:"effect,omitempty"`     // what it means for information security, or why nothing
}

// Interest is a party that wants something of the management system.
type Interest struct {
	ID       string   `yaml:"id" json:"id"`
	Name     string   `yaml:"name" json:"name"`
	Requires []string `yaml:"requires,omitempty" json:"requires,omitempty"`
	Met      string   `yaml:"met,omitempty" json:"met,omitempty"` // by what: an agreement, a policy, a control
}

// Law is an entry of the legal register.
type Law struct {
	ID       string   `yaml:"id" json:"id"`
	Title    string   `yaml:"title" json:"title"`
	Where    string   `yaml:"where" json:"where"`
	Asks     string   `yaml:"asks,omitempty" json:"asks,omitempty"`
	Services []string `yaml:"services,omitempty" json:"services,omitempty"` // ids; empty: all
	Owner    string   `yaml:"owner,omitempty" json:"owner,omitempty"`       // Person.ID
}

// Border is where the scope meets what others do.
type Border struct {
	With string `yaml:"with" json:"with"`
	What string `yaml:"what" json:"what"`
}

// Exclusion is what the scope leaves out.
type Exclusion struct {
	What    string `yaml:"what" json:"what"`
	Because string `yaml:"because" json:"because"`
}

// The bounds of a context.
const (
	maxEntries = 500
	maxWords   = 4000
)

// ParseContext reads a context, about a scope. The error tells every fault, with
// line and field.
func ParseContext(file string, data []byte, s *Scope) (*Context, error) {
	c := new(Context)
	doc := strict.Read(file, data, c)
	if len(c.Issues)+len(c.Parties)+len(c.Law)+len(c.Borders)+len(c.Exclusions)+len(c.Sites) > maxEntries {
		doc.Fault("issues", "there are more than %d entries", maxEntries)
		return nil, doc.Err()
	}
	r := &contextReader{reader{doc: doc, scope: s}}
	r.long("statement", c.Statement)
	for i, x := range c.Issues {
		at := fmt.Sprintf("issues[%d]", i)
		r.entry(at, x.ID, ids(c.Issues[:i], func(x Issue) string { return x.ID }))
		r.need(at+".title", x.Title, "what the issue is")
		word(doc, at+".side", x.Side, []string{"internal", "external"}, true)
		word(doc, at+".relevant", x.Relevant, []string{"yes", "no"}, false)
		r.long(at+".effect", x.Effect)
	}
	for i, x := range c.Parties {
		at := fmt.Sprintf("parties[%d]", i)
		r.entry(at, x.ID, ids(c.Parties[:i], func(x Interest) string { return x.ID }))
		r.need(at+".name", x.Name, "who it is")
		for k, w := range x.Requires {
			r.need(fmt.Sprintf("%s.requires[%d]", at, k), w, "what the party requires")
			r.long(fmt.Sprintf("%s.requires[%d]", at, k), w)
		}
	}
	r.law(c.Law)
	for i, x := range c.Borders {
		r.need(fmt.Sprintf("borders[%d].with", i), x.With, "whom the scope meets there")
		r.need(fmt.Sprintf("borders[%d].what", i), x.What, "what lies on the other side")
	}
	for i, x := range c.Exclusions {
		r.need(fmt.Sprintf("exclusions[%d].what", i), x.What, "what is left out")
		r.need(fmt.Sprintf("exclusions[%d].because", i), x.Because, "why: an exclusion without a reason hides something")
	}
	if err := doc.Err(); err != nil {
		return nil, err
	}
	return c, nil
}

func ids[T any](of []T, id func(T) string) []string {
	var out []string
	for _, x := range of {
		out = append(out, id(x))
	}
	return out
}

type contextReader struct{ reader }

func (r *contextReader) law(all []Law) {
	for i, x := range all {
		at := fmt.Sprintf("law[%d]", i)
		r.entry(at, x.ID, ids(all[:i], func(x Law) string { return x.ID }))
		r.need(at+".title", x.Title, "what it is called")
		r.need(at+".where", x.Where, "where it holds")
		r.long(at+".asks", x.Asks)
		for k, id := range x.Services {
			if _, ok := r.scope.Service(id); !ok {
				r.doc.Fault(fmt.Sprintf("%s.services[%d]", at, k), "there is no service %q%s", id, strict.DidYouMean(id, r.scope.ServiceIDs()))
			}
		}
		if p, ok := r.scope.Person(x.Owner); x.Owner != "" && len(r.scope.People) > 0 && (!ok || !p.Active) {
			r.doc.Fault(at+".owner", "people has nobody with the id %q, or the person has left", x.Owner)
		}
	}
}

func (r *contextReader) entry(at, id string, before []string) {
	r.id(at+".id", id)
	if slices.Contains(before, id) {
		r.doc.Fault(at+".id", "%q stands twice", id)
	}
}

func (r *contextReader) long(path, words string) {
	if len(words) > maxWords {
		r.doc.Fault(path, "it is longer than %d bytes", maxWords)
	}
}

// EncodeContext gives the YAML of a context: ParseContext gives it back.
func EncodeContext(c *Context) ([]byte, error) {
	out, err := strict.Commented(*c, func(path string) string {
		return map[string]string{
			"":           "Context of the management system (ISO/IEC 27001:2022, 4.1 to 4.3).",
			"issues":     "\nWhat inside and outside bears on it. Climate change is to be considered, even if it is not relevant.",
			"parties":    "\nWho wants what of it, and by what it is met.",
			"law":        "\nThe legal register.",
			"borders":    "\nWhere the scope meets what others do.",
			"exclusions": "\nWhat is left out, and why.",
		}[path]
	})
	if err != nil {
		return nil, fmt.Errorf("writing a context: %w", err)
	}
	return out, nil
}

// ProposeContext begins a context with what the scope tells: the parties on the
// other side of each service, the borders to them, and the issues that every
// user of clouds has. What each means, only the firm knows: it stays open.
func ProposeContext(s *Scope) *Context {
	c := &Context{Issues: []Issue{
		{ID: "climate", Side: "external", Title: "Climate change", Climate: true},
		{ID: "provider-concentration", Side: "external", Title: "Many services hang on one provider or region"},
		{ID: "provider-change", Side: "external", Title: "Providers change services for all customers at once"},
		{ID: "data-location", Side: "external", Title: "Data and provider staff may be in other countries"},
		{ID: "skills", Side: "internal", Title: "People and skills for the duties that the firm accepted"},
	}}
	seen := map[string]bool{}
	party := func(id, name string, requires ...string) {
		if name != "" && !seen[name] {
			seen[name] = true
			c.Parties = append(c.Parties, Interest{ID: id, Name: name, Requires: requires})
		}
	}
	for _, v := range s.Services {
		if v.Role == Provides {
			party(v.ID+"-customers", cmp.Or(v.Customer, "Customers of "+v.Name))
			continue
		}
		party(v.ID+"-provider", v.Provider)
		c.Borders = append(c.Borders, Border{With: cmp.Or(v.Provider, v.Name), What: "What the provider does of " + v.Name + ", as the responsibility matrix divides it"})
	}
	party("people", "People who work for "+cmp.Or(s.Organisation.Name, s.Organisation.ID))
	party("authorities", "Data protection and other authorities of the regions in use")
	return c
}

// Open tells what the context does not say yet, in sentences.
func (c *Context) Open(s *Scope) []string {
	var out []string
	if strings.TrimSpace(c.Statement) == "" {
		out = append(out, "statement: nobody wrote what the management system is about")
	}
	if !slices.ContainsFunc(c.Issues, func(i Issue) bool { return i.Climate }) {
		out = append(out, "issues: climate change was not considered (Amd 1:2024)")
	}
	for _, i := range c.Issues {
		if i.Relevant == "" || strings.TrimSpace(i.Effect) == "" {
			out = append(out, fmt.Sprintf("issue %s: say whether it is relevant, and what it means or why not", i.ID))
		}
	}
	if len(c.Parties) == 0 {
		out = append(out, "parties: no interested party is named")
	}
	for _, p := range c.Parties {
		if len(p.Requires) == 0 {
			out = append(out, fmt.Sprintf("party %s: say what it requires", p.ID))
		}
	}
	if len(c.Law) == 0 {
		out = append(out, "law: the legal register is empty")
	}
	if len(c.Borders) == 0 {
		out = append(out, "borders: nothing says where the scope meets others")
	}
	for _, v := range s.Services {
		if len(v.Regions) == 0 {
			out = append(out, fmt.Sprintf("service %s: no region says where its data lie", v.ID))
		}
	}
	return out
}

// Approval is an approved scope with its context, as they were.
type Approval struct {
	Version int       `json:"version"` // from 1
	By      string    `json:"by"`
	At      time.Time `json:"at"`
	Digest  string    `json:"digest"`
	Context Context   `json:"context"`
	Scope   Scope     `json:"scope"`
}

// StatementDigest is the SHA-256 of what an approval of the scope is about: the
// context, the organisation and what is material of each service.
func StatementDigest(s *Scope, c *Context) string {
	services := map[string]string{}
	for _, v := range s.Services {
		services[v.ID] = v.Digest()
	}
	data, err := json.Marshal(struct {
		Organisation Organisation
		Services     map[string]string
		Context      *Context
	}{s.Organisation, services, c})
	if err != nil {
		panic(err) // words and numbers always encode
	}
	sum := sha256.Sum256(data)
	return "sha256:" + hex.EncodeToString(sum[:])
}

// Since says what changed since an approval.
func (a Approval) Since(s *Scope, c *Context) []string {
	var out []string
	if a.Scope.Organisation != s.Organisation {
		out = append(out, "the organisation: its name, role or contact")
	}
	for _, v := range s.Services {
		was, ok := a.Scope.Service(v.ID)
		switch {
		case !ok:
			out = append(out, "a new service: "+v.ID)
		case was.Digest() != v.Digest():
			out = append(out, "the service "+v.ID+": "+strings.Join(changed(was, v), ", "))
		}
	}
	for _, v := range a.Scope.Services {
		if _, ok := s.Service(v.ID); !ok {
			out = append(out, "no longer in scope: "+v.ID)
		}
	}
	same := func(name string, x, y any) {
		p, _ := json.Marshal(x) // words and booleans always encode
		q, _ := json.Marshal(y)
		if string(p) != string(q) {
			out = append(out, name)
		}
	}
	same("the statement or the sites", []any{a.Context.Statement, a.Context.Sites}, []any{c.Statement, c.Sites})
	same("the issues", a.Context.Issues, c.Issues)
	same("the interested parties", a.Context.Parties, c.Parties)
	same("the legal register", a.Context.Law, c.Law)
	same("the borders", a.Context.Borders, c.Borders)
	same("the exclusions", a.Context.Exclusions, c.Exclusions)
	return out
}

// changed names what is material and differs between two states of a service.
func changed(was, now Service) []string {
	var out []string
	for _, x := range []struct {
		name     string
		was, now string
	}{{"role", string(was.Role), string(now.Role)}, {"model", string(was.Model), string(now.Model)}, {"provider", was.Provider, now.Provider}, {"customer", was.Customer, now.Customer}, {"agreement", was.Agreement, now.Agreement},
		{"criticality", string(was.Criticality), string(now.Criticality)}, {"built on", strings.Join(was.BuiltOn, ", "), strings.Join(now.BuiltOn, ", ")}, {"accounts", strings.Join(was.Accounts, ", "), strings.Join(now.Accounts, ", ")},
		{"regions", strings.Join(was.Regions, ", "), strings.Join(now.Regions, ", ")}, {"data", strings.Join(was.DataClasses, ", "), strings.Join(now.DataClasses, ", ")}} {
		if x.was != x.now {
			out = append(out, fmt.Sprintf("%s %s → %s", x.name, cmp.Or(x.was, "none"), cmp.Or(x.now, "none")))
		}
	}
	return out
}
