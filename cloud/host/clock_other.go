// SPDX-License-Identifier: Apache-2.0

//go:build !linux

package host

// kernelClock cannot be asked here.
func kernelClock() (bool, error) { return false, errAsleep }
