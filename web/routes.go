// SPDX-License-Identifier: Apache-2.0

package web

import "net/http"

// route is one line of the site map.
type route struct {
	pattern string
	handler handler
}

// routes is the site map. What changes something, or writes into the log, is a
// POST.
func (s *Server) routes() []route {
	return []route{
		{"GET /{$}", s.home},

		{"GET /scope", s.scope},
		{"GET /responsibility", s.responsibility},
		{"GET /responsibility/{service}", s.matrix},
		{"GET /responsibility/finding", s.responsibilityFindings},

		{"GET /duty", s.duties},
		{"GET /duty/{duty}", s.duty},
		{"GET /finding", s.findings},
		{"GET /finding.csv", s.findingsCSV},
		{"GET /finding/{fingerprint}", s.finding},
		{"GET /remediation", s.remediation},
		{"GET /assess", s.history},
		{"GET /assess/drift", s.driftBetween},

		{"GET /catalogue", s.catalogue},
		{"GET /catalogue/{control}", s.control},
		{"GET /check", s.checks},
		{"GET /check/{check}", s.check},

		{"GET /collect", s.collect},
		{"GET /collect/{snapshot}", s.snapshot},
		{"GET /evidence", s.evidence},
		{"POST /evidence/verify", s.verifyNow},
		{"POST /evidence/pack", s.pack},
		{"GET /evidence/checkpoint", s.checkpoint},
		{"GET /evidence/key", s.key},
		{"GET /evidence/{index}", s.entry},
		{"GET /evidence/{index}/receipt", s.receipt},
		{"GET /evidence/{index}/body", s.body},
		{"GET /report", s.report},
		{"POST /report", s.issue},
	}
}

// siteMenu is the menu of every page, in the order of the work.
func siteMenu() []menu {
	return []menu{
		{"", []item{{"/", "Home"}}},
		{"Who answers for what", []item{{"/scope", "Cloud services"}, {"/responsibility", "Responsibility matrix"}, {"/responsibility/finding", "Responsibility findings"}}},
		{"How it stands", []item{{"/duty", "Duties"}, {"/finding", "Findings"}, {"/remediation", "Gaps and plan"}, {"/assess", "Assessment history"}}},
		{"What is asked", []item{{"/catalogue", "Catalogue"}, {"/check", "Checks"}}},
		{"What it rests on", []item{{"/collect", "Collected snapshots"}, {"/evidence", "Evidence"}, {"/report", "Reports"}}},
	}
}

func (s *Server) mux() *http.ServeMux {
	m := http.NewServeMux()
	m.HandleFunc("GET /signin", s.signin)
	m.HandleFunc("POST /signout", s.signout)
	m.HandleFunc("GET /style/", s.style)
	for _, r := range s.routes() {
		m.Handle(r.pattern, s.serve(r.handler))
	}
	m.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		s.serve(s.missing).ServeHTTP(w, r)
	})
	return m
}
