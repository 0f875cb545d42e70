// SPDX-License-Identifier: Apache-2.0

package aws

import (
	"encoding/json"
	"flag"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/acm"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
	"github.com/aws/aws-sdk-go-v2/service/backup"
	backuptypes "github.com/aws/aws-sdk-go-v2/service/backup/types"
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail"
	trailtypes "github.com/aws/aws-sdk-go-v2/service/cloudtrail/types"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	watchtypes "github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	logtypes "github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs/types"
	"github.com/aws/aws-sdk-go-v2/service/configservice"
	configtypes "github.com/aws/aws-sdk-go-v2/service/configservice/types"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	dynamotypes "github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/aws-sdk-go-v2/service/ecr"
	ecrtypes "github.com/aws/aws-sdk-go-v2/service/ecr/types"
	"github.com/aws/aws-sdk-go-v2/service/efs"
	"github.com/aws/aws-sdk-go-v2/service/eks"
	ekstypes "github.com/aws/aws-sdk-go-v2/service/eks/types"
	"github.com/aws/aws-sdk-go-v2/service/elasticache"
	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"
	"github.com/aws/aws-sdk-go-v2/service/guardduty"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	lambdatypes "github.com/aws/aws-sdk-go-v2/service/lambda/types"
	"github.com/aws/aws-sdk-go-v2/service/rds"
	rdstypes "github.com/aws/aws-sdk-go-v2/service/rds/types"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/securityhub"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"demarc.dev/demarc/cloud"
)

const estate = "us-west-2" // the region of the estate, which no other test uses

