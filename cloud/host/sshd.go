// SPDX-License-Identifier: Apache-2.0

package host

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"
)

const sshdConfig = "/etc/ssh/sshd_config"

// maxSSHDepth is how deep Include may nest, as in OpenSSH.
const maxSSHDepth = 16

// sshdDefaults are what OpenSSH does where nothing is set (sshd_config(5)).
var sshdDefaults = map[string]string{
	"permitrootlogin": "prohibit-password", "passwordauthentication": "yes", "kbdinteractiveauthentication": "yes", "permitemptypasswords": "no", "pubkeyauthentication": "yes",
	"hostbasedauthentication": "no", "ignorerhosts": "yes", "permituserenvironment": "no", "strictmodes": "yes", "x11forwarding": "no", "allowtcpforwarding": "yes",
	"allowagentforwarding": "yes", "gatewayports": "no", "permittunnel": "no", "maxauthtries": "6", "logingracetime": "120", "clientaliveinterval": "0", "clientalivecountmax": "3",
	"maxsessions": "10", "loglevel": "info", "usepam": "no", "banner": "none", "authenticationmethods": "any",
}

// sshd is what a configuration of OpenSSH's server comes to. The first value of
// a keyword wins, in the order of the files; a Match block holds until the next
// one or the end of its file, and Match all speaks of everyone.
type sshd struct {
	m        *machine
	set      map[string]string
	matched  []string // "condition: name=value", of Match blocks
	files    int
	match    string // the condition that is open; empty for everyone
	included error
}

func (m *machine) readSSH() {
	names := []string{"ssh_server", "ssh_settings", "ssh_exceptions", "ssh_weak"}
	text, err := m.text(sshdConfig)
	if errors.Is(err, fs.ErrNotExist) {
		installed, err := m.any("/usr/sbin/sshd", "/usr/local/sbin/sshd", "/usr/etc/ssh/sshd_config")
		if err == nil && installed {
			err = &pathError{sshdConfig, errors.New("a server is installed and its settings are elsewhere")}
			m.set("ssh_server", true, nil)
			m.miss(err, names[1:]...)
			return
		}
		m.set("ssh_server", false, err)
		for _, name := range names[1:] {
			m.set(name, []string{}, err)
		}
		return
	}
	if err != nil {
		m.miss(err, names...)
		return
	}
	s := &sshd{m: m, set: map[string]string{}}
	s.read(text, 0)
	m.set("ssh_server", true, nil)
	if s.included != nil {
		m.miss(s.included, names[1:]...)
		return
	}
	var settings []string
	for _, name := range sortedKeys(sshdDefaults) {
		value, ok := s.set[name]
		if !ok {
			value = sshdDefaults[name]
		}
		settings = append(settings, name+"="+cut(value, 200))
	}
	m.raw.SSH = slices.Clone(settings)
	for _, name := range []string{"allowusers", "allowgroups", "denyusers", "denygroups", "ciphers", "macs", "kexalgorithms", "port", "listenaddress"} {
		if value, ok := s.set[name]; ok {
			m.raw.SSH = append(m.raw.SSH, name+"="+cut(value, 1000))
		}
	}
	m.set("ssh_settings", settings, nil)
	m.set("ssh_exceptions", s.matched, nil)
	weak, err := s.weak()
	m.set("ssh_weak", weak, err)
}

// read goes through one file.
func (s *sshd) read(text string, depth int) {
	if s.files++; s.files > maxFiles || depth > maxSSHDepth {
		s.included = &pathError{sshdConfig, fmt.Errorf("its includes never end: %w", errLarge)}
		return
	}
	outer := s.match
	for _, line := range lines(text, "#") {
		name, args := sshdLine(line)
		switch name {
		case "include":
			for _, pattern := range args {
				s.include(pattern, depth)
			}
		case "match":
			s.match = strings.Join(args, " ")
			if len(args) == 1 && strings.EqualFold(args[0], "all") {
				s.match = ""
			}
			if outer != "" { // an include within a block holds for that block only
				s.match = strings.TrimSpace(outer + " " + s.match)
			}
		default:
			s.note(name, strings.Join(args, " "))
		}
	}
	s.match = outer
}

