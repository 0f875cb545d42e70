// SPDX-License-Identifier: Apache-2.0

package aws

import (
	"context"
	"slices"
	"strings"
	"sync"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/rds"
	"github.com/aws/aws-sdk-go-v2/service/rds/types"

	"demarc.dev/demarc/cloud"
)

func rdsService() *service {
	return &service{
		name: "rds", kinds: []cloud.Kind{cloud.Database, cloud.DiskSnapshot},
		actions: []string{"rds:DescribeDBClusterParameters", "rds:DescribeDBClusterSnapshotAttributes", "rds:DescribeDBClusterSnapshots", "rds:DescribeDBClusters",
			"rds:DescribeDBInstances", "rds:DescribeDBParameters", "rds:DescribeDBSnapshotAttributes", "rds:DescribeDBSnapshots"},
		collect: collectRDS,
	}
}

// rdsReader reads RDS in one region.
type rdsReader struct {
	*unit
	client   *rds.Client
	clusters map[string]types.DBCluster

	settings sync.Mutex
	forced   map[string]tri // parameter group → TLS is demanded
}

func collectRDS(ctx context.Context, u *unit) error {
	r := &rdsReader{unit: u, client: rds.NewFromConfig(u.cfg), clusters: map[string]types.DBCluster{}, forced: map[string]tri{}}
	err := pages(ctx, r.client.DescribeDBClusters, &rds.DescribeDBClustersInput{}, func(page *rds.DescribeDBClustersOutput) {
		seen := u.seen("rds:DescribeDBClusters", page.ResultMetadata)
		for _, c := range page.DBClusters {
			r.clusters[aws.ToString(c.DBClusterIdentifier)] = c
			if len(c.DBClusterMembers) == 0 { // else its instances tell of it
				u.add(r.cluster(ctx, c, seen))
			}
		}
	})
	if err != nil {
		u.miss(err, cloud.Database)
	}
	u.miss(r.instances(ctx), cloud.Database)
	u.miss(r.snapshots(ctx), cloud.DiskSnapshot)
	u.miss(r.clusterSnapshots(ctx), cloud.DiskSnapshot)
	return nil
}

func rdsTags(list []types.Tag) map[string]string {
	return tagMap(list, func(t types.Tag) (*string, *string) { return t.Key, t.Value })
}

func (r *rdsReader) instances(ctx context.Context) error {
	return pages(ctx, r.client.DescribeDBInstances, &rds.DescribeDBInstancesInput{}, func(page *rds.DescribeDBInstancesOutput) {
		seen := r.seen("rds:DescribeDBInstances", page.ResultMetadata)
		each(ctx, r.unit, page.DBInstances, func(i types.DBInstance) {
			r.note("used", "database", nil)
			r.add(r.instance(ctx, i, seen))
		})
	})
}

func (r *rdsReader) instance(ctx context.Context, i types.DBInstance, seen cloud.Seen) *cloud.Resource {
	d := r.resource(cloud.Database, "rds.db-instance", aws.ToString(i.DBInstanceArn), aws.ToString(i.DBInstanceIdentifier), map[string]any{"Instance": i}, seen)
	tag(d, rdsTags(i.TagList), nil)
	fact(d, "engine", aws.ToString(i.Engine), nil)
	fact(d, "encrypted", aws.ToBool(i.StorageEncrypted), nil)
	fact(d, "public", aws.ToBool(i.PubliclyAccessible), nil)
	fact(d, "backup_days", int64(aws.ToInt32(i.BackupRetentionPeriod)), nil)
	r.protects(d, aws.ToString(i.KmsKeyId))
	r.stands(d, i)
	protected, zones, exports := aws.ToBool(i.DeletionProtection), aws.ToBool(i.MultiAZ), i.EnabledCloudwatchLogsExports
	if id := aws.ToString(i.DBClusterIdentifier); id != "" {
		c, known := r.clusters[id]
		if !known {
			gap(d, missing(cloud.Unreadable, "rds:DescribeDBClusters", "the cluster of the instance was not read"), "delete_protected", "multi_zone", "audit_log", "tls_required")
			return d
		}
		protected, zones, exports = aws.ToBool(c.DeletionProtection), aws.ToBool(c.MultiAZ), append(exports, c.EnabledCloudwatchLogsExports...)
		r.clusterTLS(ctx, aws.ToString(c.DBClusterParameterGroup), aws.ToString(i.Engine)).into(d, "tls_required")
	} else {
		r.instanceTLS(ctx, i).into(d, "tls_required")
	}
	fact(d, "delete_protected", protected, nil)
	fact(d, "multi_zone", zones, nil)
	fact(d, "audit_log", exportsAudit(aws.ToString(i.Engine), exports), nil)
	return d
}

