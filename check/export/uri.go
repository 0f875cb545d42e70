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

// placeURI gives a relative URI of the segments, each escaped, so that whatever
// a resource is called the path has as many segments as were given, none of
// them empty or a step, and no scheme. An empty one is written "-".
func placeURI(segments ...string) string {
	for i, s := range segments {
		s = strings.ReplaceAll(url.PathEscape(s), ":", "%3A")
		switch {
		case s == "":
			s = "-"
		case strings.Trim(s, ".") == "": // an escaped dot is still a step
			s = "_" + s
		}
		segments[i] = s
	}
	return strings.Join(segments, "/")
}
