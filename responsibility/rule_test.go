// SPDX-License-Identifier: Apache-2.0

package responsibility

import (
	"slices"
	"strings"
	"testing"

	"demarc.dev/demarc/catalogue"
	"demarc.dev/demarc/scope"
)

func TestCheck_NothingWhereAllIsSettled(t *testing.T) {
	if got := told(settledWorld(t).check()); len(got) > 0 {
		t.Fatalf("found %q", got)
	}
}

// Each case changes a settled world. find is all that the rules then say, and
// why and fix must name what a reader needs. A case without find is the
// counterpart that looks alike and is no fault.
func TestCheck_Rules(t *testing.T) {
	for name, c := range map[string]struct {
		change func(w *world)
		find   []string
		why    string
		fix    string
	}{
		"RM-01 nobody performs": {
			func(w *world) {
				w.line("cloud", "12.3.1-C1").Customer, w.line("cloud", "12.3.1-C1").Rationale = Accounts, "new"
			},
			[]string{"RM-01 high cloud 12.3.1-C1"},
			"Nobody performs 12.3.1-C1 of Big Cloud: neither Larkspur as customer nor Bigco as provider is given the work.", "Agree who performs 12.3.1-C1",
		},
		"RM-01 no line": {
			func(w *world) { m := w.matrix("cloud"); m.Allocations = m.Allocations[1:] },
			[]string{"RM-01 high cloud 12.3.1-C1"}, "The matrix of Big Cloud has no line for 12.3.1-C1", "Add a line for 12.3.1-C1 that says what Larkspur as customer and what Bigco as provider do.",
		},
		"RM-01 no matrix": {
			func(w *world) { w.matrices = w.matrices[1:]; w.scope.Services[2].BuiltOn = []string{"mailer"} },
			[]string{"RM-01 high cloud -"}, "Big Cloud has no matrix of the edition of 2015, so none of its 4 duties is given to anybody.", "Take the defaults of the catalogue for Big Cloud",
		},
		"RM-01 not: the other side performs": {
			func(w *world) {
				a := w.line("mailer", "12.3.1-C1")
				a.Customer, a.Provider, a.Rationale = None, Performs, "bought"
			}, nil, "", "",
		},
		"RM-02 both without a split": {
			func(w *world) { a := w.line("cloud", "12.3.1-C1"); a.Provider, a.Rationale = Performs, "agreed" },
			[]string{"RM-02 medium cloud 12.3.1-C1"}, "Both Larkspur as customer and Bigco as provider perform 12.3.1-C1 of Big Cloud", "Write in split which part of 12.3.1-C1",
		},
		"RM-02 not: a split": {
			func(w *world) {
				a := w.line("cloud", "12.3.1-C1")
				a.Provider, a.Rationale, a.Split = Performs, "agreed", "disks: they; files: we"
			}, nil, "", "",
		},
		"RM-02: blank is no split": {
			func(w *world) {
				a := w.line("cloud", "12.3.1-C1")
				a.Provider, a.Rationale, a.Split = Performs, "agreed", " \n"
			},
			[]string{"RM-02 medium cloud 12.3.1-C1"}, "nothing says who does which part", "",
		},
		"RM-03 one side unnamed": {
			func(w *world) {
				a := w.line("cloud", "12.3.1-C1")
				a.Provider, a.Rationale, a.Split, a.ProviderContact = Performs, "agreed", "halves", ""
			},
			[]string{"RM-03 medium cloud 12.3.1-C1"}, "12.3.1-C1 of Big Cloud is shared, and nobody is named for Bigco as provider", "Name for 12.3.1-C1 who does the part of Bigco as provider.",
		},
		"RM-03 both unnamed": {
			func(w *world) {
				a := w.line("cloud", "12.3.1-C1")
				a.Provider, a.Rationale, a.Split, a.ProviderContact, a.CustomerOwner = Performs, "agreed", "halves", "", ""
			},
			[]string{"RM-03 medium cloud 12.3.1-C1"}, "nobody is named for Larkspur as customer and for Bigco as provider", "",
		},
		"RM-03 not: one side performs": {func(w *world) { w.line("cloud", "12.3.1-C1").ProviderContact = "" }, nil, "", ""},
		"RM-04 two accountable": {
			func(w *world) { w.line("cloud", "12.3.1-C1").Provider = Accounts },
			[]string{"RM-04 medium cloud 12.3.1-C1"}, "Both Larkspur as customer and Bigco as provider are accountable for 12.3.1-C1 of Big Cloud", "to Larkspur as customer when the agreement does not say otherwise",
		},
		"RM-04 not: one performs, one is accountable": {
			func(w *world) { a := w.line("mailer", "12.3.1-P1"); a.Provider, a.Customer = Performs, Accounts }, nil, "", "",
		},
		"RM-05 assumption": {
			func(w *world) { w.line("cloud", "12.3.1-P1").Basis = Basis{Kind: Assumption} },
			[]string{"RM-05 medium cloud 12.3.1-P1"}, "12.3.1-P1 of Big Cloud is left to Bigco as provider on the strength of an assumption", "statement of Bigco that covers 12.3.1-P1",
		},
		"RM-05 default": {
			func(w *world) { w.line("cloud", "12.3.1-P1").Basis = Basis{Kind: DefaultBasis} },
			[]string{"RM-05 medium cloud 12.3.1-P1"}, "the default of the catalogue, which nobody has looked at", "",
		},
		"RM-05 our own control does not bind them": {
			func(w *world) { w.line("cloud", "12.3.1-P1").Basis = Basis{Kind: InternalControl, Reference: "BCK-01"} },
			[]string{"RM-05 medium cloud 12.3.1-P1"}, "a control of our own", "",
		},
		"RM-05 a statement that is not named": {
			func(w *world) { w.line("cloud", "12.3.1-P1").Basis = Basis{Kind: ProviderStatement} },
			[]string{"RM-05 medium cloud 12.3.1-P1"}, "a statement that is not named", "",
		},
		"RM-05 not: a statement": {func(w *world) {
			w.line("cloud", "12.3.1-P1").Basis = Basis{Kind: ProviderStatement, Reference: "SOC 2"}
		}, nil, "", ""},
		"RM-05 not: our own duty":  {func(w *world) { w.line("cloud", "12.3.1-C1").Basis = Basis{Kind: Assumption} }, nil, "", ""},
		"RM-05 not: good practice": {func(w *world) { w.line("mailer", "CLD.9.5.2-C1").Basis = Basis{Kind: Assumption} }, nil, "", ""},
		"RM-05 not: service of little use": {func(w *world) {
			w.scope.Services[0].Criticality = scope.Medium
			w.line("cloud", "12.3.1-P1").Basis = Basis{Kind: Assumption}
		}, nil, "", ""},
		"RM-05 on a provided service": {
			func(w *world) { w.line("ledger", "12.3.1-C1").Basis = Basis{Kind: Assumption} },
			[]string{"RM-05 medium ledger 12.3.1-C1"}, "12.3.1-C1 of Ledger is left to the tenants as customer on the strength of an assumption", "",
		},
		"RM-06 no reference": {
			func(w *world) { w.line("cloud", "12.3.1-C1").Basis = Basis{Kind: ContractClause} },
			[]string{"RM-06 medium cloud 12.3.1-C1"}, "12.3.1-C1 of Big Cloud is said to rest on a contract, and no clause is named.", "such as MSA 2024, 7.3(b)",
		},
		"RM-06 the agreement alone": {
			func(w *world) { w.line("cloud", "12.3.1-C1").Basis.Reference = "MSA 2024" },
			[]string{"RM-06 medium cloud 12.3.1-C1"}, `"MSA 2024", which names no clause`, "the basis is an assumption",
		},
		"RM-06 the number is that of the agreement": {
			func(w *world) {
				w.scope.Services[0].Agreement, w.matrix("cloud").Agreement = "Contract 4.7", "Contract 4.7"
				for i := range w.matrix("cloud").Allocations {
					w.matrix("cloud").Allocations[i].Basis.Reference = "Contract 4.7, 2.1"
				}
				w.line("cloud", "12.3.1-C1").Basis.Reference = "Contract 4.7"
			},
			[]string{"RM-06 medium cloud 12.3.1-C1"}, `"Contract 4.7", which names no clause`, "",
		},
		"RM-06 another agreement in force": {
			func(w *world) { w.scope.Services[0].Agreement = "MSA 2026" },
			[]string{"RM-06 high cloud -"}, `The matrix of Big Cloud rests on "MSA 2024", while the agreement in force is "MSA 2026".`, "name the agreement in force",
		},
		"RM-07 the provider refuses": {
			func(w *world) {
				w.statements = []Statement{{Service: "cloud", Title: "CAIQ of 2026", Rows: []StatementRow{{Ref: "12.3.1-P1", Who: ByCustomer}}}}
			},
			[]string{"RM-07 high cloud 12.3.1-P1"}, `By the matrix 12.3.1-P1 of Big Cloud is performed by Bigco as provider; the provider's statement "CAIQ of 2026" says: by Larkspur as customer.`, "Settle with Bigco who performs 12.3.1-P1 of Big Cloud",
		},
		"RM-07 the provider does more": {
			func(w *world) {
				w.statements = []Statement{{Service: "cloud", Title: "t", Rows: []StatementRow{{Ref: "12.3.1-C1", Who: ByBoth}}}}
			},
			[]string{"RM-07 medium cloud 12.3.1-C1"}, "says: by both sides.", "",
		},
		"RM-07 by the control's number": {
			func(w *world) {
				w.statements = []Statement{{Service: "cloud", Title: "t", Rows: []StatementRow{{Ref: "12.3.1", Who: ByCustomer}}}}
			},
			[]string{"RM-07 high cloud 12.3.1-P1"}, "says of the whole control 12.3.1: by Larkspur", "",
		},
		"RM-07 not: the duty's row beats its control's": {
			func(w *world) {
				w.statements = []Statement{{Service: "cloud", Rows: []StatementRow{{Ref: "12.3.1-P1", Who: ByProvider}, {Ref: "backup", Who: ByCustomer}}}}
			}, nil, "", "",
		},
		"RM-07 not: a newer statement": {
			func(w *world) {
				w.statements = []Statement{{Service: "cloud", Date: "2026-02-01", Rows: []StatementRow{{Ref: "12.3.1-P1", Who: ByProvider}}}, {Service: "cloud", Date: "2025-02-01", Rows: []StatementRow{{Ref: "12.3.1-P1", Who: ByCustomer}}}}
			}, nil, "", "",
		},
		"RM-07 not: of another service": {
			func(w *world) {
				w.statements = []Statement{{Service: "mailer", Rows: []StatementRow{{Ref: "12.3.1-C1", Who: ByCustomer}, {Ref: "unheard", Who: ByNobody}}}}
			}, nil, "", "",
		},
		"RM-09 no evidence": {
			func(w *world) { w.line("cloud", "12.3.1-P1").Evidence = nil },
			[]string{"RM-09 low cloud 12.3.1-P1"}, "Nothing shows that 12.3.1-P1 of Big Cloud is performed by Bigco as provider", "Ask Bigco for a current report",
		},
		"RM-09 not: our own work":      {func(w *world) { w.line("cloud", "CLD.9.5.2-C1").Evidence = nil }, nil, "", ""},
		"RM-09 not: work of customers": {func(w *world) { w.line("ledger", "12.3.1-C1").Evidence = nil }, nil, "", ""},
		"RM-10 differs from what is usual": {
			func(w *world) { a := w.line("mailer", "CLD.9.5.2-C1"); a.Customer, a.Provider = SharesBoth, None },
			[]string{"RM-10 low mailer CLD.9.5.2-C1"}, "Under SaaS CLD.9.5.2-C1 of Postrider is usually performed by Postrider Inc as provider; here by Larkspur as customer, and no reason is written.", "Write as rationale why CLD.9.5.2-C1 differs",
		},
		"RM-10 not: a rationale": {
			func(w *world) {
				a := w.line("mailer", "CLD.9.5.2-C1")
				a.Customer, a.Provider, a.Rationale = SharesBoth, None, "we run it ourselves"
			}, nil, "", "",
		},
		"RM-11 draft": {
			func(w *world) { w.matrix("cloud").Status = Draft },
			[]string{"RM-11 medium cloud -"}, "The matrix of Big Cloud is a draft: it is not signed on our side and not acknowledged by Bigco.", "Sign it. Send the matrix to Bigco",
		},
		"RM-11 agreed on our side": {
			func(w *world) { w.matrix("cloud").Status = InternallyAgreed }, []string{"RM-11 medium cloud -"}, "agreed on our side only and was not sent to Bigco", "Send the matrix to Bigco",
		},
		"RM-11 sent": {
			func(w *world) { w.matrix("cloud").Status = Sent }, []string{"RM-11 low cloud -"}, "was sent and is not acknowledged by Bigco", "Ask Bigco",
		},
		"RM-12 a region was added": {
			func(w *world) { w.scope.Services[0].Regions = []string{"eu-west-1"} },
			[]string{"RM-12 high cloud -"}, "Ada signed the matrix of Big Cloud on 2026-03-01; the matrix, or the service's", "sign the matrix of Big Cloud again",
		},
		"RM-12 not: evidence was added": {func(w *world) { w.line("cloud", "12.3.1-P1").Evidence = []string{"a", "b"} }, nil, "", ""},
		"RM-13 owner left": {
			func(w *world) { w.line("cloud", "12.3.1-C1").CustomerOwner = "bob" },
			[]string{"RM-13 medium cloud 12.3.1-C1"}, "bob, named for 12.3.1-C1 of Big Cloud on the side of Larkspur as customer, has left.", "Name somebody else of Larkspur for 12.3.1-C1.",
		},
		"RM-13 not known": {
			func(w *world) { w.line("ledger", "12.3.1-P1").ProviderContact = "eve" },
			[]string{"RM-13 medium ledger 12.3.1-P1"}, "eve, named for 12.3.1-P1 of Ledger on the side of Larkspur as provider, is not among the people of the scope.", "",
		},
		"RM-13 owner of the service": {
			func(w *world) { w.scope.Services[0].Owner = "bob" }, []string{"RM-13 medium cloud -"}, "bob, named as owner of Big Cloud, has left.", "owner of Big Cloud",
		},
		"RM-13 not: no people are kept":   {func(w *world) { w.scope.People = nil; w.line("cloud", "12.3.1-C1").CustomerOwner = "bob" }, nil, "", ""},
		"RM-13 not: people of the others": {func(w *world) { w.line("cloud", "12.3.1-C1").ProviderContact = "bob" }, nil, "", ""},
		"critical services weigh more": {
			func(w *world) {
				w.scope.Services[0].Criticality = scope.Critical
				w.line("cloud", "12.3.1-P1").Evidence = nil
			},
			[]string{"RM-09 medium cloud 12.3.1-P1"}, "", "",
		},
		"services of little use weigh less": {
			func(w *world) {
				w.scope.Services[0].Criticality = scope.Low
				w.line("cloud", "12.3.1-C1").Customer, w.line("cloud", "12.3.1-C1").Rationale = None, "r"
			},
			[]string{"RM-01 medium cloud 12.3.1-C1"}, "", "",
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := settledWorld(t)
			c.change(w)
			if !strings.HasPrefix(name, "RM-11") && !strings.HasPrefix(name, "RM-12") {
				w.sign(t)
			}
			got := w.check()
			if !slices.Equal(told(got), append([]string{}, c.find...)) {
				t.Fatalf("found %q, want %q", told(got), c.find)
			}
			if len(got) == 0 {
				return
			}
			if !strings.Contains(got[0].Why, c.why) || !strings.Contains(got[0].Fix, c.fix) {
				t.Errorf("why: %s\nwant: %s\nfix: %s\nwant: %s", got[0].Why, c.why, got[0].Fix, c.fix)
			}
			if !strings.HasSuffix(got[0].Why, ".") || !strings.HasSuffix(got[0].Fix, ".") {
				t.Errorf("no sentences: %q %q", got[0].Why, got[0].Fix)
			}
		})
	}
}

