// SPDX-License-Identifier: Apache-2.0

package store_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"demarc.dev/demarc/evidence"
	"demarc.dev/demarc/internal/emulator"
	"demarc.dev/demarc/problem"
	"demarc.dev/demarc/store"
	"demarc.dev/demarc/store/s3"
)

// moto starts one emulator for all tests of this process; TestMain ends it.
var moto = sync.OnceValues(func() (*emulator.Server, error) {
	s, err := emulator.Start()
	startedMoto.Store(s)
	return s, err
})

var (
	startedMoto atomic.Pointer[emulator.Server]
	buckets     atomic.Int64
)

// bucket makes a bucket, reached through at, or directly when that is empty.
func bucket(t testing.TB, through func(emulator string) string) *s3.Bucket {
	t.Helper()
	server, err := moto()
	if err != nil {
		t.Fatal(err)
	}
	name := fmt.Sprint("blobs-", buckets.Add(1))
	r, err := http.NewRequest(http.MethodPut, server.URL+"/"+name, nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/s3/aws4_request, SignedHeaders=host, Signature=0")
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	answer.Body.Close()
	endpoint := server.URL
	if through != nil {
		endpoint = through(endpoint)
	}
	b, err := s3.Open(context.Background(), bucketOptions(endpoint, name))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// bucketAt makes a bucket and tells where it is.
func bucketAt(t testing.TB) (*s3.Bucket, string) {
	t.Helper()
	var at string
	b := bucket(t, func(emulator string) string { at = emulator; return emulator })
	place, _, _ := strings.Cut(strings.TrimPrefix(b.Place("acme", evidence.Digest{}), "s3://"), "/")
	return b, at + " " + place
}

func bucketOptions(endpoint, name string) s3.Options {
	return s3.Options{Bucket: name, Prefix: "demarc/", Region: "us-east-1", Endpoint: endpoint, PathStyle: true, AccessKey: "test", SecretKey: "test", Part: 5 << 20}
}

// unreliable stands before a server: every third request is refused, and the
// first answer with much to read is cut off in the middle.
func unreliable(t testing.TB, refused *atomic.Int64) func(string) string {
	return func(server string) string {
		u, err := url.Parse(server)
		if err != nil {
			t.Fatal(err)
		}
		proxy := httputil.NewSingleHostReverseProxy(u)
		var n, cut atomic.Int64
		front := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if n.Add(1)%3 == 0 {
				refused.Add(1)
				w.WriteHeader(http.StatusServiceUnavailable)
				return
			}
			if r.Method == http.MethodGet && r.URL.RawQuery == "x-id=GetObject" && cut.Add(1)%2 == 1 {
				w = &cutter{ResponseWriter: w, left: 1000}
			}
			proxy.ServeHTTP(w, r)
		}))
		t.Cleanup(front.Close)
		return front.URL
	}
}

// cutter ends the connection after some bytes.
type cutter struct {
	http.ResponseWriter
	left int
}

func (c *cutter) Write(p []byte) (int, error) {
	if len(p) > c.left {
		_, _ = c.ResponseWriter.Write(p[:c.left])
		_ = http.NewResponseController(c.ResponseWriter).Flush()
		panic(http.ErrAbortHandler)
	}
	c.left -= len(p)
	return c.ResponseWriter.Write(p)
}

// TestBlobs_Contract is what every driver promises.
func TestBlobs_Contract(t *testing.T) {
	t.Parallel()
	t.Run("Folder", func(t *testing.T) { contract(t, store.FolderBlobs(filepath.Join(t.TempDir(), "blobs"))) })
	t.Run("S3", func(t *testing.T) { contract(t, bucket(t, nil)) })
	t.Run("S3Unreliable", func(t *testing.T) {
		var refused atomic.Int64
		contract(t, bucket(t, unreliable(t, &refused)))
		if refused.Load() < 5 {
			t.Errorf("only %d requests were refused: this test shows little", refused.Load())
		}
	})
}

func contract(t *testing.T, b store.Blobs) {
	ctx := context.Background()
	contents := [][]byte{{}, []byte("small"), bytes.Repeat([]byte("0123456789"), 10_000), bytes.Repeat([]byte("abcdefghijklm"), 1<<20)} // 13 MiB: three parts
	var names []string
	for i, content := range contents {
		d := evidence.Digest(sha256.Sum256(content))
		names = append(names, hex.EncodeToString(d[:]))
		if _, _, err := b.Open(ctx, "acme", d); !errors.Is(err, fs.ErrNotExist) {
			t.Fatalf("blob %d before it is there: %v", i, err)
		}
		for range 2 { // a second time does no harm
			putBlob(t, b, "acme", d, content)
		}
		f, size, err := b.Open(ctx, "acme", d)
		if err != nil {
			t.Fatal(err)
		}
		got, err := io.ReadAll(f)
		if err != nil || size != int64(len(content)) || !bytes.Equal(got, content) || f.Close() != nil {
			t.Fatalf("blob %d: %d of %d bytes, said to be %d: %v", i, len(got), len(content), size, err)
		}
		if _, _, err := b.Open(ctx, "zenith", d); !errors.Is(err, fs.ErrNotExist) {
			t.Fatalf("blob %d of another organisation: %v", i, err)
		}
		if !strings.HasSuffix(b.Place("acme", d), names[i]) {
			t.Errorf("it lies at %s", b.Place("acme", d))
		}
	}
	putBlob(t, b, "zenith", sha256.Sum256(contents[1]), contents[1])
	slices.Sort(names)
	if got := listed(t, b, "acme"); !slices.Equal(got, names) {
		t.Errorf("List = %v, want %v", got, names)
	}
	stop := errors.New("stop")
	if err := b.List(ctx, "acme", func(string) error { return stop }); !errors.Is(err, stop) {
		t.Errorf("List that is ended: %v", err)
	}
	for range 2 { // the second time there is none
		if err := b.Remove(ctx, "acme", sha256.Sum256(contents[1])); err != nil {
			t.Fatal(err)
		}
	}
	if got := listed(t, b, "acme"); len(got) != len(contents)-1 {
		t.Errorf("after the removal: %v", got)
	}
	if got := listed(t, b, "zenith"); len(got) != 1 {
		t.Errorf("of the other organisation: %v", got)
	}
	if got := listed(t, b, "acm"); len(got) != 0 {
		t.Errorf("of an organisation whose name begins the other's: %v", got)
	}
}

