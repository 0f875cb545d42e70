// SPDX-License-Identifier: Apache-2.0

package agreement_test

import (
	"strings"
	"testing"

	"demarc.dev/demarc/agreement"
	"demarc.dev/demarc/agreement/text"
	"demarc.dev/demarc/sla"
)

const tableSLA = `# Service levels of Postrider

## 1. Availability of the mail API

1.1 Provider will make the mail API available for at least 99.95% of each calendar month.

1.2 If the availability falls short, Customer receives a service credit:

| Monthly uptime | Credit of the monthly fee |
| --- | --- |
| Less than 99.95% but at least 99.0% | 10% |
| Less than 99.0% but at least 95.0% | 25% |
| Less than 95.0% | 50% |

1.3 To receive a credit, Customer must submit a claim within thirty (30) days of the end of the calendar month in which the availability was missed.

1.4 Downtime does not include scheduled maintenance that was announced five days ahead, force majeure, or failures of Internet connectivity.

1.5 Service credits shall not exceed 100% of the monthly fee. They are the sole and exclusive remedy of Customer.
`

func levels(t *testing.T, markdown string) []agreement.Level {
	t.Helper()
	r := text.NewReader(text.Options{})
	t.Cleanup(func() { r.Close() })
	d, err := r.Read(t.Context(), "sla.md", []byte(markdown))
	if err != nil {
		t.Fatal(err)
	}
	out := agreement.Levels([]*text.Document{d})
	for _, l := range out {
		if err := l.Metric.Check(); err != nil {
			t.Errorf("%s cannot be reckoned with: %v", l.Metric.Name, err)
		}
		for _, q := range l.Quotes {
			if d.Text[q.Quote.From:q.Quote.To] != q.Quote.Text || q.Quote.Text == "" {
				t.Errorf("%s: the quote %q does not stand there", q.Of, q.Quote.Text)
			}
		}
	}
	return out
}

func rows(m sla.Metric) string {
	var out []string
	for _, t := range m.Tiers {
		out = append(out, t.String())
	}
	return strings.Join(out, "; ")
}

func TestLevels_ATable(t *testing.T) {
	all := levels(t, tableSLA)
	if len(all) != 1 {
		t.Fatalf("%d levels: %+v", len(all), all)
	}
	m := all[0].Metric
	if m.Target.String() != "99.95" || m.Window != sla.Month || rows(m) != "below 99.95, at least 99: 10 %; below 99, at least 95: 25 %; below 95: 50 %" {
		t.Errorf("%s over a %s: %s", m.Target, m.Window, rows(m))
	}
	if m.Claim != (sla.Claim{Within: 30, Unit: sla.Day, After: sla.AfterWindow}) || !m.Sole || m.Cap != sla.Hundred {
		t.Errorf("claim %+v, sole %t, cap %s", m.Claim, m.Sole, m.Cap)
	}
	if got := strings.Join(m.Exclusions, "; "); got != "scheduled maintenance; force majeure; networks outside the provider's control" {
		t.Errorf("exclusions: %s", got)
	}
	of := map[string]int{}
	for _, q := range all[0].Quotes {
		of[q.Of]++
	}
	if of["target"] != 1 || of["credit"] != 3 || of["claim"] != 1 || of["exclusion"] != 1 || of["cap"] != 1 || of["remedy"] != 1 {
		t.Errorf("quotes: %v", of)
	}
}

func TestLevels_Sentences(t *testing.T) {
	for name, c := range map[string]struct{ text, target, tiers, claim string }{
		"credit first": {"Provider guarantees an availability of 99.5% per quarter.\n\n- 5% of the quarterly fee if the availability is below 99.5% but at least 99.0%\n- 15% of the quarterly fee if the availability is below 99.0%\n\nCustomer shall request a credit within 15 days after the incident.\n",
			"99.5 quarter", "below 99.5, at least 99: 5 %; below 99: 15 %", "15 day incident"},
		"flat": {"The Service will be available at least 99.9% of the time in each month. If we miss it, you may ask for a credit of 10% of the fees of that month. You must claim the credit by the end of the second billing cycle after it.\n",
			"99.9 month", "below 99.9: 10 %", "2 window window"},
		"several":      {"| Service | Monthly availability |\n| --- | --- |\n| Storage | 99.9% |\n| Queue | 99.99% |\n", "99.9 month", "", "0  "},
		"none":         {"Provider delivers the service with care. The fee rises by 3% a year. Customer pays 99% of it in advance.\n", "", "", ""},
		"only credits": {"| Uptime | Credit |\n| --- | --- |\n| < 99.9% | 10% |\n| < 99.0% | 25% |\n", "99.9 month", "below 99.9: 10 %; below 99: 25 %", "0  "},
	} {
		all := levels(t, "# Service level agreement\n\n"+c.text)
		if c.target == "" {
			if len(all) > 0 {
				t.Errorf("%s: %+v", name, all)
			}
			continue
		}
		if len(all) == 0 {
			t.Errorf("%s: none is found", name)
			continue
		}
		m := all[0].Metric
		if m.Target.String()+" "+string(m.Window) != c.target || rows(m) != c.tiers {
			t.Errorf("%s: %s %s, %s", name, m.Target, m.Window, rows(m))
		}
		if got := strings.Join([]string{sla.Decimal(m.Claim.Within * 1e9).String(), string(m.Claim.Unit), string(m.Claim.After)}, " "); got != c.claim {
			t.Errorf("%s: claim %q", name, got)
		}
		if name == "several" && (len(all) != 2 || all[1].Metric.Name != "Queue" || all[0].Metric.Name != "Storage") {
			t.Errorf("%s: %+v", name, all)
		}
	}
}
