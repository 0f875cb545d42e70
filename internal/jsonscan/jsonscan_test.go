// SPDX-License-Identifier: Apache-2.0

package jsonscan_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"reflect"
	"strings"
	"testing"
	"testing/iotest"
	"unicode/utf8"

	"demarc.dev/demarc/internal/jsonscan"
)

var texts = []string{
	`null`, `true`, ` false `, `0`, `-0`, `12`, `-9223372036854775808`, `9223372036854775808`, `1.5e3`, `""`, `"a"`,
	`"a\"b\\\/\b\f\n\r\té😀"`, `"häß"`, `[]`, `{}`, `[ ]`, `{ }`, `[1,[2,{"a":[]}],"x"]`,
	`{"a":1,"b":{"c":[true,null,"d"]},"e":-1.25}`, "\n{\t\"a\" : [ 1 , 2 ] }\r\n", `{"a":1,"a":2}`, `"\ud800"`, `1e400`,
}

var broken = []string{
	``, ` `, `nul`, `truth`, `01`, `-`, `1.`, `1e`, `+1`, `.5`, `"`, `"a`, `"\x"`, `"\u12"`, `"\u12g4"`, "\"\n\"", "\"\xff\"", `[`, `[1`,
	`[1,`, `[1,]`, `[,1]`, `[1 2]`, `{`, `{"a"`, `{"a":`, `{"a":1`, `{"a":1,`, `{"a":1,}`, `{,}`, `{a:1}`, `{"a" 1}`, `[}`, `{]`, `1 2`, `{} x`, "null\x00",
}

func TestValue(t *testing.T) {
	for _, text := range append(append([]string{}, texts...), broken...) {
		for name, s := range scanners(text) {
			compare(t, name, text, s)
		}
	}
}

// scanners read the same text from memory, in one gulp and byte by byte.
func scanners(text string) map[string]*jsonscan.Scanner {
	memory := new(jsonscan.Scanner)
	memory.Reset([]byte(text))
	return map[string]*jsonscan.Scanner{
		"memory": memory,
		"gulp":   jsonscan.New(strings.NewReader(text), 1<<20),
		"bytes":  jsonscan.New(iotest.OneByteReader(strings.NewReader(text)), 1<<20),
	}
}

// compare holds the scanner's judgement and value against encoding/json's.
func compare(t *testing.T, name, text string, s *jsonscan.Scanner) {
	t.Helper()
	got := s.Value()
	err := s.End()
	want, wantErr := reference(text)
	if (err == nil) != (wantErr == nil) {
		t.Errorf("%s of %q: error %v, encoding/json says %v", name, text, err, wantErr)
	}
	if err == nil && !reflect.DeepEqual(got, want) {
		t.Errorf("%s of %q: %#v, want %#v", name, text, got, want)
	}
}

func reference(text string) (any, error) {
	if !utf8.ValidString(text) {
		return nil, errors.New("not UTF-8")
	}
	d := json.NewDecoder(strings.NewReader(text))
	d.UseNumber()
	var v any
	if err := d.Decode(&v); err != nil {
		return nil, err
	}
	if _, err := d.Token(); err != io.EOF {
		return nil, errors.New("more data")
	}
	return numbers(v)
}

// numbers turns json.Number into what Value gives.
func numbers(v any) (any, error) {
	var err error
	switch v := v.(type) {
	case json.Number:
		if n, err := v.Int64(); err == nil {
			return n, nil
		}
		return v.Float64()
	case []any:
		for i := range v {
			if v[i], err = numbers(v[i]); err != nil {
				return nil, err
			}
		}
	case map[string]any:
		for k := range v {
			if v[k], err = numbers(v[k]); err != nil {
				return nil, err
			}
		}
	}
	return v, nil
}

func TestRaw(t *testing.T) {
	for _, text := range texts {
		for name, s := range scanners("[" + text + `,"after"]`) {
			s.Array()
			s.More()
			raw := append([]byte(nil), s.Raw()...)
			s.More()
			if after := s.Text(); after != "after" {
				t.Errorf("%s: after the raw value of %q comes %q (%v)", name, text, after, s.Err())
			}
			if want := strings.Trim(text, " \r\n\t"); string(raw) != want {
				t.Errorf("%s: raw %q, want %q", name, raw, want)
			}
		}
	}
}

