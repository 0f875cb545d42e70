// SPDX-License-Identifier: Apache-2.0

package cloud

import "iter"

// Source gives the resources again each time it is called. A resource that it
// yields stays as it is: whoever walks it may keep the pointer.
type Source func() iter.Seq2[*Resource, error]
