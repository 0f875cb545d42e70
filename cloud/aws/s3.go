// SPDX-License-Identifier: Apache-2.0

package aws

import (
	"context"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/aws-sdk-go-v2/service/s3control"

	"demarc.dev/demarc/cloud"
)

func s3Service() *service {
	return &service{
		name: "s3", global: true, kinds: []cloud.Kind{cloud.AccountKind, cloud.ObjectStore},
		actions: []string{"s3:GetAccountPublicAccessBlock", "s3:GetBucketAcl", "s3:GetBucketLocation", "s3:GetBucketLogging",
			"s3:GetBucketObjectLockConfiguration", "s3:GetBucketPolicy", "s3:GetBucketPublicAccessBlock", "s3:GetBucketTagging",
			"s3:GetBucketVersioning", "s3:GetEncryptionConfiguration", "s3:GetLifecycleConfiguration", "s3:ListAllMyBuckets"},
		collect: collectS3,
	}
}

// block is a public access block, of a bucket or of the whole account.
type block struct {
	ignoresACLs, restrictsPolicies, full tri
}

func collectS3(ctx context.Context, u *unit) error {
	account := u.accountBlock(ctx)
	clients := map[string]*s3.Client{}
	client := func(region string) *s3.Client {
		return s3.NewFromConfig(u.in(region), func(o *s3.Options) { o.UsePathStyle = u.s.o.Endpoint != "" })
	}
	for _, r := range u.regions {
		clients[r] = client(r)
	}
	home := client(u.s.home())
	list := paged(home.ListBuckets, &s3.ListBucketsInput{MaxBuckets: aws.Int32(1000)})
	for list.more() {
		page, err := list.next(ctx)
		if err != nil {
			u.miss(err, cloud.ObjectStore)
			return nil
		}
		seen := u.seen("s3:ListBuckets", page.ResultMetadata)
		each(ctx, u, page.Buckets, func(b types.Bucket) {
			region, err := bucketRegion(ctx, home, b)
			if err != nil {
				u.miss(err, cloud.ObjectStore)
				return
			}
			if c := clients[region]; c != nil { // elsewhere: outside what was asked for
				u.add(u.bucket(ctx, c, b, region, account, seen))
			}
		})
	}
	return nil
}

func bucketRegion(ctx context.Context, home *s3.Client, b types.Bucket) (string, error) {
	if r := aws.ToString(b.BucketRegion); r != "" {
		return r, nil
	}
	out, err := home.GetBucketLocation(ctx, &s3.GetBucketLocationInput{Bucket: b.Name})
	if err != nil {
		return "", err
	}
	switch out.LocationConstraint {
	case "":
		return "us-east-1", nil
	case "EU":
		return "eu-west-1", nil
	}
	return string(out.LocationConstraint), nil
}

// accountBlock reads the block over the whole account.
func (u *unit) accountBlock(ctx context.Context) block {
	client := s3control.NewFromConfig(u.cfg)
	out, err := client.GetPublicAccessBlock(ctx, &s3control.GetPublicAccessBlockInput{AccountId: &u.account})
	r := u.accountPart(nil, u.seen("s3:GetAccountPublicAccessBlock", s3ControlMetadata(out)))
	var b block
	switch {
	case absent(err, "NoSuchPublicAccessBlockConfiguration"):
	case err != nil:
		b = block{tri{err: err}, tri{err: err}, tri{err: err}}
	case out.PublicAccessBlockConfiguration != nil:
		c := out.PublicAccessBlockConfiguration
		b = newBlock(c.BlockPublicAcls, c.IgnorePublicAcls, c.BlockPublicPolicy, c.RestrictPublicBuckets)
		r.Raw = document(map[string]any{"PublicAccessBlock": c})
	}
	b.full.into(r, "object_store_public_block")
	u.add(r)
	return b
}

func newBlock(acls, ignore, policy, restrict *bool) block {
	return block{
		ignoresACLs:       tri{yes: aws.ToBool(ignore)},
		restrictsPolicies: tri{yes: aws.ToBool(restrict)},
		full:              tri{yes: aws.ToBool(acls) && aws.ToBool(ignore) && aws.ToBool(policy) && aws.ToBool(restrict)},
	}
}

