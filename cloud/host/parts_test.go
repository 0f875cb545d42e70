// SPDX-License-Identifier: Apache-2.0

package host

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"fmt"
	"slices"
	"strings"
	"testing"
)

const osvOpenSSL = `{"id":"DEMO-1","affected":[{"package":{"ecosystem":"Debian:12","name":"openssl"},"ranges":[{"type":"ECOSYSTEM","events":[{"introduced":"0"},{"fixed":"3.0.13-1"}]}],"ecosystem_specific":{"urgency":"high"}}]}
{"id":"DEMO-2","withdrawn":"2026-01-01T00:00:00Z","affected":[{"package":{"ecosystem":"Debian:12","name":"openssl"},"ranges":[{"type":"ECOSYSTEM","events":[{"introduced":"0"}]}]}]}
{"id":"DEMO-3","affected":[{"package":{"ecosystem":"Debian:11","name":"openssl"},"ranges":[{"type":"ECOSYSTEM","events":[{"introduced":"0"}]}]}]}
`

func add(t testing.TB, a *Advisories, text string) {
	t.Helper()
	must(t, a.Add("feed.json", strings.NewReader(text), int64(len(text))))
}

func TestAdvisories_Forms(t *testing.T) {
	one := `{"id":"A-1","affected":[{"package":{"ecosystem":"Debian:12","name":"bash"},"versions":["5.2.15-2"]}]}`
	var zipped bytes.Buffer
	z := zip.NewWriter(&zipped)
	for i := range 3 {
		w, err := z.Create(fmt.Sprintf("A-%d.json", i))
		must(t, err)
		_, err = w.Write([]byte(one))
		must(t, err)
	}
	must(t, z.Close())
	for name, c := range map[string]struct {
		text  string
		count int
	}{"one": {one, 1}, "lines": {one + "\n" + one + "\n", 2}, "list": {" [" + one + "," + one + "]", 2}, "zip": {zipped.String(), 3}, "mark": {"\ufeff" + one, 1}} {
		a := &Advisories{}
		add(t, a, c.text)
		if a.Count != c.count {
			t.Errorf("%s: %d advisories", name, a.Count)
		}
	}
	for name, text := range map[string]string{"empty": "", "no JSON": "hello", "cut": one[:40], "no advisory": `{"vulnerabilities":[]}`, "open list": "[" + one, "large": `{"id":"` + strings.Repeat("a", maxAdvisory) + `"}`, "no zip": "PK\x03\x04xxxx"} {
		if err := (&Advisories{}).Add("x", strings.NewReader(text), int64(len(text))); err == nil {
			t.Errorf("%s was taken", name)
		}
	}
}

func TestAdvisories_Ranges(t *testing.T) {
	for _, c := range []struct {
		version, events string
		is              bool
	}{
		{"1.0", "i0 f1.2", true}, {"1.2", "i0 f1.2", false}, {"1.1~rc1", "i0 f1.1", true}, {"2.1", "i0 f1.2 i2.0 f2.2", true}, {"1.5", "i0 f1.2 i2.0 f2.2", false}, {"2.2", "i2.0 f2.2 i0 f1.2", false},
		{"3.0", "i1 l3.0", true}, {"3.1", "i1 l3.0", false}, {"0.9", "i1 l3.0", false}, {"9", "i0", true},
	} {
		var events []event
		for _, e := range strings.Fields(c.events) {
			switch e[0] {
			case 'i':
				events = append(events, event{Introduced: e[1:]})
			case 'f':
				events = append(events, event{Fixed: e[1:]})
			case 'l':
				events = append(events, event{LastAffected: e[1:]})
			}
		}
		if is, _ := inRange(c.version, events, compareDeb); is != c.is {
			t.Errorf("%s in %s: %v", c.version, c.events, is)
		}
	}
}

