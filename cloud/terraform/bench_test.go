// SPDX-License-Identifier: Apache-2.0

package terraform

import (
	"bytes"
	"os"
	"testing"
	"time"

	"demarc.dev/demarc/cloud"
	"demarc.dev/demarc/cloud/cloudtest"
)

// BenchmarkCollect reads a plan of 145 MB, as the figures of the project ask.
func BenchmarkCollect(b *testing.B) {
	var plan bytes.Buffer
	if _, err := cloudtest.WritePlan(&plan, 145_000_000, 1); err != nil {
		b.Fatal(err)
	}
	if path := os.Getenv("DEMARC_PLAN"); path != "" {
		if err := os.WriteFile(path, plan.Bytes(), 0o600); err != nil {
			b.Fatal(err)
		}
	}
	b.SetBytes(int64(plan.Len()))
	for b.Loop() {
		n := 0
		_, _, err := Collect(bytes.NewReader(plan.Bytes()), Options{Account: "109876543210", Now: time.Unix(0, 0)}, func(*cloud.Resource) error { n++; return nil })
		if err != nil {
			b.Fatal(err)
		}
		b.ReportMetric(float64(n), "resources")
	}
}
