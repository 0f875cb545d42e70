// SPDX-License-Identifier: Apache-2.0

package aws

import (
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/aws-sdk-go-v2/service/s3control"
	controltypes "github.com/aws/aws-sdk-go-v2/service/s3control/types"

	"demarc.dev/demarc/cloud"
)

func s3Client(t testing.TB, region string) *s3.Client {
	return s3.NewFromConfig(seeder(t, region), func(o *s3.Options) { o.UsePathStyle = true })
}

func makeBucket(t testing.TB, c *s3.Client, name string, lock bool) *string {
	t.Helper()
	must(c.CreateBucket(t.Context(), &s3.CreateBucketInput{Bucket: &name, ObjectLockEnabledForBucket: aws.Bool(lock),
		CreateBucketConfiguration: &types.CreateBucketConfiguration{LocationConstraint: types.BucketLocationConstraint(c.Options().Region)}}))(t)
	return &name
}

func TestS3_Buckets(t *testing.T) {
	c, ctx := s3Client(t, frankfurt), t.Context()
	bare := makeBucket(t, c, "bare-bucket", false)
	full := makeBucket(t, c, "full-bucket", true)
	open := makeBucket(t, c, "open-bucket", false)
	makeBucket(t, s3Client(t, ireland), "irish-bucket", false)
	must(c.PutPublicAccessBlock(ctx, &s3.PutPublicAccessBlockInput{Bucket: full, PublicAccessBlockConfiguration: &types.PublicAccessBlockConfiguration{
		BlockPublicAcls: aws.Bool(true), IgnorePublicAcls: aws.Bool(true), BlockPublicPolicy: aws.Bool(true), RestrictPublicBuckets: aws.Bool(true)}}))(t)
	must(c.PutBucketPolicy(ctx, &s3.PutBucketPolicyInput{Bucket: full, Policy: aws.String(`{"Version":"2012-10-17","Statement":[
		{"Effect":"Deny","Principal":"*","Action":"s3:*","Resource":["arn:aws:s3:::full-bucket","arn:aws:s3:::full-bucket/*"],"Condition":{"Bool":{"aws:SecureTransport":"false"}}},
		{"Effect":"Allow","Principal":"*","Action":"s3:GetObject","Resource":"arn:aws:s3:::full-bucket/*"}]}`)}))(t)
	must(c.PutBucketEncryption(ctx, &s3.PutBucketEncryptionInput{Bucket: full, ServerSideEncryptionConfiguration: &types.ServerSideEncryptionConfiguration{
		Rules: []types.ServerSideEncryptionRule{{ApplyServerSideEncryptionByDefault: &types.ServerSideEncryptionByDefault{SSEAlgorithm: types.ServerSideEncryptionAwsKms,
			KMSMasterKeyID: aws.String("arn:aws:kms:eu-central-1:999999999999:key/11111111-2222-3333-4444-555555555555")}}}}}))(t)
	must(c.PutBucketTagging(ctx, &s3.PutBucketTaggingInput{Bucket: full, Tagging: &types.Tagging{TagSet: []types.Tag{{Key: aws.String("tenant"), Value: aws.String("alder")}}}}))(t)
	must(c.PutBucketLogging(ctx, &s3.PutBucketLoggingInput{Bucket: full, BucketLoggingStatus: &types.BucketLoggingStatus{}}))(t)
	must(c.PutBucketLifecycleConfiguration(ctx, &s3.PutBucketLifecycleConfigurationInput{Bucket: full, LifecycleConfiguration: &types.BucketLifecycleConfiguration{
		Rules: []types.LifecycleRule{{ID: aws.String("old"), Status: types.ExpirationStatusEnabled, Filter: &types.LifecycleRuleFilter{Prefix: aws.String("")}, Expiration: &types.LifecycleExpiration{Days: aws.Int32(90)}}}}}))(t)
	must(c.PutObjectLockConfiguration(ctx, &s3.PutObjectLockConfigurationInput{Bucket: full, ObjectLockConfiguration: &types.ObjectLockConfiguration{ObjectLockEnabled: types.ObjectLockEnabledEnabled,
		Rule: &types.ObjectLockRule{DefaultRetention: &types.DefaultRetention{Mode: types.ObjectLockRetentionModeCompliance, Years: aws.Int32(2)}}}}))(t)
	must(c.PutBucketAcl(ctx, &s3.PutBucketAclInput{Bucket: open, ACL: types.BucketCannedACLPublicRead}))(t)
	must(c.PutBucketLifecycleConfiguration(ctx, &s3.PutBucketLifecycleConfigurationInput{Bucket: open, LifecycleConfiguration: &types.BucketLifecycleConfiguration{
		Rules: []types.LifecycleRule{{ID: aws.String("off"), Status: types.ExpirationStatusDisabled, Filter: &types.LifecycleRuleFilter{Prefix: aws.String("")}, Expiration: &types.LifecycleExpiration{Days: aws.Int32(90)}}}}}))(t)
	_ = bare

	o := options(t)
	o.Services = []string{"s3"}
	s := collect(t, o)
	expect(t, find(t, s, cloud.ObjectStore, "bare-bucket"), map[string]any{"public": false, "public_block": false, "encrypted": false, "customer_key": false,
		"tls_only": false, "versioning": false, "access_logging": false, "lifecycle_expiry": false, "object_lock": false, "lock_days": 0,
		"holds_audit_logs": cloud.NotCollected, "data_events": cloud.NotCollected})
	f := find(t, s, cloud.ObjectStore, "full-bucket")
	expect(t, f, map[string]any{"public": false, "public_block": true, "encrypted": true, "customer_key": true, "tls_only": true, "versioning": true,
		"lifecycle_expiry": true, "object_lock": true, "lock_days": 730})
	if f.Tenant != "alder" || f.Region != frankfurt || !bytesContain(f.Raw, "SecureTransport") {
		t.Errorf("full-bucket: tenant %q, region %q, raw %s", f.Tenant, f.Region, f.Raw)
	}
	expect(t, find(t, s, cloud.ObjectStore, "open-bucket"), map[string]any{"public": true, "lifecycle_expiry": false})
	expect(t, find(t, s, cloud.AccountKind, "account"), map[string]any{"object_store_public_block": false, "root_mfa": cloud.NotCollected})
	for _, call := range []string{"s3:ListBuckets", "s3:GetEncryptionConfiguration", "s3:GetBucketPolicy"} {
		if !strings.Contains(f.Seen.Call, call) {
			t.Errorf("full-bucket is seen by %s, without %s", f.Seen.Call, call)
		}
	}
	for _, r := range s.Resources {
		if r.Name == "irish-bucket" {
			t.Error("a bucket of a region that was not asked for is in the snapshot")
		}
	}
}