func TestAdvisories_Ecosystem(t *testing.T) {
	for _, c := range []struct {
		ecosystem string
		r         release
		is        bool
	}{
		{"Debian:12", release{id: "debian", version: "12"}, true}, {"Debian", release{id: "debian", version: "12"}, true}, {"Debian:1", release{id: "debian", version: "12"}, false}, {"Ubuntu:22.04:LTS", release{id: "ubuntu", version: "22.04"}, true},
		{"Ubuntu:Pro:22.04:LTS", release{id: "ubuntu", version: "22.04"}, false}, {"Rocky Linux:9", release{id: "rocky", version: "9.4"}, true}, {"Red Hat:enterprise_linux:9::baseos", release{id: "rhel", version: "9.4"}, true},
		{"Red Hat:enterprise_linux:8::baseos", release{id: "rhel", version: "9.4"}, false}, {"SUSE:Linux Enterprise Server 15 SP6", release{id: "sles", version: "15.6"}, true}, {"openSUSE:Leap 15.6", release{id: "opensuse-leap", version: "15.6"}, true},
		{"npm", release{id: "debian", version: "12"}, false}, {"Alpine:v3.19", release{id: "alpine", version: "3.19.1"}, true}, {"Alpine:v3.1", release{id: "alpine", version: "3.19.1"}, false}, {"AlmaLinux:9", release{id: "almalinux", version: "9.2"}, true},
	} {
		if got := ofRelease(c.ecosystem, c.r); got != c.is {
			t.Errorf("%s of %+v: %v", c.ecosystem, c.r, got)
		}
	}
}

// TestCVSS: the scores that FIRST gives for its own examples.
func TestCVSS(t *testing.T) {
	for vector, want := range map[string]float64{
		"CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H": 9.8, "CVSS:3.1/AV:N/AC:L/PR:N/UI:R/S:C/C:L/I:L/A:N": 6.1, "CVSS:3.1/AV:N/AC:L/PR:L/UI:N/S:C/C:L/I:L/A:N": 6.4,
		"CVSS:3.1/AV:L/AC:L/PR:N/UI:R/S:U/C:H/I:H/A:H": 7.8, "CVSS:3.1/AV:N/AC:H/PR:N/UI:R/S:U/C:L/I:N/A:N": 3.1, "CVSS:3.0/AV:N/AC:L/PR:N/UI:N/S:C/C:H/I:H/A:H": 10, "CVSS:3.1/AV:P/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:N": 0,
		"CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:N/A:N": 7.5,
	} {
		if got, ok := cvssScore(vector); !ok || got != want {
			t.Errorf("%s: %v %v, want %v", vector, got, ok, want)
		}
	}
	for _, vector := range []string{"", "CVSS:4.0/AV:N", "CVSS:3.1/AV:N", "CVSS:3.1/AV:X/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H", "CVSS:3."} {
		if _, ok := cvssScore(vector); ok {
			t.Errorf("%q has a score", vector)
		}
	}
}

// TestNDB reads the form of rpm's own database, laid out as its documentation says.
func TestNDB(t *testing.T) {
	header := rpmHeader(map[uint32]string{rpmName: "bash", rpmVersion: "5.2", rpmRelease: "1", rpmArch: "x86_64", rpmSource: "bash-5.2-1.src.rpm"})
	db := make([]byte, 4096)
	copy(db, "RpmP")
	binary.LittleEndian.PutUint32(db[12:], 1)
	for at := 32; at < 4096; at += 16 {
		copy(db[at:], "Slot")
	}
	binary.LittleEndian.PutUint32(db[36:], 7)
	binary.LittleEndian.PutUint32(db[40:], 256)
	blob := make([]byte, 16, 16+len(header))
	copy(blob, "BlbS")
	binary.LittleEndian.PutUint32(blob[12:], uint32(len(header)))
	blobs, err := ndbBlobs(append(db, append(blob, header...)...))
	must(t, err)
	all, err := parseRPMs("x", blobs)
	must(t, err)
	if want := (installed{"bash", "5.2-1", "x86_64", "bash", "5.2-1"}); len(all) != 1 || all[0] != want {
		t.Errorf("%+v", all)
	}
	for n := range len(db) + 40 {
		if _, err := ndbBlobs(append(db, append(blob, header...)...)[:n]); err == nil {
			t.Fatalf("%d bytes are whole", n)
		}
	}
}

