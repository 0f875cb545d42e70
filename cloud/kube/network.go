// SPDX-License-Identifier: Apache-2.0

package kube

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"demarc.dev/demarc/cloud"
)

func (c *cluster) addService(l listing, raw json.RawMessage) error {
	var o struct {
		Meta meta `json:"metadata"`
		Spec struct {
			Type  string `json:"type"`
			Ports []struct {
				Protocol string `json:"protocol"`
				Port     int    `json:"port"`
			} `json:"ports"`
			External []string `json:"externalIPs"`
			Sources  []string `json:"loadBalancerSourceRanges"`
		} `json:"spec"`
	}
	if err := json.Unmarshal(raw, &o); err != nil {
		return err
	}
	r := c.resource(cloud.ClusterService, l, &o.Meta)
	r.Raw = evidence(raw)
	var ports []string
	for _, p := range o.Spec.Ports {
		ports = append(ports, fmt.Sprintf("%s/%d", strings.ToLower(p.Protocol), p.Port))
	}
	set(r, "namespace", o.Meta.Namespace)
	set(r, "type", o.Spec.Type)
	set(r, "ports", ports)
	set(r, "external", o.Spec.Type == "LoadBalancer" || o.Spec.Type == "NodePort" || len(o.Spec.External) > 0)
	set(r, "inner", innerBalancer(o.Meta.Annotations))
	set(r, "sources", o.Spec.Sources)
	c.found.others = append(c.found.others, *r)
	return nil
}

// innerBalancer reads the annotations by which the providers make a balancer of
// the inner network.
func innerBalancer(annotations map[string]string) bool {
	for name, values := range map[string][]string{
		"service.beta.kubernetes.io/aws-load-balancer-internal": {"true", "0.0.0.0/0"}, "service.beta.kubernetes.io/aws-load-balancer-scheme": {"internal"},
		"networking.gke.io/load-balancer-type": {"Internal"}, "cloud.google.com/load-balancer-type": {"Internal"}, "service.beta.kubernetes.io/azure-load-balancer-internal": {"true"},
	} {
		if slices.Contains(values, annotations[name]) {
			return true
		}
	}
	return false
}

func (c *cluster) addIngress(l listing, raw json.RawMessage) error {
	var o struct {
		Meta meta `json:"metadata"`
		Spec struct {
			TLS []struct {
				Hosts []string `json:"hosts"`
			} `json:"tls"`
			Rules []struct {
				Host string `json:"host"`
			} `json:"rules"`
			Default *json.RawMessage `json:"defaultBackend"`
		} `json:"spec"`
	}
	if err := json.Unmarshal(raw, &o); err != nil {
		return err
	}
	var hosts, plain []string
	for _, rule := range o.Spec.Rules {
		if rule.Host == "" {
			rule.Host = "*"
		}
		hosts = append(hosts, rule.Host)
	}
	if len(hosts) == 0 || o.Spec.Default != nil {
		hosts = append(hosts, "*")
	}
	for _, host := range hosts {
		covered := slices.ContainsFunc(o.Spec.TLS, func(t struct {
			Hosts []string `json:"hosts"`
		}) bool {
			return len(t.Hosts) == 0 || slices.ContainsFunc(t.Hosts, func(name string) bool { return covers(name, host) })
		})
		if !covered {
			plain = append(plain, host)
		}
	}
	r := c.resource(cloud.Ingress, l, &o.Meta)
	r.Raw = evidence(raw)
	set(r, "namespace", o.Meta.Namespace)
	set(r, "hosts", hosts)
	set(r, "plain_hosts", plain)
	c.found.others = append(c.found.others, *r)
	return nil
}

// covers tells whether a name of TLS is that of the host, or a wildcard above it.
func covers(name, host string) bool {
	if suffix, wild := strings.CutPrefix(name, "*."); wild {
		_, rest, ok := strings.Cut(host, ".")
		return ok && strings.EqualFold(rest, suffix)
	}
	return strings.EqualFold(name, host)
}

func (c *cluster) addWebhook(l listing, raw json.RawMessage) error {
	var o struct {
		Meta  meta `json:"metadata"`
		Hooks []struct {
			Name   string `json:"name"`
			Policy string `json:"failurePolicy"`
			Client struct {
				URL string `json:"url"`
			} `json:"clientConfig"`
		} `json:"webhooks"`
	}
	if err := json.Unmarshal(raw, &o); err != nil {
		return err
	}
	for _, h := range o.Hooks {
		r := c.resource(cloud.AdmissionWebhook, l, &o.Meta)
		r.ID += "/" + h.Name
		r.Name = h.Name
		set(r, "mutating", l.resource == "mutatingwebhookconfigurations")
		set(r, "fails_open", h.Policy == "Ignore")
		set(r, "outside", h.Client.URL != "")
		c.found.others = append(c.found.others, *r)
	}
	return nil
}
