// SPDX-License-Identifier: Apache-2.0

package host

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"

	"demarc.dev/demarc/cloud"
)

// sudoers is what /etc/sudoers and what it includes come to.
type sudoers struct {
	m        *machine
	unasked  []string
	admins   []string // users, %groups and aliases that may become root for every command
	aliases  map[string][]string
	defaults map[string]string
	files    int
	err      error
}

func (m *machine) readSudo() {
	s := &sudoers{m: m, defaults: map[string]string{}, aliases: map[string][]string{}}
	text, err := m.text("/etc/sudoers")
	if errors.Is(err, fs.ErrNotExist) {
		if there, other := m.any("/usr/bin/sudo", "/bin/sudo", "/usr/local/bin/sudo"); other == nil && !there {
			m.set("sudo_unasked", []string{}, nil)
			m.set("sudo_pty", true, nil) // nobody runs anything by it
			m.set("sudo_logged", true, nil)
			m.admins(s, nil)
			return
		}
	}
	if err == nil {
		s.read(text, 0)
		err = s.err
	}
	m.set("sudo_unasked", s.unasked, err)
	m.set("sudo_pty", s.on("use_pty", m.ptyByDefault()), err)
	m.set("sudo_logged", s.defaults["logfile"] != "" || s.on("log_output", false) || s.on("log_input", false) || s.defaults["log_servers"] != "", err)
	m.admins(s, err)
}

// ptyByDefault tells whether sudo uses a terminal of its own without being told,
// which it does since 1.9.14.
func (m *machine) ptyByDefault() bool {
	for _, line := range m.raw.Packages {
		if f := strings.Fields(line); len(f) > 1 && f[0] == "sudo" {
			return compareDeb(f[1], "1.9.14") >= 0
		}
	}
	return false
}

func (s *sudoers) on(name string, otherwise bool) bool {
	value, set := s.defaults[name]
	if !set {
		return otherwise
	}
	return value != "no"
}

func (s *sudoers) read(text string, depth int) {
	if s.files++; s.files > maxFiles || depth > maxSSHDepth {
		s.err = &pathError{"/etc/sudoers", fmt.Errorf("its includes never end: %w", errLarge)}
		return
	}
	for line := range strings.Lines(continued(text)) {
		line = strings.TrimSpace(line)
		f := strings.Fields(line)
		if len(f) == 0 {
			continue
		}
		switch word := strings.TrimLeft(f[0], "#@"); {
		case (word == "include" || word == "includedir") && word != f[0] && len(f) > 1:
			s.include(word, strings.Trim(f[1], `"`), depth)
		case f[0][0] == '#' && !(len(f[0]) > 1 && digit(f[0][1])): // #1000 is a user id
		case strings.HasPrefix(f[0], "Defaults"):
			s.setDefaults(f[0], strings.TrimSpace(strings.TrimPrefix(line, f[0])))
		case f[0] == "User_Alias":
			s.alias(strings.TrimSpace(strings.TrimPrefix(line, f[0])))
		case strings.HasSuffix(f[0], "_Alias"):
		default:
			s.rule(line)
		}
	}
}

func (s *sudoers) include(word, name string, depth int) {
	if !strings.HasPrefix(name, "/") {
		name = path.Join("/etc", name)
	}
	files := []string{name}
	if word == "includedir" {
		names, err := s.m.names(name)
		if err != nil {
			s.err = err
			return
		}
		files = nil
		for _, n := range names {
			if !strings.Contains(n, ".") && !strings.HasSuffix(n, "~") {
				files = append(files, path.Join(name, n))
			}
		}
	}
	for _, f := range files {
		text, err := s.m.text(f)
		if err != nil {
			s.err = err
			return
		}
		s.read(text, depth+1)
	}
}

// setDefaults notes options that hold for everyone.
func (s *sudoers) setDefaults(head, rest string) {
	if head != "Defaults" { // of a user, host, command or target
		return
	}
	for _, option := range strings.Split(rest, ",") {
		name, value, is := strings.Cut(strings.TrimSpace(option), "=")
		name = strings.TrimRight(strings.TrimSpace(name), "+-")
		switch {
		case is:
			s.defaults[name] = strings.Trim(strings.TrimSpace(value), `"`)
		case strings.HasPrefix(name, "!"):
			s.defaults[name[1:]] = "no"
		default:
			s.defaults[name] = "yes"
		}
	}
}

func (s *sudoers) alias(text string) {
	for _, one := range strings.Split(text, ":") {
		if name, members, ok := strings.Cut(one, "="); ok {
			s.aliases[strings.TrimSpace(name)] = splitWords(members)
		}
	}
}

func splitWords(list string) []string {
	var out []string
	for _, w := range strings.Split(list, ",") {
		if w = strings.TrimSpace(w); w != "" {
			out = append(out, w)
		}
	}
	return out
}

// rule reads "who hosts = (as whom) TAG: commands". A tag holds for the commands
// after it until its opposite.
func (s *sudoers) rule(line string) {
	left, right, ok := strings.Cut(line, "=")
	who := strings.Join(strings.Fields(left), " ")
	if i := strings.LastIndexByte(who, ' '); i > 0 {
		who = who[:i] // the last word is the hosts
	}
	if !ok || who == "" {
		return
	}
	asked, all := true, false
	for _, command := range splitWords(withoutTarget(right)) {
		for {
			tag, rest, tagged := strings.Cut(command, ":")
			if !tagged || strings.ToUpper(tag) != tag || strings.ContainsAny(tag, " /") {
				break
			}
			switch strings.TrimSpace(tag) {
			case "NOPASSWD":
				asked = false
			case "PASSWD":
				asked = true
			}
			command = strings.TrimSpace(rest)
		}
		all = all || command == "ALL"
		if !asked {
			s.unasked = append(s.unasked, cut(who+": "+command, 200))
		}
	}
	if all && (!strings.Contains(right, "(") || strings.Contains(right, "ALL)") || strings.Contains(right, "ALL:") || strings.Contains(right, "(root")) {
		s.admins = append(s.admins, splitWords(who)...)
	}
}

// withoutTarget leaves out "(root)" and the like, with the commas in it.
func withoutTarget(text string) string {
	var b strings.Builder
	depth := 0
	for _, c := range text {
		switch {
		case c == '(':
			depth++
		case c == ')' && depth > 0:
			depth--
		case depth == 0:
			b.WriteRune(c)
		}
	}
	return b.String()
}

// admins tells of each account whether it is, or by sudo becomes, root.
func (m *machine) admins(s *sudoers, err error) {
	who := map[string]bool{}
	for _, name := range s.admins {
		who[name] = true
		for _, member := range s.aliases[name] {
			who[member] = true
		}
	}
	byName := map[string]person{}
	for _, p := range m.people {
		byName[p.name] = p
	}
	for i := range m.others {
		r := &m.others[i]
		if r.Kind != cloud.HostAccount {
			continue
		}
		p := byName[path.Base(r.ID)]
		admin := p.uid == 0 || who["ALL"] || who[p.name] || who[fmt.Sprintf("#%d", p.uid)] || slices.ContainsFunc(p.groups, func(g string) bool { return who["%"+g] })
		if err != nil && !admin {
			r.Gaps["admin"] = gapOf(err)
			continue
		}
		r.Attributes["admin"] = admin
	}
}
