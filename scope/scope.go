// SPDX-License-Identifier: Apache-2.0

package scope

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"slices"
)

// Service gives the service with the id.
func (s *Scope) Service(id string) (Service, bool) {
	i := slices.IndexFunc(s.Services, func(v Service) bool { return v.ID == id })
	if i < 0 {
		return Service{}, false
	}
	return s.Services[i], true
}

// Person gives the person with the id.
func (s *Scope) Person(id string) (Person, bool) {
	i := slices.IndexFunc(s.People, func(p Person) bool { return p.ID == id })
	if i < 0 {
		return Person{}, false
	}
	return s.People[i], true
}

// ServiceIDs gives the ids of the services, in the order of the file.
func (s *Scope) ServiceIDs() []string {
	out := make([]string, len(s.Services))
	for i, v := range s.Services {
		out[i] = v.ID
	}
	return out
}

func (s *Scope) personIDs() []string {
	out := make([]string, len(s.People))
	for i, p := range s.People {
		out[i] = p.ID
	}
	return out
}

// ServicesOf gives the services for which a resource of the account is
// evidence, in the order of the file. A resource that names no account, ""
// here, is evidence for services of every account only.
func (s *Scope) ServicesOf(account string) []Service {
	var out []Service
	for _, v := range s.Services {
		if v.Holds(account) {
			out = append(out, v)
		}
	}
	return out
}

// Holds tells whether a resource of the account is evidence for the service.
func (s Service) Holds(account string) bool {
	return slices.Contains(s.Accounts, AnyAccount) || account != "" && slices.Contains(s.Accounts, account)
}

// Beneath gives the services that the service with the id is built on, directly
// or through others, each once: the nearer first, then in the order in which
// built_on names them. It ends even where services are built in a circle.
func (s *Scope) Beneath(id string) []Service {
	var out []Service
	seen := map[string]bool{id: true}
	level := []string{id}
	for len(level) > 0 {
		var next []string
		for _, above := range level {
			v, _ := s.Service(above)
			for _, b := range v.BuiltOn {
				beneath, ok := s.Service(b)
				if !ok || seen[b] {
					continue
				}
				seen[b] = true
				out = append(out, beneath)
				next = append(next, b)
			}
		}
		level = next
	}
	return out
}

// Weight gives the criticality with which the service counts: one that is not
// stated is High.
func (s Service) Weight() Criticality {
	if s.Criticality == "" {
		return High
	}
	return s.Criticality
}

// Digest names what of the service an agreement about it rests on, as
// "sha256:" and 64 hexadecimal digits. A sign-off whose digest is another one
// is stale: the role, model, parties, agreement, services beneath, accounts,
// regions, data or criticality changed. Words that only describe (name,
// purpose, owner) and the order of lists do not count.
func (s Service) Digest() string {
	s.Name, s.Purpose, s.Owner = "", "", ""
	for _, list := range []*[]string{&s.BuiltOn, &s.Accounts, &s.Regions, &s.DataClasses} {
		*list = slices.Sorted(slices.Values(*list))
	}
	data, err := json.Marshal(s)
	if err != nil {
		panic(err) // strings only: it cannot fail
	}
	sum := sha256.Sum256(data)
	return "sha256:" + hex.EncodeToString(sum[:])
}

// called names the service in a sentence.
func (s Service) called() string {
	if s.Name != "" {
		return s.Name
	}
	if s.ID != "" {
		return s.ID
	}
	return "this service"
}
