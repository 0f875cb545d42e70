// SPDX-License-Identifier: Apache-2.0

// Package s3 keeps the blobs of a store in a bucket of Amazon S3 or of a
// service that speaks its protocol, in place of the folder blobs/:
//
//	<prefix><organisation>/<first two digits>/<SHA-256>
//
// A blob is sent from its file with the SHA-256 that the service checks before
// it keeps it; a large one in parts, each with its own, and the whole is hashed
// again on the way and completed only when it is what its name says. What is
// there with the same size and checksum is not sent again. Calls that fail for
// a reason that may pass are repeated, and a download that breaks off is
// continued where it stood.
//
// What the package never does: it decides nothing. What may be removed, and
// that what it gives back is what was stored, is package store's to know. It
// makes no bucket and changes no setting of one.
//
// The caller needs s3:GetObject, PutObject, DeleteObject, ListBucket,
// AbortMultipartUpload and ListBucketMultipartUploads. In a bucket with
// versions an erased body lives on as an old version: keep them off, or let a
// lifecycle rule end them.
package s3

import (
	"context"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/ratelimit"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"demarc.dev/demarc/evidence"
	"demarc.dev/demarc/problem"
)

// Options say where the bucket is. Bucket is needed; what else is empty comes
// from where the AWS tools take it (environment, profile, role of the machine).
type Options struct {
	Bucket string
	Prefix string // of all keys, say "demarc/"; a slash ends it when it is not empty
	Region string

	Endpoint  string // address of another service, say http://127.0.0.1:9000
	PathStyle bool   // the bucket stands in the path, not in the host's name

	AccessKey, SecretKey string

	// Part is the size, in bytes, from which a blob is sent in parts of that
	// size; 0 is 64 MiB. At least 5 MiB.
	Part int64

	// Attempts is how often a call is made at most; 0 is 6.
	Attempts int
}

const (
	partLeast   = 5 << 20
	partDefault = 64 << 20
	partsMost   = 10_000
	callMost    = 5 * time.Minute // of one call, with its repetitions
)

// Bucket keeps blobs. Safe for concurrent use.
type Bucket struct {
	c      *s3.Client
	o      Options
	bucket *string
}

// Open makes ready to use a bucket and asks whether it is there: NotFound,
// Denied or Unavailable when it cannot be used.
func Open(ctx context.Context, o Options) (*Bucket, error) {
	if o.Bucket == "" || o.Prefix != "" && !strings.HasSuffix(o.Prefix, "/") {
		return nil, problem.New(problem.Usage, "a store of blobs needs the name of a bucket, and its prefix ends with a slash", "")
	}
	if o.Part == 0 {
		o.Part = partDefault
	}
	if o.Attempts == 0 {
		o.Attempts = 6
	}
	o.Part = max(o.Part, partLeast)
	var load []func(*config.LoadOptions) error
	if o.Region != "" {
		load = append(load, config.WithRegion(o.Region))
	}
	if o.AccessKey != "" {
		load = append(load, config.WithCredentialsProvider(credentials.NewStaticCredentialsProvider(o.AccessKey, o.SecretKey, "")))
	}
	c, err := config.LoadDefaultConfig(ctx, load...)
	if err != nil {
		return nil, problem.Newf(problem.Usage, "the settings for S3 cannot be read: %w", err)
	}
	b := &Bucket{o: o, bucket: &o.Bucket}
	b.c = s3.NewFromConfig(c, b.configure)
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	if _, err := b.c.HeadBucket(ctx, &s3.HeadBucketInput{Bucket: b.bucket}); err != nil {
		return nil, b.explain("opening it", err)
	}
	return b, nil
}

func (b *Bucket) configure(o *s3.Options) {
	o.UsePathStyle = b.o.PathStyle
	if b.o.Endpoint != "" {
		o.BaseEndpoint = &b.o.Endpoint
	}
	o.Retryer = retry.NewStandard(func(r *retry.StandardOptions) {
		r.MaxAttempts = b.o.Attempts
		r.MaxBackoff = 5 * time.Second
		r.RateLimiter = ratelimit.None
	})
	// Other services know no checksums that nobody asked for.
	o.RequestChecksumCalculation = aws.RequestChecksumCalculationWhenRequired
	o.ResponseChecksumValidation = aws.ResponseChecksumValidationWhenRequired
}

func (b *Bucket) key(org string, d evidence.Digest) *string {
	name := hex.EncodeToString(d[:])
	return aws.String(b.o.Prefix + org + "/" + name[:2] + "/" + name)
}

// Place tells people where a blob lies.
func (b *Bucket) Place(org string, d evidence.Digest) string {
	return "s3://" + b.o.Bucket + "/" + *b.key(org, d)
}

