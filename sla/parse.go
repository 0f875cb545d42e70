// SPDX-License-Identifier: Apache-2.0

package sla

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
	_ "time/tzdata" // metrics name zones, and a container may have none
	"unicode/utf8"

	"demarc.dev/demarc/internal/strict"
	"demarc.dev/demarc/problem"
)

// file is a metric as people write it.
type file struct {
	Name       string   `yaml:"name"`
	Target     string   `yaml:"target"`
	Window     Window   `yaml:"window"`
	Zone       string   `yaml:"zone"`
	Method     Method   `yaml:"method"`
	Threshold  string   `yaml:"threshold"`
	Least      string   `yaml:"least"`
	Removed    bool     `yaml:"removed"`
	Exclusions []string `yaml:"exclusions"`
	Tiers      []string `yaml:"tiers"`
	Per        *struct {
		Credit string `yaml:"credit"`
		Each   string `yaml:"each"`
		Begun  bool   `yaml:"begun"`
		Beyond bool   `yaml:"beyond"`
	} `yaml:"per"`
	Cap   string `yaml:"cap"`
	Above string `yaml:"above"`
	Claim *struct {
		Within int   `yaml:"within"`
		Unit   Unit  `yaml:"unit"`
		After  After `yaml:"after"`
	} `yaml:"claim"`
	Sole bool `yaml:"sole"`
}

// ParseMetric reads a metric; the error tells all its faults with their lines.
func ParseMetric(name string, data []byte) (Metric, error) {
	var f file
	doc := strict.Read(name, data, &f)
	number := func(field, word string) Decimal {
		word = strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(word), "%"))
		if word == "" {
			return 0
		}
		d, err := ParseDecimal(word)
		if err != nil {
			doc.Fault(field, "%s", err)
		}
		return d
	}
	long := func(field, word string) int {
		if word == "" {
			return 0
		}
		d, err := time.ParseDuration(strings.ReplaceAll(word, " ", ""))
		if err != nil || d < time.Second || d > 366*24*time.Hour {
			doc.Fault(field, "%q is no duration such as 5m or 1h", short(word))
			return 0
		}
		return int(d / time.Second)
	}
	m := Metric{Name: f.Name, Target: number("target", f.Target), Window: f.Window, Zone: f.Zone, Method: f.Method, Threshold: number("threshold", f.Threshold), Least: long("least", f.Least),
		Removed: f.Removed, Exclusions: f.Exclusions, Cap: number("cap", f.Cap), Above: number("above", f.Above), Sole: f.Sole}
	for i, row := range f.Tiers {
		t, err := ParseTier(row)
		if err != nil {
			doc.Fault(fmt.Sprintf("tiers[%d]", i), "%s", err)
			continue
		}
		m.Tiers = append(m.Tiers, t)
	}
	if f.Per != nil {
		credit, days := strings.CutSuffix(strings.TrimSpace(f.Per.Credit), "days")
		m.Per = &Per{Credit: number("per.credit", credit), Days: days, Each: long("per.each", f.Per.Each), Begun: f.Per.Begun, Beyond: f.Per.Beyond}
	}
	if f.Claim != nil {
		m.Claim = Claim{f.Claim.Within, f.Claim.Unit, f.Claim.After}
	}
	m.Usual()
	m.check(func(field, says string) { doc.Fault(field, "%s", says) })
	return m, doc.Err()
}

// Usual fills in what is usual where nothing was said: a month, in UTC, by time.
func (m *Metric) Usual() {
	if m.Window == "" {
		m.Window = Month
	}
	if m.Zone == "" {
		m.Zone = "UTC"
	}
	if m.Method == "" {
		m.Method = ByTime
	}
	if m.Claim.Within > 0 && m.Claim.Unit == "" {
		m.Claim.Unit = Day
	}
	if m.Claim.Within > 0 && m.Claim.After == "" {
		m.Claim.After = AfterWindow
	}
	m.Tiers = sorted(m.Tiers)
}

// Check tells all that is wrong with a metric.
func (m Metric) Check() error {
	var faults []string
	m.check(func(field, says string) { faults = append(faults, field+": "+says) })
	return problem.Faulty("the service level cannot be reckoned with", faults)
}

// mostWords bounds a text of a metric, in letters.
const mostWords = 400

