// SPDX-License-Identifier: Apache-2.0

package host

import (
	"regexp"
	"strings"
)

func (m *machine) readLogs() {
	targets, err := m.logTargets()
	m.set("log_targets", targets, err)
	m.set("agents", agentsOf(m.units.enabled), m.units.err)
	m.readJournal()
}

// readJournal: the last file wins, and those of the administrator come last.
func (m *machine) readJournal() {
	files, err := m.snippets(".conf", "/etc/systemd/journald.conf.d", "/run/systemd/journald.conf.d", "/usr/lib/systemd/journald.conf.d")
	if err != nil {
		m.miss(err, "journal_persistent", "journal_limited")
		return
	}
	storage, limited, there := "auto", false, false
	for _, f := range append([]string{"/usr/lib/systemd/journald.conf", "/etc/systemd/journald.conf"}, files...) {
		ok, err := m.exists(f)
		text := ""
		if err == nil && ok {
			text, err = m.text(f)
		}
		if err != nil {
			m.miss(err, "journal_persistent", "journal_limited")
			return
		}
		there = there || ok
		if value, ok := setting(text, "Storage"); ok {
			storage = strings.ToLower(value)
		}
		for _, name := range []string{"SystemMaxUse", "MaxRetentionSec", "SystemKeepFree"} {
			if value, ok := setting(text, name); ok {
				limited = limited || value != "" && value != "0"
			}
		}
	}
	if !there {
		return // no systemd: Complete says so
	}
	persistent := storage == "persistent"
	if storage == "auto" {
		persistent, err = m.exists("/var/log/journal")
	}
	m.set("journal_persistent", persistent, err)
	m.set("journal_limited", limited, nil)
}

var (
	// *.* @@host:514, and @(o)host with options
	oldTarget = regexp.MustCompile(`(?m)^[^\s#$][^\n]*?\s(@@?)(?:\([^)\n]*\))?\[?([A-Za-z0-9.:_-]+)\]?`)
	// action(type="omfwd" target="host" … StreamDriver="gtls")
	newTarget = regexp.MustCompile(`(?is)action\s*\(([^)]*type\s*=\s*"(?:omfwd|omrelp)"[^)]*)\)`)
	parameter = regexp.MustCompile(`(?i)\b([a-z.]+)\s*=\s*"([^"]*)"`)
)

// logTargets gives where rsyslog, syslog-ng and journald send logs to.
func (m *machine) logTargets() ([]string, error) {
	var out []string
	text, err := m.joined("/etc/rsyslog.conf", "/etc/rsyslog.d/*.conf")
	if err != nil {
		return nil, err
	}
	out = append(out, rsyslogTargets(text)...)
	if text, err = m.joined("/etc/syslog-ng/syslog-ng.conf", "/etc/syslog-ng/conf.d/*.conf"); err != nil {
		return nil, err
	}
	out = append(out, syslogNG(text)...)
	upload, err := m.optional("/etc/systemd/journal-upload.conf")
	url, ok := setting(upload, "URL")
	if err != nil || !ok {
		return out, err
	}
	on, err := m.units.on("systemd-journal-upload")
	if on && url != "" {
		out = append(out, target(strings.TrimPrefix(strings.TrimPrefix(url, "https://"), "http://"), !strings.HasPrefix(url, "http://")))
	}
	return out, err
}

func target(address string, tls bool) string {
	if tls {
		return cut(address, 200) + " tls"
	}
	return cut(address, 200) + " plain"
}

// joined gives the files of both, one after the other.
func (m *machine) joined(first, pattern string) (string, error) {
	files, err := m.glob(pattern)
	if err != nil {
		return "", err
	}
	var b strings.Builder
	for _, f := range append([]string{first}, files...) {
		text, err := m.optional(f)
		if err != nil {
			return "", err
		}
		b.WriteString(strings.Join(lines(text, "#"), "\n") + "\n")
	}
	return b.String(), nil
}

func rsyslogTargets(text string) []string {
	var out []string
	driver := strings.Contains(strings.ToLower(text), "$defaultnetstreamdriver gtls") || strings.Contains(strings.ToLower(text), "$actionsendstreamdrivermode 1")
	for _, found := range oldTarget.FindAllStringSubmatch(text, maxFiles) {
		out = append(out, target(found[2], found[1] == "@@" && driver))
	}
	for _, found := range newTarget.FindAllStringSubmatch(text, maxFiles) {
		p := map[string]string{}
		for _, pair := range parameter.FindAllStringSubmatch(found[1], 64) {
			p[strings.ToLower(pair[1])] = pair[2]
		}
		tls := strings.EqualFold(p["tls"], "on") || p["streamdrivermode"] == "1" || driver
		if p["target"] != "" {
			out = append(out, target(p["target"], tls))
		}
	}
	return out
}

var remoteNG = regexp.MustCompile(`(?s)\b(network|syslog|tcp|udp)\s*\(\s*"([^"]+)"([^;{}]*)\)`)

func syslogNG(text string) []string {
	var out []string
	for _, part := range strings.Split(text, "destination ")[1:] {
		part, _, _ = strings.Cut(part, "};")
		for _, found := range remoteNG.FindAllStringSubmatch(part, maxFiles) {
			out = append(out, target(found[2], strings.Contains(found[3], "tls(") || strings.Contains(found[3], `transport("tls")`)))
		}
	}
	return out
}
