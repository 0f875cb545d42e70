// SPDX-License-Identifier: Apache-2.0

package sla_test

import (
	"fmt"
	"math/big"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"demarc.dev/demarc/sla"
)

const house = "name: x\ntarget: 99.9\nzone: Europe/Berlin\ntiers: [\"below 99.9: 10 %\", \"below 99: 25 %\"]\n"

func series(t testing.TB, m sla.Metric, csv string) sla.Series {
	t.Helper()
	s, err := sla.ReadCSV("m.csv", []byte(csv), m)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestWindow_HasTheSecondsOfItsZone(t *testing.T) {
	m := metric(t, house)
	for at, hours := range map[string]int64{"2026-03-15": 31*24 - 1, "2026-10-15": 31*24 + 1, "2026-02-15": 28 * 24, "2028-02-15": 29 * 24} {
		day, _ := time.Parse(time.DateOnly, at)
		if w := sla.Month.Around(day, m.Location()); w.Seconds() != hours*3600 {
			t.Errorf("the month of %s has %d s", at, w.Seconds())
		}
	}
	q := sla.Quarter.Around(time.Date(2026, 12, 31, 23, 30, 0, 0, time.UTC), m.Location()) // it is next year in Berlin
	if name := sla.Quarter.Name(q.From); name != "2027 Q1" {
		t.Errorf("the quarter is %s", name)
	}
}

func TestJudge_AnOutageAcrossTwoMonths(t *testing.T) {
	m := metric(t, house)
	s := series(t, m, "start,end,what,kind\n2026-08-31 23:00,2026-09-01 02:00,power,down\n2026-09-01 01:00,2026-09-01 03:00,window,maintenance\n2026-08-31 23:30,2026-08-31 23:45,the same,down\n")
	r := sla.Judge(m, s, d("200"), time.Date(2026, 10, 1, 0, 0, 0, 0, m.Location()))
	if len(r) != 3 || r[2].Down != 3600 || r[1].Down != 3600 || r[1].Excluded != 7200 || r[1].Credit != d("10") || *r[1].Amount != d("20") {
		t.Errorf("%+v", r)
	}
	m.Removed = true
	if r := sla.Judge(m, s, 0, time.Date(2026, 10, 1, 0, 0, 0, 0, m.Location())); r[1].Of != 30*86400-7200 {
		t.Errorf("excluded time stays in the whole: %d", r[1].Of)
	}
}

func TestJudge_WhatNobodyMeasuredIsUnknown(t *testing.T) {
	m := metric(t, "name: x\ntarget: 99.9\n")
	var b strings.Builder
	b.WriteString("time,result\n")
	at := time.Date(2026, 9, 1, 0, 0, 0, 0, time.UTC)
	for i := range 30 * 24 * 12 {
		if now := at.Add(time.Duration(i) * 5 * time.Minute); now.Day() != 7 {
			fmt.Fprintf(&b, "%s,up\n", now.Format(time.RFC3339))
		}
	}
	r := sla.Judge(m, series(t, m, b.String()), 0, time.Date(2026, 10, 5, 0, 0, 0, 0, time.UTC))
	last := r[len(r)-1]
	if last.State != sla.Unknown || last.High != sla.Hundred || last.Low != d("96.666666") || last.Unread != 86400 || last.Credit != 0 {
		t.Errorf("%+v", last)
	}
	// What is down for longer than the target allows is missed, whatever was not measured.
	r = sla.Judge(m, series(t, m, strings.ReplaceAll(b.String(), "09-09T10:00:00Z,up", "09-09T10:00:00Z,up\n2026-09-09T10:01:00Z,down")), 0, at.AddDate(0, 2, 0))
	if last := r[len(r)-1]; last.Down != 240 || last.State != sla.Unknown {
		t.Errorf("%+v", last)
	}
}

func TestJudge_ByRequestAndByMean(t *testing.T) {
	csv := "time,good,bad\n2026-09-01T00:00:00Z,99,1\n2026-09-01T12:00:00Z,900,0\n"
	for i := 1; i < 30; i++ {
		csv += fmt.Sprintf("2026-09-%02dT00:00:00Z,100,0\n2026-09-%02dT12:00:00Z,100,0\n", i+1, i+1)
	}
	for method, want := range map[string]string{"request": "99.985294", "mean": "99.983333"} { // 1 of 6800; 1 % in one of 60
		m := metric(t, "name: x\ntarget: 99.9\nmethod: "+method+"\n")
		r := sla.Judge(m, series(t, m, csv), 0, time.Date(2026, 10, 1, 0, 0, 0, 0, time.UTC))
		if last := r[len(r)-1]; last.Low != d(want) || last.High != last.Low || last.State != sla.Met {
			t.Errorf("%s: %+v", method, last)
		}
	}
	m := metric(t, "name: x\ntarget: 99.9\nthreshold: 5\n")
	if r := sla.Judge(m, series(t, m, csv), 0, time.Date(2026, 10, 1, 0, 0, 0, 0, time.UTC)); r[len(r)-1].Down != 0 {
		t.Error("an interval below the threshold counts as down")
	}
}

func TestClaim(t *testing.T) {
	for _, c := range []struct{ claim, window, by string }{
		{"{within: 30}", "2026-10", "2026-11-30"},
		{"{within: 7}", "2026-02", "2026-03-07"},
		{"{within: 2, unit: month}", "2026-10", "2026-12-31"},
		{"{within: 2, unit: month}", "2026-12", "2027-02-28"},
		{"{within: 2, unit: window}", "2026-10", "2026-12-31"},
		{"{within: 5, unit: businessday}", "2026-10", "2026-11-06"},
		{"{within: 30, after: incident}", "2026-10", "2026-11-02"},
	} {
		m := metric(t, "name: x\ntarget: 99.9\ntiers: [\"below 99.9: 10 %\"]\nclaim: "+c.claim+"\n")
		day, _ := time.Parse("2006-01", c.window)
		at := day.AddDate(0, 0, 2)
		s := sla.Series{Kind: sla.Incidents, Downs: []sla.Incident{{Span: sla.Span{From: at, To: at.Add(5 * time.Hour)}}}}
		by, _ := time.Parse(time.DateOnly, c.by)
		for now, late := range map[time.Time]bool{by.Add(23 * time.Hour): false, by.Add(24 * time.Hour): true} {
			r := sla.Judge(m, s, 0, now)
			if last := r[len(r)-1]; last.ClaimBy != c.by || last.Late != late {
				t.Errorf("%s of %s: by %s (late %t at %s), not %s", c.claim, c.window, last.ClaimBy, last.Late, now, c.by)
			}
		}
	}
}

func TestCompose(t *testing.T) {
	for expression, want := range map[string]string{
		"99.95":                        "99.95",
		"99.95 * 99.9":                 "99.85005",
		"99.9 | 99.9":                  "99.9999",
		"99.99 * (99.5 | 99.5) * 99.9": "99.887512749",
		"dns * (a|b)":                  "99.9",
		"50 | 50 * 50":                 "62.5",
		" 99.9% * 100 % ":              "99.9",
	} {
		c, err := sla.Compose(expression, map[string]sla.Decimal{"dns": d("99.9"), "a": d("100"), "b": d("1")})
		if err != nil || !strings.HasPrefix(c.Availability.String(), want) {
			t.Errorf("%s is %s, %v; not %s", expression, c.Availability, err, want)
		}
	}
	if c, _ := sla.Compose("99.9", nil); c.Down != 2592 {
		t.Errorf("99.9 %% is %d s in 30 days", c.Down)
	}
	for _, bad := range []string{"", "101", "99 *", "(99", "99)", "99 99", "nothing", "99 + 1", strings.Repeat("(", 40) + "1", "1" + strings.Repeat("*1", 200), "0x1p3", "-3"} {
		if _, err := sla.Compose(bad, nil); err == nil {
			t.Errorf("%.30q is taken", bad)
		}
	}
}

func TestParseTier_Refuses(t *testing.T) {
	for _, bad := range []string{"", "10 %", "99.9", "below 99.9", "99.9: 10, 20, 30", "below 99, at least 99.5: 10", "below 120: 10", "above 99: 10", "below 99, below 98: 3", "below 99: 0 %", "below 99: 130 %", "at least 99, at least 98: 2"} {
		if tier, err := sla.ParseTier(bad); err == nil {
			t.Errorf("%q is read as %s", bad, tier)
		}
	}
}

func TestParseMetric_TellsAllFaults(t *testing.T) {
	_, err := sla.ParseMetric("m.yaml", []byte("name: x\ntarget: 101\nwindow: week\nzone: Mars\nmethod: luck\ntiers: [below, \"below 99: 10 %\"]\nclaim: {within: 3, unit: moon}\nleast: never\ncolour: red\n"))
	for _, want := range []string{"m.yaml:2: target", "m.yaml:3: window", "m.yaml:4: zone", "m.yaml:5: method", "m.yaml:6: tiers[0]", "m.yaml:7: claim", "m.yaml:8: least", "m.yaml:9: colour"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("does not tell %s:\n%v", want, err)
		}
	}
}

