// SPDX-License-Identifier: Apache-2.0

package foreign

// Format is a kind of report.
type Format string

// The formats that are read.
const (
	OCSF       Format = "ocsf"
	ProwlerCSV Format = "prowler-csv"
	ASFF       Format = "asff"
	SARIF      Format = "sarif"
	Trivy      Format = "trivy"
	Checkov    Format = "checkov"
	KubeBench  Format = "kube-bench"
	Config     Format = "aws-config"
	XCCDF      Format = "xccdf"
)

// Spec is a format in words.
type Spec struct {
	Format Format
	Name   string // for people
	Made   string // the command, or the place, that a report of it comes from
}

// Formats lists the formats that are read.
func Formats() []Spec {
	return []Spec{
		{OCSF, "OCSF finding", "prowler aws -M json-ocsf; Security Hub and other tools that write OCSF"},
		{ProwlerCSV, "Prowler CSV", "prowler aws -M csv"},
		{ASFF, "AWS Security Finding Format", "aws securityhub get-findings"},
		{SARIF, "SARIF 2.1.0", "the SARIF output of a scanner"},
		{Trivy, "Trivy JSON", "trivy config --format json, trivy image --format json"},
		{Checkov, "Checkov JSON", "checkov -d . -o json"},
		{KubeBench, "kube-bench JSON", "kube-bench --json"},
		{Config, "AWS Config compliance", "aws configservice get-compliance-details-by-config-rule"},
		{XCCDF, "XCCDF results or ARF", "oscap xccdf eval --results-arf arf.xml"},
	}
}

// Name gives the format in words for people.
func (f Format) Name() string {
	for _, s := range Formats() {
		if s.Format == f {
			return s.Name
		}
	}
	return string(f)
}
