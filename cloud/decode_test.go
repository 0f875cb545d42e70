// SPDX-License-Identifier: Apache-2.0

package cloud

import (
	"bytes"
	"strings"
	"testing"
)

// FuzzLine reads the line of a resource, without the compression around it: what
// is read is written and read again as the same bytes.
func FuzzLine(f *testing.F) {
	const rest = `,"seen":{"at":"2026-09-01T08:00:00Z","call":"look","request":"1"}}}`
	f.Add([]byte(`{"resource":{"id":"a","kind":"disk","native":"n","provider":"aws","source":"live","tags":{"a":"b"},"attributes":{"created":"2026-09-01T08:00:00.5+02:00","encrypted":true},"gaps":{"attached":{"reason":"denied","call":"c","detail":"d"}},"links":[{"relation":"r","target":"t"}],"raw":{"x":[1,2.5]}` + rest))
	f.Add([]byte(`{"resource":{"id":"\u00e9\ud83d\ude00","kind":"firewall","native":"n","provider":"aws","source":"live","attributes":{"rules":[{"allow":true,"direction":"in","from_port":1,"internet":false,"protocol":"tcp","sources":["a","b"],"to_port":2}]}` + rest))
	f.Add([]byte(`{"resource":{"id":"x","kind":"moon","native":"n","provider":"aws","source":"live","attributes":{"a":-1e400,"b":9007199254740993,"c":[{"d":null}]}` + rest))
	f.Add([]byte(`{"resource":{"id":"x","kind":"role","native":"n","provider":"aws","source":"live","attributes":{"trusted_by":["b","a"]}` + rest))
	f.Fuzz(func(t *testing.T, line []byte) {
		if bytes.IndexByte(line, '\n') >= 0 {
			return // lines hold none
		}
		d := &decoder{}
		r, err := d.decode(line)
		if err != nil {
			if strings.Contains(err.Error(), "\n") {
				t.Errorf("not one line: %v", err)
			}
			return
		}
		once := write(t, r)
		again, err := d.decode(once)
		if err != nil {
			t.Fatalf("what was read and written cannot be read: %v\n%s", err, once)
		}
		if twice := write(t, again); !bytes.Equal(once, twice) {
			t.Errorf("the form is not canonical:\n%s\n%s", once, twice)
		}
	})
}

func write(t *testing.T, r *Resource) []byte {
	t.Helper()
	if faults := check(r); len(faults) > 0 {
		t.Fatalf("a resource was read that cannot be written: %v", faults)
	}
	w := &Writer{}
	if err := w.encode(r); err != nil {
		t.Fatalf("a resource was read that cannot be written: %v", err)
	}
	return bytes.TrimSuffix(bytes.Clone(w.line.Bytes()), []byte("\n"))
}