func putBlob(t *testing.T, b store.Blobs, org string, d evidence.Digest, content []byte) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "blob")
	if err := os.WriteFile(file, content, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := b.Put(context.Background(), org, d, file); err != nil {
		t.Fatal(err)
	}
}

func listed(t *testing.T, b store.Blobs, org string) (names []string) {
	t.Helper()
	err := b.List(context.Background(), org, func(name string) error { names = append(names, name); return nil })
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(names)
	return names
}

// TestStore_OnS3 keeps a store's blobs in a bucket, on both engines: erased
// ones are removed there, those that nobody named are swept when it is opened
// again, and what is exported is what the folder gives.
func TestStore_OnS3(t *testing.T) {
	t.Parallel()
	store.Both(t, func(t *testing.T, home store.Home) {
		ctx, dir, b := context.Background(), home(t), bucket(t, nil)
		s := open(t, dir, store.Options{Blobs: b})
		o := create(t, s, "acme")
		varied(t, o)
		if v := verified(t, o); v.Blobs == 0 {
			t.Errorf("%+v", v)
		}
		if _, err := os.Stat(filepath.Join(dir, "blobs")); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("something is in the folder too: %v", err)
		}
		before := listed(t, b, "acme")
		lost, err := o.PutBlob(ctx, strings.NewReader("never named"), "txt")
		if err != nil {
			t.Fatal(err)
		}
		if after := listed(t, b, "acme"); len(after) != len(before)+1 {
			t.Errorf("%d blobs, then %d", len(before), len(after))
		}
		verified(t, o) // it is lent
		file := export(t, o, store.ExportOptions{Passphrase: passphrase})
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		s = open(t, dir, store.Options{Blobs: b})
		if after := listed(t, b, "acme"); !slices.Equal(after, before) {
			t.Errorf("%x is not swept", lost.Digest)
		}
		elsewhere := home(t)
		got, err := open(t, elsewhere, store.Options{}).ImportOrg(ctx, bytes.NewReader(file), store.ImportOptions{Passphrase: passphrase})
		if err != nil {
			t.Fatal(err)
		}
		if again := export(t, got, store.ExportOptions{Passphrase: passphrase}); !bytes.Equal(again, file) {
			t.Error("out of the folder comes another export")
		}
		erasesThere(t, s, b)
		second, to := bucket(t, nil), home(t)
		_, err = store.Restore(ctx, to, store.At(to, store.Options{Blobs: second}), bytes.NewReader(backup(t, s, store.BackupOptions{})), store.RestoreOptions{})
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(listed(t, second, "acme"), listed(t, b, "acme")) {
			t.Error("the restored bucket holds other blobs")
		}
	})
}

func erasesThere(t *testing.T, s *store.Store, b *s3.Bucket) {
	t.Helper()
	ctx := context.Background()
	o, err := s.Org(ctx, "acme")
	if err != nil {
		t.Fatal(err)
	}
	blob, err := o.PutBlob(ctx, strings.NewReader("a personal thing"), "txt")
	if err != nil {
		t.Fatal(err)
	}
	var index int64
	err = o.Update(ctx, func(tx *store.Tx) (err error) {
		index, err = tx.Append(store.Event{Kind: "noted", Object: "note/1", Actor: alice, Blob: blob})
		return err
	})
	if err == nil {
		err = o.Update(ctx, func(tx *store.Tx) error { return tx.Erase(index, store.Event{Actor: alice}) })
	}
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := b.Open(ctx, "acme", blob.Digest); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("an erased blob is still in the bucket: %v", err)
	}
	verified(t, o)
}

func TestS3_SaysWhatIsWrong(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	server, err := moto()
	if err != nil {
		t.Fatal(err)
	}
	nowhere := bucketOptions("http://127.0.0.1:1", "blobs")
	nowhere.Attempts = 2
	for name, tt := range map[string]struct {
		o    s3.Options
		kind problem.Kind
	}{
		"NoBucket": {bucketOptions(server.URL, "no-such-bucket"), problem.NotFound},
		"NoServer": {nowhere, problem.Unavailable},
		"NoName":   {bucketOptions(server.URL, ""), problem.Usage},
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := s3.Open(ctx, tt.o); problem.Of(err) != tt.kind {
				t.Errorf("%v", err)
			}
		})
	}
	t.Run("ChangedOnTheWay", func(t *testing.T) {
		b := bucket(t, nil)
		file := filepath.Join(t.TempDir(), "blob")
		if err := os.WriteFile(file, []byte("something else"), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := b.Put(ctx, "acme", sha256.Sum256([]byte("what its name says")), file); err == nil {
			t.Error("a blob was stored that is not what its name says")
		}
	})
}
