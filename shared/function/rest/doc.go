// Package rest is how a function answers a person's request: handlers return
// an error and it is rendered once as application/problem+json (RFC 9457) with
// a stable code; JSON is read strictly (no unknown, duplicate or differently
// cased members, no trailing data, valid UTF-8); lists have opaque cursors;
// a command may carry an Idempotency-Key, which is the client's own for one
// command: its events follow from it for as long as receivers know duplicates
// (two weeks), while the answer is kept for a day. A panic is an internal error.
package rest
