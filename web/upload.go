// SPDX-License-Identifier: Apache-2.0

package web

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"net/url"
	"os"
	"path"
	"strings"
	"time"
	"unicode/utf8"

	"demarc.dev/demarc/problem"
)

// The most that a file may have that is uploaded. A page says it beside the form.
const (
	paperMost = 4 << 20 // bytes of a matrix or a statement
	stateMost = 1 << 30 // bytes of a snapshot, a plan or a state
)

const (
	uploadTime  = 20 * time.Minute // to send it in
	fieldMost   = 4 << 10          // bytes of a field beside the file
	fieldsMost  = 20
	partsMargin = 64 << 10 // bytes of a request that are not the file's
)

// bodyKey is where the context keeps the body of a request without the bound
// that holds for forms.
type bodyKey struct{}

// withBody keeps a body for the pages that take files, which set their own bound.
func withBody(r *http.Request) *http.Request {
	return r.WithContext(context.WithValue(r.Context(), bodyKey{}, r.Body))
}

// upload is a file of a form. It lies on the disk under no name, and is gone when
// it is closed or the program ends.
type upload struct {
	*os.File
	Name   string // what the sender calls it, without its folders
	Head   []byte // its first bytes
	Fields url.Values
}

// receive takes the file of a form in, of at most most bytes. The caller closes
// it. What sniff refuses by its first bytes is not read on.
func (v *visit) receive(most int64, sniff func(head []byte) error) (*upload, error) {
	u, err := v.receiveForm(most, sniff)
	if err == nil && u.File == nil {
		err = problem.New(problem.Usage, "No file was sent", "Choose a file and send the form again.")
	}
	return u, err
}

// receiveForm takes a form in whose file may be missing: File is nil then.
func (v *visit) receiveForm(most int64, sniff func(head []byte) error) (*upload, error) {
	if v.r.ContentLength > most+partsMargin {
		return nil, tooLarge(most)
	}
	// Without a connection, as in a test, there is no deadline to set.
	if err := http.NewResponseController(v.w).SetReadDeadline(time.Now().Add(uploadTime)); err != nil && !errors.Is(err, http.ErrNotSupported) {
		return nil, fmt.Errorf("preparing to receive a file: %w", err)
	}
	parts, err := v.parts(most)
	if err != nil {
		return nil, err
	}
	u := &upload{Fields: url.Values{}}
	for {
		part, err := parts.NextPart()
		if errors.Is(err, io.EOF) {
			break
		}
		if err == nil {
			err = u.part(part, most, sniff)
		}
		if err != nil {
			u.Close()
			return nil, uploadProblem(err, most)
		}
	}
	return u, nil
}

// Close forgets the file.
func (u *upload) Close() error {
	if u.File == nil {
		return nil
	}
	return u.File.Close()
}

// parts reads the body as the parts of a form.
func (v *visit) parts(most int64) (*multipart.Reader, error) {
	body, ok := v.Value(bodyKey{}).(io.ReadCloser)
	if !ok {
		body = v.r.Body
	}
	kind, params, err := mime.ParseMediaType(v.r.Header.Get("Content-Type"))
	if err != nil || kind != "multipart/form-data" || params["boundary"] == "" {
		return nil, problem.New(problem.Usage, "No file was sent", "Choose a file and send the form of the page.")
	}
	return multipart.NewReader(http.MaxBytesReader(v.w, body, most+partsMargin), params["boundary"]), nil
}

