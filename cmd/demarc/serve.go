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
	"strings"
	"time"

	"github.com/spf13/cobra"

	"demarc.dev/demarc/account"
	"demarc.dev/demarc/account/oidc"
	"demarc.dev/demarc/api"
	"demarc.dev/demarc/app"
	"demarc.dev/demarc/cloud/aws"
	"demarc.dev/demarc/job"
	"demarc.dev/demarc/notify"
	"demarc.dev/demarc/operate"
	"demarc.dev/demarc/problem"
	"demarc.dev/demarc/web"
)

func newServe(e *env) *cobra.Command {
	var how serving
	c := &cobra.Command{
		Use:   "serve",
		Short: "The web application, for the people of every organisation of the store",
		Long: `Serves the web application over the store and prints a link that signs the owner of
the disk in once. Other people sign in with an account: let them in under Members and
hand them the link made there. It answers on this machine only unless --listen names
another address. Over a network it speaks TLS (--tls-cert, --tls-key), or stands behind a
reverse proxy that does (--behind-tls): cookies are kept to TLS then.`,
		Example: "  demarc serve\n  demarc --data demarc-out/store serve --listen 127.0.0.1:8080",
		Args:    noArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			return e.with(c.Context(), false, func(a *app.App, caller app.Caller) error {
				return e.serve(c.Context(), a, caller, how)
			})
		},
	}
	f := c.Flags()
	f.StringVar(&how.listen, "listen", "127.0.0.1:7117", "address and port; port 0 takes a free one")
	f.StringSliceVar(&how.names, "host", nil, "further host names by which the server is called, such as that of a reverse proxy")
	f.BoolVar(&how.tls, "behind-tls", false, "a reverse proxy with TLS stands before the server: cookies are sent over TLS only")
	f.StringVar(&how.tell.base, "url", "", "how people reach the server, for links in messages: https://demarc.example.org")
	f.StringVar(&how.tell.smtp, "smtp", "", "mail server that notices are handed to, host:port; its password comes from DEMARC_SMTP_PASSWORD")
	f.StringVar(&how.tell.tls, "smtp-tls", notify.StartTLS, "starttls, implicit, or plain")
	f.StringVar(&how.tell.user, "smtp-user", "", "who signs in at the mail server; empty: nobody")
	f.StringVar(&how.tell.from, "mail-from", "", "address that notices come from")
	f.StringVar(&how.oidc.Issuer, "oidc-issuer", "", "OpenID provider that signs people in too; the client's secret comes from DEMARC_OIDC_SECRET, and --url must be set")
	f.StringVar(&how.oidc.ClientID, "oidc-client", "", "id of this server as a client of it")
	f.StringVar(&how.oidc.GroupsClaim, "oidc-groups", "", "claim of the token that holds the groups, such as groups")
	f.StringSliceVar(&how.grants, "oidc-grant", nil, "what a group is worth: group=organisation:role")
	f.BoolVar(&how.oidc.AllowSignUp, "oidc-sign-up", false, "make an account for whoever the provider vouches for")
	f.StringVar(&how.pair[0], "tls-cert", "", "file with the certificate, to speak TLS itself; it is read again when it changes")
	f.StringVar(&how.pair[1], "tls-key", "", "file with its key")
	how.watch.flags(f)
	return c
}

// serving says where and how the server is reached.
type serving struct {
	listen string
	names  []string
	tls    bool
	tell   telling
	oidc   oidc.Config
	grants []string // group=organisation:role
	watch  operation
	pair   [2]string // files of a certificate and its key; empty: plain HTTP
}