// cluster gives a cluster without instances, such as a serverless one at rest.
func (r *rdsReader) cluster(ctx context.Context, c types.DBCluster, seen cloud.Seen) *cloud.Resource {
	r.note("used", "database", nil)
	d := r.resource(cloud.Database, "rds.db-cluster", aws.ToString(c.DBClusterArn), aws.ToString(c.DBClusterIdentifier), map[string]any{"Cluster": c}, seen)
	tag(d, rdsTags(c.TagList), nil)
	fact(d, "engine", aws.ToString(c.Engine), nil)
	fact(d, "encrypted", aws.ToBool(c.StorageEncrypted), nil)
	fact(d, "public", aws.ToBool(c.PubliclyAccessible), nil)
	fact(d, "backup_days", int64(aws.ToInt32(c.BackupRetentionPeriod)), nil)
	fact(d, "delete_protected", aws.ToBool(c.DeletionProtection), nil)
	fact(d, "multi_zone", aws.ToBool(c.MultiAZ), nil)
	fact(d, "audit_log", exportsAudit(aws.ToString(c.Engine), c.EnabledCloudwatchLogsExports), nil)
	r.protects(d, aws.ToString(c.KmsKeyId))
	r.clusterTLS(ctx, aws.ToString(c.DBClusterParameterGroup), aws.ToString(c.Engine)).into(d, "tls_required")
	// Without an instance it has no interface: nothing reaches it.
	fact(d, "port", int64(aws.ToInt32(c.Port)), nil)
	fact(d, "subnets", stringList(nil), nil)
	fact(d, "firewalls", stringList(nil), nil)
	return d
}

// stands tells where an instance may be reached. An instance that is being made
// has no endpoint yet; its port is known all the same.
func (r *rdsReader) stands(d *cloud.Resource, i types.DBInstance) {
	port := aws.ToInt32(i.DbInstancePort)
	if i.Endpoint != nil && aws.ToInt32(i.Endpoint.Port) != 0 {
		port = aws.ToInt32(i.Endpoint.Port)
	}
	fact(d, "port", int64(port), nil)
	var groups, subnets []string
	for _, g := range i.VpcSecurityGroups {
		groups = append(groups, r.arn("ec2", "security-group/"+aws.ToString(g.VpcSecurityGroupId)))
	}
	fact(d, "firewalls", stringList(groups), nil)
	if i.DBSubnetGroup == nil {
		gap(d, missing(cloud.Unreadable, "rds:DescribeDBInstances", "the answer names no subnets"), "subnets")
		return
	}
	for _, s := range i.DBSubnetGroup.Subnets {
		subnets = append(subnets, r.arn("ec2", "subnet/"+aws.ToString(s.SubnetIdentifier)))
	}
	fact(d, "subnets", stringList(subnets), nil)
}

// exportsAudit tells whether the log that an engine writes its audit into is
// exported: PostgreSQL and SQL Server have no log of that name.
func exportsAudit(engine string, exports []string) bool {
	switch {
	case strings.Contains(engine, "postgres"):
		return slices.Contains(exports, "postgresql")
	case strings.HasPrefix(engine, "db2"):
		return slices.Contains(exports, "diag.log")
	}
	return slices.Contains(exports, "audit")
}

// tlsParameter is what an engine calls the demand for TLS.
func tlsParameter(engine string) string {
	switch {
	case strings.Contains(engine, "postgres"), strings.HasPrefix(engine, "sqlserver"):
		return "rds.force_ssl"
	case strings.Contains(engine, "mysql"), strings.Contains(engine, "mariadb"), engine == "aurora":
		return "require_secure_transport"
	}
	return ""
}

func (r *rdsReader) instanceTLS(ctx context.Context, i types.DBInstance) tri {
	name := ""
	if len(i.DBParameterGroups) > 0 {
		name = aws.ToString(i.DBParameterGroups[0].DBParameterGroupName)
	}
	return r.demand("instance "+name, aws.ToString(i.Engine), "rds:DescribeDBParameters", func(each func(types.Parameter)) error {
		return pages(ctx, r.client.DescribeDBParameters, &rds.DescribeDBParametersInput{DBParameterGroupName: &name}, func(page *rds.DescribeDBParametersOutput) {
			for _, p := range page.Parameters {
				each(p)
			}
		})
	})
}

func (r *rdsReader) clusterTLS(ctx context.Context, name, engine string) tri {
	return r.demand("cluster "+name, engine, "rds:DescribeDBClusterParameters", func(each func(types.Parameter)) error {
		return pages(ctx, r.client.DescribeDBClusterParameters, &rds.DescribeDBClusterParametersInput{DBClusterParameterGroupName: &name}, func(page *rds.DescribeDBClusterParametersOutput) {
			for _, p := range page.Parameters {
				each(p)
			}
		})
	})
}

