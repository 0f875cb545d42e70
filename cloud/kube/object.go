// SPDX-License-Identifier: Apache-2.0

package kube

import (
	"encoding/json"
	"strings"
	"time"
)

// meta is what is read of the metadata of any object.
type meta struct {
	Name        string            `json:"name"`
	Namespace   string            `json:"namespace"`
	Created     time.Time         `json:"creationTimestamp"`
	Labels      map[string]string `json:"labels"`
	Annotations map[string]string `json:"annotations"`
	Owners      []struct {
		Kind       string `json:"kind"`
		Controller bool   `json:"controller"`
	} `json:"ownerReferences"`
	Managed []struct {
		Time time.Time `json:"time"`
	} `json:"managedFields"`
}

// owner gives the kind of what controls the object, empty when nothing does.
func (m *meta) owner() string {
	for _, o := range m.Owners {
		if o.Controller {
			return o.Kind
		}
	}
	return ""
}

// podSpec is what is read of a pod, or of the template of one.
type podSpec struct {
	Containers          []container `json:"containers"`
	InitContainers      []container `json:"initContainers"`
	EphemeralContainers []container `json:"ephemeralContainers"`
	HostNetwork         bool        `json:"hostNetwork"`
	HostPID             bool        `json:"hostPID"`
	HostIPC             bool        `json:"hostIPC"`
	ServiceAccount      string      `json:"serviceAccountName"`
	Token               *bool       `json:"automountServiceAccountToken"`
	Security            security    `json:"securityContext"`
	Volumes             []struct {
		HostPath *struct {
			Path string `json:"path"`
		} `json:"hostPath"`
	} `json:"volumes"`
}

type container struct {
	Name      string   `json:"name"`
	Image     string   `json:"image"`
	Command   []string `json:"command"`
	Args      []string `json:"args"`
	Security  security `json:"securityContext"`
	Variables []struct {
		Name  string `json:"name"`
		Value string `json:"value"`
	} `json:"env"`
	Resources struct {
		Limits map[string]json.RawMessage `json:"limits"`
	} `json:"resources"`
	Ports []struct {
		HostPort int `json:"hostPort"`
	} `json:"ports"`
}

// security is the security context of a pod or of a container.
type security struct {
	Privileged   bool   `json:"privileged"`
	NonRoot      *bool  `json:"runAsNonRoot"`
	User         *int64 `json:"runAsUser"`
	Escalation   *bool  `json:"allowPrivilegeEscalation"`
	ReadOnly     bool   `json:"readOnlyRootFilesystem"`
	Capabilities struct {
		Add  []string `json:"add"`
		Drop []string `json:"drop"`
	} `json:"capabilities"`
	Seccomp *struct {
		Type string `json:"type"`
	} `json:"seccompProfile"`
}

// all gives every container of a pod.
func (p *podSpec) all() []container {
	out := append([]container{}, p.InitContainers...)
	return append(append(out, p.Containers...), p.EphemeralContainers...)
}

// secretWord tells whether the name of a variable or of a flag speaks of a secret.
func secretWord(name string) bool {
	name = strings.ToLower(name)
	for _, harmless := range []string{"_file", "_path", "_name", "_url", "_header", "_ttl", "public_key", "_id"} {
		if strings.HasSuffix(name, harmless) {
			return false
		}
	}
	for _, word := range []string{"password", "passwd", "secret", "token", "apikey", "api_key", "private_key", "access_key", "credential", "connection_string"} {
		if strings.Contains(name, word) {
			return true
		}
	}
	return false
}

// evidence gives the raw document of an object without what may be a secret: the
// values of variables, of flags whose name tells of one, and all annotations; and
// without what changes by itself. Of a secret it is never asked.
func evidence(raw json.RawMessage) json.RawMessage {
	var doc map[string]any
	if json.Unmarshal(raw, &doc) != nil {
		return nil
	}
	delete(doc, "status")
	if m, ok := doc["metadata"].(map[string]any); ok {
		for _, name := range []string{"annotations", "managedFields", "resourceVersion", "generation", "selfLink"} {
			delete(m, name)
		}
	}
	hide(doc, 0)
	out, err := json.Marshal(doc)
	if err != nil || len(out) > 1<<20 {
		return nil
	}
	return out
}

const hidden = "…"

// hide walks a document.
func hide(v any, depth int) {
	if depth > 64 {
		return
	}
	switch v := v.(type) {
	case map[string]any:
		for name, inner := range v {
			switch list, isList := inner.([]any); {
			case name == "env" && isList:
				for _, e := range list {
					if variable, ok := e.(map[string]any); ok && variable["value"] != nil {
						variable["value"] = hidden
					}
				}
			case (name == "args" || name == "command") && isList:
				hideFlags(list)
			case name == "annotations":
				delete(v, name)
			default:
				hide(inner, depth+1)
			}
		}
	case []any:
		for _, inner := range v {
			hide(inner, depth+1)
		}
	}
}

// hideFlags takes the value of "--password=x", the word after "--password", and
// every line of a script, in which anything may stand.
func hideFlags(list []any) {
	after := false
	for i, a := range list {
		text, ok := a.(string)
		name, _, is := strings.Cut(text, "=")
		switch {
		case !ok:
		case after || strings.ContainsAny(text, "\n"):
			list[i], after = hidden, false
		case is && secretWord(name):
			list[i] = name + "=" + hidden
		case !is && strings.HasPrefix(text, "-") && secretWord(text):
			after = true
		case !strings.HasPrefix(text, "-") && secretWord(text):
			list[i] = hidden
		}
	}
}
