// SPDX-License-Identifier: Apache-2.0

package aws

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"demarc.dev/demarc/cloud"
)

// spoolFormat changes when units written by an older version must not be used.
const spoolFormat = 1

// stale is how old a broken run may be to be continued: what is older is no
// longer the same moment.
const stale = 24 * time.Hour

// spool is the directory of one run.
type spool struct {
	dir     string
	own     string // a temporary directory to remove with it, or ""
	lock    io.Closer
	started time.Time
	write   sync.Mutex // one compressor at a time: memory
}

// parameters are what must be the same for units to be used again.
type parameters struct {
	Format   int       `json:"format"`
	Tool     string    `json:"tool"`
	Caller   string    `json:"caller"`
	Role     string    `json:"role"`
	Endpoint string    `json:"endpoint"`
	Accounts []string  `json:"accounts"`
	Regions  []string  `json:"regions"`
	Services []string  `json:"services"`
	Started  time.Time `json:"started"`
}

// openSpool finds the run with these parameters, or begins it.
func openSpool(o *Options, p parameters) (*spool, error) {
	s := &spool{}
	dir := o.Spool
	if dir == "" {
		temporary, err := os.MkdirTemp("", "demarc-spool-")
		if err != nil {
			return nil, fmt.Errorf("making a temporary spool: %w", err)
		}
		dir, s.own = temporary, temporary
	}
	p.Started = time.Time{}
	text, err := json.Marshal(p)
	if err != nil {
		return nil, err
	}
	sum := sha256.Sum256(text)
	s.dir = filepath.Join(dir, hex.EncodeToString(sum[:8]))
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("making the spool: %w", err)
	}
	if s.lock, err = takeLock(s.dir + ".lock"); err != nil {
		return nil, err
	}
	if err := s.start(p, o.Now().UTC()); err != nil {
		return nil, errors.Join(err, s.lock.Close())
	}
	return s, nil
}

// start takes up the run that was broken off, or empties the place for a new one.
func (s *spool) start(p parameters, now time.Time) error {
	s.started = now
	if then, ok := s.begun(); ok && s.started.Sub(then) < stale {
		s.started = then
		return nil
	}
	if err := os.RemoveAll(s.dir); err != nil {
		return fmt.Errorf("emptying the spool: %w", err)
	}
	if err := os.MkdirAll(s.dir, 0o700); err != nil {
		return fmt.Errorf("making the spool: %w", err)
	}
	p.Started = s.started
	text, err := json.MarshalIndent(p, "", "  ")
	if err != nil {
		return err
	}
	return s.put("run.json", func(w io.Writer) error { _, err := w.Write(text); return err })
}

func (s *spool) begun() (time.Time, bool) {
	text, err := os.ReadFile(filepath.Join(s.dir, "run.json"))
	var p parameters
	if err != nil || json.Unmarshal(text, &p) != nil || p.Started.IsZero() {
		return time.Time{}, false
	}
	return p.Started, true
}

// put writes a file that is there whole or not at all.
func (s *spool) put(name string, write func(io.Writer) error) error {
	s.write.Lock()
	defer s.write.Unlock()
	f, err := os.CreateTemp(s.dir, ".new-")
	if err != nil {
		return fmt.Errorf("writing the spool: %w", err)
	}
	err = write(f)
	if err == nil {
		err = f.Sync()
	}
	err = errors.Join(err, f.Close())
	if err == nil {
		err = os.Rename(f.Name(), filepath.Join(s.dir, name))
	}
	if err != nil {
		os.Remove(f.Name())
		return fmt.Errorf("writing the spool: %w", err)
	}
	return nil
}

// begin removes what an unfinished attempt at the unit has left.
func (s *spool) begin(u *unit) error {
	left, err := filepath.Glob(filepath.Join(s.dir, u.name()+".*.part"))
	if err != nil {
		return err
	}
	for _, f := range left {
		if err := os.Remove(f); err != nil {
			return fmt.Errorf("emptying the spool: %w", err)
		}
	}
	return nil
}

func (s *spool) part(u *unit, n int, resources []cloud.Resource) error {
	snapshot := cloud.Snapshot{Header: s.header(u), Resources: unite(resources)}
	return s.put(fmt.Sprintf("%s.%04d.part", u.name(), n), snapshot.Encode)
}

