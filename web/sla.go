// SPDX-License-Identifier: Apache-2.0

package web

import (
	"cmp"
	"net/url"
	"strconv"
	"strings"
	"time"

	"demarc.dev/demarc/account"
	"demarc.dev/demarc/agreement"
	"demarc.dev/demarc/app"
	"demarc.dev/demarc/problem"
	"demarc.dev/demarc/scope"
	"demarc.dev/demarc/sla"
)

// slaView is what the page of all service levels shows.
type slaView struct {
	Rows     []app.LevelReading
	Scope    *scope.Scope
	Found    []app.Agreement // in which levels may be looked for
	Edit     bool
	Of       string // what is composed
	Composed *sla.Composed
	Fault    string // of what is composed
	Form     levelForm
}

func (s *Server) levels(v *visit) error {
	view, err := s.slaView(v)
	if err != nil {
		return err
	}
	if view.Of = strings.TrimSpace(v.get("of")); view.Of != "" {
		c, err := s.o.App.Compose(v, v.Caller, view.Of)
		if fault, ok := mendable(err); ok {
			view.Fault = fault
		} else if err != nil {
			return err
		} else {
			view.Composed = &c
		}
	}
	return s.show(v, slaPage(view), levelsPage(view))
}

func (s *Server) slaView(v *visit) (slaView, error) {
	all, err := s.o.App.Levels(v, v.Caller)
	if err != nil {
		return slaView{}, err
	}
	view := slaView{Rows: all, Edit: v.may(account.EditAgreement, s.o.Now()), Form: formOf(app.ServiceLevel{Metric: sla.Metric{Window: sla.Month, Zone: "UTC", Method: sla.ByTime}})}
	if view.Scope, err = s.scopeOrNone(v); err != nil {
		return view, err
	}
	view.Found, err = s.o.App.Agreements(v, v.Caller)
	return view, err
}

func slaPage(view slaView) page {
	claims, late := 0, 0
	for _, l := range view.Rows {
		claims += len(l.Claims())
		if l.Late {
			late++
		}
	}
	next := "Look at the newest window of each, and keep the minutes of the next review."
	switch {
	case len(view.Rows) == 0 && len(view.Found) > 0:
		next = "Open an agreement below and take over the levels that it names."
	case len(view.Rows) == 0:
		next = "Hand in the service level agreement of a supplier, or write a level down."
	case claims > 0:
		next = capital(plural(claims, "credit waits", "credits wait")) + " to be claimed: open the level, and ask before the day that stands there."
	case late > 0:
		next = capital(plural(late, "review is", "reviews are")) + " late: hold it, and keep its minutes."
	}
	return page{Title: "Service levels", Section: "/sla",
		What: "What suppliers promise of the availability of their services, what was measured, which credit is due and until when to claim it.",
		Why:  "A promise that nobody measures is kept by nobody: the standard asks to monitor and review what suppliers deliver.",
		Next: next}
}

// levelForm is a service level as a form shows it: every field as text.
type levelForm struct {
	ID, Name, Target, Threshold, Least, Tiers, PerCredit, PerEach, Cap, Above, Within, Fee, Currency, Since, Every, Exclusions string
	Window, Zone, Method, Unit, After, Service, Agreement, PerUnit                                                             string
	Removed, Sole, Begun, Beyond                                                                                               bool
	Fault                                                                                                                      string
}

