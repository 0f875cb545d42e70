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
	expect(t, find(t, s, cloud.Interconnect, *peering), map[string]any{"tenants": []string{"alder", "birch"}, "stages": []string{"prod", "test"}, "routed": true, "active": true, "references": true})
	web := find(t, s, cloud.Firewall, "web")
	expect(t, web, map[string]any{"default": false, "stateless": false, "network": network.ID})
	rules := web.Attributes["rules"].([]any)
	if first := rules[0].(map[string]any); len(rules) != 3 || first["internet"] != true || first["from_port"] != int64(443) || first["protocol"] != "tcp" || first["direction"] != "in" {
		t.Errorf("rules of web: %v", rules)
	}
	expect(t, find(t, s, cloud.RegionKind, "eu-west-2"), map[string]any{"used": true, "disk_encryption_default": false, "recorder_on": cloud.NotCollected})
}

// TestEC2_Ways: what decides where a packet goes.
func TestEC2_Ways(t *testing.T) {
	c, ctx := ec2.NewFromConfig(seeder(t, "us-west-1")), t.Context()
	alder, birch := makeVPC(t, c, "alder-ways", "10.11.0.0/16"), makeVPC(t, c, "birch-ways", "10.12.0.0/16")
	front := must(c.CreateSubnet(ctx, &ec2.CreateSubnetInput{VpcId: alder, CidrBlock: aws.String("10.11.1.0/24"), TagSpecifications: named(types.ResourceTypeSubnet, "Name", "front-ways")}))(t).Subnet.SubnetId
	back := must(c.CreateSubnet(ctx, &ec2.CreateSubnetInput{VpcId: alder, CidrBlock: aws.String("10.11.2.0/24"), TagSpecifications: named(types.ResourceTypeSubnet, "Name", "back-ways")}))(t).Subnet.SubnetId
	gate := must(c.CreateInternetGateway(ctx, &ec2.CreateInternetGatewayInput{}))(t).InternetGateway.InternetGatewayId
	must(c.AttachInternetGateway(ctx, &ec2.AttachInternetGatewayInput{InternetGatewayId: gate, VpcId: alder}))(t)
	hub := must(c.CreateTransitGateway(ctx, &ec2.CreateTransitGatewayInput{}))(t).TransitGateway.TransitGatewayId
	var ends []*string
	for _, v := range []*string{alder, birch} {
		ends = append(ends, must(c.CreateTransitGatewayVpcAttachment(ctx, &ec2.CreateTransitGatewayVpcAttachmentInput{TransitGatewayId: hub, VpcId: v, SubnetIds: []string{*front}}))(t).TransitGatewayVpcAttachment.TransitGatewayAttachmentId)
	}
	routes := must(c.CreateTransitGatewayRouteTable(ctx, &ec2.CreateTransitGatewayRouteTableInput{TransitGatewayId: hub}))(t).TransitGatewayRouteTable.TransitGatewayRouteTableId
	must(c.AssociateTransitGatewayRouteTable(ctx, &ec2.AssociateTransitGatewayRouteTableInput{TransitGatewayRouteTableId: routes, TransitGatewayAttachmentId: ends[0]}))(t)
	must(c.CreateTransitGatewayRoute(ctx, &ec2.CreateTransitGatewayRouteInput{TransitGatewayRouteTableId: routes, DestinationCidrBlock: aws.String("10.12.0.0/16"), TransitGatewayAttachmentId: ends[1]}))(t)
	must(c.CreateTransitGatewayRoute(ctx, &ec2.CreateTransitGatewayRouteInput{TransitGatewayRouteTableId: routes, DestinationCidrBlock: aws.String("10.13.0.0/16"), Blackhole: aws.Bool(true)}))(t)
	table := must(c.CreateRouteTable(ctx, &ec2.CreateRouteTableInput{VpcId: alder}))(t).RouteTable.RouteTableId
	must(c.AssociateRouteTable(ctx, &ec2.AssociateRouteTableInput{RouteTableId: table, SubnetId: front}))(t)
	must(c.CreateRoute(ctx, &ec2.CreateRouteInput{RouteTableId: table, DestinationCidrBlock: aws.String("0.0.0.0/0"), GatewayId: gate}))(t)
	must(c.CreateRoute(ctx, &ec2.CreateRouteInput{RouteTableId: table, DestinationCidrBlock: aws.String("10.12.0.0/16"), TransitGatewayId: hub}))(t)
	group := must(c.CreateSecurityGroup(ctx, &ec2.CreateSecurityGroupInput{GroupName: aws.String("ways"), Description: aws.String("ways"), VpcId: alder}))(t).GroupId
	images := must(c.DescribeImages(ctx, &ec2.DescribeImagesInput{Owners: []string{"amazon"}}))(t).Images
	machine := must(c.RunInstances(ctx, &ec2.RunInstancesInput{ImageId: images[0].ImageId, MinCount: aws.Int32(1), MaxCount: aws.Int32(1), SubnetId: front, SecurityGroupIds: []string{*group}}))(t).Instances[0]
	way := must(c.CreateVpcEndpoint(ctx, &ec2.CreateVpcEndpointInput{VpcId: alder, ServiceName: aws.String("com.amazonaws.us-west-1.sqs"), VpcEndpointType: types.VpcEndpointTypeInterface, SubnetIds: []string{*back}}))(t).VpcEndpoint.VpcEndpointId

	o := options(t)
	o.Services, o.Regions = []string{"ec2"}, []string{"us-west-1"}
	s := collect(t, o)
	arn := "arn:aws:ec2:us-west-1:" + motoAccount + ":"
	card := find(t, s, cloud.NetworkInterface, *machine.NetworkInterfaces[0].NetworkInterfaceId)
	expect(t, card, map[string]any{"network": arn + "vpc/" + *alder, "subnet": arn + "subnet/" + *front, "attached": arn + "instance/" + *machine.InstanceId, "type": "interface",
		"addresses": []string{*machine.PrivateIpAddress}, "firewalls": []string{arn + "security-group/" + *group}})
	expect(t, find(t, s, cloud.Network, "alder-ways"), map[string]any{"internet_gateway": *gate})
	expect(t, find(t, s, cloud.Network, "birch-ways"), map[string]any{"internet_gateway": ""})
	expect(t, find(t, s, cloud.Subnet, "front-ways"), map[string]any{"route_table": arn + "route-table/" + *table, "cidrs": []string{"10.11.1.0/24"}})
	main := find(t, s, cloud.Subnet, "back-ways").Attributes["route_table"]
	if main == "" || main == arn+"route-table/"+*table || len(textList(find(t, s, cloud.Subnet, "back-ways"), "firewalls")) != 1 {
		t.Errorf("the subnet back has the table %v, which should be its network's main one, and one network ACL", main)
	}
	expect(t, find(t, s, cloud.RouteTable, *table), map[string]any{"network": arn + "vpc/" + *alder, "transit": "", "users": []string{arn + "subnet/" + *front},
		"routes": []string{"0.0.0.0/0 internet " + *gate, "10.11.0.0/16 local -", "10.12.0.0/16 through " + *hub}})
	expect(t, find(t, s, cloud.RouteTable, *routes), map[string]any{"network": "", "transit": arn + "transit-gateway/" + *hub, "users": []string{*alder},
		"routes": []string{"10.12.0.0/16 through -", "10.13.0.0/16 drop -"}}) // the emulator names no attachment of a route
	expect(t, find(t, s, cloud.Interconnect, *hub), map[string]any{"references": false, "active": true})
	expect(t, find(t, s, cloud.Endpoint, *way), map[string]any{"service": "com.amazonaws.us-west-1.sqs", "offered": false})
}

