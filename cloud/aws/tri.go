// SPDX-License-Identifier: Apache-2.0

package aws

import (
	"github.com/aws/aws-sdk-go-v2/service/s3control"
	"github.com/aws/smithy-go/middleware"

	"demarc.dev/demarc/cloud"
)

// tri is yes, no, or not known and why. What is not known decides nothing,
// unless the other side decides alone.
type tri struct {
	yes bool
	err error
}

func (t tri) not() tri { return tri{!t.yes && t.err == nil, t.err} }

func (t tri) is(yes bool) bool { return t.err == nil && t.yes == yes }

func either(a, b tri) tri {
	switch {
	case a.is(true) || b.is(true):
		return tri{yes: true}
	case a.err != nil:
		return a
	}
	return b
}

func both(a, b tri) tri {
	switch {
	case a.is(false) || b.is(false):
		return tri{}
	case a.err != nil:
		return a
	}
	return b
}

// into sets the attribute or its gap.
func (t tri) into(r *cloud.Resource, name string) { fact(r, name, t.yes, t.err) }

// orElse names an answer that lacks what it is asked for.
func orElse(err error, call string) error {
	if err != nil {
		return err
	}
	return missing(cloud.Unreadable, call, "the answer does not hold it")
}

func s3ControlMetadata(out *s3control.GetPublicAccessBlockOutput) middleware.Metadata {
	if out == nil {
		return middleware.Metadata{}
	}
	return out.ResultMetadata
}

// protects says which key protects a resource; "" means the provider's own. The
// joins find out whose key it is.
func (u *unit) protects(r *cloud.Resource, key string) { r.Attributes["_key"] = key }
