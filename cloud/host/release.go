// SPDX-License-Identifier: Apache-2.0

package host

import (
	"strings"
	"time"
)

// release is which distribution a machine runs.
type release struct {
	id      string   // "debian"
	like    []string // what it is made of, "rhel", "fedora"
	version string   // "12"
	name    string   // for people
}

// is tells whether the distribution is one of the words, or made of one.
func (r release) is(words ...string) bool {
	for _, w := range words {
		if r.id == w {
			return true
		}
		for _, l := range r.like {
			if l == w {
				return true
			}
		}
	}
	return false
}

func (m *machine) readRelease() {
	var err error
	for _, name := range []string{"/etc/os-release", "/usr/lib/os-release"} {
		var text string
		if text, err = m.text(name); err == nil {
			m.raw.Release = osRelease(text)
			break
		}
	}
	if err != nil {
		m.miss(err, "os", "support_ends")
		return
	}
	f := m.raw.Release
	m.release = release{id: strings.ToLower(f["ID"]), like: strings.Fields(strings.ToLower(f["ID_LIKE"])), version: f["VERSION_ID"], name: f["PRETTY_NAME"]}
	m.set("os", strings.TrimSpace(m.release.id+" "+m.release.version), nil)
	if ends, ok := supportEnds(m.release); ok {
		m.set("support_ends", ends, nil)
	} else {
		m.miss(notInTable(m.release.name), "support_ends")
	}
}

type notInTable string

func (n notInTable) Error() string {
	return "the table of releases does not hold " + cut(string(n), 80) + "; see when its maker ends support"
}

// osRelease reads the form of os-release(5).
func osRelease(text string) map[string]string {
	out := map[string]string{}
	for _, line := range lines(text, "#") {
		name, value, ok := strings.Cut(line, "=")
		if !ok || len(out) >= 64 {
			continue
		}
		if q := len(value); q >= 2 && (value[0] == '"' || value[0] == '\'') && value[q-1] == value[0] {
			quote := value[0]
			value = value[1 : q-1]
			if quote == '"' {
				value = strings.NewReplacer(`\"`, `"`, `\$`, "$", `\\`, `\`, "\\`", "`").Replace(value)
			}
		}
		out[name] = cut(value, 256)
	}
	return out
}

// supportEnds gives the last day of free security updates by the maker: for
// Debian that of the LTS team, for Ubuntu of standard support, for Red Hat and
// its kin of maintenance. Sources: the release pages of each distribution, as
// of 2026; a release that is not here is unknown.
func supportEnds(r release) (time.Time, bool) {
	version := r.version
	if r.is("rhel", "centos") || r.id == "alpine" {
		parts := strings.SplitN(version, ".", 3)
		if version = parts[0]; r.id == "alpine" && len(parts) > 1 {
			version += "." + parts[1]
		}
	}
	id := r.id
	if id == "rocky" || id == "almalinux" || id == "ol" {
		id = "rhel"
	}
	day, ok := map[string]string{
		"debian 9": "2022-06-30", "debian 10": "2024-06-30", "debian 11": "2026-08-31", "debian 12": "2028-06-30", "debian 13": "2030-06-30",
		"ubuntu 16.04": "2021-04-30", "ubuntu 18.04": "2023-05-31", "ubuntu 20.04": "2025-05-31", "ubuntu 22.04": "2027-04-30", "ubuntu 24.04": "2029-05-31",
		"ubuntu 23.10": "2024-07-11", "ubuntu 24.10": "2025-07-10", "ubuntu 25.04": "2026-01-15", "ubuntu 25.10": "2026-07-31", "ubuntu 26.04": "2031-05-31",
		"rhel 6": "2020-11-30", "rhel 7": "2024-06-30", "rhel 8": "2029-05-31", "rhel 9": "2032-05-31", "rhel 10": "2035-05-31",
		"centos 6": "2020-11-30", "centos 7": "2024-06-30", "centos 8": "2021-12-31", "centos 9": "2027-05-31", "centos 10": "2030-05-31",
		"alpine 3.17": "2024-11-22", "alpine 3.18": "2025-05-09", "alpine 3.19": "2025-11-01", "alpine 3.20": "2026-04-01", "alpine 3.21": "2026-11-01", "alpine 3.22": "2027-05-01",
		"amzn 2": "2026-06-30", "amzn 2023": "2029-06-30",
		"fedora 40": "2025-05-13", "fedora 41": "2025-12-15", "fedora 42": "2026-05-13",
		"sles 12.5": "2024-10-31", "sles 15.5": "2024-12-31", "sles 15.6": "2025-12-31", "sles 15.7": "2031-07-31",
		"opensuse-leap 15.5": "2024-12-31", "opensuse-leap 15.6": "2026-04-30",
	}[id+" "+version]
	if !ok {
		return time.Time{}, false
	}
	t, err := time.Parse(time.DateOnly, day)
	return t.Add(24*time.Hour - time.Second), err == nil
}
