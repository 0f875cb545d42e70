// SPDX-License-Identifier: Apache-2.0

package aws

import (
	"context"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	snstypes "github.com/aws/aws-sdk-go-v2/service/sns/types"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	sqstypes "github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"demarc.dev/demarc/cloud"
)

func sqsService() *service {
	return &service{
		name: "sqs", kinds: []cloud.Kind{cloud.Queue},
		actions: []string{"sqs:GetQueueAttributes", "sqs:ListQueueTags", "sqs:ListQueues"},
		collect: collectQueues,
	}
}

func collectQueues(ctx context.Context, u *unit) error {
	c := sqs.NewFromConfig(u.cfg)
	return pages(ctx, c.ListQueues, &sqs.ListQueuesInput{MaxResults: aws.Int32(1000)}, func(page *sqs.ListQueuesOutput) {
		each(ctx, u, page.QueueUrls, func(url string) {
			out, err := c.GetQueueAttributes(ctx, &sqs.GetQueueAttributesInput{QueueUrl: &url, AttributeNames: []sqstypes.QueueAttributeName{sqstypes.QueueAttributeNameAll}})
			if err != nil {
				u.miss(err)
				return
			}
			a := out.Attributes
			name := url[strings.LastIndexByte(url, '/')+1:]
			r := u.resource(cloud.Queue, "sqs.queue", u.arn("sqs", name), name, map[string]any{"Attributes": a}, u.seen("sqs:GetQueueAttributes", out.ResultMetadata))
			fact(r, "encrypted", a["KmsMasterKeyId"] != "" || a["SqsManagedSseEnabled"] == "true", nil)
			u.protects(r, a["KmsMasterKeyId"])
			p := u.permission(a["Policy"], "sqs:GetQueueAttributes")
			p.public().into(r, "public")
			p.tlsOnly("sqs", r.ID).into(r, "tls_only")
			tags, err := c.ListQueueTags(told(ctx, r), &sqs.ListQueueTagsInput{QueueUrl: &url})
			if err != nil {
				tag(r, nil, err)
			} else {
				tag(r, tags.Tags, nil)
			}
			u.add(r)
		})
	})
}

func snsService() *service {
	return &service{
		name: "sns", kinds: []cloud.Kind{cloud.Topic},
		actions: []string{"sns:GetTopicAttributes", "sns:ListSubscriptionsByTopic", "sns:ListTagsForResource", "sns:ListTopics"},
		collect: collectTopics,
	}
}

func collectTopics(ctx context.Context, u *unit) error {
	c := sns.NewFromConfig(u.cfg)
	return pages(ctx, c.ListTopics, &sns.ListTopicsInput{}, func(page *sns.ListTopicsOutput) {
		each(ctx, u, page.Topics, func(t snstypes.Topic) { u.topic(ctx, c, aws.ToString(t.TopicArn)) })
	})
}

func (u *unit) topic(ctx context.Context, c *sns.Client, arn string) {
	out, err := c.GetTopicAttributes(ctx, &sns.GetTopicAttributesInput{TopicArn: &arn})
	if err != nil {
		u.miss(err)
		g := gapOf(err)
		u.note("topic", arn, map[string]any{"unread": true, "reason": string(g.Reason), "detail": g.Detail})
		return
	}
	a := out.Attributes
	r := u.resource(cloud.Topic, "sns.topic", arn, arn[strings.LastIndexByte(arn, ':')+1:], map[string]any{"Attributes": a}, u.seen("sns:GetTopicAttributes", out.ResultMetadata))
	ctx = told(ctx, r)
	fact(r, "encrypted", a["KmsMasterKeyId"] != "", nil)
	u.protects(r, a["KmsMasterKeyId"])
	u.permission(a["Policy"], "sns:GetTopicAttributes").public().into(r, "public")
	// The attribute SubscriptionsConfirmed lags behind; the list does not.
	confirmed := int64(0)
	err = pages(ctx, c.ListSubscriptionsByTopic, &sns.ListSubscriptionsByTopicInput{TopicArn: &arn}, func(page *sns.ListSubscriptionsByTopicOutput) {
		for _, s := range page.Subscriptions {
			if strings.HasPrefix(aws.ToString(s.SubscriptionArn), "arn:") { // else it waits for its confirmation
				confirmed++
			}
		}
	})
	fact(r, "subscribers", confirmed, err)
	if err != nil {
		g := gapOf(err)
		u.note("topic", arn, map[string]any{"unread": true, "reason": string(g.Reason), "detail": g.Detail})
	} else {
		u.note("topic", arn, map[string]any{"subscribers": confirmed})
	}
	tags, err := c.ListTagsForResource(ctx, &sns.ListTagsForResourceInput{ResourceArn: &arn})
	if err != nil {
		tag(r, nil, err)
	} else {
		tag(r, tagMap(tags.Tags, func(t snstypes.Tag) (*string, *string) { return t.Key, t.Value }), nil)
	}
	u.add(r)
}
