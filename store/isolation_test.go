// SPDX-License-Identifier: Apache-2.0

package store

import (
	"bytes"
	"context"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"demarc.dev/demarc/evidence"
	"demarc.dev/demarc/problem"
)

// side is what one organisation wrote, each thing marked with its id.
type side struct {
	o       *Org
	records map[string]string // id → value
	digests []evidence.Digest
	blobs   []*Blob
	size    int64
	persons []Actor
	memos   map[string]string
}

// TestOrg_ReachesNothingOfAnother lets two organisations write at random, the
// same ids and the same words now and then, and then asks each for all that it
// can be asked for. Every answer must be its own.
func TestOrg_ReachesNothingOfAnother(t *testing.T) {
	Both(t, func(t *testing.T, home Home) {
		ctx := context.Background()
		AtMost(t, 25)
		s := begin(t, home(t))
		pairs := 0
		rapid.Check(t, func(rt *rapid.T) {
			var sides []*side
			pairs++
			for _, id := range []string{fmt.Sprint("acme-", pairs, "-"), fmt.Sprint("zenith-", pairs, "-")} {
				o, err := s.CreateOrg(ctx, id, Actor("root of "+id))
				if err != nil {
					t.Fatal(err)
				}
				sides = append(sides, &side{o: o, records: map[string]string{}, memos: map[string]string{}, size: 2, persons: []Actor{Actor("root of " + id)}})
			}
			for range rapid.IntRange(1, 25).Draw(rt, "steps") {
				i := rapid.IntRange(0, 1).Draw(rt, "org")
				scribble(rt, ctx, sides[i], sides[1-i])
			}
			for i := range sides {
				onlyOwn(rt, ctx, sides[i], sides[1-i])
			}
		})
	})
}

