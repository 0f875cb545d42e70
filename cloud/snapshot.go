// SPDX-License-Identifier: Apache-2.0

package cloud

import (
	"cmp"
	"errors"
	"io"
	"iter"
	"slices"
	"strings"
)

// Format is the version of the snapshot file. Older ones are read, newer ones
// are refused.
const Format = 1

// Snapshot is a snapshot held in memory.
type Snapshot struct {
	Header    Header
	Gaps      []ScopeGap
	Resources []Resource
}

// Source gives the resources as they stand, which should be in canonical order.
// What it gives points into the snapshot.
func (s *Snapshot) Source() Source {
	return func() iter.Seq2[*Resource, error] {
		return func(yield func(*Resource, error) bool) {
			for i := range s.Resources {
				if !yield(&s.Resources[i], nil) {
					return
				}
			}
		}
	}
}

// Encode writes the snapshot, sorting its resources first.
func (s *Snapshot) Encode(out io.Writer) error {
	Sort(s.Resources)
	w, err := NewWriter(out, s.Header, s.Gaps)
	if err != nil {
		return err
	}
	for i := range s.Resources {
		if err := w.Write(&s.Resources[i]); err != nil {
			return errors.Join(err, w.abort())
		}
	}
	return w.Close()
}

// Decode reads a whole snapshot into memory. For a large one use a Reader.
func Decode(in io.Reader) (*Snapshot, error) {
	r, err := NewReader(in)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	s := &Snapshot{Header: r.Header(), Gaps: r.Gaps()}
	for {
		switch next, err := r.Next(); {
		case err == io.EOF:
			return s, nil
		case err != nil:
			return nil, err
		default:
			s.Resources = append(s.Resources, *next)
		}
	}
}

// Sort puts the resources in canonical order.
func Sort(resources []Resource) {
	slices.SortFunc(resources, func(a, b Resource) int { return compare(&a, &b) })
}

func compare(a, b *Resource) int {
	return cmp.Or(strings.Compare(string(a.Kind), string(b.Kind)), strings.Compare(a.ID, b.ID))
}
