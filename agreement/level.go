// SPDX-License-Identifier: Apache-2.0

package agreement

import (
	"regexp"
	"slices"
	"strings"

	"demarc.dev/demarc/agreement/text"
	"demarc.dev/demarc/sla"
)

// Level is a service level that an agreement names, with the words that each
// part of it rests on.
type Level struct {
	Metric sla.Metric   `json:"metric"`
	Quotes []LevelQuote `json:"quotes"`
	Notes  []string     `json:"notes,omitempty"` // what is not said, or must be reckoned by hand
}

// LevelQuote is a passage that a part of a level was read from.
type LevelQuote struct {
	Of    string `json:"of"` // target, credit, claim, exclusion, cap or remedy
	Quote Quote  `json:"quote"`
}

// mostLevels bounds how many levels one set is said to name.
const mostLevels = 40

// Levels reads the service levels of availability out of a set of documents, in
// the order of the text: each target with the table of credits that follows it,
// and what the document says of claims, exclusions and remedies.
func Levels(docs []*text.Document) []Level {
	var out []Level
	for _, d := range docs {
		if d.Unreadable != "" {
			continue
		}
		r := levelReader{x: newIndex(d)}
		out = append(out, r.read()...)
		if len(out) >= mostLevels {
			return out[:mostLevels]
		}
	}
	return out
}

// levelReader reads one document.
type levelReader struct {
	x      *index
	levels []Level
	loose  []foundTier // before any target
	common Level       // what holds for all levels of the document
	flat   *foundTier
}

type foundTier struct {
	tier  sla.Tier
	quote Quote
}

var (
	levelPercent = regexp.MustCompile(`(\d{2,3}(?:[.,]\d{1,6})?)\s*(?:%|per\s?cent)`)
	levelSubject = regexp.MustCompile(`(?i)availab|up-?time|service level`)
	levelPromise = regexp.MustCompile(`(?i)at least|≥|>=|no less than|not less than|target|commit|guarante|will be available|is available|shall be available|objective|maintain|availability of|uptime of`)
	creditWords  = regexp.MustCompile(`(?i)\b(credit|refund|compensat|rebate|reimburs)`)
	missedWords  = regexp.MustCompile(`(?i)less than|below|falls|under\b|<|drops|fails? to (meet|achieve)`)
	windowWords  = []struct {
		window sla.Window
		words  *regexp.Regexp
	}{{sla.Quarter, regexp.MustCompile(`(?i)quarter`)}, {sla.Year, regexp.MustCompile(`(?i)annual|per year|yearly|calendar year|a year|each year`)}, {sla.Month, regexp.MustCompile(`(?i)month|billing cycle`)}}
	creditFirst   = regexp.MustCompile(`(?i)(\d{1,3}(?:[.,]\d+)?)\s*(?:%|per\s?cent)[^%]{0,80}?\b(?:if|where|when|for)\b[^%]{0,80}?((?:less than or equal to|less than|below|under|<=?|at most|between)\s*\d{2,3}(?:[.,]\d+)?\s*%(?:[^%]{0,10}(?:but|and)[^%]{0,30}?\d{2,3}(?:[.,]\d+)?\s*%)?)`)
	flatCredit    = regexp.MustCompile(`(?i)(?:credit|refund)[^%.;]{0,60}?(\d{1,3}(?:[.,]\d+)?)\s*%|(\d{1,3}(?:[.,]\d+)?)\s*%[^%.;]{0,50}?(?:credit|of (?:the|its|your)[^%.;]{0,25}fees?)`)
	perTimeCredit = regexp.MustCompile(`(?i)(\d{1,3}(?:[.,]\d+)?)\s*%[^%.]{0,80}?\b(?:each|every|per)\s+(?:(full|complete|whole|begun|additional)\s+)?(?:(\d{1,3})\s+)?(minutes?|hours?|days?)\b`)
	capWords      = regexp.MustCompile(`(?i)not exceed|maximum|capped|no more than|not more than|more than|up to`)
	claimWords    = regexp.MustCompile(`(?i)\b(claim|request|notif|submit|report|apply for|ask)`)
	claimEnd      = regexp.MustCompile(`(?i)(end|last day) of (the|each|that|a|any)?\s*(relevant|applicable|affected|calendar|billing|same|respective|\s)*(month|quarter|year|cycle|period)|becomes? eligible|following (the )?(month|quarter)`)
	cycleClaim    = regexp.MustCompile(`(?i)by the end of the (second|third|first|next|\d)(?:nd|rd|st|th)? (?:billing cycle|calendar month|month)`)
	excludeWords  = regexp.MustCompile(`(?i)exclu[ds]|not includ|not count|does not apply|do not apply|not appl(y|ies)|except|other than`)
	removedWords  = regexp.MustCompile(`(?i)total[^.]{0,60}(minus|less|excluding)[^.]{0,40}(excluded|scheduled|planned|maintenance)`)
	soleWords     = regexp.MustCompile(`(?i)(sole|exclusive)( and exclusive)? remed|only remed|entire liability`)
	exclusionKind = []struct {
		name  string
		words *regexp.Regexp
	}{
		{"scheduled maintenance", regexp.MustCompile(`(?i)(scheduled|planned)( \w+)? (downtime|maintenance|outage)|maintenance window|scheduled downtime`)},
		{"emergency maintenance", regexp.MustCompile(`(?i)emergency (maintenance|patch)`)},
		{"force majeure", regexp.MustCompile(`(?i)force majeure|acts? of god|beyond [^.]{0,30}control`)},
		{"networks outside the provider's control", regexp.MustCompile(`(?i)internet (connectivity|access)|third[- ]party (network|provider|software|equipment)|equipment or software`)},
		{"what the customer causes", regexp.MustCompile(`(?i)(customer|client|your?)['’]?s? ([^.]{0,25})?(use|equipment|act|fault|misuse|breach|failure|actions)`)},
		{"suspension", regexp.MustCompile(`(?i)suspen(d|sion)`)},
		{"beta and free services", regexp.MustCompile(`(?i)\bbeta\b|free (trial|tier|services)|preview`)},
	}
)

