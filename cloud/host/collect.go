// SPDX-License-Identifier: Apache-2.0

package host

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"demarc.dev/demarc/cloud"
)

// Provider is what snapshots of this package name as their provider.
const Provider = "host"

// Kinds gives the kinds of resource that are read.
func Kinds() []cloud.Kind { return []cloud.Kind{cloud.Host, cloud.HostAccount} }

// What a snapshot names as its source: a running machine, or files of one.
const (
	Running = "host"
	Image   = "image"
)

// Collect reads a machine and writes its snapshot to out, which is of no use
// after an error. An error says that the machine could not be reached at all;
// what could not be read of it is a gap.
func Collect(ctx context.Context, o Options, out io.Writer) (cloud.Header, error) {
	m, end, err := begin(ctx, o)
	if err != nil {
		return cloud.Header{}, err
	}
	defer end()
	if there, err := m.any("/etc/passwd", "/etc/os-release", "/usr/lib/os-release", "/var/lib/dpkg/status.d"); !there && err == nil {
		return cloud.Header{}, &Refusal{Usage: true, Sentence: "there is no Linux system in " + cmp.Or(o.Root, "what was reached") + ": no /etc/passwd and no os-release", Hint: "--root takes the folder in which its disk or image is mounted, the one that holds etc and usr"}
	}
	m.look()
	if err := ctx.Err(); err != nil {
		return cloud.Header{}, err
	}
	s := m.snapshot()
	return s.Header, s.Encode(out)
}

// begin opens the machine, and gives what closes it.
func begin(ctx context.Context, o Options) (*machine, func(), error) {
	m := &machine{o: o}
	if o.SSH != nil {
		there, err := dial(ctx, o.SSH)
		if err != nil {
			return nil, nil, err
		}
		m.source = there
		return m, func() { there.close() }, nil
	}
	m.here, m.asleep = o.Root == "", o.Root != ""
	if m.here {
		o.Root = "/"
	}
	f, err := openFolder(o.Root)
	if err != nil {
		return nil, nil, &Refusal{Usage: true, Sentence: fmt.Sprintf("the folder %s cannot be opened: %v", o.Root, plain(err)), Hint: "demarc collect host --root takes the folder where a machine's disk or image is mounted"}
	}
	m.source = f
	return m, func() { f.root.Close() }, nil
}

// Refusal is a failure that a person can mend: see cloud.Refusal.
type Refusal = cloud.Refusal

// look reads everything. The order matters where a later question uses an
// earlier answer: units and accounts are asked for by many.
func (m *machine) look() {
	m.begun()
	m.readRelease()
	m.readUnits()
	m.readKernel()
	m.readSysctl()
	m.readModules()
	m.readPackages()
	m.readUpdates()
	m.readPorts()
	m.readFirewall()
	m.readSSH()
	m.readAccounts()
	m.readSudo()
	m.readPassword()
	m.readDisks()
	m.readAudit()
	m.readClock()
	m.readLogs()
	m.readFiles()
	m.readHypervisor()
	m.readBridges()
	m.close()
}

// begun makes the resource under its name.
func (m *machine) begun() {
	name := m.o.Name
	for _, file := range []string{"/proc/sys/kernel/hostname", "/etc/hostname"} {
		if name == "" && !(m.asleep && strings.HasPrefix(file, "/proc")) {
			text, _ := m.optional(file)
			if found := lines(text, "#"); len(found) > 0 {
				name = cut(found[0], 253)
			}
		}
	}
	if name == "" || name == "localhost" && m.o.Name == "" && m.o.SSH != nil {
		name = "machine"
		if m.o.SSH != nil {
			name = m.o.SSH.Host
		}
	}
	source := Running
	if m.asleep {
		source = Image
	}
	account := m.o.Account
	if account == "" {
		account = name
	}
	tenant := m.o.Tenant
	for k, v := range m.o.Tags {
		if tenant == "" && strings.EqualFold(k, "tenant") {
			tenant = v
		}
	}
	id := "host/" + name
	if account != name {
		id = "host/" + account + "/" + name
	}
	m.r = &cloud.Resource{ID: id, Kind: cloud.Host, Native: "linux", Provider: Provider, Source: source, Account: account, Region: m.o.Region, Name: name, Tenant: tenant,
		Tags: m.o.Tags, Attributes: map[string]any{"image": m.asleep}, Gaps: map[string]cloud.Gap{}, Seen: cloud.Seen{At: m.o.Now.UTC(), Call: m.how()}}
}

// how says by which way the machine was read.
func (m *machine) how() string {
	switch {
	case m.o.SSH != nil:
		return "host:ssh"
	case m.asleep:
		return "host:root"
	}
	return "host:files"
}

// cut shortens what a machine says of itself.
func cut(s string, most int) string {
	if len(s) > most {
		s = strings.ToValidUTF8(s[:most], "")
	}
	return strings.ToValidUTF8(s, "�")
}

// close ends the resource: what nobody set is a gap.
func (m *machine) close() {
	m.r.Complete(cloud.Gap{Reason: cloud.NotInSource, Call: m.how()})
	if raw, err := marshal(m.raw); err == nil {
		m.r.Raw = raw
	}
}

func marshal(v any) (json.RawMessage, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	err := e.Encode(v)
	return bytes.TrimSpace(b.Bytes()), err
}

func (m *machine) snapshot() *cloud.Snapshot {
	at := m.o.Now.UTC()
	s := &cloud.Snapshot{
		Header: cloud.Header{Format: cloud.Format, Tool: m.o.Tool, Provider: Provider, Source: m.r.Source, Accounts: []cloud.Account{{ID: m.r.Account, Name: m.r.Name, Tenant: m.r.Tenant, Tags: m.o.Tags}},
			Regions: []string{}, Services: []string{"host"}, Started: at, Ended: at, Calls: m.calls},
		Gaps: m.gaps, Resources: append([]cloud.Resource{*m.r}, m.others...),
	}
	if m.r.Region != "" {
		s.Header.Regions = append(s.Header.Regions, m.r.Region)
	}
	return s
}
