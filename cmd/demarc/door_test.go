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

// otherwise says which operation does what a page does, where method and path
// are not the same; pageOnly which pages have none, and why.
var (
	otherwise = map[string]string{
		"GET /{$}":                                     "listGates", // with listMyWork, listStandings, getDrift
		"POST /scope":                                  "setScope",
		"POST /responsibility/{service}/line":          "setLine",
		"GET /job":                                     "listRuns", // with listCollectors, listSchedules, listSubscriptions, getCollectorAccess
		"POST /job/collector":                          "setCollector",
		"POST /job/collector/{collector}/remove":       "removeCollector",
		"POST /job/schedule":                           "setSchedule",
		"POST /job/schedule/{schedule}/remove":         "removeSchedule",
		"POST /job/subscription":                       "setSubscription",
		"POST /job/subscription/{subscription}/remove": "removeSubscription",
		"POST /member/{account}/remove":                "removeMember",
	}
	pageOnly = map[string]string{
		"GET /go":                     "finds its way through the pages",
		"GET /go.json":                "finds its way through the pages",
		"GET /scope/edit":             "is the form of an act that has its operation",
		"POST /member/{account}/link": "only the operator may, and no token is an operator's: who holds the link becomes that person",
	}
)

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
		permission, found := byPlace[names.ReplaceAllString(page, "{}")]
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
