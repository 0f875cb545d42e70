// SPDX-License-Identifier: Apache-2.0

package host

import (
	"errors"
	"regexp"
	"strings"
)

var aptSwitch = regexp.MustCompile(`(?m)^\s*APT::Periodic::Unattended-Upgrade\s+"?([^";\s]+)"?\s*;`)

// readUpdates tells whether something installs security updates by itself.
func (m *machine) readUpdates() {
	on, err := m.aptUpdates()
	if err == nil && !on {
		on, err = m.dnfUpdates()
	}
	if err == nil && !on {
		on, err = m.units.on("zypp-refresh.timer", "transactional-update.timer")
	}
	m.set("updates_automatic", on, err)
}

// aptUpdates: the last file of apt.conf.d wins, and the program must be there.
func (m *machine) aptUpdates() (bool, error) {
	files, err := m.snippets("", "/etc/apt/apt.conf.d")
	if err != nil {
		return false, err
	}
	value := "0"
	for _, f := range append(files, "/etc/apt/apt.conf") {
		text, err := m.optional(f)
		if err != nil {
			return false, err
		}
		for _, found := range aptSwitch.FindAllStringSubmatch(strings.Join(lines(text, "/#"), "\n"), -1) {
			value = found[1]
		}
	}
	if value == "0" || value == "" {
		return false, nil
	}
	return m.any("/usr/bin/unattended-upgrade", "/usr/bin/unattended-upgrades")
}

func (m *machine) dnfUpdates() (bool, error) {
	for _, x := range []struct{ file, install string }{{"/etc/dnf/automatic.conf", "dnf-automatic.timer"}, {"/etc/dnf/dnf5-plugins/automatic.conf", "dnf5-automatic.timer"}} {
		on, err := m.units.on(x.install)
		if err != nil {
			return false, err
		}
		text, err := m.optional(x.file)
		if err != nil {
			return false, err
		}
		if apply, _ := setting(text, "apply_updates"); on && (apply == "yes" || apply == "true" || apply == "1") {
			return true, nil
		}
	}
	on, err := m.units.on("dnf-automatic-install.timer")
	if err != nil || on {
		return on, err
	}
	cron, err := m.optional("/etc/yum/yum-cron.conf")
	apply, _ := setting(cron, "apply_updates")
	is, other := m.units.on("yum-cron")
	return is && apply == "yes", errors.Join(err, other)
}

// readPassword reads what PAM demands of a password, and whether it locks an
// account that is guessed at.
func (m *machine) readPassword() {
	var pam []string
	for _, name := range []string{"common-password", "common-auth", "system-auth", "password-auth", "base-auth", "base-password"} {
		text, err := m.optional("/etc/pam.d/" + name)
		if err != nil {
			m.miss(err, "password_min_length", "password_lockout")
			return
		}
		pam = append(pam, lines(continued(text), "#")...)
	}
	if len(pam) == 0 {
		m.miss(errors.New("none of the files of PAM is there that would tell"), "password_min_length", "password_lockout")
		return
	}
	length, lockout := 0, false
	quality := false
	for _, line := range pam {
		switch {
		case strings.Contains(line, "pam_pwquality.so"), strings.Contains(line, "pam_cracklib.so"), strings.Contains(line, "pam_passwdqc.so"):
			quality = true
			length = max(length, optionNumber(line, "minlen"))
		case strings.Contains(line, "pam_unix.so") && strings.HasPrefix(line, "password"):
			length = max(length, optionNumber(line, "minlen"))
		case strings.Contains(line, "pam_faillock.so"), strings.Contains(line, "pam_tally2.so"):
			lockout = true
		}
	}
	m.set("password_lockout", lockout, nil)
	if quality {
		files, err := m.snippets(".conf", "/etc/security/pwquality.conf.d")
		for _, f := range append([]string{"/etc/security/pwquality.conf"}, files...) {
			text, other := m.optional(f)
			if other != nil {
				err = other
			}
			if value, ok := setting(text, "minlen"); ok {
				length = optionNumber("minlen="+value, "minlen")
			}
		}
		if length == 0 {
			length = 8 // the default of pam_pwquality
		}
		m.set("password_min_length", length, err)
		return
	}
	m.set("password_min_length", length, nil)
}

// optionNumber gives the number of "name=12" among the words of a line.
func optionNumber(line, name string) int {
	for _, f := range strings.Fields(line) {
		if value, ok := strings.CutPrefix(f, name+"="); ok {
			n := 0
			for _, c := range []byte(value) {
				if !digit(c) || n > 10_000 {
					break
				}
				n = n*10 + int(c-'0')
			}
			return n
		}
	}
	return 0
}
