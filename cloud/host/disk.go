// SPDX-License-Identifier: Apache-2.0

package host

import (
	"errors"
	"io/fs"
	"path"
	"slices"
	"strings"
)

// mount is a line of /proc/mounts or /etc/fstab.
type mount struct{ device, where, kind, options string }

// parseMounts reads both, with the escapes \040 and the like.
func parseMounts(text string) []mount {
	unescape := strings.NewReplacer(`\040`, " ", `\011`, "\t", `\012`, " ", `\134`, `\`)
	var out []mount
	for _, line := range lines(text, "#") {
		f := strings.Fields(line)
		if len(f) < 4 {
			continue
		}
		out = append(out, mount{cut(unescape.Replace(f[0]), 256), cut(unescape.Replace(f[1]), 256), f[2], cut(f[3], 512)})
		if len(out) >= maxEntries {
			break
		}
	}
	return out
}

// virtual are file systems that the kernel makes, and network shares, which lie
// on no disk of the machine.
var virtual = []string{"proc", "sysfs", "devtmpfs", "devpts", "tmpfs", "ramfs", "cgroup", "cgroup2", "securityfs", "debugfs", "tracefs", "pstore", "bpf", "efivarfs", "mqueue", "hugetlbfs", "configfs",
	"fusectl", "autofs", "binfmt_misc", "nsfs", "rpc_pipefs", "selinuxfs", "overlay", "squashfs", "iso9660", "nfs", "nfs4", "cifs", "9p", "virtiofs", "fuse", "none", "swap"}

func (m *machine) readDisks() {
	file := "/proc/self/mounts"
	if m.asleep {
		file = "/etc/fstab"
	}
	text, err := m.text(file)
	if err != nil {
		m.miss(err, "mounts", "disks_plain")
		return
	}
	all := parseMounts(text)
	var told []string
	for _, x := range all {
		if x.kind == "swap" || strings.HasPrefix(x.where, "/var/lib/docker/") || strings.HasPrefix(x.where, "/var/lib/containers/") || strings.HasPrefix(x.where, "/var/lib/kubelet/pods/") || strings.HasPrefix(x.where, "/snap/") {
			continue
		}
		told = append(told, x.where+" "+x.options)
		m.raw.Mounts = append(m.raw.Mounts, x.device+" "+x.where+" "+x.kind+" "+x.options)
	}
	slices.Sort(m.raw.Mounts)
	m.set("mounts", told, nil)
	if m.asleep {
		plain, err := m.plainDeclared(all)
		m.set("disks_plain", plain, err)
		return
	}
	plain, err := m.plainDisks(all)
	m.set("disks_plain", plain, err)
}

// plainDisks follows each mounted device, and swap, down to what it lies on: it is
// encrypted when a device of dm-crypt is among that. The disk that the provider
// encrypts below the machine cannot be told from a plain one here, and the small
// partitions that firmware starts from are left out.
func (m *machine) plainDisks(all []mount) ([]string, error) {
	swaps, err := m.optional("/proc/swaps")
	if err != nil {
		return nil, err
	}
	for _, line := range lines(swaps, "") {
		if f := strings.Fields(line); len(f) > 1 && f[0] != "Filename" && f[1] == "partition" {
			all = append(all, mount{device: f[0], where: "swap", kind: "ext4"})
		}
	}
	var plain []string
	for _, x := range all {
		if slices.Contains(virtual, x.kind) || strings.HasPrefix(x.kind, "fuse.") || !strings.HasPrefix(x.device, "/dev/") || x.where == "/boot" || strings.HasPrefix(x.where, "/boot/") || x.where == "/efi" || strings.HasPrefix(x.device, "/dev/zram") {
			continue
		}
		encrypted, err := m.encrypted(x.device)
		if err != nil {
			return nil, err
		}
		if !encrypted {
			plain = append(plain, x.where)
		}
	}
	return plain, nil
}

// encrypted follows a device by its number: /dev may name it in many ways.
func (m *machine) encrypted(device string) (bool, error) {
	name := path.Base(device)
	if strings.HasPrefix(device, "/dev/mapper/") || strings.Count(device, "/") > 2 {
		target, err := m.link(device)
		switch {
		case err == nil:
			name = path.Base(target)
		case strings.HasPrefix(device, "/dev/mapper/"):
			if name, err = m.mapped(name); err != nil {
				return false, err
			}
		default:
			return false, &pathError{device, err}
		}
	}
	return m.crypt(name, 0)
}

// mapped finds the device that the mapper calls name.
func (m *machine) mapped(name string) (string, error) {
	blocks, err := m.names("/sys/block")
	if err != nil {
		return "", err
	}
	for _, b := range blocks {
		if called, err := m.word("/sys/block/" + b + "/dm/name"); err == nil && called == name {
			return b, nil
		}
	}
	return "", &pathError{"/sys/block", errors.New("no device of the mapper is called " + cut(name, 80))}
}

func (m *machine) crypt(block string, depth int) (bool, error) {
	dir := "/sys/class/block/" + block
	if ok, err := m.exists(dir); !ok {
		if err == nil {
			err = &pathError{dir, errors.New("the kernel shows no such device, as in a container")}
		}
		return false, err
	}
	id, err := m.word(dir + "/dm/uuid")
	if err == nil && strings.HasPrefix(id, "CRYPT-") {
		return true, nil
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return false, err
	}
	below, err := m.names(dir + "/slaves")
	if err != nil || len(below) == 0 || depth > 8 {
		return false, err
	}
	for _, b := range below { // every one of them must be
		if is, err := m.crypt(b, depth+1); err != nil || !is {
			return false, err
		}
	}
	return true, nil
}

// plainDeclared compares the devices of an image's fstab with its crypttab.
func (m *machine) plainDeclared(all []mount) ([]string, error) {
	text, err := m.optional("/etc/crypttab")
	if err != nil {
		return nil, err
	}
	opened := map[string]bool{}
	for _, line := range lines(text, "#") {
		opened["/dev/mapper/"+strings.Fields(line)[0]] = true
	}
	var plain []string
	for _, x := range all {
		if slices.Contains(virtual, x.kind) && x.kind != "swap" || x.where == "/boot" || strings.HasPrefix(x.where, "/boot/") {
			continue
		}
		if strings.HasPrefix(x.device, "/dev/mapper/") && !opened[x.device] {
			return nil, errors.New("what " + x.device + " lies on is not in its files")
		}
		if !opened[x.device] {
			if x.where == "none" {
				x.where = "swap"
			}
			plain = append(plain, x.where)
		}
	}
	if len(all) == 0 {
		return nil, errors.New("its fstab names no disk")
	}
	return plain, nil
}
