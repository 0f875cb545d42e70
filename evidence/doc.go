// SPDX-License-Identifier: Apache-2.0

// Package evidence records what happened and proves that it was not changed:
// the entry, the receipt, the checkpoint, the pack and its verification.
//
// An organisation has one append-only log. An entry of it is a small header
// whose bytes are the leaf; the body that the header speaks of stays outside
// and is bound by two digests, so that a body can be withheld or lawfully
// erased and the log still verifies:
//
//	{"v":1,"id":"q0VRk0fh3m5tQ0M1bCk2pA","t":"2026-11-24T13:13:05.000412Z",
//	 "boot":"mG5vQp2wTHq6yKrbZ4c1Xw","mono":92811000412,"err":410,
//	 "kind":"snapshot.taken","actor":"p-7hq2mzk4x3wd5c6a","obj":"snapshot/2026-11-24",
//	 "class":"evidence","ct":"<SHA-256 of the stored bytes>","cm":"<commitment>"}
//
// (on one line, without spaces). The bytes are authoritative and are never
// written a second time from their meaning. The actor is a pseudonym; names,
// addresses and free text have no place in a header, and its types refuse
// them. ct = SHA-256(stored bytes) lets anyone check a stored body without a
// key; cm = HMAC-SHA-256(salt, body) cannot be guessed back to the body once
// the salt is destroyed.
//
// The Merkle tree is RFC 6962's, its tiles are those of c2sp.org/tlog-tiles
// (height 8), a checkpoint is c2sp.org/tlog-checkpoint signed with Ed25519 as
// a signed note whose key name is the origin, and a receipt is a
// c2sp.org/tlog-proof that carries the header in its extra line. The origin
// names the period, demarc.local/org/<organisation>/<period>, so that a log
// can be closed and continued.
//
// A pack is a ZIP file whose members are stored, not deflated, in the order
// of their names and without gaps, so that the same evidence gives the same
// bytes and no byte of the file is outside of what is verified:
//
//	README.txt             how to verify it, in three ways
//	bodies/<index>[.ext]   the stored bytes of a disclosed body
//	bodies/index.jsonl     a line an entry: ok, withheld or erased; the salt
//	entries/<first index>  headers, each after its length (2 bytes, big endian);
//	                       length 0 is an entry that was not disclosed
//	manifest.json          organisation, period, range, SHA-256 of every file
//	manifest.sig           the manifest's digest, signed by the log's key
//	org/checkpoint         the signed head of the log
//	org/checkpoint-start   an earlier head, if asked for
//	org/consistency        proof that the one grew out of the other
//	org/leafhashes.bin     32 bytes for each entry of the range
//	org/range-proof        what leads from the leaf hashes to the head
//	policy                 the public key as the sender states it
//	verify_pack.py         a second verifier, Python standard library only
//
// VerifyPack answers with a verdict a line, names each fault by file, entry
// and part, and says in plain words what is proved and what is not;
// verify_pack.py prints the same report. VerifyReceipt, OpenCheckpoint and
// VerifyConsistency check the single pieces.
//
// What the package never does: it does not store, it does not open a
// connection, and it never takes the key inside a pack for a trusted one
// unless told so. The log is tamper-evident, not tamper-proof: whoever holds
// the key and the database can still write a false new entry, and without a
// witness can show two people two logs. VerifyPack says so each time.
package evidence
