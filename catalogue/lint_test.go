// SPDX-License-Identifier: Apache-2.0

package catalogue

import (
	"io/fs"
	"maps"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
)

func TestLint_OurOwnFiles(t *testing.T) {
	for _, fault := range Lint() {
		t.Error(fault)
	}
}

// ownFiles gives our own files, to be spoiled.
func ownFiles(t testing.TB) fstest.MapFS {
	t.Helper()
	out := fstest.MapFS{}
	err := fs.WalkDir(files, "data", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := files.ReadFile(path)
		out[strings.TrimPrefix(path, "data/")] = &fstest.MapFile{Data: data}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestLint_TellsEachFault(t *testing.T) {
	own := ownFiles(t)
	for _, row := range []struct{ file, old, new, says string }{
		{"framework/catalogue.yaml", "version: '2026.11'", "version: '1'", "version: \"1\" is no version"},
		{"framework/catalogue.yaml", "  - cloud-policy\n", "  - cloud-policy\n  - cloud-policy\n", "stands twice"},
		{"framework/catalogue.yaml", "  - cloud-policy\n", "", "control/cloud-policy.yaml: the control is not in the order"},
		{"framework/catalogue.yaml", "  - cloud-policy\n", "  - cloud-policy\n  - cloudy\n", "has no file control/cloudy.yaml"},
		{"framework/catalogue.yaml", "title: Cryptography", "title: ''", "title: is missing"},
		{"control/backup.yaml", "key: backup", "key: backups", "key: is \"backups\", but the file is named backup"},
		{"control/backup.yaml", "automation: high", "automation: some", "automation: \"some\" is none of high"},
		{"control/backup.yaml", "iaas: customer", "iaas: everybody", "operates.iaas"},
		{"control/backup.yaml", "saas: shared", "saas: shared, faas: shared", "names a service model other than"},
		{"control/backup.yaml", "objective:", "objectives:", "field objectives not found"},
		{"control/backup.yaml", "key: backup", "key: [", "it is no YAML"},
		{"control/backup.yaml", "id: '8.13'", "id: '8.99'", "does not have \"8.99\""},
		{"control/backup.yaml", "relation: source", "relation: cousin", "clauses[0].relation"},
		{"control/backup.yaml", "relation: part of the substance", "relation: 'clause exists, cloud guidance dropped'", "but the cloud guidance of 5.30 speaks to both"},
		{"control/backup.yaml", "title: ICT readiness for business continuity", "title: Readiness", "says \"ICT readiness for business continuity\""},
		{"control/backup.yaml", "id: 12.3.1-C2", "id: 12.3.1-C1", "\"12.3.1-C1\" stands twice"},
		{"control/backup.yaml", "id: 12.3.1-C2", "id: 12.3.1-C7", "should be 12.3.1-C2"},
		{"control/backup.yaml", "id: 12.3.1-C2", "id: second", "is no id such as"},
		{"control/backup.yaml", "id: 12.3.1-C2", "id: 12.3.2-C1", "has no clause 12.3.2"},
		{"control/backup.yaml", "id: 12.3.1-C2\n    party: customer", "id: 12.3.1-C2\n    party: provider", "is of the customer by its letter"},
		{"control/backup.yaml", "basis: guidance of the standard, restated", "basis: hearsay", "basis: \"hearsay\" is none of"},
		{"control/backup.yaml", "editions: ['2015', '2026']", "editions: ['2026', '2015']", "must name each edition once, in order"},
		{"control/backup.yaml", "editions: ['2015', '2026']", "editions: ['2015']", "no duty of 2026 replaces it"},
		{"control/backup.yaml", "editions: ['2015', '2026']", "editions: ['2015', '2027']", "no place in the edition \"2027\""},
		{"control/shared-roles.yaml", "replaces: [CLD.6.3.1-C1]", "replaces: [CLD.6.3.1-C9]", "has no duty \"CLD.6.3.1-C9\""},
		{"control/shared-roles.yaml", "replaces: [CLD.6.3.1-C1]", "replaces: [CLD.6.3.1-P1]", "is a duty of the other party"},
		{"control/shared-roles.yaml", "replaces: [CLD.6.3.1-C1]", "replaces: [CLD.6.3.1-C3]", "stand in the same edition"},
		{"control/shared-roles.yaml", "basis_2026: good practice", "basis_2026: guidance of the standard, restated", "says nothing"},
		{"framework/iso27017-2026.csv", "8.13,Information backup,8,no,both,12.3.1", "8.13,Information backup,8,no,both,", "the controls say [12.3.1]"},
		{"framework/iso27017-2026.csv", "8.13,Information backup,8,no,both", "8.13,Information backup,8,no,all", "\"all\" is none of both"},
		{"framework/iso27017-2026.csv", "5.12,Classification of information,5,no,none", "5.12,Classification of information,5,no,both", "no control stands there"},
		{"framework/iso27017-2026.csv", "5.12,Classification of information,5,no", "5.12,Classification of information,5", "6 fields instead of 7"},
		{"framework/iso27017-2026.csv", "id,title", "number,title", "the first row must be"},
		{"framework/iso27001-2022-clauses.yaml", "required: implied", "required: perhaps", "\"perhaps\" is none of yes, implied"},
		{"framework/iso27001-2022-clauses.yaml", "id: '4.1'", "id: '3.1'", "outside clauses 4 to 10"},
		{"framework/framework.yaml", "id: soc2-2017", "id: soc3", "has no framework \"soc2-2017\""},
		{"framework/miscited.yaml", "control: shared-roles", "control: nothing", "there is no control \"nothing\""},
		{"mapping/iso27001-2022.csv", "cloud-policy,A.5.1,", "cloud-policy,A.5.99,", "the framework has no \"A.5.99\""},
		{"mapping/iso27001-2022.csv", "cloud-policy,A.5.1,", "cloud-policies,A.5.1,", "there is no control \"cloud-policies\""},
		{"mapping/iso27001-2022.csv", "cloud-policy,A.5.1,equivalent", "cloud-policy,A.5.1,same", "\"same\" is none of equivalent"},
		{"mapping/iso27001-2022.csv", "cloud-policy,A.5.1,equivalent,ISO/IEC 27002:2022 Annex B correspondence,", "cloud-policy,A.5.1,equivalent,,", "source: is missing"},
		{"mapping/gdpr.csv", "cloud-policy,Art. 24,supports", "cloud-policy,Art. 32,supports", "stands twice"},
		{"mapping/gdpr.csv", "cloud-policy", "\"cloud-policy", "it is no CSV"},
		{"mapping/iso27001-2013-to-iso27001-2022.csv", "A.5.1.1,A.5.1,merged", "A.5.1.1,A.5.1,one-to-one", "the rows together say merged"},
		{"mapping/iso27001-2013-to-iso27001-2022.csv", "A.5.1.1,A.5.1,merged", "A.5.1.9,A.5.1,merged", "has no \"A.5.1.9\""},
		{"threat/threat.csv", "CT-10,", "CT-9,", "is no id such as CT-10"},
		{"threat/threat.csv", "csa-2026:1 ", "csa-2026:99 ", "has no \"csa-2026:99\""},
		{"threat/threat.csv", "partner-agreement", "partner", "there is no control \"partner\""},
		{"threat/threat.csv", ",4,5,iaas", ",4,9,iaas", "\"9\" is no number from 1 to 5"},
	} {
		spoiled := maps.Clone(own)
		text := string(own[row.file].Data)
		if !strings.Contains(text, row.old) {
			t.Errorf("%s does not hold %q: the test says nothing", row.file, row.old)
			continue
		}
		spoiled[row.file] = &fstest.MapFile{Data: []byte(strings.Replace(text, row.old, row.new, 1))}
		faults := LintFiles(spoiled)
		if !slices.ContainsFunc(faults, func(f Fault) bool { return strings.Contains(f.Error(), row.says) }) {
			t.Errorf("%s with %q: no fault says %q; they are %v", row.file, row.new, row.says, faults)
		}
	}
}

func TestLint_NamesFileAndLine(t *testing.T) {
	own := ownFiles(t)
	text := string(own["control/backup.yaml"].Data)
	at := strings.Count(text[:strings.Index(text, "party: provider")], "\n") + 1
	own["control/backup.yaml"] = &fstest.MapFile{Data: []byte(strings.Replace(text, "party: provider", "party: nobody", 1))}
	own["mapping/soc2-2017.csv"] = &fstest.MapFile{Data: []byte(strings.Replace(string(own["mapping/soc2-2017.csv"].Data), "\nroles,", "\nrole,", 1))}
	var got []string
	for _, f := range LintFiles(own) {
		got = append(got, f.Error())
	}
	for _, want := range []Fault{
		{"control/backup.yaml", at, "duties[4].party", `"nobody" is none of customer, provider`},
		{"mapping/soc2-2017.csv", 4, "control", `there is no control "role"`},
	} {
		if !slices.Contains(got, want.Error()) {
			t.Errorf("no fault %q among %q", want.Error(), got)
		}
	}
}

func TestLint_MissesNoFile(t *testing.T) {
	own := ownFiles(t)
	for name := range own {
		if strings.HasPrefix(name, "control/") && name != "control/backup.yaml" {
			continue // one stands for all
		}
		without := maps.Clone(own)
		delete(without, name)
		if len(LintFiles(without)) == 0 && !strings.HasPrefix(name, "mapping/") && name != "framework/gdpr.csv" {
			t.Errorf("nothing is amiss without %s", name)
		}
	}
	for _, name := range []string{"control/notes.txt", "mapping/old.csv.bak", "threat/more.csv", "framework/unknown.csv", "framework/readme.md"} {
		with := maps.Clone(own)
		with[name] = &fstest.MapFile{Data: []byte("id\n")}
		if !slices.ContainsFunc(LintFiles(with), func(f Fault) bool { return f.File == name }) {
			t.Errorf("%s is read by nothing, and no fault says so", name)
		}
	}
	if faults := LintFiles(fstest.MapFS{}); len(faults) < 8 {
		t.Errorf("an empty folder has only %d faults", len(faults))
	}
}

func FuzzLint(f *testing.F) {
	own := ownFiles(f)
	for _, name := range []string{"control/shared-roles.yaml", "mapping/iso27001-2013-to-iso27001-2022.csv", "framework/catalogue.yaml", "threat/threat.csv"} {
		f.Add(name, own[name].Data)
	}
	f.Add("control/backup.yaml", []byte("key: &a [*a]"))
	f.Add("control/backup.yaml", []byte("duties: [{id: x, replaces: [y]}]\nclauses: [{edition: '1'}]"))
	f.Add("mapping/gdpr.csv", []byte("control,to,relation,source,note\n,,,,\n\"\n"))
	f.Fuzz(func(t *testing.T, name string, data []byte) {
		if own[name] == nil {
			return
		}
		spoiled := maps.Clone(own)
		spoiled[name] = &fstest.MapFile{Data: data}
		for _, fault := range LintFiles(spoiled) {
			if fault.File == "" || fault.Says == "" {
				t.Errorf("a fault without file or sentence: %+v", fault)
			}
		}
	})
}
