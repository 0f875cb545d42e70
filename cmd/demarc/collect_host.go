// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"demarc.dev/demarc/cloud/host"
	"demarc.dev/demarc/problem"
)

func newCollectHost(e *env) *cobra.Command {
	var o host.Options
	var there, out string
	var s host.SSH
	var tags, advisories []string
	c := &cobra.Command{
		Use:   "host",
		Short: "Read a Linux machine: this one, a mounted image, or another one over SSH",
		Long: `Reads files and what the kernel tells; runs no program of the machine and
changes nothing. What may not be read becomes a gap, so run it as root where the
answer must be whole. Over SSH the machine's key must stand in the file of known
machines, and a key or an agent signs in: there is no flag for a password.

--advisory takes known flaws in the OSV format, such as the zip of a
distribution that osv.dev offers; without it known flaws stay unknown.`,
		Example: `  sudo demarc collect host --out web-1.snapshot
  demarc collect host --root /mnt/image --name golden-2026-09
  demarc collect host --ssh audit@web-1.example.org --sudo --advisory debian.zip --tag tier=1`,
		Args: noArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			o.Tool, o.Now = "demarc "+version, e.now().UTC()
			var err error
			if o.Tags, err = tagsOf(tags); err != nil {
				return err
			}
			if o.Flaws, err = readAdvisories(advisories); err != nil {
				return refused(err)
			}
			if there != "" {
				if o.Root != "" {
					return problem.New(problem.Usage, "--ssh and --root name two machines", "give one of them")
				}
				if o.SSH, err = e.sshTo(there, s); err != nil {
					return err
				}
			}
			return e.collectHost(c, o, out)
		},
	}
	f := c.Flags()
	f.StringVar(&o.Root, "root", "", "folder where a machine's disk or image is mounted")
	f.StringVar(&there, "ssh", "", "another machine: USER@HOST or USER@HOST:PORT")
	f.StringArrayVar(&s.Keys, "identity", nil, "file of a private key to sign in with; the agent when none is given")
	f.StringVar(&s.KnownHosts, "known-hosts", "", "file of the keys of known machines; ~/.ssh/known_hosts when empty")
	f.BoolVar(&s.Sudo, "sudo", false, "read as root by sudo there, which must not ask")
	f.StringVar(&o.Name, "name", "", "name of the machine; its own when empty")
	f.StringVar(&o.Account, "account", "", "account or project that it belongs to; its own name when empty")
	f.StringVar(&o.Region, "region", "", "region that it stands in")
	f.StringArrayVar(&tags, "tag", nil, "what its owner says of it, NAME=VALUE, such as tenant=alder or ports=22,443")
	f.StringArrayVar(&advisories, "advisory", nil, "file of known flaws in the OSV format, JSON or zip")
	f.StringVar(&out, "out", "", "write the snapshot to this file and not into the store")
	return c
}

func (e *env) collectHost(c *cobra.Command, o host.Options, out string) error {
	collect := func(w io.Writer) error {
		_, err := host.Collect(c.Context(), o, w)
		if errors.Is(err, context.Canceled) {
			return err // whoever stopped it knows
		}
		return refused(err)
	}
	if out != "" {
		return e.writeSnapshot(out, collect)
	}
	return e.takeMade(c, "host", "", collect)
}

// sshTo reads USER@HOST:PORT.
func (e *env) sshTo(there string, s host.SSH) (*host.SSH, error) {
	user, address, ok := strings.Cut(there, "@")
	if !ok {
		user, address = e.get("USER"), there
	}
	s.User, s.Host, s.Agent = user, address, e.get("SSH_AUTH_SOCK")
	if i := strings.LastIndexByte(address, ':'); i > 0 && (strings.Count(address, ":") == 1 || strings.Contains(address, "]")) {
		s.Host, s.Port = address[:i], address[i+1:]
	}
	s.Host = strings.Trim(s.Host, "[]")
	if s.User == "" || s.Host == "" || strings.ContainsAny(there, " \t\n") {
		return nil, problem.New(problem.Usage, "--ssh does not name a machine: "+quote(there), "--ssh audit@web-1.example.org")
	}
	if s.KnownHosts == "" {
		s.KnownHosts = filepath.Join(e.get("HOME"), ".ssh", "known_hosts")
	}
	return &s, nil
}

func tagsOf(list []string) (map[string]string, error) {
	var out map[string]string
	for _, t := range list {
		name, value, ok := strings.Cut(t, "=")
		if !ok || strings.TrimSpace(name) == "" {
			return nil, problem.New(problem.Usage, "--tag takes NAME=VALUE, not "+quote(t), "--tag tenant=alder")
		}
		if out == nil {
			out = map[string]string{}
		}
		out[strings.TrimSpace(name)] = strings.TrimSpace(value)
	}
	return out, nil
}

// readAdvisories reads files of known flaws; nil when there are none.
func readAdvisories(files []string) (*host.Advisories, error) {
	if len(files) == 0 {
		return nil, nil
	}
	out := &host.Advisories{}
	for _, name := range files {
		f, err := os.Open(name)
		if err != nil {
			return nil, fileProblem(name, err)
		}
		s, err := f.Stat()
		if err == nil {
			err = out.Add(filepath.Base(name), f, s.Size())
		}
		f.Close()
		if err != nil {
			return nil, err
		}
	}
	return out, nil
}
