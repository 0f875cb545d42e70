// SPDX-License-Identifier: Apache-2.0

package foreign

import (
	"bytes"
	"strings"
)

// recognise tells what a report is by its first bytes. all says that they are
// the whole report.
func recognise(start []byte, all bool) (Format, error) {
	text := bytes.TrimLeft(start, " \t\r\n")
	switch {
	case len(text) == 0:
		return "", invalid("the file is empty, or begins with nothing but blanks", "let the tool write its report again")
	case text[0] == '<':
		return recogniseXML(text)
	case text[0] == '{' || text[0] == '[':
		return recogniseJSON(text)
	}
	line, _, _ := bytes.Cut(text, []byte("\n"))
	switch head := strings.ToUpper(string(line)); {
	case strings.Contains(head, "CHECK_ID") && strings.Contains(head, "STATUS_EXTENDED"):
		return ProwlerCSV, nil
	case strings.HasPrefix(head, "PROWLER") || strings.Contains(head, "CHECK_ID,"):
		return "", invalid("the file looks like a report of an old Prowler", "read are those of Prowler 4 and 5: prowler aws -M json-ocsf csv")
	}
	return "", unknownFormat("the file is no JSON, no XML and no CSV of Prowler")
}

func recogniseXML(text []byte) (Format, error) {
	lower := bytes.ToLower(text[:min(len(text), 4096)])
	switch {
	case bytes.Contains(lower, []byte("<!doctype html")), bytes.Contains(lower, []byte("<html")):
		return "", unknownFormat("the file is a page of HTML")
	case bytes.Contains(lower, []byte("<testsuite")):
		return "", unknownFormat("the file is JUnit XML, which does not say what was checked")
	case bytes.Contains(lower, []byte("<oval_results")):
		return "", invalid("the file holds results of OVAL only", "give the results of XCCDF that rest on them: oscap xccdf eval --results-arf arf.xml")
	}
	for _, root := range []string{"benchmark", "testresult", "asset-report-collection"} {
		if bytes.Contains(lower, []byte("<"+root)) || bytes.Contains(lower, []byte(":"+root)) {
			return XCCDF, nil
		}
	}
	return "", unknownFormat("the file is XML, and no results of XCCDF")
}

// marks are the names by which formats of JSON are known: each of one group must
// be there.
func marks() []struct {
	format Format
	names  []string
} {
	return []struct {
		format Format
		names  []string
	}{
		{SARIF, []string{"runs", "version"}}, {SARIF, []string{"runs", "$schema"}},
		{OCSF, []string{"class_uid"}}, {OCSF, []string{"finding_info", "metadata"}},
		{ASFF, []string{"AwsAccountId", "ProductArn"}}, {ASFF, []string{"GeneratorId", "Types"}},
		{Trivy, []string{"ArtifactName"}}, {Trivy, []string{"SchemaVersion", "Results"}}, {Trivy, []string{"ClusterName", "Resources"}},
		{Checkov, []string{"check_type", "results"}}, {Checkov, []string{"checkov_version", "passed"}},
		{KubeBench, []string{"Controls"}}, {KubeBench, []string{"node_type", "tests"}},
		{Config, []string{"EvaluationResults"}}, {Config, []string{"AggregateEvaluationResults"}}, {Config, []string{"ConformancePackRuleEvaluationResults"}},
		{Config, []string{"ComplianceByConfigRules"}}, {Config, []string{"AggregateComplianceByConfigRules"}}, {Config, []string{"EvaluationResultIdentifier", "ComplianceType"}},
		{ASFF, []string{"Findings"}}, {SARIF, []string{"runs"}},
	}
}

func recogniseJSON(text []byte) (Format, error) {
	names := outerNames(text)
	for _, m := range marks() {
		found := true
		for _, name := range m.names {
			found = found && names[name]
		}
		if found {
			return m.format, nil
		}
	}
	switch {
	case names["StatusExtended"] || names["CheckID"]:
		return "", invalid("the file looks like the JSON of an old Prowler", "read is what Prowler 4 and 5 write: prowler aws -M json-ocsf")
	case names["ComplianceByResources"]:
		return "", invalid("the file says which resources comply, and not with which rule", "ask for each rule: aws configservice get-compliance-details-by-config-rule")
	case names["ConfigRules"]:
		return "", invalid("the file lists the rules of AWS Config, and no results", "ask for the results: aws configservice describe-compliance-by-config-rule")
	case names["resource_changes"] || names["planned_values"]:
		return "", invalid("the file is a Terraform plan", "demarc collect terraform reads it")
	case len(names) == 0 && len(text) < 64:
		return "", unknownFormat("the file is JSON, and empty")
	}
	return "", unknownFormat("the file is JSON of a kind that is not known")
}

func unknownFormat(sentence string) error {
	var list []string
	for _, s := range Formats() {
		list = append(list, s.Name)
	}
	return invalid(sentence, "read are: "+strings.Join(list, ", "))
}

// outerNames gives the names of the members of a JSON text that begins with
// text: of the outer object, of the first members of an outer array, and of the
// first object of each array in an outer object. Text that is no JSON gives
// fewer names; the parser then tells the fault.
func outerNames(text []byte) map[string]bool {
	names := map[string]bool{}
	var open []byte // the brackets that are open
	key := false    // a string is a name when it stands where one must
	seen := map[int]int{}
	for i := 0; i < len(text) && len(names) < 400; i++ {
		switch c := text[i]; c {
		case '{', '[':
			open = append(open, c)
			seen[len(open)]++
			key = c == '{'
		case '}', ']':
			if len(open) > 0 {
				open = open[:len(open)-1]
			}
		case ',':
			key = len(open) > 0 && open[len(open)-1] == '{'
		case '"':
			end := i + 1
			for end < len(text) && text[end] != '"' {
				if text[end] == '\\' {
					end++
				}
				end++
			}
			if end >= len(text) {
				return names
			}
			if key && outer(open, seen) {
				names[string(text[i+1:end])] = true
			}
			i, key = end, false
		}
	}
	return names
}

// outer tells whether an object that is open stands far enough outside.
func outer(open []byte, seen map[int]int) bool {
	switch string(open) {
	case "{":
		return true
	case "[{":
		return seen[2] <= 3
	case "{[{":
		return seen[3] <= 8
	}
	return false
}
