// SPDX-License-Identifier: Apache-2.0

package aws

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"demarc.dev/demarc/cloud"
)

func dynamoService() *service {
	return &service{
		name: "dynamodb", kinds: []cloud.Kind{cloud.Table},
		actions: []string{"dynamodb:DescribeContinuousBackups", "dynamodb:DescribeTable", "dynamodb:ListTables", "dynamodb:ListTagsOfResource"},
		collect: collectDynamo,
	}
}

func collectDynamo(ctx context.Context, u *unit) error {
	c := dynamodb.NewFromConfig(u.cfg)
	return pages(ctx, c.ListTables, &dynamodb.ListTablesInput{}, func(page *dynamodb.ListTablesOutput) {
		each(ctx, u, page.TableNames, func(name string) {
			out, err := c.DescribeTable(ctx, &dynamodb.DescribeTableInput{TableName: &name})
			if err == nil && out.Table == nil {
				err = orElse(nil, "dynamodb:DescribeTable")
			}
			if err != nil {
				u.miss(err)
				return
			}
			u.add(u.table(ctx, c, out.Table, u.seen("dynamodb:DescribeTable", out.ResultMetadata)))
		})
	})
}

func (u *unit) table(ctx context.Context, c *dynamodb.Client, t *types.TableDescription, seen cloud.Seen) *cloud.Resource {
	raw := map[string]any{"Table": t}
	r := u.resource(cloud.Table, "dynamodb.table", aws.ToString(t.TableArn), aws.ToString(t.TableName), nil, seen)
	ctx = told(ctx, r)
	fact(r, "delete_protected", aws.ToBool(t.DeletionProtectionEnabled), nil)
	key := ""
	if d := t.SSEDescription; d != nil && d.Status != types.SSEStatusDisabled {
		key = aws.ToString(d.KMSMasterKeyArn)
	}
	u.protects(r, key)
	backups, err := c.DescribeContinuousBackups(ctx, &dynamodb.DescribeContinuousBackupsInput{TableName: t.TableName})
	on := false
	if err == nil && backups.ContinuousBackupsDescription != nil {
		p := backups.ContinuousBackupsDescription.PointInTimeRecoveryDescription
		on = p != nil && p.PointInTimeRecoveryStatus == types.PointInTimeRecoveryStatusEnabled
		raw["ContinuousBackups"] = backups.ContinuousBackupsDescription
	}
	fact(r, "point_in_time_recovery", on, err)
	tags := map[string]string{}
	var mark *string
	for {
		out, failed := c.ListTagsOfResource(ctx, &dynamodb.ListTagsOfResourceInput{ResourceArn: t.TableArn, NextToken: mark})
		if err = failed; err != nil {
			break
		}
		for _, t := range out.Tags {
			tags[aws.ToString(t.Key)] = scrub(aws.ToString(t.Value))
		}
		if mark = out.NextToken; aws.ToString(mark) == "" {
			break
		}
	}
	tag(r, tags, err)
	r.Raw = document(raw)
	return r
}
