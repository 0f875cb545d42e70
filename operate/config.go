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
// of the sample file and of the reference page; the zero of a field that has a
// default cannot be configured.
type Config struct {
	Listen    string   `yaml:"listen" default:"127.0.0.1:7117" doc:"Address and port of the pages and the API. Port 0 takes a free one."`
	BaseURL   string   `yaml:"base_url" example:"https://demarc.example.org" doc:"The address by which people reach the server: in mails, in links and for single sign-on. Required once it listens beyond this machine."`
	Hosts     []string `yaml:"hosts" example:"demarc.example.org" doc:"Further host names by which the server may be called; that of base_url is one already. Any other is refused."`
	Data      string   `yaml:"data" example:"/var/lib/demarc" doc:"Folder of the store: database, keys, and blobs unless these are kept in a bucket."`
	Database  Secret   `yaml:"database" example:"postgres://demarc@db.example.org:5432/demarc?sslmode=verify-full" doc:"PostgreSQL database that holds the records in place of the folder. A password stands in database_password_file or in the environment, not here."`
	DBPass    string   `yaml:"database_password_file" example:"/run/secrets/database" doc:"File with the password of the database."`
	Workers   int      `yaml:"workers" default:"2" min:"0" max:"256" doc:"Jobs that this process works on at a time. 0: none, it only serves."`
	PrintLink bool     `yaml:"print_link" default:"false" doc:"Whether to print a link that signs in once as owner when the server starts. For this machine only: whoever reads the output is the owner."`

	TLS     TLS     `yaml:"tls" doc:"TLS by this server itself. Without it the server speaks plain HTTP and belongs behind a reverse proxy as soon as others reach it."`
	Proxy   Proxy   `yaml:"proxy" doc:"The reverse proxy in front, when there is one."`
	Blobs   Blobs   `yaml:"blobs" doc:"Where large bodies (snapshots, documents) are kept."`
	SMTP    SMTP    `yaml:"smtp" doc:"The mail server. Without it no mail is sent."`
	Hook    Hook    `yaml:"hook" doc:"What webhooks may reach. Without it: https to public addresses only."`
	OIDC    []OIDC  `yaml:"oidc" doc:"Providers for single sign-on."`
	Session Session `yaml:"session" doc:"How long people stay signed in."`
	Limit   Limit   `yaml:"limit" doc:"What one caller may ask."`
	Log     Log     `yaml:"log" doc:"The log, on standard error."`
	Metrics Metrics `yaml:"metrics" doc:"Prometheus metrics and the details of readiness."`
	Trace   Trace   `yaml:"trace" doc:"OpenTelemetry traces."`
	AWS     AWS     `yaml:"aws" doc:"The credentials that collectors may use. A collector that asks for others is refused."`
	origins map[string]origin
	DSN     Secret `yaml:"-"` // the address of the database with its password; empty for SQLite
}

// TLS is the certificate of the server.
type TLS struct {
	Cert string `yaml:"cert" example:"/etc/demarc/tls/fullchain.pem" doc:"File with the certificate and its chain, PEM. Read again when it changes."`
	Key  string `yaml:"key" example:"/etc/demarc/tls/privkey.pem" doc:"File with the private key, PEM."`
}

// Proxy says whose headers about the caller are believed.
type Proxy struct {
	Trusted []string `yaml:"trusted" example:"127.0.0.1/32,::1/128" doc:"Networks of reverse proxies whose X-Forwarded-For, X-Forwarded-Proto and X-Request-Id are believed."`
}

// Blobs says where large bodies are kept.
type Blobs struct {
	Kind     string `yaml:"kind" default:"folder" oneof:"folder,s3" doc:"folder: below data. s3: in a bucket, as replicas on several machines need."`
	Bucket   string `yaml:"bucket" example:"demarc-blobs" doc:"Name of the bucket."`
	Region   string `yaml:"region" example:"eu-central-1" doc:"Region of the bucket."`
	Endpoint string `yaml:"endpoint" example:"https://minio.example.org" doc:"Address of an S3-compatible store that is not AWS."`
	Prefix   string `yaml:"prefix" example:"demarc/" doc:"What the names of all objects begin with."`
	Profile  string `yaml:"profile" example:"demarc" doc:"Profile of the AWS configuration to sign with; else the usual chain of credentials."`
}

