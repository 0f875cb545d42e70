// SPDX-License-Identifier: Apache-2.0

package host

import (
	"errors"
	"io/fs"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"

	"demarc.dev/demarc/cloud"
)

// person is a line of /etc/passwd.
type person struct {
	name, home, shell string
	uid, gid          int
	groups            []string
}

// signsIn tells whether somebody may sign in with the account at all.
func (p person) signsIn() bool {
	base := path.Base(p.shell)
	return base != "nologin" && base != "false" && base != "sync" && base != "halt" && base != "shutdown" && base != "true"
}

func (m *machine) readAccounts() {
	text, err := m.text("/etc/passwd")
	if err != nil {
		m.miss(err, "root_accounts", "empty_passwords")
		m.scopeGap(err, cloud.HostAccount)
		return
	}
	m.people = parsePasswd(text)
	groups, err := m.optional("/etc/group")
	if err == nil {
		joinGroups(m.people, groups)
	}
	var roots []string
	for _, p := range m.people {
		if p.uid == 0 {
			roots = append(roots, p.name)
		}
	}
	m.set("root_accounts", roots, nil)
	shadow, unread := m.text("/etc/shadow")
	secrets := parseShadow(shadow)
	var empty []string
	for i, line := range lines(text, "#") {
		f := strings.Split(line, ":")
		if len(f) < 2 || i >= len(m.people) {
			continue
		}
		if f[1] == "" || f[1] == "x" && unread == nil && secrets[f[0]].known && secrets[f[0]].hash == "" {
			empty = append(empty, f[0])
		}
	}
	m.set("empty_passwords", empty, unread)
	for _, p := range m.people {
		if p.signsIn() {
			m.others = append(m.others, m.account(p, secrets[p.name], unread))
		}
	}
}

// parsePasswd reads lines of name:password:uid:gid:words:home:shell.
func parsePasswd(text string) []person {
	var out []person
	for _, line := range lines(text, "#") {
		f := strings.Split(line, ":")
		p := person{name: cut(f[0], 64), uid: -1, gid: -1, shell: "/bin/sh"}
		if len(f) >= 7 {
			if n, err := strconv.ParseUint(f[2], 10, 31); err == nil {
				p.uid = int(n)
			}
			if n, err := strconv.ParseUint(f[3], 10, 31); err == nil {
				p.gid = int(n)
			}
			p.home = cut(f[5], 256)
			if f[6] != "" {
				p.shell = cut(f[6], 256)
			}
		}
		if out = append(out, p); len(out) >= maxPackages {
			break
		}
	}
	return out
}

func joinGroups(people []person, text string) {
	members := map[string][]string{}
	ids := map[int]string{}
	for _, line := range lines(text, "#") {
		f := strings.Split(line, ":")
		if len(f) < 4 {
			continue
		}
		if n, err := strconv.ParseUint(f[2], 10, 31); err == nil {
			ids[int(n)] = f[0]
		}
		for _, name := range strings.Split(f[3], ",") {
			members[name] = append(members[name], f[0])
		}
	}
	for i := range people {
		people[i].groups = slices.Clone(members[people[i].name])
		if own := ids[people[i].gid]; own != "" {
			people[i].groups = append(people[i].groups, own)
		}
	}
}

// secret is a line of /etc/shadow, without what it keeps secret.
type secret struct {
	known   bool
	hash    string // "", "locked", or the scheme
	changed time.Time
	maxDays int
}

func parseShadow(text string) map[string]secret {
	out := map[string]secret{}
	for _, line := range lines(text, "#") {
		f := strings.Split(line, ":")
		if len(f) < 5 {
			continue
		}
		s := secret{known: true, hash: scheme(f[1])}
		if days, err := strconv.ParseUint(f[2], 10, 31); err == nil && days > 0 {
			s.changed = time.Unix(0, 0).UTC().AddDate(0, 0, int(min(days, 100_000)))
		}
		if days, err := strconv.ParseUint(f[4], 10, 31); err == nil && days < 99_999 {
			s.maxDays = int(days)
		}
		if _, twice := out[f[0]]; !twice { // the first is what the system takes
			out[f[0]] = s
		}
	}
	return out
}

// scheme names how a password is kept (crypt(5)).
func scheme(field string) string {
	switch {
	case field == "":
		return ""
	case strings.ContainsAny(field[:1], "!*"):
		return "locked"
	case field[0] != '$' && field[0] != '_':
		return "des"
	}
	name, _, _ := strings.Cut(strings.TrimPrefix(field, "$"), "$")
	if known := map[string]string{"1": "md5", "2": "bcrypt", "2a": "bcrypt", "2b": "bcrypt", "2x": "bcrypt", "2y": "bcrypt", "5": "sha256", "6": "sha512", "7": "scrypt", "y": "yescrypt", "gy": "gost-yescrypt", "sha1": "sha1", "md5": "md5", "3": "nt"}[name]; known != "" {
		return known
	}
	if field[0] == '_' {
		return "des"
	}
	return "other"
}

// account makes the resource of an account.
func (m *machine) account(p person, s secret, unread error) cloud.Resource {
	r := cloud.Resource{ID: m.r.ID + "/account/" + p.name, Kind: cloud.HostAccount, Native: "linux.account", Provider: Provider, Source: m.r.Source, Account: m.r.Account, Region: m.r.Region,
		Name: p.name + " on " + m.r.Name, Tenant: m.r.Tenant, Tags: m.o.Tags, Attributes: map[string]any{"shell": p.shell}, Gaps: map[string]cloud.Gap{},
		Links: []cloud.Link{{Relation: "member-of", Target: m.r.ID}}, Seen: m.r.Seen}
	if p.uid >= 0 {
		r.Attributes["uid"] = int64(p.uid)
	} else {
		r.Gaps["uid"] = cloud.Gap{Reason: cloud.Unreadable, Call: "read /etc/passwd", Detail: "the line is no line of passwd(5)"}
	}
	secretFacts := []string{"password", "hash", "password_changed", "password_max_days"}
	switch {
	case unread != nil:
		for _, name := range secretFacts {
			r.Gaps[name] = gapOf(unread)
		}
	case !s.known:
		for _, name := range secretFacts {
			r.Gaps[name] = cloud.Gap{Reason: cloud.NotInSource, Call: "read /etc/shadow", Detail: "the file has no line of this account"}
		}
	default:
		password := "set"
		hash := s.hash
		if s.hash == "" {
			password = "empty"
		} else if s.hash == "locked" {
			password, hash = "locked", ""
		}
		r.Attributes["password"], r.Attributes["hash"], r.Attributes["password_changed"], r.Attributes["password_max_days"] = password, hash, s.changed, int64(s.maxDays)
	}
	if keys, err := m.keysOf(p); err == nil {
		r.Attributes["keys"] = int64(keys)
	} else {
		r.Gaps["keys"] = gapOf(err)
	}
	return r
}

// keysOf counts the keys in the files where OpenSSH looks by default.
func (m *machine) keysOf(p person) (int, error) {
	if p.home == "" {
		return 0, nil
	}
	n := 0
	for _, file := range []string{"authorized_keys", "authorized_keys2"} {
		text, err := m.text(path.Join("/", p.home, ".ssh", file))
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return 0, err
		}
		n += len(lines(text, "#"))
	}
	return n, nil
}
