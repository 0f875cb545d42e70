// SPDX-License-Identifier: Apache-2.0

package sla_test

import (
	"testing"
	"time"

	"demarc.dev/demarc/sla"
)

func d(s string) sla.Decimal {
	v, err := sla.ParseDecimal(s)
	if err != nil {
		panic(err)
	}
	return v
}

func metric(t interface {
	Helper()
	Fatal(...any)
}, yaml string) sla.Metric {
	t.Helper()
	m, err := sla.ParseMetric("metric.yaml", []byte(yaml))
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// published are tables of credits as providers published them: figures only,
// each with its source, and values on both sides of each bound.
var published = []struct {
	name, source, metric string
	values               [][2]string // percent measured, percent credited
}{
	{"Amazon S3, standard", "aws.amazon.com/s3/sla, 28 November 2023",
		"name: S3\ntarget: 99.9\nmethod: mean\ntiers:\n  - Less than 99.9% but greater than or equal to 99.0% 10%\n  - Less than 99.0% but greater than or equal to 95.0% 25%\n  - Less than 95.0% 100%\nclaim: {within: 2, unit: window}\n",
		[][2]string{{"100", "0"}, {"99.9", "0"}, {"99.899999999", "10"}, {"99", "10"}, {"98.999999999", "25"}, {"95", "25"}, {"94.999999999", "100"}, {"0", "100"}}},
	{"Amazon S3, infrequent access", "aws.amazon.com/s3/sla, 28 November 2023",
		"name: S3 IA\ntarget: 99\ntiers:\n  - Less than 99.0% but greater than or equal to 98.0% 10%\n  - Less than 98.0% but greater than or equal to 95.0% 25%\n  - Less than 95.0% 100%\n",
		[][2]string{{"99", "0"}, {"98.99", "10"}, {"98", "10"}, {"97.999999", "25"}, {"95", "25"}, {"94.9", "100"}}},
	{"AWS Compute Optimizer", "aws.amazon.com/compute-optimizer/sla, 4 May 2022",
		"name: Compute Optimizer\ntarget: 99.9\nabove: 1\ntiers:\n  - Less than 99.9% but greater than or equal to 99.0% | 10%\n  - Less than 99.0% but greater than or equal to 95.0% | 25%\n  - Less than 95.0% | 100%\n",
		[][2]string{{"99.9", "0"}, {"99.5", "10"}, {"98", "25"}, {"95", "25"}, {"90", "100"}}},
	{"Google Cloud Bigtable, replicated", "cloud.google.com/bigtable/sla",
		"name: Bigtable\ntarget: 99.999\ntiers:\n  - 99.0% – < 99.999% | 10%\n  - 95.0% – < 99.0% | 25%\n  - < 95.0% | 50%\nclaim: {within: 30}\n",
		[][2]string{{"99.999", "0"}, {"99.998999", "10"}, {"99", "10"}, {"98.999999", "25"}, {"95", "25"}, {"94.999999", "50"}}},
	{"GitHub Enterprise Cloud", "docs.github.com, Enterprise Service Level Agreement, until 2021",
		"name: GitHub\ntarget: 99.9\nwindow: quarter\ntiers:\n  - less than or equal to 99.9%, but greater than 99.0% 10%\n  - less than 99.0% 25%\nclaim: {within: 30}\n",
		[][2]string{{"99.900000001", "0"}, {"99.9", "10"}, {"99.000000001", "10"}, {"99", "0"}, {"98.999999999", "25"}}}, // at 99.0 the table says nothing
	{"Azure API for FHIR", "azure.microsoft.com, SLA for Azure Health Data Services, February 2022",
		"name: FHIR\ntarget: 99.9\ntiers:\n  - \"< 99.9% 10%\"\n  - \"< 99% 25%\"\nclaim: {within: 2, unit: month}\n",
		[][2]string{{"99.9", "0"}, {"99.5", "10"}, {"99", "10"}, {"98.5", "25"}}},
	{"Azure Functions", "table quoted in Serverless Computing in Azure with .NET",
		"name: Functions\ntarget: 99.95\ntiers:\n  - \"< 99.95% 10%\"\n  - \"< 99% 25%\"\n",
		[][2]string{{"99.95", "0"}, {"99.949999999", "10"}, {"99", "10"}, {"98.99", "25"}}},
	{"Twilio Services APIs: flat", "twilio.com/en-us/legal/service-level-agreement, 14 February 2023",
		"name: Twilio\ntarget: 99.95\ntiers: [\"below 99.95: 10 %\"]\nclaim: {within: 30}\n",
		[][2]string{{"99.95", "0"}, {"99.949999999", "10"}, {"3", "10"}}},
	{"Leonardo cloud services: a year", "github.com/sibellavia/multilanguage_Leonardo_Services, docs/en/SLA.md",
		"name: Leonardo\ntarget: 99.9\nwindow: year\ntiers:\n  - \"< 99.90% | 5%\"\n  - \"< 99% | 10%\"\n  - \"< 90% | 15%\"\n",
		[][2]string{{"99.9", "0"}, {"99.89", "5"}, {"99", "5"}, {"98.9", "10"}, {"90", "10"}, {"89.9", "15"}}},
	{"Demyst", "docs.demyst.com/docs/service-level-credits",
		"name: Demyst\ntarget: 99.9\ntiers:\n  - \"< 99.9 but ≥ 99.0 2 %\"\n  - \"< 99.0 but ≥ 95.0 3 %\"\n  - \"< 95.0 5 %\"\n",
		[][2]string{{"99.9", "0"}, {"99.0", "2"}, {"98.9", "3"}, {"95.0", "3"}, {"94", "5"}}},
	{"Zentix", "zentixmain.pages.dev/docs/sla",
		"name: Zentix\ntarget: 99.5\ntiers:\n  - 99.0% - 99.5% 10%\n  - 98.0% - 99.0% 25%\n  - 95.0% - 98.0% 50%\n  - <95.0% 100%\nclaim: {within: 30, after: incident}\n",
		[][2]string{{"99.5", "0"}, {"99.49", "10"}, {"99", "10"}, {"98.99", "25"}, {"98", "25"}, {"95", "50"}, {"94.99", "100"}}},
}

func TestPublishedTables(t *testing.T) {
	now := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
	for _, p := range published {
		t.Run(p.name, func(t *testing.T) {
			m := metric(t, p.metric)
			window := m.Window.Name(time.Date(2025, 12, 1, 0, 0, 0, 0, time.UTC))
			for _, v := range p.values {
				r := sla.Judge(m, sla.Series{Kind: sla.Stateds, Stated: []sla.Stated{{Window: window, Value: d(v[0])}}}, d("1000"), now)
				if len(r) != 1 || r[0].Credit != d(v[1]) || *r[0].Amount != 10*d(v[1]) {
					t.Errorf("%s (%s): %s %% gives %s %%, not %s %%", p.name, p.source, v[0], r[0].Credit, v[1])
				}
			}
			again := metric(t, string(m.Encode()))
			if string(again.Encode()) != string(m.Encode()) {
				t.Errorf("written and read it is another:\n%s\n%s", m.Encode(), again.Encode())
			}
		})
	}
}

// TestPublishedExample: 60 of 43,200 minutes, as Atlassian reckons it in its SLA
// (atlassian.com/legal/sla/service-credits, 7 October 2024): 0.138889 % down.
func TestPublishedExample(t *testing.T) {
	m := metric(t, "name: Jira Premium\ntarget: 99.9\ntiers: [\"below 99.9, at least 99: 10 %\"]\nclaim: {within: 15}\n")
	s, err := sla.ReadCSV("i.csv", []byte("start,end,what\n2026-09-10T10:00:00Z,2026-09-10T11:00:00Z,outage\n"), m)
	if err != nil {
		t.Fatal(err)
	}
	r := sla.Judge(m, s, 0, time.Date(2026, 10, 2, 0, 0, 0, 0, time.UTC))
	if last := r[1]; last.Window != "2026-09" || last.Low != d("99.861111") || last.Of != 43200*60 || last.State != sla.Missed || last.Credit != d("10") || last.ClaimBy != "2026-10-15" || last.Late {
		t.Errorf("%+v", last)
	}
	if now := r[0]; now.Window != "2026-10" || now.State != sla.Running || now.Left != 2678 {
		t.Errorf("%+v", now)
	}
}

// TestPublishedByTime: credits by the time that was down.
func TestPublishedByTime(t *testing.T) {
	for _, c := range []struct {
		source, metric string
		down           time.Duration
		credit         string
	}{
		// 10 % for each hour, at most all (bistrosquare.com, Service Level Agreement).
		{"an hour", "per: {credit: 10 %, each: 1h}\ntarget: 99.99", time.Hour, "10"},
		{"less than an hour", "per: {credit: 10 %, each: 1h}\ntarget: 99.99", 59 * time.Minute, "0"},
		{"a day", "per: {credit: 10 %, each: 1h}\ntarget: 99.99", 24 * time.Hour, "100"},
		// 1 % for every hour, at most all (ipserver.su, SLA).
		{"two hours", "per: {credit: 1 %, each: 1h}\ntarget: 99.99", 2 * time.Hour, "2"},
		// A day of service for each hour (2008hosting.net, Network Uptime SLA): a thirtieth.
		{"days", "per: {credit: 1 days, each: 1h}\ntarget: 99.95", 3 * time.Hour, "10"},
		// A day for every 15 minutes beyond 0.1 % (virteche.com, SLA): 43 min 12 s are allowed.
		{"beyond", "per: {credit: 1 days, each: 15m, beyond: true}\ntarget: 99.9", 74 * time.Minute, "6.666666"},
		{"not beyond", "per: {credit: 1 days, each: 15m, beyond: true}\ntarget: 99.9", 58 * time.Minute, "0"},
		{"begun", "per: {credit: 1 days, each: 15m, beyond: true, begun: true}\ntarget: 99.9", 58 * time.Minute, "3.333333"},
	} {
		m := metric(t, "name: x\n"+c.metric+"\n")
		at := time.Date(2026, 9, 10, 10, 0, 0, 0, time.UTC)
		s := sla.Series{Kind: sla.Incidents, Downs: []sla.Incident{{Span: sla.Span{From: at, To: at.Add(c.down)}}}}
		if r := sla.Judge(m, s, 0, time.Date(2026, 10, 1, 0, 0, 0, 0, time.UTC)); r[len(r)-1].Credit != d(c.credit) {
			t.Errorf("%s: %s, not %s", c.source, r[len(r)-1].Credit, c.credit)
		}
	}
}
