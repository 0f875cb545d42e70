// SPDX-License-Identifier: Apache-2.0

package cloud

import (
	"encoding/json"
	"time"
)

// Kind is a provider-neutral concept, such as "object-store" or "machine". The
// kinds and their attributes are listed in Kinds.
type Kind string

// Resource is one thing that was seen in a cloud account, plan or host.
type Resource struct {
	ID       string `json:"id"`       // the provider's own identifier: an ARN, a Terraform address
	Kind     Kind   `json:"kind"`     // our concept
	Native   string `json:"native"`   // the provider's type, such as "s3.bucket", "aws_s3_bucket"
	Provider string `json:"provider"` // "aws", "azure", "gcp", …
	Source   string `json:"source"`   // "live", "plan", "state", "host", "image"
	Account  string `json:"account,omitempty"`
	Region   string `json:"region,omitempty"` // "global" where the provider has no region for it
	Name     string `json:"name,omitempty"`
	Tenant   string `json:"tenant,omitempty"` // from the tag "tenant", or the account's tenant

	Tags map[string]string `json:"tags,omitempty"`
	// Attributes hold the facts that checks ask, by the names and types that
	// Kinds declares for the kind: string, bool, int64, float64, time.Time (as
	// RFC 3339 string in files), []any, map[string]any. An attribute of the kind
	// is either here or in Gaps, never in neither: an unread fact is no fact.
	Attributes map[string]any `json:"attributes"`
	// Gaps say why an attribute is not known.
	Gaps  map[string]Gap `json:"gaps,omitempty"`
	Links []Link         `json:"links,omitempty"`
	// Raw is the provider's own document, kept as evidence; secrets are removed
	// by the collector before they reach it.
	Raw  json.RawMessage `json:"raw,omitempty"`
	Seen Seen            `json:"seen"`
}

// Link is a typed edge to another resource, which may lie outside the snapshot.
type Link struct {
	Relation string `json:"relation"` // "encrypts-with", "logs-to", "member-of", "in-network", "protects", "attached-to", "trusts", …
	Target   string `json:"target"`   // Resource.ID
}

// Seen says which call told of the resource, and when.
type Seen struct {
	At      time.Time `json:"at"`
	Call    string    `json:"call"`              // "s3:GetBucketEncryption"
	Request string    `json:"request,omitempty"` // the provider's request id
}

// Reason says why something could not be read.
type Reason string

// The reasons. They are different facts and are never merged.
const (
	Denied       Reason = "denied"        // the credentials may not ask
	Throttled    Reason = "throttled"     // refused for its rate after all attempts
	NotEnabled   Reason = "not-enabled"   // the service or region is not switched on
	Unsupported  Reason = "unsupported"   // the endpoint does not know the call
	Timeout      Reason = "timeout"       // no answer in time
	Unavailable  Reason = "unavailable"   // the provider or the network failed
	AfterApply   Reason = "after-apply"   // a plan does not know the value yet
	NotInSource  Reason = "not-in-source" // this kind of source never tells it: a plan has no key age
	Unreadable   Reason = "unreadable"    // an answer came and could not be understood
	NotCollected Reason = "not-collected" // it was outside what was asked for, or a limit was reached
)

// Gap says that something was not read, and why.
type Gap struct {
	Reason Reason `json:"reason"`
	Call   string `json:"call,omitempty"`   // "s3:GetBucketPolicy"
	Detail string `json:"detail,omitempty"` // the provider's code and words, without secrets
}

// ScopeGap is a gap of more than one attribute: a service, region or account
// that could not be read.
type ScopeGap struct {
	Provider string `json:"provider"`
	Account  string `json:"account,omitempty"`
	Region   string `json:"region,omitempty"`
	Service  string `json:"service,omitempty"` // "cloudtrail"
	Kinds    []Kind `json:"kinds"`             // the kinds that are therefore incomplete
	Gap
}

// Header opens a snapshot.
type Header struct {
	Format    int       `json:"format"` // Format; a newer one is refused
	Tool      string    `json:"tool"`   // "demarc 0.1.0"
	Provider  string    `json:"provider"`
	Source    string    `json:"source"`   // "live", "plan", "state", "host", "image"
	Accounts  []Account `json:"accounts"` // what was asked for
	Regions   []string  `json:"regions"`
	Services  []string  `json:"services"`
	Started   time.Time `json:"started"`
	Ended     time.Time `json:"ended"`
	Calls     int64     `json:"calls"`               // answers received
	Repeated  int64     `json:"repeated"`            // calls that had to be repeated
	Lost      int64     `json:"lost"`                // calls that got no answer after all attempts; each is a gap
	Synthetic string    `json:"synthetic,omitempty"` // not empty when the source was no real account: "moto 5.2.1"
}

// Account is one account, subscription or project that was asked for.
type Account struct {
	ID     string            `json:"id"`
	Name   string            `json:"name,omitempty"`
	Tenant string            `json:"tenant,omitempty"`
	Tags   map[string]string `json:"tags,omitempty"`
}
