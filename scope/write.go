// SPDX-License-Identifier: Apache-2.0

package scope

import (
	"fmt"
	"strings"

	"demarc.dev/demarc/internal/strict"
)

// Encode gives scope.yaml, with comments that tell a person what to write.
// Parse gives the same Scope back; the same Scope gives the same bytes. The
// error tells the faults of a Scope that Parse would refuse.
func Encode(s *Scope) ([]byte, error) {
	if err := s.Validate(); err != nil {
		return nil, err
	}
	first := map[string]bool{}
	out, err := strict.Commented(*s, func(path string) string {
		if i := strings.IndexByte(path, ']'); i > 0 { // explain a field at its first service only
			field := path[i+1:]
			if first[field] {
				return ""
			}
			first[field] = true
			return comments()["[]"+field]
		}
		return comments()[path]
	})
	if err != nil {
		return nil, fmt.Errorf("writing scope.yaml: %w", err)
	}
	return out, nil
}

func comments() map[string]string {
	return map[string]string{
		"":                  "Scope: the organisation and the cloud services that it consumes and provides.",
		"organisation.role": "customer, provider or both",
		"services":          "\nEvery cloud service whose duties are assessed.",
		"people":            "\nWho may own a duty. active: false for those who have left.",
		"[].role":           "consumes: the customer duties are ours; provides: the provider duties are ours",
		"[].model":          "iaas, paas or saas",
		"[].built_on":       "ids of the services beneath; what they leave to us we must perform",
		"[].accounts":       "resources of these accounts are evidence for the service; \"*\" for every account",
		"[].criticality":    "low, medium, high or critical; high when it is not stated",
	}
}
