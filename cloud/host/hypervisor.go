// SPDX-License-Identifier: Apache-2.0

package host

import (
	"encoding/xml"
	"errors"
	"io/fs"
	"path"
	"strings"
)

// readHypervisor reads what a machine that runs virtual machines of others does
// to keep them apart: libvirt's definitions, and the kernel's settings.
func (m *machine) readHypervisor() {
	names := []string{"guests", "guests_open", "memory_shared", "nested", "threads_shared"}
	service, err := m.units.on("libvirtd", "virtqemud", "libvirt-guests")
	defined, fault := m.glob("/etc/libvirt/qemu/*.xml")
	if len(defined) > 0 {
		err = nil // whatever starts: guests are there
	}
	if err == nil {
		err = fault
	}
	if err != nil {
		m.miss(err, append(names, "hypervisor")...)
		return
	}
	m.set("hypervisor", service || len(defined) > 0, nil)
	if !service && len(defined) == 0 {
		m.set("guests", 0, nil)
		m.set("guests_open", []string{}, nil)
		for _, name := range names[2:] {
			m.set(name, false, nil)
		}
		return
	}
	m.readGuests(defined)
	if !m.running(names[2:]...) {
		return
	}
	merged, err := m.word("/sys/kernel/mm/ksm/run")
	if errors.Is(err, fs.ErrNotExist) {
		merged, err = "0", nil // the kernel cannot
	}
	m.set("memory_shared", merged == "1", err)
	nested, err := m.nested()
	m.set("nested", nested, err)
	threads, err := m.word("/sys/devices/system/cpu/smt/active")
	m.set("threads_shared", threads == "1", err)
}

func (m *machine) nested() (bool, error) {
	for _, module := range []string{"kvm_intel", "kvm_amd"} {
		value, err := m.word("/sys/module/" + module + "/parameters/nested")
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		return value == "Y" || value == "1", err
	}
	return false, nil // no module of either is loaded: no guest runs at all
}

// domain is what of a guest's definition is asked for (libvirt.org/formatdomain).
type domain struct {
	Name  string `xml:"name"`
	Label []struct {
		Type  string `xml:"type,attr"`
		Model string `xml:"model,attr"`
	} `xml:"seclabel"`
	Disks []struct {
		Device    string    `xml:"device,attr"`
		Shareable *struct{} `xml:"shareable"`
		Readonly  *struct{} `xml:"readonly"`
	} `xml:"devices>disk"`
}

func (m *machine) readGuests(files []string) {
	open, count := []string{}, 0
	for _, f := range files {
		text, err := m.text(f)
		var d domain
		if err == nil {
			err = xml.NewDecoder(strings.NewReader(text)).Decode(&d)
		}
		if err != nil {
			m.miss(&pathError{f, err}, "guests", "guests_open")
			return
		}
		count++
		if d.Name == "" {
			d.Name = strings.TrimSuffix(path.Base(f), ".xml")
		}
		if why := d.open(); why != "" {
			open = append(open, cut(d.Name, 100)+": "+why)
		}
	}
	m.set("guests", count, nil)
	m.set("guests_open", open, nil)
}

func (d domain) open() string {
	for _, l := range d.Label {
		if l.Type == "none" {
			return "no confining label"
		}
	}
	for _, disk := range d.Disks {
		if disk.Shareable != nil && disk.Readonly == nil {
			return "a disk that others may write too"
		}
	}
	return ""
}