func (r *levelReader) read() []Level {
	for i := range r.x.all {
		if u := &r.x.all[i]; !u.pair {
			r.sentence(u)
		}
	}
	r.rows()
	if len(r.levels) == 0 && len(r.loose) > 0 { // a table of credits names its target by its first row
		top := slices.MaxFunc(r.loose, func(a, b foundTier) int { return int(a.tier.Below+a.tier.AtMost) - int(b.tier.Below+b.tier.AtMost) })
		r.levels = []Level{{Metric: sla.Metric{Target: max(top.tier.Below, top.tier.AtMost)}, Quotes: []LevelQuote{{"target", top.quote}}, Notes: []string{"no target is promised in words: it is the bound of the first credit"}}}
	}
	for i := range r.levels {
		r.finish(&r.levels[i])
	}
	return r.levels
}

// words gives the text of a unit with the header cells of its row, on one line.
func (r *levelReader) words(u *unit) string {
	return strings.Join(strings.Fields(r.x.doc.Quote(u.from, u.to)), " ")
}

// sentence takes from a sentence what it says of levels.
func (r *levelReader) sentence(u *unit) {
	s := r.words(u)
	switch {
	case len(s) > 2000:
		return
	case excludeWords.MatchString(s) || u.defines || exclusionList(r.x, u):
		r.exclusions(u, s)
	}
	if removedWords.MatchString(s) {
		r.common.Metric.Removed = true
	}
	if soleWords.MatchString(s) && !r.common.Metric.Sole {
		r.common.Metric.Sole = true
		r.note(&r.common, "remedy", u)
	}
	credit := creditWords.MatchString(s)
	if r.row(u) {
		return // rows are read with their heads
	}
	if credit {
		r.creditSentence(u, s)
	}
	if t, ok := tierSentence(s); ok {
		r.tier(foundTier{t, r.x.quote(u)})
		return
	}
	if !u.heading && levelSubject.MatchString(s) && levelPromise.MatchString(s) && !credit && !missedWords.MatchString(s) {
		for _, f := range levelPercent.FindAllStringSubmatch(s, 3) {
			r.target(u, s, f[1])
		}
	}
}