func TestReadCSV_TellsAllFaults(t *testing.T) {
	m := metric(t, house)
	for csv, wants := range map[string][]string{
		"time,result\n2026-10-01T00:00:00Z,maybe\nyesterday,up\n":           {":2: result", ":3: time"},
		"start;end;what\n2026-10-02 00:00;2026-10-01 00:00;x\nx;y;z\n":      {":2: end", ":3: start", ":3: end"},
		"start,end,kind\n2026-10-02 00:00,,excluded\n2026-10-02 00:00,,odd": {":2: end", ":3: kind"},
		"window,percent\n2026-13,99\n2026-10,x\n2026-10,101\n":              {":2: window", ":3: percent", ":4: percent"},
		"a,b\n1,2\n": {":1:"}, "": {"no measurement"}, "time,good,bad\n2026-10-01T00:00:00Z,-1,x\n": {":2: good", ":2: bad"}, "time,result\n\"": {"no CSV"},
	} {
		_, err := sla.ReadCSV("m.csv", []byte(csv), m)
		for _, want := range wants {
			if err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("%q: does not tell %s: %v", csv, want, err)
			}
		}
	}
}

// TestJudge_Properties: down and up are all of a window; the range holds what
// the unknown makes of it; no more is credited than the cap; more downtime is
// never credited less.
func TestJudge_Properties(t *testing.T) {
	begin := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	rapid.Check(t, func(t *rapid.T) {
		m := metric(t, house)
		m.Zone = rapid.SampledFrom([]string{"UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe"}).Draw(t, "zone")
		span := func(name string) sla.Span {
			from := begin.Add(time.Duration(rapid.IntRange(0, 120*24*60).Draw(t, name)) * time.Minute)
			return sla.Span{From: from, To: from.Add(time.Duration(rapid.IntRange(1, 4000).Draw(t, name+" long")) * time.Minute)}
		}
		s := sla.Series{Kind: sla.Incidents, Since: begin}
		for range rapid.IntRange(1, 8).Draw(t, "outages") {
			s.Downs = append(s.Downs, sla.Incident{Span: span("down")})
		}
		for range rapid.IntRange(0, 4).Draw(t, "excluded") {
			s.Excluded = append(s.Excluded, span("excluded"))
		}
		now := begin.AddDate(0, 5, 0)
		minutes := map[string]int64{} // the same, minute by minute
		in := func(at time.Time, spans []sla.Span) bool {
			for _, x := range spans {
				if !at.Before(x.From) && at.Before(x.To) {
					return true
				}
			}
			return false
		}
		var downs []sla.Span
		for _, x := range s.Downs {
			downs = append(downs, x.Span)
		}
		for at := begin; at.Before(now); at = at.Add(time.Minute) {
			if in(at, downs) && !in(at, s.Excluded) {
				minutes[at.In(m.Location()).Format("2006-01")] += 60
			}
		}
		results := sla.Judge(m, s, 0, now)
		for _, r := range results {
			if r.Down != minutes[r.Window] || r.Down > r.Of {
				t.Fatalf("%s: %d s down, minute by minute %d", r.Window, r.Down, minutes[r.Window])
			}
			if r.Low > r.High || r.Credit > sla.Hundred || (r.State == sla.Met) != (r.Credit == 0) && r.State != sla.Running {
				t.Fatalf("%+v", r)
			}
			exact := new(big.Rat).Sub(big.NewRat(100, 1), new(big.Rat).Mul(big.NewRat(r.Down, r.Of), big.NewRat(100, 1)))
			if r.High.Rat().Cmp(exact) > 0 || new(big.Rat).Sub(exact, r.High.Rat()).Cmp(big.NewRat(1, 1_000_000)) >= 0 {
				t.Fatalf("%s is %s, exactly %s", r.Window, r.High, exact.FloatString(9))
			}
		}
		s.Downs = append(s.Downs, sla.Incident{Span: span("more")})
		for i, r := range sla.Judge(m, s, 0, now) {
			if r.Credit < results[i].Credit {
				t.Fatalf("with more downtime %s is credited %s and not %s", r.Window, r.Credit, results[i].Credit)
			}
		}
	})
}

