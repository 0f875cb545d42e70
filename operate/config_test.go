// SPDX-License-Identifier: Apache-2.0

package operate

import (
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"testing"
	"time"

	"gopkg.in/yaml.v3"

	"demarc.dev/demarc/internal/strict"
	"demarc.dev/demarc/problem"
)

func write(t *testing.T, name, words string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(words), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestLoad_DefaultsAlone(t *testing.T) {
	c, err := Load(Source{})
	if err != nil {
		t.Fatal(err)
	}
	if c.Listen != "127.0.0.1:7117" || c.Workers != 0 || !c.PrintLink || c.SMTP.TLS != "starttls" || c.Session.Idle.Value() != 2*time.Hour || c.Limit.Address != 1200 || c.DSN != "" {
		t.Errorf("the defaults are %+v", c)
	}
}

func TestLoad_FlagsOverEnvironmentOverFile(t *testing.T) {
	file := write(t, "demarc.yaml", "listen: 127.0.0.1:1\nworkers: 1\nlog:\n  level: debug\nhosts: [a.example.org]\nproxy:\n  trusted: [127.0.0.1, 10.0.0.0/8]\n")
	c, err := Load(Source{File: file, Env: []string{"DEMARC_LISTEN=127.0.0.1:2", "DEMARC_WORKERS=2", "DEMARC_HOSTS=b.example.org, c.example.org", "HOME=/root", "DEMARC_DEBUG=1"},
		Flags: map[string]string{"listen": "127.0.0.1:3"}, Other: []string{"DEMARC_DEBUG"}})
	if err != nil {
		t.Fatal(err)
	}
	if c.Listen != "127.0.0.1:3" || c.Workers != 2 || c.Log.Level != "debug" || strings.Join(c.Hosts, " ") != "b.example.org c.example.org" || len(c.TrustedProxies()) != 2 {
		t.Errorf("Load = %+v", c)
	}
}

func TestLoad_TellsAllFaults(t *testing.T) {
	file := write(t, "demarc.yaml", `listen: nowhere
behind_tsl: true
workers: many
database: postgres://demarc:hunter2@db/demarc
tls:
  cert: /nowhere/cert.pem
smtp:
  server: smtp.example.org:587
  tls: sometimes
  user: demarc
  password_file: /nowhere/password
  from: nobody
oidc:
  issuer: http://login.example.org
  grants: [auditors]
session:
  idle: 2 days
hook:
  allow_networks: [10.0.0.0/8, inside]
`)
	_, err := Load(Source{File: file, Env: []string{"DEMARC_METRICS_LISTN=:1", "DEMARC_LIMIT_ADDRESS_PER_MINUTE=-1", "DEMARC_TRACE_SAMPLE_PERCENT=all"},
		Flags: map[string]string{"log.levl": "info", "log.format": "xml"}})
	var faults strict.Faults
	if problem.Of(err) != problem.Invalid || !errors.As(err, &faults) {
		t.Fatalf("Load = %v", err)
	}
	for _, want := range []string{
		`demarc.yaml:1: listen: "nowhere" is no address`,
		`demarc.yaml:2: behind_tsl: the format has no field "behind_tsl" here; did you mean "behind_tls"?`,
		`demarc.yaml:3: workers: "many" is not a whole number`,
		`demarc.yaml:4: database: a password stands in the file`,
		`demarc.yaml:6: tls.cert: a certificate needs its key`,
		`demarc.yaml:9: smtp.tls: "sometimes" is none of starttls, implicit, none`,
		`demarc.yaml:11: smtp.password_file: /nowhere/password: there is no such file`,
		`demarc.yaml:12: smtp.from: "nobody" is no mail address`,
		`demarc.yaml:14: oidc.issuer: a provider that is not on this machine must be reached by https://`,
		`demarc.yaml:15: oidc.grants[0]: "auditors" is none; write group=organisation:role`,
		`oidc.client_id: the provider has no client_id`,
		`oidc.groups_claim: groups are worth something`,
		`oidc.client_secret_file: the client has no secret`,
		`url: single sign-on needs url`,
		`demarc.yaml:17: session.idle: "2 days" is no length of time`,
		`demarc.yaml:19: hook.allow_networks[1]: "inside" is no network`,
		`the environment: DEMARC_METRICS_LISTN: no such setting; did you mean "DEMARC_METRICS_LISTEN"?`,
		`the environment: DEMARC_LIMIT_ADDRESS_PER_MINUTE: -1 is out of range`,
		`the environment: DEMARC_TRACE_SAMPLE_PERCENT: "all" is not a whole number`,
		`the flags: log.levl: no such setting; did you mean "log.level"?`,
		`the flags: log.format: "xml" is none of text, json`,
	} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("does not tell %s", want)
		}
	}
	if strings.Contains(err.Error(), "hunter2") {
		t.Errorf("tells the password")
	}
	if t.Failed() {
		t.Log(err)
	}
}

