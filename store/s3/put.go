// SPDX-License-Identifier: Apache-2.0

package s3

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"os"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"demarc.dev/demarc/evidence"
)

// Put sends a file, whose SHA-256 is the digest, and returns when the service
// has made it durable. The file stays.
func (b *Bucket) Put(ctx context.Context, org string, d evidence.Digest, file string) error {
	f, err := os.Open(file)
	if err != nil {
		return err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return err
	}
	key, size := b.key(org, d), info.Size()
	if same, err := b.sameThere(ctx, key, d, size); err != nil || same {
		return err
	}
	if size > b.o.Part {
		return b.putParts(ctx, key, d, f, size)
	}
	whole := sha256.New()
	if _, err := io.Copy(whole, io.NewSectionReader(f, 0, size)); err != nil {
		return err
	}
	if evidence.Digest(whole.Sum(nil)) != d {
		return errChanged(file)
	}
	ctx, cancel := context.WithTimeout(ctx, callMost)
	defer cancel()
	_, err = b.c.PutObject(ctx, &s3.PutObjectInput{Bucket: b.bucket, Key: key, Body: f, ContentLength: &size, ChecksumSHA256: aws.String(sum64(d))})
	return b.explain("storing a blob", err)
}

// putParts sends a large file in parts. One that cannot be finished is ended,
// so that nothing of it stays.
func (b *Bucket) putParts(ctx context.Context, key *string, d evidence.Digest, f *os.File, size int64) error {
	const what = "storing a large blob"
	begun, err := b.c.CreateMultipartUpload(ctx, &s3.CreateMultipartUploadInput{Bucket: b.bucket, Key: key, ChecksumAlgorithm: types.ChecksumAlgorithmSha256})
	if err != nil {
		return b.explain(what, err)
	}
	done, err := b.sendParts(ctx, key, begun.UploadId, d, f, size)
	if err == nil {
		_, err = b.c.CompleteMultipartUpload(ctx, &s3.CompleteMultipartUploadInput{Bucket: b.bucket, Key: key, UploadId: begun.UploadId,
			MultipartUpload: &types.CompletedMultipartUpload{Parts: done}})
	}
	if err == nil {
		return nil
	}
	ending, cancel := context.WithTimeout(context.WithoutCancel(ctx), callMost)
	defer cancel()
	_, aerr := b.c.AbortMultipartUpload(ending, &s3.AbortMultipartUploadInput{Bucket: b.bucket, Key: key, UploadId: begun.UploadId})
	if isMissing(aerr) {
		aerr = nil
	}
	return errors.Join(b.explain(what, err), b.explain("ending an upload", aerr))
}

func (b *Bucket) sendParts(ctx context.Context, key, id *string, d evidence.Digest, f *os.File, size int64) (done []types.CompletedPart, err error) {
	each := max(b.o.Part, size/partsMost+1)
	whole := sha256.New()
	for at, n := int64(0), int32(1); at < size; at, n = at+each, n+1 {
		part := io.NewSectionReader(f, at, min(each, size-at))
		sum, err := hashOf(part, whole)
		if err != nil {
			return nil, err
		}
		if at+each >= size && evidence.Digest(whole.Sum(nil)) != d {
			return nil, errChanged(f.Name())
		}
		answer, err := b.sendPart(ctx, &s3.UploadPartInput{Bucket: b.bucket, Key: key, UploadId: id, PartNumber: &n, Body: part,
			ContentLength: aws.Int64(part.Size()), ChecksumSHA256: &sum})
		if err != nil {
			return nil, err
		}
		done = append(done, types.CompletedPart{PartNumber: aws.Int32(n), ETag: answer.ETag, ChecksumSHA256: aws.String(sum)})
	}
	return done, nil
}

func (b *Bucket) sendPart(ctx context.Context, in *s3.UploadPartInput) (*s3.UploadPartOutput, error) {
	ctx, cancel := context.WithTimeout(ctx, callMost)
	defer cancel()
	return b.c.UploadPart(ctx, in)
}

func errChanged(file string) error {
	return fmt.Errorf("the file %s is not what its digest says", file)
}

// hashOf gives the checksum of a part, adds it to that of the whole, and goes
// back to its beginning.
func hashOf(part *io.SectionReader, whole hash.Hash) (string, error) {
	sum := sha256.New()
	if _, err := io.Copy(io.MultiWriter(sum, whole), part); err != nil {
		return "", err
	}
	_, err := part.Seek(0, io.SeekStart)
	return sum64(evidence.Digest(sum.Sum(nil))), err
}

// Open gives a blob and its size. What breaks off is asked for again from
// where it stood.
func (b *Bucket) Open(ctx context.Context, org string, d evidence.Digest) (io.ReadCloser, int64, error) {
	r := &reader{b: b, ctx: ctx, key: b.key(org, d), left: b.o.Attempts}
	if err := r.ask(); err != nil {
		return nil, 0, err
	}
	return r, r.size, nil
}

// reader reads an object.
type reader struct {
	b    *Bucket
	ctx  context.Context
	key  *string
	body io.ReadCloser
	etag *string // of the object that was begun
	at   int64
	size int64
	left int // times that it is asked for again
}

func (r *reader) ask() error {
	in := &s3.GetObjectInput{Bucket: r.b.bucket, Key: r.key}
	if r.at > 0 {
		in.Range, in.IfMatch = aws.String(fmt.Sprintf("bytes=%d-", r.at)), r.etag
	}
	out, err := r.b.c.GetObject(r.ctx, in)
	if isMissing(err) {
		return fs.ErrNotExist
	}
	if err != nil {
		return r.b.explain("reading a blob", err)
	}
	r.body = out.Body
	if r.at == 0 {
		r.etag, r.size = out.ETag, aws.ToInt64(out.ContentLength)
	}
	return nil
}

func (r *reader) Read(p []byte) (int, error) {
	for {
		n, err := r.body.Read(p)
		r.at += int64(n)
		switch {
		case n > 0 || err == nil:
			return n, nil
		case err == io.EOF && r.at >= r.size:
			return 0, io.EOF
		case r.left <= 0 || r.ctx.Err() != nil:
			return 0, r.b.explain("reading a blob", err)
		}
		r.left--
		r.body.Close()
		if err := r.ask(); err != nil {
			return 0, err
		}
	}
}

func (r *reader) Close() error { return r.body.Close() }