func formOf(l app.ServiceLevel) levelForm {
	m := l.Metric
	f := levelForm{ID: l.ID, Name: m.Name, Target: text0(m.Target), Threshold: text0(m.Threshold), Cap: text0(m.Cap), Above: text0(m.Above), Fee: text0(l.Fee), Currency: l.Currency, Window: string(m.Window), Zone: m.Zone, Method: string(m.Method),
		Unit: string(m.Claim.Unit), After: string(m.Claim.After), Service: l.Service, Agreement: l.Agreement, Removed: m.Removed, Sole: m.Sole, Exclusions: strings.Join(m.Exclusions, "\n"), PerUnit: "percent"}
	var tiers []string
	for _, t := range m.Tiers {
		tiers = append(tiers, t.String())
	}
	f.Tiers = strings.Join(tiers, "\n")
	count := func(n int) string {
		if n == 0 {
			return ""
		}
		return strconv.Itoa(n)
	}
	f.Within, f.Every, f.Least = count(m.Claim.Within), count(l.Every), count(m.Least/60)
	if p := m.Per; p != nil {
		f.PerCredit, f.PerEach, f.Begun, f.Beyond = p.Credit.String(), strconv.Itoa(p.Each/60), p.Begun, p.Beyond
		if p.Days {
			f.PerUnit = "days"
		}
	}
	if l.Since != nil {
		f.Since = l.Since.Format(time.DateOnly)
	}
	return f
}

// text0 writes a decimal; nothing for none.
func text0(d sla.Decimal) string {
	if d == 0 {
		return ""
	}
	return d.String()
}

// typedLevel reads the form of a service level over the one that stands.
func typedLevel(q url.Values, l app.ServiceLevel) (app.ServiceLevel, levelForm, error) {
	f := levelForm{ID: l.ID, Name: q.Get("name"), Target: q.Get("target"), Threshold: q.Get("threshold"), Least: q.Get("least"), Tiers: plainLines(q.Get("tiers")), PerCredit: q.Get("per.credit"), PerEach: q.Get("per.each"), PerUnit: q.Get("per.unit"), Cap: q.Get("cap"), Above: q.Get("above"),
		Within: q.Get("within"), Fee: q.Get("fee"), Currency: q.Get("currency"), Since: q.Get("since"), Every: q.Get("every"), Exclusions: plainLines(q.Get("exclusions")), Window: q.Get("window"), Zone: q.Get("zone"), Method: q.Get("method"), Unit: q.Get("unit"), After: q.Get("after"),
		Service: q.Get("service"), Agreement: q.Get("agreement"), Removed: q.Get("removed") != "", Sole: q.Get("sole") != "", Begun: q.Get("per.begun") != "", Beyond: q.Get("per.beyond") != ""}
	var faults []string
	decimal := func(name, word string) sla.Decimal {
		word = strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(word), "%"))
		if word == "" {
			return 0
		}
		d, err := sla.ParseDecimal(word)
		if err != nil {
			faults = append(faults, name+": "+err.Error())
		}
		return d
	}
	whole := func(name, word string) int {
		n, err := strconv.Atoi(cmp.Or(strings.TrimSpace(word), "0"))
		if err != nil || n < 0 || n > 1_000_000 {
			faults = append(faults, name+": "+cut(word, 20)+" is no whole number")
			return 0
		}
		return n
	}
	m := sla.Metric{Name: strings.TrimSpace(f.Name), Target: decimal("target", f.Target), Window: sla.Window(f.Window), Zone: strings.TrimSpace(f.Zone), Method: sla.Method(f.Method), Threshold: decimal("threshold", f.Threshold), Least: 60 * whole("least", f.Least), Removed: f.Removed,
		Cap: decimal("cap", f.Cap), Above: decimal("above", f.Above), Sole: f.Sole}
	for _, line := range strings.Split(f.Exclusions, "\n") {
		if line = strings.TrimSpace(line); line != "" {
			m.Exclusions = append(m.Exclusions, line)
		}
	}
	for _, line := range strings.Split(f.Tiers, "\n") {
		if strings.TrimSpace(line) == "" {
			continue
		}
		t, err := sla.ParseTier(line)
		if err != nil {
			faults = append(faults, "credits: "+err.Error())
			continue
		}
		m.Tiers = append(m.Tiers, t)
	}
	if f.PerCredit != "" {
		m.Per = &sla.Per{Credit: decimal("per.credit", f.PerCredit), Days: f.PerUnit == "days", Each: 60 * whole("per.each", f.PerEach), Begun: f.Begun, Beyond: f.Beyond}
	}
	if n := whole("within", f.Within); n > 0 {
		m.Claim = sla.Claim{Within: n, Unit: sla.Unit(f.Unit), After: sla.After(f.After)}
	}
	l.Service, l.Agreement, l.Metric, l.Fee, l.Currency, l.Every, l.Since = f.Service, f.Agreement, m, decimal("fee", f.Fee), strings.TrimSpace(f.Currency), whole("every", f.Every), nil
	if l.Agreement == "" {
		l.Version, l.Quotes = 0, nil
	}
	if f.Since != "" {
		day, err := time.ParseInLocation(time.DateOnly, f.Since, m.Location())
		if err != nil {
			faults = append(faults, "since: "+cut(f.Since, 20)+" is no day")
		}
		l.Since = &day
	}
	return l, f, problem.Faulty("the service level cannot be written down so", faults)
}

