// SPDX-License-Identifier: Apache-2.0

package host

import (
	"errors"
	"io/fs"
	"path"
	"slices"
	"strings"
)

func (m *machine) readKernel() {
	kernels, err := m.names("/lib/modules")
	slices.SortFunc(kernels, compareRPM) // numbers as numbers is all that is asked of it
	m.raw.Kernels = kernels
	if m.asleep {
		newest := ""
		if len(kernels) > 0 {
			newest = kernels[len(kernels)-1]
		}
		if err == nil && newest == "" {
			err = errors.New("no kernel is installed in it")
		}
		m.set("kernel", newest, err)
	} else {
		running, err := m.word("/proc/sys/kernel/osrelease")
		m.set("kernel", running, err)
	}
	m.readBoot()
	m.readReboot(kernels)
}

func (m *machine) readBoot() {
	if !m.running("boot_options", "cpu_flaws", "secure_boot", "lockdown", "mandatory_access") {
		return
	}
	options, err := m.word("/proc/cmdline")
	m.set("boot_options", bootOptions(options), err)
	flaws, err := m.cpuFlaws()
	m.set("cpu_flaws", flaws, err)
	m.readSecureBoot()
	locked, err := m.word("/sys/kernel/security/lockdown")
	if errors.Is(err, fs.ErrNotExist) {
		if ok, _ := m.exists("/sys/kernel/security"); ok {
			locked, err = "[none]", nil // the kernel has no lockdown
		}
	}
	m.set("lockdown", bracketed(locked), err)
	access, err := m.mandatory()
	m.set("mandatory_access", access, err)
}

// bootOptions leaves out values that may tell of secrets.
func bootOptions(line string) []string {
	var out []string
	for _, f := range strings.Fields(line) {
		if f == "--" { // the rest is for the first process
			break
		}
		name, _, _ := strings.Cut(f, "=")
		for _, secret := range []string{"password", "passwd", "secret", "token", "key"} {
			if strings.Contains(strings.ToLower(name), secret) {
				f = name + "=…"
			}
		}
		out = append(out, cut(f, 200))
	}
	return out
}

// bracketed gives the word in brackets of "none [integrity] confidentiality".
func bracketed(line string) string {
	_, rest, ok := strings.Cut(line, "[")
	word, _, _ := strings.Cut(rest, "]")
	if !ok {
		return strings.TrimSpace(line)
	}
	return word
}

func (m *machine) cpuFlaws() ([]string, error) {
	const dir = "/sys/devices/system/cpu/vulnerabilities"
	if ok, err := m.exists(dir); !ok {
		if err == nil {
			err = &pathError{dir, fs.ErrNotExist}
		}
		return nil, err
	}
	names, err := m.names(dir)
	var out []string
	for _, name := range names {
		state, err := m.word(path.Join(dir, name))
		if err != nil {
			return nil, err
		}
		if strings.HasPrefix(state, "Vulnerable") {
			out = append(out, name+": "+cut(state, 120))
		}
	}
	return out, err
}

// secureBoot is the variable of the firmware: four bytes of attributes, and one
// that is 1 where it checks.
const secureBoot = "/sys/firmware/efi/efivars/SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c"

func (m *machine) readSecureBoot() {
	value, err := m.text(secureBoot)
	switch firmware, other := m.exists("/sys/firmware/efi"); {
	case err == nil && len(value) >= 5:
		m.set("secure_boot", value[4] == 1, nil)
	case errors.Is(err, fs.ErrNotExist) && !firmware && other == nil:
		if sys, _ := m.exists("/sys/firmware"); sys { // started by a BIOS, which checks nothing
			m.set("secure_boot", false, nil)
			return
		}
		fallthrough
	case err != nil:
		m.miss(err, "secure_boot")
	default:
		m.miss(&pathError{secureBoot, errors.New("it is too short")}, "secure_boot")
	}
}

