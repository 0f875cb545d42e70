// SPDX-License-Identifier: Apache-2.0

package aws

import (
	"context"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/rds"
	"github.com/aws/aws-sdk-go-v2/service/s3"
)

// answers serves tokens one after the other and keeps those it was asked with.
func answers[In, Out any](tokens []*string, asked func(*In) *string, told func(*Out, *string), seen *[]string) func(context.Context, *In, ...func()) (*Out, error) {
	return func(_ context.Context, in *In, _ ...func()) (*Out, error) {
		*seen = append(*seen, aws.ToString(asked(in)))
		out := new(Out)
		told(out, tokens[len(*seen)-1])
		return out, nil
	}
}

func TestPages(t *testing.T) {
	three := []*string{aws.String("b"), aws.String("c"), nil}
	var seen []string
	check := func(name string, err error) {
		t.Helper()
		if err != nil || !slices.Equal(seen, []string{"", "b", "c"}) {
			t.Errorf("%s: asked with %q, %v", name, seen, err)
		}
		seen = nil
	}
	in := &ec2.DescribeVpcsInput{}
	check("NextToken", pages(t.Context(), answers(three, func(i *ec2.DescribeVpcsInput) *string { return i.NextToken }, func(o *ec2.DescribeVpcsOutput, s *string) { o.NextToken = s }, &seen), in, func(*ec2.DescribeVpcsOutput) {}))
	if in.NextToken != nil {
		t.Error("the question was changed")
	}
	check("NextMarker", pages(t.Context(), answers(three, func(i *kms.ListKeysInput) *string { return i.Marker }, func(o *kms.ListKeysOutput, s *string) { o.NextMarker = s }, &seen), &kms.ListKeysInput{}, func(*kms.ListKeysOutput) {}))
	check("Marker", pages(t.Context(), answers(three, func(i *rds.DescribeDBInstancesInput) *string { return i.Marker }, func(o *rds.DescribeDBInstancesOutput, s *string) { o.Marker = s }, &seen), &rds.DescribeDBInstancesInput{}, func(*rds.DescribeDBInstancesOutput) {}))
	three[2] = aws.String("") // some services end a list so
	check("ContinuationToken", pages(t.Context(), answers(three, func(i *s3.ListBucketsInput) *string { return i.ContinuationToken }, func(o *s3.ListBucketsOutput, s *string) { o.ContinuationToken = s }, &seen), &s3.ListBucketsInput{}, func(*s3.ListBucketsOutput) {}))
}

func TestPages_Circle(t *testing.T) {
	var seen []string
	again := []*string{aws.String("b"), aws.String("b"), aws.String("b")}
	err := pages(t.Context(), answers(again, func(i *ec2.DescribeVpcsInput) *string { return i.NextToken }, func(o *ec2.DescribeVpcsOutput, s *string) { o.NextToken = s }, &seen), &ec2.DescribeVpcsInput{}, func(*ec2.DescribeVpcsOutput) {})
	if err == nil || len(seen) != 2 {
		t.Errorf("asked %d times, %v", len(seen), err)
	}
}

func TestPages_NoToken(t *testing.T) {
	type question struct{ Name *string }
	type answer struct{ NextToken *string }
	err := pages(t.Context(), func(context.Context, *question, ...func()) (*answer, error) { return &answer{}, nil }, &question{}, func(*answer) {})
	if err == nil {
		t.Error("a question without a token was asked in pages")
	}
}

// The SDK's own paginators make the binary twice as large: see lister.
func TestPages_NoPaginator(t *testing.T) {
	files, err := filepath.Glob("*.go")
	if err != nil || len(files) < 40 {
		t.Fatal(len(files), err)
	}
	for _, f := range files {
		text, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		if m := regexp.MustCompile(`\.New\w+Paginator\(`).Find(text); m != nil && !strings.HasSuffix(f, "_test.go") {
			t.Errorf("%s uses the SDK's paginator %s: use pages or paged", f, m)
		}
	}
}