func TestS3_AccountBlockCoversBuckets(t *testing.T) {
	c := s3Client(t, "eu-north-1")
	open := makeBucket(t, c, "covered-bucket", false)
	must(c.PutBucketAcl(t.Context(), &s3.PutBucketAclInput{Bucket: open, ACL: types.BucketCannedACLPublicRead}))(t)
	o := options(t)
	o.Services, o.Regions = []string{"s3"}, []string{"eu-north-1"}
	expect(t, find(t, collect(t, o), cloud.ObjectStore, "covered-bucket"), map[string]any{"public": true})
	control := s3control.NewFromConfig(pinned(t, seeder(t, "us-east-1")))
	must(control.PutPublicAccessBlock(t.Context(), &s3control.PutPublicAccessBlockInput{AccountId: aws.String(motoAccount), PublicAccessBlockConfiguration: &controltypes.PublicAccessBlockConfiguration{
		BlockPublicAcls: aws.Bool(true), IgnorePublicAcls: aws.Bool(true), BlockPublicPolicy: aws.Bool(true), RestrictPublicBuckets: aws.Bool(true)}}))(t)
	defer control.DeletePublicAccessBlock(t.Context(), &s3control.DeletePublicAccessBlockInput{AccountId: aws.String(motoAccount)})
	s := collect(t, o)
	expect(t, find(t, s, cloud.ObjectStore, "covered-bucket"), map[string]any{"public": false, "public_block": false})
	expect(t, find(t, s, cloud.AccountKind, "account"), map[string]any{"object_store_public_block": true})
}