// SMTP is the mail server.
type SMTP struct {
	Server       string `yaml:"server" example:"smtp.example.org:587" doc:"Host and port."`
	TLS          string `yaml:"tls" default:"starttls" oneof:"starttls,implicit,none" doc:"starttls: port 587, encryption is required. implicit: port 465. none: for a relay on this machine; no password is sent."`
	User         string `yaml:"user" example:"demarc" doc:"Name to sign in with; none when empty."`
	PasswordFile string `yaml:"password_file" example:"/run/secrets/smtp" doc:"File with the password (or DEMARC_SMTP_PASSWORD)."`
	From         string `yaml:"from" example:"Demarc <demarc@example.org>" doc:"The sender."`
	Password     Secret `yaml:"-"` // from the file or the environment
}

// Hook says what webhooks may reach beyond the public internet.
type Hook struct {
	AllowNetworks []string `yaml:"allow_networks" example:"10.20.0.0/16" doc:"Networks inside that webhooks may call."`
	AllowHTTP     bool     `yaml:"allow_http" default:"false" doc:"Whether http:// is allowed towards these networks."`
}

// OIDC is one provider for single sign-on.
type OIDC struct {
	ID           string     `yaml:"id" example:"corporate" doc:"Short name, in the address of the callback: <base_url>/signin/<id>/callback."`
	Name         string     `yaml:"name" example:"Example Corporation" doc:"What the button says."`
	Issuer       string     `yaml:"issuer" example:"https://login.example.org/realms/main" doc:"The issuer's address, exactly as its tokens have it."`
	ClientID     string     `yaml:"client_id" example:"demarc" doc:"The client's id at the provider."`
	SecretFile   string     `yaml:"client_secret_file" example:"/run/secrets/oidc" doc:"File with the client's secret (or DEMARC_OIDC_<ID>_CLIENT_SECRET)."`
	Scopes       []string   `yaml:"scopes" example:"openid,profile,email,groups" doc:"Scopes to ask for; openid, profile and email when empty."`
	GroupsClaim  string     `yaml:"groups_claim" example:"groups" doc:"The claim that lists groups."`
	Roles        []OIDCRole `yaml:"roles" doc:"Which group has which role in which organisation."`
	ClientSecret Secret     `yaml:"-"` // from the file or the environment
}

// OIDCRole gives the members of a group a role.
type OIDCRole struct {
	Group        string `yaml:"group" example:"cloud-security" doc:"The group, as the claim has it."`
	Organisation string `yaml:"organisation" example:"larkspur" doc:"The organisation's id."`
	Role         string `yaml:"role" example:"manager" doc:"The role."`
}

// Session says how long people stay signed in.
type Session struct {
	Idle     Duration `yaml:"idle" default:"8h" doc:"A session ends when nothing was asked for so long."`
	Absolute Duration `yaml:"absolute" default:"24h" doc:"A session ends so long after the sign-in in any case."`
}

// Limit says what one caller may ask.
type Limit struct {
	Address int `yaml:"address_per_minute" default:"600" min:"0" max:"1000000" doc:"Requests a minute from one address (one /64 of IPv6) without a session. 0: no limit."`
	Account int `yaml:"account_per_minute" default:"6000" min:"0" max:"10000000" doc:"Requests a minute of one account or token. 0: no limit."`
	Upload  int `yaml:"upload_megabytes" default:"256" min:"1" max:"1048576" doc:"The largest upload, in megabytes of 1,000,000 bytes."`
}

// Log is how the log is written.
type Log struct {
	Level  string `yaml:"level" default:"info" oneof:"debug,info,warn,error" doc:"The least that is written."`
	Format string `yaml:"format" default:"text" oneof:"text,json" doc:"text for people, json for programs."`
}

// Metrics is where metrics are served.
type Metrics struct {
	Listen string `yaml:"listen" example:"127.0.0.1:9117" doc:"Address and port of /metrics, /healthz and /readyz with details. Nobody signs in there: keep it inside. Empty: not served."`
}

// Trace is where traces go.
type Trace struct {
	Endpoint string `yaml:"endpoint" example:"http://127.0.0.1:4318" doc:"Address of a collector that speaks OTLP over HTTP. Empty: no traces."`
	Sample   int    `yaml:"sample_percent" default:"100" min:"0" max:"100" doc:"How many of a hundred requests are traced."`
}

// AWS lists the credentials that collectors may use.
type AWS struct {
	Profiles []string `yaml:"profiles" example:"audit-prod,audit-ops" doc:"Profiles of the AWS configuration of this machine."`
	Roles    []string `yaml:"roles" example:"arn:aws:iam::210987654321:role/demarc-read" doc:"Roles that may be assumed."`
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
