// SPDX-License-Identifier: Apache-2.0

//go:build unix

package host

import (
	"io/fs"
	"syscall"
)

// owner gives the user and group of a file, -1 where they are not known.
func owner(s fs.FileInfo) (uid, gid int) {
	if sys, ok := s.Sys().(*syscall.Stat_t); ok {
		return int(sys.Uid), int(sys.Gid)
	}
	return -1, -1
}
