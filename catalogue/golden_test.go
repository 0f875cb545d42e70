// SPDX-License-Identifier: Apache-2.0

package catalogue

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"reflect"
	"testing"
)

var update = flag.Bool("update", false, "write the golden files anew")

// TestGolden_CompactForm holds data/catalogue.json in step with the files that
// people keep.
func TestGolden_CompactForm(t *testing.T) {
	s := readSource(os.DirFS("data"))
	for _, f := range s.faults {
		t.Error(f)
	}
	want, err := lines(s.book)
	if err != nil {
		t.Fatal(err)
	}
	if *update {
		if err := os.WriteFile("data/catalogue.json", want, 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if !bytes.Equal(want, compact) {
		t.Fatal("data/catalogue.json is not in step with the files beside it: go test ./catalogue -run Golden -update")
	}
}

// lines writes a book as JSON with one item a line, so that a change can be
// reviewed.
func lines(b book) ([]byte, error) {
	var out bytes.Buffer
	encode := func(value any) error {
		var one bytes.Buffer
		encoder := json.NewEncoder(&one)
		encoder.SetEscapeHTML(false)
		err := encoder.Encode(value)
		out.Write(bytes.TrimSuffix(one.Bytes(), []byte("\n")))
		return err
	}
	v := reflect.ValueOf(b)
	for i := range v.NumField() {
		out.WriteString([]string{"{", ",\n"}[min(i, 1)] + `"` + v.Type().Field(i).Tag.Get("json") + `":`)
		field := v.Field(i)
		if field.Kind() != reflect.Slice {
			if err := encode(field.Interface()); err != nil {
				return nil, err
			}
			continue
		}
		for j := range field.Len() {
			out.WriteString([]string{"[\n", ",\n"}[min(j, 1)])
			if err := encode(field.Index(j).Interface()); err != nil {
				return nil, err
			}
		}
		out.WriteString("\n]")
	}
	out.WriteString("}\n")
	return out.Bytes(), nil
}
