// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/netip"
	"net/url"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"demarc.dev/demarc/account"
	"demarc.dev/demarc/account/oidc"
	"demarc.dev/demarc/api"
	"demarc.dev/demarc/app"
	"demarc.dev/demarc/cloud/aws"
	"demarc.dev/demarc/job"
	"demarc.dev/demarc/operate"
	"demarc.dev/demarc/problem"
	"demarc.dev/demarc/web"
)

func newServe(e *env) *cobra.Command {
	var file string
	var sample bool
	c := &cobra.Command{
		Use:   "serve",
		Short: "The web application, for the people of every organisation of the store",
		Long: `Serves the web application over the store and prints a link that signs the owner of
the disk in once. Other people sign in with an account: let them in under Members and
hand them the link made there. It answers on this machine only unless --listen names
another address. Over a network it speaks TLS (--tls-cert, --tls-key), or stands behind a
reverse proxy that does (--behind-tls): cookies are kept to TLS then.

Each setting can stand in a file (--config), in the environment or in a flag; a flag
overrides the environment, which overrides the file. --sample prints the file with
every setting and its words.`,
		Example: "  demarc serve\n  demarc --data demarc-out/store serve --listen 127.0.0.1:8080\n  demarc serve --sample > demarc.yaml\n  demarc serve --config demarc.yaml",
		Args:    noArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			if sample {
				_, err := e.stdout.Write(operate.Sample())
				return err
			}
			config, err := e.configuration(c.Flags(), file)
			if err != nil {
				return err
			}
			return e.with(c.Context(), false, func(a *app.App, caller app.Caller) error {
				return e.serve(c.Context(), a, caller, config)
			})
		},
	}
	c.Flags().StringVar(&file, "config", "", "YAML file with the settings")
	c.Flags().BoolVar(&sample, "sample", false, "print a file with every setting, and serve nothing")
	settings(c.Flags())
	return c
}

func (e *env) serve(ctx context.Context, a *app.App, caller app.Caller, config *operate.Config) error {
	served, err := organisations(ctx, a, caller)
	if err != nil {
		return err
	}
	l, err := new(net.ListenConfig).Listen(ctx, "tcp", config.Listen)
	if err != nil {
		return problem.New(problem.Unavailable, "cannot listen on "+quote(config.Listen), "an address and a free port, such as demarc serve --listen 127.0.0.1:0").Wrap(err)
	}
	defer l.Close()
	hosts, loopback := hostsOf(l.Addr(), config.Hosts)
	w := begin(e, a, caller, config)
	logger := w.logger
	scheme, secure := "http", config.BehindTLS
	if config.TLS.Cert != "" {
		if l, err = secured(l, config.TLS, logger); err != nil {
			return err
		}
		scheme, secure = "https", true
	}
	unwatch, err := w.listen(ctx)
	if err != nil {
		return err
	}
	defer unwatch()
	var s *web.Server
	link := func(says string) {
		if config.PrintLink {
			fmt.Fprintf(e.stdout, "%s\n  %s://%s%s\n", says, scheme, hosts[0], s.Link())
		}
	}
	programs, err := api.New(api.Options{App: a, Policy: aws.Policy(), Now: e.now, Log: logger})
	if err != nil {
		return err
	}
	provider, rules, err := openProvider(ctx, config)
	if err != nil {
		return err
	}
	passkeys, err := passkeysOf(config.URL, scheme, hosts, loopback)
	if err != nil {
		return err
	}
	s, err = web.New(web.Options{App: a, Passkeys: passkeys, API: programs, Plan: e.readPlan, Around: w.around(secure), Matched: operate.Matched, Address: visitorOf, Provider: provider, OIDC: rules, Caller: caller, Version: version, Policy: aws.Policy(), Hosts: hosts, AnyIP: !loopback, Secure: secure, Now: e.now,
		Log: logger, Opened: func() { link("That link is used. For another browser:") }})
	if err != nil {
		return err
	}
	if !loopback && !secure {
		fmt.Fprintf(e.stderr, "demarc: warning: %s can be reached from other machines, and what passes is not encrypted; put a reverse proxy with TLS before it\n", l.Addr())
	}
	if err := a.OpenQueue(ctx, job.Options{Dir: e.data, Postgres: e.address(), Workers: config.Workers, Log: logger, Tried: w.tried}, e.collectors(), w.counted(e.tell(config, logger))); err != nil {
		return err
	}
	defer func() {
		stop, cancel := context.WithTimeout(context.WithoutCancel(ctx), queueGrace)
		defer cancel()
		if err := a.StopQueue(stop); err != nil {
			logger.Warn("ending the background work", "error", err)
		}
		if err := w.tracer.Stop(stop); err != nil {
			logger.Warn("ending the traces", "error", err)
		}
	}()
	fmt.Fprintf(e.stdout, "Demarc serves %s on %s://%s (to end it: Ctrl-C)\n", served, scheme, hosts[0])
	link("Sign in with this link; it works once:")
	err = s.Serve(ctx, l)
	if err == nil && errors.Is(ctx.Err(), context.Canceled) {
		fmt.Fprintln(e.stdout, "ended")
	}
	return err
}

