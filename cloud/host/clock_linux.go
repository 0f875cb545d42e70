// SPDX-License-Identifier: Apache-2.0

package host

import "syscall"

// kernelClock asks the kernel whether it holds its clock for synchronised, and
// changes nothing: a call with no mode set is for everyone.
func kernelClock() (synchronised bool, err error) {
	const unsynchronised, failed = 0x40, 5 // STA_UNSYNC, TIME_ERROR
	var t syscall.Timex
	state, err := syscall.Adjtimex(&t)
	return err == nil && t.Status&unsynchronised == 0 && state != failed, err
}