func TestSkip_AgreesWithValue(t *testing.T) {
	for _, text := range append(append([]string{}, texts...), broken...) {
		for name, s := range scanners(text) {
			s.Skip()
			err := s.End()
			if valid := json.Valid([]byte(text)) || text == "\"\xff\""; valid != (err == nil) { // bytes that are skipped need not be UTF-8
				t.Errorf("%s: skipping %q gives %v", name, text, err)
			}
		}
	}
}

func TestKey_WalksAnObject(t *testing.T) {
	const text = `{"n":7,"text":"é\n","skip":{"n":[1,{}]},"list":[true,false],"none":null,"f":2.5}`
	for name, s := range scanners(text) {
		var n int64
		var text string
		var list []bool
		var null bool
		var f float64
		for s.Object(); s.Key(); {
			switch string(s.Name()) {
			case "n":
				n = s.Int()
			case "text":
				text = s.Text()
			case "list":
				for s.Array(); s.More(); {
					list = append(list, s.Bool())
				}
			case "none":
				null = s.Null()
			case "f":
				f = s.Float()
			default:
				s.Skip()
			}
		}
		if err := s.End(); err != nil || n != 7 || text != "é\n" || !reflect.DeepEqual(list, []bool{true, false}) || !null || f != 2.5 {
			t.Errorf("%s: %v %d %q %v %v %v", name, err, n, text, list, null, f)
		}
	}
}

func TestErrors_NameTheOffset(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{`{"a":1,"b":x}`, "byte 11"}, {`{"a":1`, "byte 6: the input ends"}, {`[1,2}`, "byte 4"}, {strings.Repeat("[", 2000), "deeper than 1000"},
	} {
		s := jsonscan.New(strings.NewReader(c.text), 1<<20)
		s.Skip()
		if err := s.End(); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%.20q: %v, want %q", c.text, err, c.want)
		}
	}
}

func TestLimit(t *testing.T) {
	long := `["` + strings.Repeat("a", 5000) + `"]`
	s := jsonscan.New(strings.NewReader(long), 1000)
	s.Array()
	s.More()
	s.Text()
	if s.Err() == nil || !strings.Contains(s.Err().Error(), "longer than the limit") {
		t.Errorf("a string of 5000 bytes over a limit of 1000: %v", s.Err())
	}
	s = jsonscan.New(strings.NewReader(long), 1000)
	s.Skip() // what is stepped over need not fit
	if err := s.End(); err != nil {
		t.Errorf("stepping over a long string: %v", err)
	}
}

func TestReaderError_IsKept(t *testing.T) {
	s := jsonscan.New(iotest.TimeoutReader(iotest.OneByteReader(strings.NewReader(`{"a":1}`))), 100)
	s.Skip()
	if !errors.Is(s.End(), iotest.ErrTimeout) {
		t.Errorf("error %v, want the reader's", s.Err())
	}
}

func FuzzValue(f *testing.F) {
	for _, text := range append(append([]string{}, texts...), broken...) {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		for name, s := range scanners(string(data)) {
			compare(t, name, string(data), s)
		}
		s := jsonscan.New(iotest.HalfReader(bytes.NewReader(data)), 1<<16)
		raw := append([]byte(nil), s.Raw()...)
		if s.End() == nil && !json.Valid(raw) {
			t.Errorf("raw %q is not JSON", raw)
		}
	})
}

func BenchmarkSkip(b *testing.B) {
	text := []byte("[" + strings.Repeat(`{"address":"aws_s3_bucket.b[12]","values":{"bucket":"tenant-12-data","force_destroy":false,"tags":{"owner":"x"},"n":[1,2,3]}},`, 10000) + "0]")
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		s := jsonscan.New(bytes.NewReader(text), 1<<20)
		s.Skip()
		if err := s.End(); err != nil {
			b.Fatal(err)
		}
	}
}
