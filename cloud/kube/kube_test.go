// SPDX-License-Identifier: Apache-2.0

package kube

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"demarc.dev/demarc/cloud"
	"demarc.dev/demarc/cloud/cloudtest"
)

var at = time.Date(2026, time.October, 1, 8, 0, 0, 0, time.UTC)

// api speaks the documented list protocol of Kubernetes: limit and continue,
// Status on refusal, Table and PartialObjectMetadata by Accept. client-go talks to
// it as to any cluster.
type api struct {
	t     *testing.T
	lists map[string][]string // by path: items
	mu    sync.Mutex
	asked []string                                          // METHOD path
	odd   func(w http.ResponseWriter, r *http.Request) bool // answers itself, and says so
}

func (a *api) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	a.mu.Lock()
	a.asked = append(a.asked, r.Method+" "+r.URL.Path)
	a.mu.Unlock()
	if r.Header.Get("Authorization") != "Bearer good" {
		status(w, http.StatusUnauthorized, "Unauthorized", "Unauthorized")
		return
	}
	if a.odd != nil && a.odd(w, r) {
		return
	}
	w.Header().Set("Content-Type", "application/json")
	if r.URL.Path == "/version" {
		fmt.Fprint(w, `{"major":"1","minor":"34","gitVersion":"v1.34.1"}`)
		return
	}
	items, known := a.lists[r.URL.Path]
	if !known && !slices.ContainsFunc(listings(true), func(l listing) bool { return l.path() == r.URL.Path }) {
		status(w, http.StatusNotFound, "NotFound", "the server could not find the requested resource")
		return
	}
	kind := "List"
	if strings.HasSuffix(r.URL.Path, "/secrets") {
		if !strings.Contains(r.Header.Get("Accept"), "as=PartialObjectMetadataList") {
			a.t.Error("values of secrets were asked for")
		}
		kind = "PartialObjectMetadataList"
	}
	from, _ := strconv.Atoi(r.URL.Query().Get("continue"))
	limit, err := strconv.Atoi(r.URL.Query().Get("limit"))
	if err != nil || limit < 1 {
		a.t.Errorf("%s has no limit", r.URL)
	}
	limit = min(limit, 2) // a server may give less than it is asked for
	next := ""
	if from+limit < len(items) {
		next = strconv.Itoa(from + limit)
	}
	fmt.Fprintf(w, `{"kind":%q,"apiVersion":"v1","metadata":{"resourceVersion":"1","continue":%q},"items":[%s]}`, kind, next, strings.Join(items[min(from, len(items)):min(from+limit, len(items))], ","))
}

// status answers as the API does when it refuses.
func status(w http.ResponseWriter, code int, reason, message string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(code)
	json.NewEncoder(w).Encode(map[string]any{"kind": "Status", "apiVersion": "v1", "status": "Failure", "reason": reason, "message": message, "code": code})
}

// serve starts a server that speaks TLS, for client-go sends no token without.
func serve(t *testing.T, h http.Handler) *httptest.Server {
	server := httptest.NewUnstartedServer(h)
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	server.StartTLS()
	t.Cleanup(server.Close)
	return server
}

// kubeconfig writes one for the server.
func kubeconfig(t *testing.T, server *httptest.Server, token string) string {
	t.Helper()
	address, trust := server.URL, base64.StdEncoding.EncodeToString(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw}))
	file := filepath.Join(t.TempDir(), "config")
	text := fmt.Sprintf("apiVersion: v1\nkind: Config\ncurrent-context: it\nclusters: [{name: prod, cluster: {server: %q, certificate-authority-data: %s}}]\nusers: [{name: me, user: {token: %s}}]\ncontexts: [{name: it, context: {cluster: prod, user: me}}]\n", address, trust, token)
	must(t, os.WriteFile(file, []byte(text), 0o600))
	return file
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func collect(t *testing.T, a *api, o Options, secrets ...string) *cloud.Snapshot {
	t.Helper()
	a.t = t
	o.Kubeconfig, o.Now, o.Tool = kubeconfig(t, serve(t, a), "good"), at, "demarc test"
	var file bytes.Buffer
	_, err := Collect(context.Background(), o, &file)
	must(t, err)
	if err := cloudtest.Contract(file.Bytes(), secrets...); err != nil {
		t.Error(err)
	}
	s, err := cloud.Decode(&file)
	must(t, err)
	for _, call := range a.asked {
		if !strings.HasPrefix(call, "GET ") {
			t.Errorf("it did more than read: %s", call)
		}
	}
	return s
}

