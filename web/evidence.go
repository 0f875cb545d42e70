// SPDX-License-Identifier: Apache-2.0

package web

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"demarc.dev/demarc/app"
	"demarc.dev/demarc/problem"
)

// evidenceView is what the page of the log shows.
type evidenceView struct {
	Light          light
	Root           string // of the last checkpoint
	Faults         []string
	Size           int64
	Rows           []app.LogEntry // the newest first
	Key            string
	Earlier, Later string
}

// logRows is how many entries stand on a page.
const logRows = 50

func (s *Server) evidence(v *visit) error {
	size, root, err := s.checkpointOf(v)
	if err != nil {
		return err
	}
	at, err := pageNumber(v)
	if err != nil {
		return err
	}
	view := evidenceView{Size: size, Root: root}
	view.Light, view.Faults = s.integrity(v.Org)
	to := max(0, size-int64(at-1)*logRows)
	from := max(0, to-logRows)
	if view.Rows, err = s.entries(v, from, to); err != nil {
		return err
	}
	if view.Key, err = s.o.App.PublicKey(v, v.Caller); err != nil {
		return err
	}
	if at > 1 {
		view.Earlier = pageAt(v, at-1)
	}
	if from > 0 {
		view.Later = pageAt(v, at+1)
	}
	return s.show(v, page{
		Title: "Evidence", Section: "/evidence",
		What: "The log of everything that was seen, concluded, decided and said: " + number(size) + " entries, each bound to all before it, so that none can be changed unseen.",
		Why:  "What an auditor relies on must be shown to be whole and unchanged since it was recorded.",
		Next: "Verify it now, keep a checkpoint elsewhere, and hand an auditor a pack. Hand the public key over by another way than the pack.",
	}, evidencePage(view))
}

// checkpointOf gives how many entries the last checkpoint binds, and the beginning
// of its digest.
func (s *Server) checkpointOf(v *visit) (size int64, root string, err error) {
	data, err := s.o.App.Checkpoint(v, v.Caller)
	if err != nil {
		return 0, "", err
	}
	lines := strings.Split(string(data), "\n") // origin, size, digest; then the signatures
	if len(lines) < 3 {
		return 0, "", errors.New("reading a checkpoint: it has too few lines")
	}
	if size, err = strconv.ParseInt(lines[1], 10, 64); err != nil {
		return 0, "", fmt.Errorf("reading a checkpoint: %w", err)
	}
	return size, cut(lines[2], 13), nil
}

// entries gives the entries [from, to), the newest first.
func (s *Server) entries(v *visit, from, to int64) ([]app.LogEntry, error) {
	out := make([]app.LogEntry, 0, to-from)
	for e, err := range s.o.App.Log(v, v.Caller, from, to) {
		if err != nil {
			return nil, err
		}
		out = append(out, e)
	}
	for i, j := 0, len(out)-1; i < j; i, j = i+1, j-1 {
		out[i], out[j] = out[j], out[i]
	}
	return out, nil
}

// entryView is what the page of one entry shows.
type entryView struct {
	Entry  app.LogEntry
	Body   string // when it is short and text
	Absent string // why it is not shown
}

func (s *Server) entry(v *visit) error {
	index, err := s.entryIndex(v)
	if err != nil {
		return err
	}
	all, err := s.entries(v, index, index+1)
	if err != nil {
		return err
	}
	if len(all) == 0 {
		return problem.New(problem.NotFound, "The log has no entry "+number(index), "Evidence lists the entries.")
	}
	view := entryView{Entry: all[0]}
	if view.Body, view.Absent, err = s.bodyText(v, index); err != nil {
		return err
	}
	return s.show(v, page{
		Title: "Entry " + number(index), Section: "/evidence",
		What: "An entry of the log: " + view.Entry.Kind + " of " + view.Entry.Object + ", " + moment(view.Entry.Time) + ".",
		Why:  "A record must be found again, attributed, and shown to be what it was.",
		Next: "Download its receipt: it proves offline, with the public key, that this entry stands in the log.",
	}, entryPage(view))
}

// bodyMostShown bounds the body that stands on a page.
const bodyMostShown = 32 << 10

// bodyText reads the beginning of what an entry speaks of, when it can be read
// by people.
func (s *Server) bodyText(v *visit, index int64) (text, absent string, err error) {
	body, err := s.o.App.Body(v, v.Caller, index)
	if problem.Of(err) == problem.NotFound {
		return "", noBody, nil
	}
	if err != nil {
		return "", "", err
	}
	defer body.Close()
	data, err := io.ReadAll(io.LimitReader(body, bodyMostShown+1))
	if err != nil {
		return "", "", err
	}
	switch {
	case len(data) > bodyMostShown:
		return "", "It is too long for a page; download it.", nil
	case !json.Valid(data):
		return "", "It is not JSON; download it.", nil
	}
	var b bytes.Buffer
	if err := json.Indent(&b, data, "", "  "); err != nil {
		return "", "", err
	}
	return b.String(), "", nil
}

