// SPDX-License-Identifier: Apache-2.0

// Package kube reads a Kubernetes cluster through its API with client-go, as a
// kubeconfig says. It lists, and does nothing else; Policy prints the role that it
// needs. Answers are paged and decoded into the few fields that the checks ask:
// no typed clientset is linked.
//
// Of secrets only metadata is asked for (PartialObjectMetadataList), and only
// when Options.Secrets says so, because the right to list secrets is the right to
// read them: Kubernetes has none for their names alone. An answer that holds more
// is thrown away unread.
//
// A kind that may not be listed becomes a gap of scope, and what other resources
// derive from it a gap of theirs: without network policies nobody knows whether a
// namespace denies by default. The raw document of a workload has no values of
// variables, no annotations, and no status.
//
// Limits: 200,000 resources of a kind, 500 to a page, 64 MiB a page.
package kube
