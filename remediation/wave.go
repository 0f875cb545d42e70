// SPDX-License-Identifier: Apache-2.0

package remediation

import (
	"slices"
	"strings"

	"demarc.dev/demarc/assess"
	"demarc.dev/demarc/check"
	"demarc.dev/demarc/cloud"
)

// topic is what an action is about, as far as the order of work depends on it.
type topic int

const (
	general topic = iota
	identities
	logs
	detection
)

// topicOf reads the topic of a check from the kinds that it asks and from the
// first duty that it proves.
func (m *maker) topicOf(d *draft) topic {
	c := m.checks[d.Check]
	if c == nil {
		return general
	}
	about := func(kinds ...cloud.Kind) bool {
		return slices.ContainsFunc(c.Kinds, func(k cloud.Kind) bool { return slices.Contains(kinds, k) })
	}
	proves := func(prefix string) bool { return len(c.Proves) > 0 && strings.HasPrefix(c.Proves[0].Duty, prefix) }
	switch {
	case about(cloud.Identity, cloud.Role, cloud.Credential, cloud.Policy) || proves("9.2."):
		return identities
	case about(cloud.Alarm) || proves("CLD.12.4.5-") || proves("16."):
		return detection
	case about(cloud.LogTrail, cloud.LogStore) || proves("12.4."):
		return logs
	}
	return general
}

// stage is the earliest wave of an action.
func stage(d *draft) int {
	switch {
	case d.Kind == Mend && (d.Exposed > 0 || d.Severity == check.Critical || d.topic == identities), d.Kind == Assign:
		return 1
	case d.Kind == Read, d.Kind == Secure, d.Kind == Mend && d.topic == logs:
		return 2
	case d.Kind == Mend:
		return 3
	}
	return 4
}

// order sets what each action waits for, and its wave.
func (m *maker) order(ids []string) {
	var alarms, trails []*draft
	on := map[assess.On][]*draft{}
	for _, id := range ids {
		d := m.drafts[id]
		d.Wave = stage(d)
		switch {
		case d.Kind == Mend && d.topic == logs:
			trails = append(trails, d)
		case d.Kind == Mend && d.topic == detection:
			alarms = append(alarms, d)
		}
		if d.Kind == Mend || d.Kind == Read || d.Kind == Assign {
			for _, t := range d.Bears {
				at := assess.On{Service: t.Service, Duty: t.Duty}
				on[at] = append(on[at], d)
			}
		}
	}
	for _, d := range alarms {
		for _, t := range trails {
			d.follow(t)
		}
		if len(trails) > 0 {
			d.AfterWhy = "An alarm rests on the logs that it reads."
		}
	}
	for _, id := range ids {
		if d := m.drafts[id]; d.Kind == Attest {
			for _, t := range d.Bears {
				for _, before := range on[assess.On{Service: t.Service, Duty: t.Duty}] {
					d.follow(before)
				}
			}
			if len(d.After) > 0 {
				d.AfterWhy = "An answer is worth its evidence only once what it speaks of is assigned, read and mended."
			}
		}
	}
}

// follow puts the action behind another.
func (d *draft) follow(before *draft) {
	if !slices.Contains(d.After, before.ID) {
		d.After = append(d.After, before.ID)
		slices.Sort(d.After)
	}
	d.Wave = max(d.Wave, before.Wave+1)
}

// waves gathers actions, which stand by priority, into waves, and numbers the
// waves without a hole.
func waves(actions []Action) []Wave {
	out := []Wave{}
	for stage := 1; stage <= 5; stage++ {
		w := Wave{Number: len(out) + 1, Title: waveTitle(stage), Why: waveWhy(stage)}
		for i := range actions {
			if a := &actions[i]; a.Wave == stage {
				w.Actions = append(w.Actions, a.ID)
				w.Minutes += a.Minutes
			}
		}
		if len(w.Actions) > 0 {
			out = append(out, w)
		}
	}
	number := map[string]int{}
	for _, w := range out {
		for _, id := range w.Actions {
			number[id] = w.Number
		}
	}
	for i := range actions {
		actions[i].Wave = number[actions[i].ID]
	}
	return out
}

func waveTitle(stage int) string {
	return []string{"", "Close what is open, secure identities", "See what happens, ask the other parties", "Detect and harden", "Write it down and show it", "Show what rests on all that"}[stage]
}

func waveWhy(stage int) string {
	return []string{"",
		"What can be reached from the internet or is critical hurts first; every later change is made by an identity; and what nobody performs needs somebody.",
		"Logs and readable facts come before what rests on them, and the answers of other parties take the longest to come.",
		"Detection rests on the logs of the wave before; the rest of what fails is mended here.",
		"Papers and records are written once what they speak of is so.",
		"These answers wait for mends that wait for others."}[stage]
}