func (s *spool) finish(u *unit) error {
	h := s.header(u)
	h.Calls, h.Repeated, h.Lost = u.counters.get()
	u.note("parts", "", map[string]any{"parts": int64(u.parts), "resources": u.seenAll})
	snapshot := cloud.Snapshot{Header: h, Gaps: u.gaps, Resources: unite(append(u.notes, u.pending...))}
	return s.put(u.name()+".unit", snapshot.Encode)
}

func (s *spool) header(u *unit) cloud.Header {
	return cloud.Header{Provider: "aws", Source: "live", Accounts: []cloud.Account{{ID: u.account}}, Regions: []string{u.region},
		Services: []string{u.service.name}, Started: s.started, Ended: s.started}
}

// summary is what a finished unit says of itself.
type summary struct {
	header cloud.Header
	gaps   []cloud.ScopeGap
	notes  []*cloud.Resource
	files  []string // with resources
	count  int64
	lost   bool // another attempt may tell more
}

// again tells whether what could not be read may be read a little later. What
// is denied, not enabled or not supported will be so again.
func again(r cloud.Reason) bool {
	return r == cloud.Throttled || r == cloud.Timeout || r == cloud.Unavailable
}

// note sees whether a resource lacks what another attempt may tell.
func (s *summary) note(r *cloud.Resource) {
	for _, g := range r.Gaps {
		s.lost = s.lost || again(g.Reason)
	}
}

// read gives the summary of a unit that is whole, and false for one that must
// be asked. With verify it reads every byte.
func (s *spool) read(unit string, verify bool) (*summary, bool) {
	path := filepath.Join(s.dir, unit+".unit")
	sum := &summary{}
	parts := int64(-1)
	more := false
	err := walk(path, func(h cloud.Header, gaps []cloud.ScopeGap) {
		sum.header, sum.gaps = h, gaps
		sum.lost = h.Lost > 0 || slices.ContainsFunc(gaps, func(g cloud.ScopeGap) bool { return again(g.Reason) })
	}, func(r *cloud.Resource) bool {
		sum.note(r)
		switch {
		case r.Kind != noteKind:
			more = true
		case r.Native == "parts":
			parts, _ = r.Attributes["parts"].(int64)
			sum.count, _ = r.Attributes["resources"].(int64)
		default:
			sum.notes = append(sum.notes, r)
		}
		return verify || !more
	})
	if err != nil || parts < 0 {
		return nil, false
	}
	for n := range parts {
		file := filepath.Join(s.dir, fmt.Sprintf("%s.%04d.part", unit, n+1))
		if verify {
			if err := walk(file, nil, func(r *cloud.Resource) bool { sum.note(r); return true }); err != nil {
				return nil, false
			}
		}
		sum.files = append(sum.files, file)
	}
	if more {
		sum.files = append(sum.files, path)
	}
	return sum, true
}

// walk reads a file of the spool until each says false.
func walk(path string, head func(cloud.Header, []cloud.ScopeGap), each func(*cloud.Resource) bool) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	r, err := cloud.NewReader(f)
	if err != nil {
		return err
	}
	defer r.Close()
	if head != nil {
		head(r.Header(), r.Gaps())
	}
	for {
		next, err := r.Next()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		if !each(next) {
			return nil
		}
	}
}

// leave lets another run have the spool, with all that is in it.
func (s *spool) leave() error {
	err := s.lock.Close()
	if s.own != "" {
		err = errors.Join(err, os.RemoveAll(s.own))
	}
	return err
}

// remove ends the run.
func (s *spool) remove() error {
	err := errors.Join(os.RemoveAll(s.dir), s.lock.Close())
	if s.own != "" {
		err = errors.Join(err, os.RemoveAll(s.own))
	}
	return err
}

// unite sorts resources and makes one of those that tell of the same thing.
func unite(resources []cloud.Resource) []cloud.Resource {
	slices.SortStableFunc(resources, order)
	out := resources[:0]
	for i := range resources {
		if last := len(out) - 1; last >= 0 && order(out[last], resources[i]) == 0 {
			combine(&out[last], &resources[i])
			continue
		}
		out = append(out, resources[i])
	}
	return out
}

func order(a, b cloud.Resource) int {
	if c := strings.Compare(string(a.Kind), string(b.Kind)); c != 0 {
		return c
	}
	return strings.Compare(a.ID, b.ID)
}