func (s *Server) addLevel(v *visit) error {
	if err := v.r.ParseForm(); err != nil {
		return problem.New(problem.Invalid, "The form cannot be read", "Send it again.").Wrap(err)
	}
	l, form, err := typedLevel(v.r.PostForm, app.ServiceLevel{})
	if err == nil {
		l, err = s.o.App.SetLevel(v, v.Caller, l)
	}
	return s.settled(v, err, "/sla/"+l.ID, func(fault string) error {
		view, err := s.slaView(v)
		if err != nil {
			return err
		}
		view.Form = form
		view.Form.Fault = fault
		return s.typed(v, slaPage(view), levelsPage(view))
	})
}

// levelView is what the page of one service level shows.
type levelView struct {
	L            app.LevelReading
	Scope        *scope.Scope
	Agreements   []app.Agreement
	Name         string // of the agreement
	Edit, Review bool
	Form         levelForm
	Said         reviewForm
	Now          time.Time
}

// reviewForm is a review as it was typed.
type reviewForm struct{ On, People, Minutes, Decisions, Fault string }

func (s *Server) level(v *visit) error {
	view, err := s.levelView(v)
	if err != nil {
		return err
	}
	return s.show(v, levelHead(view), levelPage(view))
}

func (s *Server) levelView(v *visit) (levelView, error) {
	l, err := s.o.App.Level(v, v.Caller, v.r.PathValue("level"))
	if err != nil {
		return levelView{}, err
	}
	now := s.o.Now()
	view := levelView{L: l, Edit: v.may(account.EditAgreement, now), Review: v.may(account.ReviewAgreement, now), Form: formOf(l.ServiceLevel), Said: reviewForm{On: now.UTC().Format(time.DateOnly)}, Now: now}
	if view.Scope, err = s.scopeOrNone(v); err != nil {
		return view, err
	}
	view.Agreements, err = s.o.App.Agreements(v, v.Caller)
	for _, g := range view.Agreements {
		if g.ID == l.Agreement {
			view.Name = g.Name
		}
	}
	return view, err
}

func levelHead(view levelView) page {
	l := view.L
	next := "Hand in what was measured: probes, incidents, or what the provider states."
	if r, ended := l.Last(); ended {
		switch {
		case len(l.Claims()) > 0:
			c := l.Claims()[len(l.Claims())-1]
			next = "Claim " + c.Credit.String() + " % of the fee for " + c.Window + claimSaid(c) + "."
		case r.State == sla.Unknown:
			next = "What was not measured in " + r.Window + " could decide it: hand in the missing measurements."
		case l.Late:
			next = "The review of this level was due on " + l.Next + ": hold it and keep its minutes."
		default:
			next = "The next review is due on " + l.Next + "."
		}
	}
	return page{Title: l.Metric.Name, Section: "/sla",
		What: "At least " + l.Metric.Target.String() + " % in each " + string(l.Metric.Window) + ", promised for " + serviceName(view.Scope, l.Service) + ". " + capital(l.Metric.Method.Says()) + ".",
		Why:  "What was promised is monitored, reviewed and claimed, or it was not bought (supplier services, ISO/IEC 27017:2015 15.2.1, 2026 5.22).",
		Next: next}
}

