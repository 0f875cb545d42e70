// SPDX-License-Identifier: Apache-2.0

package api

import (
	"context"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"demarc.dev/demarc/account"
	"demarc.dev/demarc/agreement"
	"demarc.dev/demarc/app"
	"demarc.dev/demarc/sla"
)

// InLevel names a service level.
type InLevel struct {
	Place
	Level string `path:"level" maxLength:"20" doc:"id of a service level" example:"l1"`
}

// levelBody is a service level as it is sent.
type levelBody struct {
	Service   string           `json:"service,omitempty" maxLength:"64" doc:"of the scope"`
	Agreement string           `json:"agreement,omitempty" maxLength:"20" doc:"id of the agreement that promises it"`
	Version   int              `json:"version,omitempty" minimum:"0" doc:"of the agreement; 0: the newest"`
	Metric    sla.Metric       `json:"metric" doc:"what is promised; percentages and money are decimals in text, such as 99.95"`
	Quotes    []app.LevelWords `json:"quotes,omitempty" maxItems:"60" nullable:"false" doc:"of the agreement"`
	Fee       sla.Decimal      `json:"fee,omitempty" doc:"that is paid for a window"`
	Currency  string           `json:"currency,omitempty" maxLength:"8"`
	Since     *time.Time       `json:"since,omitempty" doc:"the service was used from then"`
	Every     int              `json:"every,omitempty" minimum:"0" maximum:"12" doc:"months from review to review; 0: 3"`
}

func (b levelBody) level(id string) app.ServiceLevel {
	return app.ServiceLevel{ID: id, Service: b.Service, Agreement: b.Agreement, Version: b.Version, Metric: b.Metric, Quotes: b.Quotes, Fee: b.Fee, Currency: b.Currency, Since: b.Since, Every: b.Every}
}

type (
	levelIn    struct{ InLevel }
	addLevelIn struct {
		Place
		Body levelBody
	}
	setLevelIn struct {
		InLevel
		Body levelBody
	}
	measureIn struct {
		InLevel
		Body app.Upload
	}
	unmeasureIn struct {
		InLevel
		Record string `path:"record" maxLength:"20" doc:"id of a file of measurements" example:"m1"`
	}
	reviewLevelIn struct {
		InLevel
		Body struct {
			On        string              `json:"on" format:"date" doc:"day of the review"`
			People    []string            `json:"people" minItems:"1" maxItems:"40" nullable:"false" doc:"who was there"`
			Minutes   string              `json:"minutes,omitempty" maxLength:"4000"`
			Decisions []app.LevelDecision `json:"decisions,omitempty" maxItems:"40" nullable:"false"`
		}
	}
	agreementLevelsIn struct{ InAgreement }
	takeLevelIn       struct {
		InAgreement
		Body struct {
			At int `json:"at" minimum:"0" doc:"place among the levels that the agreement names, from 0"`
		}
	}
	composeIn struct {
		Place
		Of string `query:"of" minLength:"1" maxLength:"400" required:"true" doc:"such as 99.95 * (l1 | l2): * for what is needed too, | for what stands in; a part is a percentage or the id of a service level" example:"99.95 * (99.5 | 99.5)"`
	}
)

func levelRef(ctx huma.Context) app.Ref { return app.LevelRef(ctx.Param("level")) }

// exampleMetric is a metric that can be sent as it is.
func exampleMetric() map[string]any {
	return map[string]any{"name": "Availability of the API", "target": "99.9", "window": "month", "zone": "UTC", "method": "time", "tiers": []map[string]any{{"below": "99.9", "atLeast": "99", "credit": "10"}, {"below": "99", "credit": "25"}},
		"claim": map[string]any{"within": 30, "unit": "day", "after": "window"}}
}

