// SPDX-License-Identifier: Apache-2.0

package api

import (
	"bytes"
	"context"
	"io"
	"slices"
	"strconv"
	"time"

	"demarc.dev/demarc/account"
	"demarc.dev/demarc/app"
	"demarc.dev/demarc/problem"
)

const (
	octets    = "application/octet-stream"
	plain     = "text/plain"
	zipped    = "application/zip"
	plainText = plain + "; charset=utf-8"
)

type (
	entriesIn struct {
		Place
		From   int64  `query:"from" minimum:"0" doc:"number of the first entry, when no cursor is sent" example:"0"`
		Cursor string `query:"cursor" maxLength:"20" doc:"next of the page before, unchanged"`
		Limit  int64  `query:"limit" minimum:"1" maximum:"1000" default:"100" doc:"the most items of a page" example:"100"`
	}
	entryIn struct {
		Place
		Index int64 `path:"index" minimum:"0" doc:"number of an entry, from 0" example:"0"`
	}
	packIn struct {
		Place
		Body struct {
			From   int64  `json:"from,omitempty" minimum:"0" doc:"number of the first entry"`
			To     int64  `json:"to,omitempty" minimum:"0" doc:"number of the entry after the last; 0: to the end"`
			Reason string `json:"reason,omitempty" maxLength:"160" doc:"an id such as audit/2026" example:"audit/2026"`
		}
	}
	snapshotIn struct {
		Place
		Snapshot string `path:"snapshot" maxLength:"20" doc:"id of a snapshot" example:"s1"`
	}
	takeIn struct {
		Place
		Upload
		Name string `query:"name" maxLength:"100" doc:"of what was looked at, where one account has several plans"`
	}
)

// entryPage is a page of the log.
type entryPage struct {
	Size  int64          `json:"size" doc:"entries of the whole log"`
	Items []app.LogEntry `json:"items" nullable:"false"`
	Next  string         `json:"next,omitempty" doc:"cursor of the next page; absent at the end"`
}

// verified is what a look at the whole log found.
type verified struct {
	Whole   bool     `json:"whole"`
	Entries int64    `json:"entries"`
	Records int64    `json:"records"`
	Faults  []string `json:"faults,omitempty" nullable:"false"`
}

// snapshot is the record of what was seen, without its resources.
type snapshot = app.Snapshot

