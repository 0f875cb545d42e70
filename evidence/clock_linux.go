// SPDX-License-Identifier: Apache-2.0

package evidence

import (
	"encoding/hex"
	"os"
	"strings"
	"syscall"
	"unsafe"
)

func bootID() (id [16]byte) {
	b, err := os.ReadFile("/proc/sys/kernel/random/boot_id")
	if err != nil {
		return id
	}
	raw, err := hex.DecodeString(strings.ReplaceAll(strings.TrimSpace(string(b)), "-", ""))
	if err == nil && len(raw) == len(id) {
		copy(id[:], raw)
	}
	return id
}

// sinceBoot reads CLOCK_BOOTTIME, which neither a step of the wall clock nor
// a suspended machine disturbs.
func sinceBoot() int64 {
	const clockBoottime = 7
	var ts syscall.Timespec
	if _, _, errno := syscall.Syscall(syscall.SYS_CLOCK_GETTIME, clockBoottime, uintptr(unsafe.Pointer(&ts)), 0); errno != 0 {
		return 0
	}
	return ts.Nano() / 1000
}

// clockError gives the kernel's maximum error of the wall clock.
func clockError() int64 {
	const timeError, staUnsync = 5, 0x40
	var tx syscall.Timex
	state, err := syscall.Adjtimex(&tx)
	if err != nil || state == timeError || tx.Status&staUnsync != 0 {
		return -1
	}
	return int64(tx.Maxerror)
}