func scribble(t *rapid.T, ctx context.Context, me, other *side) {
	id := rapid.SampledFrom([]string{"a", "b", me.o.id}).Draw(t, "id")
	shared := rapid.Bool().Draw(t, "shared")
	words := "of " + me.o.id
	if shared {
		words = "of both"
	}
	by := me.persons[0]
	var err error
	switch rapid.IntRange(0, 6).Draw(t, "what") {
	case 0:
		err = me.o.Update(ctx, func(tx *Tx) error { return tx.Put("risk", id, words, Event{Kind: "put", Actor: by}) })
		me.records[id] = words
		me.size++
	case 1:
		had := me.records[id] != ""
		err = me.o.Update(ctx, func(tx *Tx) error { return tx.Delete("risk", id, Event{Kind: "gone", Actor: by}) })
		if !had && problem.Of(err) == problem.NotFound {
			return
		}
		delete(me.records, id)
		me.size++
	case 2:
		var b *Blob
		if b, err = me.o.PutBlob(ctx, strings.NewReader("blob "+words), "txt"); err != nil {
			break
		}
		me.digests, me.blobs = append(me.digests, b.Digest), append(me.blobs, b)
		err = me.o.Update(ctx, func(tx *Tx) error {
			_, err := tx.Append(Event{Kind: "noted", Object: "blob/1", Actor: by, Blob: b})
			return err
		})
		me.size++
	case 3: // a blob of the other is no blob of mine
		if len(other.blobs) == 0 {
			return
		}
		err = me.o.Update(ctx, func(tx *Tx) error {
			_, err := tx.Append(Event{Kind: "noted", Object: "blob/1", Actor: by, Blob: other.blobs[0]})
			return err
		})
		if problem.Of(err) != problem.Invalid {
			t.Fatalf("an entry of %s names a blob of %s: %v", me.o.id, other.o.id, err)
		}
		return
	case 4:
		if err = me.o.Update(ctx, func(tx *Tx) error { return tx.Forget(other.persons[0], Event{Actor: by}) }); problem.Of(err) != problem.NotFound {
			t.Fatalf("%s forgets a person of %s: %v", me.o.id, other.o.id, err)
		}
		return
	case 5:
		m := Memo{Until: memoEnd, Value: []byte(words)}
		if rapid.Bool().Draw(t, "drop") {
			err = me.o.Update(ctx, func(tx *Tx) error { return tx.Drop("answer", id) })
			delete(me.memos, id)
			break
		}
		err = me.o.Update(ctx, func(tx *Tx) error { return tx.Keep("answer", id, m) })
		me.memos[id] = words
	case 6:
		err = me.o.Update(ctx, func(tx *Tx) error { return tx.Prune("answer", memoEnd, 0, 0) })
		clear(me.memos)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// memoEnd is when the memos of scribble end.
var memoEnd = time.Date(2027, 1, 1, 0, 0, 0, 0, time.UTC)

// onlyOwn asks an organisation for everything.
func onlyOwn(t *rapid.T, ctx context.Context, me, other *side) {
	same := func(r *reader) {
		got := map[string]string{}
		for rec, err := range r.List(ctx, "risk") {
			var words string
			if err != nil || rec.Decode(&words) != nil {
				t.Fatal(err)
			}
			got[rec.ID] = words
		}
		if !maps.Equal(got, me.records) {
			t.Fatalf("%s lists %v, wrote %v", me.o.id, got, me.records)
		}
		for id := range other.records {
			var words string
			if err := r.Get(ctx, "risk", id, &words); words != me.records[id] || (err == nil) != (me.records[id] != "") {
				t.Fatalf("%s gets %q for %s (%v), wrote %q", me.o.id, words, id, err, me.records[id])
			}
		}
		for _, id := range []string{"a", "b", me.o.id, other.o.id} {
			m, err := r.Memo(ctx, "answer", id, memoEnd.Add(-time.Second))
			if want, ok := me.memos[id]; err != nil || (m != nil) != ok || ok && string(m.Value) != want {
				t.Fatalf("%s has %v as memo %s (%v), kept %q", me.o.id, m, id, err, want)
			}
		}
	}
	same(&me.o.reader)
	err := me.o.View(ctx, func(v *View) error { same(&v.reader); return nil })
	if err == nil {
		err = me.o.Update(ctx, func(tx *Tx) error { same(&tx.reader); return nil })
	}
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range other.digests {
		b, err := me.o.OpenBlob(d)
		if mine := slices.Contains(me.digests, d); (err == nil) != mine {
			t.Fatalf("%s opens a blob of %s: %v", me.o.id, other.o.id, err)
		}
		if err == nil {
			b.Close()
		}
	}
	ownLog(t, ctx, me, other)
}

func ownLog(t *rapid.T, ctx context.Context, me, other *side) {
	log := me.o.Log()
	if size, err := log.Size(ctx); err != nil || size != me.size {
		t.Fatalf("the log of %s has %d entries, it wrote %d: %v", me.o.id, size, me.size, err)
	}
	for e, err := range log.Entries(ctx, 0, 1<<40) {
		if err != nil {
			t.Fatal(err)
		}
		h, err := e.Header()
		if err != nil {
			t.Fatal(err)
		}
		if who, err := me.o.Person(ctx, h.Actor); err != nil || !slices.Contains(me.persons, who) {
			t.Fatalf("an entry of %s was made by %q: %v", me.o.id, who, err)
		}
		if _, err := other.o.Person(ctx, h.Actor); problem.Of(err) != problem.NotFound {
			t.Fatalf("%s knows a pseudonym of %s: %v", other.o.id, me.o.id, err)
		}
		body, err := log.Body(ctx, e.Index)
		if err != nil {
			t.Fatal(err)
		}
		if text, err := io.ReadAll(body); err != nil || strings.Contains(string(text), "of "+other.o.id) {
			t.Fatalf("a body of %s is %q: %v", me.o.id, text, err)
		}
	}
	receipt, err := log.Receipt(ctx, me.size-1)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := evidence.VerifyReceipt(receipt, other.o.Log().PublicKey()); err == nil {
		t.Fatalf("a receipt of %s verifies with the key of %s", me.o.id, other.o.id)
	}
	if v, err := log.Verify(ctx); err != nil || v.Err() != nil || v.Size != me.size {
		t.Fatalf("%+v %v", v, err)
	}
	ownExport(t, ctx, me, other)
}

func ownExport(t *rapid.T, ctx context.Context, me, other *side) {
	var file bytes.Buffer
	if err := me.o.Export(ctx, &file, ExportOptions{}); err != nil {
		t.Fatal(err)
	}
	dir := folder(t)
	p, err := newPartReader(ctx, &file, exportTitle, transferMost)
	if err != nil {
		t.Fatal(err)
	}
	in, err := me.o.s.receive(p, dir, false)
	if err != nil || in.Entries != me.size || in.ID != me.o.id {
		t.Fatalf("an export of %s: %+v %v", me.o.id, in, err)
	}
	for _, n := range in.check.told.named {
		if !slices.Contains(me.persons, Actor(n.person)) {
			t.Fatalf("an export of %s names %q", me.o.id, n.person)
		}
	}
	for digest := range in.blobs {
		if !slices.Contains(me.digests, digest) {
			t.Fatalf("an export of %s holds a blob of another", me.o.id)
		}
	}
	pages := read(t, in.dir+"/pages")
	if bytes.Contains(pages, []byte(other.o.id)) {
		t.Fatalf("an export of %s speaks of %s", me.o.id, other.o.id)
	}
}

// TestOrg_EveryMethodIsAsked fails when a method is added that onlyOwn or
// scribble do not know yet.
func TestOrg_EveryMethodIsAsked(t *testing.T) {
	known := map[any]string{
		&Org{}:  "Export Get ID List Log Memo Person PutBlob OpenBlob Record Update View",
		&Tx{}:   "Append Delete DeleteIf Drop Erase Forget Get Keep List Memo Prune Put PutIf Record",
		&View{}: "Get List Memo Record",
		&Log{}:  "Body Checkpoint Entries Entry Pack PublicKey Receipt Size Verify",
	}
	for v, names := range known {
		typ := reflect.TypeOf(v)
		for i := range typ.NumMethod() {
			if name := typ.Method(i).Name; !slices.Contains(strings.Fields(names), name) {
				t.Errorf("%v has a method %s: let the test of isolation ask it too", typ, name)
			}
		}
	}
}

// TestStatements_AllNameTheOrganisation reads the texts of the statements: each
// either asks for org = $1 or inserts $1 as the organisation.
func TestStatements_AllNameTheOrganisation(t *testing.T) {
	seen := 0
	for _, name := range []string{"sql.go", "pgwrite.go"} {
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		seen += namesTheOrganisation(t, file)
	}
	if seen < 28 {
		t.Errorf("only %d statements were found", seen)
	}
}

func namesTheOrganisation(t *testing.T, file *ast.File) (seen int) {
	t.Helper()
	ast.Inspect(file, func(n ast.Node) bool {
		spec, ok := n.(*ast.ValueSpec)
		if !ok || fmt.Sprint(spec.Type) != "statement" {
			return true
		}
		seen++
		text := strings.Join(strings.Fields(spec.Values[0].(*ast.BasicLit).Value), " ")
		inserts := strings.HasPrefix(text, "`INSERT INTO ") && strings.Contains(text, " (org, ") &&
			(strings.Contains(text, " VALUES ($1, ") || strings.Contains(text, " SELECT $1::bigint, "))
		if !inserts && !strings.Contains(text, " WHERE org = $1") || strings.Contains(text, " OR ") || strings.Contains(text, "JOIN") {
			t.Errorf("%s does not keep to its organisation: %s", spec.Names[0], text)
		}
		return true
	})
	return seen
}
