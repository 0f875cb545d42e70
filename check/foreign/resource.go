// SPDX-License-Identifier: Apache-2.0

package foreign

import "strings"

// complete fills in what the id says of itself: an ARN names its account and
// region, an address in code the provider.
func (r *Resource) complete() {
	r.Provider = provider(r.Provider)
	if parts := strings.SplitN(r.ID, ":", 6); len(parts) == 6 && parts[0] == "arn" {
		r.Provider = "aws"
		if r.Region == "" {
			r.Region = parts[3]
		}
		if r.Account == "" || r.Account == parts[4] {
			r.Account = parts[4]
		}
	}
	if id, ok := strings.CutPrefix(r.ID, "AWS::::Account:"); ok { // of ASFF
		r.ID, r.Provider = "arn:aws:iam::"+id+":root", "aws"
		if r.Account == "" {
			r.Account = id
		}
	}
	if r.Provider == "" {
		last := r.ID[strings.LastIndexByte(strings.SplitN(r.ID, "[", 2)[0], ' ')+1:]
		for prefix, name := range map[string]string{"aws_": "aws", "azurerm_": "azure", "google_": "gcp", "kubernetes_": "kubernetes", "/subscriptions/": "azure", "AWS::": "aws"} {
			if strings.HasPrefix(last, prefix) || strings.Contains(last, "."+prefix) {
				r.Provider = name
			}
		}
	}
	if r.Name == r.ID {
		r.Name = ""
	}
}

// provider gives our word for a provider.
func provider(word string) string {
	switch w := strings.ToLower(word); w {
	case "google", "gcp", "googlecloud":
		return "gcp"
	case "azure", "microsoft", "azurerm":
		return "azure"
	case "kubernetes", "k8s":
		return "kubernetes"
	default:
		return w
	}
}

// short gives the last part of an id, which lists without ARNs name it by.
func short(id string) string {
	if i := strings.LastIndexAny(id, ":/"); i >= 0 && i < len(id)-1 {
		return id[i+1:]
	}
	return id
}
