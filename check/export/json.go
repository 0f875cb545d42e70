// SPDX-License-Identifier: Apache-2.0

package export

import (
	"encoding/json"
	"fmt"

	"demarc.dev/demarc/check"
)

// line writes a value as one line of JSON.
func (b *base) line(v any) error {
	e := json.NewEncoder(b.out)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return fmt.Errorf("writing a finding as JSON: %w", err)
	}
	return nil
}

// linesWriter writes one finding a line.
type linesWriter struct{ *base }

// Write is part of Writer.
func (w *linesWriter) Write(f check.Finding) error { return w.line(f) }

// Close is part of Writer.
func (w *linesWriter) Close() error { return w.out.Flush() }

// arrayWriter writes one array, an element a line.
type arrayWriter struct {
	*base
	begun bool
}

// Write is part of Writer.
func (w *arrayWriter) Write(f check.Finding) error {
	separator := ","
	if !w.begun {
		separator, w.begun = "[", true
	}
	if _, err := w.out.WriteString(separator); err != nil {
		return err
	}
	return w.line(f)
}

// Close is part of Writer.
func (w *arrayWriter) Close() error {
	end := "]\n"
	if !w.begun {
		end = "[]\n"
	}
	if _, err := w.out.WriteString(end); err != nil {
		return err
	}
	return w.out.Flush()
}
