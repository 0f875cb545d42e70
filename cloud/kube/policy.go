// SPDX-License-Identifier: Apache-2.0

package kube

import (
	"fmt"
	"slices"
	"strings"
)

// Policy gives the smallest role that the collector needs, with an account and a
// binding, as YAML that kubectl apply takes. It is made from the calls.
func Policy(secrets bool) []byte {
	groups := map[string][]string{}
	var order []string
	for _, l := range listings(secrets) {
		if _, known := groups[l.group]; !known {
			order = append(order, l.group)
		}
		if !slices.Contains(groups[l.group], l.resource) {
			groups[l.group] = append(groups[l.group], l.resource)
		}
	}
	var b strings.Builder
	b.WriteString(`apiVersion: v1
kind: Namespace
metadata:
  name: demarc
---
apiVersion: v1
kind: ServiceAccount
metadata:
  name: demarc-read
  namespace: demarc
automountServiceAccountToken: false
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata:
  name: demarc-read
rules:
`)
	for _, g := range order {
		slices.Sort(groups[g])
		if slices.Contains(groups[g], "secrets") {
			b.WriteString("  # To list secrets is to be able to read them; Demarc asks for their metadata alone.\n")
		}
		fmt.Fprintf(&b, "  - apiGroups: [%q]\n    resources: [%s]\n    verbs: [\"list\"]\n", g, strings.Join(groups[g], ", "))
	}
	b.WriteString(`---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata:
  name: demarc-read
roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: ClusterRole
  name: demarc-read
subjects:
  - kind: ServiceAccount
    name: demarc-read
    namespace: demarc
`)
	return []byte(b.String())
}
