// SPDX-License-Identifier: Apache-2.0

package app

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"time"

	"demarc.dev/demarc/account"
	"demarc.dev/demarc/catalogue"
	"demarc.dev/demarc/problem"
	"demarc.dev/demarc/responsibility"
	"demarc.dev/demarc/store"
)

// MatrixVersion is a matrix as it was once stored, by whom and when, as the log
// tells.
type MatrixVersion struct {
	Entry  int64 // of the log
	At     time.Time
	By     store.Actor
	Matrix responsibility.Matrix
}

// MatrixHistory gives every state of a service's matrix, the oldest first. It
// reads the headers of the whole log, and the bodies of these states.
func (a *App) MatrixHistory(ctx context.Context, c Caller, id string, ed catalogue.Edition) ([]MatrixVersion, error) {
	h, err := a.enter(ctx, c, account.ReadMatrix)
	if err != nil {
		return nil, err
	}
	if !h.sees(id) {
		return nil, problem.New(problem.NotFound, "no service is called "+cutWord(id), "the scope lists them")
	}
	size, err := h.Log().Size(ctx)
	if err != nil {
		return nil, err
	}
	object, names := matrices+"/"+matrixID(id, ed), map[string]store.Actor{}
	var out []MatrixVersion
	for entry, err := range h.Log().Entries(ctx, 0, size) {
		if err != nil {
			return nil, err
		}
		header, err := entry.Header()
		if err != nil {
			return nil, err
		}
		if header.Kind != "matrix.changed" || header.Object != object {
			continue
		}
		l, err := logEntry(ctx, h.Org, entry, names)
		if err != nil {
			return nil, err
		}
		v := MatrixVersion{Entry: entry.Index, At: l.Time, By: l.Person}
		body, err := h.Log().Body(ctx, entry.Index)
		if isNotFound(err) {
			continue // lawfully erased
		}
		if err != nil {
			return nil, err
		}
		data, err := io.ReadAll(body)
		body.Close()
		if err != nil {
			return nil, err
		}
		record := struct {
			Value *responsibility.Matrix `json:"value"`
		}{&v.Matrix}
		if err := json.Unmarshal(data, &record); err != nil {
			return nil, fmt.Errorf("reading entry %d: %w", entry.Index, err)
		}
		out = append(out, v)
	}
	return out, nil
}
