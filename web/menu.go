// SPDX-License-Identifier: Apache-2.0

package web

import (
	"time"

	"demarc.dev/demarc/account"
)

// menu gives the parts of the menu that lead somewhere for this visitor.
func (s *Server) menu(v *visit) []menu {
	var out []menu
	for _, m := range siteMenu() {
		part := menu{Title: m.Title}
		for _, i := range m.Items {
			if v.may(s.needs[i.Path], s.o.Now()) {
				part.Items = append(part.Items, i)
			}
		}
		if len(part.Items) > 0 {
			out = append(out, part)
		}
	}
	return out
}

// trailOf gives the pages above the one at a path: the page of the menu that it
// belongs to, and what leads there.
func trailOf(p page, path string) []item {
	if p.Section == "" || p.Section == "/" || path == p.Section {
		return nil
	}
	for _, m := range p.Menu {
		for _, i := range m.Items {
			if i.Path != p.Section || i.Name == p.Title {
				continue
			}
			if p.Organisation == "" {
				return []item{i}
			}
			return []item{{"/", "Home"}, i}
		}
	}
	return nil
}

// selfMenu is the menu of the pages that belong to no organisation.
func selfMenu(v *visit) []menu {
	m := menu{"", []item{{"/?all=yes", "Organisations"}, {"/self", "Your account"}}}
	if v.Operator() {
		m.Items = append(m.Items, item{"/admin", "Accounts"})
	}
	return []menu{m}
}

// may tells whether the visitor may do something here, so that a page shows no
// form that would be refused. What is sent is asked again.
func (v *visit) may(p account.Permission, now time.Time) bool {
	return v.member.Check(p, now) == nil
}

// needsOf gives the permission of each page by its path.
func needsOf(routes []route) map[string]account.Permission {
	out := map[string]account.Permission{}
	for _, r := range routes {
		switch path, ok := cutGet(r.pattern); {
		case ok && path == "/{$}":
			out["/"] = r.need
		case ok:
			out[path] = r.need
		}
	}
	return out
}

func cutGet(pattern string) (string, bool) {
	const get = "GET "
	if len(pattern) > len(get) && pattern[:len(get)] == get {
		return pattern[len(get):], true
	}
	return "", false
}