// demand asks a parameter group once whether it demands TLS.
func (r *rdsReader) demand(group, engine, call string, parameters func(func(types.Parameter)) error) tri {
	want := tlsParameter(engine)
	if want == "" {
		return tri{err: missing(cloud.Unsupported, call, "the engine "+engine+" has no parameter that demands TLS")}
	}
	r.settings.Lock()
	defer r.settings.Unlock()
	if t, ok := r.forced[group]; ok {
		return t
	}
	t := tri{err: missing(cloud.Unreadable, call, "the parameter group does not tell "+want)}
	if err := parameters(func(p types.Parameter) {
		if aws.ToString(p.ParameterName) == want {
			v := strings.ToLower(aws.ToString(p.ParameterValue))
			t = tri{yes: v == "1" || v == "on" || v == "true"}
		}
	}); err != nil {
		t = tri{err: err}
	}
	r.forced[group] = t
	return t
}

func (r *rdsReader) snapshots(ctx context.Context) error {
	return pages(ctx, r.client.DescribeDBSnapshots, &rds.DescribeDBSnapshotsInput{}, func(page *rds.DescribeDBSnapshotsOutput) {
		seen := r.seen("rds:DescribeDBSnapshots", page.ResultMetadata)
		each(ctx, r.unit, page.DBSnapshots, func(s types.DBSnapshot) {
			d := r.resource(cloud.DiskSnapshot, "rds.db-snapshot", aws.ToString(s.DBSnapshotArn), aws.ToString(s.DBSnapshotIdentifier), s, seen)
			tag(d, rdsTags(s.TagList), nil)
			fact(d, "encrypted", aws.ToBool(s.Encrypted), nil)
			fact(d, "created", aws.ToTime(s.SnapshotCreateTime).UTC(), nil)
			r.protects(d, aws.ToString(s.KmsKeyId))
			link(d, "copy-of", r.arn("rds", "db:"+aws.ToString(s.DBInstanceIdentifier)))
			if aws.ToString(s.SnapshotType) == "automated" { // cannot be shared
				sharing(d, nil, nil)
			} else if out, err := r.client.DescribeDBSnapshotAttributes(ctx, &rds.DescribeDBSnapshotAttributesInput{DBSnapshotIdentifier: s.DBSnapshotIdentifier}); err != nil || out.DBSnapshotAttributesResult == nil {
				sharing(d, nil, orElse(err, "rds:DescribeDBSnapshotAttributes"))
			} else {
				var with []string
				for _, a := range out.DBSnapshotAttributesResult.DBSnapshotAttributes {
					if aws.ToString(a.AttributeName) == "restore" {
						with = append(with, a.AttributeValues...)
					}
				}
				sharing(d, with, nil)
			}
			r.add(d)
		})
	})
}

func (r *rdsReader) clusterSnapshots(ctx context.Context) error {
	return pages(ctx, r.client.DescribeDBClusterSnapshots, &rds.DescribeDBClusterSnapshotsInput{}, func(page *rds.DescribeDBClusterSnapshotsOutput) {
		seen := r.seen("rds:DescribeDBClusterSnapshots", page.ResultMetadata)
		each(ctx, r.unit, page.DBClusterSnapshots, func(s types.DBClusterSnapshot) {
			d := r.resource(cloud.DiskSnapshot, "rds.db-cluster-snapshot", aws.ToString(s.DBClusterSnapshotArn), aws.ToString(s.DBClusterSnapshotIdentifier), s, seen)
			tag(d, rdsTags(s.TagList), nil)
			fact(d, "encrypted", aws.ToBool(s.StorageEncrypted), nil)
			fact(d, "created", aws.ToTime(s.SnapshotCreateTime).UTC(), nil)
			r.protects(d, aws.ToString(s.KmsKeyId))
			link(d, "copy-of", r.arn("rds", "cluster:"+aws.ToString(s.DBClusterIdentifier)))
			if aws.ToString(s.SnapshotType) == "automated" {
				sharing(d, nil, nil)
			} else if out, err := r.client.DescribeDBClusterSnapshotAttributes(ctx, &rds.DescribeDBClusterSnapshotAttributesInput{DBClusterSnapshotIdentifier: s.DBClusterSnapshotIdentifier}); err != nil || out.DBClusterSnapshotAttributesResult == nil {
				sharing(d, nil, orElse(err, "rds:DescribeDBClusterSnapshotAttributes"))
			} else {
				var with []string
				for _, a := range out.DBClusterSnapshotAttributesResult.DBClusterSnapshotAttributes {
					if aws.ToString(a.AttributeName) == "restore" {
						with = append(with, a.AttributeValues...)
					}
				}
				sharing(d, with, nil)
			}
			r.add(d)
		})
	})
}

// sharing sets who may restore a copy; "all" is everyone.
func sharing(d *cloud.Resource, with []string, err error) {
	fact(d, "public", slices.Contains(with, "all"), err)
	with = slices.DeleteFunc(with, func(w string) bool { return w == "all" })
	fact(d, "shared_with", stringList(with), err)
}