func (s *sshd) note(name, value string) {
	if alias, ok := map[string]string{"challengeresponseauthentication": "kbdinteractiveauthentication", "skeyauthentication": "kbdinteractiveauthentication", "dsaauthentication": "pubkeyauthentication"}[name]; ok {
		name = alias
	}
	if name == "" || value == "" {
		return
	}
	if name == "permitrootlogin" && strings.EqualFold(value, "without-password") {
		value = "prohibit-password"
	}
	if _, simple := sshdDefaults[name]; simple && name != "banner" {
		value = strings.ToLower(value)
	}
	if s.match != "" {
		if _, known := sshdDefaults[name]; known && len(s.matched) < maxFiles {
			s.matched = append(s.matched, cut(s.match, 120)+": "+name+"="+cut(value, 120))
		}
		return
	}
	if _, taken := s.set[name]; !taken {
		s.set[name] = value
	}
}

func (s *sshd) include(pattern string, depth int) {
	if !strings.HasPrefix(pattern, "/") {
		pattern = "/etc/ssh/" + pattern
	}
	files, err := s.m.glob(pattern)
	if err != nil {
		s.included = err
		return
	}
	for _, f := range files {
		text, err := s.m.text(f)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			s.included = err
			return
		}
		s.read(text, depth+1)
	}
}

// sshdLine parts a line into its keyword, in small letters, and its arguments.
func sshdLine(line string) (name string, args []string) {
	i := strings.IndexAny(line, " \t=")
	if i < 0 {
		return strings.ToLower(line), nil
	}
	name = strings.ToLower(line[:i])
	rest := strings.TrimLeft(line[i:], " \t=")
	for rest != "" {
		if rest[0] == '#' {
			break
		}
		if rest[0] == '"' {
			arg, after, _ := strings.Cut(rest[1:], `"`)
			args, rest = append(args, arg), strings.TrimLeft(after, " \t")
			continue
		}
		arg := rest
		if i := strings.IndexAny(rest, " \t"); i >= 0 {
			arg, rest = rest[:i], strings.TrimLeft(rest[i:], " \t")
		} else {
			rest = ""
		}
		args = append(args, arg)
	}
	return name, args
}

// weakSSH tells whether an algorithm is one that nobody should offer any more:
// broken or short ciphers, MD5 and truncated MACs, key exchanges with SHA-1 or
// 1024 bits.
func weakSSH(list, name string) bool {
	name = strings.ToLower(name)
	switch list {
	case "ciphers":
		return strings.Contains(name, "cbc") || strings.HasPrefix(name, "arcfour") || strings.Contains(name, "blowfish") || strings.Contains(name, "cast128") || strings.HasPrefix(name, "3des")
	case "macs":
		return strings.Contains(name, "md5") || strings.Contains(name, "-96") || strings.HasPrefix(name, "hmac-ripemd") || name == "hmac-sha1"
	}
	return strings.HasSuffix(name, "-sha1") || strings.HasPrefix(name, "diffie-hellman-group1-")
}

// weak gives the weak algorithms that are offered. What a list of names begins
// with says what it does to the defaults: + adds, - removes, ^ puts in front. The
// defaults hold none of the weak ones since OpenSSH 8.2, but hmac-sha1.
func (s *sshd) weak() ([]string, error) {
	var out []string
	for _, list := range []string{"ciphers", "macs", "kexalgorithms"} {
		value, set := s.set[list]
		whole := set && !strings.ContainsAny(value[:1], "+-^")
		if !whole {
			modern, err := s.modern()
			if err != nil {
				return nil, err
			}
			if !modern {
				out = append(out, list+" of an old default")
			}
			if list == "macs" && !(set && value[0] == '-' && removes(value[1:], "hmac-sha1")) {
				out = append(out, "hmac-sha1")
			}
		}
		if set && value[0] == '-' {
			continue
		}
		for _, name := range strings.Split(strings.TrimLeft(value, "+^"), ",") {
			if name = strings.TrimSpace(name); name != "" && weakSSH(list, name) {
				out = append(out, cut(name, 80))
			}
		}
	}
	return out, nil
}

func removes(patterns, name string) bool {
	return slices.ContainsFunc(strings.Split(patterns, ","), func(p string) bool {
		ok, err := path.Match(strings.TrimSpace(p), name)
		return err == nil && ok
	})
}

// modern tells whether the defaults are those of OpenSSH 8.2 or newer. Red Hat
// and its kin set the lists in a file of their policy, which sshd_config includes.
func (s *sshd) modern() (bool, error) {
	for _, line := range s.m.raw.Packages {
		f := strings.Fields(line)
		if len(f) > 1 && (f[0] == "openssh-server" || f[0] == "openssh") {
			version := f[1]
			if _, after, ok := strings.Cut(version, ":"); ok {
				version = after
			}
			return compareDeb(version, "8.2") >= 0, nil
		}
	}
	return false, errors.New("the version of its SSH server is not known, and so neither are its defaults")
}
