// SPDX-License-Identifier: Apache-2.0

package app

import (
	"context"
	"crypto/sha256"
	"errors"
	"io"
	"slices"

	"demarc.dev/demarc/cloud"
)

// resourceIndex finds resources of a snapshot by their ids. It holds twenty
// bytes a resource in memory, and the resources in a file that no name leads to.
// It never changes, and is safe for concurrent use.
type resourceIndex struct {
	print  []fingerprint // of kind and id
	prints printIndex
	lines  *lineFile
}

func resourcePrint(kind cloud.Kind, id string) fingerprint {
	sum := sha256.Sum256([]byte(string(kind) + "\x00" + id))
	return fingerprint(sum[:])
}

// newResourceIndex goes through a snapshot.
func newResourceIndex(ctx context.Context, in io.Reader) (_ *resourceIndex, err error) {
	r, err := cloud.NewReader(in)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	x := &resourceIndex{lines: &lineFile{}}
	if x.lines.f, err = nameless(); err != nil {
		return nil, err
	}
	var line []byte
	for {
		res, err := r.Next()
		if err == io.EOF {
			break
		}
		if err == nil {
			err = ctx.Err()
		}
		if err == nil {
			x.print = append(x.print, resourcePrint(res.Kind, res.ID))
			line = append(append(line[:0], r.Line()...), '\n')
			err = x.lines.add(line)
		}
		if err != nil {
			return nil, errors.Join(err, x.lines.close())
		}
	}
	if err := x.lines.flush(); err != nil {
		return nil, errors.Join(err, x.lines.close())
	}
	x.print, x.prints = slices.Clip(x.print), newPrintIndex(x.print)
	return x, nil
}

// find gives the resource; nil when the snapshot has none.
func (x *resourceIndex) find(kind cloud.Kind, id string) (*cloud.Resource, error) {
	sought := resourcePrint(kind, id)
	for _, place := range x.prints.near(sought) {
		if x.print[place] != sought {
			continue
		}
		line, err := x.lines.reader().line(place)
		if err != nil {
			return nil, err
		}
		return cloud.DecodeLine(line[:len(line)-1])
	}
	return nil, nil
}

func (x *resourceIndex) bytes() int64 { return int64(len(x.print))*22 + 1<<16 }

// sight gives the index of a snapshot of the organisation.
func (a *App) sight(ctx context.Context, h *hall, s Snapshot) (*resourceIndex, error) {
	return a.sights.get(ctx, h.ID()+"/"+s.SHA256, func(ctx context.Context) (*resourceIndex, error) {
		f, err := openBody(h.Org, Body{SHA256: s.SHA256})
		if err != nil {
			return nil, err
		}
		defer f.Close()
		x, err := newResourceIndex(ctx, f)
		if err != nil {
			return nil, damage(f, err)
		}
		return x, nil
	})
}
