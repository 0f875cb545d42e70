// SPDX-License-Identifier: Apache-2.0

package terraform

import (
	"encoding/base64"
	"encoding/json"
	"regexp"
	"slices"
	"strings"

	"demarc.dev/demarc/cloud"
)

// removed stands where a secret was or may have been.
const removed = "(removed)"

// secretName is the name of a setting that holds a secret.
var secretName = regexp.MustCompile(`(?i)(passw(or)?d|passwd|pwd|secret|token|api_?key|access_?key|private_?key|credential)`)

// harmlessNames are settings of AWS with such a name that hold none.
var harmlessNames = regexp.MustCompile(`^(http_tokens|http_put_response_hop_limit|manage_master_user_password|.*_(arn|id|name|path|file|url|ttl|region|endpoint|status|policy|age|length|history|window_in_days)|allow_users_to_change_password|hard_expiry|require_.*|password_reuse_prevention|max_password_age|minimum_password_length|secret_id|creation_token|iam_database_authentication_enabled)$`)

// policyNames are arguments that hold policy documents.
var policyNames = regexp.MustCompile(`^(.*policy|content|policies)$`)

// shapes are secrets that are known by their look.
var shapes = regexp.MustCompile(`(?s)-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*PRIVATE KEY-----|$)` +
	`|\bgh[pousr]_[A-Za-z0-9]{30,}\b|\bxox[abpr]-[A-Za-z0-9-]{10,}|\b(?:AKIA|ASIA)[A-Z0-9]{16}\b` +
	`|\beyJ[A-Za-z0-9_-]{10,}\.eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}`)

// assigned finds a word for a secret with a literal value behind it.
var assigned = regexp.MustCompile(`(?i)([a-z0-9_.-]*(?:passw(?:or)?d|passwd|pwd|secret|token|api[_-]?key|access[_-]?key|private[_-]?key|credential)[a-z0-9_.-]*["']?\s*[:=]\s*["']?)([^\s"'&;,<>]{6,})`)

// reference is a value that points to a secret instead of holding it.
var reference = regexp.MustCompile(`(?i)^(arn:|ssm:|secretsmanager:|vault:|/|\$|\{\{|https?://|true$|false$|\d{1,5}$|$)`)

// holdsSecret tells whether a setting holds a secret in the clear.
func holdsSecret(name, value string) bool {
	if shapes.MatchString(value) {
		return true
	}
	upper := strings.ToUpper(name)
	for _, end := range []string{"_ARN", "_NAME", "_ID", "_PATH", "_FILE", "_URL", "_TTL", "_REGION", "_ENDPOINT"} {
		if strings.HasSuffix(upper, end) && !strings.HasSuffix(upper, "ACCESS_KEY_ID") {
			return false
		}
	}
	return secretName.MatchString(name) && len(value) >= 6 && !reference.MatchString(value)
}

// scriptHoldsSecret tells whether a start-up script does.
func scriptHoldsSecret(script string) bool {
	if shapes.MatchString(script) {
		return true
	}
	for _, m := range assigned.FindAllStringSubmatch(script, -1) {
		if !reference.MatchString(m[2]) && !strings.HasPrefix(m[2], "`") {
			return true
		}
	}
	return false
}

// digest is how older versions of the provider keep a start-up script.
var digest = regexp.MustCompile(`^[0-9a-f]{40}$`)

// scriptSecret answers for a machine's start-up script.
func (d *doc) scriptSecret(plain, encoded string) fact {
	for _, path := range []string{plain, encoded} {
		if d.unknownAt(path) && !d.unset(path) {
			return afterApply(path)
		}
		text, _ := d.at(path).(string)
		if text == "" {
			continue
		}
		if digest.MatchString(text) {
			return notInSource("the plan holds the digest of the start-up script only")
		}
		if path == encoded {
			script, err := base64.StdEncoding.DecodeString(text)
			if err != nil {
				return unreadable(path)
			}
			text = string(script)
		}
		return known(scriptHoldsSecret(text))
	}
	return known(false)
}

// raw gives the item's document as evidence, without secrets.
func (d *doc) raw() json.RawMessage {
	if d.it.sensitive == nil && !suspicious(d.it.values) {
		return d.it.values
	}
	text, err := json.Marshal(scrub(d.decoder.decode(d.it.values), d.sensitive, "", false))
	if err != nil {
		return nil // of plain values: does not happen
	}
	return text
}

// scrub gives v without what the mask hides and what looks like a secret; it
// does not change v. Below a map of settings every value is hidden.
func scrub(v, mask any, name string, settings bool) any {
	if mask == true && v != nil {
		return removed
	}
	switch v := v.(type) {
	case map[string]any:
		out := make(map[string]any, len(v))
		masks, _ := mask.(map[string]any)
		for k, e := range v {
			out[k] = scrub(e, masks[k], k, name == "variables" || name == "environment_variables")
		}
		return out
	case []any:
		out := make([]any, len(v))
		masks, _ := mask.([]any)
		for i, e := range v {
			var m any
			if i < len(masks) {
				m = masks[i]
			}
			out[i] = scrub(e, m, name, settings)
		}
		return out
	case string:
		lower := strings.ToLower(name)
		if v == "" {
			return v
		}
		if settings || strings.HasPrefix(lower, "user_data") || secretName.MatchString(lower) && !harmlessNames.MatchString(lower) {
			return removed
		}
		v = shapes.ReplaceAllString(v, removed)
		if strings.HasPrefix(v, "arn:") || policyNames.MatchString(lower) {
			return v // "secretsmanager:GetSecretValue" gives away nothing
		}
		return assigned.ReplaceAllString(v, "${1}"+removed)
	}
	return v
}

// conceal takes out of the resource what Terraform marks as sensitive and what
// may have come into a fact, a name, a tag or a link. Of a sensitive value only
// yes or no may leave.
func (b *builder) conceal() {
	hidden := map[string]bool{}
	collectHidden(b.values, b.sensitive, hidden)
	if len(hidden) == 0 {
		return
	}
	for name, v := range b.r.Attributes {
		if mentions(v, hidden) {
			delete(b.r.Attributes, name)
			b.put(name, notInSource("the value is sensitive"))
		}
	}
	for k, v := range b.r.Tags {
		if hidden[v] {
			delete(b.r.Tags, k)
		}
	}
	b.r.Links = slices.DeleteFunc(b.r.Links, func(l cloud.Link) bool { return hidden[l.Target] })
	if hidden[b.r.Name] {
		b.r.Name = b.it.address
	}
	if hidden[b.r.Tenant] {
		b.r.Tenant = ""
	}
}

// collectHidden gathers the texts that a mask hides.
func collectHidden(v, mask any, into map[string]bool) {
	switch v := v.(type) {
	case string:
		if mask == true && len(v) > 3 { // shorter ones are words such as "on"
			into[v] = true
		}
	case map[string]any:
		masks, _ := mask.(map[string]any)
		for k, e := range v {
			m := masks[k]
			if mask == true {
				m = true
			}
			collectHidden(e, m, into)
		}
	case []any:
		masks, _ := mask.([]any)
		for i, e := range v {
			m := any(mask == true)
			if i < len(masks) {
				m = masks[i]
			}
			collectHidden(e, m, into)
		}
	}
}

func mentions(v any, hidden map[string]bool) bool {
	switch v := v.(type) {
	case string:
		return hidden[v]
	case []any:
		return slices.ContainsFunc(v, func(e any) bool { return mentions(e, hidden) })
	case map[string]any:
		for name, e := range v {
			if name != "direction" && name != "protocol" && mentions(e, hidden) {
				return true
			}
		}
	}
	return false
}
