// SPDX-License-Identifier: Apache-2.0

package terraform

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"iter"
	"slices"
	"strings"
	"time"

	"demarc.dev/demarc/cloud"
)

// Options say what a plan does not.
type Options struct {
	Account string    // the account that the plan is for; empty when it is not known
	Name    string    // the account's name
	Tenant  string    // the account's tenant
	Region  string    // where resources are whose region the plan does not tell
	Now     time.Time // the time of collection
	Tool    string    // "demarc 0.1.0"
}

// maxValue is the longest value that is held at once: one resource of a plan.
const maxValue = 32 << 20

// What is wrong with an input; compare with errors.Is. The error that wraps it
// is a whole sentence.
var (
	ErrInput   = errors.New("this is not the JSON of a Terraform plan or state")
	ErrVersion = errors.New("this version of Terraform's JSON is not read")
)

// Collect reads a plan or a state from in and gives its resources to emit in
// the order of a snapshot, (kind, id). An error of emit ends it and is returned.
// Other errors are about the input and are whole sentences; nothing was emitted
// then.
func Collect(in io.Reader, o Options, emit func(*cloud.Resource) error) (cloud.Header, []cloud.ScopeGap, error) {
	input, err := read(in)
	if err != nil {
		return cloud.Header{}, nil, err
	}
	c := newCollector(input, o)
	if err := c.emit(emit); err != nil {
		return cloud.Header{}, nil, err
	}
	return c.header(), c.scopeGaps(), nil
}

// Write reads a plan or a state from in and writes its snapshot to out, without
// holding the resources. After an error what was written is of no use: it reads
// as truncated.
func Write(in io.Reader, o Options, out io.Writer) (header cloud.Header, resources int64, err error) {
	input, err := read(in)
	if err != nil {
		return cloud.Header{}, 0, err
	}
	c := newCollector(input, o)
	w, err := cloud.NewWriter(out, c.header(), c.scopeGaps())
	if err != nil {
		return cloud.Header{}, 0, err
	}
	err = c.emit(func(r *cloud.Resource) error { resources++; return w.Write(r) })
	if err != nil {
		return cloud.Header{}, 0, errors.Join(err, w.Abort())
	}
	return c.header(), resources, w.Close()
}

func (c *collector) header() cloud.Header {
	o := c.options
	h := cloud.Header{
		Format: cloud.Format, Tool: o.Tool, Provider: "aws", Source: c.source, Accounts: []cloud.Account{},
		Regions: []string{}, Services: c.services(), Started: o.Now, Ended: o.Now, Calls: 1,
	}
	if o.Account != "" {
		h.Accounts = append(h.Accounts, cloud.Account{ID: o.Account, Name: o.Name, Tenant: o.Tenant})
	}
	if c.region != "" {
		h.Regions = append(h.Regions, c.region)
	}
	return h
}

// collector turns what was read into cloud resources.
type collector struct {
	*input
	options Options
	region  string
	index   *index
}

func newCollector(in *input, o Options) *collector {
	c := &collector{input: in, options: o, region: o.Region}
	if c.region == "" {
		c.region = in.regions["aws"]
	}
	c.index = newIndex(in)
	return c
}

// services gives the services of the mapped resources: the second word of their
// types, near enough to tell what was looked at.
func (c *collector) services() []string {
	seen := map[string]bool{}
	out := []string{}
	for i := range c.items {
		if _, ok := mapped[c.items[i].kind]; ok {
			word := strings.SplitN(c.items[i].kind, "_", 3)[1]
			if !seen[word] {
				seen[word] = true
				out = append(out, word)
			}
		}
	}
	slices.Sort(out)
	return out
}

// order is the place of a thing to be emitted.
type order struct {
	kind cloud.Kind
	id   string
	item *item
}

