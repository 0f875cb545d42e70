// SPDX-License-Identifier: Apache-2.0

package operate

import (
	"fmt"
	"net"
	"net/mail"
	"net/netip"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// check finds the faults of meaning, and fetches the secrets.
func (l *loading) check() {
	c := &l.config
	l.ranges()
	l.listen("listen", c.Listen)
	if c.Metrics.Listen != "" {
		l.listen("metrics.listen", c.Metrics.Listen)
	}
	l.address("base_url", c.BaseURL, "http", "https")
	if c.BaseURL == "" && !loopback(c.Listen) {
		l.fault("base_url", "the server listens beyond this machine, so it must know its own address; say base_url: https://…")
	}
	for i, h := range c.Hosts {
		if strings.ContainsAny(h, "/ ,") || h == "" {
			l.fault(fmt.Sprintf("hosts[%d]", i), "%q is no host name; neither scheme nor path belong here", h)
		}
	}
	l.checkTLS()
	l.networks("proxy.trusted", c.Proxy.Trusted)
	l.networks("hook.allow_networks", c.Hook.AllowNetworks)
	if c.Hook.AllowHTTP && len(c.Hook.AllowNetworks) == 0 {
		l.fault("hook.allow_http", "http is allowed towards hook.allow_networks only, and that is empty")
	}
	l.checkBlobs()
	l.checkSMTP()
	l.checkOIDC()
	l.checkDatabase()
	l.address("trace.endpoint", c.Trace.Endpoint, "http", "https")
	if idle, absolute := c.Session.Idle.Value(), c.Session.Absolute.Value(); idle > absolute && absolute > 0 {
		l.fault("session.idle", "%s is longer than session.absolute, %s", c.Session.Idle, c.Session.Absolute)
	}
	if c.PrintLink && !loopback(c.Listen) {
		l.fault("print_link", "the server listens beyond this machine: whoever reads its output would be owner; leave it false")
	}
}

func (l *loading) listen(path, words string) {
	host, port, err := net.SplitHostPort(words)
	n, portErr := strconv.Atoi(port)
	if err != nil || portErr != nil || n < 0 || n > 65535 || strings.ContainsAny(host, " /") {
		l.fault(path, "%q is no address and port; write 127.0.0.1:7117 or :7117", words)
	}
}

// loopback tells whether the address answers this machine only. A name other
// than localhost does not count: it may lead anywhere.
func loopback(listen string) bool {
	host, _, err := net.SplitHostPort(listen)
	a, parseErr := netip.ParseAddr(host)
	return err == nil && (host == "localhost" || parseErr == nil && a.IsLoopback())
}

func (l *loading) address(path, words string, schemes ...string) {
	if words == "" {
		return
	}
	u, err := url.Parse(words)
	switch {
	case err != nil || u.Host == "" || !slices.Contains(schemes, u.Scheme):
		l.fault(path, "this is no address; it begins with %s:// and names a host", strings.Join(schemes, ":// or "))
	case u.User != nil || u.RawQuery != "" || u.Fragment != "":
		l.fault(path, "the address must hold neither a password nor a ? or #")
	}
}

func (l *loading) networks(path string, words []string) {
	for i, w := range words {
		if _, err := prefix(w); err != nil {
			l.fault(fmt.Sprintf("%s[%d]", path, i), "%q is no network; write 10.20.0.0/16 or one address", w)
		}
	}
}

func (l *loading) checkTLS() {
	t := l.config.TLS
	switch {
	case t.Cert == "" && t.Key == "":
		return
	case t.Key == "":
		l.fault("tls.cert", "a certificate needs its key; say tls.key")
		return
	case t.Cert == "":
		l.fault("tls.key", "a key needs its certificate; say tls.cert")
		return
	}
	whole := true
	for path, file := range map[string]string{"tls.cert": t.Cert, "tls.key": t.Key} {
		if f, err := os.Open(file); err != nil {
			l.fault(path, "%s: %s", file, cannotRead(err))
			whole = false
		} else {
			f.Close()
		}
	}
	if whole {
		if _, err := loadPair(t.Cert, t.Key); err != nil {
			l.fault("tls.cert", "%s and %s are no pair of certificate and key: %v", t.Cert, t.Key, err)
		}
	}
}

func (l *loading) checkBlobs() {
	b := l.config.Blobs
	if b.Kind == "s3" {
		if b.Bucket == "" {
			l.fault("blobs.bucket", "blobs.kind is s3, and no bucket is named")
		}
		if b.Region == "" {
			l.fault("blobs.region", "blobs.kind is s3, and no region is named")
		}
		l.address("blobs.endpoint", b.Endpoint, "http", "https")
	} else if b.Bucket+b.Endpoint+b.Prefix != "" {
		l.fault("blobs.kind", "a bucket, an endpoint or a prefix is set, and blobs.kind is folder; say s3 or take these out")
	}
}

func (l *loading) checkSMTP() {
	s := &l.config.SMTP
	s.Password = l.secret("smtp.password_file", s.PasswordFile, "DEMARC_SMTP_PASSWORD")
	if s.Server == "" {
		if s.User+s.From+string(s.Password) != "" {
			l.fault("smtp.server", "the mail server's other settings are given, and no server is named")
		}
		return
	}
	if host, port, err := net.SplitHostPort(s.Server); err != nil || host == "" || port == "" {
		l.fault("smtp.server", "%q is no host and port; write smtp.example.org:587", s.Server)
	}
	if _, err := mail.ParseAddress(s.From); err != nil {
		l.fault("smtp.from", "%q is no mail address; write Demarc <demarc@example.org>", s.From)
	}
	switch {
	case s.User != "" && s.TLS == "none":
		l.fault("smtp.tls", "a password is sent over TLS only; say starttls or implicit, or leave smtp.user out")
	case s.User != "" && s.Password == "":
		l.fault("smtp.user", "there is a name and no password; say smtp.password_file")
	case s.User == "" && s.Password != "":
		l.fault("smtp.user", "there is a password and no name")
	}
}

func (l *loading) checkOIDC() {
	word := regexp.MustCompile(`^[a-z0-9][a-z0-9-]{0,39}$`)
	seen := map[string]bool{}
	for i := range l.config.OIDC {
		o := &l.config.OIDC[i]
		at := func(field string) string { return fmt.Sprintf("oidc[%d].%s", i, field) }
		switch {
		case !word.MatchString(o.ID):
			l.fault(at("id"), "%q is no short name; small letters, digits and -, at most 40", o.ID)
		case seen[strings.ToUpper(strings.ReplaceAll(o.ID, "-", "_"))]:
			l.fault(at("id"), "%q stands twice", o.ID)
		}
		seen[strings.ToUpper(strings.ReplaceAll(o.ID, "-", "_"))] = true
		if o.Issuer == "" {
			l.fault(at("issuer"), "the provider has no issuer")
		}
		l.address(at("issuer"), o.Issuer, "https", "http")
		if strings.HasPrefix(o.Issuer, "http://") && !loopbackURL(o.Issuer) {
			l.fault(at("issuer"), "a provider that is not on this machine must be reached by https://")
		}
		if o.ClientID == "" {
			l.fault(at("client_id"), "the provider has no client_id")
		}
		o.ClientSecret = l.secret(at("client_secret_file"), o.SecretFile, oidcVariable(o.ID))
		if o.ClientSecret == "" {
			l.fault(at("client_secret_file"), "the client has no secret; name its file, or set %s", oidcVariable(o.ID))
		}
		if len(o.Roles) > 0 && o.GroupsClaim == "" {
			l.fault(at("groups_claim"), "there are roles for groups, and no claim that lists groups is named")
		}
		for j, r := range o.Roles {
			if r.Group == "" || r.Organisation == "" || r.Role == "" {
				l.fault(at(fmt.Sprintf("roles[%d]", j)), "group, organisation and role are all needed")
			}
		}
		if l.config.BaseURL == "" {
			l.fault("base_url", "single sign-on needs base_url: the provider sends people back to it")
		}
	}
}

func loopbackURL(words string) bool {
	u, err := url.Parse(words)
	return err == nil && loopback(net.JoinHostPort(u.Hostname(), "0"))
}

func (l *loading) checkDatabase() {
	c := &l.config
	password := l.secret("database_password_file", c.DBPass, "DEMARC_DATABASE_PASSWORD")
	if c.Database == "" {
		if password != "" {
			l.fault("database", "there is a password and no database")
		}
		return
	}
	u, err := url.Parse(string(c.Database))
	if err != nil || u.Scheme != "postgres" && u.Scheme != "postgresql" || u.Host == "" && u.Query().Get("host") == "" {
		l.fault("database", "this is no address of a database; write postgres://user@host:5432/name")
		return
	}
	if password == "" {
		c.DSN = c.Database
		return
	}
	if hasPassword(string(c.Database)) {
		l.fault("database", "the address holds a password, and there is another beside it; keep one")
		return
	}
	u.User = url.UserPassword(u.User.Username(), string(password))
	c.DSN = Secret(u.String())
}

// hasPassword tells whether an address of a database holds a password, as a
// URL or as the words of libpq.
func hasPassword(words string) bool {
	u, err := url.Parse(words)
	if err != nil {
		return true // who knows what it is: it may hold one
	}
	_, inUser := u.User.Password()
	return inUser || regexp.MustCompile(`(?i)password\s*=`).MatchString(words)
}

// secret gives the secret of the file or of the variable; both are a fault.
func (l *loading) secret(path, file, variable string) Secret {
	given, ok := l.env[variable]
	switch {
	case file == "":
		return Secret(given)
	case ok:
		l.fault(path, "the secret has a file, and %s is set as well; keep one", variable)
		return ""
	}
	s, err := readSecret(file)
	if err != nil {
		l.fault(path, "%s: %s", file, strings.TrimPrefix(cannotRead(err), "the file cannot be read: "))
	}
	return s
}
