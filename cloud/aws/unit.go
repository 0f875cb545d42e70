// SPDX-License-Identifier: Apache-2.0

package aws

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsmiddleware "github.com/aws/aws-sdk-go-v2/aws/middleware"
	"github.com/aws/smithy-go/middleware"

	"demarc.dev/demarc/cloud"
)

// everywhere is the region of what has none.
const everywhere = "global"

// noteKind is the kind of a note; it sorts before every other.
const noteKind cloud.Kind = "_note"

// unit is one service in one account and region. Its methods are safe for
// concurrent use.
type unit struct {
	s       *session
	service *service
	account string
	region  string   // everywhere for a global service
	regions []string // that are read
	ours    []string // accounts that are read
	cfg     aws.Config
	counters

	out     *spool
	mu      sync.Mutex
	pending []cloud.Resource
	notes   []cloud.Resource
	told    map[string]bool // ids of notes
	gaps    []cloud.ScopeGap
	parts   int
	seenAll int64
	err     error // of the spool; ends the unit
}

func (u *unit) name() string { return u.account + "_" + u.region + "_" + u.service.name }

// in gives the configuration for another region, for global services whose
// things have one.
func (u *unit) in(region string) aws.Config {
	return u.s.config(u.account, region, u.cfg.Credentials, &u.counters)
}

// arn makes an ARN in the unit's region and account.
func (u *unit) arn(service, rest string) string {
	region := u.region
	if region == everywhere {
		region = ""
	}
	return "arn:" + u.s.partition + ":" + service + ":" + region + ":" + u.account + ":" + rest
}

// seen tells of a call that has just been answered.
func (u *unit) seen(call string, md middleware.Metadata) cloud.Seen {
	id, _ := awsmiddleware.GetRequestIDMetadata(md)
	return cloud.Seen{At: u.s.o.Now().UTC(), Call: call, Request: id}
}

// resource begins a resource; raw is the provider's document.
func (u *unit) resource(kind cloud.Kind, native, id, name string, raw any, seen cloud.Seen) *cloud.Resource {
	return &cloud.Resource{ID: id, Kind: kind, Native: native, Provider: "aws", Source: "live",
		Account: u.account, Region: u.region, Name: name, Attributes: map[string]any{}, Raw: document(raw), Seen: seen}
}

// add hands a resource over. What a join adds later may still be missing in it.
func (u *unit) add(r *cloud.Resource) {
	if key, _ := r.Attributes["_key"].(string); key != "" {
		u.note("uses-key", r.Region+" "+key+" "+r.Tenant, map[string]any{"key": key, "region": r.Region, "tenant": r.Tenant})
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	u.pending = append(u.pending, *r)
	u.seenAll++
	if len(u.pending) >= u.s.o.part && u.err == nil {
		u.parts++
		u.err = u.out.part(u, u.parts, u.pending)
		u.pending = u.pending[:0]
	}
}

// note tells another unit something, for the joins. Values are plain: string,
// bool, int64, []any, map[string]any.
func (u *unit) note(topic, key string, values map[string]any) {
	u.mu.Lock()
	defer u.mu.Unlock()
	id := topic + " " + key
	if u.told[id] {
		return
	}
	u.told[id] = true
	u.notes = append(u.notes, cloud.Resource{ID: id, Kind: noteKind, Native: topic, Provider: "aws", Source: "live",
		Account: u.account, Region: u.region, Name: key, Attributes: values})
}

// miss reports a part of the service that could not be read, and the kinds that
// are therefore incomplete; without kinds, all of the service's.
func (u *unit) miss(err error, kinds ...cloud.Kind) {
	if err == nil {
		return
	}
	if len(kinds) == 0 {
		kinds = u.service.kinds
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	g := cloud.ScopeGap{Provider: "aws", Account: u.account, Region: u.region, Service: u.service.name, Kinds: slices.Clone(kinds), Gap: gapOf(err)}
	if !slices.ContainsFunc(u.gaps, func(o cloud.ScopeGap) bool {
		return o.Gap == g.Gap && slices.Equal(o.Kinds, g.Kinds)
	}) {
		u.gaps = append(u.gaps, g)
	}
}

// each calls f for every item, as many at a time as calls may be in flight.
func each[T any](ctx context.Context, u *unit, items []T, f func(T)) {
	work := make(chan T)
	var wg sync.WaitGroup
	for range min(len(items), u.s.o.Concurrency) {
		wg.Go(func() {
			for item := range work {
				f(item)
			}
		})
	}
	for _, item := range items {
		if ctx.Err() != nil {
			break
		}
		work <- item
	}
	close(work)
	wg.Wait()
}

// fact sets an attribute, or its gap if reading it failed.
func fact(r *cloud.Resource, name string, value any, err error) {
	if err != nil {
		gap(r, err, name)
		return
	}
	r.Attributes[name] = value
}

// gap says of attributes why they are not known.
func gap(r *cloud.Resource, err error, names ...string) {
	if r.Gaps == nil {
		r.Gaps = map[string]cloud.Gap{}
	}
	for _, name := range names {
		r.Gaps[name] = gapOf(err)
	}
}

// link adds an edge.
func link(r *cloud.Resource, relation, target string) {
	if target != "" {
		r.Links = append(r.Links, cloud.Link{Relation: relation, Target: target})
	}
}

// tag sets the tags, or says that they could not be read: what nobody read is
// not untagged.
func tag(r *cloud.Resource, tags map[string]string, err error) {
	if err != nil {
		gap(r, err, "tags")
		return
	}
	if len(tags) > 0 {
		r.Tags = tags
	}
	r.Tenant = tagged(tags, "tenant")
}

// tagged gives the value of the first of the names, without regard to case.
func tagged(tags map[string]string, names ...string) string {
	for _, name := range names {
		best := ""
		for k, v := range tags {
			if strings.EqualFold(k, name) && (best == "" || v < best) {
				best = v
			}
		}
		if best != "" {
			return best
		}
	}
	return ""
}

// stringList gives texts as an attribute: sorted, each once.
func stringList(texts []string) []any {
	texts = slices.Compact(slices.Sorted(slices.Values(texts)))
	out := make([]any, len(texts))
	for i, t := range texts {
		out[i] = t
	}
	return out
}

// tagMap makes a map of an SDK's list of tags.
func tagMap[T any](list []T, pair func(T) (key, value *string)) map[string]string {
	out := make(map[string]string, len(list))
	for _, t := range list {
		k, v := pair(t)
		out[aws.ToString(k)] = scrub(aws.ToString(v))
	}
	return out
}

// run asks the service and leaves the unit's file in the spool.
func (u *unit) run(ctx context.Context) error {
	if err := u.out.begin(u); err != nil {
		return err
	}
	if err := u.service.collect(ctx, u); err != nil {
		u.miss(err)
	}
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	if u.err != nil {
		return u.err
	}
	if err := u.out.finish(u); err != nil {
		return fmt.Errorf("keeping what %s said: %w", u.service.name, err)
	}
	return nil
}