func (c *collector) emit(emit func(*cloud.Resource) error) error {
	todo := make([]order, 0, len(c.items))
	for i := range c.items {
		if m, ok := mapped[c.items[i].kind]; ok {
			todo = append(todo, order{m.kind, c.items[i].address, &c.items[i]})
		}
	}
	settings := c.settings()
	for _, r := range settings {
		todo = append(todo, order{r.Kind, r.ID, nil})
	}
	slices.SortFunc(todo, func(a, b order) int { return cmp.Or(cmp.Compare(a.kind, b.kind), cmp.Compare(a.id, b.id)) })
	for i, t := range todo {
		if i > 0 && todo[i-1].kind == t.kind && todo[i-1].id == t.id {
			return fmt.Errorf("%w: the resource %s stands in it twice", ErrInput, t.id)
		}
	}
	begun := buffered(func(yield func(*builder) bool) {
		var dec decoder
		for _, t := range todo {
			if !yield(c.begin(&dec, t, settings)) {
				return
			}
		}
	})
	made := buffered(func(yield func(*cloud.Resource) bool) {
		for b := range begun {
			if !yield(b.finish()) {
				return
			}
		}
	})
	for r := range made {
		if err := emit(r); err != nil {
			return err
		}
	}
	return nil
}

// begin decodes a thing to be emitted, for which it touches nothing but dec.
func (c *collector) begin(dec *decoder, t order, settings []*cloud.Resource) *builder {
	b := &builder{collector: c}
	if t.item == nil {
		b.r = settings[slices.IndexFunc(settings, func(r *cloud.Resource) bool { return r.ID == t.id && r.Kind == t.kind })]
		return b
	}
	b.doc, b.facts = dec.doc(c.input, t.item), mapped[t.item.kind].facts
	b.r = b.doc.resource(t.kind)
	return b
}

// batch is how many values buffered hands over at a time.
const batch = 128

// buffered walks a sequence on a goroutine of its own, a little ahead of whoever
// walks the sequence that it gives. Nothing runs any more when that walk ends.
func buffered[T any](seq iter.Seq[T]) iter.Seq[T] {
	return func(yield func(T) bool) {
		batches, stop := make(chan []T, 1), make(chan struct{})
		go func() {
			defer close(batches)
			hand := func(list []T) bool {
				select {
				case batches <- list:
					return true
				case <-stop:
					return false
				}
			}
			list := make([]T, 0, batch)
			for v := range seq {
				if list = append(list, v); len(list) == batch {
					if !hand(list) {
						return
					}
					list = make([]T, 0, batch)
				}
			}
			hand(list)
		}()
		defer func() {
			close(stop)
			for range batches { // until the goroutine has ended
			}
		}()
		for list := range batches {
			for _, v := range list {
				if !yield(v) {
					return
				}
			}
		}
	}
}

// finish puts the facts of a resource that was begun with its tags and raw.
func (b *builder) finish() *cloud.Resource {
	if b.facts == nil {
		return b.r
	}
	b.facts(b)
	b.r.Complete(cloud.Gap{Reason: cloud.NotInSource, Call: b.call()})
	slices.SortFunc(b.r.Links, func(x, y cloud.Link) int {
		return cmp.Or(cmp.Compare(x.Relation, y.Relation), cmp.Compare(x.Target, y.Target))
	})
	b.r.Links = slices.Compact(b.r.Links)
	if b.it.sensitive != nil {
		b.conceal()
	}
	return b.r
}

// call names the source as gaps and resources tell it.
func (c *collector) call() string { return "terraform:" + c.source }

// scopeGaps tells what of the input was not read.
func (c *collector) scopeGaps() []cloud.ScopeGap {
	gap := func(reason cloud.Reason, detail string, args ...any) cloud.ScopeGap {
		return cloud.ScopeGap{Provider: "aws", Account: c.options.Account, Kinds: c.kinds(),
			Gap: cloud.Gap{Reason: reason, Call: c.call(), Detail: fmt.Sprintf(detail, args...)}}
	}
	var out []cloud.ScopeGap
	if c.errored {
		out = append(out, gap(cloud.Unavailable, "Terraform could not finish this plan; resources may be missing in it"))
	}
	if c.incomplete {
		out = append(out, gap(cloud.NotCollected, "the plan was limited or deferred changes; resources may be missing in it"))
	}
	if c.source == "plan" && c.planned > c.changes {
		out = append(out, gap(cloud.Unreadable, "%d resources are planned, the changes of only %d are told", c.planned, c.changes))
	}
	if c.foreign > 0 {
		g := gap(cloud.NotCollected, "%d resources of other providers are not read", c.foreign)
		g.Provider = "other"
		out = append(out, g)
	}
	return out
}

// kinds gives every kind that this package can tell of, sorted.
func (c *collector) kinds() []cloud.Kind {
	var out []cloud.Kind
	for _, m := range mapped {
		out = append(out, m.kind)
	}
	slices.Sort(out)
	return slices.Compact(out)
}
