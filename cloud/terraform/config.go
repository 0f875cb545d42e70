// SPDX-License-Identifier: Apache-2.0

package terraform

import (
	"strings"

	"demarc.dev/demarc/internal/jsonscan"
)

// module is a module of the configuration.
type module struct {
	providers map[string]string      // "aws_s3_bucket.a" → "aws.east", where it is not "aws"
	resources map[string]expressions // "aws_s3_bucket.a"
	outputs   map[string][]string    // references
	calls     map[string]*call
}

// call is a call of a module.
type call struct {
	arguments expressions
	module    *module
}

// expressions hold the references of each argument by its path without
// indices, "rule.expiration.days"; an argument without references has none.
type expressions map[string][]string

// configuration reads the references that joins need.
func (in *input) configuration(s *jsonscan.Scanner) {
	for s.Object(); s.Key(); {
		switch string(s.Name()) {
		case "provider_config":
			in.providers(s)
		case "root_module":
			in.config = readModule(s)
		default:
			s.Skip()
		}
	}
}

// providers takes the regions of the AWS providers, where they are written in
// the configuration.
func (in *input) providers(s *jsonscan.Scanner) {
	in.regions = map[string]string{}
	for s.Object(); s.Key(); {
		name := string(s.Name())
		value, _ := s.Value().(map[string]any)
		if value["name"] == "aws" || name == "aws" {
			region, _ := walk(value, "expressions.region.constant_value")
			in.regions[name], _ = region.(string)
		}
	}
}

// regionOf gives the region of the provider that an item's configuration names,
// empty when it is not known.
func (in *input) regionOf(it *item) string {
	m := in.within(it.module)
	if m == nil {
		return ""
	}
	return in.regions[m.providers[it.kind+"."+it.name]]
}

func readModule(s *jsonscan.Scanner) *module {
	m := &module{providers: map[string]string{}, resources: map[string]expressions{}, outputs: map[string][]string{}, calls: map[string]*call{}}
	for s.Object(); s.Key(); {
		switch string(s.Name()) {
		case "resources":
			for s.Array(); s.More(); {
				m.resource(s)
			}
		case "outputs":
			for s.Object(); s.Key(); {
				name := string(s.Name())
				e := expressions{}
				for s.Object(); s.Key(); {
					if string(s.Name()) == "expression" {
						e.read(s, "value")
					} else {
						s.Skip()
					}
				}
				m.outputs[name] = e["value"]
			}
		case "module_calls":
			for s.Object(); s.Key(); {
				name := string(s.Name())
				m.calls[name] = readCall(s)
			}
		default:
			s.Skip()
		}
	}
	return m
}

func (m *module) resource(s *jsonscan.Scanner) {
	kind, name, provider, e := "", "", "", expressions{}
	for s.Object(); s.Key(); {
		switch string(s.Name()) {
		case "type":
			kind = s.Text()
		case "name":
			name = s.Text()
		case "provider_config_key":
			provider = s.Text()
		case "expressions":
			e.block(s, "")
		default:
			s.Skip()
		}
	}
	if provider != "aws" && provider != "" {
		m.providers[kind+"."+name] = provider
	}
	if _, ok := types()[kind]; ok {
		m.resources[kind+"."+name] = e
	}
}

func readCall(s *jsonscan.Scanner) *call {
	c := &call{arguments: expressions{}}
	for s.Object(); s.Key(); {
		switch string(s.Name()) {
		case "expressions":
			c.arguments.block(s, "")
		case "module":
			c.module = readModule(s)
		default:
			s.Skip()
		}
	}
	return c
}

// block reads the arguments of a block.
func (e expressions) block(s *jsonscan.Scanner, path string) {
	for s.Object(); s.Key(); {
		e.read(s, path+string(s.Name()))
	}
}

// read reads one expression, {constant_value} or {references}, or the nested
// blocks of that name, which are objects or lists of them.
func (e expressions) read(s *jsonscan.Scanner, path string) {
	switch s.Peek() {
	case jsonscan.Array:
		for s.Array(); s.More(); {
			e.read(s, path)
		}
	case jsonscan.Object:
		e[path] = e[path][:len(e[path]):len(e[path])] // an expression of functions alone is {}
		for s.Object(); s.Key(); {
			switch name := string(s.Name()); name {
			case "references":
				for s.Array(); s.More(); {
					e[path] = append(e[path], s.Text())
				}
			case "constant_value":
				s.Skip()
			default:
				e.read(s, path+"."+name)
			}
		}
	default:
		s.Skip()
	}
}

// within gives the module of the configuration that a module instance is of.
func (in *input) within(instance string) *module {
	m := in.config
	for _, step := range steps(instance) {
		if m == nil {
			return nil
		}
		c := m.calls[step.name]
		if c == nil {
			return nil
		}
		m = c.module
	}
	return m
}

// step is one module of an instance's address.
type step struct{ name, key string }

// steps takes module.a["x.y"].module.b[0] apart.
func steps(instance string) []step {
	var out []step
	for rest := instance; strings.HasPrefix(rest, "module."); {
		rest = rest[len("module."):]
		name, key, after := cutName(rest)
		out = append(out, step{name, key})
		rest = strings.TrimPrefix(after, ".")
	}
	return out
}

// cutName cuts name["key"] off the front of a reference or an address.
func cutName(s string) (name, key, rest string) {
	i := 0
	for i < len(s) && s[i] != '.' && s[i] != '[' {
		i++
	}
	name, rest = s[:i], s[i:]
	if !strings.HasPrefix(rest, "[") {
		return name, "", rest
	}
	quoted := false
	for j := 1; j < len(rest); j++ {
		switch c := rest[j]; {
		case c == '\\' && quoted:
			j++
		case c == '"':
			quoted = !quoted
		case c == ']' && !quoted:
			return name, rest[:j+1], rest[j+1:]
		}
	}
	return name, "", ""
}
