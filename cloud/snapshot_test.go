// SPDX-License-Identifier: Apache-2.0

package cloud_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/klauspost/compress/zstd"

	"demarc.dev/demarc/cloud"
	"demarc.dev/demarc/cloud/cloudtest"
)

// sample is a snapshot of n generated resources with gaps of scope.
func sample(t testing.TB, n int) *cloud.Snapshot {
	t.Helper()
	at := time.Date(2026, 9, 1, 8, 0, 0, 0, time.FixedZone("CEST", 7200))
	s := &cloud.Snapshot{
		Header: cloud.Header{Tool: "demarc 0.1.0", Provider: "aws", Source: "live", Regions: []string{"eu-central-1"}, Services: []string{"s3"},
			Accounts: []cloud.Account{{ID: "109876543210", Name: "ops"}, {ID: "210987654321", Tenant: "alder"}}, Started: at, Ended: at.Add(time.Minute), Calls: 7},
		Gaps: []cloud.ScopeGap{
			{Provider: "aws", Region: "eu-west-1", Service: "eks", Kinds: []cloud.Kind{cloud.Registry, cloud.Cluster}, Gap: cloud.Gap{Reason: cloud.Denied, Call: "eks:ListClusters"}},
			{Provider: "aws", Service: "backup", Kinds: []cloud.Kind{cloud.BackupPlan}, Gap: cloud.Gap{Reason: cloud.Throttled, Detail: `<&> "quoted"`}},
		},
	}
	for r, err := range cloudtest.Generate(n, 1)() {
		if err != nil {
			t.Fatal(err)
		}
		s.Resources = append(s.Resources, *r)
	}
	return s
}

