// SPDX-License-Identifier: Apache-2.0

// Package check asks one question of one resource and gives one answer.
//
// A check is a YAML file; docs/format.md describes it field by field:
//
//	id: object-store-public              # the file's name without .yaml
//	title: Object store is closed to the public
//	kinds: [object-store]
//	severity: critical
//	effort: minutes
//	proves:
//	  - {duty: 9.4.1-C1, extent: part, why: an open store needs no access right}
//	why: Whatever everyone may read is not protected by any access control.
//	test: "!r.public"                    # CEL; true is pass
//	message: r.name + " is open to everyone"
//	fix: {console: Turn on the public access block of the store.}
//	examples:
//	  - {name: closed, expect: pass, resource: {attributes: {public: false}}}
//	  - {name: open, expect: fail, resource: {attributes: {public: true}}}
//	  - name: not allowed to look
//	    expect: unknown
//	    resource: {gaps: {public: {reason: denied, call: "s3:GetBucketPolicy"}}}
//
// The expression language is CEL. r is the resource; its fields are the
// attributes that cloud.Kinds declares for the kind, and id, name, native,
// provider, account, region, tenant and tags. Functions lists what else an
// expression may say. A misspelt field, a wrong type or a costly expression is
// refused when checks are compiled.
//
// # Missing facts
//
// A fact that was not read is neither true nor false. An attribute in
// Resource.Gaps, or in neither Gaps nor Attributes, is unknown, and CEL's
// three-valued logic carries it on: false && unknown is false, true || unknown
// is true, everything else that depends on it is unknown. A list of joined
// resources that may be incomplete is open: what its known members decide
// (exists is true, all is false) is decided, the rest is unknown.
//
// # Examples
//
// Every check carries its own tests. An example's resource may be sparse: kind,
// provider, account, region and source have defaults (see RunExamples), and an
// attribute that it does not give is a gap with reason not-collected, exactly as
// in an estate. Examples are judged at ExampleTime.
//
// # Users' checks
//
// LoadFolder reads checks of the user's own. Their ids must differ from every
// built-in id: a fingerprint names a check for years, and one name with two
// meanings would make an old report untrue. To replace a built-in check, write
// one under another name and except the built-in one, with a reason.
//
// The package never reads a clock, a disk or a network, never lists frameworks,
// and never turns something that was not read into a pass or a fail.
package check