// mandatory tells which mandatory access control enforces.
func (m *machine) mandatory() (string, error) {
	enforce, err := m.word("/sys/fs/selinux/enforce")
	if err == nil && enforce == "1" {
		return "selinux", nil
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return "", err
	}
	on, err := m.word("/sys/module/apparmor/parameters/enabled")
	if errors.Is(err, fs.ErrNotExist) || err == nil && on != "Y" {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	profiles, err := m.optional("/sys/kernel/security/apparmor/profiles")
	if err != nil {
		return "", err
	}
	if strings.Contains(profiles, "(enforce)") {
		return "apparmor", nil
	}
	return "", nil
}

// readReboot tells whether an update waits: the mark that package managers leave,
// or a newer kernel of the same make than the one that runs.
func (m *machine) readReboot(kernels []string) {
	if !m.running("reboot_pending") {
		return
	}
	marked, err := m.any("/run/reboot-required", "/run/reboot-needed", "/boot/do_purge_kernels_reboot")
	if err != nil || marked {
		m.set("reboot_pending", marked, err)
		return
	}
	running, err := m.word("/proc/sys/kernel/osrelease")
	if err == nil && len(kernels) == 0 {
		m.miss(errors.New("no kernel is installed beside the one that runs, as in a container, and nothing else tells"), "reboot_pending")
		return
	}
	newer := false
	for _, k := range kernels {
		newer = newer || flavour(k) == flavour(running) && compareRPM(k, running) > 0
	}
	m.set("reboot_pending", newer, err)
}

// flavour is the last word of a kernel's release, "amd64" or "el9.x86_64".
func flavour(release string) string {
	i := strings.LastIndexAny(release, "-")
	tail := release[i+1:]
	if j := strings.IndexFunc(tail, func(r rune) bool { return r >= 'a' && r <= 'z' }); j >= 0 {
		tail = tail[j:]
	}
	_, last, _ := strings.Cut(tail, "_")
	return tail[:min(2, len(tail))] + last
}

// sysctls are the settings of the kernel that bear on security.
var sysctls = [...]string{
	"fs.protected_fifos", "fs.protected_hardlinks", "fs.protected_regular", "fs.protected_symlinks", "fs.suid_dumpable",
	"kernel.core_uses_pid", "kernel.dmesg_restrict", "kernel.kexec_load_disabled", "kernel.kptr_restrict", "kernel.perf_event_paranoid",
	"kernel.randomize_va_space", "kernel.sysrq", "kernel.unprivileged_bpf_disabled", "kernel.yama.ptrace_scope",
	"net.core.bpf_jit_harden", "net.ipv4.conf.all.accept_redirects", "net.ipv4.conf.all.accept_source_route", "net.ipv4.conf.all.log_martians",
	"net.ipv4.conf.all.rp_filter", "net.ipv4.conf.all.secure_redirects", "net.ipv4.conf.all.send_redirects", "net.ipv4.conf.default.accept_redirects",
	"net.ipv4.conf.default.accept_source_route", "net.ipv4.icmp_echo_ignore_broadcasts", "net.ipv4.ip_forward", "net.ipv4.tcp_syncookies",
	"net.ipv6.conf.all.accept_ra", "net.ipv6.conf.all.accept_redirects", "net.ipv6.conf.all.accept_source_route", "net.ipv6.conf.all.forwarding",
}

// readSysctl gives what is in force; of an image, what its files will set, where
// they do. A setting that the kernel does not have is left out.
func (m *machine) readSysctl() {
	if m.asleep {
		m.miss(errAsleep, "sysctls") // the kernel's own defaults are not in its files
		return
	}
	if ok, err := m.exists("/proc/sys"); !ok {
		if err == nil {
			err = &pathError{"/proc/sys", fs.ErrNotExist}
		}
		m.miss(err, "sysctls")
		return
	}
	var out []string
	for _, name := range sysctls {
		value, err := m.word("/proc/sys/" + strings.ReplaceAll(name, ".", "/"))
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			m.miss(err, "sysctls")
			return
		}
		out = append(out, name+"="+cut(value, 100))
	}
	m.set("sysctls", out, nil)
}

func (m *machine) readModules() {
	files, err := m.snippets(".conf", "/etc/modprobe.d", "/run/modprobe.d", "/usr/lib/modprobe.d", "/lib/modprobe.d")
	var blocked []string
	for _, name := range files {
		var text string
		if text, err = m.text(name); err != nil {
			break
		}
		blocked = append(blocked, blockedModules(text)...)
	}
	m.set("modules_blocked", blocked, err)
	if m.running("modules_loaded") {
		text, err := m.text("/proc/modules")
		var loaded []string
		for _, line := range lines(text, "") {
			loaded = append(loaded, strings.Fields(line)[0])
		}
		m.set("modules_loaded", loaded, err)
	}
}

// blockedModules gives those that a file of modprobe.d keeps out: by a command
// that does nothing, or from being loaded by an alias.
func blockedModules(text string) []string {
	var out []string
	for _, line := range lines(continued(text), "#") {
		f := strings.Fields(line)
		if len(f) >= 3 && f[0] == "install" && slices.Contains([]string{"/bin/true", "/bin/false", "/usr/bin/true", "/usr/bin/false", "/sbin/nologin"}, f[2]) || len(f) == 2 && f[0] == "blacklist" {
			out = append(out, strings.ReplaceAll(f[1], "-", "_"))
		}
	}
	return out
}
