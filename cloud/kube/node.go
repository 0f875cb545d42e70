// SPDX-License-Identifier: Apache-2.0

package kube

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"time"

	"demarc.dev/demarc/cloud"
)

func (c *cluster) addNode(l listing, raw json.RawMessage) error {
	var o struct {
		Meta   meta `json:"metadata"`
		Status struct {
			Info struct {
				Kubelet string `json:"kubeletVersion"`
				OS      string `json:"osImage"`
				Kernel  string `json:"kernelVersion"`
				Runtime string `json:"containerRuntimeVersion"`
			} `json:"nodeInfo"`
			Conditions []struct {
				Type   string `json:"type"`
				Status string `json:"status"`
			} `json:"conditions"`
			Addresses []struct {
				Type    string `json:"type"`
				Address string `json:"address"`
			} `json:"addresses"`
		} `json:"status"`
	}
	if err := json.Unmarshal(raw, &o); err != nil {
		return err
	}
	r := c.resource(cloud.Node, l, &o.Meta)
	s := o.Status
	set(r, "version", s.Info.Kubelet)
	putSupport(r, s.Info.Kubelet)
	set(r, "os", s.Info.OS)
	set(r, "kernel", s.Info.Kernel)
	set(r, "runtime", s.Info.Runtime)
	external := ""
	for _, a := range s.Addresses {
		if a.Type == "ExternalIP" {
			external = a.Address
		}
	}
	set(r, "external_address", external)
	ready := false
	for _, x := range s.Conditions {
		ready = ready || x.Type == "Ready" && x.Status == "True"
	}
	set(r, "ready", ready)
	_, control := o.Meta.Labels["node-role.kubernetes.io/control-plane"]
	_, master := o.Meta.Labels["node-role.kubernetes.io/master"]
	set(r, "control_plane", control || master)
	if s.Info.Kubelet == "" {
		for _, name := range []string{"version", "os", "kernel", "runtime"} {
			delete(r.Attributes, name)
		}
	}
	c.found.others = append(c.found.others, *r)
	return nil
}

// putSupport notes when upstream ends its patches of a version. Source: the
// release pages of kubernetes.io, as of 2026; a version that is not here is unknown.
func putSupport(r *cloud.Resource, version string) {
	parts := strings.SplitN(strings.TrimPrefix(version, "v"), ".", 3)
	day := ""
	if len(parts) > 1 {
		day = map[string]string{"1.19": "2021-10-28", "1.20": "2022-02-28", "1.21": "2022-06-28", "1.22": "2022-10-28", "1.23": "2023-02-28", "1.24": "2023-07-28", "1.25": "2023-10-27", "1.26": "2024-02-28",
			"1.27": "2024-07-16", "1.28": "2024-10-22", "1.29": "2025-02-28", "1.30": "2025-06-28", "1.31": "2025-10-28", "1.32": "2026-02-28", "1.33": "2026-06-28", "1.34": "2026-10-27", "1.35": "2027-02-28"}[parts[0]+"."+strings.TrimRight(parts[1], "+")]
	}
	t, err := time.Parse(time.DateOnly, day)
	if err != nil {
		r.Gaps["support_ends"] = cloud.Gap{Reason: cloud.Unreadable, Call: r.Seen.Call, Detail: "the table of releases does not hold " + version}
		return
	}
	set(r, "support_ends", t.Add(24*time.Hour-time.Second))
}

func (c *cluster) addStorageClass(l listing, raw json.RawMessage) error {
	var o struct {
		Meta        meta              `json:"metadata"`
		Provisioner string            `json:"provisioner"`
		Parameters  map[string]string `json:"parameters"`
		Expands     bool              `json:"allowVolumeExpansion"`
	}
	if err := json.Unmarshal(raw, &o); err != nil {
		return err
	}
	r := c.resource(cloud.StorageClass, l, &o.Meta)
	set(r, "provisioner", o.Provisioner)
	set(r, "default", o.Meta.Annotations["storageclass.kubernetes.io/is-default-class"] == "true")
	set(r, "expands", o.Expands)
	switch {
	case strings.EqualFold(o.Parameters["encrypted"], "true"):
		set(r, "encrypted", true)
	case strings.EqualFold(o.Parameters["encrypted"], "false"):
		set(r, "encrypted", false)
	case slices.Contains([]string{"pd.csi.storage.gke.io", "kubernetes.io/gce-pd", "disk.csi.azure.com", "kubernetes.io/azure-disk", "file.csi.azure.com"}, o.Provisioner):
		set(r, "encrypted", true) // the provider encrypts every disk
	default:
		r.Gaps["encrypted"] = cloud.Gap{Reason: cloud.NotInSource, Call: r.Seen.Call, Detail: "the class does not say, and the provider's default decides"}
	}
	c.found.others = append(c.found.others, *r)
	return nil
}

