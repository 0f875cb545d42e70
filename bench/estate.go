// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime/debug"
	"strconv"
	"strings"
	"time"

	"demarc.dev/demarc/account"
	"demarc.dev/demarc/app"
	"demarc.dev/demarc/catalogue"
	"demarc.dev/demarc/cloud"
	"demarc.dev/demarc/cloud/cloudtest"
)

// The large organisation of the estate, and how many services it has.
const (
	largeOrg = "larkspur"
	services = 50
	risks    = 300
	operator = "root@disk.example"
)

// settled is the result of settleChild.
type settled struct {
	Resources, Findings, Lines int
	Take, Assess, Again, Drift float64 // seconds
	AssessCPU                  float64 // of this process
	Small                      float64 // seconds for all small organisations
	Fails, New, Open           int
}

// person is somebody of the estate, as the load generator uses him.
type person struct {
	Org, Cookie, Token string
}

// settleChild fills a store: DIR DATABASE RESOURCES ORGANISATIONS. The large
// organisation has the resources, all its matrices, and two assessments; the
// small ones a few hundred resources and one assessment each. All of it goes
// the way that it goes in the product.
func settleChild(ctx context.Context, args []string) (any, error) {
	debug.SetGCPercent(200) // as demarc assess does
	dir, database := args[0], args[1]
	resources, err := strconv.Atoi(args[2])
	if err != nil {
		return nil, err
	}
	orgs, err := strconv.Atoi(args[3])
	if err != nil {
		return nil, err
	}
	a, err := app.Open(ctx, app.Options{Dir: dir, Database: database, Version: "bench"})
	if err != nil {
		return nil, err
	}
	defer a.Close()
	var out settled
	people, err := settleLarge(ctx, a, resources, &out)
	if err != nil {
		return nil, err
	}
	begun := time.Now()
	for i := range orgs {
		id := fmt.Sprintf("small-%03d", i+1)
		if err := settleSmall(ctx, a, app.Local(id, operator), i); err != nil {
			return nil, fmt.Errorf("%s: %w", id, err)
		}
		if i < 10 {
			p, err := signIn(ctx, a, id, "mia@"+id+".example")
			if err != nil {
				return nil, err
			}
			people = append(people, p)
		}
	}
	out.Small = time.Since(begun).Seconds()
	data, err := json.Marshal(people)
	if err != nil {
		return nil, err
	}
	return out, os.WriteFile(filepath.Join(dir, "people.json"), data, 0o600)
}

func settleLarge(ctx context.Context, a *app.App, resources int, out *settled) ([]person, error) {
	c := app.Local(largeOrg, operator)
	if err := a.CreateOrg(ctx, c); err != nil {
		return nil, err
	}
	if _, err := a.SetScope(ctx, c, "scope.yaml", []byte(estateScope(resources))); err != nil {
		return nil, err
	}
	for i := range services {
		if _, _, err := a.EditMatrix(ctx, c, serviceID(i), catalogue.Edition2026, 0, nil); err != nil {
			return nil, err
		}
	}
	m, err := a.Matrices(ctx, c, catalogue.Edition2026)
	if err != nil {
		return nil, err
	}
	for _, x := range m.Stored {
		out.Lines += len(x.Allocations)
	}
	begun := time.Now()
	if err := take(ctx, a, c, resources, 0); err != nil {
		return nil, err
	}
	out.Take = time.Since(begun).Seconds()
	ask := app.Ask{Edition: catalogue.Edition2026, Parties: []catalogue.Party{catalogue.Customer, catalogue.Provider}}
	begun, busy := time.Now(), processorTime()
	first, err := a.Assess(ctx, c, ask)
	if err != nil {
		return nil, err
	}
	out.Assess, out.AssessCPU = time.Since(begun).Seconds(), processorTime()-busy
	out.Resources, out.Findings = int(first.Run.Stats.Resources), int(first.Run.Stats.Findings)
	if err := take(ctx, a, c, resources, 1); err != nil {
		return nil, err
	}
	begun = time.Now()
	second, err := a.Assess(ctx, c, ask)
	if err != nil {
		return nil, err
	}
	out.Again = time.Since(begun).Seconds()
	begun = time.Now()
	d, err := a.Drift(ctx, c, first.Run, second.Run)
	if err != nil {
		return nil, err
	}
	out.Drift, out.New, out.Open = time.Since(begun).Seconds(), d.Findings.New.Count, d.Findings.Open.Count
	if err := settlePapers(ctx, a, c); err != nil {
		return nil, err
	}
	var people []person
	for i := range 10 {
		p, err := signIn(ctx, a, largeOrg, fmt.Sprintf("ada%d@larkspur.example", i))
		if err != nil {
			return nil, err
		}
		people = append(people, p)
	}
	return people, nil
}

