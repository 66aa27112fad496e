// Package rest is how a function answers a person's request: handlers return
// an error and it is rendered once as application/problem+json (RFC 9457) with
// a stable code; JSON is read strictly (no unknown, duplicate or differently
// cased members, no trailing data, valid UTF-8); lists have opaque cursors;
// a command may carry an Idempotency-Key.
package rest
