// SPDX-License-Identifier: Apache-2.0

package terraform

import (
	"bytes"
	"fmt"
	"strings"
	"unicode/utf8"
)

// makeIt says how the input is made.
const makeIt = "make it with: terraform show -json plan.out > plan.json"

// sniff names what is often given in place of a plan's JSON.
func sniff(head []byte) error {
	text := bytes.TrimSpace(bytes.TrimPrefix(head, []byte("\xef\xbb\xbf")))
	switch {
	case len(head) == 0:
		return fmt.Errorf("%w: the file is empty; %s", ErrInput, makeIt)
	case len(text) == 0:
		return fmt.Errorf("%w: the file is empty but for spaces and line ends; %s", ErrInput, makeIt)
	case bytes.HasPrefix(text, []byte("PK\x03\x04")):
		return fmt.Errorf("%w: it is the binary plan file; %s", ErrInput, makeIt)
	case bytes.HasPrefix(text, []byte("\x1f\x8b")), bytes.HasPrefix(text, []byte("\x28\xb5\x2f\xfd")):
		return fmt.Errorf("%w: it is compressed; unpack it first", ErrInput)
	case bytes.HasPrefix(head, []byte("\xef\xbb\xbf")), bytes.HasPrefix(text, []byte("\xff\xfe")), bytes.HasPrefix(text, []byte("\xfe\xff")):
		return fmt.Errorf("%w: it is not plain UTF-8 but begins with a byte order mark; %s", ErrInput, makeIt)
	case text[0] == '{':
		return nil
	case binary(text):
		return fmt.Errorf("%w: it is a binary file, not text; %s", ErrInput, makeIt)
	case text[0] == '[':
		return fmt.Errorf("%w: it is a JSON list, and a plan or state is one object {…}; where several plans were put together, give each by itself", ErrInput)
	case text[0] == '"', text[0] == '-', text[0] >= '0' && text[0] <= '9', string(text) == "true", string(text) == "false", string(text) == "null":
		return fmt.Errorf("%w: it is a single value, and a plan or state is one object {…}; %s", ErrInput, makeIt)
	}
	return fmt.Errorf("%w: it is text, such as Terraform's configuration or what a plan prints to people; %s", ErrInput, makeIt)
}

// binary tells whether the beginning of a file is none of a text: it holds
// control characters other than those of layout and colour, or is not UTF-8. A
// character that the end of head cuts through is none.
func binary(head []byte) bool {
	for len(head) > 0 {
		r, size := utf8.DecodeRune(head)
		switch {
		case r == utf8.RuneError && size == 1:
			return utf8.FullRune(head)
		case r < ' ' && !strings.ContainsRune("\t\n\v\f\r\x1b", r):
			return true
		}
		head = head[size:]
	}
	return false
}
