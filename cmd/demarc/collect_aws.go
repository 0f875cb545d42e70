// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"demarc.dev/demarc/cloud/aws"
)

func newCollectAWS(e *env) *cobra.Command {
	var o aws.Options
	var out string
	var policy, fresh bool
	c := &cobra.Command{
		Use:   "aws",
		Short: "Read an AWS account, or every account of an organisation",
		Long: `Reads through the official SDK, with the credentials that the AWS command line
would use. It only reads; --policy prints the smallest policy that it needs.

Work that was interrupted goes on where it stopped: what was read lies in the
store's folder until the snapshot is whole. --fresh begins anew.`,
		Example: `  demarc collect aws --policy > demarc-read.json
  demarc collect aws --profile prod --regions eu-central-1,eu-west-1
  demarc collect aws --role-arn 'arn:aws:iam::{account}:role/demarc-read' --accounts 111122223333,444455556666`,
		Args: noArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			if policy {
				_, err := e.stdout.Write(aws.Policy())
				return err
			}
			o.Tool, o.Now = "demarc "+version, e.now
			o.Spool = filepath.Join(e.data, "spool-aws")
			if fresh {
				if err := os.RemoveAll(o.Spool); err != nil {
					return fileProblem(o.Spool, err)
				}
			}
			return e.collectAWS(c, o, out)
		},
	}
	f := c.Flags()
	f.StringVar(&o.Profile, "profile", "", "profile of the AWS configuration")
	f.StringVar(&o.RoleARN, "role-arn", "", "role to assume; {account} in it stands for each account")
	f.StringSliceVar(&o.Accounts, "accounts", nil, "accounts to read through the role; all of the organisation when empty and the role holds {account}")
	f.StringSliceVar(&o.Regions, "regions", nil, "regions to read; all that are enabled when empty")
	f.StringSliceVar(&o.Services, "services", nil, "services to read; all when empty")
	f.IntVar(&o.Concurrency, "concurrency", 64, "calls under way at once, at most")
	f.StringVar(&o.Endpoint, "endpoint", e.get("DEMARC_AWS_ENDPOINT"), "address of an emulator in place of AWS (environment: DEMARC_AWS_ENDPOINT)")
	f.StringVar(&o.Synthetic, "synthetic", "", "say that this is no real account, and what it is")
	f.StringVar(&out, "out", "", "write the snapshot to this file and not into the store")
	f.BoolVar(&policy, "policy", false, "print the minimal IAM policy and do nothing else")
	f.BoolVar(&fresh, "fresh", false, "begin anew, also where an earlier run was interrupted")
	return c
}

func (e *env) collectAWS(c *cobra.Command, o aws.Options, out string) error {
	bar := newProgress(e.stderr)
	o.Progress = func(p aws.Progress) {
		bar.show(fmt.Sprintf("%d of %d parts · %s resources · %s calls%s · %s %s %s", p.Done, p.Total, number(int(p.Resources)), number(int(p.Calls)), repeated(p), p.Account, p.Region, p.Service))
	}
	collect := func(w io.Writer) error {
		_, err := aws.Collect(c.Context(), o, w)
		bar.end()
		return refused(err)
	}
	if out != "" {
		return e.writeSnapshot(out, collect)
	}
	return e.takeMade(c, "aws", "", collect)
}

func repeated(p aws.Progress) string {
	if p.Repeated+p.Lost == 0 {
		return ""
	}
	return fmt.Sprintf(" (%d repeated, %d lost)", p.Repeated, p.Lost)
}
