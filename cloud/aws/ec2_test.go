// SPDX-License-Identifier: Apache-2.0

package aws

import (
	"encoding/base64"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"demarc.dev/demarc/cloud"
)

func named(sort types.ResourceType, pairs ...string) []types.TagSpecification {
	s := types.TagSpecification{ResourceType: sort}
	for i := 0; i < len(pairs); i += 2 {
		s.Tags = append(s.Tags, types.Tag{Key: &pairs[i], Value: &pairs[i+1]})
	}
	return []types.TagSpecification{s}
}

func ingress(protocol string, from, to int32, v4, v6 string) types.IpPermission {
	p := types.IpPermission{IpProtocol: &protocol, FromPort: &from, ToPort: &to}
	if v4 != "" {
		p.IpRanges = []types.IpRange{{CidrIp: &v4}}
	}
	if v6 != "" {
		p.Ipv6Ranges = []types.Ipv6Range{{CidrIpv6: &v6}}
	}
	return p
}

func makeVPC(t testing.TB, c *ec2.Client, name, cidr string, tags ...string) *string {
	t.Helper()
	return must(c.CreateVpc(t.Context(), &ec2.CreateVpcInput{CidrBlock: &cidr, TagSpecifications: named(types.ResourceTypeVpc, append([]string{"Name", name}, tags...)...)}))(t).Vpc.VpcId
}

func TestEC2_Networks(t *testing.T) {
	c, ctx := ec2.NewFromConfig(seeder(t, "eu-west-2")), t.Context()
	alder := makeVPC(t, c, "alder-net", "10.1.0.0/16", "tenant", "alder", "stage", "prod")
	birch := makeVPC(t, c, "birch-net", "10.2.0.0/16", "tenant", "birch", "env", "test")
	front := must(c.CreateSubnet(ctx, &ec2.CreateSubnetInput{VpcId: alder, CidrBlock: aws.String("10.1.1.0/24"), TagSpecifications: named(types.ResourceTypeSubnet, "Name", "front", "zone", "public")}))(t).Subnet.SubnetId
	must(c.CreateSubnet(ctx, &ec2.CreateSubnetInput{VpcId: alder, CidrBlock: aws.String("10.1.2.0/24"), TagSpecifications: named(types.ResourceTypeSubnet, "Name", "back")}))(t)
	gate := must(c.CreateInternetGateway(ctx, &ec2.CreateInternetGatewayInput{}))(t).InternetGateway.InternetGatewayId
	must(c.AttachInternetGateway(ctx, &ec2.AttachInternetGatewayInput{InternetGatewayId: gate, VpcId: alder}))(t)
	table := must(c.CreateRouteTable(ctx, &ec2.CreateRouteTableInput{VpcId: alder}))(t).RouteTable.RouteTableId
	must(c.CreateRoute(ctx, &ec2.CreateRouteInput{RouteTableId: table, DestinationCidrBlock: aws.String("0.0.0.0/0"), GatewayId: gate}))(t)
	must(c.AssociateRouteTable(ctx, &ec2.AssociateRouteTableInput{RouteTableId: table, SubnetId: front}))(t)
	peering := must(c.CreateVpcPeeringConnection(ctx, &ec2.CreateVpcPeeringConnectionInput{VpcId: alder, PeerVpcId: birch}))(t).VpcPeeringConnection.VpcPeeringConnectionId
	must(c.AcceptVpcPeeringConnection(ctx, &ec2.AcceptVpcPeeringConnectionInput{VpcPeeringConnectionId: peering}))(t)
	must(c.CreateRoute(ctx, &ec2.CreateRouteInput{RouteTableId: table, DestinationCidrBlock: aws.String("10.2.0.0/16"), VpcPeeringConnectionId: peering}))(t)
	bucket := makeBucket(t, s3Client(t, "eu-west-2"), "flow-bucket", false)
	must(c.CreateFlowLogs(ctx, &ec2.CreateFlowLogsInput{ResourceIds: []string{*alder}, ResourceType: types.FlowLogsResourceTypeVpc, TrafficType: types.TrafficTypeReject,
		LogDestinationType: types.LogDestinationTypeS3, LogDestination: aws.String("arn:aws:s3:::" + *bucket)}))(t)
	must(c.CreateFlowLogs(ctx, &ec2.CreateFlowLogsInput{ResourceIds: []string{*birch}, ResourceType: types.FlowLogsResourceTypeVpc, TrafficType: types.TrafficTypeAccept,
		LogDestinationType: types.LogDestinationTypeS3, LogDestination: aws.String("arn:aws:s3:::" + *bucket)}))(t)
	group := must(c.CreateSecurityGroup(ctx, &ec2.CreateSecurityGroupInput{GroupName: aws.String("web"), Description: aws.String("web"), VpcId: alder}))(t).GroupId
	must(c.AuthorizeSecurityGroupIngress(ctx, &ec2.AuthorizeSecurityGroupIngressInput{GroupId: group, IpPermissions: []types.IpPermission{ingress("tcp", 443, 443, "0.0.0.0/0", "::/0"), ingress("tcp", 22, 22, "10.0.0.0/8", "")}}))(t)

	o := options(t)
	o.Services, o.Regions = []string{"ec2"}, []string{"eu-west-2"}
	s := collect(t, o)
	network := find(t, s, cloud.Network, "alder-net")
	expect(t, network, map[string]any{"default": false, "flow_log": true, "cidrs": []string{"10.1.0.0/16"}})
	if network.Tenant != "alder" {
		t.Errorf("tenant %q", network.Tenant)
	}
	expect(t, find(t, s, cloud.Network, "birch-net"), map[string]any{"flow_log": false})
	expect(t, find(t, s, cloud.Subnet, "front"), map[string]any{"public": true, "network": network.ID, "flow_log": true})
	expect(t, find(t, s, cloud.Subnet, "back"), map[string]any{"public": false})
	expect(t, find(t, s, cloud.Interconnect, *peering), map[string]any{"tenants": []string{"alder", "birch"}, "stages": []string{"prod", "test"}, "routed": true, "active": true})
	web := find(t, s, cloud.Firewall, "web")
	expect(t, web, map[string]any{"default": false, "stateless": false, "network": network.ID})
	rules := web.Attributes["rules"].([]any)
	if first := rules[0].(map[string]any); len(rules) != 3 || first["internet"] != true || first["from_port"] != int64(443) || first["protocol"] != "tcp" || first["direction"] != "in" {
		t.Errorf("rules of web: %v", rules)
	}
	expect(t, find(t, s, cloud.RegionKind, "eu-west-2"), map[string]any{"used": true, "disk_encryption_default": false, "recorder_on": cloud.NotCollected})
}