func TestCheck_ContractWithoutAgreement(t *testing.T) {
	w := settledWorld(t)
	w.scope.Services[0].Agreement, w.matrix("cloud").Agreement = "", ""
	w.sign(t)
	got := told(w.check())
	want := []string{"RM-06 medium cloud 12.3.1-C1", "RM-06 medium cloud 12.3.1-P1", "RM-06 medium cloud CLD.6.3.1-C1", "RM-06 medium cloud CLD.9.5.2-C1"}
	if !slices.Equal(got, want) {
		t.Errorf("found %q, want %q: a clause of no agreement is no basis", got, want)
	}
	if why := w.check()[0].Why; why != `12.3.1-C1 of Big Cloud is said to rest on "MSA 2024, 7.3(b)", while neither the matrix nor the service names an agreement in force.` {
		t.Errorf("why %q", why)
	}
}

func TestNamesClause(t *testing.T) {
	for reference, want := range map[string]bool{
		"7.3(b)": true, "MSA 2024, 7.3(b)": true, "MSA 2024, 12": true, "MSA 2024 section 4": true, "Art. 28": true, "Annex II": true, "§ 9": true, "MSA, clause 3": true,
		"4 (a)": true, "12": true, "": false, "MSA 2024": false, "Terms of Service": false, "our contract": false, "Master Agreement of 2024-03-01": false, "artful words": false,
	} {
		if got := namesClause(reference); got != want {
			t.Errorf("%q: %v, want %v", reference, got, want)
		}
	}
}