func (s *server) evidenceCalls() []call {
	a := s.o.App
	const tag = "evidence"
	return []call{
		{id: "listEntries", method: get, path: "/evidence", tag: tag, need: account.ReadEvidence, says: "Entries of the log, the oldest first",
			more: "What happened, when, to what, and by whom: the pseudonym that stands in the log, and the person that it stands for while that is not forgotten.", register: handle(s, s.entries)},
		{id: "getEntry", method: get, path: "/evidence/{index}", tag: tag, need: account.ReadEvidence, says: "One entry", more: "An entry of the log by its number.", register: handle(s, s.entry)},
		{id: "getReceipt", method: get, path: "/evidence/{index}/receipt", tag: tag, need: account.ReadEvidence, says: "The proof that an entry stands in the log", gives: []string{plain},
			more: "A receipt verifies offline with the public key (demarc evidence verify).",
			register: handleFile(s, func(ctx context.Context, c app.Caller, in *entryIn) (file, error) {
				if err := s.there(ctx, c, in.Index); err != nil {
					return file{}, err
				}
				data, err := a.Receipt(ctx, c, in.Index)
				return text(c.Org+"-entry-"+strconv.FormatInt(in.Index, 10)+".receipt", data), err
			})},
		{id: "getBody", method: get, path: "/evidence/{index}/body", tag: tag, need: account.ReadEvidence, says: "What an entry speaks of", gives: []string{octets},
			more: "The bytes whose digest stands in the entry, streamed; 404 when they were lawfully erased. A body that was changed breaks the transfer off.",
			register: handleFile(s, func(ctx context.Context, c app.Caller, in *entryIn) (file, error) {
				if err := s.there(ctx, c, in.Index); err != nil {
					return file{}, err
				}
				body, err := a.Body(ctx, c, in.Index)
				return file{c.Org + "-entry-" + strconv.FormatInt(in.Index, 10) + ".body", octets, body}, err
			})},
		{id: "getCheckpoint", method: get, path: "/evidence/checkpoint", tag: tag, need: account.ReadOrganisation, says: "The signed head of the log", gives: []string{plain},
			more: "Keep one elsewhere: a log that was cut or changed cannot continue it.",
			register: handleFile(s, func(ctx context.Context, c app.Caller, _ *placed) (file, error) {
				data, err := a.Checkpoint(ctx, c)
				return text(c.Org+".checkpoint", data), err
			})},
		{id: "getKey", method: get, path: "/evidence/key", tag: tag, need: account.ReadOrganisation, says: "The public key of the log", gives: []string{plain},
			more: "Hand it to an auditor by another way than the pack that it verifies.",
			register: handleFile(s, func(ctx context.Context, c app.Caller, _ *placed) (file, error) {
				key, err := a.PublicKey(ctx, c)
				return text(c.Org+".key", []byte(key+"\n")), err
			})},
		{id: "verifyLog", method: post, path: "/evidence/verify", tag: tag, need: account.VerifyEvidence, says: "Check every entry, record and blob", more: "Reads all that the organisation has, and tells every fault. It may take minutes.", register: handle(s, s.verify)},
		{id: "makePack", method: post, path: "/evidence/pack", tag: tag, need: account.PackEvidence, says: "Make a sealed pack of entries", gives: []string{zipped},
			more:    "A zip with the entries, their bodies and the proofs, which verifies offline (demarc evidence verify). That it was made stands in the log.",
			example: map[string]any{"reason": "audit/2026"},
			register: handleFile(s, func(ctx context.Context, c app.Caller, in *packIn) (file, error) {
				return s.spool(c.Org+"-evidence-"+s.o.Now().UTC().Format(time.DateOnly)+".zip", zipped, func(w io.Writer) error {
					_, err := a.Pack(ctx, c, app.PackAsk{From: in.Body.From, To: in.Body.To, Reason: in.Body.Reason}, w)
					return err
				})
			})},

		{id: "listSnapshots", method: get, path: "/collect", tag: "collect", need: account.ReadAssessment, says: "What was seen, the newest first",
			more: "One snapshot for each time that an account or a plan was read, with what could not be read and why. It never changes.",
			register: handle(s, func(ctx context.Context, c app.Caller, in *listIn) (Page[snapshot], error) {
				all, err := a.Snapshots(ctx, c)
				if err != nil {
					return Page[snapshot]{}, err
				}
				slices.Reverse(all)
				return paged(all, in.InPage, func(x snapshot) string { return x.ID })
			})},
		{id: "getSnapshot", method: get, path: "/collect/{snapshot}", tag: "collect", need: account.ReadSnapshot, says: "One snapshot",
			more: "When it was taken, of which accounts and regions, with how many resources, and every scope that could not be read with the reason.",
			register: handle(s, func(ctx context.Context, c app.Caller, in *snapshotIn) (snapshot, error) {
				return a.Snapshot(ctx, c, in.Snapshot)
			})},
		{id: "takeSnapshot", method: post, path: "/collect", tag: "collect", need: account.TakeSnapshot, says: "Take a snapshot file in", most: uploadMost, takes: []string{octets, "application/zstd"},
			more: "The file that demarc collect writes, streamed, at most 4 GiB. It is taken in whole or not at all; one that was taken before is not taken again and given back as it is.",
			register: handle(s, func(ctx context.Context, c app.Caller, in *takeIn) (snapshot, error) {
				x, _, err := a.TakeNamed(ctx, c, "api.snapshot", in.Name, in.from)
				return x, err
			})},
	}
}

// uploadMost bounds a snapshot file.
const uploadMost = 4 << 30

func text(name string, data []byte) file {
	return file{name, plainText, io.NopCloser(bytes.NewReader(data))}
}

// there tells whether the log has an entry.
func (s *server) there(ctx context.Context, c app.Caller, index int64) error {
	size, err := s.o.App.LogSize(ctx, c)
	if err == nil && (index < 0 || index >= size) {
		err = problem.New(problem.NotFound, "the log has no such entry", "the list of entries tells its size")
	}
	return err
}

func (s *server) entries(ctx context.Context, c app.Caller, in *entriesIn) (entryPage, error) {
	from := in.From
	if in.Cursor != "" {
		n, err := strconv.ParseInt(in.Cursor, 10, 64)
		if err != nil || n < 0 {
			return entryPage{}, errCursor()
		}
		from = n
	}
	size, err := s.o.App.LogSize(ctx, c)
	if err != nil {
		return entryPage{}, err
	}
	page := entryPage{Size: size, Items: []app.LogEntry{}}
	if from >= size {
		return page, nil
	}
	to := min(size, from+in.Limit)
	for e, err := range s.o.App.Log(ctx, c, from, to) {
		if err != nil {
			return entryPage{}, err
		}
		page.Items = append(page.Items, e)
	}
	if to < size {
		page.Next = strconv.FormatInt(to, 10)
	}
	return page, nil
}

func (s *server) entry(ctx context.Context, c app.Caller, in *entryIn) (app.LogEntry, error) {
	if err := s.there(ctx, c, in.Index); err != nil {
		return app.LogEntry{}, err
	}
	for e, err := range s.o.App.Log(ctx, c, in.Index, in.Index+1) {
		return e, err
	}
	return app.LogEntry{}, problem.New(problem.NotFound, "the log has no such entry", "the list of entries tells its size")
}

func (s *server) verify(ctx context.Context, c app.Caller, _ *placed) (verified, error) {
	v, err := s.o.App.VerifyLog(ctx, c)
	if err != nil {
		return verified{}, err
	}
	out := verified{Whole: v.Err() == nil, Entries: v.Size, Records: v.Records}
	for _, f := range v.Faults {
		out.Faults = append(out.Faults, f.Part+": "+f.What)
	}
	return out, nil
}
