// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"strings"

	"github.com/spf13/cobra"

	"demarc.dev/demarc/app"
	"demarc.dev/demarc/cloud/aws"
	"demarc.dev/demarc/problem"
	"demarc.dev/demarc/web"
)

func newServe(e *env) *cobra.Command {
	var listen string
	var names []string
	c := &cobra.Command{
		Use:   "serve",
		Short: "The web application, for one person on this machine",
		Long: `Serves the web application over the embedded store and prints a link that signs in
once. Sessions live in memory: when the program ends, they have ended. It answers on
this machine only unless --listen names another address; it speaks plain HTTP, so
that over a network it belongs behind a reverse proxy with TLS.`,
		Example: "  demarc serve\n  demarc --data demarc-out/store serve --listen 127.0.0.1:8080",
		Args:    noArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			return e.with(c.Context(), false, func(a *app.App, caller app.Caller) error { return e.serve(c.Context(), a, caller, listen, names) })
		},
	}
	c.Flags().StringVar(&listen, "listen", "127.0.0.1:7117", "address and port; port 0 takes a free one")
	c.Flags().StringSliceVar(&names, "host", nil, "further host names by which the server is called, such as that of a reverse proxy")
	return c
}

func (e *env) serve(ctx context.Context, a *app.App, caller app.Caller, listen string, names []string) error {
	if err := oneOrganisation(ctx, a, &caller); err != nil {
		return err
	}
	l, err := new(net.ListenConfig).Listen(ctx, "tcp", listen)
	if err != nil {
		return problem.New(problem.Unavailable, "cannot listen on "+quote(listen), "an address and a free port, such as demarc serve --listen 127.0.0.1:0").Wrap(err)
	}
	defer l.Close()
	hosts, loopback := hostsOf(l.Addr(), names)
	var s *web.Server
	link := func(says string) {
		fmt.Fprintf(e.stdout, "%s\n  http://%s%s\n", says, hosts[0], s.Link())
	}
	s, err = web.New(web.Options{App: a, Caller: caller, Version: version, Policy: aws.Policy(), Hosts: hosts, AnyIP: !loopback, Now: e.now,
		Log: slog.New(slog.NewTextHandler(e.stderr, nil)), Opened: func() { link("That link is used. For another browser:") }})
	if err != nil {
		return err
	}
	if !loopback {
		fmt.Fprintf(e.stderr, "demarc: warning: %s can be reached from other machines, and what passes is not encrypted; put a reverse proxy with TLS before it\n", l.Addr())
	}
	fmt.Fprintf(e.stdout, "Demarc serves %s on http://%s (to end it: Ctrl-C)\n", caller.Org, hosts[0])
	link("Sign in with this link; it works once:")
	err = s.Serve(ctx, l)
	if err == nil && errors.Is(ctx.Err(), context.Canceled) {
		fmt.Fprintln(e.stdout, "ended; every session has ended with it")
	}
	return err
}

// oneOrganisation settles for which organisation the server speaks, so that it
// does not come to speak for another one when a second is made.
func oneOrganisation(ctx context.Context, a *app.App, c *app.Caller) error {
	ids, err := a.Orgs(ctx, *c)
	if err != nil || c.Org != "" {
		return err
	}
	switch len(ids) {
	case 0:
		return problem.New(problem.NotFound, "this store holds no organisation yet, so there is nothing to show", "demarc collect aws, then demarc assess; or demarc example, then demarc --data demarc-out/store serve")
	case 1:
		c.Org = ids[0]
		return nil
	}
	return problem.New(problem.Usage, "this store holds several organisations: "+strings.Join(ids, ", "), "say which with --org")
}

// hostsOf gives the names by which the server may be called, the one to print
// first, and whether it answers this machine only.
func hostsOf(a net.Addr, names []string) (hosts []string, loopback bool) {
	at, err := netip.ParseAddrPort(a.String())
	if err != nil {
		return append(names, a.String()), false
	}
	port := fmt.Sprint(at.Port())
	switch {
	case at.Addr().IsLoopback():
		loopback = true
		hosts = []string{at.String(), "localhost:" + port}
	case at.Addr().IsUnspecified():
		hosts = []string{"localhost:" + port}
	default:
		hosts = []string{at.String()}
	}
	for _, n := range names {
		n = strings.ToLower(n)
		hosts = append(hosts, n)
		if !strings.Contains(n, ":") {
			hosts = append(hosts, n+":"+port)
		}
	}
	return hosts, loopback
}
