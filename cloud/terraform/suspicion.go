// SPDX-License-Identifier: Apache-2.0

package terraform

// marks are words, in small letters, near which a secret may stand; by their
// first letter. A document without one of them is kept as it is.
var marks = func() (table [256][]string) {
	for _, m := range []string{"passw", "pwd", "private_key", "privatekey", "secret", "token", "akia", "asia", "api_key", "apikey", "api-key", "access_key",
		"accesskey", "access-key", "credential", "-----begin", "ghp_", "gho_", "ghu_", "ghs_", "ghr_", "xoxa-", "xoxb-", "xoxp-", "xoxr-", "xoxs-", "eyj",
		"user_data\":", "user_data_base64\":", "variables\":"} {
		table[m[0]] = append(table[m[0]], m)
		if up := m[0] - 'a' + 'A'; m[0] >= 'a' {
			table[up] = append(table[up], m)
		}
	}
	return table
}()

// suspicious tells whether a mark stands in a JSON document, other than in the
// name of a member that is null, a number or a truth value. It reads the
// document once: most documents of a large plan have no mark.
func suspicious(doc []byte) bool {
	for i := 0; i < len(doc); i++ {
		for _, m := range marks[doc[i]] {
			if hasFold(doc[i:], m) && !harmlessMember(doc, i, i+len(m)) {
				return true
			}
		}
	}
	return false
}

// hasFold tells whether b begins with the word, which is in small letters.
func hasFold(b []byte, word string) bool {
	if len(b) < len(word) {
		return false
	}
	for i := range len(word) {
		c := b[i]
		if c >= 'A' && c <= 'Z' {
			c += 'a' - 'A'
		}
		if c != word[i] {
			return false
		}
	}
	return true
}

// harmlessMember tells whether the word at doc[start:end] is within the name of
// a member without a text, or of http_tokens, which holds none.
func harmlessMember(doc []byte, start, end int) bool {
	if start >= 5 && string(doc[start-5:start]) == "http_" {
		return true
	}
	if doc[end-1] != ':' {
		for end < len(doc) && (doc[end] == '_' || doc[end] >= '0' && doc[end] <= '9' || doc[end] >= 'a' && doc[end] <= 'z') {
			end++
		}
		if end+2 > len(doc) || doc[end] != '"' || doc[end+1] != ':' {
			return false
		}
		end += 2
	}
	for end < len(doc) && doc[end] == ' ' {
		end++
	}
	if end >= len(doc) {
		return false
	}
	c := doc[end]
	return c == 'n' || c == 't' || c == 'f' || c >= '0' && c <= '9'
}
