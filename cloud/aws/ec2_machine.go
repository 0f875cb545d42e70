// SPDX-License-Identifier: Apache-2.0

package aws

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/base64"
	"io"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"demarc.dev/demarc/cloud"
)

func (r *ec2Reader) machines(ctx context.Context) error {
	list := paged(r.client.DescribeInstances, &ec2.DescribeInstancesInput{MaxResults: aws.Int32(500)})
	for list.more() {
		page, err := list.next(ctx)
		if err != nil {
			return err
		}
		seen := r.seen("ec2:DescribeInstances", page.ResultMetadata)
		var machines []types.Instance
		for _, reservation := range page.Reservations {
			machines = append(machines, reservation.Instances...)
		}
		each(ctx, r.unit, machines, func(i types.Instance) {
			if state := machineState(i.State); state != "" {
				r.note("used", "machine", nil)
				r.add(r.machine(ctx, i, state, seen))
			}
		})
	}
	return nil
}

// machineState gives running or stopped, or "" for a machine that is gone.
func machineState(s *types.InstanceState) string {
	if s == nil {
		return ""
	}
	switch s.Name {
	case types.InstanceStateNameRunning, types.InstanceStateNamePending:
		return "running"
	case types.InstanceStateNameStopped, types.InstanceStateNameStopping:
		return "stopped"
	}
	return ""
}

func (r *ec2Reader) machine(ctx context.Context, i types.Instance, state string, seen cloud.Seen) *cloud.Resource {
	id := aws.ToString(i.InstanceId)
	m := r.resource(cloud.Machine, "ec2.instance", r.arn("ec2", "instance/"+id), id, i, seen)
	tag(m, ec2Tags(i.Tags), nil)
	m.Name = nameOr(m.Tags, id)
	fact(m, "state", state, nil)
	fact(m, "public_address", aws.ToString(i.PublicIpAddress), nil)
	image := ""
	if i.ImageId != nil {
		image = r.shared("image/" + *i.ImageId)
		link(m, "made-from", image)
	}
	fact(m, "image", image, nil)
	profile := ""
	if i.IamInstanceProfile != nil {
		profile = aws.ToString(i.IamInstanceProfile.Arn)
	}
	fact(m, "profile", profile, nil)
	if o := i.MetadataOptions; o != nil {
		fact(m, "metadata_token", o.HttpTokens == types.HttpTokensStateRequired || o.HttpEndpoint == types.InstanceMetadataEndpointStateDisabled, nil)
	} else {
		gap(m, missing(cloud.Unreadable, "ec2:DescribeInstances", "the answer holds no metadata options"), "metadata_token")
	}
	r.publicTier(m, aws.ToString(i.SubnetId))
	if vpc := aws.ToString(i.VpcId); vpc != "" {
		link(m, "in-network", r.arn("ec2", "vpc/"+vpc))
		link(m, "in-subnet", r.arn("ec2", "subnet/"+aws.ToString(i.SubnetId)))
	}
	for _, g := range i.SecurityGroups {
		link(m, "guarded-by", r.arn("ec2", "security-group/"+aws.ToString(g.GroupId)))
	}
	script, err := r.client.DescribeInstanceAttribute(ctx, &ec2.DescribeInstanceAttributeInput{InstanceId: i.InstanceId, Attribute: types.InstanceAttributeNameUserData})
	if err != nil {
		gap(m, err, "startup_secret")
	} else if script.UserData == nil {
		fact(m, "startup_secret", false, nil)
	} else {
		text, err := startupScript(aws.ToString(script.UserData.Value))
		fact(m, "startup_secret", err == nil && scriptHoldsSecret(text), err)
	}
	protected, err := r.client.DescribeInstanceAttribute(ctx, &ec2.DescribeInstanceAttributeInput{InstanceId: i.InstanceId, Attribute: types.InstanceAttributeNameDisableApiTermination})
	fact(m, "delete_protected", err == nil && protected.DisableApiTermination != nil && aws.ToBool(protected.DisableApiTermination.Value), err)
	return m
}

// publicTier asks the machine's tags, then its subnet's.
func (r *ec2Reader) publicTier(m *cloud.Resource, subnet string) {
	if isPublicTier(m.Tags) {
		fact(m, "public_tier", true, nil)
		return
	}
	tags, known := r.nets.subnetTags[subnet]
	switch {
	case known || subnet == "":
		fact(m, "public_tier", isPublicTier(tags), nil)
	case r.nets.subnetsUnread != nil:
		gap(m, r.nets.subnetsUnread, "public_tier")
	default:
		gap(m, missing(cloud.NotCollected, "ec2:DescribeSubnets", "the machine's subnet was not listed"), "public_tier")
	}
}

// isPublicTier reads the tags that declare what the internet may reach.
func isPublicTier(tags map[string]string) bool {
	switch strings.ToLower(tagged(tags, "zone", "tier")) {
	case "public", "dmz", "edge":
		return true
	}
	return false
}

// maxScript bounds what a start-up script may unfold to.
const maxScript = 1 << 20

// startupScript decodes user data: base64, and gzip if it is that.
func startupScript(data string) (string, error) {
	const call = "ec2:DescribeInstanceAttribute"
	plain, err := base64.StdEncoding.DecodeString(data)
	if err != nil {
		return "", missing(cloud.Unreadable, call, "the start-up script is not in base64")
	}
	if !bytes.HasPrefix(plain, []byte{0x1f, 0x8b}) {
		return string(plain), nil
	}
	zip, err := gzip.NewReader(bytes.NewReader(plain))
	if err == nil {
		plain, err = io.ReadAll(io.LimitReader(zip, maxScript+1))
	}
	if err != nil || len(plain) > maxScript {
		return "", missing(cloud.Unreadable, call, "the start-up script cannot be unpacked")
	}
	return string(plain), nil
}

// parseTime reads a time that the provider writes as text.
func parseTime(text, call string) (time.Time, error) {
	for _, layout := range []string{time.RFC3339Nano, "2006-01-02T15:04:05.000Z0700", "2006-01-02T15:04:05Z0700", "2006-01-02"} {
		if t, err := time.Parse(layout, text); err == nil {
			return t.UTC(), nil
		}
	}
	return time.Time{}, missing(cloud.Unreadable, call, "a time is in no known form")
}
