// SPDX-License-Identifier: Apache-2.0

package web

import "demarc.dev/demarc/catalogue"

// askedBy says where a standard asks for what a page of the menu is for: the
// controls of ISO/IEC 27017, by their keys, and the clauses of ISO/IEC 27001.
// A page that belongs to one of the menu shares its row.
func askedBy(section string) (controls []string, clauses string) {
	row := map[string]struct {
		controls []string
		clauses  string
	}{
		"/":                       {[]string{"shared-roles", "independent-review"}, "9.1"},
		"/scope":                  {[]string{"shared-roles", "supplier-policy"}, "4.3"},
		"/context":                {[]string{"applicable-law", "supply-chain", "authorities"}, "4.1, 4.2, 4.3"},
		"/responsibility":         {[]string{"roles", "shared-roles", "partner-agreement"}, "5.3"},
		"/responsibility/finding": {[]string{"shared-roles", "supplier-agreement", "supply-chain"}, "8.1"},
		"/agreement":              {[]string{"supplier-agreement", "supply-chain", "shared-roles", "applicable-law"}, "8.1"},
		"/supplier":               {[]string{"supplier-policy", "supply-chain", "supplier-agreement"}, "8.1, 9.1"},
		"/sla":                    {[]string{"supplier-agreement", "supply-chain"}, "8.1, 9.1"},
		"/duty/map":               {[]string{"independent-review"}, "9.1"},
		"/duty":                   {[]string{"independent-review"}, "6.1.3"},
		"/attest":                 {[]string{"independent-review"}, "7.5, 9.1"},
		"/finding":                {[]string{"machine-hardening", "vulnerability"}, "9.1"},
		"/exception":              {[]string{"shared-roles"}, "6.1.3, 8.3"},
		"/remediation/assign":     {[]string{"vulnerability", "change"}, "6.1.3, 10.2"},
		"/remediation":            {[]string{"vulnerability", "change"}, "6.1.3, 10.2"},
		"/reach":                  {[]string{"tenant-segregation", "network-segregation", "network-alignment"}, "9.1"},
		"/privilege":              {[]string{"privileged-access", "administrator-operations", "access-provisioning"}, "9.1"},
		"/risk":                   {[]string{"shared-roles"}, "6.1.2, 6.1.3, 8.2, 8.3"},
		"/applicability":          {[]string{"shared-roles", "cloud-policy"}, "6.1.3"},
		"/audit":                  {[]string{"independent-review"}, "9.2"},
		"/nonconformity":          {[]string{"independent-review", "event-reporting"}, "10.1, 10.2"},
		"/policy":                 {[]string{"cloud-policy", "awareness"}, "5.2, 7.3, 7.5"},
		"/calendar":               {[]string{"independent-review", "access-provisioning", "backup"}, "8.1, 9.1"},
		"/review":                 {[]string{"independent-review"}, "9.3"},
		"/assess":                 {[]string{"independent-review"}, "9.1, 10.1"},
		"/catalogue":              {[]string{"cloud-policy", "applicable-law"}, "6.1.3"},
		"/check":                  {[]string{"machine-hardening"}, "9.1"},
		"/job":                    {[]string{"cloud-monitoring", "asset-inventory"}, "8.1, 9.1"},
		"/collect":                {[]string{"asset-inventory", "cloud-monitoring"}, "9.1"},
		"/import":                 {[]string{"cloud-monitoring", "vulnerability"}, "9.1"},
		"/evidence":               {[]string{"evidence-collection", "record-protection", "administrator-logs"}, "7.5"},
		"/report":                 {[]string{"independent-review"}, "9.1, 9.3"},
		"/request":                {[]string{"independent-review", "evidence-collection"}, "9.2"},
		"/member":                 {[]string{"access-provisioning", "user-registration", "privileged-access"}, "5.3"},
		"/admin":                  {[]string{"user-registration", "access-provisioning"}, "5.3"},
		"/self":                   {[]string{"authentication-secrets"}, ""},
		"/?all=yes":               {[]string{"access-restriction", "tenant-segregation"}, ""},
		"/go":                     {nil, "7.5"},
	}[section]
	return row.controls, row.clauses
}

// reference is a control with its numbers.
type reference struct{ Numbers, Title, Path string }

// references gives the controls that ask for a page, or that it is about, by their numbers in both
// editions, so that a reader can look them up in his own copy.
func (s *Server) references(p page) (out []reference, clauses string) {
	keys, clauses := askedBy(p.Section)
	if p.About != "" {
		keys, clauses = []string{p.About}, ""
	}
	cat, err := s.o.App.Catalogue()
	if err != nil { // every page that needs more of it says so
		return nil, clauses
	}
	for _, key := range keys {
		c, ok := cat.Control(key)
		if !ok {
			continue
		}
		now, before := clausesOf(c, catalogue.Edition2026), clausesOf(c, catalogue.Edition2015)
		if before == "" {
			before = "not in 2015"
		} else {
			before = "2015: " + before
		}
		out = append(out, reference{now + " (" + before + ")", c.Title, "/catalogue/" + key})
	}
	return out, clauses
}
