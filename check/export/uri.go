// SPDX-License-Identifier: Apache-2.0

package export

import (
	"net/url"
	"strings"
)

// fileURI gives a path as the relative or absolute URI that SARIF wants.
func fileURI(path string) string {
	path = strings.ReplaceAll(path, `\`, "/")
	if len(path) > 2 && path[1] == ':' && path[2] == '/' {
		path = "/" + path // a drive of Windows
	}
	u := url.URL{Path: path}
	if strings.HasPrefix(path, "/") {
		u.Scheme = "file"
	}
	return u.String()
}
