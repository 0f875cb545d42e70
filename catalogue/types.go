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
	Clauses    []Clause                  `yaml:"clauses" json:"clauses"`               // where each edition places it; the first of an edition is the main one
	Duties     []Duty                    `yaml:"duties" json:"duties"`                 // the customer's, then the provider's
	Documents  []string                  `yaml:"documents" json:"documents"`           // papers that prove it
	Records    []string                  `yaml:"records" json:"records"`
	States     []string                  `yaml:"states" json:"states"`                   // configuration states that prove it
	Asks       []Ask                     `yaml:"asks,omitempty" json:"asks,omitempty"`   // what a look at the configuration would ask
	Words      []string                  `yaml:"words,omitempty" json:"words,omitempty"` // what people call it; for search
}

// Clause is the place of a control in one edition.
type Clause struct {
	Edition   Edition `yaml:"edition" json:"edition"`
	ID        string  `yaml:"id" json:"id"`                                   // such as "CLD.6.3.1", "5.38"
	Title     string  `yaml:"title" json:"title"`                             // a fact of the standard
	Relation  string  `yaml:"relation" json:"relation"`                       // one of the Relation constants of editions
	Certainty string  `yaml:"certainty,omitempty" json:"certainty,omitempty"` // how well the place and its parties are known
	Note      string  `yaml:"note,omitempty" json:"note,omitempty"`
}

// How a clause of an edition relates to a control.
const (
	RelationSource    = "source"                                // the control comes from it
	RelationSuccessor = "successor"                             // it took the place of the source
	RelationPart      = "part of the substance"                 // it took a part
	RelationDropped   = "clause exists, cloud guidance dropped" // the base control alone still asks
	RelationNew       = "new"                                   // the control begins with it
)

// Duty is one requirement of a control for one party, in our own words.
type Duty struct {
	ID        string `yaml:"id" json:"id"`     // stable: "12.3.1-C2" is the second customer duty of backup; never reused
	Control   string `yaml:"-" json:"control"` // key of its control
	Party     Party  `yaml:"party" json:"party"`
	Text      string `yaml:"text" json:"text"`
	Basis     string `yaml:"basis" json:"basis"`                               // one of the Basis constants
	Basis2026 string `yaml:"basis_2026,omitempty" json:"basis_2026,omitempty"` // where it rests on less in 2026
	// Editions in which the duty stands. A duty of CLD.6.3.1 that 5.38 replaced
	// stands in 2015 only.
	Editions []Edition `yaml:"editions" json:"editions"`
	// Operational duties are done by working the settings or systems of a
	// layer, and pass to whoever operates it; others never leave their party.
	Operational bool     `yaml:"operational,omitempty" json:"operational,omitempty"`
	Replaces    []string `yaml:"replaces,omitempty" json:"replaces,omitempty"` // duties of 2015 whose substance it takes over
}

// What a duty rests on.
const (
	BasisGuidance = "guidance of the standard, restated"
	BasisTheme    = "theme of the standard, from secondary sources" // compare with a licensed copy
	BasisPractice = "good practice"                                 // the edition adds nothing for this party; the base control still applies
)

// Ask is a question that a look at the configuration would put.
type Ask struct {
	Party string `yaml:"party" json:"party"` // customer, provider or both
	Text  string `yaml:"text" json:"text"`
}

// Theme is a part of an edition under which controls are gathered.
type Theme struct {
	Edition  Edition  `yaml:"edition" json:"edition"`
	ID       string   `yaml:"id" json:"id"` // the number with which its clauses begin: "12", "CLD"
	Title    string   `yaml:"title" json:"title"`
	Controls []string `yaml:"-" json:"controls"` // keys, in the order of the catalogue; each by its main clause
}

// EditionFacts says what an edition is.
type EditionFacts struct {
	ID     Edition `yaml:"id" json:"id"`
	Title  string  `yaml:"title" json:"title"`
	Status string  `yaml:"status" json:"status"`
}

