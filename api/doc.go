// SPDX-License-Identifier: Apache-2.0

// Package api is the door for programs: REST over the use cases of room app,
// with an OpenAPI 3.1 document that is generated from the types that run and
// committed as docs/reference/openapi.yaml.
//
//	GET  /api/v1/openapi.json          the document, open to anybody
//	GET  /api/v1/organisations         those that the token opens
//	GET  /api/v1/organisations/{org}/… everything of one, at the paths of its pages
//
// A program shows a token of its account: Authorization: Bearer dmc_…. A cookie
// opens nothing here, so that no other site can act through a browser. Every
// operation names the permission that it asks for (x-demarc-permission); the
// token's scopes and the account's role must both hold it. Nothing of a body is
// read before that is known.
//
// Lists come page by page. What is read bears an ETag; that of a record is its
// revision, and If-Match makes a change only while it stands, in the transaction
// that makes it. A POST with an Idempotency-Key is carried out once, by whichever
// replica: sent again within a day it gets the same answer, with 422 when it is
// another request, 409 while it is under way or when its answer is not kept.
// Large bodies are streamed through files, never held in memory.
//
// A failure is a problem of RFC 9457 with a hint and the place of every fault;
// it repeats no value that was sent. An internal one tells an id that stands in
// the log of the program.
//
// The package decides nothing: a number here is the one that app gave.
package api
