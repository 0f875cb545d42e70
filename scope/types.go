// SPDX-License-Identifier: Apache-2.0

// Package scope is the organisation and the cloud services that it consumes
// and provides: what every matrix, every assessment and every document is
// about.
//
// It owns the format of scope.yaml:
//
//	organisation:
//	  id: example
//	  name: Example Ltd
//	  role: both                 # customer | provider | both
//	  contact: security@example.org
//	services:
//	  - id: aws
//	    name: Amazon Web Services
//	    role: consumes           # puts the customer duties on us
//	    model: iaas              # iaas | paas | saas
//	    provider: Amazon Web Services
//	    accounts: ["111122223333"]
//	    regions: [eu-west-1]
//	    data_classes: [personal]
//	    criticality: high        # low | medium | high | critical
//	  - id: ledger
//	    name: Example Ledger
//	    role: provides           # puts the provider duties on us
//	    model: saas
//	    built_on: [aws]
//	    accounts: ["444455556666"]
//	people:
//	  - {id: ada, name: Ada Example, active: true}
//
// A resource is evidence for every service whose accounts hold its account;
// the account "*" stands for every account, for an organisation with one
// service or for a plan that names none.
//
// The room never guesses: a word that it does not know, a service built on
// one that does not exist and a circle of services are faults, all told at
// once with file, line and field. It reads no disk and asks no clock.
package scope

import "demarc.dev/demarc/catalogue"

// Role says on which side of cloud services an organisation stands.
type Role string

// The roles of an organisation.
const (
	RoleCustomer Role = "customer"
	RoleProvider Role = "provider"
	RoleBoth     Role = "both"
)

// ServiceRole says what the organisation does with a service.
type ServiceRole string

// The roles of the organisation towards a service.
const (
	Consumes ServiceRole = "consumes" // the customer duties are ours
	Provides ServiceRole = "provides" // the provider duties are ours
)

// Criticality says how much the organisation depends on a service.
type Criticality string

// The criticalities. An empty one is not known: where it matters it is
// read as High, the less flattering of the defensible readings.
const (
	Low      Criticality = "low"
	Medium   Criticality = "medium"
	High     Criticality = "high"
	Critical Criticality = "critical"
)

// Scope is the content of scope.yaml.
type Scope struct {
	Organisation Organisation `yaml:"organisation" json:"organisation"`
	Services     []Service    `yaml:"services" json:"services"`
	People       []Person     `yaml:"people,omitempty" json:"people,omitempty"` // empty: not kept here, so nobody is known to have left
}

// Organisation is whose duties are assessed.
type Organisation struct {
	ID      string `yaml:"id" json:"id"`
	Name    string `yaml:"name" json:"name"`
	Role    Role   `yaml:"role" json:"role"`
	Contact string `yaml:"contact,omitempty" json:"contact,omitempty"`
}

// Service is one cloud service that the organisation consumes or provides.
type Service struct {
	ID          string                 `yaml:"id" json:"id"`
	Name        string                 `yaml:"name" json:"name"`
	Role        ServiceRole            `yaml:"role" json:"role"`
	Model       catalogue.ServiceModel `yaml:"model" json:"model"`
	Provider    string                 `yaml:"provider,omitempty" json:"provider,omitempty"` // name of the provider; of a service that we provide it is our own
	Customer    string                 `yaml:"customer,omitempty" json:"customer,omitempty"` // who consumes a service that we provide; empty: our customers
	Purpose     string                 `yaml:"purpose,omitempty" json:"purpose,omitempty"`
	Owner       string                 `yaml:"owner,omitempty" json:"owner,omitempty"`         // Person.ID
	Agreement   string                 `yaml:"agreement,omitempty" json:"agreement,omitempty"` // reference of the agreement in force
	BuiltOn     []string               `yaml:"built_on,omitempty" json:"built_on,omitempty"`   // ids of the services beneath
	Accounts    []string               `yaml:"accounts,omitempty" json:"accounts,omitempty"`
	Regions     []string               `yaml:"regions,omitempty" json:"regions,omitempty"`
	DataClasses []string               `yaml:"data_classes,omitempty" json:"data_classes,omitempty"`
	Criticality Criticality            `yaml:"criticality,omitempty" json:"criticality,omitempty"`
}

// Person is someone who may own a duty.
type Person struct {
	ID     string `yaml:"id" json:"id"`
	Name   string `yaml:"name" json:"name"`
	Active bool   `yaml:"active" json:"active"` // false: has left
}

// AnyAccount in Service.Accounts stands for every account.
const AnyAccount = "*"

// Party gives the side on which the organisation stands for the service.
func (s Service) Party() catalogue.Party {
	if s.Role == Provides {
		return catalogue.Provider
	}
	return catalogue.Customer
}

// Other gives the side on which the organisation does not stand.
func (s Service) Other() catalogue.Party {
	if s.Role == Provides {
		return catalogue.Customer
	}
	return catalogue.Provider
}