// exclusionList tells that a unit is an item of a list of what is excluded.
func exclusionList(x *index, u *unit) bool {
	if u.own == 0 {
		return false
	}
	lead := u.toks[:u.own]
	for _, t := range lead {
		if strings.HasPrefix(t.word, "exclu") || t.word == "unavailable" {
			return true
		}
	}
	return false
}

func (r *levelReader) row(u *unit) bool {
	b := r.block(u)
	return b != nil && b.Kind == text.Row
}

func (r *levelReader) block(u *unit) *text.Block {
	if u.clause < len(r.x.doc.Blocks) {
		return &r.x.doc.Blocks[u.clause]
	}
	return nil
}

func (r *levelReader) note(l *Level, of string, u *unit) {
	l.Quotes = append(l.Quotes, LevelQuote{of, r.x.quote(u)})
}

// target notes a promised percentage.
func (r *levelReader) target(u *unit, s, percent string) {
	v, err := sla.ParseDecimal(strings.ReplaceAll(percent, ",", "."))
	if err != nil || v < 90*(sla.Hundred/100) || v > sla.Hundred {
		return
	}
	l := Level{Metric: sla.Metric{Target: v, Window: windowOf(s)}}
	r.note(&l, "target", u)
	if slices.ContainsFunc(r.levels, func(o Level) bool { return o.Metric.Target == v && o.Metric.Window == l.Metric.Window }) {
		return // it is said twice
	}
	if c := r.x.clauses[u.clause]; len(c.Headings) > 0 {
		l.Metric.Name = c.Headings[len(c.Headings)-1]
	}
	r.levels = append(r.levels, l)
}

func windowOf(s string) sla.Window {
	for _, w := range windowWords {
		if w.words.MatchString(s) {
			return w.window
		}
	}
	return ""
}

// tierSentence reads a sentence or an item that is a row of credits by itself.
func tierSentence(s string) (sla.Tier, bool) {
	if m := creditFirst.FindStringSubmatch(s); m != nil {
		bounds := m[2]
		if strings.HasPrefix(strings.ToLower(bounds), "between") {
			bounds = strings.Replace(bounds[len("between"):], "and", "-", 1)
		}
		t, err := sla.ParseTier(bounds + ": " + m[1] + " %")
		return t, err == nil
	}
	if !missedWords.MatchString(s) || len(s) > 300 || strings.Count(s, "%") < 2 {
		return sla.Tier{}, false
	}
	t, err := sla.ParseTier(s)
	return t, err == nil && t.Credit < max(t.Below, t.AtMost)
}

// tier notes a row of credits: of the level whose target is its upper bound,
// else of the last one, when that is not below it.
func (r *levelReader) tier(f foundTier) {
	top := max(f.tier.Below, f.tier.AtMost)
	at := -1
	for i := range r.levels {
		if t := r.levels[i].Metric.Target; t == top || t > top && (at < 0 || r.levels[at].Metric.Target != top) {
			at = i
		}
	}
	if at < 0 {
		r.loose = append(r.loose, f)
		return
	}
	l := &r.levels[at]
	if slices.ContainsFunc(l.Metric.Tiers, func(t sla.Tier) bool { return max(t.Below, t.AtMost) == top }) {
		return
	}
	l.Metric.Tiers = append(l.Metric.Tiers, f.tier)
	l.Quotes = append(l.Quotes, LevelQuote{"credit", f.quote})
}

