// SPDX-License-Identifier: Apache-2.0

package aws

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/acm"
	"github.com/aws/aws-sdk-go-v2/service/acm/types"

	"demarc.dev/demarc/cloud"
)

func acmService() *service {
	return &service{
		name: "acm", kinds: []cloud.Kind{cloud.Certificate},
		actions: []string{"acm:DescribeCertificate", "acm:ListCertificates", "acm:ListTagsForCertificate"},
		collect: collectACM,
	}
}

func collectACM(ctx context.Context, u *unit) error {
	c := acm.NewFromConfig(u.cfg)
	// Without the list of key types only RSA 1024 and 2048 are listed.
	all := &acm.ListCertificatesInput{Includes: &types.Filters{KeyTypes: types.KeyAlgorithm("").Values()}}
	return pages(ctx, c.ListCertificates, all, func(page *acm.ListCertificatesOutput) {
		each(ctx, u, page.CertificateSummaryList, func(s types.CertificateSummary) {
			out, err := c.DescribeCertificate(ctx, &acm.DescribeCertificateInput{CertificateArn: s.CertificateArn})
			if err == nil && out.Certificate == nil {
				err = orElse(nil, "acm:DescribeCertificate")
			}
			if err != nil {
				u.miss(err)
				return
			}
			d := out.Certificate
			r := u.resource(cloud.Certificate, "acm.certificate", aws.ToString(d.CertificateArn), aws.ToString(d.DomainName), d, u.seen("acm:DescribeCertificate", out.ResultMetadata))
			fact(r, "expires", aws.ToTime(d.NotAfter).UTC(), nil)
			if d.NotAfter == nil {
				delete(r.Attributes, "expires")
				gap(r, missing(cloud.NotEnabled, "acm:DescribeCertificate", "the certificate has not been issued"), "expires")
			}
			fact(r, "renews", d.Type != types.CertificateTypeImported && d.RenewalEligibility == types.RenewalEligibilityEligible, nil)
			fact(r, "in_use", len(d.InUseBy) > 0, nil)
			for _, user := range d.InUseBy {
				link(r, "presented-by", user)
			}
			tags, err := c.ListTagsForCertificate(ctx, &acm.ListTagsForCertificateInput{CertificateArn: s.CertificateArn})
			if err != nil {
				tag(r, nil, err)
			} else {
				tag(r, tagMap(tags.Tags, func(t types.Tag) (*string, *string) { return t.Key, t.Value }), nil)
			}
			u.add(r)
		})
	})
}
