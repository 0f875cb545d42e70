// SPDX-License-Identifier: Apache-2.0

package export

import (
	"demarc.dev/demarc/check"
)

// The numbers of OCSF 1.5 for a Compliance Finding.
const (
	ocsfVersion    = "1.5.0"
	ocsfCategory   = 2    // Findings
	ocsfClass      = 2003 // Compliance Finding
	ocsfCreate     = 1    // activity: a finding was created
	ocsfNew        = 1    // status of the event: nobody has looked at it yet
	ocsfSuppressed = 3    // status of the event: an exception is in force
)

// ocsfEvent is an event of class 2003. Fields and ids are those of the schema.
type ocsfEvent struct {
	ActivityID   int            `json:"activity_id"`
	ActivityName string         `json:"activity_name"`
	CategoryName string         `json:"category_name"`
	CategoryUID  int            `json:"category_uid"`
	ClassName    string         `json:"class_name"`
	ClassUID     int            `json:"class_uid"`
	TypeName     string         `json:"type_name"`
	TypeUID      int            `json:"type_uid"` // class × 100 + activity
	Time         int64          `json:"time"`     // milliseconds
	Message      string         `json:"message"`
	Severity     string         `json:"severity"`
	SeverityID   int            `json:"severity_id"`
	Status       string         `json:"status"` // of the finding's life, not of the check
	StatusID     int            `json:"status_id"`
	Metadata     ocsfMetadata   `json:"metadata"`
	Cloud        ocsfCloud      `json:"cloud"`
	Finding      ocsfFinding    `json:"finding_info"`
	Compliance   ocsfCompliance `json:"compliance"`
	Remediation  *ocsfRemedy    `json:"remediation,omitempty"`
	Resources    []ocsfResource `json:"resources"`
	Unmapped     ocsfUnmapped   `json:"unmapped"`
}

type ocsfMetadata struct {
	Product  ocsfProduct `json:"product"`
	Profiles []string    `json:"profiles"`
	Version  string      `json:"version"` // of the schema
}

type ocsfProduct struct {
	Name    string `json:"name"`
	Vendor  string `json:"vendor_name"`
	Version string `json:"version,omitempty"`
}

type ocsfCloud struct {
	Account  *ocsfAccount `json:"account,omitempty"`
	Provider string       `json:"provider"`
	Region   string       `json:"region,omitempty"`
}

type ocsfAccount struct {
	UID string `json:"uid"`
}

type ocsfFinding struct {
	CreatedTime  int64    `json:"created_time"`
	LastSeenTime int64    `json:"last_seen_time,omitempty"`
	Desc         string   `json:"desc,omitempty"`
	Title        string   `json:"title"`
	Types        []string `json:"types"`
	UID          string   `json:"uid"`
}

type ocsfCompliance struct {
	Checks        []ocsfCheck `json:"checks"`
	Control       string      `json:"control"`
	Requirements  []string    `json:"requirements,omitempty"` // ids of duties in Demarc's catalogue
	Standards     []string    `json:"standards"`
	Status        string      `json:"status"`
	StatusID      int         `json:"status_id"`
	StatusDetails []string    `json:"status_details"`
}

type ocsfCheck struct {
	Name       string   `json:"name"`
	Severity   string   `json:"severity,omitempty"`
	SeverityID int      `json:"severity_id"`
	Standards  []string `json:"standards"`
	Status     string   `json:"status"`
	StatusID   int      `json:"status_id"`
	UID        string   `json:"uid"`
}

type ocsfRemedy struct {
	Desc       string   `json:"desc"`
	References []string `json:"references,omitempty"`
}

type ocsfResource struct {
	Name   string `json:"name,omitempty"`
	Region string `json:"region,omitempty"`
	Type   string `json:"type"`
	UID    string `json:"uid"`
}

// ocsfUnmapped is what the schema has no place for.
type ocsfUnmapped struct {
	Outcome   check.Outcome `json:"outcome"`
	Kind      string        `json:"kind"`
	Source    string        `json:"source"`
	Tenant    string        `json:"tenant,omitempty"`
	Exposed   bool          `json:"exposed"`
	Fields    []string      `json:"fields,omitempty"`
	Exception string        `json:"exception,omitempty"`
	Raw       string        `json:"raw_sha256,omitempty"`
	Call      string        `json:"seen_call,omitempty"`
	Request   string        `json:"seen_request,omitempty"`
}

