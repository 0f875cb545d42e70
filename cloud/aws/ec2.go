// SPDX-License-Identifier: Apache-2.0

package aws

import (
	"context"
	"sync"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"demarc.dev/demarc/cloud"
)

func ec2Service() *service {
	return &service{
		name: "ec2",
		kinds: []cloud.Kind{cloud.Disk, cloud.DiskSnapshot, cloud.Endpoint, cloud.Firewall, cloud.Interconnect, cloud.Machine, cloud.MachineImage,
			cloud.Network, cloud.NetworkInterface, cloud.RegionKind, cloud.RouteTable, cloud.Subnet},
		actions: []string{"ec2:DescribeDhcpOptions", "ec2:DescribeFlowLogs", "ec2:DescribeImageAttribute", "ec2:DescribeImages", "ec2:DescribeInstanceAttribute",
			"ec2:DescribeInstances", "ec2:DescribeInternetGateways", "ec2:DescribeNetworkAcls", "ec2:DescribeNetworkInterfaces", "ec2:DescribeRouteTables", "ec2:DescribeSecurityGroups",
			"ec2:DescribeSnapshotAttribute", "ec2:DescribeSnapshots", "ec2:DescribeSubnets", "ec2:DescribeTransitGatewayAttachments",
			"ec2:DescribeTransitGatewayRouteTables", "ec2:DescribeTransitGateways", "ec2:DescribeVolumes", "ec2:DescribeVpcEndpointServiceConfigurations",
			"ec2:DescribeVpcEndpoints", "ec2:DescribeVpcPeeringConnections", "ec2:DescribeVpcs", "ec2:GetEbsEncryptionByDefault",
			"ec2:GetManagedPrefixListEntries", "ec2:GetSerialConsoleAccessStatus", "ec2:GetTransitGatewayRouteTableAssociations", "ec2:SearchTransitGatewayRoutes"},
		collect: collectEC2,
	}
}

// ec2Reader reads EC2 in one region.
type ec2Reader struct {
	*unit
	client *ec2.Client
	nets   networks
}

func collectEC2(ctx context.Context, u *unit) error {
	r := &ec2Reader{unit: u, client: ec2.NewFromConfig(u.cfg)}
	var wg sync.WaitGroup
	wg.Go(func() {
		r.networks(ctx) // machines ask their subnets' tags
		u.miss(r.machines(ctx), cloud.Machine)
	})
	wg.Go(func() { r.settings(ctx) })
	wg.Go(func() { u.miss(r.interfaces(ctx), cloud.NetworkInterface) })
	wg.Go(func() { u.miss(r.endpoints(ctx), cloud.Endpoint) })
	wg.Go(func() { u.miss(r.offered(ctx), cloud.Endpoint) })
	wg.Go(func() { u.miss(r.disks(ctx), cloud.Disk) })
	wg.Go(func() { u.miss(r.snapshots(ctx), cloud.DiskSnapshot) })
	wg.Go(func() { u.miss(r.images(ctx), cloud.MachineImage) })
	wg.Wait()
	return nil
}

func ec2Tags(list []types.Tag) map[string]string {
	return tagMap(list, func(t types.Tag) (*string, *string) { return t.Key, t.Value })
}

// settings reads what holds for the region.
func (r *ec2Reader) settings(ctx context.Context) {
	encryption, err := r.client.GetEbsEncryptionByDefault(ctx, &ec2.GetEbsEncryptionByDefaultInput{})
	if encryption == nil {
		encryption = &ec2.GetEbsEncryptionByDefaultOutput{}
	}
	raw := map[string]any{"EbsEncryptionByDefault": aws.ToBool(encryption.EbsEncryptionByDefault)}
	part := r.regionPart(nil, r.seen("ec2:GetEbsEncryptionByDefault", encryption.ResultMetadata))
	fact(part, "disk_encryption_default", aws.ToBool(encryption.EbsEncryptionByDefault), err)
	console, err := r.client.GetSerialConsoleAccessStatus(ctx, &ec2.GetSerialConsoleAccessStatusInput{})
	fact(part, "serial_console", err == nil && aws.ToBool(console.SerialConsoleAccessEnabled), err)
	if err == nil {
		raw["SerialConsoleAccessEnabled"] = console.SerialConsoleAccessEnabled
	}
	part.Raw = document(raw)
	r.add(part)
}

