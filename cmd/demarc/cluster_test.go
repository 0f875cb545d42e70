// SPDX-License-Identifier: Apache-2.0

package main

import (
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"

	"github.com/rogpeppe/go-internal/testscript"
)

// startCluster serves the lists of a file as the API of a cluster does, and
// writes a kubeconfig for it: cluster FILE KUBECONFIG. A path that is null may not
// be listed; one that is not in the file is an empty list.
func startCluster(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: cluster FILE KUBECONFIG")
	}
	var lists map[string]json.RawMessage
	ts.Check(json.Unmarshal([]byte(ts.ReadFile(args[0])), &lists))
	server := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		items, known := lists[r.URL.Path]
		switch {
		case r.URL.Path == "/version":
			fmt.Fprint(w, `{"gitVersion":"v1.34.1"}`)
		case known && string(items) == "null":
			w.WriteHeader(http.StatusForbidden)
			fmt.Fprint(w, `{"kind":"Status","apiVersion":"v1","status":"Failure","reason":"Forbidden","code":403,"message":"may not list"}`)
		case !known:
			fmt.Fprint(w, `{"kind":"List","metadata":{},"items":[]}`)
		default:
			fmt.Fprintf(w, `{"kind":"List","metadata":{},"items":%s}`, items)
		}
	}))
	ts.Defer(server.Close)
	trust := base64.StdEncoding.EncodeToString(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw}))
	text := fmt.Sprintf("apiVersion: v1\nkind: Config\ncurrent-context: it\nclusters: [{name: prod, cluster: {server: %q, certificate-authority-data: %s}}]\nusers: [{name: me, user: {token: good}}]\ncontexts: [{name: it, context: {cluster: prod, user: me}}]\n", server.URL, trust)
	ts.Check(os.WriteFile(ts.MkAbs(args[1]), []byte(text), 0o600))
}