func encode(t testing.TB, s *cloud.Snapshot) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := s.Encode(&b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestSnapshot_RoundTrip(t *testing.T) {
	s := sample(t, 1000)
	odd := s.Resources[0]
	odd.ID, odd.Name = "arn:odd\u2028\"\\\x01é", "a\tb"
	odd.Raw = json.RawMessage("{ \"b\": [1, 2.50],\n \"a\": \"<\" }")
	s.Resources = append(s.Resources, odd)
	file := encode(t, s)
	got, err := cloud.Decode(bytes.NewReader(file))
	if err != nil {
		t.Fatal(err)
	}
	for i := range s.Resources {
		if s.Resources[i].ID == odd.ID {
			s.Resources[i].Raw = json.RawMessage(`{"b":[1,2.50],"a":"<"}`)
		}
	}
	if d := cmp.Diff(s.Resources, got.Resources); d != "" {
		t.Error(d)
	}
	if got.Header.Format != cloud.Format || got.Header.Started.Location() != time.UTC || !got.Header.Started.Equal(s.Header.Started) || len(got.Gaps) != 2 {
		t.Errorf("%+v %+v", got.Header, got.Gaps)
	}
	if err := cloudtest.Contract(file, "hunter2-hunter2"); err != nil {
		t.Error(err)
	}
	if !bytes.Equal(encode(t, got), file) {
		t.Error("written again, the bytes differ")
	}
}

func TestSnapshot_AnyOrderGivesTheSameBytes(t *testing.T) {
	want := encode(t, sample(t, 300))
	for seed := range uint64(3) {
		s := sample(t, 300)
		r := rand.New(rand.NewPCG(seed, 0))
		r.Shuffle(len(s.Resources), func(i, j int) { s.Resources[i], s.Resources[j] = s.Resources[j], s.Resources[i] })
		slices.Reverse(s.Gaps)
		slices.Reverse(s.Gaps[0].Kinds)
		for i := range s.Resources {
			slices.Reverse(s.Resources[i].Links)
			s.Resources[i].Seen.At = s.Resources[i].Seen.At.In(time.FixedZone("", 3600))
		}
		if !bytes.Equal(encode(t, s), want) {
			t.Errorf("shuffled with %d, the bytes differ", seed)
		}
	}
}

// drain reads to the end or the first error.
func drain(file []byte) (n int, err error) {
	r, err := cloud.NewReader(bytes.NewReader(file))
	if err != nil {
		return 0, err
	}
	defer r.Close()
	for {
		if _, err = r.Next(); err != nil {
			break
		}
		n++
	}
	if _, again := r.Next(); again != err {
		return n, errors.New("a second call after the end tells something else")
	}
	if err == io.EOF {
		err = nil
	}
	return n, err
}

func TestReader_TruncatedAnywhereSaysSo(t *testing.T) {
	file := encode(t, sample(t, 12))
	for n := range file {
		_, err := drain(file[:n])
		if err == nil {
			t.Fatalf("cut after %d of %d bytes, it reads as whole", n, len(file))
		}
		if !errors.Is(err, cloud.ErrTruncated) && !(errors.Is(err, cloud.ErrNotSnapshot) && n < 8) {
			t.Errorf("cut after %d of %d bytes: %v", n, len(file), err)
		}
	}
}

func TestReader_CutBetweenLines(t *testing.T) {
	lines := strings.SplitAfter(text(t, encode(t, sample(t, 12))), "\n")
	for n := range len(lines) - 1 {
		if _, err := drain(pack(t, strings.Join(lines[:n], ""))); !errors.Is(err, cloud.ErrTruncated) && n > 0 {
			t.Errorf("without the lines after %d: %v", n, err)
		}
	}
}

func TestReader_AChangedByteIsNeverSilent(t *testing.T) {
	s := sample(t, 12)
	file := encode(t, s)
	for i := range file {
		bad := slices.Clone(file)
		bad[i] ^= 0x10
		got, err := cloud.Decode(bytes.NewReader(bad))
		if err == nil && !bytes.Equal(encode(t, got), file) {
			t.Errorf("byte %d changed: another snapshot was read without an error", i)
		}
	}
}

func text(t testing.TB, file []byte) string {
	t.Helper()
	z, err := zstd.NewReader(bytes.NewReader(file))
	if err != nil {
		t.Fatal(err)
	}
	defer z.Close()
	out, err := io.ReadAll(z)
	if err != nil {
		t.Fatal(err)
	}
	return string(out)
}

func pack(t testing.TB, lines string) []byte {
	t.Helper()
	z, err := zstd.NewWriter(nil, zstd.WithEncoderConcurrency(1), zstd.WithWindowSize(1<<16))
	if err != nil {
		t.Fatal(err)
	}
	defer z.Close()
	return z.EncodeAll([]byte(lines), nil)
}

const (
	head = `{"header":{"format":1,"tool":"demarc 0.1.0","provider":"aws","source":"live","accounts":[],"regions":[],"services":[],"started":"2026-09-01T08:00:00Z","ended":"2026-09-01T08:00:00Z","calls":0,"repeated":0,"lost":0}}` + "\n"
	disk = `{"resource":{"id":"vol-1","kind":"disk","native":"ec2.volume","provider":"aws","source":"live","attributes":{"encrypted":true},"gaps":{"attached":{"reason":"denied"}},"seen":{"at":"2026-09-01T08:00:00Z","call":"ec2:DescribeVolumes"}}}` + "\n"
	end1 = `{"end":{"resources":1,"gaps":0}}` + "\n"
)

func TestReader_Refuses(t *testing.T) {
	for _, c := range []struct{ name, lines, want string }{
		{"newer format", strings.Replace(head, `"format":1`, `"format":2,"moon":true`, 1), "newer format"},
		{"no header", disk, "not a snapshot"},
		{"a header with more", strings.Replace(head, `"calls"`, `"moon":1,"calls"`, 1), "header is malformed"},
		{"plain words", "hello\n", "not a snapshot"},
		{"unknown member", head + strings.Replace(disk, `"seen"`, `"mood":1,"seen"`, 1) + end1, `"mood" is unknown, twice or out of order`},
		{"out of order", head + strings.Replace(disk, `"id":"vol-1","kind":"disk"`, `"kind":"disk","id":"vol-1"`, 1) + end1, "out of order"},
		{"twice", head + disk + disk + end1, "out of order"},
		{"wrong type", head + strings.Replace(disk, "true", `"yes"`, 1) + end1, "true or false expected"},
		{"fact and gap", head + strings.Replace(disk, `"attached":{`, `"encrypted":{`, 1) + end1, "a fact and a gap"},
		{"gap without a reason", head + strings.Replace(disk, `{"reason":"denied"}`, `{}`, 1) + end1, "no reason"},
		{"no kind", head + strings.Replace(disk, `"kind":"disk",`, ``, 1) + end1, "kind is missing"},
		{"a miscount", head + disk + strings.Replace(end1, "1", "2", 1), "counts 2 resources"},
		{"more after the end", head + disk + end1 + "x\n", "more data"},
		{"half a line", head + disk[:40] + "\n" + end1, "line 2"},
		{"deep nesting", head + `{"resource":{"id":"x","kind":"moon","native":"m","provider":"aws","source":"live","attributes":{"a":` + strings.Repeat("[", 5000) + "\n", "nest"},
		{"a huge line", head + `{"resource":{"id":"` + strings.Repeat("x", cloud.MaxLine) + "\n", "longer than"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if _, err := drain(pack(t, c.lines)); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%.300v, want %q", err, c.want)
			}
		})
	}
	if _, err := drain(pack(t, strings.Replace(head, `"format":1`, `"format":9`, 1))); !errors.Is(err, cloud.ErrNewer) {
		t.Errorf("%v is not ErrNewer", err)
	}
	if _, err := drain([]byte("PK\x03\x04")); !errors.Is(err, cloud.ErrNotSnapshot) {
		t.Errorf("%v is not ErrNotSnapshot", err)
	}
}

