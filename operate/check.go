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
	l.address("url", c.URL, "http", "https")
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
	l.checkSMTP()
	l.checkOIDC()
	l.checkDatabase()
	l.address("trace.endpoint", c.Trace.Endpoint, "http", "https")
	if idle, absolute := c.Session.Idle.Value(), c.Session.Absolute.Value(); idle > absolute && absolute > 0 {
		l.fault("session.idle", "%s is longer than session.absolute, %s", c.Session.Idle, c.Session.Absolute)
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

func (l *loading) checkSMTP() {
	s := &l.config.SMTP
	s.Password = l.secret("smtp.password_file", s.PasswordFile, smtpPassword)
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
	o := &l.config.OIDC
	o.Secret = l.secret("oidc.client_secret_file", o.SecretFile, oidcSecret)
	if o.Issuer == "" {
		if o.ClientID+o.GroupsClaim+string(o.Secret) != "" || len(o.Grants) > 0 || o.SignUp {
			l.fault("oidc.issuer", "the provider's other settings are given, and no issuer is named")
		}
		return
	}
	l.address("oidc.issuer", o.Issuer, "https", "http")
	if strings.HasPrefix(o.Issuer, "http://") && !loopbackURL(o.Issuer) {
		l.fault("oidc.issuer", "a provider that is not on this machine must be reached by https://")
	}
	if o.ClientID == "" {
		l.fault("oidc.client_id", "the provider has no client_id")
	}
	if o.Secret == "" {
		l.fault("oidc.client_secret_file", "the client has no secret; name its file, or set %s", oidcSecret)
	}
	if len(o.Grants) > 0 && o.GroupsClaim == "" {
		l.fault("oidc.groups_claim", "groups are worth something, and no claim that lists groups is named")
	}
	for i, g := range o.Grants {
		if _, _, _, ok := Grant(g); !ok {
			l.fault(fmt.Sprintf("oidc.grants[%d]", i), "%q is none; write group=organisation:role", g)
		}
	}
	if l.config.URL == "" {
		l.fault("url", "single sign-on needs url: the provider sends people back to it")
	}
}

// Grant parts group=organisation:role.
func Grant(words string) (group, org, role string, ok bool) {
	group, rest, ok := strings.Cut(words, "=")
	org, role, ok2 := strings.Cut(rest, ":")
	return group, org, role, ok && ok2 && group != "" && org != "" && role != ""
}

func loopbackURL(words string) bool {
	u, err := url.Parse(words)
	return err == nil && loopback(net.JoinHostPort(u.Hostname(), "0"))
}

func (l *loading) checkDatabase() {
	c := &l.config
	password := l.secret("database_password_file", c.DBPass, databasePassword)
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