func rpmHeader(tags map[uint32]string) []byte {
	var index, store []byte
	for _, tag := range sortedKeys(tags) {
		for _, n := range []uint32{tag, rpmString, uint32(len(store)), 1} {
			index = binary.BigEndian.AppendUint32(index, n)
		}
		store = append(append(store, tags[tag]...), 0)
	}
	out := binary.BigEndian.AppendUint32(nil, uint32(len(tags)))
	out = binary.BigEndian.AppendUint32(out, uint32(len(store)))
	return append(append(out, index...), store...)
}

func TestSSHD(t *testing.T) {
	for _, c := range []struct{ name, config, settings, exceptions string }{
		{"the first value wins", "PermitRootLogin no\nPermitRootLogin yes\n", "permitrootlogin=no", ""},
		{"with equals and quotes", "PermitRootLogin=\"no\"\nMaxAuthTries 3 # three\n", "permitrootlogin=no maxauthtries=3", ""},
		{"an old name", "ChallengeResponseAuthentication no\nPermitRootLogin without-password", "kbdinteractiveauthentication=no permitrootlogin=prohibit-password", ""},
		{"nothing set", "", "permitrootlogin=prohibit-password passwordauthentication=yes", ""},
		{"a block ends with its file", "Include a.conf\nPermitRootLogin no\n", "permitrootlogin=no", "User x: permitrootlogin=yes"},
		{"everyone", "Match all\nPermitRootLogin no\n", "permitrootlogin=no", ""},
		{"a block", "Match User a Address 10.0.0.0/8\n  PermitRootLogin yes\n  AllowTcpForwarding no\n", "permitrootlogin=prohibit-password", "User a Address 10.0.0.0/8: allowtcpforwarding=no User a Address 10.0.0.0/8: permitrootlogin=yes"},
		{"a circle", "Include /etc/ssh/sshd_config\n", "?not-collected", ""},
	} {
		h := of(t, read(t, tree(t, map[string]string{sshdConfig: c.config, "/etc/ssh/a.conf": "Match User x\nPermitRootLogin yes\n"}), false, Options{Name: "m"}), "host/m")
		got := told(h, "ssh_settings")
		for _, want := range strings.Fields(c.settings) {
			if !strings.Contains(got, want) {
				t.Errorf("%s: no %s in %s", c.name, want, got)
			}
		}
		if list, ok := h.Attributes["ssh_exceptions"].([]any); ok {
			if got := strings.Join(stringsOf(list), " "); got != c.exceptions {
				t.Errorf("%s: exceptions %q", c.name, got)
			}
		}
	}
	none := of(t, read(t, tree(t, map[string]string{"/etc/passwd": ""}), false, Options{Name: "m"}), "host/m")
	expect(t, none, map[string]string{"ssh_server": "false", "ssh_settings": "[]"})
	elsewhere := of(t, read(t, tree(t, map[string]string{"/usr/sbin/sshd": ""}), false, Options{Name: "m"}), "host/m")
	expect(t, elsewhere, map[string]string{"ssh_server": "true", "ssh_settings": "?unreadable"})
}

func stringsOf(list []any) []string {
	out := make([]string, len(list))
	for i, v := range list {
		out[i] = v.(string)
	}
	return out
}

// TestSSHD_Weak: what a list says to the defaults.
func TestSSHD_Weak(t *testing.T) {
	status := func(version string) string {
		return "Package: openssh-server\nStatus: install ok installed\nVersion: " + version + "\n"
	}
	for _, c := range []struct{ config, version, want string }{
		{"", "1:9.2p1-2", `["hmac-sha1"]`}, {"MACs -hmac-sha1*", "1:9.2p1-2", "[]"}, {"MACs hmac-sha2-256", "1:9.2p1-2", "[]"}, {"MACs hmac-sha2-256\nCiphers +aes128-cbc", "1:9.2p1-2", `["aes128-cbc"]`},
		{"MACs hmac-sha2-256\nKexAlgorithms diffie-hellman-group14-sha1,curve25519-sha256", "1:9.2p1-2", `["diffie-hellman-group14-sha1"]`}, {"", "1:7.4p1-16", `["ciphers of an old default","hmac-sha1","kexalgorithms of an old default","macs of an old default"]`},
		{"Ciphers aes256-ctr\nMACs hmac-sha2-256\nKexAlgorithms curve25519-sha256", "", "[]"}, {"", "", "?unreadable"},
	} {
		files := map[string]string{sshdConfig: c.config}
		if c.version != "" {
			files["/var/lib/dpkg/status"] = status(c.version)
		}
		expect(t, of(t, read(t, tree(t, files), false, Options{Name: "m"}), "host/m"), map[string]string{"ssh_weak": c.want})
	}
}