func of(t *testing.T, s *cloud.Snapshot, id string) *cloud.Resource {
	t.Helper()
	i := slices.IndexFunc(s.Resources, func(r cloud.Resource) bool { return r.ID == id })
	if i < 0 {
		t.Fatalf("no resource %s", id)
	}
	return &s.Resources[i]
}

func expect(t *testing.T, r *cloud.Resource, want map[string]string) {
	t.Helper()
	for name, value := range want {
		got := ""
		if g, ok := r.Gaps[name]; ok {
			got = "?" + string(g.Reason)
		} else {
			text, err := json.Marshal(r.Attributes[name])
			must(t, err)
			got = string(text)
		}
		if got != value {
			t.Errorf("%s: %s is %s, want %s", r.ID, name, got, value)
		}
	}
}

const (
	rbac = "/apis/rbac.authorization.k8s.io/v1/"
	net1 = "/apis/networking.k8s.io/v1/"
	adm1 = "/apis/admissionregistration.k8s.io/v1/"
	safe = `"securityContext":{"allowPrivilegeEscalation":false,"readOnlyRootFilesystem":true,"capabilities":{"drop":["ALL"]}},"resources":{"limits":{"memory":"1Gi","cpu":1}}`
)

// prod is a small cluster of its own control plane: shop is careful, lab is not.
func prod() *api {
	return &api{lists: map[string][]string{
		"/api/v1/namespaces": {`{"metadata":{"name":"kube-system"}}`, `{"metadata":{"name":"shop","labels":{"tenant":"alder","pod-security.kubernetes.io/enforce":"restricted"}}}`, `{"metadata":{"name":"lab"}}`},
		net1 + "networkpolicies": {
			`{"metadata":{"name":"default-deny","namespace":"shop"},"spec":{"podSelector":{},"policyTypes":["Ingress","Egress"]}}`,
			`{"metadata":{"name":"web","namespace":"shop"},"spec":{"podSelector":{"matchLabels":{"app":"web"}},"policyTypes":["Ingress"],"ingress":[{"ports":[{"port":443}]}]}}`,
			`{"metadata":{"name":"all","namespace":"lab"},"spec":{"podSelector":{},"ingress":[{}]}}`},
		"/api/v1/resourcequotas":  {`{"metadata":{"name":"q","namespace":"shop"},"spec":{"hard":{"pods":"9"}}}`},
		"/api/v1/limitranges":     {`{"metadata":{"name":"l","namespace":"lab"},"spec":{"limits":[{"type":"Container","default":{"memory":"1Gi"}}]}}`},
		"/api/v1/serviceaccounts": {`{"metadata":{"name":"default","namespace":"shop"},"automountServiceAccountToken":false}`, `{"metadata":{"name":"default","namespace":"lab"}}`, `{"metadata":{"name":"robot","namespace":"lab"}}`},
		rbac + "clusterroles": {
			`{"metadata":{"name":"cluster-admin","labels":{"kubernetes.io/bootstrapping":"rbac-defaults"}},"rules":[{"apiGroups":["*"],"resources":["*"],"verbs":["*"]},{"nonResourceURLs":["*"],"verbs":["*"]}]}`,
			`{"metadata":{"name":"debug"},"rules":[{"apiGroups":[""],"resources":["pods/*"],"verbs":["create"]},{"apiGroups":[""],"resources":["secrets"],"resourceNames":["one"],"verbs":["get"]}]}`,
			`{"metadata":{"name":"mighty"},"rules":[{"apiGroups":["rbac.authorization.k8s.io"],"resources":["clusterroles"],"verbs":["escalate"]},{"apiGroups":[""],"resources":["secrets"],"verbs":["list"]}]}`,
			`{"metadata":{"name":"all"},"rules":[{"apiGroups":["*"],"resources":["*"],"verbs":["*"]}]}`},
		rbac + "roles": {`{"metadata":{"name":"reader","namespace":"shop"},"rules":[{"apiGroups":[""],"resources":["pods"],"verbs":["get","list"]}]}`},
		rbac + "clusterrolebindings": {
			`{"metadata":{"name":"cluster-admin","labels":{"kubernetes.io/bootstrapping":"rbac-defaults"}},"roleRef":{"kind":"ClusterRole","name":"cluster-admin"},"subjects":[{"kind":"Group","name":"system:masters"}]}`,
			`{"metadata":{"name":"robots"},"roleRef":{"kind":"ClusterRole","name":"all"},"subjects":[{"kind":"ServiceAccount","name":"robot","namespace":"lab"}]}`,
			`{"metadata":{"name":"open"},"roleRef":{"kind":"ClusterRole","name":"view"},"subjects":[{"kind":"User","name":"system:anonymous"}]}`},
		rbac + "rolebindings": {`{"metadata":{"name":"dbg","namespace":"lab"},"roleRef":{"kind":"ClusterRole","name":"debug"},"subjects":[{"kind":"Group","name":"ops"},{"kind":"ServiceAccount","name":"default","namespace":"lab"}]}`},
		"/api/v1/pods": {
			`{"metadata":{"name":"kube-apiserver-n1","namespace":"kube-system","labels":{"component":"kube-apiserver"},"ownerReferences":[{"kind":"Node","controller":true}]},"spec":{"hostNetwork":true,"containers":[{"name":"kube-apiserver","image":"registry.k8s.io/kube-apiserver:v1.34.1","command":["kube-apiserver","--anonymous-auth=false","--authorization-mode=Node,RBAC","--audit-policy-file=/p","--audit-log-path","/l","--audit-log-maxage=30","--enable-admission-plugins=NodeRestriction"]}]}}`,
			`{"metadata":{"name":"web-1","namespace":"shop","ownerReferences":[{"kind":"ReplicaSet","controller":true}]},"spec":{"containers":[{"name":"web"}]}}`,
			`{"metadata":{"name":"done","namespace":"lab"},"spec":{"containers":[{"name":"x"}]},"status":{"phase":"Succeeded"}}`,
			`{"metadata":{"name":"bare","namespace":"lab","annotations":{"note":"annotated-secret"}},"spec":{"hostPID":true,"volumes":[{"name":"s","hostPath":{"path":"/run/containerd/containerd.sock"}}],"containers":[{"name":"x","image":"nginx:latest","args":["--password=flag-secret","--token","next-secret","serve"],"command":["sh","-c","export A=script-secret\nrun"],"env":[{"name":"DB_PASSWORD","value":"plain-secret"},{"name":"MODE","value":"some-value"},{"name":"API_TOKEN","valueFrom":{"secretKeyRef":{"name":"a","key":"b"}}}],"securityContext":{"privileged":true,"runAsUser":0,"capabilities":{"add":["SYS_ADMIN"]}},"ports":[{"hostPort":80}]}]}}`},
		"/apis/apps/v1/deployments":              {`{"metadata":{"name":"web","namespace":"shop","labels":{"app":"web"}},"spec":{"template":{"spec":{"serviceAccountName":"default","securityContext":{"runAsNonRoot":true,"seccompProfile":{"type":"RuntimeDefault"}},"containers":[{"name":"web","image":"registry.example/web@sha256:00",` + safe + `}]}}}}`},
		"/apis/apps/v1/replicasets":              {`{"metadata":{"name":"web-7","namespace":"shop","ownerReferences":[{"kind":"Deployment","controller":true}]},"spec":{"template":{"spec":{"containers":[{"name":"web"}]}}}}`, `{"metadata":{"name":"alone","namespace":"lab"},"spec":{"replicas":1,"template":{"spec":{"automountServiceAccountToken":false,"containers":[{"name":"a","image":"a:1","resources":{"limits":{"cpu":1}}}]}}}}`},
		"/apis/batch/v1/cronjobs":                {`{"metadata":{"name":"nightly","namespace":"lab"},"spec":{"jobTemplate":{"spec":{"template":{"spec":{"containers":[{"name":"n","image":"n:1"}]}}}}}}`},
		"/apis/batch/v1/jobs":                    {`{"metadata":{"name":"nightly-1","namespace":"lab","ownerReferences":[{"kind":"CronJob","controller":true}]},"spec":{"template":{"spec":{"containers":[{"name":"n"}]}}}}`},
		"/api/v1/services":                       {`{"metadata":{"name":"web","namespace":"shop","annotations":{"networking.gke.io/load-balancer-type":"Internal"}},"spec":{"type":"LoadBalancer","ports":[{"protocol":"TCP","port":443}]}}`, `{"metadata":{"name":"db","namespace":"lab"},"spec":{"type":"NodePort","ports":[{"protocol":"TCP","port":5432}]}}`},
		net1 + "ingresses":                       {`{"metadata":{"name":"web","namespace":"shop"},"spec":{"tls":[{"hosts":["*.example.org"]}],"rules":[{"host":"shop.example.org"},{"host":"example.org"}]}}`},
		"/api/v1/nodes":                          {`{"metadata":{"name":"n1","labels":{"node-role.kubernetes.io/control-plane":""}},"status":{"nodeInfo":{"kubeletVersion":"v1.28.3","osImage":"Debian 12","kernelVersion":"6.1","containerRuntimeVersion":"containerd://1.7"},"conditions":[{"type":"Ready","status":"True"}],"addresses":[{"type":"ExternalIP","address":"203.0.113.4"}]}}`},
		"/apis/storage.k8s.io/v1/storageclasses": {`{"metadata":{"name":"gp3","annotations":{"storageclass.kubernetes.io/is-default-class":"true"}},"provisioner":"ebs.csi.aws.com","parameters":{"encrypted":"true"},"allowVolumeExpansion":true}`, `{"metadata":{"name":"gp2"},"provisioner":"ebs.csi.aws.com"}`},
		"/api/v1/persistentvolumes":              {`{"metadata":{"name":"pv-1","creationTimestamp":"2026-01-02T03:04:05Z"},"status":{"phase":"Released"}}`},
		adm1 + "validatingwebhookconfigurations": {`{"metadata":{"name":"policy"},"webhooks":[{"name":"a.policy","failurePolicy":"Ignore","clientConfig":{"url":"https://x"}},{"name":"b.policy","failurePolicy":"Fail","clientConfig":{}}]}`},
		adm1 + "mutatingwebhookconfigurations":   {`{"metadata":{"name":"add"},"webhooks":[{"name":"add.it","failurePolicy":"Ignore"}]}`},
		"/api/v1/secrets":                        {`{"metadata":{"name":"db","namespace":"shop","creationTimestamp":"2026-01-01T00:00:00Z","managedFields":[{"time":"2026-05-01T00:00:00Z"}],"annotations":{"kubectl.kubernetes.io/last-applied-configuration":"{\"data\":{\"password\":\"applied-secret\"}}"}}}`},
	}}
}