// secured puts TLS before the server.
func secured(l net.Listener, pair operate.TLS, log *slog.Logger) (net.Listener, error) {
	c, err := operate.TLSConfig(pair.Cert, pair.Key, log)
	if err != nil {
		return nil, problem.New(problem.Invalid, "the certificate and its key cannot be used: "+err.Error(), "two files in PEM that fit: --tls-cert FILE --tls-key FILE")
	}
	return tls.NewListener(l, c), nil
}

// passkeysOf gives what passkeys are bound to: the name by which people reach
// the server, or this very machine; nil where it has no name. Browsers trust
// plain HTTP with them on localhost only, and an address in figures never.
func passkeysOf(base, scheme string, hosts []string, loopback bool) (*account.RelyingParty, error) {
	if base == "" && loopback {
		base = scheme + "://" + hosts[1]
	}
	u, err := url.Parse(base)
	if err != nil || u.Hostname() == "" || u.Scheme != "https" && u.Hostname() != "localhost" {
		return nil, nil
	}
	if _, err := netip.ParseAddr(u.Hostname()); err == nil {
		return nil, nil
	}
	return account.NewRelyingParty(u.Hostname(), "Demarc", u.Scheme+"://"+u.Host)
}

// openProvider opens the OpenID provider, when one is named.
func openProvider(ctx context.Context, config *operate.Config) (*oidc.Provider, oidc.Config, error) {
	o := config.OIDC
	rules := oidc.Config{Issuer: o.Issuer, ClientID: o.ClientID, ClientSecret: string(o.Secret), GroupsClaim: o.GroupsClaim, AllowSignUp: o.SignUp}
	if o.Issuer == "" {
		return nil, rules, nil
	}
	for _, words := range o.Grants {
		group, org, role, ok := operate.Grant(words)
		if !ok || !account.Role(role).Known() || account.Role(role) == account.ExternalAuditor {
			return nil, rules, problem.New(problem.Usage, "--oidc-grant "+quote(words)+" is none", "group=organisation:role, such as auditors=north:internalauditor; an external auditor is let in by a person, until a day")
		}
		rules.Mapping = append(rules.Mapping, oidc.Grant{Group: group, Org: org, Role: role})
	}
	rules.Redirect = strings.TrimSuffix(config.URL, "/") + "/signin/oidc/back"
	if err := rules.Validate(); err != nil {
		return nil, rules, err
	}
	p, err := oidc.Open(ctx, rules)
	return p, rules, err
}

// queueGrace is how long background work may take to end with the server.
const queueGrace = 15 * time.Second

// collectors gives the collectors that background work may have run.
func (e *env) collectors() map[string]app.Collect {
	return map[string]app.Collect{"aws": func(ctx context.Context, c app.Collecting, out io.Writer) error {
		o := aws.Options{RoleARN: c.RoleARN, Accounts: c.Accounts, Regions: c.Regions, Spool: c.Spool, Endpoint: e.get("DEMARC_AWS_ENDPOINT"), Tool: "demarc " + version, Now: e.now}
		if o.RoleARN != "" {
			o.ExternalID = c.ExternalID
		}
		o.Progress = func(p aws.Progress) {
			c.Say(int64(p.Done), int64(p.Total), fmt.Sprintf("%s resources · %s %s %s", number(int(p.Resources)), p.Account, p.Region, p.Service))
		}
		_, err := aws.Collect(ctx, o, out)
		return refused(err)
	}}
}

// organisations says in words whom the server serves.
func organisations(ctx context.Context, a *app.App, c app.Caller) (string, error) {
	ids, err := a.Orgs(ctx, c)
	if err != nil {
		return "", err
	}
	switch {
	case len(ids) == 0:
		return "", problem.New(problem.NotFound, "this store holds no organisation yet, so there is nothing to show", "demarc collect aws, then demarc assess; or demarc example, then demarc --data demarc-out/store serve")
	case len(ids) > 3:
		return fmt.Sprintf("%d organisations", len(ids)), nil
	}
	return strings.Join(ids, ", "), nil
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
