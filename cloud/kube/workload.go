// SPDX-License-Identifier: Apache-2.0

package kube

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"demarc.dev/demarc/cloud"
)

// workload is something that runs containers.
type workload struct {
	meta
	spec podSpec
	r    *cloud.Resource
}

// addPod takes a pod that nothing controls which is listed itself. The one of the
// API server tells its flags.
func (c *cluster) addPod(l listing, raw json.RawMessage) error {
	var o struct {
		Meta   meta    `json:"metadata"`
		Spec   podSpec `json:"spec"`
		Status struct {
			Phase string `json:"phase"`
		} `json:"status"`
	}
	if err := json.Unmarshal(raw, &o); err != nil {
		return err
	}
	if o.Meta.Namespace == "kube-system" && o.Meta.Labels["component"] == "kube-apiserver" {
		for _, x := range o.Spec.Containers {
			c.found.server, c.found.served = append(slices.Clone(x.Command), x.Args...), true
		}
	}
	switch o.Meta.owner() {
	case "ReplicaSet", "DaemonSet", "StatefulSet", "Job":
		return nil
	}
	if o.Status.Phase == "Succeeded" || o.Status.Phase == "Failed" {
		return nil // it runs no more
	}
	c.addWorkload(l, o.Meta, o.Spec, raw)
	return nil
}

// addTemplate takes a controller of pods that nothing controls which is listed
// itself.
func (c *cluster) addTemplate(l listing, raw json.RawMessage) error {
	type template struct {
		Spec podSpec `json:"spec"`
	}
	var o struct {
		Meta meta `json:"metadata"`
		Spec struct {
			Template template `json:"template"`
			Job      struct {
				Spec struct {
					Template template `json:"template"`
				} `json:"spec"`
			} `json:"jobTemplate"`
			Replicas *int `json:"replicas"`
		} `json:"spec"`
		Status struct {
			Finished json.RawMessage `json:"completionTime"`
		} `json:"status"`
	}
	if err := json.Unmarshal(raw, &o); err != nil {
		return err
	}
	if owner := o.Meta.owner(); owner == "Deployment" || owner == "CronJob" || l.resource == "jobs" && o.Status.Finished != nil {
		return nil
	}
	if l.resource == "replicasets" && o.Spec.Replicas != nil && *o.Spec.Replicas == 0 {
		return nil // kept for a way back
	}
	spec := o.Spec.Template.Spec
	if l.resource == "cronjobs" {
		spec = o.Spec.Job.Spec.Template.Spec
	}
	c.addWorkload(l, o.Meta, spec, raw)
	return nil
}

func (c *cluster) addWorkload(l listing, m meta, spec podSpec, raw json.RawMessage) {
	w := &workload{meta: m, spec: spec, r: c.resource(cloud.Workload, l, &m)}
	w.r.Raw = evidence(raw)
	w.facts()
	c.found.workloads = append(c.found.workloads, w)
}

// facts puts what the manifest itself tells.
func (w *workload) facts() {
	r, spec := w.r, &w.spec
	set(r, "namespace", w.Namespace)
	set(r, "system", isSystem(w.Namespace))
	var privileged, root, escalates, capabilities, seccomp, writable, images, loose, ports, paths, secrets []string
	add := func(list *[]string, is bool, what string) {
		if is {
			*list = append(*list, what)
		}
	}
	for _, x := range spec.all() {
		s := x.Security
		add(&privileged, s.Privileged, x.Name)
		add(&root, mayBeRoot(spec.Security, s), x.Name)
		add(&escalates, s.Escalation == nil || *s.Escalation, x.Name)
		add(&capabilities, manyCapabilities(s), x.Name)
		add(&seccomp, !confined(spec.Security, s), x.Name)
		add(&writable, !s.ReadOnly, x.Name)
		add(&images, x.Image != "", x.Image)
		add(&loose, !strings.Contains(x.Image, "@sha256:"), x.Image)
		for _, p := range x.Ports {
			add(&ports, p.HostPort > 0, fmt.Sprintf("%s %d", x.Name, p.HostPort))
		}
		for _, v := range x.Variables {
			add(&secrets, v.Value != "" && secretWord(v.Name), x.Name+" "+v.Name)
		}
	}
	for _, v := range spec.Volumes {
		if v.HostPath != nil {
			paths = append(paths, v.HostPath.Path)
		}
	}
	for name, list := range map[string][]string{"privileged": privileged, "root": root, "escalates": escalates, "capabilities": capabilities, "seccomp_open": seccomp, "writable": writable, "images": images,
		"loose_images": loose, "host_ports": ports, "host_paths": paths, "plain_secrets": secrets, "host_namespaces": chosen(map[string]bool{"network": spec.HostNetwork, "pid": spec.HostPID, "ipc": spec.HostIPC})} {
		set(r, name, list)
	}
}

// mayBeRoot: what a container says wins over what its pod says.
func mayBeRoot(pod, own security) bool {
	user, nonRoot := own.User, own.NonRoot
	if user == nil {
		user = pod.User
	}
	if nonRoot == nil {
		nonRoot = pod.NonRoot
	}
	if user != nil {
		return *user == 0
	}
	return nonRoot == nil || !*nonRoot
}

func manyCapabilities(s security) bool {
	drops := slices.ContainsFunc(s.Capabilities.Drop, func(name string) bool { return strings.EqualFold(name, "ALL") })
	return !drops || slices.ContainsFunc(s.Capabilities.Add, func(name string) bool { return name != "NET_BIND_SERVICE" && name != "CAP_NET_BIND_SERVICE" })
}

func confined(pod, own security) bool {
	profile := own.Seccomp
	if profile == nil {
		profile = pod.Seccomp
	}
	return profile != nil && (profile.Type == "RuntimeDefault" || profile.Type == "Localhost")
}

// finishWorkloads puts what accounts and limits of the namespace decide.
func (c *cluster) finishWorkloads(namespaces map[string]*namespace) []cloud.Resource {
	accounts := map[string]*account{}
	for _, a := range c.found.accounts {
		accounts[a.Namespace+"/"+a.Name] = a
	}
	var out []cloud.Resource
	for _, w := range c.found.workloads {
		name := w.spec.ServiceAccount
		if name == "" {
			name = "default"
		}
		set(w.r, "service_account", name)
		switch a := accounts[w.Namespace+"/"+name]; {
		case w.spec.Token != nil:
			set(w.r, "token", *w.spec.Token)
		case a == nil:
			c.need(w.r, "token", true, "serviceaccounts")
		default:
			set(w.r, "token", a.Token == nil || *a.Token)
		}
		c.finishLimits(w)
		w.r.Links = append(w.r.Links, cloud.Link{Relation: "runs-as", Target: c.id("serviceaccounts", &meta{Name: name, Namespace: w.Namespace})})
		if n := namespaces[w.Namespace]; n != nil {
			w.r.Links = append(w.r.Links, cloud.Link{Relation: "member-of", Target: n.r.ID})
		}
		out = append(out, *w.r)
	}
	return out
}

// finishLimits: a container that names no limit gets that of its namespace.
func (c *cluster) finishLimits(w *workload) {
	given := c.found.limits[w.Namespace]
	var unlimited []string
	for _, x := range append(slices.Clone(w.spec.InitContainers), w.spec.Containers...) {
		if x.Resources.Limits["memory"] == nil && !given.memory || x.Resources.Limits["cpu"] == nil && !given.cpu {
			unlimited = append(unlimited, x.Name)
		}
	}
	if len(unlimited) == 0 {
		set(w.r, "unlimited", unlimited)
		return
	}
	c.need(w.r, "unlimited", unlimited, "limitranges")
}