func (e *env) serve(ctx context.Context, a *app.App, caller app.Caller, how serving) error {
	served, err := organisations(ctx, a, caller)
	if err != nil {
		return err
	}
	l, err := new(net.ListenConfig).Listen(ctx, "tcp", how.listen)
	if err != nil {
		return problem.New(problem.Unavailable, "cannot listen on "+quote(how.listen), "an address and a free port, such as demarc serve --listen 127.0.0.1:0").Wrap(err)
	}
	defer l.Close()
	hosts, loopback := hostsOf(l.Addr(), how.names)
	w, err := how.watch.begin(e, a, caller)
	if err != nil {
		return err
	}
	logger := w.logger
	if l, err = secured(l, &how, logger); err != nil {
		return err
	}
	scheme := "http"
	if how.pair[0] != "" {
		scheme = "https"
	}
	unwatch, err := w.listen(ctx)
	if err != nil {
		return err
	}
	defer unwatch()
	var s *web.Server
	link := func(says string) {
		fmt.Fprintf(e.stdout, "%s\n  %s://%s%s\n", says, scheme, hosts[0], s.Link())
	}
	programs, err := api.New(api.Options{App: a, Version: version, Now: e.now, Log: logger})
	if err != nil {
		return err
	}
	provider, err := e.provider(ctx, &how)
	if err != nil {
		return err
	}
	s, err = web.New(web.Options{App: a, API: programs, Around: w.around(how.tls), Matched: operate.Matched, Address: visitorOf, Provider: provider, OIDC: how.oidc, Caller: caller, Version: version, Policy: aws.Policy(), Hosts: hosts, AnyIP: !loopback, Secure: how.tls, Now: e.now,
		Log: logger, Opened: func() { link("That link is used. For another browser:") }})
	if err != nil {
		return err
	}
	if !loopback && !how.tls {
		fmt.Fprintf(e.stderr, "demarc: warning: %s can be reached from other machines, and what passes is not encrypted; put a reverse proxy with TLS before it\n", l.Addr())
	}
	if err := a.OpenQueue(ctx, job.Options{Dir: e.data, Postgres: e.address(), Log: logger}, e.collectors(), e.tell(how.tell, logger)); err != nil {
		return err
	}
	defer func() {
		stop, cancel := context.WithTimeout(context.WithoutCancel(ctx), queueGrace)
		defer cancel()
		if err := a.StopQueue(stop); err != nil {
			logger.Warn("ending the background work", "error", err)
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

// secured puts TLS before the server when a certificate is named; cookies are
// sent over TLS only then.
func secured(l net.Listener, how *serving, log *slog.Logger) (net.Listener, error) {
	if how.pair == [2]string{} {
		return l, nil
	}
	c, err := operate.TLSConfig(how.pair[0], how.pair[1], log)
	if err != nil {
		return nil, problem.New(problem.Invalid, "the certificate and its key cannot be used: "+err.Error(), "two files in PEM that fit: --tls-cert FILE --tls-key FILE")
	}
	how.tls = true
	return tls.NewListener(l, c), nil
}

// provider opens the OpenID provider, when one is named.
func (e *env) provider(ctx context.Context, how *serving) (*oidc.Provider, error) {
	if how.oidc.Issuer == "" {
		return nil, nil
	}
	for _, words := range how.grants {
		group, rest, ok := strings.Cut(words, "=")
		org, role, ok2 := strings.Cut(rest, ":")
		if !ok || !ok2 || group == "" || org == "" || !account.Role(role).Known() || account.Role(role) == account.ExternalAuditor {
			return nil, problem.New(problem.Usage, "--oidc-grant "+quote(words)+" is none", "group=organisation:role, such as auditors=north:internalauditor; an external auditor is let in by a person, until a day")
		}
		how.oidc.Mapping = append(how.oidc.Mapping, oidc.Grant{Group: group, Org: org, Role: role})
	}
	how.oidc.ClientSecret = e.get("DEMARC_OIDC_SECRET")
	how.oidc.Redirect = strings.TrimSuffix(how.tell.base, "/") + "/signin/oidc/back"
	if err := how.oidc.Validate(); err != nil {
		return nil, err
	}
	return oidc.Open(ctx, how.oidc)
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
		return awsProblem(err)
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