// bucket reads one bucket.
func (u *unit) bucket(ctx context.Context, c *s3.Client, b types.Bucket, region string, account block, seen cloud.Seen) *cloud.Resource {
	name := aws.ToString(b.Name)
	raw := map[string]any{"Bucket": b}
	r := u.resource(cloud.ObjectStore, "s3.bucket", "arn:"+u.s.partition+":s3:::"+name, name, nil, seen)
	r.Region = region
	ctx = told(ctx, r)
	own := bucketBlock(ctx, c, b.Name, raw)
	own.full.into(r, "public_block")
	policy := u.bucketPolicy(ctx, c, b.Name, r, raw)
	acl := bucketACL(ctx, c, b.Name, raw)
	either(both(policy, either(account.restrictsPolicies, own.restrictsPolicies).not()),
		both(acl, either(account.ignoresACLs, own.ignoresACLs).not())).into(r, "public")
	u.bucketEncryption(ctx, c, b.Name, r, raw)
	bucketHistory(ctx, c, b.Name, r, raw)
	bucketLogging(ctx, c, b.Name, r, raw)
	bucketLock(ctx, c, b.Name, r, raw)
	bucketTags(ctx, c, b.Name, r)
	r.Raw = document(raw)
	return r
}

func bucketBlock(ctx context.Context, c *s3.Client, name *string, raw map[string]any) block {
	out, err := c.GetPublicAccessBlock(ctx, &s3.GetPublicAccessBlockInput{Bucket: name})
	if absent(err, "NoSuchPublicAccessBlockConfiguration") {
		return block{}
	}
	if err != nil || out.PublicAccessBlockConfiguration == nil {
		t := tri{err: orElse(err, "s3:GetBucketPublicAccessBlock")}
		return block{t, t, t}
	}
	raw["PublicAccessBlock"] = out.PublicAccessBlockConfiguration
	p := out.PublicAccessBlockConfiguration
	return newBlock(p.BlockPublicAcls, p.IgnorePublicAcls, p.BlockPublicPolicy, p.RestrictPublicBuckets)
}

// bucketPolicy tells whether the policy lets everyone in, before any block.
func (u *unit) bucketPolicy(ctx context.Context, c *s3.Client, name *string, r *cloud.Resource, raw map[string]any) tri {
	out, err := c.GetBucketPolicy(ctx, &s3.GetBucketPolicyInput{Bucket: name})
	if absent(err, "NoSuchBucketPolicy") {
		fact(r, "tls_only", false, nil)
		return tri{}
	}
	if err != nil {
		gap(r, err, "tls_only")
		return tri{err: err}
	}
	raw["Policy"] = out.Policy
	p := u.permission(aws.ToString(out.Policy), "s3:GetBucketPolicy")
	p.tlsOnly("s3", r.ID, r.ID+"/*").into(r, "tls_only")
	return p.public()
}

// bucketACL tells whether the access control list grants anything to everyone,
// or to everyone who has an AWS account, which is the same.
func bucketACL(ctx context.Context, c *s3.Client, name *string, raw map[string]any) tri {
	out, err := c.GetBucketAcl(ctx, &s3.GetBucketAclInput{Bucket: name})
	if err != nil {
		return tri{err: err}
	}
	raw["Grants"] = out.Grants
	return tri{yes: slices.ContainsFunc(out.Grants, func(g types.Grant) bool {
		if g.Grantee == nil {
			return false
		}
		uri := aws.ToString(g.Grantee.URI)
		return strings.HasSuffix(uri, "/global/AllUsers") || strings.HasSuffix(uri, "/global/AuthenticatedUsers")
	})}
}

