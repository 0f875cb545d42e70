// SPDX-License-Identifier: Apache-2.0

package aws

import (
	"bytes"
	"context"
	"encoding/csv"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"

	"demarc.dev/demarc/cloud"
)

// reportPatience is how long AWS may take to make a credential report.
const reportPatience = 2 * time.Minute

// reportRow is a row of the credential report, by the names of its columns.
type reportRow map[string]string

// time reads a time; "N/A" and "no_information" mean never.
func (r reportRow) time(column string) time.Time {
	t, err := time.Parse(time.RFC3339, r[column])
	if err != nil {
		return time.Time{}
	}
	return t.UTC()
}

// credentialReport asks AWS to make the report and reads it, by ARN. It is the
// only source of when the root user was last used.
func (r *iamReader) credentialReport(ctx context.Context) (map[string]reportRow, error) {
	for end := time.Now().Add(reportPatience); ; {
		made, err := r.client.GenerateCredentialReport(ctx, &iam.GenerateCredentialReportInput{})
		if err != nil {
			return nil, err
		}
		if made.State == types.ReportStateTypeComplete {
			break
		}
		if time.Now().After(end) {
			return nil, missing(cloud.Timeout, "iam:GenerateCredentialReport", "AWS was still making the report after "+reportPatience.String())
		}
		select {
		case <-time.After(min(2*time.Second, 5*r.s.o.backoff)):
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
	out, err := r.client.GetCredentialReport(ctx, &iam.GetCredentialReportInput{})
	if err != nil {
		return nil, err
	}
	rows, err := parseReport(out.Content)
	if err != nil {
		return nil, missing(cloud.Unreadable, "iam:GetCredentialReport", err.Error())
	}
	return rows, nil
}

func parseReport(content []byte) (map[string]reportRow, error) {
	lines, err := csv.NewReader(bytes.NewReader(content)).ReadAll()
	if err != nil || len(lines) == 0 {
		return nil, fmt.Errorf("the credential report is no table")
	}
	out := map[string]reportRow{}
	for _, line := range lines[1:] {
		row := reportRow{}
		for i, column := range lines[0] {
			row[column] = line[i]
		}
		out[row["arn"]] = row
	}
	return out, nil
}

// root gives the root user's row.
func (r *iamReader) root() (reportRow, error) {
	if r.noted != nil {
		return nil, r.noted
	}
	for _, row := range r.report {
		if row["user"] == "<root_account>" {
			return row, nil
		}
	}
	return nil, missing(cloud.Unreadable, "iam:GetCredentialReport", "the report has no row of the root user")
}

// settings reads what holds for the whole account.
func (r *iamReader) settings(ctx context.Context) *cloud.Resource {
	raw := map[string]any{}
	summary, err := r.client.GetAccountSummary(ctx, &iam.GetAccountSummaryInput{})
	if err != nil {
		summary = &iam.GetAccountSummaryOutput{}
	}
	a := r.accountPart(nil, r.seen("iam:GetAccountSummary", summary.ResultMetadata))
	ctx = told(ctx, a)
	raw["AccountSummary"] = summary.SummaryMap
	fact(a, "root_mfa", summary.SummaryMap["AccountMFAEnabled"] > 0, err)
	keys := int64(summary.SummaryMap["AccountAccessKeysPresent"])
	row, noRow := r.root()
	if noRow == nil {
		a.Seen = together(a.Seen, cloud.Seen{Call: "iam:GetCredentialReport"})
		raw["CredentialReportRoot"] = row
		keys = 0
		for _, active := range []string{row["access_key_1_active"], row["access_key_2_active"]} {
			if active == "true" {
				keys++
			}
		}
		err = nil
	}
	fact(a, "root_access_keys", keys, err)
	last := row.time("password_last_used")
	for _, column := range []string{"access_key_1_last_used_date", "access_key_2_last_used_date"} {
		if t := row.time(column); t.After(last) {
			last = t
		}
	}
	fact(a, "root_last_used", last, noRow)
	r.passwordPolicy(ctx, a, raw)
	saml, err := r.client.ListSAMLProviders(ctx, &iam.ListSAMLProvidersInput{})
	switch {
	case err != nil:
		r.miss(err, cloud.AccountKind)
	case len(saml.SAMLProviderList) > 0:
		fact(a, "federated", true, nil) // otherwise IAM Identity Center is asked too
		raw["SAMLProviders"] = saml.SAMLProviderList
	}
	a.Raw = document(raw)
	return a
}

func (r *iamReader) passwordPolicy(ctx context.Context, a *cloud.Resource, raw map[string]any) {
	out, err := r.client.GetAccountPasswordPolicy(ctx, &iam.GetAccountPasswordPolicyInput{})
	p := &types.PasswordPolicy{}
	switch {
	case absent(err, "NoSuchEntity", "NoSuchEntityException"):
	case err != nil:
		gap(a, err, "password_min_length", "password_reuse_prevention", "password_complexity")
		return
	case out.PasswordPolicy != nil:
		p = out.PasswordPolicy
		raw["PasswordPolicy"] = p
	}
	fact(a, "password_min_length", int64(aws.ToInt32(p.MinimumPasswordLength)), nil)
	fact(a, "password_reuse_prevention", int64(aws.ToInt32(p.PasswordReusePrevention)), nil)
	fact(a, "password_complexity", p.RequireUppercaseCharacters && p.RequireLowercaseCharacters && p.RequireNumbers && p.RequireSymbols, nil)
}

// rootKeys adds the root user's access keys, which only the report tells of.
func (r *iamReader) rootKeys() {
	row, err := r.root()
	if err != nil {
		r.miss(err, cloud.Credential)
		return
	}
	owner := "arn:" + r.s.partition + ":iam::" + r.account + ":root"
	for _, n := range []string{"1", "2"} {
		if row["access_key_"+n+"_active"] != "true" {
			continue
		}
		c := r.resource(cloud.Credential, "iam.root-access-key", owner+"/access-key/"+n, "root key "+n, nil, cloud.Seen{At: r.s.o.Now().UTC(), Call: "iam:GetCredentialReport"})
		r.credential(c, "access-key", owner, true, row.time("access_key_"+n+"_last_rotated"))
		fact(c, "last_used", row.time("access_key_"+n+"_last_used_date"), nil)
		r.add(c)
	}
}