func TestCollect(t *testing.T) {
	s := collect(t, prod(), Options{Secrets: true, Tags: map[string]string{"stage": "prod"}}, "plain-secret", "some-value", "flag-secret", "next-secret", "script-secret", "annotated-secret", "applied-secret")
	const root = "kubernetes/prod"
	for id, want := range map[string]map[string]string{
		"":                                 {"version": `"v1.34.1"`, "audit_log": "?not-in-source", "secrets_encrypted": "false", "endpoint_open": "?not-in-source"},
		"/control-plane":                   {"flags_seen": "true", "anonymous": "false", "authorisation": `["Node","RBAC"]`, "admission": `["NodeRestriction"]`, "audit_log": "true", "audit_days": "30", "profiling": "true", "support_ends": `"2026-10-27T23:59:59Z"`},
		"/namespaces/shop":                 {"system": "false", "pod_security": `"restricted"`, "denies_in": "true", "denies_out": "true", "quota": "true", "limits": "false", "workloads": "1"},
		"/namespaces/lab":                  {"pod_security": `""`, "denies_in": "false", "quota": "false", "limits": "false", "workloads": "3"},
		"/namespaces/shop/deployments/web": {"privileged": "[]", "root": "[]", "escalates": "[]", "capabilities": "[]", "seccomp_open": "[]", "writable": "[]", "loose_images": "[]", "unlimited": "[]", "token": "false", "host_namespaces": "[]", "plain_secrets": "[]"},
		"/namespaces/lab/pods/bare": {"privileged": `["x"]`, "root": `["x"]`, "escalates": `["x"]`, "capabilities": `["x"]`, "host_namespaces": `["pid"]`, "host_paths": `["/run/containerd/containerd.sock"]`, "loose_images": `["nginx:latest"]`,
			"unlimited": `["x"]`, "host_ports": `["x 80"]`, "plain_secrets": `["x DB_PASSWORD"]`, "token": "true", "service_account": `"default"`},
		"/namespaces/lab/replicasets/alone":                {"unlimited": "[]", "token": "false"},
		"/namespaces/lab/cronjobs/nightly":                 {"images": `["n:1"]`},
		"/namespaces/lab/networkpolicies/all":              {"all_pods": "true", "directions": `["in"]`, "opens": `["in"]`},
		"/namespaces/shop/networkpolicies/web":             {"all_pods": "false", "opens": "[]"},
		"/clusterroles/debug":                              {"enters_pods": "true", "reads_secrets": "false", "wildcard": "false", "escalates": "false", "subjects": `["group ops","service-account lab/default"]`, "default": "false"},
		"/clusterroles/mighty":                             {"escalates": "true", "reads_secrets": "true", "enters_pods": "false", "subjects": "[]"},
		"/clusterroles/all":                                {"wildcard": "true", "enters_pods": "true", "escalates": "true"},
		"/clusterroles/cluster-admin":                      {"default": "true"},
		"/clusterrolebindings/robots":                      {"admin": "true", "anonymous": "false"},
		"/clusterrolebindings/open":                        {"anonymous": "true", "admin": "false"},
		"/namespaces/lab/rolebindings/dbg":                 {"admin": "false", "namespace": `"lab"`},
		"/namespaces/lab/serviceaccounts/robot":            {"admin": "true", "roles": `["all"]`, "token": "true"},
		"/namespaces/lab/serviceaccounts/default":          {"admin": "false", "roles": `["debug"]`, "default": "true"},
		"/namespaces/shop/services/web":                    {"external": "true", "inner": "true", "ports": `["tcp/443"]`},
		"/namespaces/lab/services/db":                      {"external": "true", "inner": "false", "type": `"NodePort"`},
		"/namespaces/shop/ingresses/web":                   {"plain_hosts": `["example.org"]`},
		"/nodes/n1":                                        {"version": `"v1.28.3"`, "support_ends": `"2024-10-22T23:59:59Z"`, "ready": "true", "external_address": `"203.0.113.4"`, "control_plane": "true"},
		"/storageclasses/gp3":                              {"encrypted": "true", "default": "true"},
		"/storageclasses/gp2":                              {"encrypted": "?not-in-source", "default": "false"},
		"/persistentvolumes/pv-1":                          {"attached": "false", "created": `"2026-01-02T03:04:05Z"`, "encrypted": "?not-in-source"},
		"/validatingwebhookconfigurations/policy/a.policy": {"fails_open": "true", "outside": "true", "mutating": "false"},
		"/mutatingwebhookconfigurations/add/add.it":        {"mutating": "true", "outside": "false"},
		"/namespaces/shop/secrets/db":                      {"changed": `"2026-05-01T00:00:00Z"`, "rotation": "?not-in-source"},
	} {
		expect(t, of(t, s, root+id), want)
	}
	if w := of(t, s, root+"/namespaces/shop/deployments/web"); w.Tenant != "alder" || w.Native != "apps.deployment" || len(w.Links) != 2 {
		t.Errorf("%+v", w)
	}
	if secret := of(t, s, root+"/namespaces/shop/secrets/db"); secret.Tenant != "alder" {
		t.Errorf("the tenant of a namespace is that of its secrets: %+v", secret)
	}
	if len(s.Gaps) != 0 || s.Header.Calls < 30 || s.Header.Accounts[0].ID != "prod" || s.Header.Source != Source {
		t.Errorf("%+v %+v", s.Header, s.Gaps)
	}
	for _, r := range s.Resources {
		for _, gone := range []string{"web-1", "web-7", "nightly-1", "done"} {
			if strings.HasSuffix(r.ID, "/"+gone) {
				t.Errorf("%s is told twice, or runs no more", r.ID)
			}
		}
	}
}

