// SPDX-License-Identifier: Apache-2.0

// Package operate is what a server needs to be run: its configuration, logs
// without secrets, metrics, health, limits, the real address of a caller and
// TLS. It is the same for any door, and knows none.
//
// The format it owns is the configuration of demarc serve, Config: a YAML file,
// overridden by the environment (DEMARC_ and the field's path in capitals, such
// as DEMARC_SMTP_SERVER), overridden by flags. Sample writes the file with a
// comment above each field.
//
// The package never prints a secret, never takes one from the file itself, never
// believes a header about the caller unless a trusted proxy wrote it, and never
// puts the name of an organisation into a metric.
package operate

import (
	"net/netip"
	"time"
)

// Config is all that can be configured of demarc serve. The tags are the words
// of the sample file, of the flags' help and of the reference page.
type Config struct {
	Listen    string   `yaml:"listen" flag:"listen" default:"127.0.0.1:7117" doc:"Address and port of the pages and the API. Port 0 takes a free one."`
	URL       string   `yaml:"url" flag:"url" example:"https://demarc.example.org" doc:"How people reach the server: for links in messages, for single sign-on, and for passkeys, which are bound to its name."`
	Hosts     []string `yaml:"hosts" flag:"host" example:"demarc.example.org" doc:"Further host names by which the server is called, such as that of a reverse proxy. Any other is refused."`
	BehindTLS bool     `yaml:"behind_tls" flag:"behind-tls" default:"false" doc:"Whether a reverse proxy with TLS stands before the server: cookies are sent over TLS only then."`
	PrintLink bool     `yaml:"print_link" flag:"print-link" default:"true" doc:"Whether to print a link that signs the owner of the disk in once. Whoever reads the output is the owner: set it to false where others read the log."`
	Workers   int      `yaml:"workers" flag:"workers" default:"0" min:"0" max:"256" doc:"Jobs that this process works on at a time. 0: one for each processor, two at least."`

	Data     string `yaml:"data" example:"/var/lib/demarc" doc:"Folder of the store, as --data names it: database, keys, and blobs unless these are kept in a bucket."`
	Database Secret `yaml:"database" example:"postgres://demarc@db.example.org:5432/demarc?sslmode=verify-full" doc:"PostgreSQL database that holds the records in place of the folder, as --database names it. A password stands in database_password_file or in the environment, not here."`
	DBPass   string `yaml:"database_password_file" example:"/run/secrets/database" doc:"File with the password of the database (or DEMARC_DATABASE_PASSWORD)."`
	Blobs    string `yaml:"blobs" example:"s3://demarc-blobs/demarc?region=eu-central-1" doc:"Bucket for large bodies (snapshots, papers), for every command of the store alike; endpoint= and path-style=yes for another S3. Empty: in the folder."`

	TLS     TLS     `yaml:"tls" doc:"TLS by this server itself. Without it the server speaks plain HTTP and belongs behind a reverse proxy as soon as others reach it."`
	Proxy   Proxy   `yaml:"proxy" doc:"The reverse proxy in front, when there is one."`
	SMTP    SMTP    `yaml:"smtp" doc:"The mail server. Without it no mail is sent."`
	Hook    Hook    `yaml:"hook" doc:"What webhooks may reach. Without it: https to public addresses only."`
	OIDC    OIDC    `yaml:"oidc" doc:"A provider for single sign-on."`
	Session Session `yaml:"session" doc:"How long people stay signed in."`
	Limit   Limit   `yaml:"limit" doc:"What one caller may ask."`
	Log     Log     `yaml:"log" doc:"The log, on standard error."`
	Metrics Metrics `yaml:"metrics" doc:"Prometheus metrics and the details of readiness."`
	Trace   Trace   `yaml:"trace" doc:"OpenTelemetry traces."`

	DSN     Secret `yaml:"-"` // the address of the database with its password; empty for SQLite
	origins map[string]origin
}

// TLS is the certificate of the server.
type TLS struct {
	Cert string `yaml:"cert" flag:"tls-cert" example:"/etc/demarc/tls/fullchain.pem" doc:"File with the certificate and its chain, PEM. Read again when it changes."`
	Key  string `yaml:"key" flag:"tls-key" example:"/etc/demarc/tls/privkey.pem" doc:"File with the private key, PEM."`
}

// Proxy says whose headers about the caller are believed.
type Proxy struct {
	Trusted []string `yaml:"trusted" flag:"trusted-proxy" example:"127.0.0.1/32,::1/128" doc:"Networks of reverse proxies whose X-Forwarded-For, X-Forwarded-Proto and X-Request-Id are believed."`
}

