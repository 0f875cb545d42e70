// SPDX-License-Identifier: Apache-2.0

// Package rule holds the checks that ship with the program.
package rule

import (
	"embed"

	"demarc.dev/demarc/check"
)

//go:embed *.yaml
var files embed.FS

// Load gives every shipped check, in order of their ids.
func Load() ([]check.Check, error) { return check.ParseFolder(files) }