// part takes one part in: a field, or the file.
func (u *upload) part(p *multipart.Part, most int64, sniff func([]byte) error) error {
	if p.FileName() == "" && p.FormName() != "file" {
		data, err := io.ReadAll(io.LimitReader(p, fieldMost+1))
		if err == nil && (len(data) > fieldMost || len(u.Fields) >= fieldsMost) {
			err = problem.New(problem.Usage, "The field "+cut(p.FormName(), 20)+" is too long, or one too many", "Send the form of the page.")
		}
		u.Fields.Add(p.FormName(), string(data))
		return err
	}
	if u.File != nil {
		return problem.New(problem.Usage, "Two files were sent", "Send one at a time.")
	}
	in := bufio.NewReaderSize(p, 64<<10)
	head, err := in.Peek(512)
	if err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	if u.Name = baseName(p.FileName()); len(head) == 0 {
		if p.FileName() == "" {
			return nil // none was chosen
		}
		return problem.New(problem.Invalid, u.Name+" is empty", "Look whether it was written to its end, and send it again.")
	}
	if err := sniff(head); err != nil {
		return err
	}
	u.Head = bytes.Clone(head)
	if u.File, err = nameless(); err != nil {
		return err
	}
	n, err := io.Copy(u.File, io.LimitReader(in, most+1))
	if err == nil && n > most {
		err = tooLarge(most)
	}
	if err == nil {
		_, err = u.Seek(0, io.SeekStart)
	}
	return err
}

// nameless makes a file that is gone when it is closed or the program ends.
func nameless() (*os.File, error) {
	f, err := os.CreateTemp("", "demarc-upload-*")
	if err != nil {
		return nil, fmt.Errorf("receiving a file: %w", err)
	}
	if err := os.Remove(f.Name()); err != nil {
		return nil, errors.Join(fmt.Errorf("receiving a file: %w", err), f.Close())
	}
	return f, nil
}

// baseName gives what a file is called, without the folders that some browsers
// name, and without what could not stand in a line.
func baseName(name string) string {
	name = path.Base(strings.ReplaceAll(name, `\`, "/"))
	name = strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f || r == utf8.RuneError {
			return -1
		}
		return r
	}, name)
	if name = cut(name, 100); name == "" || name == "." || name == "/" {
		return "the file"
	}
	return name
}

func tooLarge(most int64) error {
	return problem.New(problem.Invalid, "The file is too large: the most is "+size(most), "Take it in with the command line, which has no such bound, or send a smaller one.")
}

// size writes a number of bytes.
func size(n int64) string {
	if n >= 1<<30 {
		return number(n>>30) + " GiB"
	}
	return number(n>>20) + " MiB"
}

// uploadProblem tells why a file did not come whole.
func uploadProblem(err error, most int64) error {
	var large *http.MaxBytesError
	switch {
	case problem.Of(err) != problem.Internal:
		return err
	case errors.As(err, &large):
		return tooLarge(most)
	case errors.Is(err, os.ErrDeadlineExceeded):
		return problem.New(problem.Unavailable, "The file did not come in time", "Send it again over a faster line, or take it in with the command line.").Wrap(err)
	case errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, io.EOF), strings.HasPrefix(err.Error(), "multipart:"):
		return problem.New(problem.Usage, "The file did not come whole", "Send it again.").Wrap(err)
	}
	return err
}

// kindOf says what a file is, by its first bytes; empty when it is text, or
// nothing that is known.
func kindOf(head []byte) string {
	for _, k := range []struct{ begins, is string }{
		{"PK\x03\x04", "a ZIP archive, such as a workbook or a document"}, {"PK\x05\x06", "an empty ZIP archive"}, {"\x28\xb5\x2f\xfd", "compressed with zstd, such as a snapshot"},
		{"\x1f\x8b", "compressed with gzip"}, {"BZh", "compressed with bzip2"}, {"\xfd7zXZ", "compressed with xz"}, {"7z\xbc\xaf", "a 7z archive"}, {"Rar!", "a RAR archive"},
		{"%PDF", "a PDF"}, {"\x89PNG", "a picture"}, {"\xff\xd8\xff", "a picture"}, {"GIF8", "a picture"}, {"\xd0\xcf\x11\xe0", "a document of an old office program"},
		{"\x7fELF", "a program"}, {"MZ", "a program"}, {"SQLite format 3", "a database"},
	} {
		if bytes.HasPrefix(head, []byte(k.begins)) {
			return k.is
		}
	}
	text := bytes.TrimLeft(bytes.TrimPrefix(head, []byte("\xef\xbb\xbf")), " \t\r\n")
	switch {
	case bytes.HasPrefix(text, []byte("<")):
		return "a page or a picture in HTML, XML or SVG"
	case bytes.IndexByte(head, 0) >= 0:
		return "no text"
	}
	return ""
}