// SMTP is the mail server.
type SMTP struct {
	Server       string `yaml:"server" flag:"smtp" example:"smtp.example.org:587" doc:"Mail server that notices are handed to, host and port."`
	TLS          string `yaml:"tls" flag:"smtp-tls" default:"starttls" oneof:"starttls,implicit,none" doc:"starttls: port 587, encryption is required. implicit: port 465. none: for a relay on this machine; no password is sent."`
	User         string `yaml:"user" flag:"smtp-user" example:"demarc" doc:"Who signs in at the mail server; empty: nobody."`
	PasswordFile string `yaml:"password_file" example:"/run/secrets/smtp" doc:"File with the password (or DEMARC_SMTP_PASSWORD)."`
	From         string `yaml:"from" flag:"mail-from" example:"Demarc <demarc@example.org>" doc:"Address that notices come from."`
	Password     Secret `yaml:"-"` // from the file or the environment
}

// Hook says what webhooks may reach beyond the public internet.
type Hook struct {
	AllowNetworks []string `yaml:"allow_networks" example:"10.20.0.0/16" doc:"Networks inside that webhooks may call."`
	AllowHTTP     bool     `yaml:"allow_http" default:"false" doc:"Whether http:// is allowed towards these networks."`
}

// OIDC is the provider for single sign-on.
type OIDC struct {
	Issuer      string   `yaml:"issuer" flag:"oidc-issuer" example:"https://login.example.org/realms/main" doc:"OpenID provider that signs people in too, exactly as its tokens have it. url must be set: <url>/signin/oidc/back is what to register there."`
	ClientID    string   `yaml:"client_id" flag:"oidc-client" example:"demarc" doc:"Id of this server as a client of it."`
	SecretFile  string   `yaml:"client_secret_file" example:"/run/secrets/oidc" doc:"File with the client's secret (or DEMARC_OIDC_SECRET)."`
	GroupsClaim string   `yaml:"groups_claim" flag:"oidc-groups" example:"groups" doc:"Claim of the token that holds the groups."`
	Grants      []string `yaml:"grants" flag:"oidc-grant" example:"auditors=north:internalauditor" doc:"What a group is worth: group=organisation:role."`
	SignUp      bool     `yaml:"sign_up" flag:"oidc-sign-up" default:"false" doc:"Whether to make an account for whoever the provider vouches for."`
	Secret      Secret   `yaml:"-"` // from the file or the environment
}

// Session says how long people stay signed in.
type Session struct {
	Idle     Duration `yaml:"idle" default:"2h" doc:"A session ends when nothing was asked for so long."`
	Absolute Duration `yaml:"absolute" default:"12h" doc:"A session ends so long after the sign-in in any case."`
}

// Limit says what one caller may ask.
type Limit struct {
	Address int `yaml:"address_per_minute" flag:"rate" default:"1200" min:"0" max:"10000000" doc:"Requests a minute that one address (one /64 of IPv6) may send. 0: no limit."`
}

// Log is how the log is written.
type Log struct {
	Level    string `yaml:"level" flag:"log-level" default:"info" oneof:"debug,info,warn,error" doc:"The least that is logged."`
	Format   string `yaml:"format" flag:"log-format" default:"text" oneof:"text,json" doc:"text for people, json for programs."`
	Requests bool   `yaml:"requests" flag:"log-requests" default:"false" doc:"Whether to log each request: who, what, how long; no query and no secret."`
}

// Metrics is where metrics are served.
type Metrics struct {
	Listen string `yaml:"listen" flag:"metrics" example:"127.0.0.1:9117" doc:"Address and port of a listener of its own for /metrics, /healthz and /readyz. Nobody signs in there: keep it inside. Empty: not served."`
}

// Trace is where traces go.
type Trace struct {
	Endpoint string `yaml:"endpoint" flag:"trace" example:"http://127.0.0.1:4318" doc:"Address of a collector that speaks OTLP over HTTP. Empty: no traces."`
	Sample   int    `yaml:"sample_percent" default:"100" min:"0" max:"100" doc:"How many of a hundred requests are traced."`
}

// Duration is a length of time as people write it: 90s, 15m, 8h.
type Duration string

// Value gives the length; Load has checked that it is one.
func (d Duration) Value() time.Duration {
	v, _ := time.ParseDuration(string(d)) // Load has refused what is none
	return v
}

// TrustedProxies gives the networks of Proxy.Trusted.
func (c *Config) TrustedProxies() []netip.Prefix { return prefixes(c.Proxy.Trusted) }

// AllowedNetworks gives the networks of Hook.AllowNetworks.
func (c *Config) AllowedNetworks() []netip.Prefix { return prefixes(c.Hook.AllowNetworks) }

// prefixes reads networks that Load has checked.
func prefixes(words []string) (out []netip.Prefix) {
	for _, w := range words {
		if p, err := prefix(w); err == nil {
			out = append(out, p)
		}
	}
	return out
}

// prefix reads a network, or one address as the network of itself.
func prefix(words string) (netip.Prefix, error) {
	if a, err := netip.ParseAddr(words); err == nil {
		return a.Prefix(a.BitLen())
	}
	p, err := netip.ParsePrefix(words)
	return p.Masked(), err
}
