// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"net/url"
	"strings"

	"demarc.dev/demarc/problem"
	"demarc.dev/demarc/store"
	"demarc.dev/demarc/store/s3"
)

// blobs opens the bucket that DEMARC_BLOBS names; nil: large bodies lie in the
// folder of the store. Every program that opens the store must name the same.
//
//	s3://bucket/prefix?region=eu-central-1
//	s3://bucket?endpoint=https://minio.example.org&path-style=yes
//
// Credentials come from where the AWS tools take them.
func (e *env) blobs(ctx context.Context) (store.Blobs, error) {
	words := or(e.bucket, e.get("DEMARC_BLOBS"))
	if words == "" || e.embedded {
		return nil, nil
	}
	u, err := url.Parse(words)
	if err != nil || u.Scheme != "s3" || u.Host == "" || u.User != nil {
		return nil, problem.New(problem.Usage, "DEMARC_BLOBS names no bucket", "write it like s3://bucket/prefix?region=eu-central-1; credentials do not belong into it")
	}
	o := s3.Options{Bucket: u.Host, Prefix: strings.TrimPrefix(u.Path, "/")}
	if o.Prefix != "" && !strings.HasSuffix(o.Prefix, "/") {
		o.Prefix += "/"
	}
	for name, values := range u.Query() {
		switch name {
		case "region":
			o.Region = values[0]
		case "endpoint":
			o.Endpoint = values[0]
		case "path-style":
			o.PathStyle = values[0] == "yes"
		default:
			return nil, problem.New(problem.Usage, "DEMARC_BLOBS knows no "+quote(name), "region, endpoint and path-style")
		}
	}
	b, err := s3.Open(ctx, o)
	if err != nil {
		return nil, err
	}
	return b, nil
}
