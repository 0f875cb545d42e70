// SPDX-License-Identifier: Apache-2.0

package host

import (
	"os"
	"time"

	"demarc.dev/demarc/cloud"
)

// Options say which machine is read, and under which name.
type Options struct {
	Root    string            // a folder that holds a machine's files; empty: this machine
	SSH     *SSH              // another machine; nil: none
	Name    string            // empty: the name that the machine has itself
	Account string            // the account or project that it belongs to; empty: its name
	Region  string            // empty: none is known
	Tenant  string            // empty: the tag "tenant"
	Tags    map[string]string // what its owner says of it
	Flaws   *Advisories       // nil: known flaws are not looked for
	Now     time.Time         // of the collection
	Tool    string            // "demarc 0.1.0"
}

// machine is what is being read.
type machine struct {
	reader
	o       Options
	asleep  bool // an image, or a mounted disk: nothing of it runs
	here    bool // this very machine
	r       *cloud.Resource
	raw     document
	release release
	units   units
	people  []person
	others  []cloud.Resource
	gaps    []cloud.ScopeGap
}

// openFolder opens the machine below a folder.
func openFolder(dir string) (*folder, error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, err
	}
	return &folder{root}, nil
}
