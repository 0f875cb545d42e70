// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"demarc.dev/demarc/agreement"
	"demarc.dev/demarc/agreement/evaluate"
	"demarc.dev/demarc/agreement/text"
)

// newInternalAgreement prints how well agreements are judged.
func newInternalAgreement(e *env) *cobra.Command {
	var folders []string
	var wrong bool
	c := &cobra.Command{
		Use: "agreement [LABELS]", Short: "Compare the judge of agreements with labels: P, R, F1, states, numbers, passages", Args: cobra.MaximumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			name := filepath.Join("agreement", "evaluate", "testdata", "label.csv")
			if len(args) > 0 {
				name = args[0]
			}
			data, err := e.readFile(name)
			if err != nil {
				return err
			}
			labels, err := evaluate.ReadLabels(filepath.Base(name), data)
			if err != nil {
				return err
			}
			return e.figures(c.Context(), labels, append(folders, filepath.Join(filepath.Dir(name), "document")), wrong)
		},
	}
	c.Flags().StringSliceVar(&folders, "documents", []string{filepath.Join("..", "shared", "data", "contracts")}, "folders with labelled documents that the tree does not hold")
	c.Flags().BoolVar(&wrong, "errors", false, "tell each wrong cell of the development part")
	return c
}

// figures prints the measures of each split. Errors of the held-out part are
// not told: who sees them mends rules for them.
func (e *env) figures(ctx context.Context, labels []evaluate.Label, folders []string, wrong bool) error {
	library, err := agreement.Shipped()
	if err != nil {
		return err
	}
	pack, _ := library.Pack("iso27017")
	reader := text.NewReader(text.Options{})
	defer reader.Close()
	for _, split := range evaluate.Splits(labels) {
		var docs []*text.Document
		for _, name := range evaluate.Documents(labels, split) {
			d, err := labelled(ctx, reader, folders, name)
			if err != nil {
				return err
			}
			if d == nil {
				fmt.Fprintf(e.stdout, "NOT MEASURED: %s stands in none of the folders\n", name)
				continue
			}
			for _, l := range evaluate.Lost(d, labels) {
				fmt.Fprintf(e.stdout, "LOST: the anchor %q of %s does not stand in %s\n", strings.Join(l.Anchors, "|"), l.Topic, l.Document)
			}
			docs = append(docs, d)
		}
		r := evaluate.Run(split, docs, labels, pack)
		fmt.Fprintln(e.stdout, r.Table())
		if wrong && split == "dev" {
			for _, x := range r.Errors {
				fmt.Fprintln(e.stdout, x)
			}
		}
	}
	return nil
}

func labelled(ctx context.Context, r *text.Reader, folders []string, name string) (*text.Document, error) {
	for _, folder := range folders {
		data, err := os.ReadFile(filepath.Join(folder, name))
		if os.IsNotExist(err) {
			continue
		}
		if err != nil {
			return nil, fileProblem(name, err)
		}
		return r.Read(ctx, name, data)
	}
	return nil, nil
}