// claimSaid says until when.
func claimSaid(r sla.Result) string {
	if r.ClaimBy == "" {
		return ""
	}
	return " by " + r.ClaimBy
}

func (s *Server) setLevel(v *visit) error {
	view, err := s.levelView(v)
	if err != nil {
		return err
	}
	if err := v.r.ParseForm(); err != nil {
		return problem.New(problem.Invalid, "The form cannot be read", "Send it again.").Wrap(err)
	}
	l, form, err := typedLevel(v.r.PostForm, view.L.ServiceLevel)
	if err == nil {
		_, err = s.o.App.SetLevel(v, v.Caller, l)
	}
	return s.settled(v, err, "/sla/"+l.ID, func(fault string) error {
		view.Form = form
		view.Form.Fault = fault
		return s.typed(v, levelHead(view), levelPage(view))
	})
}

// measure takes a file of measurements in.
func (s *Server) measure(v *visit) error {
	files, _, err := handedIn(v)
	if err != nil {
		return err
	}
	if len(files) != 1 {
		return problem.New(problem.Invalid, "Choose one file of measurements", "A CSV whose first line is time,result or start,end,what,kind or window,percent.")
	}
	l, err := s.o.App.AddMeasurement(v, v.Caller, v.r.PathValue("level"), files[0])
	if err != nil {
		return err
	}
	return v.redirect("/sla/" + l.ID)
}

func (s *Server) unmeasure(v *visit) error {
	l, err := s.o.App.RemoveMeasurement(v, v.Caller, v.r.PathValue("level"), v.r.PathValue("record"))
	if err != nil {
		return err
	}
	return v.redirect("/sla/" + l.ID)
}

// reviewLevel keeps the minutes of a review. A line of decisions is what was
// decided, who does it and until when: "Claim the credit; Ines Adler; 2026-10-28".
func (s *Server) reviewLevel(v *visit) error {
	form := reviewForm{On: v.r.PostFormValue("on"), People: plainLines(v.r.PostFormValue("people")), Minutes: plainLines(v.r.PostFormValue("minutes")), Decisions: plainLines(v.r.PostFormValue("decisions"))}
	r := app.LevelReview{On: form.On, Minutes: form.Minutes}
	for _, p := range strings.Split(form.People, "\n") {
		r.People = append(r.People, strings.TrimSpace(p))
	}
	for _, line := range strings.Split(form.Decisions, "\n") {
		if strings.TrimSpace(line) == "" {
			continue
		}
		part := append(strings.Split(line, ";"), "", "")
		r.Decisions = append(r.Decisions, app.LevelDecision{What: strings.TrimSpace(part[0]), Who: strings.TrimSpace(part[1]), Due: strings.TrimSpace(part[2])})
	}
	_, err := s.o.App.ReviewLevel(v, v.Caller, v.r.PathValue("level"), r)
	return s.settled(v, err, "/sla/"+v.r.PathValue("level"), func(fault string) error {
		view, err := s.levelView(v)
		if err != nil {
			return err
		}
		view.Said = form
		view.Said.Fault = fault
		return s.typed(v, levelHead(view), levelPage(view))
	})
}

func (s *Server) removeLevel(v *visit) error {
	if err := s.o.App.RemoveLevel(v, v.Caller, v.r.PathValue("level")); err != nil {
		return err
	}
	return v.redirect("/sla")
}

// foundLevelsView is what the page of the levels that an agreement names shows.
type foundLevelsView struct {
	Agreement app.Agreement
	Found     []agreement.Level
	Edit      bool
}

