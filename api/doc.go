// SPDX-License-Identifier: Apache-2.0

// Package api is the door for programs: REST over the use cases of room app,
// with an OpenAPI 3.1 document that is generated from the types that run.
//
//	GET  /api/v1/openapi.json          the document, open to anybody
//	GET  /api/v1/organisations         those that the token opens
//	GET  /api/v1/organisations/{org}/… everything of one
//
// A program shows a token of its account: Authorization: Bearer dmc_…. A cookie
// opens nothing here, so that no other site can act through a browser. Every
// operation names the permission that it asks for (x-demarc-permission); the
// token's scopes and the account's role must both hold it.
//
// A failure is a problem of RFC 9457 with a hint; an internal one tells an id
// that stands in the log of the program. What is read bears an ETag. A POST with
// an Idempotency-Key is carried out once: sent again within a day, to the same
// process, it gets the same answer.
//
// The package decides nothing: a number here is the one that app gave.
package api
