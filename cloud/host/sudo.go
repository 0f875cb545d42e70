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
	grants   []grant
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
		s.finish()
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
		case f[0] == "User_Alias" || f[0] == "Cmnd_Alias" || f[0] == "Cmd_Alias":
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

// setDefaults notes options that hold for everyone. That no password is asked is
// noted for whomever it holds: "Defaults:alice !authenticate".
func (s *sudoers) setDefaults(head, rest string) {
	scope := strings.TrimPrefix(head, "Defaults")
	for _, option := range strings.Split(rest, ",") {
		name, value, is := strings.Cut(strings.TrimSpace(option), "=")
		name, value = strings.TrimRight(strings.TrimSpace(name), "+-"), strings.Trim(strings.TrimSpace(value), `"`)
		switch {
		case name == "!authenticate":
			s.unask(scope)
		case name == "exempt_group" && is:
			s.unasked = append(s.unasked, "%"+cut(value, 100)+": ALL")
		}
		switch {
		case scope != "": // of a user, host, command or target
		case is:
			s.defaults[name] = value
		case strings.HasPrefix(name, "!"):
			s.defaults[name[1:]] = "no"
		default:
			s.defaults[name] = "yes"
		}
	}
}

// unask notes whom a line of defaults spares the password.
func (s *sudoers) unask(scope string) {
	switch {
	case scope == "":
		s.unasked = append(s.unasked, "everyone: ALL")
	case scope[0] == '!':
		s.unasked = append(s.unasked, cut("everyone: "+scope[1:], 200))
	default: // a user, or everyone on a host, or becoming somebody
		s.unasked = append(s.unasked, cut(strings.TrimLeft(scope, ":"), 100)+": ALL")
	}
}

// alias reads "NAME = members : NAME = members".
func (s *sudoers) alias(text string) {
	for _, one := range strings.Split(text, ":") {
		if name, members, ok := strings.Cut(one, "="); ok {
			s.aliases[strings.TrimSpace(name)] = splitWords(members)
		}
	}
}

// spread gives what an alias stands for, and anything else as it is. Aliases that
// are defined after their use count too, so this waits until all was read.
func (s *sudoers) spread(word string, depth int) []string {
	members, is := s.aliases[word]
	if !is || len(members) == 0 || depth > 8 {
		return []string{word}
	}
	var out []string
	for _, m := range members {
		if len(out) > maxFiles {
			break
		}
		out = append(out, s.spread(m, depth+1)...)
	}
	return out
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

// rule reads "who hosts = (as whom) TAG: commands : hosts = …". A tag holds for
// the commands after it until its opposite.
func (s *sudoers) rule(line string) {
	left, right, ok := strings.Cut(line, "=")
	who := strings.Join(strings.Fields(left), " ")
	if i := strings.LastIndexByte(who, ' '); i > 0 {
		who = who[:i] // the last word is the hosts
	}
	if !ok || who == "" {
		return
	}
	for i, part := range splitRules(right) {
		if i > 0 {
			_, part, _ = strings.Cut(part, "=")
		}
		s.commands(who, part)
	}
}

// grant is a command that a rule lets somebody run.
type grant struct {
	who, command string
	asked, root  bool // asks for a password; as root
}

func (s *sudoers) commands(who, text string) {
	asked := true
	root := !strings.Contains(text, "(") || strings.Contains(text, "ALL)") || strings.Contains(text, "ALL:") || strings.Contains(text, "(root")
	for _, command := range splitWords(withoutTarget(text)) {
		for {
			tag, rest, tagged := strings.Cut(command, ":")
			if !tagged || !sudoTag(strings.TrimSpace(tag)) {
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
		if len(s.grants) < maxPackages {
			s.grants = append(s.grants, grant{who, command, asked, root})
		}
	}
}

// finish says what the rules come to, now that every alias is known.
func (s *sudoers) finish() {
	for _, g := range s.grants {
		for _, command := range s.spread(g.command, 0) {
			if command == "ALL" && g.root {
				s.admins = append(s.admins, splitWords(g.who)...)
			}
			if !g.asked && !strings.HasPrefix(command, "!") {
				s.unasked = append(s.unasked, cut(g.who+": "+command, 200))
			}
		}
	}
}

// sudoTag tells a tag from a path or a host.
func sudoTag(word string) bool {
	word = strings.TrimPrefix(word, "NO")
	return slices.Contains([]string{"PASSWD", "EXEC", "SETENV", "LOG_INPUT", "LOG_OUTPUT", "MAIL", "FOLLOW", "INTERCEPT"}, word)
}

// splitRules parts what a user may on several hosts: at each colon that ends no
// tag and stands in no "(root:adm)".
func splitRules(text string) []string {
	var out []string
	depth, begin := 0, 0
	for i := 0; i < len(text); i++ {
		switch text[i] {
		case '\\':
			i++
		case '(':
			depth++
		case ')':
			depth--
		case ':':
			before := strings.Fields(strings.NewReplacer(",", " ", ")", " ", ":", " ").Replace(text[begin:i]))
			if depth <= 0 && !(len(before) > 0 && sudoTag(before[len(before)-1])) {
				out, begin = append(out, text[begin:i]), i+1
			}
		}
	}
	return append(out, text[begin:])
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
		for _, member := range s.spread(name, 0) {
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