// rows reads the rows of tables: a target beside a name, or a row of credits
// whose comparison may stand in the head.
func (r *levelReader) rows() {
	for i, b := range r.x.doc.Blocks {
		if b.Kind != text.Row || i >= len(r.x.clauses) {
			continue
		}
		line := strings.Join(strings.Fields(r.x.doc.Quote(b.From, b.To)), " ")
		head := ""
		for _, h := range b.Head {
			head += " " + r.x.doc.Quote(h[0], h[1])
		}
		u := unit{clause: i, from: b.From, to: b.To}
		t, err := sla.ParseTier(line)
		if err != nil && missedWords.MatchString(head) && len(b.Cells) == 2 {
			t, err = sla.ParseTier("below " + line)
		}
		found := levelPercent.FindAllStringSubmatch(line, -1)
		switch {
		case err == nil && (creditWords.MatchString(head+line) || len(b.Head) == 0 || strings.Contains(strings.ToLower(head), "fee") || strings.Contains(strings.ToLower(head), "bill")):
			r.tier(foundTier{t, r.x.quote(&u)})
		case err != nil && len(found) == 1 && levelSubject.MatchString(head+" "+line) && !creditWords.MatchString(head+line):
			r.target(&u, head+" "+line, found[0][1])
			if n := len(r.levels); n > 0 && len(b.Cells) > 1 && r.levels[n-1].Quotes[0].Quote.From == r.x.quote(&u).From {
				r.levels[n-1].Metric.Name = strings.Join(strings.Fields(r.x.doc.Quote(b.Cells[0][0], b.Cells[0][1])), " ")
			}
		}
	}
}

// creditSentence reads claims, caps and credits without a table.
func (r *levelReader) creditSentence(u *unit, s string) {
	m := &r.common.Metric
	if m.Claim.Within == 0 && claimWords.MatchString(s) {
		if c := r.claim(u, s); c.Within > 0 {
			m.Claim = c
			r.note(&r.common, "claim", u)
		}
	}
	percents := levelPercentAny.FindAllStringSubmatch(s, 3)
	if capWords.MatchString(s) && len(percents) == 1 && m.Cap == 0 {
		if v, err := sla.ParseDecimal(percents[0][1]); err == nil && v <= sla.Hundred && !levelSubject.MatchString(s[:strings.Index(s, "%")]) {
			if strings.Contains(strings.ToLower(s), "subscription") || windowOf(s) == sla.Year {
				r.common.Notes = append(r.common.Notes, "all credits together are capped at "+v.String()+" % over a longer time than a window: reckon that by hand")
			} else {
				m.Cap = v
			}
			r.note(&r.common, "cap", u)
			return
		}
	}
	if f := perTimeCredit.FindStringSubmatch(s); f != nil && m.Per == nil {
		if p, ok := perOf(f); ok {
			m.Per = &p
			r.note(&r.common, "credit", u)
			return
		}
	}
	if f := flatCredit.FindStringSubmatch(s); f != nil && r.flat == nil {
		if v, err := sla.ParseDecimal(f[1] + f[2]); err == nil && v > 0 && v < 60*(sla.Hundred/100) {
			r.flat = &foundTier{sla.Tier{Credit: v}, r.x.quote(u)}
		}
	}
}

var levelPercentAny = regexp.MustCompile(`(\d{1,3}(?:\.\d{1,6})?)\s*%`)

func perOf(f []string) (sla.Per, bool) {
	v, err := sla.ParseDecimal(f[1])
	n := 1
	if f[3] != "" {
		if q, ok := digits(f[3]); ok {
			n = int(q)
		}
	}
	long := map[byte]int{'m': 60, 'h': 3600, 'd': 86400}[strings.ToLower(f[4])[0]]
	return sla.Per{Credit: v, Each: n * long, Begun: strings.EqualFold(f[2], "begun")}, err == nil && v > 0 && v <= sla.Hundred && n > 0
}