func TestDecimal_Properties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		v := sla.Decimal(rapid.Int64Range(0, 999_999_999_999_999_999).Draw(t, "v"))
		if back, err := sla.ParseDecimal(v.String()); err != nil || back != v {
			t.Fatalf("%d is written %s and read %d, %v", v, v, back, err)
		}
	})
	for _, bad := range []string{"", ".", "1.", ".5", "-1", "1e3", "1,5", "1234567890", "0.1234567891", " 1", "٣"} {
		if v, err := sla.ParseDecimal(bad); err == nil {
			t.Errorf("%q is read as %s", bad, v)
		}
	}
}

func FuzzReadCSV(f *testing.F) {
	for _, seed := range []string{"time,result\n2026-10-01T00:00:00Z,up\n2026-10-01T00:05:00Z,down\n", "start;end;kind\n2026-10-01 00:00;2026-10-01 01:00;maintenance\n", "window,percent\n2026-10,99.9\n", "time,good,bad\n2026-10-01T00:00:00Z,3,1\n"} {
		f.Add(seed)
	}
	m, err := sla.ParseMetric("m.yaml", []byte(house))
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, csv string) {
		s, err := sla.ReadCSV("m.csv", []byte(csv), m)
		if err != nil {
			return
		}
		for _, r := range sla.Judge(m, s, d("10"), time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)) {
			if r.Low > r.High || r.Credit > sla.Hundred || r.Credit < 0 || r.Down < 0 {
				t.Fatalf("%+v", r)
			}
		}
	})
}

func FuzzParseTier(f *testing.F) {
	for _, p := range published {
		f.Add(p.metric)
	}
	f.Fuzz(func(t *testing.T, row string) {
		tier, err := sla.ParseTier(row)
		if err != nil {
			return
		}
		if again, err := sla.ParseTier(tier.String()); err != nil || again != tier {
			t.Fatalf("%q is %s, read again %s, %v", row, tier, again, err)
		}
	})
}