// settlePapers writes down what people decide: three hundred risks, an
// agreement, a question of an auditor.
func settlePapers(ctx context.Context, a *app.App, c app.Caller) error {
	cat, err := a.Catalogue()
	if err != nil {
		return err
	}
	var b strings.Builder
	b.WriteString("risks:\n")
	threats := cat.Threats()
	for i := range risks {
		t := threats[i%len(threats)]
		fmt.Fprintf(&b, "  - id: r-%03d\n    service: %s\n    threat: %s\n    title: %q\n    inherent: {likelihood: %d, consequence: %d}\n    current: {likelihood: %d, consequence: %d}\n    because: what the checks say of it\n", i, serviceID(i%services), t.ID, t.Title, 1+i%5, 1+i/5%5, 1+i%3, 1+i/5%5)
	}
	if _, _, err := a.ImportRisks(ctx, c, "risks.yaml", []byte(b.String())); err != nil {
		return err
	}
	if _, err := a.PutAgreement(ctx, c, app.AgreementAsk{Name: "Terms", Packs: []string{"gdpr28"}, Files: []app.Upload{{Name: "terms.md", Data: []byte("# Terms\n\nProvider shall notify Customer of any security breach within 48 hours.\n")}}}); err != nil {
		return err
	}
	_, err = a.Ask(ctx, c, app.Request{Text: "the access review of March"})
	return err
}

func serviceID(i int) string { return fmt.Sprintf("service-%02d", i+1) }

// estateScope spreads the accounts of generated resources over the services.
func estateScope(resources int) string {
	accounts := cloudtest.Accounts(resources)
	var b strings.Builder
	b.WriteString("organisation: {id: larkspur, name: Larkspur Ledger, role: both}\nservices:\n")
	for i := range services {
		var own []string
		for n := i; n < len(accounts); n += services {
			own = append(own, strconv.Quote(accounts[n]))
		}
		role, party := "consumes", "provider: Amazon Web Services"
		if i%10 == 9 {
			role, party = "provides", "provider: Larkspur Ledger, customer: firms"
		}
		fmt.Fprintf(&b, "  - {id: %s, name: Service %d, role: %s, model: %s, %s, accounts: [%s]}\n", serviceID(i), i+1, role, []string{"iaas", "paas", "saas"}[i%3], party, strings.Join(own, ", "))
	}
	return b.String()
}

// take takes a generated snapshot in, as a file from a collector. With each
// round one resource in a hundred is gone, and so are its findings.
func take(ctx context.Context, a *app.App, c app.Caller, resources, round int) error {
	at := time.Date(2026, 11, 20+round, 8, 0, 0, 0, time.UTC)
	h := cloud.Header{Tool: "demarc bench", Provider: "aws", Source: "live", Regions: []string{"eu-central-1", "eu-west-1"}, Started: at, Ended: at.Add(time.Hour), Calls: int64(resources)}
	for _, id := range cloudtest.Accounts(resources) {
		h.Accounts = append(h.Accounts, cloud.Account{ID: id})
	}
	r, w := io.Pipe()
	go func() {
		w.CloseWithError(func() error {
			s, err := cloud.NewWriter(w, h, nil)
			if err != nil {
				return err
			}
			n := 0
			for res, err := range cloudtest.Generate(resources, seed)() {
				if err != nil {
					return err
				}
				if n++; (n+round)%100 == 0 {
					continue
				}
				if err := s.Write(res); err != nil {
					return err
				}
			}
			return s.Close()
		}())
	}()
	_, _, err := a.TakeSnapshot(ctx, c, "bench.snapshot", r)
	return err
}

func settleSmall(ctx context.Context, a *app.App, c app.Caller, i int) error {
	if err := a.CreateOrg(ctx, c); err != nil {
		return err
	}
	scope := fmt.Sprintf("organisation: {id: %s, name: Small %d, role: customer}\nservices:\n  - {id: aws, name: Amazon Web Services, role: consumes, model: iaas, provider: Amazon Web Services, accounts: [%q, %q]}\n", c.Org, i, cloudtest.Accounts(300)[0], cloudtest.Accounts(300)[1])
	if _, err := a.SetScope(ctx, c, "scope.yaml", []byte(scope)); err != nil {
		return err
	}
	if _, _, err := a.EditMatrix(ctx, c, "aws", catalogue.Edition2026, 0, nil); err != nil {
		return err
	}
	if err := take(ctx, a, c, 300, i); err != nil {
		return err
	}
	_, err := a.Assess(ctx, c, app.Ask{Edition: catalogue.Edition2026, Parties: []catalogue.Party{catalogue.Customer}})
	return err
}

// signIn lets somebody in as an owner, with a session and a token.
func signIn(ctx context.Context, a *app.App, org, login string) (p person, err error) {
	c := app.Local(org, operator)
	m, err := a.LetIn(ctx, c, login, "Bench", account.Member{Role: account.Owner})
	if err != nil {
		return p, err
	}
	link, _, err := a.MakeLink(ctx, c, m.Account)
	if err != nil {
		return p, err
	}
	p.Org = org
	if p.Cookie, err = a.Redeem(ctx, app.Visitor{Address: "127.0.0.1", Browser: "bench"}, link, "violet trams hum at dusk"); err != nil {
		return p, err
	}
	self, _, err := a.Session(ctx, p.Cookie)
	if err != nil {
		return p, err
	}
	_, p.Token, err = a.MakeToken(ctx, self.In(org), account.Token{Org: org, Name: "bench", Scopes: account.Permissions(), Ends: time.Now().AddDate(0, 1, 0)})
	return p, err
}