func (s *Server) agreementLevels(v *visit) error {
	id := v.r.PathValue("agreement")
	found, err := s.o.App.AgreementLevels(v, v.Caller, id)
	if err != nil {
		return err
	}
	r, err := s.o.App.Agreement(v, v.Caller, id, 0)
	if err != nil {
		return err
	}
	next := "Compare each part with its quote, then take the level over; a wrong part is mended afterwards."
	if len(found) == 0 {
		next = "Write the level down by hand, or hand in the document that names it."
	}
	return s.show(v, page{Title: "Levels named by " + r.Agreement.Name, Section: "/sla",
		What: "The agreement names " + plural(len(found), "service level", "service levels") + " of availability, as it was read. " + agreement.Disclaimer,
		Why:  "A level can be measured when its target, its window, its exclusions and the price of a miss are known.",
		Next: next}, foundLevelsPage(foundLevelsView{r.Agreement, found, v.may(account.EditAgreement, s.o.Now())}))
}

func (s *Server) takeLevel(v *visit) error {
	at, err := strconv.Atoi(v.r.PostFormValue("at"))
	if err != nil {
		return problem.New(problem.Invalid, "The form names no level", "Go on from the list.")
	}
	l, err := s.o.App.TakeLevel(v, v.Caller, v.r.PathValue("agreement"), at)
	if err != nil {
		return err
	}
	return v.redirect("/sla/" + l.ID)
}

// levelTone is the class of a state; a sign stands beside it.
func levelTone(s sla.State) string {
	switch s {
	case sla.Met:
		return "good"
	case sla.Missed:
		return "bad"
	case sla.Running:
		return "warn"
	}
	return "dim"
}

func levelSign(s sla.State) string {
	return map[sla.State]string{sla.Met: "✓", sla.Missed: "✕", sla.Running: "◐", sla.Unknown: "?"}[s]
}

// measuredSaid is the range of a measured value.
func measuredSaid(r sla.Result) string {
	if r.State == sla.Running {
		return r.High.String() + " % at best"
	}
	if r.Low == r.High {
		return r.Low.String() + " %"
	}
	return r.Low.String() + " to " + r.High.String() + " %"
}

// seenSaid is the same of a window as it was reviewed.
func seenSaid(s app.LevelSeen) string {
	return measuredSaid(sla.Result{State: s.State, Low: s.Low, High: s.High})
}

// downSaid says how long it was down, or how much failed.
func downSaid(r sla.Result, m sla.Metric) string {
	switch {
	case r.Kind == sla.Stateds:
		return "not told"
	case r.Kind == sla.Incidents || m.Method == sla.ByTime:
		return sla.Spell(int(r.Down))
	}
	return number(r.Down) + " of " + number(r.Of) + " requests"
}

// creditSaid is what is due.
func creditSaid(l app.LevelReading, r sla.Result) string {
	out := "none"
	if r.Credit > 0 {
		out = r.Credit.String() + " %"
		if r.Amount != nil {
			out += ", " + strings.TrimSpace(r.Amount.String()+" "+l.Currency)
		}
	}
	if r.Most > 0 {
		out += "; up to " + r.Most.String() + " % if it was down where nobody measured"
	}
	return out
}

// byDay is the last day of a claim with what it means today.
func byDay(r sla.Result) string {
	switch {
	case r.ClaimBy == "":
		return "no day"
	case r.Late:
		return r.ClaimBy + ", too late"
	}
	return r.ClaimBy
}

func windowOptions() []option {
	return []option{{"month", "calendar month"}, {"quarter", "quarter"}, {"year", "calendar year"}}
}

func methodOptions() []option {
	var out []option
	for _, m := range sla.Methods() {
		out = append(out, option{string(m), m.Says()})
	}
	return out
}

func unitOptions() []option {
	return []option{{"day", "days"}, {"businessday", "business days"}, {"month", "months"}, {"window", "windows (billing cycles)"}}
}

func afterOptions() []option {
	return []option{{"window", "after the end of the window"}, {"incident", "after the incident"}}
}

func levelServices(sc *scope.Scope) []option {
	out := []option{{"", "none in particular"}}
	for _, x := range sc.Services {
		out = append(out, option{x.ID, x.Name})
	}
	return out
}

func levelAgreements(all []app.Agreement) []option {
	out := []option{{"", "none that is kept here"}}
	for _, g := range all {
		out = append(out, option{g.ID, cut(g.Name, 60)})
	}
	return out
}