// TestCollect_Denied: what may not be listed is a gap of that kind and of what
// rests on it, and nothing else suffers.
func TestCollect_Denied(t *testing.T) {
	for _, c := range []struct {
		path string
		want map[string]map[string]string
	}{
		{net1 + "networkpolicies", map[string]map[string]string{"/namespaces/shop": {"denies_in": "?denied", "quota": "true"}}},
		{"/api/v1/resourcequotas", map[string]map[string]string{"/namespaces/shop": {"quota": "?denied", "denies_in": "true"}}},
		{"/api/v1/limitranges", map[string]map[string]string{"/namespaces/lab/pods/bare": {"unlimited": "?denied", "root": `["x"]`}, "/namespaces/shop/deployments/web": {"unlimited": "[]"}}},
		{"/api/v1/serviceaccounts", map[string]map[string]string{"/namespaces/shop/deployments/web": {"token": "?denied"}, "/namespaces/lab/replicasets/alone": {"token": "false"}}},
		{rbac + "rolebindings", map[string]map[string]string{"/clusterroles/debug": {"subjects": "?denied"}, "/namespaces/lab/serviceaccounts/default": {"roles": "?denied"}, "/clusterrolebindings/robots": {"admin": "true"}}},
		{rbac + "clusterroles", map[string]map[string]string{"/clusterrolebindings/robots": {"admin": "?denied"}, "/clusterrolebindings/cluster-admin": {"admin": "true"}, "/namespaces/lab/serviceaccounts/robot": {"admin": "?denied"}}},
		{"/api/v1/pods", map[string]map[string]string{"": {"audit_log": "?denied"}, "/control-plane": {"flags_seen": "?denied", "anonymous": "?denied", "version": `"v1.34.1"`}, "/namespaces/shop": {"workloads": "?denied"}}},
		{"/apis/apps/v1/deployments", map[string]map[string]string{"/namespaces/lab": {"workloads": "?denied"}}},
	} {
		a := prod()
		a.odd = func(w http.ResponseWriter, r *http.Request) bool {
			if r.URL.Path == c.path {
				status(w, http.StatusForbidden, "Forbidden", "cannot list")
			}
			return r.URL.Path == c.path
		}
		s := collect(t, a, Options{Secrets: true})
		for id, want := range c.want {
			expect(t, of(t, s, "kubernetes/prod"+id), want)
		}
		if len(s.Gaps) != 1 || s.Gaps[0].Reason != cloud.Denied || s.Gaps[0].Detail != "cannot list" || s.Header.Lost != 0 {
			t.Errorf("%s: %+v", c.path, s.Gaps)
		}
	}
}