func TestFingerprint(t *testing.T) {
	w := settledWorld(t)
	w.line("cloud", "12.3.1-P1").Evidence = nil
	w.line("mailer", "12.3.1-P1").Evidence = nil
	w.sign(t)
	got := w.check()
	if len(got) != 2 || got[0].Fingerprint == got[1].Fingerprint || got[0].Fingerprint != Fingerprint(NoEvidence, "cloud", "12.3.1-P1") || got[0].Control != "backup" {
		t.Errorf("findings %+v", got)
	}
	if want := "b7e771cdaaf8af42052fa4be953a4c82"; Fingerprint(NoEvidence, "cloud", "12.3.1-P1") != want {
		t.Errorf("fingerprint %q, want %q for ever: histories join on it", Fingerprint(NoEvidence, "cloud", "12.3.1-P1"), want)
	}
}

func TestVerdicts(t *testing.T) {
	w := settledWorld(t)
	w.matrices = w.matrices[1:] // the cloud has none
	m := w.matrix("mailer")
	a := w.line("mailer", "12.3.1-P1")
	a.Customer, a.Rationale, a.Split = Performs, "r", "halves"
	w.line("mailer", "CLD.6.3.1-C1").Customer = None
	b := w.line("mailer", "12.3.1-C1")
	b.Provider, b.Rationale = Performs, "r"
	m.Allocations = slices.DeleteFunc(m.Allocations, func(a Allocation) bool { return a.Duty == "CLD.9.5.2-C1" })
	want := map[string]VerdictKind{
		"cloud 12.3.1-C1": NoMatrix, "mailer 12.3.1-P1": OnShared, "mailer CLD.6.3.1-C1": OnNobody, "mailer 12.3.1-C1": OnBoth, "mailer CLD.9.5.2-C1": Unallocated,
		"ledger 12.3.1-C1": OnCustomer, "ledger 12.3.1-P1": OnProvider,
	}
	got := w.review().verdicts()
	if len(got) != 12 {
		t.Errorf("%d verdicts, want 3 services × 4 duties", len(got))
	}
	for _, v := range got {
		if k, ok := want[v.Service+" "+v.Duty]; ok && v.Kind != k {
			t.Errorf("%s %s is %s, want %s", v.Service, v.Duty, v.Kind, k)
		}
		if v.Service == "mailer" && v.Duty == "CLD.6.3.1-C1" && !slices.Equal(v.Rules, []Rule{Gap, ModelAnomaly}) {
			t.Errorf("rules %v", v.Rules)
		}
	}
	w.edition = catalogue.Edition2026
	for _, v := range w.review().verdicts() {
		if v.Kind != NoMatrix {
			t.Errorf("a matrix of 2015 gave a verdict for 2026: %+v", v)
		}
	}
}