// Remove removes a blob and what an interrupted Put of it left.
func (b *Bucket) Remove(ctx context.Context, org string, d evidence.Digest) error {
	ctx, cancel := context.WithTimeout(ctx, callMost)
	defer cancel()
	key := b.key(org, d)
	uploads, err := b.c.ListMultipartUploads(ctx, &s3.ListMultipartUploadsInput{Bucket: b.bucket, Prefix: key})
	if err != nil {
		return b.explain("looking for interrupted uploads", err)
	}
	for _, u := range uploads.Uploads {
		_, err := b.c.AbortMultipartUpload(ctx, &s3.AbortMultipartUploadInput{Bucket: b.bucket, Key: u.Key, UploadId: u.UploadId})
		if err != nil && !isMissing(err) {
			return b.explain("ending an interrupted upload", err)
		}
	}
	_, err = b.c.DeleteObject(ctx, &s3.DeleteObjectInput{Bucket: b.bucket, Key: key})
	if isMissing(err) {
		return nil
	}
	return b.explain("removing a blob", err)
}

// List calls do with the digest of each blob of an organisation, and with the
// key of what is none.
func (b *Bucket) List(ctx context.Context, org string, do func(name string) error) error {
	prefix := b.o.Prefix + org + "/"
	pages := s3.NewListObjectsV2Paginator(b.c, &s3.ListObjectsV2Input{Bucket: b.bucket, Prefix: &prefix})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return b.explain("listing blobs", err)
		}
		for _, object := range page.Contents {
			if err := do(b.nameOf(org, aws.ToString(object.Key))); err != nil {
				return err
			}
		}
	}
	return nil
}

func (b *Bucket) nameOf(org, key string) string {
	name := key[strings.LastIndexByte(key, '/')+1:]
	raw, err := hex.DecodeString(name)
	if err == nil && len(raw) == len(evidence.Digest{}) && *b.key(org, evidence.Digest(raw)) == key {
		return name
	}
	return "s3://" + b.o.Bucket + "/" + key
}

// sameThere tells whether the blob is there already, as the service's own
// checksum says. In parts a checksum is of the parts, and the size must do.
func (b *Bucket) sameThere(ctx context.Context, key *string, d evidence.Digest, size int64) (bool, error) {
	h, err := b.c.HeadObject(ctx, &s3.HeadObjectInput{Bucket: b.bucket, Key: key, ChecksumMode: types.ChecksumModeEnabled})
	if isMissing(err) {
		return false, nil
	}
	if err != nil {
		return false, b.explain("looking for a blob", err)
	}
	sum := aws.ToString(h.ChecksumSHA256)
	return aws.ToInt64(h.ContentLength) == size && (sum == sum64(d) || strings.Contains(sum, "-") && size > b.o.Part), nil
}

func sum64(d evidence.Digest) string { return base64.StdEncoding.EncodeToString(d[:]) }

func isMissing(err error) bool {
	var answer *smithyhttp.ResponseError
	var named smithy.APIError
	return errors.As(err, &answer) && answer.HTTPStatusCode() == http.StatusNotFound &&
		!(errors.As(err, &named) && named.ErrorCode() == "NoSuchBucket")
}

// explain makes a problem of what the service answered.
func (b *Bucket) explain(doing string, err error) error {
	if err == nil || errors.Is(err, fs.ErrNotExist) || errors.Is(err, context.Canceled) {
		return err
	}
	where := "the bucket " + b.o.Bucket
	if b.o.Endpoint != "" {
		where += " at " + b.o.Endpoint
	}
	code := ""
	var named smithy.APIError
	if errors.As(err, &named) {
		code = named.ErrorCode()
	}
	status := 0
	if answer := (*smithyhttp.ResponseError)(nil); errors.As(err, &answer) {
		status = answer.HTTPStatusCode()
	}
	newf := func(kind problem.Kind, what string) *problem.Problem {
		return problem.New(kind, fmt.Sprintf("%s: %s: %s", where, doing, what), "").Wrap(err)
	}
	switch {
	case code == "NoSuchBucket" || status == http.StatusNotFound:
		return newf(problem.NotFound, "there is no such bucket").WithHint("make it, or check name, region and endpoint")
	case status == http.StatusForbidden || status == http.StatusUnauthorized:
		return newf(problem.Denied, "it is not allowed").WithHint("check the access key and what it may do with the bucket")
	case code == "BadDigest" || code == "XAmzContentChecksumMismatch":
		return newf(problem.Unavailable, "what arrived was not what was sent").WithHint("do it again; check the network when it happens often")
	}
	return newf(problem.Unavailable, "the service did not serve").WithHint("do it again when it answers; nothing that was acknowledged is lost")
}
