// SPDX-License-Identifier: Apache-2.0

package assess

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"demarc.dev/demarc/problem"
)

// seal sets the digest.
func (a *Assessment) seal() error {
	a.Digest = ""
	data, err := canonical(a)
	if err != nil {
		return err
	}
	a.Digest = digest(data)
	return nil
}

func digest(data []byte) string {
	sum := sha256.Sum256(data)
	return "sha256:" + hex.EncodeToString(sum[:])
}

// canonical gives the JSON of an assessment: one line, fields in the order of
// the type, maps by key.
func canonical(a *Assessment) ([]byte, error) {
	var out bytes.Buffer
	e := json.NewEncoder(&out)
	e.SetEscapeHTML(false)
	if err := e.Encode(a); err != nil {
		return nil, fmt.Errorf("writing the assessment as JSON: %w", err)
	}
	return out.Bytes(), nil
}

// Encode gives the canonical JSON, of one line. The same assessment gives the
// same bytes.
func Encode(a *Assessment) ([]byte, error) { return canonical(a) }

// Decode reads what Encode wrote. It refuses a newer format and what is no
// assessment (problem.Invalid), and one whose digest does not fit
// (problem.Integrity). It is safe for foreign input.
func Decode(data []byte) (*Assessment, error) {
	if err := refuseFormat(data); err != nil {
		return nil, err
	}
	var a Assessment
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields()
	if err := d.Decode(&a); err != nil {
		return nil, problem.New(problem.Invalid, "the JSON of the assessment cannot be read: "+jsonFault(err), "give a file that demarc assess wrote").Wrap(err)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, problem.New(problem.Invalid, "something follows the JSON of the assessment", "give a file that demarc assess wrote")
	}
	said := a.Digest
	if unsealed(data, said) == said {
		return &a, nil
	}
	if err := a.seal(); err != nil { // it may be spelt in another way
		return nil, err
	}
	if a.Digest != said {
		return nil, problem.New(problem.Integrity, fmt.Sprintf("the assessment was changed: its digest is %s, and it says %s", a.Digest, shorten(said, 80)), "take it anew from where it was written, or assess again")
	}
	return &a, nil
}

// refuseFormat refuses what is no assessment, or one of a newer format. An
// assessment that Encode wrote names its format first, and is not read twice.
func refuseFormat(data []byte) error {
	var head struct {
		Format int `json:"format"`
	}
	if rest, ok := bytes.CutPrefix(data, fmt.Appendf(nil, `{"format":%d,`, Format)); ok && len(rest) > 0 {
		return nil
	}
	if err := json.Unmarshal(data, &head); err != nil {
		return problem.New(problem.Invalid, "this is not the JSON of an assessment", "give a file that demarc assess wrote").Wrap(err)
	}
	switch {
	case head.Format > Format:
		return problem.New(problem.Invalid, fmt.Sprintf("the assessment is of format %d; this Demarc reads up to %d", head.Format, Format), "read it with a newer Demarc")
	case head.Format < 1:
		return problem.New(problem.Invalid, "this is not the JSON of an assessment: it names no format", "give a file that demarc assess wrote")
	}
	return nil
}

// unsealed gives the digest of what Encode wrote, taken of its bytes: what they
// would be with the digest left empty.
func unsealed(data []byte, digest string) string {
	at := bytes.Index(data, []byte(`"`+digest+`"`))
	if at < 0 {
		return ""
	}
	sum := sha256.New()
	sum.Write(data[:at+1])
	sum.Write(data[at+1+len(digest):])
	return "sha256:" + hex.EncodeToString(sum.Sum(nil))
}

// jsonFault gives the library's words where they name a place, without what is
// only for developers.
func jsonFault(err error) string {
	var kind *json.UnmarshalTypeError
	if errors.As(err, &kind) {
		return fmt.Sprintf("field %s, at byte %d, is of the wrong type", kind.Field, kind.Offset)
	}
	return shorten(err.Error(), messageKept)
}