func (r *ec2Reader) disks(ctx context.Context) error {
	list := paged(r.client.DescribeVolumes, &ec2.DescribeVolumesInput{MaxResults: aws.Int32(500)})
	for list.more() {
		page, err := list.next(ctx)
		if err != nil {
			return err
		}
		seen := r.seen("ec2:DescribeVolumes", page.ResultMetadata)
		for _, v := range page.Volumes {
			id := aws.ToString(v.VolumeId)
			d := r.resource(cloud.Disk, "ec2.volume", r.arn("ec2", "volume/"+id), id, v, seen)
			tag(d, ec2Tags(v.Tags), nil)
			d.Name = nameOr(d.Tags, id)
			fact(d, "encrypted", aws.ToBool(v.Encrypted), nil)
			fact(d, "attached", len(v.Attachments) > 0, nil)
			fact(d, "created", aws.ToTime(v.CreateTime).UTC(), nil)
			r.protects(d, aws.ToString(v.KmsKeyId))
			for _, a := range v.Attachments {
				link(d, "attached-to", r.arn("ec2", "instance/"+aws.ToString(a.InstanceId)))
			}
			r.add(d)
		}
	}
	return nil
}

// nameOr gives the tag Name, or the id.
func nameOr(tags map[string]string, id string) string {
	if n := tags["Name"]; n != "" {
		return n
	}
	return id
}

func (r *ec2Reader) snapshots(ctx context.Context) error {
	list := paged(r.client.DescribeSnapshots, &ec2.DescribeSnapshotsInput{OwnerIds: []string{"self"}, MaxResults: aws.Int32(500)})
	for list.more() {
		page, err := list.next(ctx)
		if err != nil {
			return err
		}
		seen := r.seen("ec2:DescribeSnapshots", page.ResultMetadata)
		each(ctx, r.unit, page.Snapshots, func(s types.Snapshot) {
			id := aws.ToString(s.SnapshotId)
			d := r.resource(cloud.DiskSnapshot, "ec2.snapshot", r.shared("snapshot/"+id), id, s, seen)
			tag(d, ec2Tags(s.Tags), nil)
			d.Name = nameOr(d.Tags, id)
			fact(d, "encrypted", aws.ToBool(s.Encrypted), nil)
			fact(d, "created", aws.ToTime(s.StartTime).UTC(), nil)
			r.protects(d, aws.ToString(s.KmsKeyId))
			link(d, "copy-of", r.arn("ec2", "volume/"+aws.ToString(s.VolumeId)))
			out, err := r.client.DescribeSnapshotAttribute(ctx, &ec2.DescribeSnapshotAttributeInput{SnapshotId: s.SnapshotId, Attribute: types.SnapshotAttributeNameCreateVolumePermission})
			var with []string
			public := false
			if err == nil {
				for _, p := range out.CreateVolumePermissions {
					public = public || p.Group == types.PermissionGroupAll
					with = appendText(with, p.UserId)
				}
			}
			fact(d, "public", public, err)
			fact(d, "shared_with", stringList(with), err)
			r.add(d)
		})
	}
	return nil
}

// shared makes the ARN of what AWS names without an account.
func (r *ec2Reader) shared(rest string) string {
	return "arn:" + r.s.partition + ":ec2:" + r.region + "::" + rest
}

func appendText(list []string, text *string) []string {
	if aws.ToString(text) == "" {
		return list
	}
	return append(list, *text)
}

func (r *ec2Reader) images(ctx context.Context) error {
	list := paged(r.client.DescribeImages, &ec2.DescribeImagesInput{Owners: []string{"self"}, IncludeDeprecated: aws.Bool(true)})
	for list.more() {
		page, err := list.next(ctx)
		if err != nil {
			return err
		}
		seen := r.seen("ec2:DescribeImages", page.ResultMetadata)
		each(ctx, r.unit, page.Images, func(i types.Image) {
			id := aws.ToString(i.ImageId)
			m := r.resource(cloud.MachineImage, "ec2.image", r.shared("image/"+id), aws.ToString(i.Name), i, seen)
			tag(m, ec2Tags(i.Tags), nil)
			fact(m, "public", aws.ToBool(i.Public), nil)
			created, err := parseTime(aws.ToString(i.CreationDate), "ec2:DescribeImages")
			fact(m, "created", created, err)
			encrypted := len(i.BlockDeviceMappings) > 0
			for _, b := range i.BlockDeviceMappings {
				if b.Ebs == nil {
					continue
				}
				encrypted = encrypted && aws.ToBool(b.Ebs.Encrypted)
				if s := aws.ToString(b.Ebs.SnapshotId); s != "" {
					link(m, "made-from", r.shared("snapshot/"+s))
				}
			}
			fact(m, "encrypted", encrypted, nil)
			out, err := r.client.DescribeImageAttribute(ctx, &ec2.DescribeImageAttributeInput{ImageId: i.ImageId, Attribute: types.ImageAttributeNameLaunchPermission})
			var with []string
			if err == nil {
				for _, p := range out.LaunchPermissions {
					with = appendText(appendText(appendText(with, p.UserId), p.OrganizationArn), p.OrganizationalUnitArn)
				}
			}
			fact(m, "shared_with", stringList(with), err)
			r.add(m)
		})
	}
	return nil
}
