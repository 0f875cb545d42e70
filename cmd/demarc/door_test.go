// SPDX-License-Identifier: Apache-2.0

package main

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"

	"demarc.dev/demarc/api"
	"demarc.dev/demarc/app"
	"demarc.dev/demarc/web"
)

// otherwise says which operation does what a page does, where neither the place
// is the same nor operationsOf finds it; pageOnly which pages have none, and why.
var (
	otherwise = map[string]string{
		"GET /{$}":                            "listGates", // with listMyWork, listStandings, getDrift
		"GET /job":                            "listRuns",  // with listCollectors, listSchedules, listSubscriptions, getCollectorAccess
		"POST /responsibility/{service}/line": "setLine",
		"POST /responsibility/import/take":    "putMatrix", // and fileStatement
		"GET /reach/pair":                     "getReach",
		"GET /reach/internet":                 "getReach",
		"GET /privilege/identity":             "getPrivilege",
		"GET /attest":                         "getAttestations",
		"POST /attest":                        "setAttestations", // all of them, as a file
		"POST /attest/withdraw":               "setAttestations",
		"POST /exception/remove":              "removeException",
		"GET /remediation/assign":             "listAssignments",
		"POST /remediation/assign":            "assignAction", // and unassignAction
	}
	pageOnly = map[string]string{
		"GET /go":                     "finds its way through the pages",
		"GET /go.json":                "finds its way through the pages",
		"GET /scope/edit":             "is the form of an act that has its operation",
		"GET /policy/{policy}/edit":   "is the form of an act that has its operation",
		"GET /responsibility/import":  "is the form of an act that has its operation",
		"POST /responsibility/import": "shows a person what a file would change before it is taken in; a program compares the version that it made",
		"POST /member/{account}/link": "only the operator may, and no token is an operator's: who holds the link becomes that person",
	}
)

// operationsOf gives where the operation of a page may lie: at the same place,
// or, for an act that a form can only post, as the method that says it.
func operationsOf(page string) []string {
	method, place, _ := strings.Cut(page, " ")
	if method == http.MethodGet {
		return []string{page}
	}
	if of, ok := strings.CutSuffix(place, "/remove"); ok {
		return []string{"DELETE " + of}
	}
	return []string{page, "PUT " + place, "PUT " + place + "/{}"}
}

// TestDoors_TheAPICanWhatThePagesDo derives from both route tables that every
// page and every act of a page has its operation, for no other permission.
func TestDoors_TheAPICanWhatThePagesDo(t *testing.T) {
	a, err := app.Open(t.Context(), app.Options{Dir: t.TempDir(), Version: "test"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { a.Close() })
	pages, err := web.New(web.Options{App: a, Caller: app.Local("", "root")})
	if err != nil {
		t.Fatal(err)
	}
	programs, err := api.New(api.Options{App: a})
	if err != nil {
		t.Fatal(err)
	}
	w := httptest.NewRecorder()
	programs.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/api/v1/openapi.json", nil))
	var d struct {
		Paths map[string]map[string]struct {
			ID         string `json:"operationId"`
			Permission string `json:"x-demarc-permission"`
		}
	}
	if err := json.Unmarshal(w.Body.Bytes(), &d); err != nil {
		t.Fatal(err)
	}
	names := regexp.MustCompile(`\{[a-z]+\}`)
	byPlace, byID := map[string]string{}, map[string]string{}
	for path, ops := range d.Paths {
		for method, op := range ops {
			place := strings.ToUpper(method) + " " + names.ReplaceAllString(strings.TrimPrefix(path, "/api/v1/organisations/{org}"), "{}")
			byPlace[place], byID[op.ID] = op.Permission, op.Permission
		}
	}
	seen := 0
	for page, need := range pages.Permissions() {
		if pageOnly[page] != "" {
			continue
		}
		permission, found := "", false
		for _, place := range operationsOf(names.ReplaceAllString(page, "{}")) {
			if of, there := byPlace[place]; there && !found {
				permission, found = of, true
			}
		}
		if id := otherwise[page]; id != "" {
			permission, found = byID[id]
		}
		switch {
		case !found:
			t.Errorf("%s has no operation: add one to room api, or say here why there is none", page)
		case permission != string(need):
			t.Errorf("%s asks for %s, its operation for %s", page, need, permission)
		}
		seen++
	}
	for _, table := range []map[string]string{otherwise, pageOnly} {
		for page := range table {
			if _, there := pages.Permissions()[page]; !there {
				t.Errorf("%s is no page any more", page)
			}
		}
	}
	if seen < 40 {
		t.Errorf("only %d pages: this test would prove nothing", seen)
	}
}
