// SPDX-License-Identifier: Apache-2.0

package aws

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"

	"demarc.dev/demarc/cloud"
)

// planActions are those of the calls before the units.
func planActions() []string {
	return []string{"ec2:DescribeRegions", "organizations:DescribeAccount", "organizations:ListAccounts", "organizations:ListTagsForResource", "sts:GetCallerIdentity"}
}

// Policy gives the smallest IAM policy with which everything can be read. It
// allows no action that changes anything or reads stored data. Roles that are
// assumed need sts:AssumeRole on themselves besides it.
func Policy() []byte {
	actions := planActions()
	for _, s := range services() {
		actions = append(actions, s.actions...)
	}
	slices.Sort(actions)
	type statement struct {
		Sid, Effect string
		Action      []string
		Resource    string
	}
	doc := struct {
		Version   string
		Statement []statement
	}{"2012-10-17", []statement{{"DemarcRead", "Allow", slices.Compact(actions), "*"}}}
	var out bytes.Buffer
	e := json.NewEncoder(&out)
	e.SetIndent("", "  ")
	if err := e.Encode(doc); err != nil {
		return nil // of plain values: does not happen
	}
	return out.Bytes()
}

// Services gives the names of all services, for help texts.
func Services() []string { return names(services()) }

// prefixes are the IAM prefixes of services whose SDK calls them otherwise.
var prefixes = map[string]string{
	"AccessAnalyzer": "access-analyzer", "Auto Scaling": "autoscaling", "CloudWatch Logs": "logs", "Config Service": "config",
	"EFS": "elasticfilesystem", "Elastic Load Balancing v2": "elasticloadbalancing", "Resource Groups Tagging API": "tag",
	"S3 Control": "s3", "Secrets Manager": "secretsmanager", "SSO Admin": "sso",
}

// renamed are the calls whose IAM action is called otherwise.
var renamed = map[string]string{
	"S3 ListBuckets": "s3:ListAllMyBuckets", "S3 GetBucketEncryption": "s3:GetEncryptionConfiguration",
	"S3 GetBucketLifecycleConfiguration": "s3:GetLifecycleConfiguration", "S3 GetObjectLockConfiguration": "s3:GetBucketObjectLockConfiguration",
	"S3 GetPublicAccessBlock": "s3:GetBucketPublicAccessBlock", "S3 Control GetPublicAccessBlock": "s3:GetAccountPublicAccessBlock",
}

// action gives the IAM action of a call of the SDK.
func action(service, operation string) string {
	if a, ok := renamed[service+" "+operation]; ok {
		return a
	}
	if p, ok := prefixes[service]; ok {
		return p + ":" + operation
	}
	return strings.ToLower(service) + ":" + operation
}

// Kinds gives the kinds of resource that are read, in order.
func Kinds() []cloud.Kind {
	var out []cloud.Kind
	for _, s := range services() {
		out = append(out, s.kinds...)
	}
	slices.Sort(out)
	return slices.Compact(out)
}
