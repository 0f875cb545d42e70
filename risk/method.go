// SPDX-License-Identifier: Apache-2.0

package risk

import (
	"fmt"
	"slices"

	"gopkg.in/yaml.v3"

	"demarc.dev/demarc/internal/strict"
)

// Method is how the firm rates risks: the scales, the bands of the product, and
// up to where a risk may be kept without anybody's acceptance.
type Method struct {
	Likelihood  []Level `yaml:"likelihood" json:"likelihood"`   // least likely first
	Consequence []Level `yaml:"consequence" json:"consequence"` // slightest first
	Bands       []Band  `yaml:"bands" json:"bands"`             // lowest first; the first begins at 1
	Appetite    int     `yaml:"appetite" json:"appetite"`       // the highest score that needs no acceptance
}

// Level is one step of a scale.
type Level struct {
	Name  string `yaml:"name" json:"name"`
	Words string `yaml:"words" json:"words"` // what it means here
}

// Band is a range of scores with a name.
type Band struct {
	Name string `yaml:"name" json:"name"`
	From int    `yaml:"from" json:"from"` // the lowest score of it
}

// Rating is a likelihood and a consequence, each a step of its scale from 1; the
// zero Rating is none.
type Rating struct {
	Likelihood  int `yaml:"likelihood" json:"likelihood"`
	Consequence int `yaml:"consequence" json:"consequence"`
}

// None tells whether nobody rated.
func (r Rating) None() bool { return r == Rating{} }

// Score is likelihood times consequence.
func (r Rating) Score() int { return r.Likelihood * r.Consequence }

// DefaultMethod is five by five, to begin with; the firm sets its own.
func DefaultMethod() Method {
	return Method{
		Likelihood: []Level{
			{"rare", "not expected in ten years"}, {"unlikely", "once in three to ten years"}, {"possible", "once in one to three years"},
			{"likely", "about once a year"}, {"frequent", "several times a year"},
		},
		Consequence: []Level{
			{"slight", "one team notices it"}, {"moderate", "a service is disturbed for hours, no data of others"}, {"serious", "customers notice, an agreement is missed"},
			{"major", "data of customers out, a duty to notify, lasting cost"}, {"severe", "the firm's existence or many people's rights at stake"},
		},
		Bands:    []Band{{"low", 1}, {"medium", 5}, {"high", 10}, {"severe", 17}},
		Appetite: 4,
	}
}

// Band gives the name of the band that the rating falls into; "" for none.
func (m Method) Band(r Rating) string {
	name := ""
	for _, b := range m.Bands {
		if r.Score() >= b.From {
			name = b.Name
		}
	}
	return name
}

// Severity gives the band as a step from 1, and how many there are.
func (m Method) Severity(r Rating) (step, of int) {
	for i, b := range m.Bands {
		if r.Score() >= b.From {
			step = i + 1
		}
	}
	return step, len(m.Bands)
}

// Within tells whether the rating is on the scales.
func (m Method) Within(r Rating) bool {
	return r.Likelihood >= 1 && r.Likelihood <= len(m.Likelihood) && r.Consequence >= 1 && r.Consequence <= len(m.Consequence)
}

// Tolerable tells whether the rating is within the appetite.
func (m Method) Tolerable(r Rating) bool { return !r.None() && r.Score() <= m.Appetite }

// ParseMethod reads a method; the error tells all its faults.
func ParseMethod(file string, data []byte) (Method, error) {
	var m Method
	doc := strict.Read(file, data, &m)
	m.check(func(path, says string) { doc.Fault(path, "%s", says) })
	return m, doc.Err()
}

// Encode writes a method as ParseMethod reads it.
func (m Method) Encode() ([]byte, error) {
	data, err := yaml.Marshal(m)
	if err != nil {
		return nil, fmt.Errorf("encoding the method: %w", err)
	}
	return data, nil
}

func (m Method) check(fault func(path, says string)) {
	for path, scale := range map[string][]Level{"likelihood": m.Likelihood, "consequence": m.Consequence} {
		if len(scale) < 3 || len(scale) > 7 {
			fault(path, fmt.Sprintf("a scale has 3 to 7 steps, this one %d", len(scale)))
		}
		for i, l := range scale {
			at := fmt.Sprintf("%s[%d]", path, i)
			if l.Name == "" || l.Words == "" {
				fault(at, "a step needs a name and words that say what it means")
			}
			if slices.IndexFunc(scale, func(o Level) bool { return o.Name == l.Name }) != i {
				fault(at, fmt.Sprintf("%q stands twice", l.Name))
			}
		}
	}
	most := len(m.Likelihood) * len(m.Consequence)
	if len(m.Bands) < 2 || len(m.Bands) > 6 || m.Bands[0].From != 1 {
		fault("bands", "there are 2 to 6 bands, and the first begins at 1")
	}
	for i, b := range m.Bands {
		if b.Name == "" {
			fault(fmt.Sprintf("bands[%d]", i), "a band needs a name")
		}
		if i > 0 && b.From <= m.Bands[i-1].From || b.From > most {
			fault(fmt.Sprintf("bands[%d].from", i), fmt.Sprintf("bands begin above the one before and at %d at most", most))
		}
	}
	if m.Appetite < 0 || m.Appetite > most {
		fault("appetite", fmt.Sprintf("it is a score, 0 to %d", most))
	}
}