func TestLoad_Faults(t *testing.T) {
	for name, c := range map[string]struct {
		env  []string
		want string
	}{
		"KeyWithoutCert":       {[]string{"DEMARC_TLS_KEY=/x"}, "a key needs its certificate"},
		"PasswordInPlain":      {[]string{"DEMARC_SMTP_SERVER=localhost:25", "DEMARC_SMTP_TLS=none", "DEMARC_SMTP_USER=a", "DEMARC_SMTP_PASSWORD=b", "DEMARC_SMTP_FROM=a@b.example"}, "over TLS only"},
		"OIDCWithoutIssuer":    {[]string{"DEMARC_OIDC_CLIENT_ID=a"}, "no issuer is named"},
		"MailWithoutServer":    {[]string{"DEMARC_SMTP_USER=a"}, "no server is named"},
		"PasswordOfNoDatabase": {[]string{"DEMARC_DATABASE_PASSWORD=a"}, "no database"},
		"TwoPasswords":         {[]string{"DEMARC_DATABASE=postgres://a:b@c/d", "DEMARC_DATABASE_PASSWORD=e"}, "keep one"},
		"NoDatabase":           {[]string{"DEMARC_DATABASE=mysql://a@c/d"}, "no address of a database"},
		"IdleAboveAbsolute":    {[]string{"DEMARC_SESSION_IDLE=48h"}, "longer than session.absolute"},
		"HTTPNowhere":          {[]string{"DEMARC_HOOK_ALLOW_HTTP=true"}, "that is empty"},
		"NegativeTime":         {[]string{"DEMARC_SESSION_IDLE=-1h"}, "no length of time above zero"},
		"QueryInBase":          {[]string{"DEMARC_URL=https://a.example/?x=y"}, "neither a password nor"},
	} {
		if _, err := Load(Source{Env: c.env}); problem.Of(err) != problem.Invalid || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: Load = %v", name, err)
		}
	}
	if _, err := Load(Source{File: "/nowhere/demarc.yaml"}); err == nil || !strings.Contains(err.Error(), "/nowhere/demarc.yaml: there is no such file") {
		t.Errorf("a file that is not there: %v", err)
	}
}

func TestLoad_SecretsComeFromFilesAndAreNotPrinted(t *testing.T) {
	password := write(t, "password", "correct horse\n")
	file := write(t, "demarc.yaml", "url: https://demarc.example.org\nsmtp:\n  server: smtp.example.org:587\n  user: demarc\n  from: Demarc <demarc@example.org>\n  password_file: "+password+"\noidc:\n  issuer: https://login.example.org\n  client_id: demarc\n")
	c, err := Load(Source{File: file, Env: []string{"DEMARC_DATABASE=postgres://demarc@db.example.org/demarc?sslmode=verify-full", "DEMARC_DATABASE_PASSWORD=p@ss/word", "DEMARC_OIDC_SECRET=battery staple"}})
	if err != nil {
		t.Fatal(err)
	}
	if string(c.SMTP.Password) != "correct horse" || string(c.OIDC.Secret) != "battery staple" || string(c.DSN) != "postgres://demarc:p%40ss%2Fword@db.example.org/demarc?sslmode=verify-full" {
		t.Errorf("the secrets are %q, %q and %q", string(c.SMTP.Password), string(c.OIDC.Secret), string(c.DSN))
	}
	var log strings.Builder
	slog.New(slog.NewJSONHandler(&log, nil)).Info("x", "config", c, "dsn", c.DSN)
	asJSON, _ := json.Marshal(c)
	asYAML, _ := yaml.Marshal(c)
	all := fmt.Sprintf("%v %+v %#v %x %q %v ", *c, *c, *c, c.DSN, c.SMTP, c.DSN) + log.String() + string(asJSON) + string(asYAML)
	for _, s := range []string{"horse", "staple", "word@", "p%40ss", "p@ss", fmt.Sprintf("%x", "ss")} {
		if strings.Contains(all, s) {
			t.Errorf("%q is printed: %s", s, all)
		}
	}
}

// TestLoad_Deploy: the settings beside the unit of systemd are good ones.
func TestLoad_Deploy(t *testing.T) {
	c, err := Load(Source{File: filepath.Join("..", "deploy", "demarc.yaml")})
	if err != nil || !c.BehindTLS || len(c.TrustedProxies()) != 1 || c.Data == "" {
		t.Errorf("Load = %+v, %v", c, err)
	}
}

func TestSample(t *testing.T) {
	sample := string(Sample())
	c, err := Load(Source{File: write(t, "sample.yaml", sample)})
	if err != nil {
		t.Fatalf("%v\n%s", err, sample)
	}
	plain, err := Load(Source{})
	if err != nil {
		t.Fatal(err)
	}
	c.origins, plain.origins = nil, nil
	if !reflect.DeepEqual(c, plain) {
		t.Errorf("the sample is %+v, the defaults are %+v", c, plain)
	}
	// With every example taken in, the format knows every field.
	full := regexp.MustCompile(`(?m)^( *)#([a-z_]+:)`).ReplaceAllString(sample, "$1$2")
	var config Config
	if err := strict.Read("full.yaml", []byte(full), &config).Err(); err != nil {
		t.Fatalf("%v\n%s", err, full)
	}
	if len(config.OIDC.Grants) != 1 || config.SMTP.Server == "" || config.Blobs == "" {
		t.Errorf("the examples read as %+v\n%s", config, full)
	}
	for _, f := range Fields() {
		if f.Doc == "" || f.Default == "" && f.Example == "" && f.Kind != "table" {
			t.Errorf("%s has no words or no example", f.Path)
		}
	}
}

func FuzzLoad(f *testing.F) {
	f.Add(string(Sample()), "DEMARC_LISTEN=:1")
	f.Add("oidc: {issuer: a, grants: [{}]}", "DEMARC_OIDC_SECRET=x")
	f.Add("listen: [a]\nhosts: a\nlog: x", "DEMARC_HOSTS=,,")
	f.Fuzz(func(t *testing.T, words, env string) {
		if strings.Contains(words+env, "_file") || strings.Contains(env, "_FILE") || strings.Contains(words, "/") {
			t.Skip() // it would read files of this machine
		}
		file := filepath.Join(t.TempDir(), "demarc.yaml")
		if err := os.WriteFile(file, []byte(words), 0o600); err != nil {
			t.Fatal(err)
		}
		c, err := Load(Source{File: file, Env: []string{env}})
		if (c == nil) == (err == nil) || err != nil && problem.Of(err) != problem.Invalid {
			t.Fatalf("Load = %v, %v", c, err)
		}
	})
}
