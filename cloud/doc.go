// SPDX-License-Identifier: Apache-2.0

// Package cloud is what was seen in a cloud account, a plan or a machine: the
// Resource with its facts and its gaps, the kinds with their attributes (Kinds),
// and the snapshot that keeps them.
//
// # The snapshot
//
// A snapshot is a file of JSON lines, compressed with zstd. The first line is
// the header, then come the gaps of scope, then the resources in the order of
// (kind, id), each once, and last a line that counts them. A file without that
// last line is truncated and says so.
//
//	{"header":{"format":1,"tool":"demarc 0.1.0","provider":"aws","source":"live","accounts":[{"id":"111122223333"}], …}}
//	{"gap":{"provider":"aws","account":"111122223333","region":"eu-central-1","service":"cloudtrail","kinds":["log-trail"],"reason":"denied","call":"cloudtrail:DescribeTrails"}}
//	{"resource":{"id":"arn:aws:s3:::books","kind":"object-store","native":"s3.bucket","provider":"aws","source":"live", … ,"attributes":{"encrypted":true, …},"seen":{"at":"2026-09-01T08:00:00Z","call":"s3:ListBuckets"}}}
//	{"end":{"resources":1,"gaps":1}}
//
// The form is canonical, so that the same state gives the same bytes: members
// stand in the order of the Go struct, attributes, tags and gaps by name, links
// by (relation, target), times in UTC, no space between tokens. The reader
// refuses members that are out of order, twice, or unknown in the envelope.
//
// # What changes without a new format
//
// Kinds and attributes may be added within one format. So the reader keeps a
// kind or an attribute that it does not know, with its plain JSON value (a whole
// number as int64), and the writer writes it back as it was; nothing asks for
// it. And an attribute that its kind has and the file has not, neither as a fact
// nor as a gap, becomes a gap "not-collected": an older file never makes a fact.
// A change of meaning, of a type or of the envelope raises Format; a newer
// Format is refused.
//
// The package judges nothing, never opens a network connection or a file, and
// knows no provider.
package cloud