func (u *unit) bucketEncryption(ctx context.Context, c *s3.Client, name *string, r *cloud.Resource, raw map[string]any) {
	out, err := c.GetBucketEncryption(ctx, &s3.GetBucketEncryptionInput{Bucket: name})
	if absent(err, "ServerSideEncryptionConfigurationNotFoundError") {
		out, err = &s3.GetBucketEncryptionOutput{}, nil
	}
	if err != nil {
		gap(r, err, "encrypted", "customer_key")
		return
	}
	key, encrypted := "", false
	if out.ServerSideEncryptionConfiguration != nil {
		raw["Encryption"] = out.ServerSideEncryptionConfiguration
		for _, rule := range out.ServerSideEncryptionConfiguration.Rules {
			if d := rule.ApplyServerSideEncryptionByDefault; d != nil {
				encrypted, key = true, aws.ToString(d.KMSMasterKeyID)
			}
		}
	}
	fact(r, "encrypted", encrypted, nil)
	u.protects(r, key)
}

// bucketHistory reads what happens to old objects.
func bucketHistory(ctx context.Context, c *s3.Client, name *string, r *cloud.Resource, raw map[string]any) {
	versions, err := c.GetBucketVersioning(ctx, &s3.GetBucketVersioningInput{Bucket: name})
	fact(r, "versioning", err == nil && versions.Status == types.BucketVersioningStatusEnabled, err)
	if err == nil {
		raw["Versioning"] = map[string]any{"Status": versions.Status, "MFADelete": versions.MFADelete}
	}
	cycle, err := c.GetBucketLifecycleConfiguration(ctx, &s3.GetBucketLifecycleConfigurationInput{Bucket: name})
	if absent(err, "NoSuchLifecycleConfiguration") {
		cycle, err = &s3.GetBucketLifecycleConfigurationOutput{}, nil
	}
	if err != nil {
		gap(r, err, "lifecycle_expiry")
		return
	}
	raw["Lifecycle"] = cycle.Rules
	fact(r, "lifecycle_expiry", slices.ContainsFunc(cycle.Rules, func(rule types.LifecycleRule) bool {
		e := rule.Expiration
		return rule.Status == types.ExpirationStatusEnabled && e != nil && (e.Days != nil || e.Date != nil)
	}), nil)
}

func bucketLogging(ctx context.Context, c *s3.Client, name *string, r *cloud.Resource, raw map[string]any) {
	out, err := c.GetBucketLogging(ctx, &s3.GetBucketLoggingInput{Bucket: name})
	fact(r, "access_logging", err == nil && out.LoggingEnabled != nil, err)
	if err == nil && out.LoggingEnabled != nil {
		raw["Logging"] = out.LoggingEnabled
		link(r, "logs-to", "arn:"+strings.Split(r.ID, ":")[1]+":s3:::"+aws.ToString(out.LoggingEnabled.TargetBucket))
	}
}

func bucketLock(ctx context.Context, c *s3.Client, name *string, r *cloud.Resource, raw map[string]any) {
	out, err := c.GetObjectLockConfiguration(ctx, &s3.GetObjectLockConfigurationInput{Bucket: name})
	if absent(err, "ObjectLockConfigurationNotFoundError") {
		out, err = &s3.GetObjectLockConfigurationOutput{}, nil
	}
	if err != nil {
		gap(r, err, "object_lock", "lock_days")
		return
	}
	days := int64(0)
	locked := out.ObjectLockConfiguration != nil && out.ObjectLockConfiguration.ObjectLockEnabled == types.ObjectLockEnabledEnabled
	if locked {
		raw["ObjectLock"] = out.ObjectLockConfiguration
		if rule := out.ObjectLockConfiguration.Rule; rule != nil && rule.DefaultRetention != nil {
			days = int64(aws.ToInt32(rule.DefaultRetention.Days)) + 365*int64(aws.ToInt32(rule.DefaultRetention.Years))
		}
	}
	fact(r, "object_lock", locked, nil)
	fact(r, "lock_days", days, nil)
}

func bucketTags(ctx context.Context, c *s3.Client, name *string, r *cloud.Resource) {
	out, err := c.GetBucketTagging(ctx, &s3.GetBucketTaggingInput{Bucket: name})
	if absent(err, "NoSuchTagSet") {
		out, err = &s3.GetBucketTaggingOutput{}, nil
	}
	if err != nil {
		tag(r, nil, err)
		return
	}
	tag(r, tagMap(out.TagSet, func(t types.Tag) (*string, *string) { return t.Key, t.Value }), nil)
}