func (c *cluster) addVolume(l listing, raw json.RawMessage) error {
	var o struct {
		Meta   meta `json:"metadata"`
		Status struct {
			Phase string `json:"phase"`
		} `json:"status"`
	}
	if err := json.Unmarshal(raw, &o); err != nil {
		return err
	}
	r := c.resource(cloud.Disk, l, &o.Meta)
	r.Raw = evidence(raw)
	set(r, "attached", o.Status.Phase == "Bound")
	set(r, "created", o.Meta.Created.UTC())
	c.found.others = append(c.found.others, *r)
	return nil
}

// addSecret reads metadata: that is all that was asked for.
func (c *cluster) addSecret(l listing, raw json.RawMessage) error {
	var o struct {
		Meta meta `json:"metadata"`
	}
	if err := json.Unmarshal(raw, &o); err != nil {
		return err
	}
	r := c.resource(cloud.Secret, l, &o.Meta)
	changed := o.Meta.Created
	for _, m := range o.Meta.Managed {
		if m.Time.After(changed) {
			changed = m.Time
		}
	}
	set(r, "changed", changed.UTC())
	c.found.others = append(c.found.others, *r)
	return nil
}

// finishCluster gives the cluster, and what governs it. The flags of an API
// server that a provider runs are not to be seen.
func (c *cluster) finishCluster(version string) []cloud.Resource {
	l := listing{version: "v1", resource: "version"}
	m := &meta{Name: c.name, Labels: c.o.Tags}
	whole, control := c.resource(cloud.Cluster, l, m), c.resource(cloud.ControlPlane, l, m)
	whole.ID, whole.Native, control.ID, control.Native = c.root(), "kubernetes.cluster", c.root()+"/control-plane", "kubernetes.apiserver"
	whole.Seen.Call, control.Seen.Call = "get version", "get version"
	set(whole, "version", version)
	set(control, "version", version)
	putSupport(control, version)
	c.need(control, "flags_seen", c.found.served, "pods")
	if g, failed := c.failed["pods"]; failed && !c.found.served {
		control.Complete(g)
		for _, name := range []string{"audit_log", "secrets_encrypted"} {
			whole.Gaps[name] = g
		}
		return []cloud.Resource{*whole, *control}
	}
	if !c.found.served {
		g := cloud.Gap{Reason: cloud.NotInSource, Call: "list pods", Detail: "no pod of the API server is to be seen: its provider runs it"}
		control.Complete(g)
		whole.Gaps["audit_log"], whole.Gaps["secrets_encrypted"] = g, g
		return []cloud.Resource{*whole, *control}
	}
	flags := flagsOf(c.found.server)
	list := func(name string) []string {
		return slices.DeleteFunc(strings.Split(flags[name], ","), func(s string) bool { return s == "" })
	}
	unseen := func(detail string) cloud.Gap {
		return cloud.Gap{Reason: cloud.NotInSource, Call: "list pods", Detail: detail}
	}
	sent, kept := flags["audit-webhook-config-file"] != "", flags["audit-log-path"] != ""
	audited := flags["audit-policy-file"] != "" && (sent || kept)
	set(control, "audit_log", audited)
	if audited && !sent {
		whole.Gaps["audit_log"] = unseen("it is written to a file of the control plane; whether it leaves that is not to be seen")
	} else {
		set(whole, "audit_log", audited)
	}
	if flags["encryption-provider-config"] != "" {
		whole.Gaps["secrets_encrypted"] = unseen("a file of the control plane says by which key, or by none")
	} else {
		set(whole, "secrets_encrypted", false)
	}
	set(control, "anonymous", flags["anonymous-auth"] != "false")
	set(control, "authorisation", list("authorization-mode"))
	set(control, "admission", list("enable-admission-plugins"))
	set(control, "profiling", flags["profiling"] != "false")
	days, err := strconv.Atoi(flags["audit-log-maxage"])
	if err != nil || days < 0 {
		days = 0
	}
	set(control, "audit_days", days)
	return []cloud.Resource{*whole, *control}
}

// flagsOf reads "--name=value" and "--name value".
func flagsOf(args []string) map[string]string {
	out := map[string]string{}
	for i, a := range args {
		name, value, ok := strings.Cut(strings.TrimLeft(a, "-"), "=")
		if !strings.HasPrefix(a, "--") {
			continue
		}
		if !ok && i+1 < len(args) && !strings.HasPrefix(args[i+1], "-") {
			value = args[i+1]
		}
		out[name] = value
	}
	return out
}
