// SPDX-License-Identifier: Apache-2.0

package aws

import (
	"encoding/json"
	"fmt"
)

// TrustPolicy gives the trust policy that an account puts on the role it lets
// be assumed: by principal, an ARN or an account's twelve digits, and only with
// the external id.
func TrustPolicy(principal, externalID string) ([]byte, error) {
	data, err := json.MarshalIndent(map[string]any{
		"Version": "2012-10-17",
		"Statement": []any{map[string]any{
			"Effect": "Allow", "Action": "sts:AssumeRole",
			"Principal": map[string]any{"AWS": principal},
			"Condition": map[string]any{"StringEquals": map[string]any{"sts:ExternalId": externalID}},
		}},
	}, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("writing a trust policy: %w", err)
	}
	return data, nil
}