// TestCollect_Managed: where a provider runs the API server nobody sees its flags.
func TestCollect_Managed(t *testing.T) {
	a := prod()
	a.lists["/api/v1/pods"] = a.lists["/api/v1/pods"][1:]
	s := collect(t, a, Options{Account: "109876543210", Region: "eu-central-1", Name: "blue"})
	expect(t, of(t, s, "kubernetes/109876543210/blue/control-plane"), map[string]string{"flags_seen": "false", "anonymous": "?not-in-source", "version": `"v1.34.1"`})
	expect(t, of(t, s, "kubernetes/109876543210/blue"), map[string]string{"audit_log": "?not-in-source"})
	if len(s.Gaps) != 1 || s.Gaps[0].Service != "secrets" || s.Gaps[0].Reason != cloud.NotCollected {
		t.Errorf("secrets were not asked for, and that is told: %+v", s.Gaps)
	}
	for _, call := range a.asked {
		if strings.Contains(call, "secrets") {
			t.Error(call)
		}
	}
}

// TestCollect_Odd: what servers do under load and age.
func TestCollect_Odd(t *testing.T) {
	expired := 0
	for name, c := range map[string]struct {
		odd    func(w http.ResponseWriter, r *http.Request) bool
		reason cloud.Reason // of the gap of namespaces; empty: none
		count  int          // namespaces
	}{
		"throttled once": {func() func(w http.ResponseWriter, r *http.Request) bool {
			n := 0
			return func(w http.ResponseWriter, r *http.Request) bool {
				if r.URL.Path != "/api/v1/namespaces" || n > 0 {
					return false
				}
				n++
				w.Header().Set("Retry-After", "0")
				status(w, http.StatusTooManyRequests, "TooManyRequests", "slow down")
				return true
			}
		}(), "", 3},
		"expired once": {func(w http.ResponseWriter, r *http.Request) bool {
			if r.URL.Path != "/api/v1/namespaces" || r.URL.Query().Get("continue") == "" || expired > 0 {
				return false
			}
			expired++
			status(w, http.StatusGone, "Expired", "the provided continue parameter is too old")
			return true
		}, "", 3},
		"expires always": {func(w http.ResponseWriter, r *http.Request) bool {
			if r.URL.Path == "/api/v1/namespaces" && r.URL.Query().Get("continue") != "" {
				status(w, http.StatusGone, "Expired", "too old")
				return true
			}
			return false
		}, cloud.Unavailable, 2},
		"pages never end": {func(w http.ResponseWriter, r *http.Request) bool {
			if r.URL.Path == "/api/v1/namespaces" {
				io.WriteString(w, `{"kind":"List","metadata":{"continue":"again"},"items":[{"metadata":{"name":"a"}}]}`)
				return true
			}
			return false
		}, cloud.Unreadable, 1},
		"not JSON":   {answer(http.StatusOK, "<html>"), cloud.Unreadable, 0},
		"other form": {answer(http.StatusOK, `{"kind":"List","metadata":{},"items":[{"metadata":7}]}`), cloud.Unreadable, 0},
		"not served": {func(w http.ResponseWriter, r *http.Request) bool {
			if r.URL.Path == "/api/v1/namespaces" {
				status(w, http.StatusNotFound, "NotFound", "no")
				return true
			}
			return false
		}, cloud.NotEnabled, 0},
		"broken": {answer(http.StatusInternalServerError, "oops"), cloud.Unavailable, 0},
	} {
		a := prod()
		a.odd = c.odd
		s := collect(t, a, Options{Secrets: true})
		var reason cloud.Reason
		for _, g := range s.Gaps {
			reason = g.Reason
		}
		count := 0
		for _, r := range s.Resources {
			if r.Kind == cloud.Namespace {
				count++
			}
		}
		if reason != c.reason || count != c.count || len(s.Gaps) > 1 {
			t.Errorf("%s: %d namespaces, gaps %+v", name, count, s.Gaps)
		}
		if name == "throttled once" && s.Header.Repeated != 1 {
			t.Errorf("%+v", s.Header)
		}
	}
}