func (m Metric) check(fault func(field, says string)) {
	words := func(field, s string, most int) {
		if utf8.RuneCountInString(s) > most {
			fault(field, fmt.Sprintf("it is longer than %d letters", most))
		}
	}
	if strings.TrimSpace(m.Name) == "" {
		fault("name", "the metric has no name")
	}
	words("name", m.Name, 120)
	if m.Target <= 0 || m.Target > Hundred {
		fault("target", "the target is a percentage above 0, such as 99.9")
	}
	if !slices.Contains(Windows(), m.Window) {
		fault("window", fmt.Sprintf("%q is none of %s", m.Window, strict.OneOf(Windows())))
	}
	if _, err := time.LoadLocation(m.Zone); err != nil || m.Zone == "Local" || m.Zone == "" {
		fault("zone", fmt.Sprintf("%q is no time zone such as Europe/Berlin", short(m.Zone)))
	}
	if !slices.Contains(Methods(), m.Method) {
		fault("method", fmt.Sprintf("%q is none of %s", m.Method, strict.OneOf(Methods())))
	}
	for field, d := range map[string]Decimal{"threshold": m.Threshold, "cap": m.Cap} {
		if d < 0 || d > Hundred {
			fault(field, "it is no percentage")
		}
	}
	if m.Least < 0 || m.Least > 366*86400 || m.Above < 0 {
		fault("least", "it is not a time of at most a year")
	}
	if len(m.Tiers) > 30 || len(m.Exclusions) > 30 {
		fault("tiers", "a metric has at most 30 rows of credits and 30 exclusions")
	}
	for i, e := range m.Exclusions {
		words("exclusions["+strconv.Itoa(i)+"]", e, mostWords)
	}
	m.checkTiers(fault)
	if p := m.Per; p != nil && (p.Credit <= 0 || p.Each <= 0 || p.Each > 366*86400 || !p.Days && p.Credit > Hundred) {
		fault("per", "it needs a credit of at most 100 %, and for each of which time")
	}
	if c := m.Claim; c.Within < 0 || c.Within > 1000 || c.Within > 0 && (!slices.Contains(Units(), c.Unit) || c.After != AfterWindow && c.After != AfterIncident) {
		fault("claim", fmt.Sprintf("it is a number of %s, after window or incident", strict.OneOf(Units())))
	}
}

func (m Metric) checkTiers(fault func(field, says string)) {
	seen := map[Decimal]bool{}
	for i, t := range m.Tiers {
		at := "tiers[" + strconv.Itoa(i) + "]"
		if why := t.fault(); why != "" {
			fault(at, why)
			continue
		}
		if seen[t.top()] {
			fault(at, "two rows have the same upper bound")
		}
		seen[t.top()] = true
		if t.top() > m.Target {
			fault(at, fmt.Sprintf("it credits %s %%, which is above the target of %s %%", t.top(), m.Target))
		}
	}
}

// Encode writes a metric as ParseMetric reads it.
func (m Metric) Encode() []byte {
	var b strings.Builder
	line := func(key, value string) {
		if value != "" && value != "0" && value != "false" {
			fmt.Fprintf(&b, "%s: %s\n", key, value)
		}
	}
	line("name", strconv.Quote(m.Name))
	line("target", m.Target.String())
	line("window", string(m.Window))
	line("zone", m.Zone)
	line("method", string(m.Method))
	line("threshold", m.Threshold.String())
	if m.Least > 0 {
		line("least", fmt.Sprintf("%ds", m.Least))
	}
	line("removed", strconv.FormatBool(m.Removed))
	list := func(key string, rows []string) {
		if len(rows) > 0 {
			fmt.Fprintf(&b, "%s:\n", key)
		}
		for _, r := range rows {
			fmt.Fprintf(&b, "  - %s\n", strconv.Quote(r))
		}
	}
	list("exclusions", m.Exclusions)
	rows := make([]string, len(m.Tiers))
	for i, t := range m.Tiers {
		rows[i] = t.String()
	}
	list("tiers", rows)
	if p := m.Per; p != nil {
		unit := " %"
		if p.Days {
			unit = " days"
		}
		fmt.Fprintf(&b, "per: {credit: %q, each: %ds, begun: %t, beyond: %t}\n", p.Credit.String()+unit, p.Each, p.Begun, p.Beyond)
	}
	line("cap", m.Cap.String())
	line("above", m.Above.String())
	if c := m.Claim; c.Within > 0 {
		fmt.Fprintf(&b, "claim: {within: %d, unit: %s, after: %s}\n", c.Within, c.Unit, c.After)
	}
	line("sole", strconv.FormatBool(m.Sole))
	return []byte(b.String())
}
