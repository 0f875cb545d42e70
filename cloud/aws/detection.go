// SPDX-License-Identifier: Apache-2.0

package aws

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/accessanalyzer"
	analyzertypes "github.com/aws/aws-sdk-go-v2/service/accessanalyzer/types"
	"github.com/aws/aws-sdk-go-v2/service/configservice"
	configtypes "github.com/aws/aws-sdk-go-v2/service/configservice/types"
	"github.com/aws/aws-sdk-go-v2/service/guardduty"
	guardtypes "github.com/aws/aws-sdk-go-v2/service/guardduty/types"
	"github.com/aws/aws-sdk-go-v2/service/inspector2"
	inspectortypes "github.com/aws/aws-sdk-go-v2/service/inspector2/types"
	"github.com/aws/aws-sdk-go-v2/service/securityhub"
	hubtypes "github.com/aws/aws-sdk-go-v2/service/securityhub/types"

	"demarc.dev/demarc/cloud"
)

// The services here watch an account in a region; each tells some attributes of
// the region.

func configService() *service {
	return &service{
		name: "config", kinds: []cloud.Kind{cloud.RegionKind},
		actions: []string{"config:DescribeConfigurationRecorderStatus", "config:DescribeConfigurationRecorders"},
		collect: collectRecorders,
	}
}

func collectRecorders(ctx context.Context, u *unit) error {
	c := configservice.NewFromConfig(u.cfg)
	out, err := c.DescribeConfigurationRecorders(ctx, &configservice.DescribeConfigurationRecordersInput{})
	if err != nil {
		return err
	}
	r := u.regionPart(map[string]any{"ConfigurationRecorders": out.ConfigurationRecorders}, u.seen("config:DescribeConfigurationRecorders", out.ResultMetadata))
	all := false
	for _, recorder := range out.ConfigurationRecorders {
		g := recorder.RecordingGroup
		all = all || g != nil && g.AllSupported && (g.RecordingStrategy == nil || g.RecordingStrategy.UseOnly == "" || g.RecordingStrategy.UseOnly == configtypes.RecordingStrategyTypeAllSupportedResourceTypes)
	}
	fact(r, "recorder_all_types", all, nil)
	status, err := c.DescribeConfigurationRecorderStatus(told(ctx, r), &configservice.DescribeConfigurationRecorderStatusInput{})
	on := false
	if err == nil {
		for _, s := range status.ConfigurationRecordersStatus {
			on = on || s.Recording && s.LastStatus != configtypes.RecorderStatusFailure
		}
	}
	fact(r, "recorder_on", on, err)
	u.add(r)
	return nil
}

func guardService() *service {
	return &service{
		name: "guardduty", kinds: []cloud.Kind{cloud.RegionKind},
		actions: []string{"guardduty:GetDetector", "guardduty:ListDetectors"},
		collect: collectDetectors,
	}
}

func collectDetectors(ctx context.Context, u *unit) error {
	c := guardduty.NewFromConfig(u.cfg)
	r := u.regionPart(nil, cloud.Seen{At: u.s.o.Now().UTC(), Call: "guardduty:ListDetectors"})
	ctx = told(ctx, r)
	on := tri{}
	var raw []any
	if err := pages(ctx, c.ListDetectors, &guardduty.ListDetectorsInput{}, func(page *guardduty.ListDetectorsOutput) {
		for _, id := range page.DetectorIds {
			d, err := c.GetDetector(ctx, &guardduty.GetDetectorInput{DetectorId: &id})
			one := tri{err: err}
			if err == nil {
				one.yes = d.Status == guardtypes.DetectorStatusEnabled
				raw = append(raw, d)
			}
			on = either(on, one)
		}
	}); err != nil {
		return err
	}
	on.into(r, "threat_detection")
	if raw != nil {
		r.Raw = document(map[string]any{"Detectors": raw})
	}
	u.add(r)
	return nil
}

func hubService() *service {
	return &service{
		name: "securityhub", kinds: []cloud.Kind{cloud.RegionKind},
		actions: []string{"securityhub:DescribeHub", "securityhub:GetEnabledStandards"},
		collect: collectHub,
	}
}

