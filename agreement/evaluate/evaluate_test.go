// SPDX-License-Identifier: Apache-2.0

package evaluate_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"demarc.dev/demarc/agreement"
	"demarc.dev/demarc/agreement/evaluate"
	"demarc.dev/demarc/agreement/text"
)

// folders hold the documents: those of this tree, and beside it those whose
// licences keep them out of it.
var folders = []string{filepath.Join("testdata", "document"), "../../../shared/data/contracts"}

func read(t *testing.T, r *text.Reader, name string) *text.Document {
	t.Helper()
	for _, folder := range folders {
		data, err := os.ReadFile(filepath.Join(folder, name))
		if err != nil {
			continue
		}
		d, err := r.Read(t.Context(), name, data)
		if err != nil {
			t.Fatal(err)
		}
		return d
	}
	return nil
}

func labels(t *testing.T) []evaluate.Label {
	t.Helper()
	data, err := os.ReadFile("testdata/label.csv")
	if err != nil {
		t.Fatal(err)
	}
	out, err := evaluate.ReadLabels("label.csv", data)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func measure(t *testing.T, split string) evaluate.Result {
	t.Helper()
	library, err := agreement.Shipped()
	if err != nil {
		t.Fatal(err)
	}
	pack, _ := library.Pack("iso27017")
	all := labels(t)
	reader := text.NewReader(text.Options{})
	defer reader.Close()
	var docs []*text.Document
	for _, name := range evaluate.Documents(all, split) {
		if d := read(t, reader, name); d != nil {
			docs = append(docs, d)
		} else {
			t.Logf("NOT MEASURED: %s is not here: its licence keeps it out of the tree; testdata/document/NOTICE.md says where it is from", name)
		}
	}
	return evaluate.Run(split, docs, all, pack)
}

// TestFigures guards what the judge has reached on the documents that it was
// made with. How it does on others is for `demarc internal agreement` to print.
func TestFigures(t *testing.T) {
	r := measure(t, "dev")
	t.Log("\n" + r.Table())
	if p := r.Presence; p.Precision() < 0.92 || p.Recall() < 0.92 {
		t.Errorf("presence P %.3f R %.3f:\n%s", p.Precision(), p.Recall(), strings.Join(r.Errors, "\n"))
	}
	if r.States[0]*10 < r.States[1]*9 {
		t.Errorf("%d of %d states are right", r.States[0], r.States[1])
	}
	if r.Quotes[0] != r.Quotes[1] {
		t.Errorf("only %d of %d quotes stand in the text", r.Quotes[0], r.Quotes[1])
	}
	if r.WrongOwner > 0 {
		t.Errorf("%d numbers are another party's duty", r.WrongOwner)
	}
}

func TestReadLabels_TellsEveryFault(t *testing.T) {
	_, err := evaluate.ReadLabels("label.csv", []byte("document,split,topic,state,anchor,number\na.md,dev,rolse,met,x,\na.md,dev,roles,fine,,\n"))
	if err == nil {
		t.Fatal("a wrong file was read")
	}
	for _, want := range []string{`label.csv:2: topic: "rolse"`, `label.csv:3: state: "fine"`, "label.csv:3: anchor: is missing"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("the error does not say %s:\n%s", want, err)
		}
	}
}
