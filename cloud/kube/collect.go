// SPDX-License-Identifier: Apache-2.0

package kube

import (
	"context"
	"encoding/json"
	"io"
	"strings"

	apierrors "k8s.io/apimachinery/pkg/api/errors"

	"demarc.dev/demarc/cloud"
)

// Collect reads a cluster and writes its snapshot to out, which is of no use
// after an error. An error says that the cluster could not be reached at all;
// what could not be read of it is a gap.
func Collect(ctx context.Context, o Options, out io.Writer) (cloud.Header, error) {
	api, name, err := connect(o)
	if err != nil {
		return cloud.Header{}, err
	}
	if o.Name != "" {
		name = o.Name
	}
	c := &cluster{o: o, name: name, account: o.Account, failed: map[string]cloud.Gap{}}
	if c.account == "" {
		c.account = name
	}
	version, err := api.version(ctx)
	if err != nil {
		return cloud.Header{}, err
	}
	for _, l := range listings(o.Secrets) {
		if err := c.read(ctx, api, l); err != nil {
			return cloud.Header{}, err
		}
		if o.Progress != nil {
			o.Progress(l.resource, c.found.size())
		}
	}
	if !o.Secrets {
		g := cloud.Gap{Reason: cloud.NotCollected, Call: "list secrets", Detail: "it was not asked for: --secrets reads their metadata"}
		c.gaps = append(c.gaps, c.scope("secrets", g, cloud.Secret))
	}
	s := &cloud.Snapshot{Header: c.header(api), Gaps: c.gaps, Resources: c.finish(version)}
	return s.Header, s.Encode(out)
}

// read lists one kind. What came before a failure is kept, and the rest a gap.
func (c *cluster) read(ctx context.Context, api *client, l listing) error {
	before := c.found
	c.found = found{}
	err := api.list(ctx, l, func(p *page) error {
		for _, raw := range p.Items {
			if err := l.read(c, l, raw); err != nil {
				return err
			}
		}
		return nil
	}, func() { c.found = found{} })
	mine := c.found
	c.found = before
	c.found.merge(mine)
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case err != nil:
		g := gapOf(l, err)
		c.failed[l.resource] = g
		kinds := l.kinds
		if len(kinds) == 0 {
			kinds = []cloud.Kind{cloud.Namespace}
		}
		c.gaps = append(c.gaps, c.scope(l.resource, g, kinds...))
		if g.Reason != cloud.Denied && g.Reason != cloud.NotEnabled {
			api.lost++
		}
	}
	return nil
}

func (c *cluster) scope(service string, g cloud.Gap, kinds ...cloud.Kind) cloud.ScopeGap {
	return cloud.ScopeGap{Provider: Provider, Account: c.account, Region: c.o.Region, Service: service, Kinds: kinds, Gap: g}
}

// size counts what was found so far.
func (f *found) size() int {
	return len(f.namespaces) + len(f.accounts) + len(f.roles) + len(f.bindings) + len(f.workloads) + len(f.others)
}

func (c *cluster) header(api *client) cloud.Header {
	at := c.o.Now.UTC()
	h := cloud.Header{Format: cloud.Format, Tool: c.o.Tool, Provider: Provider, Source: Source, Accounts: []cloud.Account{{ID: c.account, Name: c.name, Tags: c.o.Tags}}, Regions: []string{},
		Started: at, Ended: at, Calls: api.calls, Repeated: api.repeated, Lost: api.lost}
	if c.o.Region != "" {
		h.Regions = append(h.Regions, c.o.Region)
	}
	for _, l := range listings(c.o.Secrets) {
		h.Services = append(h.Services, l.resource)
	}
	return h
}

// version is the first question: it tells whether anybody answers, and whether
// we are let in.
func (c *client) version(ctx context.Context) (string, error) {
	data, err := c.get(ctx, "/version", "", nil)
	var v struct {
		Version string `json:"gitVersion"`
	}
	if err == nil {
		if err = json.Unmarshal(data, &v); err == nil && v.Version == "" {
			err = errUnreadable
		}
	}
	switch {
	case err == nil:
		return strings.ToValidUTF8(v.Version, "�"), nil
	case ctx.Err() != nil:
		return "", ctx.Err()
	case apierrors.IsUnauthorized(err), apierrors.IsForbidden(err):
		return "", &Refusal{Sentence: c.host + " did not let us in: " + short(err), Hint: "kubectl auth whoami with the same kubeconfig; demarc collect kube --policy prints the role that is needed", Err: err}
	}
	return "", &Refusal{Sentence: c.host + " does not answer as a Kubernetes cluster: " + short(err), Hint: "kubectl version with the same kubeconfig", Err: err}
}
