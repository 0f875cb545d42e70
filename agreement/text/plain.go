// SPDX-License-Identifier: Apache-2.0

package text

import "strings"

// plain reads a text file.
func plain(b *builder, data []byte) error {
	all := clean(data)
	var lines []line
	for _, words := range strings.Split(all, "\n") {
		from := b.at()
		b.write(words)
		lines = append(lines, line{from: from, to: b.at()})
		b.write("\n")
	}
	if err := b.full(); err != nil {
		return err
	}
	reflow(b, lines)
	return nil
}

// clean gives text as valid UTF-8 with plain line ends, without a byte order mark.
func clean(data []byte) string {
	s := strings.ToValidUTF8(string(data), "\uFFFD")
	s = strings.TrimPrefix(s, "\uFEFF")
	return strings.ReplaceAll(strings.ReplaceAll(s, "\r\n", "\n"), "\r", "\n")
}
