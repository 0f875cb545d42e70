// SPDX-License-Identifier: Apache-2.0

// Package jsonscan reads JSON of any size from a stream, with memory for one
// token or one value only.
//
// Two rooms read gigabytes of JSON: cloud (snapshots) and cloud/terraform
// (plans). They know the shape of what they read and keep a small part of it,
// so a scanner that can step over the rest is worth its lines: it is several
// times as fast as the standard decoder's tokens.
//
//	s := jsonscan.New(r, 1<<20)
//	for s.Object(); s.Key(); {
//		switch string(s.Name()) {
//		case "format":
//			format = s.Int()
//		default:
//			s.Skip()
//		}
//	}
//	return s.End()
//
// The first error stays: after it every method gives a zero value and every
// loop ends, and Err tells it with the byte offset. What is accepted is JSON of
// RFC 8259 in UTF-8, nothing more; a string that is not valid UTF-8 is an error.
//
// The package never holds the whole input, and never nests deeper than MaxDepth.
package jsonscan