// ocsfWriter writes one event a line.
type ocsfWriter struct{ *base }

// Write is part of Writer.
func (w *ocsfWriter) Write(f check.Finding) error {
	c, _, _ := w.check(f.Check)
	status, statusID := ocsfStatus(f.Outcome)
	severity, severityID := ocsfSeverity(f.Severity)
	standards := []string{"ISO/IEC 27017"}
	e := ocsfEvent{
		ActivityID: ocsfCreate, ActivityName: "Create", CategoryName: "Findings", CategoryUID: ocsfCategory, ClassName: "Compliance Finding", ClassUID: ocsfClass,
		TypeName: "Compliance Finding: Create", TypeUID: ocsfClass*100 + ocsfCreate, Time: w.Time.UnixMilli(), Message: f.Message,
		Severity: severity, SeverityID: severityID, Status: "New", StatusID: ocsfNew,
		Metadata: ocsfMetadata{Product: ocsfProduct{Name: "Demarc", Vendor: "Demarc", Version: w.Version}, Profiles: []string{"cloud"}, Version: ocsfVersion},
		Cloud:    ocsfCloud{Provider: f.Provider, Region: f.Region},
		Finding:  ocsfFinding{CreatedTime: w.Time.UnixMilli(), Desc: c.Why, Title: c.Title, Types: []string{"Configuration"}, UID: f.Fingerprint},
		Compliance: ocsfCompliance{
			Checks:  []ocsfCheck{{Name: c.Title, Severity: severity, SeverityID: severityID, Standards: standards, Status: status, StatusID: statusID, UID: f.Check}},
			Control: c.Title, Standards: standards, Status: status, StatusID: statusID, StatusDetails: []string{f.Message},
		},
		Resources: []ocsfResource{{Name: f.Name, Region: f.Region, Type: f.Native, UID: f.Resource}},
		Unmapped: ocsfUnmapped{Outcome: f.Outcome, Kind: string(f.Kind), Source: f.Source, Tenant: f.Tenant, Exposed: f.Exposed, Fields: f.Fields, Exception: f.Exception,
			Raw: f.Raw, Call: f.Seen.Call, Request: f.Seen.Request},
	}
	if f.Outcome == check.Pass || f.Outcome == check.NotApplicable {
		e.Severity, e.SeverityID = "Informational", 1
	}
	if f.Exception != "" {
		e.Status, e.StatusID = "Suppressed", ocsfSuppressed
		e.Compliance.StatusDetails = append(e.Compliance.StatusDetails, w.justification(f.Exception))
	}
	if f.Account != "" {
		e.Cloud.Account = &ocsfAccount{f.Account}
	}
	if !f.Seen.At.IsZero() {
		e.Finding.LastSeenTime = f.Seen.At.UnixMilli()
	}
	for _, p := range c.Proves {
		e.Compliance.Requirements = append(e.Compliance.Requirements, p.Duty)
	}
	if text := fix(c.Fix); text != "" {
		e.Remediation = &ocsfRemedy{text, c.References}
	}
	return w.line(e)
}

// Close is part of Writer.
func (w *ocsfWriter) Close() error { return w.out.Flush() }

// ocsfStatus gives the status of a check. The schema says of Warning: no result,
// for information is missing.
func ocsfStatus(o check.Outcome) (string, int) {
	switch o {
	case check.Pass:
		return "Pass", 1
	case check.Unknown:
		return "Warning", 2
	case check.Fail:
		return "Fail", 3
	case check.NotApplicable:
		return "Not applicable", 99
	case check.Error:
		return "Error", 99
	}
	return "Unknown", 0
}

func ocsfSeverity(s check.Severity) (string, int) {
	switch s {
	case check.Critical:
		return "Critical", 5
	case check.High:
		return "High", 4
	case check.Medium:
		return "Medium", 3
	case check.Low:
		return "Low", 2
	}
	return "Unknown", 0
}