func TestSudoers(t *testing.T) {
	for _, c := range []struct{ text, unasked, admins string }{
		{"alice ALL=(ALL) NOPASSWD: ALL", `["alice: ALL"]`, "alice"}, {"%wheel ALL=(ALL:ALL) NOPASSWD:ALL", `["%wheel: ALL"]`, "%wheel"}, {"bob ALL = NOPASSWD: /bin/a, PASSWD: /bin/b, /bin/c", `["bob: /bin/a"]`, ""},
		{"carl ALL=(ALL) NOEXEC: NOPASSWD: /bin/a", `["carl: /bin/a"]`, ""}, {"User_Alias OPS = ann, ben\nOPS ALL=(ALL) ALL", "[]", "OPS"}, {"Cmnd_Alias X = /bin/x\n# dan ALL=(ALL) NOPASSWD: ALL", "[]", ""}, {"#1000 ALL=(ALL) \\\n NOPASSWD: ALL", `["#1000: ALL"]`, "#1000"},
		{"eve ALL=(www-data) NOPASSWD: ALL", `["eve: ALL"]`, ""}, {"fay, gus ALL=(root) ALL", "[]", "fay gus"},
		{"hal ALL=(ALL) NOPASSWD: EVERY\nCmnd_Alias EVERY = ALL", `["hal: ALL"]`, "hal"}, {"Cmnd_Alias SH = /bin/sh, /bin/dash : MORE = SH, /bin/ed\nida ALL = NOPASSWD: MORE, !/bin/x", `["ida: /bin/sh","ida: /bin/dash","ida: /bin/ed"]`, ""},
		{"jan one = NOPASSWD: /bin/a : two = (root:adm) NOEXEC: NOPASSWD: ALL : three = /bin/c", `["jan: /bin/a","jan: ALL"]`, "jan"}, {"Defaults !authenticate", `["everyone: ALL"]`, ""}, {"Defaults:kim !authenticate, !lecture", `["kim: ALL"]`, ""},
		{"Defaults!/bin/ls !authenticate", `["everyone: /bin/ls"]`, ""}, {"Defaults exempt_group=wheel", `["%wheel: ALL"]`, ""}, {"Cmnd_Alias A = B : B = A\nlea ALL = NOPASSWD: A", `["lea: B"]`, ""},
	} {
		s := &sudoers{m: &machine{}, defaults: map[string]string{}, aliases: map[string][]string{}}
		s.read(c.text, 0)
		s.finish()
		if got := fmt.Sprintf("%q", s.unasked); strings.ReplaceAll(got, `" "`, `","`) != c.unasked {
			t.Errorf("%s: %s", c.text, got)
		}
		if got := strings.Join(s.admins, " "); got != c.admins {
			t.Errorf("%s: admins %s", c.text, got)
		}
	}
}

