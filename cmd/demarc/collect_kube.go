// SPDX-License-Identifier: Apache-2.0

package main

import (
	"io"

	"github.com/spf13/cobra"

	"demarc.dev/demarc/cloud/kube"
)

func newCollectKube(e *env) *cobra.Command {
	var o kube.Options
	var out string
	var tags []string
	var policy bool
	c := &cobra.Command{
		Use:   "kube",
		Short: "Read a Kubernetes cluster",
		Long: `Lists through the API of the cluster, with the credentials of a kubeconfig, and
does nothing else; --policy prints the smallest role that it needs. A kind that
may not be listed becomes a gap, and the rest is read all the same.

Secrets are left out unless --secrets asks for their names and ages: their values
are never asked for, but whoever may list them could read them.`,
		Example: `  demarc collect kube --policy | kubectl apply -f -
  demarc collect kube --context prod --name prod --tag stage=prod
  demarc collect kube --kubeconfig reader.yaml --account 109876543210 --out prod.snapshot`,
		Args: noArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			if policy {
				_, err := e.stdout.Write(kube.Policy(o.Secrets))
				return err
			}
			o.Tool, o.Now = "demarc "+version, e.now().UTC()
			var err error
			if o.Tags, err = tagsOf(tags); err != nil {
				return err
			}
			return e.collectKube(c, o, out)
		},
	}
	f := c.Flags()
	f.StringVar(&o.Kubeconfig, "kubeconfig", "", "file to read; KUBECONFIG, ~/.kube/config or the pod's own account when empty")
	f.StringVar(&o.Context, "context", "", "context of the kubeconfig; its current one when empty")
	f.StringVar(&o.Name, "name", "", "name of the cluster; as the kubeconfig calls it when empty")
	f.StringVar(&o.Account, "account", "", "account or project that it belongs to; its own name when empty")
	f.StringVar(&o.Region, "region", "", "region that it stands in")
	f.StringArrayVar(&tags, "tag", nil, "what its owner says of it, NAME=VALUE")
	f.BoolVar(&o.Secrets, "secrets", false, "read names and ages of secrets too, never their values")
	f.StringVar(&out, "out", "", "write the snapshot to this file and not into the store")
	f.BoolVar(&policy, "policy", false, "print the minimal role as YAML and do nothing else")
	return c
}

func (e *env) collectKube(c *cobra.Command, o kube.Options, out string) error {
	bar := newProgress(e.stderr)
	o.Progress = func(kind string, resources int) { bar.show(number(resources) + " resources · " + kind) }
	collect := func(w io.Writer) error {
		_, err := kube.Collect(c.Context(), o, w)
		bar.end()
		return refused(err)
	}
	if out != "" {
		return e.writeSnapshot(out, collect)
	}
	return e.takeMade(c, "kube", "", collect)
}