// entryIndex gives the number of an entry that the path names.
func (s *Server) entryIndex(v *visit) (int64, error) {
	n, err := strconv.ParseInt(v.r.PathValue("index"), 10, 64)
	if err != nil || n < 0 {
		return 0, problem.New(problem.NotFound, cut(v.r.PathValue("index"), 20)+" is no number of an entry", "Evidence lists the entries.")
	}
	size, err := s.o.App.LogSize(v, v.Caller)
	if err == nil && n >= size {
		err = problem.New(problem.NotFound, "The log has no entry "+number(n), "Evidence lists the entries.")
	}
	return n, err
}

func (s *Server) receipt(v *visit) error {
	index, err := s.entryIndex(v)
	if err != nil {
		return err
	}
	data, err := s.o.App.Receipt(v, v.Caller, index)
	if err != nil {
		return err
	}
	return s.download(v, "entry-"+number0(index)+".receipt", "text/plain; charset=utf-8", bytesTo(data))
}

func (s *Server) body(v *visit) error {
	index, err := s.entryIndex(v)
	if err != nil {
		return err
	}
	body, err := s.o.App.Body(v, v.Caller, index)
	if err != nil {
		return err
	}
	defer body.Close()
	return s.download(v, "entry-"+number0(index)+".body", "application/octet-stream", func(w io.Writer) error { _, err := io.Copy(w, body); return err })
}

func (s *Server) checkpoint(v *visit) error {
	data, err := s.o.App.Checkpoint(v, v.Caller)
	if err != nil {
		return err
	}
	return s.download(v, v.Org+".checkpoint", "text/plain; charset=utf-8", bytesTo(data))
}

func (s *Server) key(v *visit) error {
	key, err := s.o.App.PublicKey(v, v.Caller)
	if err != nil {
		return err
	}
	return s.download(v, v.Org+".key", "text/plain; charset=utf-8", bytesTo([]byte(key+"\n")))
}

// verifyNow looks at the whole log again.
func (s *Server) verifyNow(v *visit) error {
	if err := s.verify(v, v.Caller); err != nil {
		return err
	}
	return v.redirect("/evidence")
}

// pack makes an evidence pack; that it was made stands in the log.
func (s *Server) pack(v *visit) error {
	ask := app.PackAsk{Reason: strings.TrimSpace(v.r.PostFormValue("reason"))}
	name := "evidence-pack-" + s.o.Now().UTC().Format("2006-01-02") + ".zip"
	return s.download(v, name, "application/zip", func(w io.Writer) error { _, err := s.o.App.Pack(v, v.Caller, ask, w); return err })
}

// download sends a file as it is made. What fails before its first byte is a
// page that says so; what fails later breaks the connection off, so that nobody
// takes a part for the whole.
func (s *Server) download(v *visit, name, kind string, fill func(io.Writer) error) error {
	v.attach(name, kind)
	w := &counting{w: v.w}
	err := fill(w)
	if err == nil || w.n == 0 {
		return err
	}
	if v.Err() == nil && !errors.Is(err, http.ErrAbortHandler) {
		s.o.Log.Error("writing a file", "name", name, "error", err)
	}
	panic(http.ErrAbortHandler)
}

// issuePaper sends a paper in the format that the form asks for, one of formats; none
// says what there is not in any other, such as "is no risk register".
func (s *Server) issuePaper(v *visit, none string, formats []string, name string, fill func(format string, w io.Writer) error) error {
	format := v.r.PostFormValue("format")
	if !slices.Contains(formats, format) {
		return problem.New(problem.Invalid, "format: there "+none+" in "+cut(format, 20), "one of: "+strings.Join(formats, ", "))
	}
	return s.download(v, name+"."+format, paperKind(format), func(w io.Writer) error { return fill(format, w) })
}

type counting struct {
	w io.Writer
	n int64
}

func (c *counting) Write(p []byte) (int, error) {
	n, err := c.w.Write(p)
	c.n += int64(n)
	return n, err
}

func bytesTo(data []byte) func(io.Writer) error {
	return func(w io.Writer) error { _, err := w.Write(data); return err }
}

// since says when the log was last looked at.
func since(t time.Time) string {
	if t.IsZero() {
		return "never since the program began"
	}
	return moment(t)
}

// noBody is said of an entry without a body.
const noBody = "It is not kept any more, or the entry speaks of nothing but itself."