func TestFirewall(t *testing.T) {
	unit := func(name string) string { return "/etc/systemd/system/multi-user.target.wants/" + name + ".service" }
	for name, c := range map[string]struct {
		files map[string]string
		want  string
		drops string
	}{
		"none":               {map[string]string{"/etc/nftables.conf": "policy drop", "/etc/systemd/system": "dir:"}, `""`, "false"},
		"ufw":                {map[string]string{"/etc/ufw/ufw.conf": "ENABLED=yes\n", "/etc/default/ufw": "DEFAULT_INPUT_POLICY=\"DROP\"\n"}, `"ufw"`, "true"},
		"ufw lets in":        {map[string]string{"/etc/ufw/ufw.conf": "ENABLED=yes\n", "/etc/default/ufw": "DEFAULT_INPUT_POLICY=\"ACCEPT\"\n"}, `"ufw"`, "false"},
		"ufw off":            {map[string]string{"/etc/ufw/ufw.conf": "ENABLED=no\n", "/etc/systemd/system": "dir:"}, `""`, "false"},
		"firewalld":          {map[string]string{unit("firewalld"): "", "/etc/firewalld/firewalld.conf": "DefaultZone=public\n"}, `"firewalld"`, "true"},
		"firewalld trusts":   {map[string]string{unit("firewalld"): "", "/etc/firewalld/firewalld.conf": "DefaultZone=trusted\n"}, `"firewalld"`, "false"},
		"nftables accepts":   {map[string]string{unit("nftables"): "", "/etc/nftables.conf": "chain input { type filter hook input priority 0; policy accept; }\nchain forward { type filter hook forward priority 0; policy drop; }"}, `"nftables"`, "false"},
		"nftables, included": {map[string]string{unit("nftables"): "", "/etc/nftables.conf": "include \"/etc/nftables.d/*.nft\"\n", "/etc/nftables.d/a.nft": "chain in {\n type filter hook input priority filter; policy drop;\n}"}, `"nftables"`, "true"},
		"iptables":           {map[string]string{unit("netfilter-persistent"): "", "/etc/iptables/rules.v4": "*filter\n:INPUT DROP [0:0]\n"}, `"iptables"`, "true"},
	} {
		h := of(t, read(t, tree(t, c.files), true, Options{Name: "m"}), "host/m")
		if told(h, "firewall") != c.want || told(h, "firewall_drops") != c.drops {
			t.Errorf("%s: %s %s", name, told(h, "firewall"), told(h, "firewall_drops"))
		}
	}
}

func TestHypervisor(t *testing.T) {
	files := map[string]string{
		"/etc/libvirt/qemu/alder.xml": "<!-- WARNING -->\n<domain type='kvm'><name>alder-1</name><devices><disk type='file' device='disk'><source file='/a'/></disk></devices><seclabel type='dynamic' model='apparmor'/></domain>",
		"/etc/libvirt/qemu/birch.xml": "<domain><name>birch-1</name><seclabel type='none'/></domain>",
		"/etc/libvirt/qemu/cedar.xml": "<domain><name>cedar-1</name><devices><disk device='disk'><shareable/></disk></devices></domain>",
		"/sys/kernel/mm/ksm/run":      "1\n", "/sys/module/kvm_intel/parameters/nested": "Y\n", "/sys/devices/system/cpu/smt/active": "0\n",
	}
	expect(t, of(t, read(t, tree(t, files), false, Options{Name: "m"}), "host/m"), map[string]string{"hypervisor": "true", "guests": "3", "memory_shared": "true", "nested": "true", "threads_shared": "false",
		"guests_open": `["birch-1: no confining label","cedar-1: a disk that others may write too"]`})
	files["/etc/libvirt/qemu/dogwood.xml"] = "<domain><name>"
	expect(t, of(t, read(t, tree(t, files), false, Options{Name: "m"}), "host/m"), map[string]string{"guests": "?unreadable", "guests_open": "?unreadable"})
}

// TestBridges: what leads where is compared with what the owner says.
func TestBridges(t *testing.T) {
	files := map[string]string{"/sys/class/net/lo/mtu": "", "/sys/class/net/bonding_masters": "", "/sys/class/net/br-alder/bridge/x": "", "/sys/class/net/br-alder/brif/eth1.100/x": "", "/sys/class/net/br-alder/brif/vnet3/x": "",
		"/sys/class/net/br-birch/bridge/x": "", "/sys/class/net/br-birch/brif/eth1.100/x": "", "/sys/class/net/br-birch/brif/eth2/x": "", "/sys/class/net/virbr0/bridge/x": "", "/sys/class/net/virbr0/brif": "dir:"}
	tags := map[string]string{"bridge/br-alder": "eth1.100", "bridge/br-birch": "eth1.200", "bridge/virbr0": ""}
	expect(t, of(t, read(t, tree(t, files), false, Options{Name: "m", Tags: tags}), "host/m"), map[string]string{"bridges": `["br-alder: eth1.100","br-birch: eth1.100 eth2","virbr0"]`, "undeclared_bridges": `["br-birch: eth1.100 eth2"]`})
	expect(t, of(t, read(t, tree(t, files), false, Options{Name: "m"}), "host/m"), map[string]string{"undeclared_bridges": `["br-alder: eth1.100","br-birch: eth1.100 eth2","virbr0"]`})
	expect(t, of(t, read(t, tree(t, map[string]string{"/etc/passwd": ""}), false, Options{Name: "m"}), "host/m"), map[string]string{"bridges": "?not-in-source"})
}

