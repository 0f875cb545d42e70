// SPDX-License-Identifier: Apache-2.0

package agreement_test

import (
	"strings"
	"testing"

	"demarc.dev/demarc/agreement"
	"demarc.dev/demarc/agreement/text"
)

// terms is an agreement of a firm that does not exist, in words of our own.
const terms = `# Terms of service of Postrider

1. Definitions. "Provider" means Postrider Mail Ltd. "Customer" means the firm that orders the service.

2. Security incidents. Provider shall notify Customer of any security breach that concerns Customer Data without undue delay and within 48 hours after it becomes aware of it.

3. End of contract. Within thirty (30) days after termination Provider shall delete all Customer Data, and shall return it beforehand on Customer's request.

4. Audits. Customer may audit Provider once a year with fourteen days' notice; Provider shall make available all information that is needed to show compliance.

5. Sub-processors. Provider shall not engage a sub-processor without the prior written authorisation of Customer and shall inform Customer of changes thirty days in advance.
`

func read(t *testing.T, name, data string) *text.Document {
	t.Helper()
	r := text.NewReader(text.Options{})
	defer r.Close()
	d, err := r.Read(t.Context(), name, []byte(data))
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func judge(t *testing.T, docs ...*text.Document) *agreement.Review {
	t.Helper()
	l, err := agreement.Shipped()
	if err != nil {
		t.Fatal(err)
	}
	packs, err := l.Select([]string{"gdpr28"})
	if err != nil {
		t.Fatal(err)
	}
	return agreement.Judge(docs, packs)
}

func TestJudge(t *testing.T) {
	doc := read(t, "terms.md", terms)
	states := map[string]agreement.Finding{}
	for _, f := range judge(t, doc).Findings {
		states[f.Requirement] = f
		for _, q := range []*agreement.Quote{f.Quote, f.Against, f.Nearest} {
			if q != nil && (doc.Quote(q.From, q.To) != q.Text || !strings.Contains(terms, strings.Fields(q.Text)[0])) {
				t.Errorf("%s quotes what does not stand there: %q", f.Requirement, q.Text)
			}
		}
	}
	for id, want := range map[string]agreement.State{"incident-notice": agreement.Met, "deletion": agreement.Met, "audit": agreement.Met, "subprocessor": agreement.Met, "impact-assessment": agreement.Missing} {
		if got := states[id]; got.State != want {
			t.Errorf("%s is %s, want %s: %v", id, got.State, want, got.Why)
		}
	}
	if n := states["incident-notice"].Numbers; len(n) == 0 || n[0].Value != 48 {
		t.Errorf("the notice: %+v", n)
	}
}

// TestJudge_NothingToRead: what holds no agreement is said to, and nothing in it
// is called missing.
func TestJudge_NothingToRead(t *testing.T) {
	for _, f := range judge(t, read(t, "order.txt", "Invoice no. 4711\nTotal due: EUR 120.00\nPayable within 14 days\nVAT ID DE000\n")).Findings {
		if f.State == agreement.Met {
			t.Errorf("an invoice meets %s: %q", f.Requirement, f.Quote.Text)
		}
	}
}
