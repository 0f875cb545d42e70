// SPDX-License-Identifier: Apache-2.0

package aws

import (
	"bytes"
	"container/heap"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"

	"demarc.dev/demarc/cloud"
)

// Bounds of the merge: how many resources are sorted in memory, and how many
// sorted runs are read at a time.
const (
	runSize = 4096
	fanIn   = 16
)

// unread marks a gap that the reader of snapshots made of what a unit left to
// others.
func unread(g cloud.Gap) bool { return g.Reason == cloud.NotCollected && g.Call == "" }

// combine adds to a what b tells of the same thing; both are named as seen. Of two values of one
// attribute the first stays; a fact stands before a gap.
func combine(a, b *cloud.Resource) {
	for name, v := range b.Attributes {
		if _, ok := a.Attributes[name]; !ok {
			a.Attributes[name] = v
			delete(a.Gaps, name)
		}
	}
	for name, g := range b.Gaps {
		if _, ok := a.Attributes[name]; ok {
			continue
		}
		if old, ok := a.Gaps[name]; !ok || unread(old) {
			if a.Gaps == nil {
				a.Gaps = map[string]cloud.Gap{}
			}
			a.Gaps[name] = g
		}
	}
	if a.Tags == nil {
		a.Tags = maps.Clone(b.Tags)
	}
	if a.Name == "" {
		a.Name = b.Name
	}
	if a.Tenant == "" {
		a.Tenant = b.Tenant
	}
	a.Links = append(a.Links, b.Links...)
	a.Raw = combineRaw(a.Raw, b.Raw)
	a.Seen = together(a.Seen, b.Seen)
}

// combineRaw makes one object of two; members of a stay.
func combineRaw(a, b []byte) []byte {
	if len(a) < 3 || len(b) < 3 || a[0] != '{' || b[0] != '{' {
		if len(a) == 0 {
			return b
		}
		return a
	}
	if bytes.Equal(a, b) {
		return a
	}
	out := append(slices.Clone(a[:len(a)-1]), ',')
	return append(out, b[1:]...)
}

// pile sorts any number of resources in bounded memory.
type pile struct {
	dir     string
	pending []cloud.Resource
	runs    []string
	files   int
}

func (p *pile) add(r *cloud.Resource) error {
	p.pending = append(p.pending, *r)
	if len(p.pending) < runSize {
		return nil
	}
	return p.flush()
}

func (p *pile) flush() error {
	p.pending = unite(p.pending)
	snapshot := cloud.Snapshot{Resources: p.pending}
	err := p.write(snapshot.Encode)
	clear(p.pending)
	p.pending = p.pending[:0]
	return err
}

func (p *pile) write(encode func(io.Writer) error) error {
	p.files++
	path := filepath.Join(p.dir, fmt.Sprintf("merge.%06d", p.files))
	f, err := os.Create(path)
	if err != nil {
		return fmt.Errorf("sorting in the spool: %w", err)
	}
	defer f.Close()
	if err := encode(f); err != nil {
		return fmt.Errorf("sorting in the spool: %w", err)
	}
	p.runs = append(p.runs, path)
	return f.Close()
}

// all hands every resource over in order, each once.
func (p *pile) all(each func(*cloud.Resource) error) error {
	if len(p.runs) == 0 {
		p.pending = unite(p.pending)
		for i := range p.pending {
			if err := each(&p.pending[i]); err != nil {
				return err
			}
		}
		return nil
	}
	if err := p.flush(); err != nil {
		return err
	}
	for len(p.runs) > fanIn {
		some := p.runs[:fanIn]
		p.runs = p.runs[fanIn:]
		err := p.write(func(out io.Writer) error {
			w, err := cloud.NewWriter(out, cloud.Header{}, nil)
			if err != nil {
				return err
			}
			if err := mergeRuns(some, w.Write); err != nil {
				return err
			}
			return w.Close()
		})
		if err != nil {
			return err
		}
		for _, path := range some {
			os.Remove(path)
		}
	}
	return mergeRuns(p.runs, each)
}

// mergeRuns reads sorted files side by side.
func mergeRuns(paths []string, each func(*cloud.Resource) error) error {
	h := &heads{}
	defer h.close()
	for i, path := range paths {
		f, err := os.Open(path)
		if err != nil {
			return fmt.Errorf("sorting in the spool: %w", err)
		}
		h.files = append(h.files, f)
		r, err := cloud.NewReader(f)
		if err != nil {
			return fmt.Errorf("sorting in the spool: %w", err)
		}
		h.readers = append(h.readers, r)
		if err := h.pull(r, i); err != nil {
			return err
		}
	}
	var last *cloud.Resource
	for h.Len() > 0 {
		next := heap.Pop(h).(*head)
		if err := h.pull(next.from, next.place); err != nil {
			return err
		}
		if last != nil && order(*last, *next.resource) == 0 {
			combine(last, next.resource)
			continue
		}
		if last != nil {
			if err := each(last); err != nil {
				return err
			}
		}
		last = next.resource
	}
	if last == nil {
		return nil
	}
	return each(last)
}

// head is the next resource of a run.
type head struct {
	resource *cloud.Resource
	from     *cloud.Reader
	place    int
}

// heads is a heap of the next resources of all runs.
type heads struct {
	list    []*head
	readers []*cloud.Reader
	files   []*os.File
}

func (h *heads) Len() int { return len(h.list) }
func (h *heads) Less(i, j int) bool {
	if c := order(*h.list[i].resource, *h.list[j].resource); c != 0 {
		return c < 0
	}
	return h.list[i].place < h.list[j].place
}
func (h *heads) Swap(i, j int) { h.list[i], h.list[j] = h.list[j], h.list[i] }
func (h *heads) Push(x any)    { h.list = append(h.list, x.(*head)) }
func (h *heads) Pop() any {
	last := h.list[len(h.list)-1]
	h.list = h.list[:len(h.list)-1]
	return last
}

func (h *heads) pull(r *cloud.Reader, place int) error {
	next, err := r.Next()
	if err == io.EOF {
		return nil
	}
	if err != nil {
		return fmt.Errorf("sorting in the spool: %w", err)
	}
	heap.Push(h, &head{next, r, place})
	return nil
}

func (h *heads) close() {
	for _, r := range h.readers {
		r.Close()
	}
	for _, f := range h.files {
		f.Close()
	}
}
