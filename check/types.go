// SPDX-License-Identifier: Apache-2.0

package check

import (
	"demarc.dev/demarc/cloud"
)

// Outcome is the answer of one check about one resource, in XCCDF's words.
type Outcome string

// The outcomes. Missing facts are Unknown, never Pass and never Fail.
const (
	Pass          Outcome = "pass"
	Fail          Outcome = "fail"
	Unknown       Outcome = "unknown"
	NotApplicable Outcome = "notapplicable"
	Error         Outcome = "error" // the check itself is faulty
)

// Severity of a failing check.
type Severity string

// The severities, worst first.
const (
	Critical Severity = "critical"
	High     Severity = "high"
	Medium   Severity = "medium"
	Low      Severity = "low"
)

// Check is one question put to one resource. docs/format.md describes its YAML.
type Check struct {
	ID         string       `yaml:"id" json:"id"` // equals the file's name: "object-store-public"
	Title      string       `yaml:"title" json:"title"`
	Kinds      []cloud.Kind `yaml:"kinds" json:"kinds"`                             // the attributes that Test names exist in each of them
	Providers  []string     `yaml:"providers,omitempty" json:"providers,omitempty"` // empty: every provider
	Natives    []string     `yaml:"natives,omitempty" json:"natives,omitempty"`     // empty: every native type of the kind
	Severity   Severity     `yaml:"severity" json:"severity"`
	Effort     string       `yaml:"effort" json:"effort"` // minutes, hours, days, weeks: to mend one
	Proves     []Proof      `yaml:"proves" json:"proves"` // at most four
	Why        string       `yaml:"why" json:"why"`
	When       string       `yaml:"when,omitempty" json:"when,omitempty"`   // CEL; false makes it notapplicable
	Test       string       `yaml:"test" json:"test"`                       // CEL; true is pass
	Needs      []cloud.Kind `yaml:"needs,omitempty" json:"needs,omitempty"` // kinds that Test joins to
	Message    string       `yaml:"message" json:"message"`                 // CEL string: said when it fails; names the field and its value
	Fix        Fix          `yaml:"fix" json:"fix"`
	References []string     `yaml:"references,omitempty" json:"references,omitempty"`
	Examples   []Example    `yaml:"examples" json:"examples"`
	Origin     string       `yaml:"-" json:"origin,omitempty"` // Foreign: it stands for checks of another tool, and is never run

	place *place // where it was read; nil when it was made in Go
	own   bool   // a user's own check: its cost is watched while it runs
}

// Proof says which duty a check bears on, and why.
type Proof struct {
	Duty   string `yaml:"duty" json:"duty"`     // catalogue.Duty.ID, such as "12.3.1-C2"
	Extent string `yaml:"extent" json:"extent"` // "full": a pass alone satisfies the duty; "part": it needs an attestation or another check beside it
	Why    string `yaml:"why" json:"why"`
}

// Fix tells how to mend a failing resource, in the ways that people work.
type Fix struct {
	Console   string `yaml:"console,omitempty" json:"console,omitempty"`
	CLI       string `yaml:"cli,omitempty" json:"cli,omitempty"`
	Terraform string `yaml:"terraform,omitempty" json:"terraform,omitempty"`
}

// Example is a resource with the outcome that the check must give.
type Example struct {
	Name     string           `yaml:"name" json:"name"`
	Expect   Outcome          `yaml:"expect" json:"expect"`
	Resource cloud.Resource   `yaml:"resource" json:"resource"`
	Others   []cloud.Resource `yaml:"others,omitempty" json:"others,omitempty"` // for joins
}

// Finding is the answer of one check about one resource.
type Finding struct {
	Fingerprint string     `json:"fingerprint"` // of check and resource id: stable over runs
	Check       string     `json:"check"`
	Outcome     Outcome    `json:"outcome"`
	Severity    Severity   `json:"severity"`
	Message     string     `json:"message"`          // why: the field and its value, or what was not read
	Fields      []string   `json:"fields,omitempty"` // attributes the answer rests on
	Resource    string     `json:"resource"`         // cloud.Resource.ID
	Name        string     `json:"name,omitempty"`
	Kind        cloud.Kind `json:"kind"`
	Native      string     `json:"native"`
	Provider    string     `json:"provider"`
	Source      string     `json:"source"`
	Account     string     `json:"account,omitempty"`
	Region      string     `json:"region,omitempty"`
	Tenant      string     `json:"tenant,omitempty"`
	Exposed     bool       `json:"exposed,omitempty"` // the resource can be reached from the internet
	Raw         string     `json:"raw,omitempty"`     // SHA-256 of the provider's document
	Seen        cloud.Seen `json:"seen"`
	Exception   string     `json:"exception,omitempty"` // id of the exception in force; the outcome stays as it is
	Elsewhere   *Elsewhere `json:"elsewhere,omitempty"` // what other tools said of the same question and resource; nil: nothing
}

// Foreign is the origin of a check that stands for checks of another tool.
const Foreign = "foreign"

// Elsewhere is what other tools said of a finding's question and resource.
type Elsewhere struct {
	Decides bool    `json:"decides,omitempty"` // the outcome of the finding is another tool's word
	Own     Outcome `json:"own,omitempty"`     // with Decides: what the check itself said; empty: it did not see the resource
	Others  []Other `json:"others"`            // at least one
}

// Other is what another tool said.
type Other struct {
	Import  string  `json:"import"` // which of its reports
	Tool    string  `json:"tool"`   // its name for people
	Version string  `json:"version,omitempty"`
	Check   string  `json:"check"` // its own id
	Title   string  `json:"title,omitempty"`
	Outcome Outcome `json:"outcome"`
	Muted   bool    `json:"muted,omitempty"` // the tool was told to keep quiet about it
	Link    string  `json:"link,omitempty"`  // where it says how to mend it
}
