// SPDX-License-Identifier: Apache-2.0

package aws

import (
	"context"
	"slices"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"demarc.dev/demarc/cloud"
)

func elbService() *service {
	return &service{
		name: "elbv2", kinds: []cloud.Kind{cloud.Listener, cloud.LoadBalancer},
		actions: []string{"elasticloadbalancing:DescribeListeners", "elasticloadbalancing:DescribeLoadBalancerAttributes", "elasticloadbalancing:DescribeLoadBalancers",
			"elasticloadbalancing:DescribeRules", "elasticloadbalancing:DescribeSSLPolicies", "elasticloadbalancing:DescribeTags",
			"elasticloadbalancing:DescribeTargetGroups", "elasticloadbalancing:DescribeTargetHealth"},
		collect: collectBalancers,
	}
}

// balancers reads load balancers in one region.
type balancers struct {
	*unit
	client *elb.Client
	lowest map[string]string // TLS policy → lowest version
	unread error
}

func collectBalancers(ctx context.Context, u *unit) error {
	b := &balancers{unit: u, client: elb.NewFromConfig(u.cfg), lowest: map[string]string{}}
	b.unread = b.policies(ctx)
	return pages(ctx, b.client.DescribeLoadBalancers, &elb.DescribeLoadBalancersInput{}, func(page *elb.DescribeLoadBalancersOutput) {
		seen := u.seen("elasticloadbalancing:DescribeLoadBalancers", page.ResultMetadata)
		each(ctx, u, page.LoadBalancers, func(l types.LoadBalancer) { b.balancer(ctx, l, seen) })
	})
}

// policies reads which versions of TLS each of AWS's policies allows.
func (b *balancers) policies(ctx context.Context) error {
	var mark *string
	for {
		out, err := b.client.DescribeSSLPolicies(ctx, &elb.DescribeSSLPoliciesInput{Marker: mark})
		if err != nil {
			return err
		}
		for _, p := range out.SslPolicies {
			b.lowest[aws.ToString(p.Name)] = lowestTLS(p.SslProtocols)
		}
		if mark = out.NextMarker; aws.ToString(mark) == "" {
			return nil
		}
	}
}

// lowestTLS gives "1.2" for TLSv1.2 and up; SSL is less than any TLS.
func lowestTLS(protocols []string) string {
	versions := map[string]string{"SSLV2": "SSL2", "SSLV3": "SSL3", "TLSV1": "1.0", "TLSV1.0": "1.0", "TLSV1.1": "1.1", "TLSV1.2": "1.2", "TLSV1.3": "1.3"}
	order := []string{"SSL2", "SSL3", "1.0", "1.1", "1.2", "1.3"}
	best := len(order)
	for _, p := range protocols {
		if i := slices.Index(order, versions[strings.ToUpper(p)]); i >= 0 && i < best {
			best = i
		}
	}
	if best == len(order) {
		return ""
	}
	return order[best]
}

func (b *balancers) balancer(ctx context.Context, l types.LoadBalancer, seen cloud.Seen) {
	arn := aws.ToString(l.LoadBalancerArn)
	facing := l.Scheme == types.LoadBalancerSchemeEnumInternetFacing
	raw := map[string]any{"LoadBalancer": l}
	r := b.resource(cloud.LoadBalancer, "elbv2.load-balancer", arn, aws.ToString(l.LoadBalancerName), nil, seen)
	fact(r, "internet_facing", facing, nil)
	out, err := b.client.DescribeLoadBalancerAttributes(ctx, &elb.DescribeLoadBalancerAttributesInput{LoadBalancerArn: l.LoadBalancerArn})
	values := map[string]string{}
	if err == nil {
		for _, a := range out.Attributes {
			values[aws.ToString(a.Key)] = aws.ToString(a.Value)
		}
		raw["Attributes"] = values
	}
	fact(r, "delete_protected", values["deletion_protection.enabled"] == "true", err)
	if err == nil && l.Type == types.LoadBalancerTypeEnumGateway {
		err = missing(cloud.Unsupported, "elasticloadbalancing:DescribeLoadBalancerAttributes", "a gateway load balancer keeps no log")
	}
	fact(r, "access_logging", values["access_logs.s3.enabled"] == "true", err)
	if bucket := values["access_logs.s3.bucket"]; bucket != "" {
		link(r, "logs-to", "arn:"+b.s.partition+":s3:::"+bucket)
	}
	tags, err := b.client.DescribeTags(ctx, &elb.DescribeTagsInput{ResourceArns: []string{arn}})
	if err != nil {
		tag(r, nil, err)
	} else {
		for _, d := range tags.TagDescriptions {
			tag(r, tagMap(d.Tags, func(t types.Tag) (*string, *string) { return t.Key, t.Value }), nil)
		}
	}
	b.stands(ctx, r, l)
	r.Raw = document(raw)
	b.add(r)
	b.miss(pages(ctx, b.client.DescribeListeners, &elb.DescribeListenersInput{LoadBalancerArn: l.LoadBalancerArn}, func(page *elb.DescribeListenersOutput) {
		for _, n := range page.Listeners {
			b.listener(ctx, n, r, facing, b.seen("elasticloadbalancing:DescribeListeners", page.ResultMetadata))
		}
	}), cloud.Listener)
}

func (b *balancers) listener(ctx context.Context, n types.Listener, parent *cloud.Resource, facing bool, seen cloud.Seen) {
	r := b.resource(cloud.Listener, "elbv2.listener", aws.ToString(n.ListenerArn), parent.Name+":"+portText(n.Port), n, seen)
	r.Tags, r.Tenant = parent.Tags, parent.Tenant
	fact(r, "protocol", string(n.Protocol), nil)
	fact(r, "port", int64(aws.ToInt32(n.Port)), nil)
	fact(r, "internet_facing", facing, nil)
	link(r, "part-of", parent.ID)
	for _, c := range n.Certificates {
		link(r, "presents", aws.ToString(c.CertificateArn))
	}
	b.redirects(ctx, n).into(r, "redirects_to_tls")
	policy := aws.ToString(n.SslPolicy)
	lowest, known := b.lowest[policy]
	switch {
	case policy == "", n.Protocol != types.ProtocolEnumHttps && n.Protocol != types.ProtocolEnumTls:
		fact(r, "tls_min", "", nil)
	case b.unread != nil:
		gap(r, b.unread, "tls_min")
	case !known || lowest == "":
		gap(r, missing(cloud.Unreadable, "elasticloadbalancing:DescribeSSLPolicies", "the policy "+policy+" was not listed"), "tls_min")
	default:
		fact(r, "tls_min", lowest, nil)
	}
	b.add(r)
}

// redirects tells whether all that a listener does is to send to HTTPS: its
// default and every other rule.
func (b *balancers) redirects(ctx context.Context, n types.Listener) tri {
	if !redirect(n.DefaultActions) {
		return tri{}
	}
	all := true
	err := pages(ctx, b.client.DescribeRules, &elb.DescribeRulesInput{ListenerArn: n.ListenerArn}, func(page *elb.DescribeRulesOutput) {
		for _, rule := range page.Rules {
			all = all && redirect(rule.Actions)
		}
	})
	return tri{yes: all && err == nil, err: err}
}

func redirect(actions []types.Action) bool {
	return len(actions) > 0 && !slices.ContainsFunc(actions, func(a types.Action) bool {
		return a.Type != types.ActionTypeEnumRedirect || a.RedirectConfig == nil || aws.ToString(a.RedirectConfig.Protocol) != "HTTPS"
	})
}

func portText(port *int32) string { return strconv.Itoa(int(aws.ToInt32(port))) }
