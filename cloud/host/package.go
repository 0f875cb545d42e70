// SPDX-License-Identifier: Apache-2.0

package host

import (
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"demarc.dev/demarc/cloud"
)

// installed is a package of a machine.
type installed struct {
	name, version, arch   string
	source, sourceVersion string // of what it was built from; the package itself where nothing else is said
}

// maxPackages is how many packages a machine may have.
const maxPackages = 50_000

// errNoManager says that no database of packages was found.
var errNoManager = errors.New("no database of dpkg, rpm or apk was found")

func (m *machine) readPackages() {
	all, compare, err := m.packages()
	if err != nil {
		m.miss(err, "packages", "known_flaws", "severe_flaws")
		return
	}
	for _, p := range all {
		line := strings.TrimRight(p.name+" "+p.version+" "+p.arch, " ")
		if p.source != p.name {
			line += " of " + p.source
		}
		m.raw.Packages = append(m.raw.Packages, cut(line, 300))
	}
	slices.Sort(m.raw.Packages)
	m.set("packages", len(all), nil)
	m.readFlaws(all, compare)
}

// packages reads the database of whichever package manager the machine has.
func (m *machine) packages() ([]installed, func(a, b string) int, error) {
	m.calls++
	status, err := m.read("/var/lib/dpkg/status", maxStatus)
	if err == nil {
		more, err := m.distroless()
		all, fault := parseDpkg(string(status) + "\n\n" + more)
		return all, compareDeb, errors.Join(err, fault)
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return nil, nil, &pathError{"/var/lib/dpkg/status", err}
	}
	for _, name := range []string{"/lib/apk/db/installed", "/usr/lib/apk/db/installed"} {
		m.calls++
		db, err := m.read(name, maxStatus)
		if err == nil {
			all, err := parseAPK(string(db))
			return all, compareAPK, err
		}
		if !errors.Is(err, fs.ErrNotExist) {
			return nil, nil, &pathError{name, err}
		}
	}
	all, err := m.rpms()
	return all, compareEVR, err
}

// distroless gives the files that images without a package manager keep, in the
// form of dpkg.
func (m *machine) distroless() (string, error) {
	names, err := m.glob("/var/lib/dpkg/status.d/*")
	var b strings.Builder
	for _, name := range names {
		if strings.HasSuffix(name, ".md5sums") || strings.HasSuffix(name, "*") {
			continue
		}
		text, err := m.text(name)
		if err != nil {
			return "", err
		}
		b.WriteString(text + "\n\n")
	}
	return b.String(), err
}

// rpms reads whichever form the database of rpm has.
func (m *machine) rpms() ([]installed, error) {
	for _, dir := range []string{"/var/lib/rpm", "/usr/lib/sysimage/rpm"} {
		for _, form := range []struct {
			file string
			read func([]byte) ([][]byte, error)
		}{{"rpmdb.sqlite", sqliteBlobs}, {"Packages.db", ndbBlobs}, {"Packages", oldBlobs}} {
			name := dir + "/" + form.file
			m.calls++
			db, err := m.read(name, maxStatus)
			if errors.Is(err, fs.ErrNotExist) {
				continue
			}
			if err == nil && form.file == "rpmdb.sqlite" {
				err = m.settled(name)
			}
			if err != nil {
				return nil, &pathError{name, err}
			}
			blobs, err := form.read(db)
			if err != nil {
				return nil, &pathError{name, err}
			}
			return parseRPMs(name, blobs)
		}
	}
	return nil, errNoManager
}

// settled looks whether SQLite's journal still holds pages that the file has not.
func (m *machine) settled(name string) error {
	m.calls++
	s, err := m.stat(name + "-wal")
	if err == nil && s.size > 0 {
		return errors.New("its journal holds changes that the file has not yet; read it again when no transaction runs")
	}
	return nil
}

func parseRPMs(name string, blobs [][]byte) ([]installed, error) {
	var all []installed
	for i, blob := range blobs {
		p, err := parseRPM(blob)
		if err != nil {
			return nil, &pathError{name, fmt.Errorf("package %d: %w", i+1, err)}
		}
		if p.name != "gpg-pubkey" {
			all = append(all, p)
		}
	}
	return all, nil
}

// paragraphs walks a file of "Name: value" lines, which empty lines part. A
// value that goes on in the next lines keeps its first.
func paragraphs(text string, do func(map[string]string)) {
	fields := map[string]string{}
	flush := func() {
		if len(fields) > 0 {
			do(fields)
			fields = map[string]string{}
		}
	}
	for line := range strings.Lines(text) {
		line = strings.TrimRight(line, "\r\n")
		name, value, ok := strings.Cut(line, ":")
		switch {
		case strings.TrimSpace(line) == "":
			flush()
		case ok && line[0] != ' ' && line[0] != '\t' && len(fields) < 64:
			fields[name] = strings.TrimSpace(value)
		}
	}
	flush()
}

// parseDpkg reads the status file of dpkg. Packages of which only settings are
// left are not installed.
func parseDpkg(text string) ([]installed, error) {
	var out []installed
	paragraphs(text, func(f map[string]string) {
		state := strings.Fields(f["Status"])
		if f["Package"] == "" || f["Version"] == "" || len(state) == 3 && state[2] != "installed" && !strings.HasPrefix(state[2], "trigger") && !strings.HasPrefix(state[2], "half-") && state[2] != "unpacked" {
			return
		}
		p := installed{name: f["Package"], version: f["Version"], arch: f["Architecture"], source: f["Package"], sourceVersion: f["Version"]}
		if source := strings.Fields(f["Source"]); len(source) > 0 {
			p.source = source[0]
			if len(source) > 1 {
				p.sourceVersion = strings.Trim(source[1], "()")
			}
		}
		out = append(out, p)
	})
	return bounded(out)
}

// parseAPK reads the database of apk.
func parseAPK(text string) ([]installed, error) {
	var out []installed
	paragraphs(text, func(f map[string]string) {
		if f["P"] == "" || f["V"] == "" {
			return
		}
		p := installed{name: f["P"], version: f["V"], arch: f["A"], source: f["P"], sourceVersion: f["V"]}
		if f["o"] != "" {
			p.source = f["o"]
		}
		out = append(out, p)
	})
	return bounded(out)
}

func bounded(all []installed) ([]installed, error) {
	if len(all) > maxPackages {
		return nil, fmt.Errorf("more than %d packages: %w", maxPackages, errLarge)
	}
	return all, nil
}

// readFlaws compares the packages with the advisories that were given.
func (m *machine) readFlaws(all []installed, compare func(a, b string) int) {
	if m.o.Flaws == nil {
		m.r.Gaps["known_flaws"] = cloud.Gap{Reason: cloud.NotCollected, Detail: "no file of advisories was given; see --advisory"}
		m.r.Gaps["severe_flaws"] = m.r.Gaps["known_flaws"]
		return
	}
	flaws, err := m.o.Flaws.of(m.release, all, compare)
	severe := 0
	var told []string
	for _, f := range flaws {
		told = append(told, f.String())
		if f.severity == "critical" || f.severity == "high" {
			severe++
		}
	}
	m.set("known_flaws", told, err)
	m.set("severe_flaws", severe, err)
}
