// SPDX-License-Identifier: Apache-2.0

package host

import (
	"errors"
	"path"
	"slices"
	"strings"
)

// units are the services that start by themselves.
type units struct {
	enabled []string // without ".service"
	err     error
}

// on tells whether one of the services starts by itself; the error says that
// this is not known.
func (u units) on(names ...string) (bool, error) {
	for _, name := range names {
		if slices.Contains(u.enabled, name) {
			return true, nil
		}
	}
	return false, u.err
}

// readUnits finds what systemd pulls in by links, and what OpenRC and the links
// of System V start. Units that the distribution links itself count as much as
// those that somebody enabled.
func (m *machine) readUnits() {
	var u units
	add := func(pattern string, name func(string) string) {
		found, err := m.glob(pattern)
		if err != nil && u.err == nil {
			u.err = err
		}
		for _, f := range found {
			if n := name(path.Base(f)); n != "" && path.Base(f) != path.Base(pattern) {
				u.enabled = append(u.enabled, n)
			}
		}
	}
	service := func(base string) string {
		for _, suffix := range []string{".service", ".socket", ".timer"} {
			if name, ok := strings.CutSuffix(base, suffix); ok {
				if suffix == ".timer" {
					return base
				}
				return name
			}
		}
		return ""
	}
	for _, dir := range []string{"/etc/systemd/system", "/usr/lib/systemd/system", "/lib/systemd/system"} {
		add(dir+"/*.wants/*", service)
	}
	add("/etc/runlevels/*/*", func(base string) string { return base })
	add("/etc/rc[2345].d/S*", func(base string) string {
		if len(base) > 3 {
			return strings.TrimLeft(base[1:], "0123456789")
		}
		return ""
	})
	if there, err := m.any("/etc/systemd/system", "/usr/lib/systemd/system", "/lib/systemd/system", "/etc/runlevels", "/etc/rc2.d"); !there && u.err == nil {
		if u.err = err; err == nil {
			u.err = errors.New("none of the folders is there that say what starts, as in a container")
		}
	}
	u.enabled = slices.Compact(slices.Sorted(slices.Values(m.unmasked(u.enabled))))
	m.units = u
	m.set("services", u.enabled, u.err)
}

// unmasked leaves out what an administrator has masked: a link to /dev/null.
func (m *machine) unmasked(names []string) []string {
	return slices.DeleteFunc(names, func(name string) bool {
		m.calls++
		target, err := m.link("/etc/systemd/system/" + strings.TrimSuffix(name, ".timer") + suffixOf(name))
		return err == nil && target == "/dev/null"
	})
}

func suffixOf(name string) string {
	if strings.HasSuffix(name, ".timer") {
		return ".timer"
	}
	return ".service"
}

// agents are the programs of management, detection and logging that are known,
// by the service that starts them.
var agents = map[string]string{
	"amazon-ssm-agent": "AWS Systems Manager", "snap.amazon-ssm-agent.amazon-ssm-agent": "AWS Systems Manager", "amazon-cloudwatch-agent": "Amazon CloudWatch", "google-guest-agent": "Google guest agent",
	"google-osconfig-agent": "Google OS Config", "google-cloud-ops-agent": "Google Ops Agent", "walinuxagent": "Azure Linux Agent", "waagent": "Azure Linux Agent", "azuremonitoragent": "Azure Monitor",
	"mdatp": "Microsoft Defender", "falcon-sensor": "CrowdStrike Falcon", "wazuh-agent": "Wazuh", "ossec": "OSSEC", "osqueryd": "osquery", "sentinelone": "SentinelOne", "cbagentd": "Carbon Black",
	"clamav-daemon": "ClamAV", "clamd@scan": "ClamAV", "aidecheck": "AIDE", "dailyaidecheck.timer": "AIDE", "aidecheck.timer": "AIDE", "fapolicyd": "fapolicyd", "falco": "Falco", "falco-modern-bpf": "Falco", "tetragon": "Tetragon",
	"auditbeat": "Auditbeat", "filebeat": "Filebeat", "elastic-agent": "Elastic Agent", "fluent-bit": "Fluent Bit", "td-agent": "Fluentd", "vector": "Vector", "promtail": "Promtail", "alloy": "Grafana Alloy",
	"datadog-agent": "Datadog", "newrelic-infra": "New Relic", "prometheus-node-exporter": "Prometheus node exporter", "node_exporter": "Prometheus node exporter", "zabbix-agent": "Zabbix", "zabbix-agent2": "Zabbix",
	"puppet": "Puppet", "chef-client": "Chef", "salt-minion": "Salt", "qemu-guest-agent": "QEMU guest agent", "open-vm-tools": "VMware Tools", "vmtoolsd": "VMware Tools",
}

// agentsOf gives the agents among the services.
func agentsOf(enabled []string) []string {
	var out []string
	for _, name := range enabled {
		if agent := agents[name]; agent != "" {
			out = append(out, agent)
		}
	}
	return out
}