func (s *server) slaCalls() []call {
	a := s.o.App
	const tag = "sla"
	return []call{
		{id: "listLevels", method: get, path: "/sla", tag: tag, need: account.ReadAgreement, says: "The service levels, with what follows from their measurements",
			more: "Each window with its state, the range that the measured value lies in, the credit that is due and the last day to claim it. What nobody measured is unknown: it makes the range wider and meets nothing.",
			register: handle(s, func(ctx context.Context, c app.Caller, in *listIn) (Page[app.LevelReading], error) {
				all, err := a.Levels(ctx, c)
				if err != nil {
					return Page[app.LevelReading]{}, err
				}
				return paged(all, in.InPage, func(l app.LevelReading) string { return l.ID })
			})},
		{id: "addLevel", method: post, path: "/sla", tag: tag, need: account.EditAgreement, status: 201, says: "Write a service level down", more: "A target with its window, exclusions, credits and claim, as far as ISO/IEC 19086-2 needs it for an availability.",
			example: map[string]any{"metric": exampleMetric(), "fee": "400", "currency": "EUR"},
			register: handle(s, func(ctx context.Context, c app.Caller, in *addLevelIn) (app.ServiceLevel, error) {
				return a.SetLevel(ctx, c, in.Body.level(""))
			})},
		{id: "getLevel", method: get, path: "/sla/{level}", tag: tag, need: account.ReadAgreement, says: "One service level, reckoned", more: "As listLevels gives it; others holds what less believed means measured of the same windows.",
			register: handle(s, func(ctx context.Context, c app.Caller, in *levelIn) (app.LevelReading, error) {
				return a.Level(ctx, c, in.Level)
			})},
		{id: "setLevel", method: put, path: "/sla/{level}", tag: tag, need: account.EditAgreement, ref: levelRef, says: "Change a service level", more: "Its measurements and reviews stay.", example: map[string]any{"metric": exampleMetric()},
			register: handle(s, func(ctx context.Context, c app.Caller, in *setLevelIn) (app.ServiceLevel, error) {
				return a.SetLevel(ctx, c, in.Body.level(in.Level))
			})},
		{id: "removeLevel", method: del, path: "/sla/{level}", tag: tag, need: account.EditAgreement, ref: levelRef, says: "Take a service level off the list", more: "The log keeps that it was there, and its files.",
			register: handleNone(s, func(ctx context.Context, c app.Caller, in *levelIn) error { return a.RemoveLevel(ctx, c, in.Level) })},
		{id: "addMeasurement", method: post, path: "/sla/{level}/record", tag: tag, need: account.EditAgreement, ref: levelRef, status: 201, most: app.LevelBytes*4/3 + 1<<20, says: "Take measurements in",
			more:    "A CSV, in Base64: time,result or time,good,bad of probes; start,end,what,kind of incidents, where the kind excluded is for maintenance; window,percent of what somebody else measured. All of the file or nothing, and every fault with its line.",
			example: map[string]any{"name": "incidents.csv", "data": "c3RhcnQsZW5kLHdoYXQKMjAyNi0wOS0wM1QwODowMDowMFosMjAyNi0wOS0wM1QxMDowMDowMFosb3V0YWdlCg=="},
			register: handle(s, func(ctx context.Context, c app.Caller, in *measureIn) (app.ServiceLevel, error) {
				l, err := a.AddMeasurement(ctx, c, in.Level, in.Body)
				return l, unquoted(err, in.Body.Data)
			})},
		{id: "removeMeasurement", method: del, path: "/sla/{level}/record/{record}", tag: tag, need: account.EditAgreement, ref: levelRef, says: "Take measurements away again", more: "The log keeps them.",
			register: handleNone(s, func(ctx context.Context, c app.Caller, in *unmeasureIn) error {
				_, err := a.RemoveMeasurement(ctx, c, in.Level, in.Record)
				return err
			})},
		{id: "reviewLevel", method: post, path: "/sla/{level}/review", tag: tag, need: account.ReviewAgreement, ref: levelRef, status: 201, says: "Keep the minutes of a review", more: "With the windows since the review before, as they are reckoned now: who was there, what was said, what was decided, by whom until when.",
			example: map[string]any{"on": "2026-01-15", "people": []string{"Ines Adler"}, "decisions": []map[string]any{{"what": "Claim the credit", "who": "Ines Adler", "due": "2026-01-30"}}},
			register: handle(s, func(ctx context.Context, c app.Caller, in *reviewLevelIn) (app.ServiceLevel, error) {
				b := in.Body
				return a.ReviewLevel(ctx, c, in.Level, app.LevelReview{On: b.On, People: b.People, Minutes: b.Minutes, Decisions: b.Decisions})
			})},
		{id: "listAgreementLevels", method: get, path: "/agreement/{agreement}/sla", tag: tag, need: account.ReadAgreement, says: "The service levels that an agreement names", more: "Read from the newest version, each part with the passage that it rests on, and what is not said. They are proposals: takeAgreementLevel writes one down.",
			register: handle(s, func(ctx context.Context, c app.Caller, in *agreementLevelsIn) ([]agreement.Level, error) {
				return a.AgreementLevels(ctx, c, in.Agreement)
			})},
		{id: "takeAgreementLevel", method: post, path: "/agreement/{agreement}/sla", tag: tag, need: account.EditAgreement, status: 201, says: "Write a service level down as the agreement names it", more: "With its quotes; change it with setLevel where the words were read wrongly.", example: map[string]any{"at": 0},
			register: handle(s, func(ctx context.Context, c app.Caller, in *takeLevelIn) (app.ServiceLevel, error) {
				return a.TakeLevel(ctx, c, in.Agreement, in.Body.At)
			})},
		{id: "composeLevels", method: get, path: "/slacompose", tag: tag, need: account.ReadAgreement, says: "The availability of services that need each other", more: sla.Independence,
			register: handle(s, func(ctx context.Context, c app.Caller, in *composeIn) (sla.Composed, error) {
				return a.Compose(ctx, c, in.Of)
			})},
	}
}
