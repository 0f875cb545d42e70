// SPDX-License-Identifier: Apache-2.0

package responsibility

import (
	"demarc.dev/demarc/catalogue"
)

// matrixFile is the YAML of a matrix: the lines stand below their controls.
type matrixFile struct {
	Service   string            `yaml:"service"`
	Edition   catalogue.Edition `yaml:"edition"`
	Version   int               `yaml:"version"`
	Status    Status            `yaml:"status"`
	Customer  string            `yaml:"customer,omitempty"`
	Provider  string            `yaml:"provider,omitempty"`
	Agreement string            `yaml:"agreement,omitempty"`
	SignOff   *signOffFile      `yaml:"sign_off,omitempty"`
	Controls  []controlFile     `yaml:"controls"`
}

type signOffFile struct {
	Digest         string `yaml:"digest"`
	By             string `yaml:"by"`
	On             string `yaml:"on"`
	AcknowledgedBy string `yaml:"acknowledged_by,omitempty"`
	AcknowledgedOn string `yaml:"acknowledged_on,omitempty"`
}

type controlFile struct {
	Control string     `yaml:"control"`
	Duties  []lineFile `yaml:"duties"`
}

type lineFile struct {
	Duty            string    `yaml:"duty"`
	Customer        Share     `yaml:"customer"`
	Provider        Share     `yaml:"provider"`
	Split           string    `yaml:"split,omitempty"`
	CustomerOwner   string    `yaml:"customer_owner,omitempty"`
	ProviderContact string    `yaml:"provider_contact,omitempty"`
	Basis           BasisKind `yaml:"basis"`
	Reference       string    `yaml:"reference,omitempty"`
	Rationale       string    `yaml:"rationale,omitempty"`
	Evidence        []string  `yaml:"evidence,omitempty"`
	Note            string    `yaml:"note,omitempty"`
}

func (f *matrixFile) matrix(file string) *Matrix {
	m := &Matrix{Service: f.Service, Edition: f.Edition, Version: f.Version, Status: f.Status, Customer: f.Customer,
		Provider: f.Provider, Agreement: f.Agreement, File: file}
	if f.SignOff != nil {
		s := SignOff(*f.SignOff)
		m.SignOff = &s
	}
	for _, c := range f.Controls {
		for _, l := range c.Duties {
			m.Allocations = append(m.Allocations, l.allocation())
		}
	}
	return m
}

func (l lineFile) allocation() Allocation {
	return Allocation{Duty: l.Duty, Customer: l.Customer, Provider: l.Provider, Split: l.Split,
		CustomerOwner: l.CustomerOwner, ProviderContact: l.ProviderContact, Basis: Basis{Kind: l.Basis, Reference: l.Reference},
		Rationale: l.Rationale, Evidence: l.Evidence, Note: l.Note}
}

// fileOf groups the lines by control. Lines of duties that the catalogue does
// not hold stand below a control without a key, where the reader finds them.
func fileOf(m Matrix, b *book) *matrixFile {
	f := &matrixFile{Service: m.Service, Edition: m.Edition, Version: m.Version, Status: m.Status, Customer: m.Customer,
		Provider: m.Provider, Agreement: m.Agreement}
	if m.SignOff != nil {
		s := signOffFile(*m.SignOff)
		f.SignOff = &s
	}
	for _, a := range sortedLines(m.Allocations, b) {
		key := b.byID[a.Duty].Control
		if n := len(f.Controls); n == 0 || f.Controls[n-1].Control != key {
			f.Controls = append(f.Controls, controlFile{Control: key})
		}
		c := &f.Controls[len(f.Controls)-1]
		c.Duties = append(c.Duties, lineFile{Duty: a.Duty, Customer: a.Customer, Provider: a.Provider, Split: a.Split,
			CustomerOwner: a.CustomerOwner, ProviderContact: a.ProviderContact, Basis: a.Basis.Kind, Reference: a.Basis.Reference,
			Rationale: a.Rationale, Evidence: a.Evidence, Note: a.Note})
	}
	return f
}