func answer(code int, body string) func(w http.ResponseWriter, r *http.Request) bool {
	return func(w http.ResponseWriter, r *http.Request) bool {
		if r.URL.Path != "/api/v1/namespaces" {
			return false
		}
		w.WriteHeader(code)
		io.WriteString(w, body)
		return true
	}
}

// TestCollect_SecretValues: a server that gives more than metadata is not believed.
func TestCollect_SecretValues(t *testing.T) {
	a := prod()
	a.odd = func(w http.ResponseWriter, r *http.Request) bool {
		if r.URL.Path == "/api/v1/secrets" {
			io.WriteString(w, `{"kind":"SecretList","metadata":{},"items":[{"metadata":{"name":"db","namespace":"shop"},"data":{"password":"dmFsdWUtc2VjcmV0"}}]}`)
			return true
		}
		return false
	}
	s := collect(t, a, Options{Secrets: true}, "dmFsdWUtc2VjcmV0", "value-secret")
	if len(s.Gaps) != 1 || s.Gaps[0].Reason != cloud.Unsupported {
		t.Errorf("%+v", s.Gaps)
	}
}

func TestCollect_Refused(t *testing.T) {
	server, web, gone := serve(t, &api{t: t}), serve(t, http.NotFoundHandler()), serve(t, http.NotFoundHandler())
	gone.Close()
	empty := filepath.Join(t.TempDir(), "empty")
	must(t, os.WriteFile(empty, []byte("apiVersion: v1\nkind: Config\n"), 0o600))
	for name, c := range map[string]struct {
		o    Options
		says string
	}{
		"no file":      {Options{Kubeconfig: filepath.Join(t.TempDir(), "none")}, "cannot be read"},
		"empty":        {Options{Kubeconfig: empty, Context: "it"}, "kubeconfig cannot be used"},
		"no context":   {Options{Kubeconfig: kubeconfig(t, server, "good"), Context: "other"}, "kubeconfig cannot be used"},
		"wrong token":  {Options{Kubeconfig: kubeconfig(t, server, "bad")}, "did not let us in"},
		"another site": {Options{Kubeconfig: kubeconfig(t, web, "good")}, "does not answer as a Kubernetes cluster"},
		"nobody":       {Options{Kubeconfig: kubeconfig(t, gone, "good")}, "does not answer as a Kubernetes cluster"},
	} {
		c.o.Now = at
		_, err := Collect(context.Background(), c.o, io.Discard)
		var r *Refusal
		if !errors.As(err, &r) || !strings.Contains(r.Sentence, c.says) || r.Hint == "" {
			t.Errorf("%s: %v", name, err)
		}
	}
	ended, stop := context.WithCancel(context.Background())
	stop()
	if _, err := Collect(ended, Options{Kubeconfig: kubeconfig(t, server, "good")}, io.Discard); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

// TestPolicy: every list that is asked stands in the role, and nothing else.
func TestPolicy(t *testing.T) {
	plain, all := string(Policy(false)), string(Policy(true))
	for _, l := range listings(true) {
		if !strings.Contains(all, l.resource) || l.resource != "secrets" && !strings.Contains(plain, l.resource) {
			t.Errorf("%s is not in the role", l.resource)
		}
	}
	if strings.Contains(plain, "secrets") {
		t.Error("secrets are in the role, and were not asked for")
	}
	for _, verb := range []string{"get", "watch", "create", "delete", "update", "patch", "*"} {
		if strings.Contains(all, `"`+verb+`"`) {
			t.Errorf("the role allows %s", verb)
		}
	}
}

// TestControlPlane: what flags say, and what they leave open.
func TestControlPlane(t *testing.T) {
	for _, c := range []struct {
		flags          string
		whole, control map[string]string
	}{
		{"", map[string]string{"audit_log": "false", "secrets_encrypted": "false"}, map[string]string{"audit_log": "false", "anonymous": "true", "authorisation": "[]", "profiling": "true"}},
		{"--audit-policy-file=/p --audit-webhook-config-file=/w --encryption-provider-config=/e", map[string]string{"audit_log": "true", "secrets_encrypted": "?not-in-source"}, map[string]string{"audit_log": "true", "audit_days": "0"}},
		{"--audit-log-path=/l", map[string]string{"audit_log": "false"}, map[string]string{"audit_log": "false"}},
		{"--audit-log-maxage=-3 --anonymous-auth false --profiling=false", nil, map[string]string{"audit_days": "0", "anonymous": "false", "profiling": "false"}},
	} {
		k := &cluster{name: "prod", account: "prod", failed: map[string]cloud.Gap{}, found: found{server: strings.Fields("kube-apiserver " + c.flags), served: true}}
		all := k.finishCluster("v1.35.0")
		expect(t, &all[0], c.whole)
		expect(t, &all[1], c.control)
	}
}

func FuzzObject(f *testing.F) {
	for _, list := range prod().lists {
		for _, item := range list {
			f.Add([]byte(item))
		}
	}
	f.Add([]byte(`{"metadata":null,"spec":{"env":[{"value":1}],"args":[1,"--secret"],"command":"x"}}`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		if !json.Valid(raw) {
			return
		}
		c := &cluster{name: "prod", account: "prod", failed: map[string]cloud.Gap{}}
		for _, l := range listings(true) {
			if l.read(c, l, raw) != nil {
				continue
			}
		}
		for _, r := range c.finish("v1.34.1") {
			if r.Name == "" || strings.HasSuffix(r.ID, "/") {
				continue // the API names everything
			}
			if err := cloudtest.Resource(&r); err != nil {
				t.Error(err)
			}
		}
	})
}
