// SPDX-License-Identifier: Apache-2.0

// Package app is the hall of the house: every use case, in order, with its
// caller. It takes a snapshot in, puts the checks to it, concludes, plans,
// writes papers and hands out evidence, and after each step it writes down in
// the organisation's log what was seen, concluded, decided or said.
//
// It owns the records of an organisation:
//
//	snapshot/s1       what was seen: header, gaps, and the blob with the resources
//	import/f1         what another tool saw: its report, and the results in it
//	scope/current     the organisation and its cloud services
//	matrix/aws.2026   who answers for which duty of a service, by one edition
//	statement/aws     what a provider says about who does what
//	attestation/current  what people answer for what no API can tell
//	exception/current    failures that are accepted for a time
//	member/a-…        what an account may do here
//	collector/prod    a cloud account that is read again and again
//	schedule/daily    when a collector runs, and what it saw is assessed
//	request/q1        what an auditor asks for, and what he was given
//	run/r1            one assessment: its inputs, findings and conclusion
//
// and the kinds of entries that stand in the log, beside those of the store
// itself. One that tells of a record holds its new state; one that tells of a
// file holds the file:
//
//	snapshot.taken        the record of a snapshot
//	snapshot.blob         its file, zstd of JSON lines
//	import.taken          the record of a report of another tool
//	import.file           the report, zstd
//	import.results        its results, zstd of JSON lines
//	scope.changed         the scope, also when it was proposed by an assessment
//	matrix.changed        a matrix: edited, signed, sent or acknowledged
//	statement.filed       what a provider says, as it was understood
//	statement.file        the file that it was read from
//	attestation.recorded  all attestations
//	attestation.evidence  a file that one of them rests on
//	exception.changed     all exceptions
//	assessment.made       the record of a run
//	findings.made         its findings, zstd of JSON lines
//	checks.used           the checks as they stood, zstd of JSON
//	assessment.concluded  the conclusion, JSON
//	report.issued         which paper was written of which run, and its SHA-256
//	pack.made             which entries a pack was asked to hold
//
// What people do in the server is written down likewise: member.set and
// member.removed, request.asked, request.answered, request.open, request.closed,
// request.withdrawn and request.pack, collector.set and collector.removed,
// schedule.set and schedule.removed, import.removed, subscription.set and subscription.removed, job.cancelled. Accounts, sessions, tokens
// and links belong to no organisation: they are records of the organisation
// installation, which has a log like the others and is never listed.
//
// A caller names an organisation and a person, and reaches nothing of another
// organisation. The package knows no flag, no network and no cloud SDK; what
// it is given comes as readers and values.
package app
