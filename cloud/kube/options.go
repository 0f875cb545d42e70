// SPDX-License-Identifier: Apache-2.0

package kube

import (
	"encoding/json"
	"slices"
	"time"

	"demarc.dev/demarc/cloud"
)

// Provider is what snapshots of this package name as their provider.
const Provider = "kubernetes"

// Source is what they name as their source: the API of a cluster.
const Source = "cluster"

// Options say which cluster is read.
type Options struct {
	Kubeconfig string            // file; empty: KUBECONFIG, then ~/.kube/config, then the pod that this runs in
	Context    string            // of the kubeconfig; empty: its current one
	Name       string            // of the cluster; empty: as the kubeconfig calls it
	Account    string            // the account or project that it belongs to; empty: its name
	Region     string            // empty: none is known
	Secrets    bool              // read the metadata of secrets
	Tags       map[string]string // what its owner says of it
	Now        time.Time         // of the collection
	Tool       string            // "demarc 0.1.0"
	Progress   func(kind string, resources int)
}

// Refusal is a failure that a person can mend: see cloud.Refusal.
type Refusal = cloud.Refusal

// listing is one kind of the API that is read.
type listing struct {
	group, version, resource string
	kinds                    []cloud.Kind                                   // that are incomplete without it
	read                     func(*cluster, listing, json.RawMessage) error // one item
}

// path gives the address of the list over all namespaces.
func (l listing) path() string {
	if l.group == "" {
		return "/api/" + l.version + "/" + l.resource
	}
	return "/apis/" + l.group + "/" + l.version + "/" + l.resource
}

// Kinds gives the kinds of resource that are read, in order. The cluster and its
// control plane are told from the nodes and what runs beside them.
func Kinds() []cloud.Kind {
	out := []cloud.Kind{cloud.Cluster, cloud.ControlPlane}
	for _, l := range listings(true) {
		out = append(out, l.kinds...)
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// listings are read in this order: namespaces first, for all others lie in them.
func listings(secrets bool) []listing {
	out := []listing{
		{"", "v1", "namespaces", []cloud.Kind{cloud.Namespace}, (*cluster).addNamespace},
		{"networking.k8s.io", "v1", "networkpolicies", []cloud.Kind{cloud.NetworkPolicy}, (*cluster).addNetworkPolicy},
		{"", "v1", "resourcequotas", nil, (*cluster).addQuota},
		{"", "v1", "limitranges", nil, (*cluster).addLimit},
		{"", "v1", "serviceaccounts", []cloud.Kind{cloud.ServiceAccount}, (*cluster).addServiceAccount},
		{"rbac.authorization.k8s.io", "v1", "clusterroles", []cloud.Kind{cloud.ClusterRole}, (*cluster).addRole},
		{"rbac.authorization.k8s.io", "v1", "roles", []cloud.Kind{cloud.ClusterRole}, (*cluster).addRole},
		{"rbac.authorization.k8s.io", "v1", "clusterrolebindings", []cloud.Kind{cloud.ClusterBinding}, (*cluster).addBinding},
		{"rbac.authorization.k8s.io", "v1", "rolebindings", []cloud.Kind{cloud.ClusterBinding}, (*cluster).addBinding},
		{"", "v1", "pods", []cloud.Kind{cloud.Workload}, (*cluster).addPod},
		{"apps", "v1", "deployments", []cloud.Kind{cloud.Workload}, (*cluster).addTemplate},
		{"apps", "v1", "replicasets", []cloud.Kind{cloud.Workload}, (*cluster).addTemplate},
		{"apps", "v1", "daemonsets", []cloud.Kind{cloud.Workload}, (*cluster).addTemplate},
		{"apps", "v1", "statefulsets", []cloud.Kind{cloud.Workload}, (*cluster).addTemplate},
		{"batch", "v1", "cronjobs", []cloud.Kind{cloud.Workload}, (*cluster).addTemplate},
		{"batch", "v1", "jobs", []cloud.Kind{cloud.Workload}, (*cluster).addTemplate},
		{"", "v1", "services", []cloud.Kind{cloud.ClusterService}, (*cluster).addService},
		{"networking.k8s.io", "v1", "ingresses", []cloud.Kind{cloud.Ingress}, (*cluster).addIngress},
		{"", "v1", "nodes", []cloud.Kind{cloud.Node}, (*cluster).addNode},
		{"storage.k8s.io", "v1", "storageclasses", []cloud.Kind{cloud.StorageClass}, (*cluster).addStorageClass},
		{"", "v1", "persistentvolumes", []cloud.Kind{cloud.Disk}, (*cluster).addVolume},
		{"admissionregistration.k8s.io", "v1", "validatingwebhookconfigurations", []cloud.Kind{cloud.AdmissionWebhook}, (*cluster).addWebhook},
		{"admissionregistration.k8s.io", "v1", "mutatingwebhookconfigurations", []cloud.Kind{cloud.AdmissionWebhook}, (*cluster).addWebhook},
	}
	if secrets {
		out = append(out, listing{"", "v1", "secrets", []cloud.Kind{cloud.Secret}, (*cluster).addSecret})
	}
	return out
}
