// SPDX-License-Identifier: Apache-2.0

package catalogue

// Edition names an edition of ISO/IEC 27017.
type Edition string

// The editions of ISO/IEC 27017 that the catalogue holds.
const (
	Edition2015 Edition = "2015" // withdrawn July 2026; certificates live on
	Edition2026 Edition = "2026"
)

// Party is a side of a cloud service, in the sense of ISO/IEC 17788.
type Party string

// The two parties that 27017 speaks to.
const (
	Customer Party = "customer" // cloud service customer
	Provider Party = "provider" // cloud service provider
)

// ServiceModel is the capability type of a cloud service.
type ServiceModel string

// The service models.
const (
	IaaS ServiceModel = "iaas"
	PaaS ServiceModel = "paas"
	SaaS ServiceModel = "saas"
)

// Operator says who typically operates a control under a service model.
type Operator string

// The operators.
const (
	ByCustomer Operator = "customer"
	ByProvider Operator = "provider"
	Shared     Operator = "shared"
)

// Control is a control of ours: the stable thing that editions, other
// frameworks, checks, threats and documents meet at. Its key never changes and
// is never reused.
type Control struct {
	Key        string                    `yaml:"key" json:"key"` // such as "shared-roles"
	Title      string                    `yaml:"title" json:"title"`
	Objective  string                    `yaml:"objective" json:"objective"`   // own words
	Automation string                    `yaml:"automation" json:"automation"` // high, medium, low, none: share that configuration can prove
	Operates   map[ServiceModel]Operator `yaml:"operates" json:"operates"`
	Note       string                    `yaml:"note,omitempty" json:"note,omitempty"` // on who operates it
	Documents  []string                  `yaml:"documents" json:"documents"`           // papers that prove it
	Records    []string                  `yaml:"records" json:"records"`
	States     []string                  `yaml:"states" json:"states"` // configuration states that prove it
	Duties     []Duty                    `yaml:"duties" json:"duties"`
	Clauses    []Clause                  `yaml:"clauses" json:"clauses"` // where each edition places it
}

// Clause is the place of a control in one edition.
type Clause struct {
	Edition  Edition `yaml:"edition" json:"edition"`
	ID       string  `yaml:"id" json:"id"`             // such as "CLD.6.3.1", "5.38"
	Title    string  `yaml:"title" json:"title"`       // a fact of the standard
	Relation string  `yaml:"relation" json:"relation"` // "source", "successor", "part of the substance", …
	Note     string  `yaml:"note,omitempty" json:"note,omitempty"`
}

// Duty is one requirement of a control for one party, in our own words.
type Duty struct {
	ID      string `yaml:"id" json:"id"`     // stable: "12.3.1-C2" is the second customer duty of backup; never reused
	Control string `yaml:"-" json:"control"` // key of its control
	Party   Party  `yaml:"party" json:"party"`
	Text    string `yaml:"text" json:"text"`
	Basis   string `yaml:"basis" json:"basis"` // "guidance of the standard, restated" or "good practice"
	// Editions in which the duty stands. A duty of CLD.6.3.1 that 5.38 replaced
	// stands in 2015 only.
	Editions []Edition `yaml:"editions" json:"editions"`
}
