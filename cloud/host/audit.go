// SPDX-License-Identifier: Apache-2.0

package host

import (
	"slices"
	"strings"
)

// readAudit reads the rules of the audit daemon: the compiled file when it is
// there, for it is what is loaded, else those that it is compiled from.
func (m *machine) readAudit() {
	on, err := m.units.on("auditd")
	m.set("audit_daemon", on, err)
	text, err := m.optional("/etc/audit/audit.rules")
	if err == nil && len(auditRules(text)) == 0 {
		var files []string
		files, err = m.snippets(".rules", "/etc/audit/rules.d")
		for _, f := range files {
			part, other := m.text(f)
			if other != nil {
				err = other
				break
			}
			text += part + "\n"
		}
	}
	rules := auditRules(text)
	for _, r := range rules {
		m.raw.Audit = append(m.raw.Audit, cut(r, 300))
	}
	if len(m.raw.Audit) > maxFiles {
		m.raw.Audit = m.raw.Audit[:maxFiles]
	}
	m.set("audit_rules", len(rules), err)
	m.set("audit_watches", auditWatches(rules), err)
	m.set("audit_immutable", slices.ContainsFunc(lines(text, "#"), func(l string) bool { return strings.Join(strings.Fields(l), " ") == "-e 2" }), err)
}

// auditRules gives the lines that watch something.
func auditRules(text string) []string {
	return slices.DeleteFunc(lines(text, "#"), func(l string) bool {
		return !strings.HasPrefix(l, "-w") && !strings.HasPrefix(l, "-a") && !strings.HasPrefix(l, "-A")
	})
}

// auditWatches tells which of the fields that an investigation needs are watched.
func auditWatches(rules []string) []string {
	var out []string
	for _, r := range rules {
		for _, topic := range []struct {
			name  string
			marks []string
		}{
			{"identity", []string{"/etc/passwd", "/etc/shadow", "/etc/group"}},
			{"sudo", []string{"/etc/sudoers", "/usr/bin/sudo", "C2=euid", "-C euid!=uid", "-C uid!=euid"}},
			{"time", []string{"adjtimex", "settimeofday", "clock_settime", "/etc/localtime"}},
			{"login", []string{"/var/log/lastlog", "/var/run/faillock", "/var/log/faillog", "/var/log/wtmp", "/var/run/utmp"}},
			{"modules", []string{"init_module", "delete_module", "/usr/bin/kmod", "/sbin/insmod", "/sbin/modprobe"}},
		} {
			if slices.ContainsFunc(topic.marks, func(mark string) bool { return strings.Contains(r, mark) }) {
				out = append(out, topic.name)
			}
		}
	}
	return out
}
