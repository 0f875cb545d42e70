// SPDX-License-Identifier: Apache-2.0

package host

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"demarc.dev/demarc/cloud"
	"demarc.dev/demarc/cloud/cloudtest"
)

var at = time.Date(2026, time.October, 1, 8, 0, 0, 0, time.UTC)

// tree lays files below a folder: "link:TARGET" makes a symbolic link, "dir:" a
// folder.
func tree(t testing.TB, files map[string]string) string {
	t.Helper()
	root := t.TempDir()
	for name, text := range files {
		name = filepath.Join(root, name)
		must(t, os.MkdirAll(filepath.Dir(name), 0o755))
		if target, ok := strings.CutPrefix(text, "link:"); ok {
			must(t, os.Symlink(target, name))
		} else if text == "dir:" {
			must(t, os.MkdirAll(name, 0o755))
		} else {
			must(t, os.WriteFile(name, []byte(text), 0o600))
		}
	}
	return root
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// read reads the machine below a folder, as one that runs unless it is asleep,
// and holds what comes out against the contract of collectors.
func read(t testing.TB, root string, asleep bool, o Options, secrets ...string) *cloud.Snapshot {
	t.Helper()
	o.Root, o.Now, o.Tool = root, at, "demarc test"
	m, end, err := begin(context.Background(), o)
	must(t, err)
	defer end()
	m.asleep = asleep
	m.look()
	s := m.snapshot()
	var file bytes.Buffer
	must(t, s.Encode(&file))
	if err := cloudtest.Contract(file.Bytes(), secrets...); err != nil {
		t.Error(err)
	}
	return s
}

// told gives an attribute of the host as JSON, or "?reason" of its gap.
func told(r *cloud.Resource, name string) string {
	if g, ok := r.Gaps[name]; ok {
		return "?" + string(g.Reason)
	}
	text, err := json.Marshal(r.Attributes[name])
	if err != nil {
		return err.Error()
	}
	return string(text)
}

func expect(t *testing.T, r *cloud.Resource, want map[string]string) {
	t.Helper()
	for name, value := range want {
		if got := told(r, name); got != value {
			t.Errorf("%s: %s is %s, want %s (%+v)", r.ID, name, got, value, r.Gaps[name])
		}
	}
}

func of(t *testing.T, s *cloud.Snapshot, id string) *cloud.Resource {
	t.Helper()
	i := slices.IndexFunc(s.Resources, func(r cloud.Resource) bool { return r.ID == id })
	if i < 0 {
		t.Fatalf("no resource %s", id)
	}
	return &s.Resources[i]
}

const (
	hash    = "$y$j9T$F5Jx5fExrKuPp53xLKQ..1$tnSYvahCwPBHKZUspmcxMfb0.WiB9W.zEaKlOBL35rC"
	tcpLine = "  0: %s %s 0A 00000000:00000000 00:00000000 00000000     0        0 %s 1 0000000000000000 100 0 0 10 0\n"
)

// server is a machine as a careful administrator leaves it.
func server() map[string]string {
	tcp := "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n"
	return map[string]string{
		"/etc/os-release":                                  "PRETTY_NAME=\"Debian GNU/Linux 12 (bookworm)\"\nID=debian\nVERSION_ID=\"12\"\n",
		"/proc/sys/kernel/hostname":                        "web-1\n",
		"/proc/sys/kernel/osrelease":                       "6.1.0-25-amd64\n",
		"/proc/sys/kernel/randomize_va_space":              "2\n",
		"/proc/cmdline":                                    "BOOT_IMAGE=/vmlinuz root=/dev/mapper/vg-root ro quiet luks.key=abc -- init\n",
		"/lib/modules/6.1.0-25-amd64/x":                    "",
		"/lib/modules/6.1.0-9-amd64/x":                     "",
		"/proc/modules":                                    "nf_tables 1 0 - Live 0x0\n",
		"/etc/modprobe.d/net.conf":                         "install dccp /bin/false\ninstall sctp /bin/true\nblacklist usb-storage\n# install rds /bin/false\n",
		"/sys/devices/system/cpu/vulnerabilities/mds":      "Mitigation: Clear CPU buffers\n",
		"/sys/devices/system/cpu/vulnerabilities/meltdown": "Vulnerable\n",
		secureBoot:                                                   "\x06\x00\x00\x00\x01",
		"/sys/kernel/security/lockdown":                              "none [integrity] confidentiality\n",
		"/sys/module/apparmor/parameters/enabled":                    "Y\n",
		"/sys/kernel/security/apparmor/profiles":                     "/usr/sbin/nginx (enforce)\n",
		"/var/lib/dpkg/status":                                       "Package: openssl\nStatus: install ok installed\nArchitecture: amd64\nVersion: 3.0.11-1\n\nPackage: libssl3\nStatus: install ok installed\nSource: openssl\nVersion: 3.0.11-1\n\nPackage: gone\nStatus: deinstall ok config-files\nVersion: 1\n\nPackage: openssh-server\nStatus: install ok installed\nSource: openssh\nVersion: 1:9.2p1-2+deb12u3\n\nPackage: sudo\nStatus: install ok installed\nVersion: 1.9.13p3-1\n",
		"/etc/apt/apt.conf.d/20auto-upgrades":                        "APT::Periodic::Unattended-Upgrade \"1\";\n",
		"/usr/bin/unattended-upgrade":                                "",
		"/etc/systemd/system/multi-user.target.wants/ssh.service":    "link:/lib/systemd/system/ssh.service",
		"/etc/systemd/system/multi-user.target.wants/chrony.service": "link:/lib/systemd/system/chrony.service",
		"/etc/systemd/system/multi-user.target.wants/auditd.service": "link:/lib/systemd/system/auditd.service",
		"/etc/systemd/system/sysinit.target.wants/nftables.service":  "link:/lib/systemd/system/nftables.service",
		"/lib/systemd/system/timers.target.wants/fstrim.timer":       "link:../fstrim.timer",
		"/lib/systemd/system/multi-user.target.wants/cups.service":   "link:../cups.service",
		"/etc/systemd/system/cups.service":                           "link:/dev/null",
		"/etc/nftables.conf":                                         "table inet filter {\n chain input {\n  type filter hook input priority 0; policy drop;\n }\n}\n",
		"/proc/net/tcp":                                              tcp + fmt.Sprintf(tcpLine, "00000000:0016", "00000000:0000", "11") + fmt.Sprintf(tcpLine, "0100007F:1538", "00000000:0000", "12"),
		"/proc/net/tcp6":                                             tcp + fmt.Sprintf(tcpLine, "00000000000000000000000000000000:01BB", "00000000000000000000000000000000:0000", "13"),
		"/proc/net/udp":                                              tcp,
		"/proc/7/fd/3":                                               "link:socket:[11]",
		"/proc/7/comm":                                               "sshd\n",
		"/etc/ssh/sshd_config":                                       "Include /etc/ssh/sshd_config.d/*.conf\nPermitRootLogin yes\nPasswordAuthentication no\nKbdInteractiveAuthentication no\nMACs hmac-sha2-256\nMatch Group legacy\n  PasswordAuthentication yes\n",
		"/etc/ssh/sshd_config.d/10.conf":                             "PermitRootLogin no\nCiphers aes256-gcm@openssh.com,aes128-cbc\n",
		"/etc/passwd":                                                "root:x:0:0:root:/root:/bin/bash\ntoor:x:0:0::/root:/bin/sh\nalice:x:1000:1000::/home/alice:/bin/bash\nguest:x:1001:1001::/home/guest:/bin/sh\nnobody:x:65534:65534::/:/usr/sbin/nologin\n",
		"/etc/group":                                                 "root:x:0:\nsudo:x:27:alice\nalice:x:1000:\n",
		"/etc/shadow":                                                "root:*:19000:0:99999:7:::\ntoor:" + hash + ":19001:0:90:7:::\nalice:!$6$abc$def:19002:0:99999:7:::\nguest::19003:0:99999:7:::\n",
		"/home/alice/.ssh/authorized_keys":                           "# mine\nssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIsecretkey alice\n",
		"/etc/sudoers":                                               "Defaults use_pty, logfile=\"/var/log/sudo.log\"\nroot ALL=(ALL:ALL) ALL\n%sudo ALL=(ALL:ALL) ALL\n@includedir /etc/sudoers.d\n",
		"/etc/sudoers.d/backup":                                      "backup ALL=(root) NOPASSWD: /usr/bin/rsync, /usr/bin/tar, PASSWD: /bin/true\n",
		"/etc/sudoers.d/old.bak":                                     "guest ALL=(ALL) NOPASSWD: ALL\n",
		"/etc/pam.d/common-password":                                 "password requisite pam_pwquality.so retry=3 minlen=10\n",
		"/etc/pam.d/common-auth":                                     "auth required pam_faillock.so preauth\n",
		"/etc/security/pwquality.conf":                               "minlen = 14\n",
		"/proc/self/mounts":                                          "/dev/mapper/vg-root / ext4 rw,relatime 0 0\n/dev/vda2 /boot ext4 rw 0 0\n/dev/vdb /srv\\040data xfs rw,nodev 0 0\ntmpfs /tmp tmpfs rw,nosuid,nodev,noexec 0 0\n",
		"/proc/swaps":                                                "Filename Type Size Used Priority\n/dev/dm-0 partition 1 0 -2\n",
		"/dev/mapper/vg-root":                                        "link:../dm-1",
		"/sys/class/block/dm-1/dm/uuid":                              "LVM-abc\n",
		"/sys/class/block/dm-1/slaves/dm-0":                          "dir:",
		"/sys/class/block/dm-0/dm/uuid":                              "CRYPT-LUKS2-abc\n",
		"/sys/class/block/dm-0/slaves/vda3":                          "dir:",
		"/sys/class/block/vdb/size":                                  "1\n",
		"/etc/audit/audit.rules":                                     "-D\n-w /etc/passwd -p wa -k identity\n-w /etc/sudoers -p wa\n-a always,exit -F arch=b64 -S adjtimex,settimeofday\n-e 2\n",
		"/etc/chrony/chrony.conf":                                    "confdir /etc/chrony/conf.d\nsourcedir /etc/chrony/sources.d\nserver ntp1.example.org iburst\n",
		"/etc/chrony/sources.d/a.sources":                            "pool 2.debian.pool.ntp.org iburst\n",
		"/var/log/chrony/tracking.log":                               "====\n2026-10-01 07:59:00 192.0.2.1 2 -1.2 0.01 -4.000e-03 N 1 1e-4 0 0 0\n2026-10-01 08:00:00 192.0.2.1 2 -1.2 0.01 -2.400e-03 N 1 1e-4 0 0 0\n",
		"/etc/rsyslog.conf":                                          "module(load=\"imuxsock\")\n",
		"/etc/rsyslog.d/60.conf":                                     "action(type=\"omfwd\"\n  target=\"logs.example.org\" port=\"6514\"\n  StreamDriver=\"gtls\" StreamDriverMode=\"1\")\n*.* @10.0.0.9:514\n",
		"/etc/systemd/journald.conf":                                 "[Journal]\nStorage=persistent\n#MaxUse\nSystemMaxUse=2G\n",
		"/etc/crontab":                                               "",
	}
}

func TestCollect_Server(t *testing.T) {
	root := tree(t, server())
	must(t, os.Chmod(filepath.Join(root, "etc/shadow"), 0o644))
	feed := &Advisories{}
	add(t, feed, osvOpenSSL)
	s := read(t, root, false, Options{Account: "109876543210", Region: "eu-central-1", Tags: map[string]string{"ports": "22", "Tenant": "alder"}, Flaws: feed}, hash, "$6$abc$def", "AAAAC3NzaC1lZDI1NTE5AAAAIsecretkey", "luks.key=abc")
	h := of(t, s, "host/109876543210/web-1")
	expect(t, h, map[string]string{
		"image": "false", "os": `"debian 12"`, "support_ends": `"2028-06-30T23:59:59Z"`, "kernel": `"6.1.0-25-amd64"`, "reboot_pending": "false", "secure_boot": "true", "lockdown": `"integrity"`,
		"boot_options": `["BOOT_IMAGE=/vmlinuz","luks.key=…","quiet","ro","root=/dev/mapper/vg-root"]`, "cpu_flaws": `["meltdown: Vulnerable"]`, "mandatory_access": `"apparmor"`, "sysctls": `["kernel.randomize_va_space=2"]`,
		"modules_blocked": `["dccp","sctp","usb_storage"]`, "modules_loaded": `["nf_tables"]`, "packages": "4", "known_flaws": `["DEMO-1 high: openssl 3.0.11-1, mended in 3.0.13-1"]`, "severe_flaws": "1", "updates_automatic": "true",
		"services": `["auditd","chrony","fstrim.timer","nftables","ssh"]`, "open_ports": `["tcp/22 sshd","tcp/443 ?"]`, "undeclared_ports": `["tcp/443 ?"]`, "firewall": `"nftables"`, "firewall_drops": "true",
		"ssh_server": "true", "ssh_exceptions": `["Group legacy: passwordauthentication=yes"]`, "ssh_weak": `["aes128-cbc"]`, "sudo_unasked": `["backup: /usr/bin/rsync","backup: /usr/bin/tar"]`, "sudo_pty": "true", "sudo_logged": "true",
		"password_min_length": "14", "password_lockout": "true", "root_accounts": `["root","toor"]`, "empty_passwords": `["guest"]`, "disks_plain": `["/srv data"]`, "audit_daemon": "true", "audit_rules": "3",
		"audit_watches": `["identity","sudo","time"]`, "audit_immutable": "true", "time_service": `"chrony"`, "time_sources": `["ntp1.example.org","pool 2.debian.pool.ntp.org"]`, "time_offset_ms": "-2",
		"log_targets": `["10.0.0.9:514 plain","logs.example.org tls"]`, "journal_persistent": "true", "journal_limited": "true", "agents": "[]", "hypervisor": "false", "guests": "0", "memory_shared": "false",
	})
	if os.Getuid() == 0 {
		expect(t, h, map[string]string{"weak_files": `["/etc/shadow 0644 user 0"]`})
	}
	if settings := told(h, "ssh_settings"); !strings.Contains(settings, `"permitrootlogin=no"`) || !strings.Contains(settings, `"maxauthtries=6"`) {
		t.Error(settings)
	}
	if h.Tenant != "alder" || h.Region != "eu-central-1" || s.Header.Accounts[0].Name != "web-1" || s.Header.Calls == 0 {
		t.Errorf("%+v %+v", h, s.Header)
	}
	expect(t, of(t, s, h.ID+"/account/alice"), map[string]string{"uid": "1000", "password": `"locked"`, "hash": `""`, "keys": "1", "admin": "true", "password_max_days": "0"})
	expect(t, of(t, s, h.ID+"/account/toor"), map[string]string{"password": `"set"`, "hash": `"yescrypt"`, "password_changed": `"2022-01-09T00:00:00Z"`, "password_max_days": "90", "admin": "true"})
	expect(t, of(t, s, h.ID+"/account/guest"), map[string]string{"password": `"empty"`, "admin": "false", "keys": "0"})
	if len(s.Resources) != 5 {
		t.Errorf("%d resources: nobody signs in as nobody", len(s.Resources))
	}
}

// TestCollect_Image: what only a running machine tells is a gap, and what its
// files say is a fact.
func TestCollect_Image(t *testing.T) {
	files := server()
	for name := range files {
		if strings.HasPrefix(name, "/proc") || strings.HasPrefix(name, "/sys/") {
			delete(files, name)
		}
	}
	files["/etc/hostname"] = "golden\n"
	files["/etc/fstab"] = "/dev/mapper/root / ext4 defaults 0 1\nUUID=1 /boot ext4 defaults 0 2\nUUID=2 none swap sw 0 0\n"
	files["/etc/crypttab"] = "root UUID=3 none luks\n"
	s := read(t, tree(t, files), true, Options{})
	h := of(t, s, "host/golden")
	expect(t, h, map[string]string{"image": "true", "kernel": `"6.1.0-25-amd64"`, "open_ports": "?not-in-source", "sysctls": "?not-in-source", "reboot_pending": "?not-in-source", "time_synchronised": "?not-in-source",
		"disks_plain": `["swap"]`, "known_flaws": "?not-collected", "empty_passwords": `["guest"]`, "audit_immutable": "true", "secure_boot": "?not-in-source"})
	if h.Source != Image || s.Header.Source != Image {
		t.Errorf("source %s", h.Source)
	}
}

// TestCollect_Bare: an empty folder is no machine, and nothing of it a fact.
func TestCollect_Bare(t *testing.T) {
	var r *Refusal
	if _, err := Collect(context.Background(), Options{Root: t.TempDir(), Now: at}, io.Discard); !errors.As(err, &r) || !strings.Contains(r.Sentence, "no Linux system") {
		t.Error(err)
	}
	s := read(t, t.TempDir(), true, Options{Name: "void"})
	h := of(t, s, "host/void")
	for _, name := range []string{"os", "support_ends", "packages", "known_flaws", "empty_passwords", "root_accounts", "disks_plain", "password_min_length", "kernel", "services", "audit_daemon", "firewall", "time_service", "agents", "updates_automatic", "hypervisor"} {
		if _, gap := h.Gaps[name]; !gap {
			t.Errorf("%s is %s", name, told(h, name))
		}
	}
	if len(s.Gaps) != 1 || s.Gaps[0].Kinds[0] != cloud.HostAccount {
		t.Errorf("gaps of scope: %+v", s.Gaps)
	}
}

// TestCollect_Denied: what may not be read is denied, and never a pass or a fail.
func TestCollect_Denied(t *testing.T) {
	if os.Getuid() == 0 {
		t.Skip("root may read everything")
	}
	root := tree(t, server())
	for _, name := range []string{"etc/shadow", "etc/sudoers", "etc/ssh/sshd_config.d", "etc/audit"} {
		must(t, os.Chmod(filepath.Join(root, name), 0))
		t.Cleanup(func() { os.Chmod(filepath.Join(root, name), 0o700) })
	}
	s := read(t, root, false, Options{Name: "web-1"})
	expect(t, of(t, s, "host/web-1"), map[string]string{"empty_passwords": "?denied", "sudo_unasked": "?denied", "ssh_settings": "?denied", "audit_rules": "?denied", "root_accounts": `["root","toor"]`})
	expect(t, of(t, s, "host/web-1/account/alice"), map[string]string{"password": "?denied", "admin": "?denied", "uid": "1000"})
}

// TestCollect_Here reads the machine that the test runs on.
func TestCollect_Here(t *testing.T) {
	var file bytes.Buffer
	header, err := Collect(context.Background(), Options{Now: at, Tool: "demarc test"}, &file)
	must(t, err)
	if err := cloudtest.Contract(file.Bytes()); err != nil {
		t.Error(err)
	}
	if header.Source != Running || header.Calls < 50 {
		t.Errorf("%+v", header)
	}
}

func TestCollect_NoFolder(t *testing.T) {
	_, err := Collect(context.Background(), Options{Root: filepath.Join(t.TempDir(), "none")}, io.Discard)
	var r *Refusal
	if !errors.As(err, &r) || !r.Usage {
		t.Error(err)
	}
}

// TestFolder: a link of the image leads within the image, and nowhere else.
func TestFolder(t *testing.T) {
	outside := tree(t, map[string]string{"/secret": "outside"})
	root := tree(t, map[string]string{
		"/usr/lib/os-release": "ID=inside\n", "/etc/os-release": "link:/usr/lib/os-release", "/etc/up": "link:../../../../usr/lib/os-release", "/etc/out": "link:" + outside + "/secret",
		"/loop/a": "link:b", "/loop/b": "link:a", "/dev/null": "", "/deep": "link:/etc", "/etc/folder": "dir:",
	})
	f, err := openFolder(root)
	must(t, err)
	for _, name := range []string{"/etc/os-release", "/etc/up", "/deep/os-release", "/../../etc/os-release"} {
		if data, err := f.read(name, 100); err != nil || string(data) != "ID=inside\n" {
			t.Errorf("%s: %q %v", name, data, err)
		}
	}
	for name, want := range map[string]error{"/etc/out": os.ErrNotExist, "/none": os.ErrNotExist, "/usr/lib/os-release/x": os.ErrNotExist} {
		if data, err := f.read(name, 100); !errors.Is(err, want) {
			t.Errorf("%s: %q %v", name, data, err)
		}
	}
	for _, name := range []string{"/loop/a", "/etc/folder"} {
		if data, err := f.read(name, 100); err == nil {
			t.Errorf("%s: %q", name, data)
		}
	}
	if _, err := f.read("/usr/lib/os-release", 4); !errors.Is(err, errLarge) {
		t.Error(err)
	}
	if target, err := f.link("/etc/os-release"); err != nil || target != "/usr/lib/os-release" {
		t.Error(target, err)
	}
}

// TestPackages_RPM reads a database that rpm 4.18 made.
func TestPackages_RPM(t *testing.T) {
	db := unzipped(t, "testdata/rpmdb.sqlite.gz")
	root := tree(t, map[string]string{"/var/lib/rpm/rpmdb.sqlite": string(db), "/etc/os-release": "ID=rocky\nVERSION_ID=9.4\nID_LIKE=\"rhel centos fedora\"\n"})
	feed := &Advisories{}
	add(t, feed, `{"id":"RLSA-1","affected":[{"package":{"ecosystem":"Rocky Linux:9","name":"demo-n9"},"ranges":[{"type":"ECOSYSTEM","events":[{"introduced":"0"},{"fixed":"1:9.3-1.el9"}]}]}],"database_specific":{"severity":"Important"}}`)
	h := of(t, read(t, root, true, Options{Name: "r", Flaws: feed}), "host/r")
	expect(t, h, map[string]string{"packages": "46", "known_flaws": `["RLSA-1 high: demo 1:9.2-3.el9, mended in 1:9.3-1.el9"]`, "support_ends": `"2032-05-31T23:59:59Z"`})
	for name, damage := range map[string][]byte{"cut": db[:len(db)/2], "zeros": append(bytes.Clone(db[:4096]), make([]byte, 8192)...), "text": []byte("no database at all")} {
		root := tree(t, map[string]string{"/var/lib/rpm/rpmdb.sqlite": string(damage)})
		expect(t, of(t, read(t, root, true, Options{Name: name}), "host/"+name), map[string]string{"packages": "?unreadable", "severe_flaws": "?unreadable"})
	}
	open := tree(t, map[string]string{"/var/lib/rpm/rpmdb.sqlite": string(db), "/var/lib/rpm/rpmdb.sqlite-wal": "pages"})
	expect(t, of(t, read(t, open, true, Options{Name: "open"}), "host/open"), map[string]string{"packages": "?unreadable"})
	old := tree(t, map[string]string{"/var/lib/rpm/Packages": "bdb"})
	expect(t, of(t, read(t, old, true, Options{Name: "old"}), "host/old"), map[string]string{"packages": "?unreadable"})
}

func unzipped(t testing.TB, name string) []byte {
	t.Helper()
	f, err := os.Open(name)
	must(t, err)
	defer f.Close()
	z, err := gzip.NewReader(f)
	must(t, err)
	data, err := io.ReadAll(z)
	must(t, err)
	return data
}

func TestPackages_APK(t *testing.T) {
	root := tree(t, map[string]string{"/lib/apk/db/installed": "C:Q1x=\nP:libcrypto3\nV:3.1.4-r5\nA:x86_64\no:openssl\nF:lib\nR:x\n\nP:busybox\nV:1.36.1-r15\nA:x86_64\n", "/etc/os-release": "ID=alpine\nVERSION_ID=3.19.1\n"})
	feed := &Advisories{}
	add(t, feed, `[{"id":"ALPINE-1","affected":[{"package":{"ecosystem":"Alpine:v3.19","name":"openssl"},"ranges":[{"type":"ECOSYSTEM","events":[{"introduced":"0"},{"fixed":"3.1.4-r6"}]}]}],"severity":[{"type":"CVSS_V3","score":"CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"}]},
		{"id":"ALPINE-2","affected":[{"package":{"ecosystem":"Alpine:v3.18","name":"busybox"},"ranges":[{"type":"ECOSYSTEM","events":[{"introduced":"0"}]}]}]}]`)
	expect(t, of(t, read(t, root, true, Options{Name: "a", Flaws: feed}), "host/a"), map[string]string{"packages": "2", "known_flaws": `["ALPINE-1 critical: openssl 3.1.4-r5, mended in 3.1.4-r6"]`, "support_ends": `"2025-11-01T23:59:59Z"`})
	other := tree(t, map[string]string{"/lib/apk/db/installed": "P:busybox\nV:1\n", "/etc/os-release": "ID=alpine\nVERSION_ID=3.20.1\n"})
	expect(t, of(t, read(t, other, true, Options{Name: "b", Flaws: feed}), "host/b"), map[string]string{"packages": "1", "known_flaws": "?not-collected"})
}