func TestReader_OlderFilesMakeNoFacts(t *testing.T) {
	s, err := cloud.Decode(bytes.NewReader(pack(t, head+disk+end1)))
	if err != nil {
		t.Fatal(err)
	}
	r := s.Resources[0]
	if g := r.Gaps["backed_up"]; g.Reason != cloud.NotCollected || r.Attributes["backed_up"] != nil {
		t.Errorf("an attribute that the file does not hold: gap %+v", g)
	}
	if r.Gaps["attached"].Reason != cloud.Denied || r.Attributes["encrypted"] != true {
		t.Errorf("%+v", r)
	}
	if err := cloudtest.Contract(encode(t, s)); err == nil || !strings.Contains(err.Error(), "silent about") {
		t.Errorf("the contract takes a silent collector: %v", err)
	}
}

func TestReader_KeepsWhatItDoesNotKnow(t *testing.T) {
	lines := head + `{"resource":{"id":"x","kind":"moon","native":"m","provider":"aws","source":"live","attributes":{"full":true,"phases":[1,2.5,"x",null,{"a":9007199254740993}]},"seen":{"at":"2026-09-01T08:00:00Z","call":"look"}}}` + "\n" + end1
	s, err := cloud.Decode(bytes.NewReader(pack(t, lines)))
	if err != nil {
		t.Fatal(err)
	}
	if got := text(t, encode(t, s)); got != lines {
		t.Errorf("written again: %s", got)
	}
}

func TestWriter_RefusesWhatCouldNotBeReadBack(t *testing.T) {
	ok := func() *cloud.Resource { r := sample(t, 40).Resources[0]; return &r }
	for name, spoil := range map[string]func(r *cloud.Resource){
		"no id":      func(r *cloud.Resource) { r.ID = "" },
		"wrong type": func(r *cloud.Resource) { r.Kind = cloud.Disk; r.Attributes = map[string]any{"encrypted": "yes"} },
		"fact and gap": func(r *cloud.Resource) {
			r.Kind = "moon"
			r.Gaps = map[string]cloud.Gap{"root_mfa": {Reason: "x"}}
			r.Attributes = map[string]any{"root_mfa": true}
		},
		"raw":       func(r *cloud.Resource) { r.Raw = json.RawMessage(`{`) },
		"odd value": func(r *cloud.Resource) { r.Kind = "moon"; r.Attributes = map[string]any{"x": struct{}{}} },
		"unsorted list": func(r *cloud.Resource) {
			r.Kind = cloud.Identity
			r.Attributes = map[string]any{"groups": []any{"b", "a"}}
		},
		"too large": func(r *cloud.Resource) { r.Raw = json.RawMessage(`"` + strings.Repeat("x", cloud.MaxLine) + `"`) },
		"before":    func(r *cloud.Resource) { r.Kind = "a" },
	} {
		w, err := cloud.NewWriter(io.Discard, cloud.Header{}, nil)
		if err != nil {
			t.Fatal(err)
		}
		first := ok()
		first.Kind, first.ID, first.Attributes, first.Gaps = "aa", "0", map[string]any{}, nil
		if err := w.Write(first); err != nil {
			t.Fatal(err)
		}
		r := ok()
		spoil(r)
		if err := w.Write(r); err == nil {
			t.Errorf("%s: written", name)
		}
	}
}

func TestWriter_AbortLeavesATruncatedFile(t *testing.T) {
	var b bytes.Buffer
	w, err := cloud.NewWriter(&b, cloud.Header{}, nil)
	if err != nil {
		t.Fatal(err)
	}
	r := sample(t, 40).Resources[0]
	if err := w.Write(&r); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(w.Abort(), w.Abort()); err != nil {
		t.Error(err)
	}
	if err := w.Write(&r); err == nil {
		t.Error("written after Abort")
	}
	if _, err := drain(b.Bytes()); err == nil {
		t.Error("an aborted file reads as whole")
	}
}

// FuzzReader: no input may panic, hang or be read as something that is written
// differently.
func FuzzReader(f *testing.F) {
	whole := text(f, encode(f, sample(f, 40)))
	f.Add([]byte(whole))
	f.Add([]byte(head + disk + end1))
	f.Add([]byte(head + `{"gap":{"provider":"aws","kinds":["disk"],"reason":"denied"}}` + "\n" + disk + `{"end":{"resources":1,"gaps":1}}` + "\n"))
	f.Add([]byte(head[:50]))
	f.Fuzz(func(t *testing.T, lines []byte) {
		_, _ = drain(lines)
		s, err := cloud.Decode(bytes.NewReader(pack(t, string(lines))))
		if err != nil {
			return
		}
		once := encode(t, s)
		again, err := cloud.Decode(bytes.NewReader(once))
		if err != nil {
			t.Fatalf("what was read and written cannot be read: %v", err)
		}
		if !bytes.Equal(encode(t, again), once) {
			t.Error("the form is not canonical")
		}
	})
}
