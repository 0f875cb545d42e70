// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"context"
	"fmt"
	"io/fs"

	"gopkg.in/yaml.v3"

	"demarc.dev/demarc/app"
	"demarc.dev/demarc/catalogue"
	"demarc.dev/demarc/example"
	"demarc.dev/demarc/responsibility"
)

// exampleCustomer makes the organisation of a customer of the example's firm. It
// is linked as two parties are in life: what the firm's matrix says about the
// service goes over as the provider's statement, and the customer takes the usual
// division over and answers from there.
func exampleCustomer(ctx context.Context, a *app.App, firm app.Caller) error {
	const customer, ledger, edition = "harrow", "ledger", catalogue.Edition2026
	ids, err := a.Orgs(ctx, firm)
	if err != nil {
		return err
	}
	firm = firm.In(ids[0])
	said, err := exampleStatement(ctx, a, firm, ledger, edition)
	if err != nil {
		return err
	}
	c := firm.In(customer)
	if err := a.CreateOrg(ctx, c); err != nil {
		return err
	}
	data, err := fs.ReadFile(example.Files(), "customer/scope.yaml")
	if err != nil {
		return fmt.Errorf("reading the example's customer: %w", err)
	}
	if _, err := a.SetScope(ctx, c, "scope.yaml", data); err != nil {
		return err
	}
	if _, err := a.FileStatement(ctx, c, "larkspur.yaml", said, responsibility.StatementOptions{}); err != nil {
		return err
	}
	if _, _, err := a.EditMatrix(ctx, c, ledger, edition, 0, nil); err != nil {
		return err
	}
	_, err = a.Assess(ctx, c, app.Ask{Edition: edition, Parties: []catalogue.Party{catalogue.Customer, catalogue.Provider}})
	return err
}

// exampleStatement gives what a matrix says as the statement that the provider
// hands to its customers.
func exampleStatement(ctx context.Context, a *app.App, c app.Caller, service string, ed catalogue.Edition) ([]byte, error) {
	all, err := a.Matrices(ctx, c, ed)
	if err != nil {
		return nil, err
	}
	m, _, err := all.Of(service)
	if err != nil {
		return nil, err
	}
	type row struct {
		Ref  string `yaml:"ref"`
		Who  string `yaml:"who"`
		Text string `yaml:"text,omitempty"`
	}
	out := struct {
		Service  string `yaml:"service"`
		Provider string `yaml:"provider"`
		Title    string `yaml:"title"`
		Date     string `yaml:"date"`
		Rows     []row  `yaml:"rows"`
	}{Service: service, Provider: "Larkspur Ledger", Title: "Who does what in the Ledger, matrix version " + fmt.Sprint(m.Version), Date: "2026-11-20"}
	for _, l := range m.Allocations {
		if who := l.Who(); who != responsibility.ByNobody {
			out.Rows = append(out.Rows, row{l.Duty, string(who), l.Split})
		}
	}
	var b bytes.Buffer
	if err := yaml.NewEncoder(&b).Encode(out); err != nil {
		return nil, fmt.Errorf("writing the example's statement: %w", err)
	}
	return b.Bytes(), nil
}