func TestEC2_MachinesDisksImages(t *testing.T) {
	c, ctx := ec2.NewFromConfig(seeder(t, "eu-west-3")), t.Context()
	net := makeVPC(t, c, "net", "10.3.0.0/16")
	subnet := must(c.CreateSubnet(ctx, &ec2.CreateSubnetInput{VpcId: net, CidrBlock: aws.String("10.3.1.0/24"), TagSpecifications: named(types.ResourceTypeSubnet, "Tier", "Public")}))(t).Subnet.SubnetId
	script := base64.StdEncoding.EncodeToString([]byte("#!/bin/sh\nexport DB_PASSWORD=Planted-Secret-2\n"))
	images := must(c.DescribeImages(ctx, &ec2.DescribeImagesInput{Owners: []string{"amazon"}}))(t).Images
	weak := must(c.RunInstances(ctx, &ec2.RunInstancesInput{ImageId: images[0].ImageId, MinCount: aws.Int32(1), MaxCount: aws.Int32(1), SubnetId: subnet, UserData: &script,
		TagSpecifications: named(types.ResourceTypeInstance, "Name", "weak")}))(t).Instances[0].InstanceId
	strong := must(c.RunInstances(ctx, &ec2.RunInstancesInput{ImageId: images[0].ImageId, MinCount: aws.Int32(1), MaxCount: aws.Int32(1),
		MetadataOptions: &types.InstanceMetadataOptionsRequest{HttpTokens: types.HttpTokensStateRequired}, TagSpecifications: named(types.ResourceTypeInstance, "Name", "strong")}))(t).Instances[0].InstanceId
	must(c.ModifyInstanceAttribute(ctx, &ec2.ModifyInstanceAttributeInput{InstanceId: strong, DisableApiTermination: &types.AttributeBooleanValue{Value: aws.Bool(true)}}))(t)
	disk := must(c.CreateVolume(ctx, &ec2.CreateVolumeInput{AvailabilityZone: aws.String("eu-west-3a"), Size: aws.Int32(8), Encrypted: aws.Bool(true)}))(t).VolumeId
	snap := must(c.CreateSnapshot(ctx, &ec2.CreateSnapshotInput{VolumeId: disk}))(t).SnapshotId
	must(c.ModifySnapshotAttribute(ctx, &ec2.ModifySnapshotAttributeInput{SnapshotId: snap, Attribute: types.SnapshotAttributeNameCreateVolumePermission,
		OperationType: types.OperationTypeAdd, UserIds: []string{"555566667777"}}))(t)
	image := must(c.CreateImage(ctx, &ec2.CreateImageInput{InstanceId: weak, Name: aws.String("golden")}))(t).ImageId
	must(c.ModifyImageAttribute(ctx, &ec2.ModifyImageAttributeInput{ImageId: image, LaunchPermission: &types.LaunchPermissionModifications{Add: []types.LaunchPermission{{Group: types.PermissionGroupAll}}}}))(t)

	o := options(t)
	o.Services, o.Regions = []string{"ec2"}, []string{"eu-west-3"}
	s := collect(t, o)
	w := find(t, s, cloud.Machine, "weak")
	expect(t, w, map[string]any{"state": "running", "startup_secret": true, "delete_protected": false, "public_tier": true, "managed": cloud.NotCollected, "backed_up": cloud.NotCollected})
	expect(t, find(t, s, cloud.Machine, "strong"), map[string]any{"metadata_token": true, "startup_secret": false, "delete_protected": true, "public_tier": false})
	expect(t, find(t, s, cloud.Disk, *disk), map[string]any{"encrypted": true, "attached": false})
	expect(t, find(t, s, cloud.DiskSnapshot, *snap), map[string]any{"public": false, "shared_with": []string{"555566667777"}, "encrypted": true})
	expect(t, find(t, s, cloud.MachineImage, "golden"), map[string]any{"public": true})
}