func TestMore(t *testing.T) {
	wants := "/etc/systemd/system/x.wants/"
	for name, c := range map[string]struct {
		files map[string]string
		want  map[string]string
	}{
		"timesyncd":         {map[string]string{wants + "systemd-timesyncd.service": "", "/etc/systemd/timesyncd.conf": "[Time]\nNTP=a.example b.example\n"}, map[string]string{"time_service": `"timesyncd"`, "time_sources": `["a.example","b.example"]`}},
		"timesyncd, as is":  {map[string]string{wants + "systemd-timesyncd.service": ""}, map[string]string{"time_sources": `["pool of the distribution"]`, "time_offset_ms": "?not-collected"}},
		"ntpd":              {map[string]string{wants + "ntpd.service": "", "/etc/ntp.conf": "server 127.127.1.0\nserver n.example\n", "/var/log/ntpstats/loopstats": "60000 1.5 0.250000 1 2 3 6\n"}, map[string]string{"time_sources": `["127.127.1.0","n.example"]`, "time_offset_ms": "250"}},
		"a newer kernel":    {map[string]string{"/proc/sys/kernel/osrelease": "6.1.0-9-amd64", "/lib/modules/6.1.0-25-amd64/x": "", "/lib/modules/6.1.0-9-amd64/x": ""}, map[string]string{"reboot_pending": "true"}},
		"another flavour":   {map[string]string{"/proc/sys/kernel/osrelease": "6.1.0-9-amd64", "/lib/modules/6.8.0-1-cloud-arm64/x": "", "/lib/modules/6.1.0-9-amd64/x": ""}, map[string]string{"reboot_pending": "false"}},
		"a mark":            {map[string]string{"/run/reboot-required": ""}, map[string]string{"reboot_pending": "true"}},
		"a BIOS":            {map[string]string{"/sys/firmware/dmi/x": ""}, map[string]string{"secure_boot": "false"}},
		"firmware not seen": {map[string]string{}, map[string]string{"secure_boot": "?not-in-source"}},
		"selinux":           {map[string]string{"/sys/fs/selinux/enforce": "1"}, map[string]string{"mandatory_access": `"selinux"`}},
		"permissive":        {map[string]string{"/sys/fs/selinux/enforce": "0"}, map[string]string{"mandatory_access": `""`}},
		"dnf":               {map[string]string{wants + "dnf-automatic.timer": "", "/etc/dnf/automatic.conf": "[commands]\napply_updates = yes\n"}, map[string]string{"updates_automatic": "true"}},
		"dnf only looks":    {map[string]string{wants + "dnf-automatic.timer": "", "/etc/dnf/automatic.conf": "[commands]\napply_updates = no\n"}, map[string]string{"updates_automatic": "false"}},
		"syslog-ng":         {map[string]string{"/etc/syslog-ng/syslog-ng.conf": "destination d { network(\"log.example\" port(6514) transport(\"tls\")); };\n"}, map[string]string{"log_targets": `["log.example tls"]`}},
		"old rsyslog":       {map[string]string{"/etc/rsyslog.conf": "$DefaultNetstreamDriver gtls\n*.* @@(o)log.example:6514\n"}, map[string]string{"log_targets": `["log.example:6514 tls"]`}},
		"audit, in parts":   {map[string]string{"/etc/audit/audit.rules": "# made\n", "/etc/audit/rules.d/a.rules": "-w /usr/bin/sudo -p x\n"}, map[string]string{"audit_rules": "1", "audit_watches": `["sudo"]`, "audit_immutable": "false"}},
		"an agent":          {map[string]string{wants + "amazon-ssm-agent.service": ""}, map[string]string{"agents": `["AWS Systems Manager"]`}},
		"distroless":        {map[string]string{"/var/lib/dpkg/status": "", "/var/lib/dpkg/status.d/tzdata": "Package: tzdata\nVersion: 2024a\n"}, map[string]string{"packages": "1"}},
		"a container":       {map[string]string{"/proc/self/mounts": "/dev/sda1 / ext4 rw 0 0\n"}, map[string]string{"disks_plain": "?unreadable"}},
	} {
		h := of(t, read(t, tree(t, c.files), false, Options{Name: "m"}), "host/m")
		for attribute, want := range c.want {
			if got := told(h, attribute); got != want {
				t.Errorf("%s: %s is %s, want %s (%+v)", name, attribute, got, want, h.Gaps[attribute])
			}
		}
	}
}

