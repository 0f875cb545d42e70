// SPDX-License-Identifier: Apache-2.0

package aws

import (
	"encoding/json"
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"
)

// removed stands where a secret may have been.
const removed = "(removed)"

// hidden names the members whose values never reach a snapshot, wherever they
// stand in a document of the provider.
var hidden = []string{"UserData", "Variables", "MasterUserPassword", "Password", "AuthToken", "SecretString", "SecretBinary", "KmsToken", "ClientSecret"}

// document gives what the provider answered as JSON: members in the order of
// their names, without those that were not given, without secrets.
func document(v any) json.RawMessage {
	plain := simplify(reflect.ValueOf(v), 0)
	if plain == nil {
		return nil
	}
	text, err := json.Marshal(plain)
	if err != nil {
		return nil // of plain values: does not happen
	}
	return text
}

// simplify turns a value of the SDK into plain ones, nil for what is not given.
func simplify(v reflect.Value, depth int) any {
	if !v.IsValid() || depth > 64 {
		return nil
	}
	switch v.Kind() {
	case reflect.Pointer, reflect.Interface:
		if v.IsNil() {
			return nil
		}
		return simplify(v.Elem(), depth+1)
	case reflect.Struct:
		return simplifyStruct(v, depth)
	case reflect.Map:
		out := map[string]any{}
		for it := v.MapRange(); it.Next(); {
			out[fmt.Sprint(it.Key().Interface())] = simplify(it.Value(), depth+1)
		}
		if len(out) == 0 {
			return nil
		}
		return out
	case reflect.Slice, reflect.Array:
		if v.Len() == 0 {
			return nil
		}
		if v.Type().Elem().Kind() == reflect.Uint8 {
			return removed // blobs are certificates at best
		}
		out := make([]any, v.Len())
		for i := range out {
			out[i] = simplify(v.Index(i), depth+1)
		}
		return out
	case reflect.String:
		if v.Len() == 0 {
			return nil
		}
		return scrub(v.String())
	case reflect.Func, reflect.Chan, reflect.UnsafePointer:
		return nil
	}
	return v.Interface()
}

func simplifyStruct(v reflect.Value, depth int) any {
	if t, ok := v.Interface().(time.Time); ok {
		if t.IsZero() {
			return nil
		}
		return t.UTC().Format(time.RFC3339Nano)
	}
	out := map[string]any{}
	for i := range v.NumField() {
		f := v.Type().Field(i)
		if !f.IsExported() || f.Name == "ResultMetadata" {
			continue
		}
		value := simplify(v.Field(i), depth+1)
		if value == nil {
			continue
		}
		if slices.Contains(hidden, f.Name) {
			value = hide(value)
		}
		out[f.Name] = value
	}
	if len(out) == 0 {
		return nil
	}
	return out
}

// hide keeps the names of a map and nothing else.
func hide(v any) any {
	m, ok := v.(map[string]any)
	if !ok {
		return removed
	}
	for name := range m {
		m[name] = removed
	}
	return m
}

// shapes of secrets that are known by their look.
var shapes = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`(?s)-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*PRIVATE KEY-----|$)` +
		`|\bgh[pousr]_[A-Za-z0-9]{30,}\b|\bxox[abpr]-[A-Za-z0-9-]{10,}` +
		`|\beyJ[A-Za-z0-9_-]{10,}\.eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}`)
})

// signs are in every text that shapes match: looking for them costs a hundredth.
var signs = []string{"-----BEGIN ", "gh", "xox", "eyJ"}

// assigned finds a word for a secret with a literal value behind it.
var assigned = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`(?i)([a-z0-9_.-]*(?:passw(?:or)?d|passwd|pwd|secret|token|api[_-]?key|access[_-]?key|private[_-]?key|credential)[a-z0-9_.-]*["']?\s*[:=]\s*["']?)([^\s"'&;,<>]{6,})`)
})

// scrub removes from a text of the provider what looks like a secret: free text
// such as descriptions is written by people.
func scrub(s string) string {
	if len(s) < 8 || !slices.ContainsFunc(signs, func(sign string) bool { return strings.Contains(s, sign) }) {
		return s
	}
	return shapes().ReplaceAllString(s, removed)
}

// secretName is the name of a setting that holds a secret.
var secretName = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`(?i)(passw(or)?d|passwd|pwd|secret|token|api_?key|access_?key|private_?key|credential)`)
})

// reference is a value that points to a secret instead of holding it.
var reference = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`(?i)^(arn:|ssm:|secretsmanager:|vault:|/|\$\{|\{\{|https?://|true$|false$|\d{1,5}$|$)`)
})

// accessKey is an access key of AWS in the clear.
var accessKey = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`\b(AKIA|ASIA)[A-Z0-9]{16}\b`)
})

// holdsSecret tells whether a setting, such as a variable of an environment,
// holds a secret in the clear. Names that end in what points to a secret, such
// as DB_PASSWORD_ARN, hold none.
func holdsSecret(name, value string) bool {
	if accessKey().MatchString(value) || shapes().MatchString(value) {
		return true
	}
	upper := strings.ToUpper(name)
	for _, end := range []string{"_ARN", "_NAME", "_ID", "_PATH", "_FILE", "_URL", "_TTL", "_REGION", "_ENDPOINT"} {
		if strings.HasSuffix(upper, end) && !strings.HasSuffix(upper, "ACCESS_KEY_ID") {
			return false
		}
	}
	return secretName().MatchString(name) && len(value) >= 6 && !reference().MatchString(value)
}

// scriptHoldsSecret tells whether a script does.
func scriptHoldsSecret(script string) bool {
	if accessKey().MatchString(script) || shapes().MatchString(script) {
		return true
	}
	for _, m := range assigned().FindAllStringSubmatch(script, -1) {
		if v := m[2]; !strings.HasPrefix(v, "$") && !strings.HasPrefix(v, "`") && !reference().MatchString(v) {
			return true
		}
	}
	return false
}
