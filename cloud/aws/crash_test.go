// SPDX-License-Identifier: Apache-2.0

package aws

func collectChild(string) int { return 1 }
