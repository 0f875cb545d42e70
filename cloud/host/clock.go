// SPDX-License-Identifier: Apache-2.0

package host

import (
	"errors"
	"fmt"
	"io/fs"
	"math"
	"path"
	"slices"
	"strconv"
	"strings"
)

func (m *machine) readClock() {
	name, err := m.clockService()
	m.set("time_service", name, err)
	sources, fault := m.clockSources(name)
	if err == nil {
		err = fault
	}
	m.set("time_sources", sources, err)
	if !m.running("time_synchronised", "time_offset_ms") {
		return
	}
	m.readSynchronised(name)
	offset, err := m.clockOffset()
	m.set("time_offset_ms", int(math.Round(offset*1000)), err)
}

func (m *machine) clockService() (string, error) {
	for _, s := range []struct {
		name  string
		units []string
	}{{"chrony", []string{"chrony", "chronyd"}}, {"ntpd", []string{"ntpd", "ntp", "ntpsec", "openntpd"}}, {"timesyncd", []string{"systemd-timesyncd"}}} {
		on, err := m.units.on(s.units...)
		if err != nil || on {
			return s.name, err
		}
	}
	return "", nil
}

// clockSources gives the servers that the service is told to follow. One pool
// stands for several servers, and says so in its line.
func (m *machine) clockSources(service string) ([]string, error) {
	switch service {
	case "chrony":
		return m.clockLines([]string{"/etc/chrony/chrony.conf", "/etc/chrony.conf"}, 0)
	case "ntpd":
		return m.clockLines([]string{"/etc/ntp.conf", "/etc/ntpsec/ntp.conf", "/etc/openntpd/ntpd.conf", "/etc/ntpd.conf"}, 0)
	case "timesyncd":
		return m.timesyncd()
	}
	return []string{}, nil
}

// clockLines reads server, pool, peer and refclock of the files that are there,
// and of what they include.
func (m *machine) clockLines(files []string, depth int) ([]string, error) {
	var out []string
	for _, file := range files {
		text, err := m.optional(file)
		if err != nil || depth > maxSSHDepth {
			return nil, err
		}
		for _, line := range lines(text, "#!;%") {
			f := strings.Fields(line)
			if len(f) < 2 {
				continue
			}
			var more []string
			switch f[0] {
			case "server", "peer":
				out = append(out, cut(f[1], 200))
			case "pool", "servers":
				out = append(out, "pool "+cut(f[1], 200))
			case "refclock":
				out = append(out, cut(strings.Join(f[:min(3, len(f))], " "), 200))
			case "include":
				more, err = m.glob(f[1])
			case "sourcedir":
				for _, dir := range f[1:] {
					var found []string
					if found, err = m.glob(path.Join(dir, "*.sources")); err != nil {
						break
					}
					more = append(more, found...)
				}
			case "confdir":
				more, err = m.glob(path.Join(f[1], "*.conf"))
			}
			if err != nil {
				return nil, err
			}
			if more = slices.DeleteFunc(more, func(name string) bool { return strings.Contains(name, "*") }); len(more) > 0 {
				found, err := m.clockLines(more, depth+1)
				if err != nil {
					return nil, err
				}
				out = append(out, found...)
			}
			if len(out) > maxFiles {
				return nil, &pathError{file, errLarge}
			}
		}
	}
	return out, nil
}

func (m *machine) timesyncd() ([]string, error) {
	files, err := m.snippets(".conf", "/etc/systemd/timesyncd.conf.d", "/run/systemd/timesyncd.conf.d", "/usr/lib/systemd/timesyncd.conf.d")
	if err != nil {
		return nil, err
	}
	own, other := []string{}, []string{}
	for _, f := range append([]string{"/etc/systemd/timesyncd.conf"}, files...) {
		text, err := m.optional(f)
		if err != nil {
			return nil, err
		}
		if value, ok := setting(text, "NTP"); ok {
			own = strings.Fields(value)
		}
		if value, ok := setting(text, "FallbackNTP"); ok {
			other = strings.Fields(value)
		}
	}
	switch {
	case len(own) > 0:
		return own, nil
	case len(other) > 0:
		return other, nil
	}
	// Nothing is set: the network tells, or the distribution's own pool is asked.
	return []string{"pool of the distribution"}, nil
}

// readSynchronised asks the kernel of this machine; of another one the mark that
// timesyncd and chrony leave is taken.
func (m *machine) readSynchronised(service string) {
	if m.here {
		is, err := kernelClock()
		m.set("time_synchronised", is, err)
		return
	}
	if service == "timesyncd" {
		is, err := m.exists("/run/systemd/timesync/synchronized")
		m.set("time_synchronised", is, err)
		return
	}
	m.miss(errors.New("no file tells it; read the machine from itself, where the kernel can be asked"), "time_synchronised")
}

// clockOffset gives the offset in seconds by the last line of a log of measures:
// tracking.log of chrony, loopstats of ntpd.
func (m *machine) clockOffset() (float64, error) {
	for _, x := range []struct {
		file   string
		column int
	}{{"/var/log/chrony/tracking.log", 6}, {"/var/log/ntpstats/loopstats", 2}, {"/var/log/ntpsec/loopstats", 2}, {"/var/lib/ntp/loopstats", 2}} {
		m.calls++
		data, err := m.read(x.file, 16<<20)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return 0, &pathError{x.file, err}
		}
		offset, line, ok := lastMeasure(string(data), x.column)
		if !ok {
			return 0, &pathError{x.file, errors.New("it holds no measure")}
		}
		m.raw.Clock = append(m.raw.Clock, line)
		return offset, nil
	}
	return 0, fmt.Errorf("no log of measures is kept: chrony writes one with \"log tracking\", ntpd with \"statistics loopstats\" (%w)", errNotAsked)
}

// lastMeasure reads a column of the last line that has it as a number.
func lastMeasure(text string, column int) (offset float64, line string, ok bool) {
	all := strings.Split(text, "\n")
	for _, l := range slices.Backward(all) {
		f := strings.Fields(l)
		if len(f) <= column || !digit(f[0][0]) {
			continue
		}
		if v, err := strconv.ParseFloat(f[column], 64); err == nil && math.Abs(v) < 1e9 {
			return v, cut(l, 300), true
		}
	}
	return 0, "", false
}