func FuzzText(f *testing.F) {
	for _, text := range []string{server()["/etc/sudoers"], server()["/var/lib/dpkg/status"], server()["/etc/shadow"], server()["/etc/ssh/sshd_config"], server()["/proc/net/tcp6"], server()["/proc/self/mounts"], server()["/etc/rsyslog.d/60.conf"],
		"C:Q1\nP:a\nV:1\n\n", "Defaults\nDefaults !x,y=\"", "a ALL=(x", "#1", "User_Alias", "1.0~^-r_p:", "Match", "\"", "2026 1 2 3 4 5 1e-3", "a:b:c:d:e:f:g\n:::::", "include", "-w", ":"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		all, err := parseDpkg(text)
		if err == nil && len(all) > len(text) {
			t.Error("more packages than bytes")
		}
		parseAPK(text)
		people := parsePasswd(text)
		joinGroups(people, text)
		parseShadow(text)
		parseMounts(text)
		parseSockets("tcp6", text)
		osRelease(text)
		rsyslogTargets(text)
		syslogNG(text)
		lastMeasure(text, 2)
		blockedModules(text)
		auditWatches(auditRules(text))
		bootOptions(text)
		bracketed(text)
		flavour(text)
		cvssScore(text)
		half := text[len(text)/2:]
		for _, compare := range []func(a, b string) int{compareDeb, compareEVR, compareAPK} {
			if sign(compare(text, half)) != -sign(compare(half, text)) {
				t.Errorf("%q and %q have no order", text, half)
			}
		}
		m := &machine{reader: reader{source: nowhere{}}}
		rules := &sudoers{m: m, defaults: map[string]string{}, aliases: map[string][]string{}}
		rules.read(text, 0)
		rules.finish()
		splitRules(text)
		s := &sshd{m: m, set: map[string]string{}}
		s.read(text, 0)
		s.weak()
	})
}

// nowhere is a machine without files.
type nowhere struct{ source }

func (nowhere) read(string, int64) ([]byte, error) { return nil, errNotAsked }
func (nowhere) list(string) ([]string, error)      { return nil, errNotAsked }

func FuzzDatabase(f *testing.F) {
	db := unzipped(f, "testdata/rpmdb.sqlite.gz")
	f.Add(db[:16384])
	f.Add(db[:512])
	f.Add(rpmHeader(map[uint32]string{rpmName: "a", rpmVersion: "1", rpmRelease: "1"}))
	f.Add([]byte("RpmP\x00\x00\x00\x00\x00\x00\x00\x00\x01\x00\x00\x00"))
	f.Fuzz(func(t *testing.T, data []byte) {
		for _, read := range []func([]byte) ([][]byte, error){sqliteBlobs, ndbBlobs} {
			blobs, err := read(slices.Clone(data))
			if err == nil {
				parseRPMs("x", blobs)
			}
		}
		parseRPM(data)
	})
}

func FuzzAdvisories(f *testing.F) {
	f.Add([]byte(osvOpenSSL))
	f.Add([]byte(`[{"id":"a","affected":[{"package":{"ecosystem":"Alpine:v3.19","name":"x"},"versions":["1"],"database_specific":1}]}]`))
	f.Add([]byte("PK\x03\x04"))
	f.Fuzz(func(t *testing.T, data []byte) {
		a := &Advisories{}
		if a.Add("x", bytes.NewReader(data), int64(len(data))) == nil && a.Count == 0 {
			t.Error("nothing was read, and nobody is told")
		}
		a.of(release{id: "debian", version: "12"}, []installed{{name: "openssl", version: "3.0.11-1", source: "openssl", sourceVersion: "3.0.11-1"}}, compareDeb)
	})
}