// seedKeys makes keys and what they protect.
func seedKeys(t *testing.T) (good, doomed string) {
	c, ctx := kms.NewFromConfig(seeder(t, estate)), t.Context()
	good = *must(c.CreateKey(ctx, &kms.CreateKeyInput{}))(t).KeyMetadata.Arn
	must(c.EnableKeyRotation(ctx, &kms.EnableKeyRotationInput{KeyId: &good}))(t)
	must(c.CreateAlias(ctx, &kms.CreateAliasInput{AliasName: aws.String("alias/ledger"), TargetKeyId: &good}))(t)
	bad := must(c.CreateKey(ctx, &kms.CreateKeyInput{Policy: aws.String(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":"kms:*","Resource":"*"}]}`)}))(t).KeyMetadata
	must(c.ScheduleKeyDeletion(ctx, &kms.ScheduleKeyDeletionInput{KeyId: bad.KeyId, PendingWindowInDays: aws.Int32(7)}))(t)
	return good, *bad.Arn
}

// seedAudit makes a trail whose log group raises an alarm that reaches someone.
func seedAudit(t *testing.T, key string) {
	ctx, cfg := t.Context(), seeder(t, estate)
	bucket := makeBucket(t, s3Client(t, estate), "audit-bucket", false)
	logs := cloudwatchlogs.NewFromConfig(cfg)
	group := aws.String("audit")
	must(logs.CreateLogGroup(ctx, &cloudwatchlogs.CreateLogGroupInput{LogGroupName: group, KmsKeyId: &key, Tags: map[string]string{"owner": "ops"}}))(t)
	must(logs.PutRetentionPolicy(ctx, &cloudwatchlogs.PutRetentionPolicyInput{LogGroupName: group, RetentionInDays: aws.Int32(365)}))(t)
	must(logs.PutMetricFilter(ctx, &cloudwatchlogs.PutMetricFilterInput{LogGroupName: group, FilterName: aws.String("root"), FilterPattern: aws.String(`{ $.userIdentity.type = "Root" && $.eventType != "AwsServiceEvent" }`),
		MetricTransformations: []logtypes.MetricTransformation{{MetricName: aws.String("RootUse"), MetricNamespace: aws.String("Audit"), MetricValue: aws.String("1")}}}))(t)
	topics := sns.NewFromConfig(cfg)
	topic := must(topics.CreateTopic(ctx, &sns.CreateTopicInput{Name: aws.String("pager")}))(t).TopicArn
	must(topics.Subscribe(ctx, &sns.SubscribeInput{TopicArn: topic, Protocol: aws.String("email"), Endpoint: aws.String("ops@example.com")}))(t)
	must(alarmClient(cfg).PutMetricAlarm(ctx, &cloudwatch.PutMetricAlarmInput{AlarmName: aws.String("root-use"), Namespace: aws.String("Audit"), MetricName: aws.String("RootUse"),
		ActionsEnabled: aws.Bool(true), AlarmActions: []string{*topic}, Threshold: aws.Float64(1), EvaluationPeriods: aws.Int32(1), Period: aws.Int32(300), Statistic: watchtypes.StatisticSum,
		ComparisonOperator: watchtypes.ComparisonOperatorGreaterThanOrEqualToThreshold}))(t)
	role := must(iam.NewFromConfig(cfg).CreateRole(ctx, &iam.CreateRoleInput{RoleName: aws.String("trail"), AssumeRolePolicyDocument: trustOf(`{"Service":"cloudtrail.amazonaws.com"}`, "")}))(t).Role.Arn
	trails := cloudtrail.NewFromConfig(cfg)
	must(trails.CreateTrail(ctx, &cloudtrail.CreateTrailInput{Name: aws.String("main"), S3BucketName: bucket, IsMultiRegionTrail: aws.Bool(true), EnableLogFileValidation: aws.Bool(true), KmsKeyId: &key,
		CloudWatchLogsLogGroupArn: aws.String("arn:aws:logs:" + estate + ":" + motoAccount + ":log-group:audit:*"), CloudWatchLogsRoleArn: role}))(t)
	must(trails.StartLogging(ctx, &cloudtrail.StartLoggingInput{Name: aws.String("main")}))(t)
	must(trails.PutEventSelectors(ctx, &cloudtrail.PutEventSelectorsInput{TrailName: aws.String("main"), EventSelectors: []trailtypes.EventSelector{{IncludeManagementEvents: aws.Bool(true),
		ReadWriteType: trailtypes.ReadWriteTypeAll, DataResources: []trailtypes.DataResource{{Type: aws.String("AWS::S3::Object"), Values: []string{"arn:aws:s3"}}}}}}))(t)
}

// seedStores makes databases and other places of data.
func seedStores(t *testing.T, key string) {
	ctx, cfg := t.Context(), seeder(t, estate)
	db := rds.NewFromConfig(cfg)
	must(db.CreateDBInstance(ctx, &rds.CreateDBInstanceInput{DBInstanceIdentifier: aws.String("books"), Engine: aws.String("postgres"), DBInstanceClass: aws.String("db.t3.small"), AllocatedStorage: aws.Int32(20),
		MasterUsername: aws.String("root"), MasterUserPassword: aws.String("Planted-Master-Password"), StorageEncrypted: aws.Bool(true), KmsKeyId: &key, PubliclyAccessible: aws.Bool(true),
		BackupRetentionPeriod: aws.Int32(14), DeletionProtection: aws.Bool(true), EnableCloudwatchLogsExports: []string{"postgresql"}, Tags: []rdstypes.Tag{{Key: aws.String("criticality"), Value: aws.String("high")}}}))(t)
	must(db.CreateDBSnapshot(ctx, &rds.CreateDBSnapshotInput{DBInstanceIdentifier: aws.String("books"), DBSnapshotIdentifier: aws.String("books-1")}))(t)
	must(db.ModifyDBSnapshotAttribute(ctx, &rds.ModifyDBSnapshotAttributeInput{DBSnapshotIdentifier: aws.String("books-1"), AttributeName: aws.String("restore"), ValuesToAdd: []string{"all"}}))(t)
	must(db.CreateDBCluster(ctx, &rds.CreateDBClusterInput{DBClusterIdentifier: aws.String("sea"), Engine: aws.String("aurora-postgresql"), MasterUsername: aws.String("root"), MasterUserPassword: aws.String("Planted-Master-Password")}))(t)
	must(db.CreateDBClusterSnapshot(ctx, &rds.CreateDBClusterSnapshotInput{DBClusterIdentifier: aws.String("sea"), DBClusterSnapshotIdentifier: aws.String("sea-1")}))(t)
	table := dynamodb.NewFromConfig(cfg)
	must(table.CreateTable(ctx, &dynamodb.CreateTableInput{TableName: aws.String("entries"), BillingMode: dynamotypes.BillingModePayPerRequest, DeletionProtectionEnabled: aws.Bool(true),
		AttributeDefinitions: []dynamotypes.AttributeDefinition{{AttributeName: aws.String("id"), AttributeType: dynamotypes.ScalarAttributeTypeS}}, KeySchema: []dynamotypes.KeySchemaElement{{AttributeName: aws.String("id"), KeyType: dynamotypes.KeyTypeHash}},
		SSESpecification: &dynamotypes.SSESpecification{Enabled: aws.Bool(true), SSEType: dynamotypes.SSETypeKms, KMSMasterKeyId: &key}}))(t)
	must(table.UpdateContinuousBackups(ctx, &dynamodb.UpdateContinuousBackupsInput{TableName: aws.String("entries"), PointInTimeRecoverySpecification: &dynamotypes.PointInTimeRecoverySpecification{PointInTimeRecoveryEnabled: aws.Bool(true)}}))(t)
	files := efs.NewFromConfig(cfg)
	must(files.CreateFileSystem(ctx, &efs.CreateFileSystemInput{CreationToken: aws.String("f"), Encrypted: aws.Bool(true)}))(t)
	cache := elasticache.NewFromConfig(cfg)
	must(cache.CreateReplicationGroup(ctx, &elasticache.CreateReplicationGroupInput{ReplicationGroupId: aws.String("hot"), ReplicationGroupDescription: aws.String("hot"), Engine: aws.String("redis"), CacheNodeType: aws.String("cache.t3.micro"),
		AtRestEncryptionEnabled: aws.Bool(true), TransitEncryptionEnabled: aws.Bool(true), AuthToken: aws.String("Planted-Cache-Token-1")}))(t)
	must(cache.CreateCacheCluster(ctx, &elasticache.CreateCacheClusterInput{CacheClusterId: aws.String("plain"), Engine: aws.String("memcached"), CacheNodeType: aws.String("cache.t3.micro"), NumCacheNodes: aws.Int32(1)}))(t)
	must(secretsmanager.NewFromConfig(cfg).CreateSecret(ctx, &secretsmanager.CreateSecretInput{Name: aws.String("token"), SecretString: aws.String("Planted-Secret-Value"), KmsKeyId: aws.String("alias/ledger")}))(t)
	plans := backup.NewFromConfig(cfg)
	must(plans.CreateBackupVault(ctx, &backup.CreateBackupVaultInput{BackupVaultName: aws.String("vault")}))(t)
	must(plans.CreateBackupPlan(ctx, &backup.CreateBackupPlanInput{BackupPlan: &backuptypes.BackupPlanInput{BackupPlanName: aws.String("daily"), Rules: []backuptypes.BackupRuleInput{{RuleName: aws.String("d"), TargetBackupVaultName: aws.String("vault"),
		Lifecycle: &backuptypes.Lifecycle{DeleteAfterDays: aws.Int64(35)}}}}}))(t)
}

// seedServices makes functions, queues, clusters and what watches over them.
func seedServices(t *testing.T, key string) {
	ctx, cfg := t.Context(), seeder(t, estate)
	role := must(iam.NewFromConfig(cfg).CreateRole(ctx, &iam.CreateRoleInput{RoleName: aws.String("fn"), AssumeRolePolicyDocument: trustOf(`{"Service":"lambda.amazonaws.com"}`, "")}))(t).Role.Arn
	fn := lambda.NewFromConfig(cfg)
	must(fn.CreateFunction(ctx, &lambda.CreateFunctionInput{FunctionName: aws.String("old"), Runtime: lambdatypes.RuntimePython38, Role: role, Handler: aws.String("a.b"), Code: &lambdatypes.FunctionCode{ZipFile: []byte("PK\x05\x06" + strings.Repeat("\x00", 18))},
		Environment: &lambdatypes.Environment{Variables: map[string]string{"DB_PASSWORD": "Planted-Lambda-Secret"}}}))(t)
	must(fn.AddPermission(ctx, &lambda.AddPermissionInput{FunctionName: aws.String("old"), StatementId: aws.String("all"), Action: aws.String("lambda:InvokeFunction"), Principal: aws.String("*")}))(t)
	q := sqs.NewFromConfig(cfg)
	must(q.CreateQueue(ctx, &sqs.CreateQueueInput{QueueName: aws.String("jobs"), Attributes: map[string]string{"KmsMasterKeyId": key,
		"Policy": `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":"sqs:SendMessage","Resource":"*"}]}`}}))(t)
	must(ecr.NewFromConfig(cfg).CreateRepository(ctx, &ecr.CreateRepositoryInput{RepositoryName: aws.String("app"), ImageTagMutability: ecrtypes.ImageTagMutabilityImmutable, ImageScanningConfiguration: &ecrtypes.ImageScanningConfiguration{ScanOnPush: true}}))(t)
	must(acm.NewFromConfig(cfg).RequestCertificate(ctx, &acm.RequestCertificateInput{DomainName: aws.String("ledger.example.com")}))(t)
	net := ec2.NewFromConfig(cfg)
	vpc := makeVPC(t, net, "estate", "10.9.0.0/16")
	a := must(net.CreateSubnet(ctx, &ec2.CreateSubnetInput{VpcId: vpc, CidrBlock: aws.String("10.9.1.0/24"), AvailabilityZone: aws.String(estate + "a")}))(t).Subnet.SubnetId
	b := must(net.CreateSubnet(ctx, &ec2.CreateSubnetInput{VpcId: vpc, CidrBlock: aws.String("10.9.2.0/24"), AvailabilityZone: aws.String(estate + "b")}))(t).Subnet.SubnetId
	list := must(net.CreateManagedPrefixList(ctx, &ec2.CreateManagedPrefixListInput{PrefixListName: aws.String("pl"), MaxEntries: aws.Int32(5), AddressFamily: aws.String("IPv4"),
		Entries: []ec2types.AddPrefixListEntry{{Cidr: aws.String("0.0.0.0/0")}}}))(t).PrefixList.PrefixListId
	wall := must(net.CreateSecurityGroup(ctx, &ec2.CreateSecurityGroupInput{GroupName: aws.String("listed"), Description: aws.String("listed"), VpcId: vpc}))(t).GroupId
	must(net.AuthorizeSecurityGroupIngress(ctx, &ec2.AuthorizeSecurityGroupIngressInput{GroupId: wall, IpPermissions: []ec2types.IpPermission{{IpProtocol: aws.String("tcp"), FromPort: aws.Int32(22), ToPort: aws.Int32(22),
		PrefixListIds: []ec2types.PrefixListId{{PrefixListId: list}}}}}))(t)
	must(eks.NewFromConfig(cfg).CreateCluster(ctx, &eks.CreateClusterInput{Name: aws.String("k"), RoleArn: role, ResourcesVpcConfig: &ekstypes.VpcConfigRequest{SubnetIds: []string{*a, *b}}}))(t)
	lb := elb.NewFromConfig(cfg)
	load := must(lb.CreateLoadBalancer(ctx, &elb.CreateLoadBalancerInput{Name: aws.String("front"), Subnets: []string{*a, *b}, Scheme: elbtypes.LoadBalancerSchemeEnumInternetFacing}))(t).LoadBalancers[0].LoadBalancerArn
	targets := must(lb.CreateTargetGroup(ctx, &elb.CreateTargetGroupInput{Name: aws.String("web"), Protocol: elbtypes.ProtocolEnumHttp, Port: aws.Int32(8080), VpcId: vpc, TargetType: elbtypes.TargetTypeEnumIp}))(t).TargetGroups[0].TargetGroupArn
	must(lb.RegisterTargets(ctx, &elb.RegisterTargetsInput{TargetGroupArn: targets, Targets: []elbtypes.TargetDescription{{Id: aws.String("10.9.1.7"), Port: aws.Int32(8081)}}}))(t)
	must(lb.CreateListener(ctx, &elb.CreateListenerInput{LoadBalancerArn: load, Port: aws.Int32(8000), Protocol: elbtypes.ProtocolEnumHttp, DefaultActions: []elbtypes.Action{{Type: elbtypes.ActionTypeEnumForward, TargetGroupArn: targets}}}))(t)
	must(lb.CreateListener(ctx, &elb.CreateListenerInput{LoadBalancerArn: load, Port: aws.Int32(80), Protocol: elbtypes.ProtocolEnumHttp, DefaultActions: []elbtypes.Action{{Type: elbtypes.ActionTypeEnumRedirect,
		RedirectConfig: &elbtypes.RedirectActionConfig{Protocol: aws.String("HTTPS"), StatusCode: elbtypes.RedirectActionStatusCodeEnumHttp301}}}}))(t)
	group := autoscaling.NewFromConfig(cfg)
	must(group.CreateLaunchConfiguration(ctx, &autoscaling.CreateLaunchConfigurationInput{LaunchConfigurationName: aws.String("lc"), ImageId: aws.String("ami-12345678"), InstanceType: aws.String("t3.micro")}))(t)
	must(group.CreateAutoScalingGroup(ctx, &autoscaling.CreateAutoScalingGroupInput{AutoScalingGroupName: aws.String("web"), LaunchConfigurationName: aws.String("lc"), MinSize: aws.Int32(0), MaxSize: aws.Int32(4), VPCZoneIdentifier: aws.String(*a + "," + *b)}))(t)
	must(guardduty.NewFromConfig(cfg).CreateDetector(ctx, &guardduty.CreateDetectorInput{Enable: aws.Bool(true)}))(t)
	must(securityhub.NewFromConfig(cfg).EnableSecurityHub(ctx, &securityhub.EnableSecurityHubInput{}))(t)
	record := configservice.NewFromConfig(cfg)
	must(record.PutConfigurationRecorder(ctx, &configservice.PutConfigurationRecorderInput{ConfigurationRecorder: &configtypes.ConfigurationRecorder{Name: aws.String("default"), RoleARN: role,
		RecordingGroup: &configtypes.RecordingGroup{AllSupported: true, IncludeGlobalResourceTypes: true}}}))(t)
}

func TestEstate(t *testing.T) {
	good, doomed := seedKeys(t)
	seedAudit(t, good)
	seedStores(t, good)
	seedServices(t, doomed)
	o := options(t)
	o.Regions = []string{estate}
	s := collect(t, o)
	t.Run("Audit", func(t *testing.T) {
		expect(t, find(t, s, cloud.LogTrail, "main"), map[string]any{"logging": true, "multi_region": true, "management_events": true, "validation": true, "customer_key": true, "store": "audit-bucket"})
		expect(t, find(t, s, cloud.ObjectStore, "audit-bucket"), map[string]any{"holds_audit_logs": true, "data_events": true})
		expect(t, find(t, s, cloud.LogStore, "audit"), map[string]any{"retention_days": 365, "customer_key": true})
		expect(t, find(t, s, cloud.Topic, "pager"), map[string]any{"subscribers": 1, "encrypted": false})
		expect(t, find(t, s, cloud.Alarm, "root-use"), map[string]any{"metric": "RootUse", "events": []string{"root-use"}, "reaches_subscriber": true, "enabled": true})
		expect(t, find(t, s, cloud.AccountKind, "account"), map[string]any{"alarm_root_use": true, "alarm_failed_sign_in": false})
	})
	t.Run("Keys", func(t *testing.T) {
		expect(t, find(t, s, cloud.Key, good), map[string]any{"customer_managed": true, "symmetric": true, "state": "enabled", "rotation": true, "public": false, "in_use": true})
		expect(t, find(t, s, cloud.Key, doomed), map[string]any{"state": "pending-deletion", "public": true, "in_use": true})
		expect(t, find(t, s, cloud.Secret, "token"), map[string]any{"customer_key": true, "rotation": false, "public": false})
	})
	t.Run("Stores", func(t *testing.T) {
		expect(t, find(t, s, cloud.Database, "books"), map[string]any{"engine": "postgres", "encrypted": true, "public": true, "backup_days": 14, "delete_protected": true, "audit_log": true, "backed_up": cloud.Unsupported})
		expect(t, find(t, s, cloud.DiskSnapshot, "books-1"), map[string]any{"public": true, "shared_with": []string{}})
		expect(t, find(t, s, cloud.Table, "entries"), map[string]any{"customer_key": true, "point_in_time_recovery": true, "delete_protected": true})
		expect(t, find(t, s, cloud.Cache, "hot"), map[string]any{"encrypted": true, "tls_required": true, "auth": true})
		expect(t, find(t, s, cloud.BackupPlan, "daily"), map[string]any{"rules": 1, "keep_days": 35, "copies_elsewhere": false})
		expect(t, find(t, s, cloud.BackupVault, "vault"), map[string]any{"locked": false, "public": cloud.Unsupported})
	})
	t.Run("Services", func(t *testing.T) {
		expect(t, find(t, s, cloud.Function, "old"), map[string]any{"runtime": "python3.8", "runtime_supported": false, "plain_secret": true, "public": true})
		expect(t, find(t, s, cloud.Queue, "jobs"), map[string]any{"encrypted": true, "public": true, "tls_only": false})
		expect(t, find(t, s, cloud.Registry, "app"), map[string]any{"scan_on_push": true, "immutable_tags": true, "public": false})
		expect(t, find(t, s, cloud.LoadBalancer, "front"), map[string]any{"internet_facing": true, "access_logging": false, "delete_protected": false})
		if subnets := textList(find(t, s, cloud.LoadBalancer, "front"), "subnets"); len(subnets) != 2 {
			t.Errorf("the balancer stands in %v, should stand in two subnets", subnets)
		}
		if targets := textList(find(t, s, cloud.LoadBalancer, "front"), "targets"); len(targets) != 1 || !strings.HasPrefix(targets[0], "tcp 8081 ip vpc-") || !strings.HasSuffix(targets[0], " 10.9.1.7") {
			t.Errorf("the balancer hands on to %v", targets)
		}
		expect(t, find(t, s, cloud.Listener, "front:80"), map[string]any{"protocol": "HTTP", "port": 80, "redirects_to_tls": true, "tls_min": ""})
		expect(t, find(t, s, cloud.MachineGroup, "web"), map[string]any{"minimum": 0, "maximum": 4, "zones": 2, "alarm": false})
		expect(t, find(t, s, cloud.Cluster, "cluster/k"), map[string]any{"audit_log": false, "secrets_encrypted": false, "endpoint_open": false})
		expect(t, find(t, s, cloud.RegionKind, estate), map[string]any{"used": true, "recorder_all_types": true, "recorder_on": false, "threat_detection": true, "posture_service": true, "access_analyser": cloud.Unsupported})
	})
}

// comparePolicy compares what was called in this and the tests before with what
// the table declares.
func comparePolicy(t *testing.T) {
	var policy struct {
		Statement []struct{ Action []string }
	}
	if err := json.Unmarshal(Policy(), &policy); err != nil {
		t.Fatal(err)
	}
	allowed := policy.Statement[0].Action
	if !slices.IsSorted(allowed) {
		t.Error("the policy is not sorted")
	}
	called := map[string]bool{}
	askedCalls.Lock()
	for c := range askedCalls.calls {
		called[action(c[0], c[1])] = true
	}
	askedCalls.Unlock()
	for a := range called {
		if !slices.Contains(allowed, a) && a != "sts:AssumeRole" {
			t.Errorf("%s was called, the policy does not allow it", a)
		}
	}
	if flag.Lookup("test.run").Value.String() != "" {
		return // only all tests together call everything
	}
	for _, a := range allowed {
		if !called[a] && !slices.Contains(neverCalled, a) {
			t.Errorf("the policy allows %s, nothing called it", a)
		}
	}
}

// neverCalled needs what no test has: clusters whose engine the emulator lets
// have parameters, and buckets listed without their region.
var neverCalled = []string{"rds:DescribeDBClusterParameters", "s3:GetBucketLocation"}
