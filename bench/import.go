// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"
)

// imports lets the built program take in a report of Prowler of 1 GB, in OCSF
// and in CSV, into an empty store: read, mapped, kept, written down.
func imports(ctx context.Context, h *host) ([]figure, error) {
	var figures []figure
	for _, format := range []struct {
		name, ending string
		write        func(*bufio.Writer, int) error
	}{{"OCSF", "json", writeOCSF}, {"CSV", "csv", writeProwlerCSV}} {
		dir, err := os.MkdirTemp(h.scratch, "import-")
		if err != nil {
			return figures, err
		}
		defer os.RemoveAll(dir)
		path := filepath.Join(dir, "prowler."+format.ending)
		size, rows, err := writeReport(path, int64(h.sized(1_000_000_000, 20_000_000)), format.write)
		if err != nil {
			return figures, err
		}
		u, err := h.measured(ctx, dir, nil, os.Getenv("BENCH_DEMARC"), "--data", filepath.Join(dir, "store"), "import", path)
		if err != nil {
			return figures, err
		}
		figures = append(figures,
			figure{what: fmt.Sprintf("report of Prowler, %s, %d MB", format.name, size/1e6), ours: seconds(u.wall), target: "≤ 60 s", met: limit(u.wall <= time.Minute),
				note: fmt.Sprintf("%d results; the whole process, from the file to a store that holds the report, its results and their log entries; once. It took %.1f s of processor time.", rows, u.cpu.Seconds())},
			figure{what: "peak memory of it", ours: mebibytes(u.peak), target: "≤ 512 MiB", met: limit(u.peak <= 512<<20)})
		if err := os.RemoveAll(dir); err != nil {
			return figures, err
		}
	}
	return figures, nil
}

// writeReport writes records until the file has the size.
func writeReport(path string, size int64, write func(*bufio.Writer, int) error) (written int64, rows int, err error) {
	f, err := os.Create(path)
	if err != nil {
		return 0, 0, err
	}
	w := bufio.NewWriterSize(f, 1<<20)
	for err == nil && written < size {
		if err = write(w, rows); err != nil {
			break
		}
		if rows++; rows%4096 == 0 {
			var info os.FileInfo
			if info, err = f.Stat(); err == nil {
				written = info.Size()
			}
		}
	}
	if filepath.Ext(path) == ".json" {
		_, e := w.WriteString("\n]\n")
		err = errors.Join(err, e)
	}
	return written, rows, errors.Join(err, w.Flush(), f.Close())
}

// reported are checks of which the report tells in turns; the last is of a kind
// that nobody has mapped.
var reported = []string{"s3_bucket_public_access", "s3_bucket_default_encryption", "ec2_ebs_volume_encryption", "ec2_instance_public_ip", "vpc_flow_logs_enabled", "rds_instance_storage_encrypted", "a_check_of_the_house"}

// prose is as long as what Prowler says of a risk and of its remedy.
const prose = "Words that say why this matters and what may follow when it is left as it is: whoever reaches the resource may read, change or remove what it holds, and nobody would notice for weeks. "

// writeOCSF writes one finding as Prowler 5 does: indented, with what it says
// of frameworks and of the resource, which an importer must step over.
func writeOCSF(w *bufio.Writer, i int) error {
	id, status := reported[i%len(reported)], []string{"PASS", "FAIL", "PASS", "MANUAL"}[i%4]
	before := ",\n"
	if i == 0 {
		before = "[\n"
	}
	_, err := fmt.Fprintf(w, `%s    {
        "message": "resource-%d is as it is.",
        "metadata": {"event_code": %q, "product": {"name": "Prowler", "uid": "prowler", "vendor_name": "Prowler", "version": "5.4.0"}, "profiles": ["cloud", "datetime"], "tenant_uid": "", "version": "1.4.0"},
        "severity_id": 4, "severity": "High", "status": "New", "status_code": %q, "status_detail": "resource-%d is as it is.", "status_id": 1,
        "unmapped": {"related_url": "https://example.org", "categories": ["encryption"], "depends_on": [], "related_to": [], "notes": "", "compliance": {"CIS-1.4": ["1.20"], "CIS-3.0": ["1.20", "2.1.4"], "NIST-800-53-Revision-5": ["ac_2_12", "ac_3", "ac_3_7"], "PCI-4.0": ["3.5.1.3", "8.3.2.8"]}},
        "activity_name": "Create", "activity_id": 1,
        "finding_info": {"created_time": 1763632800, "created_time_dt": "2026-11-20T10:00:00.000000", "desc": "%s", "product_uid": "prowler", "title": "Title of %s", "types": ["Software and Configuration Checks"], "uid": "prowler-aws-%s-210987654321-eu-central-1-%d"},
        "resources": [{"cloud_partition": "aws", "region": "eu-central-1", "data": {"details": "", "metadata": {"arn": "arn:aws:s3:::resource-%d", "name": "resource-%d", "policy": {"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Principal": "*", "Action": "s3:*"}]}, "tags": [{"Key": "owner", "Value": "team-%d"}]}}, "group": {"name": "s3"}, "labels": ["owner:team"], "name": "resource-%d", "type": "AwsS3Bucket", "uid": "arn:aws:s3:::resource-%d"}],
        "category_name": "Findings", "category_uid": 2, "class_name": "Detection Finding", "class_uid": 2004,
        "cloud": {"account": {"name": "prod", "type": "AWS Account", "type_id": 10, "uid": "210987654321", "labels": []}, "org": {"name": "", "uid": ""}, "provider": "aws", "region": "eu-central-1"},
        "remediation": {"desc": "%s", "references": ["aws s3api help", "https://example.org/%s"]},
        "risk_details": "%s%s",
        "time": 1763632800, "time_dt": "2026-11-20T10:00:00.000000", "type_uid": 200401, "type_name": "Detection Finding: Create"
    }`, before, i, id, status, i, prose, id, id, i, i/7, i/7, i%50, i/7, i/7, prose, id, prose, prose)
	return err
}

// writeProwlerCSV writes one row as Prowler 5 does.
func writeProwlerCSV(w *bufio.Writer, i int) error {
	if i == 0 {
		if _, err := w.WriteString("AUTH_METHOD;TIMESTAMP;ACCOUNT_UID;FINDING_UID;PROVIDER;CHECK_ID;CHECK_TITLE;STATUS;STATUS_EXTENDED;MUTED;SERVICE_NAME;SEVERITY;RESOURCE_TYPE;RESOURCE_UID;RESOURCE_NAME;REGION;DESCRIPTION;RISK;REMEDIATION_RECOMMENDATION_TEXT;REMEDIATION_RECOMMENDATION_URL;COMPLIANCE;PROWLER_VERSION\n"); err != nil {
			return err
		}
	}
	id, status := reported[i%len(reported)], []string{"PASS", "FAIL", "PASS", "MANUAL"}[i%4]
	_, err := fmt.Fprintf(w, "profile;2026-11-20 10:00:00.000000;210987654321;uid-%d;aws;%s;Title of %s;%s;resource-%d is as it is.;False;s3;high;AwsS3Bucket;arn:aws:s3:::resource-%d;resource-%d;eu-central-1;%s;\"%s; and more\";%s;https://example.org/%s;CIS-1.4: 1.20 | CIS-3.0: 1.20, 2.1.4;5.4.0\n",
		i, id, id, status, i, i/7, i/7, prose, prose, prose, id)
	return err
}
