// SPDX-License-Identifier: Apache-2.0

package aws

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/backup"
	backuptypes "github.com/aws/aws-sdk-go-v2/service/backup/types"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"demarc.dev/demarc/cloud"
)

// front stands before the emulator and answers the calls that it does not know,
// in the provider's form; the rest goes through.
func front(t *testing.T, answers map[string]string) string {
	t.Helper()
	up, err := url.Parse(moto.URL)
	if err != nil {
		t.Fatal(err)
	}
	through := httputil.NewSingleHostReverseProxy(up)
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		r.Body = io.NopCloser(strings.NewReader(string(body)))
		for key, answer := range answers {
			if r.Header.Get("X-Amz-Target") == key || r.Method+" "+strings.TrimSuffix(r.URL.Path, "/") == key || strings.Contains(string(body), "Action="+key+"&") {
				if strings.Contains(answer, "NotFoundException") {
					w.Header().Set("X-Amzn-Errortype", "ResourceNotFoundException")
					w.WriteHeader(http.StatusBadRequest)
				}
				fmt.Fprint(w, answer)
				return
			}
		}
		through.ServeHTTP(w, r)
	}))
	t.Cleanup(s.Close)
	return s.URL
}

func TestCallsThatTheEmulatorLacks(t *testing.T) {
	const region = "us-west-1"
	ctx, cfg := t.Context(), seeder(t, region)
	c := ec2.NewFromConfig(cfg)
	run := func(name string) string {
		return *must(c.RunInstances(ctx, &ec2.RunInstancesInput{ImageId: aws.String("ami-12345678"), MinCount: aws.Int32(1), MaxCount: aws.Int32(1),
			TagSpecifications: named(types.ResourceTypeInstance, "Name", name, "criticality", name)}))(t).Instances[0].InstanceId
	}
	high := run("high")
	run("low")
	plans := backup.NewFromConfig(cfg)
	must(plans.CreateBackupVault(ctx, &backup.CreateBackupVaultInput{BackupVaultName: aws.String("west")}))(t)
	plan := must(plans.CreateBackupPlan(ctx, &backup.CreateBackupPlanInput{BackupPlan: &backuptypes.BackupPlanInput{BackupPlanName: aws.String("west"),
		Rules: []backuptypes.BackupRuleInput{{RuleName: aws.String("d"), TargetBackupVaultName: aws.String("west")}}}}))(t).BackupPlanId
	o := options(t)
	o.Regions, o.Services = []string{region}, []string{"ec2", "ssm", "backup", "accessanalyzer", "inspector2"}
	o.Endpoint = front(t, map[string]string{
		"GetSerialConsoleAccessStatus":                   `<GetSerialConsoleAccessStatusResponse><serialConsoleAccessEnabled>true</serialConsoleAccessEnabled></GetSerialConsoleAccessStatusResponse>`,
		"AmazonSSM.DescribeInstanceInformation":          `{"InstanceInformationList":[{"InstanceId":"` + high + `","PingStatus":"Online"}]}`,
		"AmazonSSM.DescribeInstancePatchStates":          `{"InstancePatchStates":[{"InstanceId":"` + high + `","CriticalNonCompliantCount":2,"SecurityNonCompliantCount":1}]}`,
		"GET /analyzer":                                  `{"analyzers":[{"arn":"arn:aws:access-analyzer:us-west-1:123456789012:analyzer/a","name":"a","type":"ACCOUNT","status":"ACTIVE","createdAt":"2026-01-01T00:00:00Z"}]}`,
		"GET /backup-vaults/west/access-policy":          `{"message":"NotFoundException"}`,
		"GET /backup/plans/" + *plan + "/selections":     `{"BackupSelectionsList":[{"SelectionId":"one","BackupPlanId":"` + *plan + `"}]}`,
		"GET /backup/plans/" + *plan + "/selections/one": `{"BackupSelection":{"SelectionName":"critical","IamRoleArn":"r","ListOfTags":[{"ConditionType":"STRINGEQUALS","ConditionKey":"criticality","ConditionValue":"high"}]}}`,
		"POST /status/batch/get":                         `{"accounts":[{"accountId":"123456789012","state":{"status":"ENABLED","errorCode":"ALREADY_ENABLED","errorMessage":""},"resourceState":{"ec2":{"status":"ENABLED","errorCode":"ALREADY_ENABLED","errorMessage":""},"ecr":{"status":"DISABLED","errorCode":"ALREADY_ENABLED","errorMessage":""}}}]}`,
	})
	s := collect(t, o)
	expect(t, find(t, s, cloud.RegionKind, region), map[string]any{"serial_console": true, "access_analyser": true, "vulnerability_scan_machines": true, "vulnerability_scan_images": false})
	expect(t, find(t, s, cloud.Machine, "high"), map[string]any{"managed": true, "missing_patches": 3, "backed_up": true})
	expect(t, find(t, s, cloud.Machine, "low"), map[string]any{"managed": false, "missing_patches": cloud.NotEnabled, "backed_up": false})
	expect(t, find(t, s, cloud.BackupVault, "west"), map[string]any{"public": false, "locked": false})
	expect(t, find(t, s, cloud.BackupPlan, "west"), map[string]any{"keep_days": 0})
}