// claim reads until when a credit must be asked for. Where the event is not
// named it is the incident, which is the earlier.
func (r *levelReader) claim(u *unit, s string) sla.Claim {
	if m := cycleClaim.FindStringSubmatch(s); m != nil {
		n := map[string]int{"first": 1, "next": 1, "second": 2, "third": 3}[strings.ToLower(m[1])]
		if n == 0 {
			n = int(m[1][0] - '0')
		}
		return sla.Claim{Within: n, Unit: sla.WindowsLong, After: sla.AfterWindow}
	}
	for _, q := range u.numbers {
		unit, factor := map[Unit]sla.Unit{Day: sla.Day, BusinessDay: sla.BusinessDay, Month: sla.Months, Week: sla.Day}[q.Unit], 1
		if q.Unit == Week {
			factor = 7
		}
		if unit == "" || q.Value < 1 || q.Value > 400 || q.lasting {
			continue
		}
		c := sla.Claim{Within: int(q.Value) * factor, Unit: unit, After: sla.AfterIncident}
		if claimEnd.MatchString(s) {
			c.After = sla.AfterWindow
		}
		return c
	}
	return sla.Claim{}
}

// exclusions notes what a sentence takes out of the downtime.
func (r *levelReader) exclusions(u *unit, s string) {
	if !levelSubject.MatchString(s) && !strings.Contains(strings.ToLower(s), "downtime") && !strings.Contains(strings.ToLower(s), "excluded") && u.own == 0 {
		return
	}
	noted := false
	for _, k := range exclusionKind {
		if k.words.MatchString(s) && !slices.Contains(r.common.Metric.Exclusions, k.name) {
			r.common.Metric.Exclusions = append(r.common.Metric.Exclusions, k.name)
			noted = true
		}
	}
	if noted {
		r.note(&r.common, "exclusion", u)
	}
}

// finish gives a level what holds for the whole document, and says what is not
// said.
func (r *levelReader) finish(l *Level) {
	m, c := &l.Metric, r.common.Metric
	for _, f := range r.loose {
		if top := max(f.tier.Below, f.tier.AtMost); top <= m.Target && !slices.ContainsFunc(m.Tiers, func(t sla.Tier) bool { return max(t.Below, t.AtMost) == top }) {
			m.Tiers = append(m.Tiers, f.tier)
			l.Quotes = append(l.Quotes, LevelQuote{"credit", f.quote})
		}
	}
	m.Exclusions, m.Removed, m.Claim, m.Cap, m.Sole, m.Per = c.Exclusions, c.Removed, c.Claim, c.Cap, c.Sole, c.Per
	if len(m.Tiers) > 0 {
		m.Per = nil
	} else if r.flat != nil && m.Per == nil {
		m.Tiers = []sla.Tier{{Below: m.Target, Credit: r.flat.tier.Credit}}
		l.Quotes = append(l.Quotes, LevelQuote{"credit", r.flat.quote})
	}
	l.Quotes = append(l.Quotes, r.common.Quotes...)
	l.Notes = append(l.Notes, r.common.Notes...)
	if m.Window == "" {
		for _, q := range l.Quotes {
			if w := windowOf(q.Quote.Text); w != "" && m.Window == "" && (q.Of == "target" || q.Of == "claim") {
				m.Window = w
			}
		}
	}
	if m.Window == "" {
		l.Notes = append(l.Notes, "no window of measurement is named: a month is taken")
	}
	if m.Name = strings.TrimSpace(m.Name); m.Name == "" {
		m.Name = "Availability"
	}
	if runes := []rune(m.Name); len(runes) > 100 {
		m.Name = string(runes[:100])
	}
	if len(m.Tiers) == 0 && m.Per == nil {
		l.Notes = append(l.Notes, "no credit is named: a miss has no price")
	}
	if m.Claim.Within == 0 {
		l.Notes = append(l.Notes, "no time is named until which to claim")
	}
	l.Notes = append(l.Notes, "windows are taken to begin at midnight UTC, unless you say otherwise")
	m.Usual()
}