// Section is a clause of the edition of 2026, whether or not it carries cloud
// guidance.
type Section struct {
	ID           string   `json:"id"`
	Title        string   `json:"title"`
	Theme        string   `json:"theme"`
	CloudControl bool     `json:"cloud_control"` // one of the four that 27002 does not have
	Guidance     string   `json:"guidance"`      // whom its cloud guidance speaks to: both, customer, provider, none
	From         []string `json:"from"`          // numbers of 2015
	Certainty    string   `json:"certainty"`
}

// ManagementClause is a clause of ISO/IEC 27001:2022, 4 to 10: the management
// system that a certificate is about.
type ManagementClause struct {
	ID     string  `yaml:"id" json:"id"`
	Title  string  `yaml:"title" json:"title"`
	Cloud  string  `yaml:"cloud,omitempty" json:"cloud,omitempty"` // what cloud adds to it
	Papers []Paper `yaml:"documents" json:"documents"`
	Stage1 string  `yaml:"stage1" json:"stage1"` // what an auditor looks at in stage 1
	Stage2 string  `yaml:"stage2" json:"stage2"`
}

// Paper is documented information that a clause asks for.
type Paper struct {
	Name     string `yaml:"name" json:"name"`
	Form     string `yaml:"form" json:"form"`         // document (kept current) or record (kept as evidence)
	Required string `yaml:"required" json:"required"` // yes or implied
	Note     string `yaml:"note,omitempty" json:"note,omitempty"`
}

// Framework is a set of requirements that mappings lead to.
type Framework struct {
	ID   string `yaml:"id" json:"id"` // such as "ccm-4.1.0"
	Name string `yaml:"name" json:"name"`
	Note string `yaml:"note,omitempty" json:"note,omitempty"`
	Open bool   `yaml:"open,omitempty" json:"open,omitempty"` // any id is taken; Parts may hold some
	// Parts are its requirements, where we hold ids and titles.
	Parts []Part `yaml:"-" json:"parts,omitempty"`
}

// Part is a requirement of a framework.
type Part struct {
	ID    string `json:"id"`
	Title string `json:"title"`
	Group string `json:"group,omitempty"`
	Note  string `json:"note,omitempty"`
}

// Mapping leads from a control of ours to a part of a framework.
type Mapping struct {
	Control   string `json:"control"`
	Framework string `json:"framework"`
	ID        string `json:"id"`
	Title     string `json:"title,omitempty"` // where we hold the framework's titles
	Relation  string `json:"relation"`        // equivalent, nearest, related, supports, proposed
	Source    string `json:"source"`
	Note      string `json:"note,omitempty"`
}

// Crossing leads from a part of one framework to a part of another.
type Crossing struct {
	From     string `json:"from"` // framework
	FromID   string `json:"from_id"`
	To       string `json:"to"`
	ToID     string `json:"to_id"`
	Relation string `json:"relation"` // one-to-one, merged, split
	Source   string `json:"source"`
	Note     string `json:"note,omitempty"`
}

// Threat is a seed of a risk register.
type Threat struct {
	ID         string         `json:"id"` // such as "CT-10"
	Title      string         `json:"title"`
	Text       string         `json:"text"`
	Likelihood int            `json:"likelihood"` // 1 to 5, a seed to be judged anew
	Impact     int            `json:"impact"`     // 1 to 5, likewise
	Models     []ServiceModel `json:"models"`
	Treats     string         `json:"treats"`   // who treats it: customer, provider or both
	Controls   []string       `json:"controls"` // keys
	Public     []string       `json:"public"`   // entries of public lists, such as "csa-2026:1"
	Example    string         `json:"example"`
}

// ThreatEntry is an entry of a public list of threats.
type ThreatEntry struct {
	List      string `json:"list"` // csa-2026, csa-2024, enisa-2009
	ID        string `json:"id"`
	Title     string `json:"title"`
	Family    string `json:"family,omitempty"`
	Certainty string `json:"certainty"`
}

// Citation is something that people write about the standard, and what is so.
type Citation struct {
	Cited   string `yaml:"cited" json:"cited"` // a number, or words
	Topic   string `yaml:"topic" json:"topic"`
	Control string `yaml:"control,omitempty" json:"control,omitempty"` // the control that is meant
	Verdict string `yaml:"verdict" json:"verdict"`
	Note    string `yaml:"note" json:"note"`
}
