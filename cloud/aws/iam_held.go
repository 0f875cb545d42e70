// SPDX-License-Identifier: Apache-2.0

package aws

import (
	"context"
	"net/url"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"

	"demarc.dev/demarc/cloud"
)

// versions gives the text of the version in force, and of the others.
func versions(list []types.PolicyVersion) (inForce string, others []string) {
	for _, v := range list {
		if v.IsDefaultVersion {
			inForce = aws.ToString(v.Document)
		} else if v.Document != nil {
			others = append(others, plain(*v.Document))
		}
	}
	return inForce, others
}

// plain gives a policy as text: the API answers in percent-encoded form.
func plain(document string) string {
	document = strings.TrimSpace(document)
	if strings.HasPrefix(document, "%") {
		if text, err := url.PathUnescape(document); err == nil {
			document = text
		}
	}
	return scrub(document)
}

// held says which policies an identity or a group holds, by their ids.
func (r *iamReader) held(of *cloud.Resource, attached []types.AttachedPolicy, inline []types.PolicyDetail) {
	var ids []string
	for _, a := range attached {
		arn := aws.ToString(a.PolicyArn)
		ids = append(ids, arn)
		r.provider(arn)
	}
	for _, p := range inline {
		ids = append(ids, of.ID+"/inline/"+aws.ToString(p.PolicyName))
	}
	fact(of, "policies", stringList(ids), nil)
}

// bounded says which policy bounds an identity.
func (r *iamReader) bounded(of *cloud.Resource, within *types.AttachedPermissionsBoundary) {
	arn := ""
	if within != nil {
		arn = aws.ToString(within.PermissionsBoundaryArn)
		r.provider(arn)
	}
	fact(of, "boundary", arn, nil)
}

// provider notes that somebody holds a policy that AWS wrote. Users are read
// several at a time.
func (r *iamReader) provider(arn string) {
	if _, theirs := providerPolicy(arn); theirs {
		r.mu.Lock()
		r.theirs[arn] = true
		r.mu.Unlock()
	}
}

// provided reads the policies of AWS that somebody holds: AWS tells of all.
func (r *iamReader) provided(ctx context.Context) error {
	if len(r.theirs) == 0 {
		return nil
	}
	return r.details(ctx, types.EntityTypeAWSManagedPolicy, func(page *iam.GetAccountAuthorizationDetailsOutput, seen cloud.Seen) {
		for _, p := range page.Policies {
			arn := aws.ToString(p.Arn)
			doc, _ := versions(p.PolicyVersionList)
			if !r.theirs[arn] || doc == "" {
				continue
			}
			name, _ := providerPolicy(arn)
			theirs := r.resource(cloud.ProviderPolicy, "iam.aws-policy", arn, name, nil, seen)
			fact(theirs, "document", plain(doc), nil)
			r.add(theirs)
		}
	})
}