func collectHub(ctx context.Context, u *unit) error {
	c := securityhub.NewFromConfig(u.cfg)
	r := u.regionPart(nil, cloud.Seen{At: u.s.o.Now().UTC(), Call: "securityhub:DescribeHub"})
	ctx = told(ctx, r)
	hub, err := c.DescribeHub(ctx, &securityhub.DescribeHubInput{})
	// Without a hub AWS answers that the account is not subscribed: that is a no.
	if absent(err, "InvalidAccessException", "ResourceNotFoundException") {
		fact(r, "posture_service", false, nil)
		fact(r, "posture_standards", int64(0), nil)
		u.add(r)
		return nil
	}
	if err != nil {
		return err
	}
	fact(r, "posture_service", true, nil)
	standards := int64(0)
	var raw []hubtypes.StandardsSubscription
	err = pages(ctx, c.GetEnabledStandards, &securityhub.GetEnabledStandardsInput{}, func(page *securityhub.GetEnabledStandardsOutput) {
		for _, s := range page.StandardsSubscriptions {
			if s.StandardsStatus != hubtypes.StandardsStatusDeleting && s.StandardsStatus != hubtypes.StandardsStatusFailed {
				standards++
			}
			raw = append(raw, s)
		}
	})
	fact(r, "posture_standards", standards, err)
	r.Raw = document(map[string]any{"Hub": hub, "Standards": raw})
	u.add(r)
	return nil
}

func inspectorService() *service {
	return &service{
		name: "inspector2", kinds: []cloud.Kind{cloud.RegionKind},
		actions: []string{"inspector2:BatchGetAccountStatus"},
		collect: collectInspector,
	}
}

func collectInspector(ctx context.Context, u *unit) error {
	c := inspector2.NewFromConfig(u.cfg)
	out, err := c.BatchGetAccountStatus(ctx, &inspector2.BatchGetAccountStatusInput{AccountIds: []string{u.account}})
	if err != nil {
		return err
	}
	r := u.regionPart(map[string]any{"Inspector": out.Accounts}, u.seen("inspector2:BatchGetAccountStatus", out.ResultMetadata))
	for _, a := range out.Accounts {
		if aws.ToString(a.AccountId) != u.account || a.ResourceState == nil {
			continue
		}
		on := func(s *inspectortypes.State) bool { return s != nil && s.Status == inspectortypes.StatusEnabled }
		fact(r, "vulnerability_scan_machines", on(a.ResourceState.Ec2), nil)
		fact(r, "vulnerability_scan_images", on(a.ResourceState.Ecr), nil)
	}
	if len(r.Attributes) == 0 {
		return orElse(nil, "inspector2:BatchGetAccountStatus")
	}
	u.add(r)
	return nil
}

func analyzerService() *service {
	return &service{
		name: "accessanalyzer", kinds: []cloud.Kind{cloud.RegionKind},
		actions: []string{"access-analyzer:ListAnalyzers"},
		collect: collectAnalyzers,
	}
}

func collectAnalyzers(ctx context.Context, u *unit) error {
	c := accessanalyzer.NewFromConfig(u.cfg)
	r := u.regionPart(nil, cloud.Seen{At: u.s.o.Now().UTC(), Call: "access-analyzer:ListAnalyzers"})
	on := false
	var raw []analyzertypes.AnalyzerSummary
	if err := pages(ctx, c.ListAnalyzers, &accessanalyzer.ListAnalyzersInput{}, func(page *accessanalyzer.ListAnalyzersOutput) {
		for _, a := range page.Analyzers {
			external := a.Type == analyzertypes.TypeAccount || a.Type == analyzertypes.TypeOrganization // others look for unused access
			on = on || external && a.Status == analyzertypes.AnalyzerStatusActive
			raw = append(raw, a)
		}
	}); err != nil {
		return err
	}
	fact(r, "access_analyser", on, nil)
	r.Raw = document(map[string]any{"Analyzers": raw})
	u.add(r)
	return nil
}