func TestTransitWays(t *testing.T) {
	at := func(sort types.TransitGatewayAttachmentResourceType, id string) []types.TransitGatewayRouteAttachment {
		return []types.TransitGatewayRouteAttachment{{ResourceType: sort, ResourceId: &id, TransitGatewayAttachmentId: aws.String("tgw-attach-" + id)}}
	}
	for _, c := range []struct {
		route types.TransitGatewayRoute
		want  string
	}{
		{types.TransitGatewayRoute{State: types.TransitGatewayRouteStateActive, TransitGatewayAttachments: at(types.TransitGatewayAttachmentResourceTypeVpc, "vpc-1")}, "10.0.0.0/8 attached vpc-1"},
		{types.TransitGatewayRoute{State: types.TransitGatewayRouteStateActive, TransitGatewayAttachments: at(types.TransitGatewayAttachmentResourceTypeVpn, "vpn-1")}, "10.0.0.0/8 elsewhere vpn-1"},
		{types.TransitGatewayRoute{State: types.TransitGatewayRouteStateActive, TransitGatewayAttachments: at(types.TransitGatewayAttachmentResourceTypePeering, "tgw-2")}, "10.0.0.0/8 through tgw-attach-tgw-2"},
		{types.TransitGatewayRoute{State: types.TransitGatewayRouteStateBlackhole}, "10.0.0.0/8 drop -"},
		{types.TransitGatewayRoute{State: types.TransitGatewayRouteStateActive}, "10.0.0.0/8 through -"},
	} {
		c.route.DestinationCidrBlock = aws.String("10.0.0.0/8")
		if got, err := transitWays(c.route); err != nil || len(got) != 1 || got[0] != c.want {
			t.Errorf("%v (%v), want %s", got, err, c.want)
		}
	}
	if _, err := transitWays(types.TransitGatewayRoute{PrefixListId: aws.String("pl-1")}); err == nil {
		t.Error("a route to a prefix list was followed")
	}
}

func TestWayOf(t *testing.T) {
	word := aws.String
	for _, c := range []struct {
		route types.Route
		want  string
	}{
		{types.Route{GatewayId: word("local")}, "local -"},
		{types.Route{GatewayId: word("igw-1")}, "internet igw-1"},
		{types.Route{GatewayId: word("igw-1"), State: types.RouteStateBlackhole}, "drop -"},
		{types.Route{GatewayId: word("vgw-1")}, "elsewhere vgw-1"},
		{types.Route{GatewayId: word("vpce-1")}, "appliance vpce-1"},
		{types.Route{NatGatewayId: word("nat-1")}, "outward nat-1"},
		{types.Route{EgressOnlyInternetGatewayId: word("eigw-1")}, "outward eigw-1"},
		{types.Route{VpcPeeringConnectionId: word("pcx-1")}, "through pcx-1"},
		{types.Route{TransitGatewayId: word("tgw-1")}, "through tgw-1"},
		{types.Route{NetworkInterfaceId: word("eni-1"), InstanceId: word("i-1")}, "appliance eni-1"},
		{types.Route{}, "appliance -"},
	} {
		if got := wayOf(c.route); got != c.want {
			t.Errorf("%q, want %q", got, c.want)
		}
	}
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
