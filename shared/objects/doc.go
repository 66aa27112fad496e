// Package objects keeps files under keys: originals, tracks, data sets,
// exports. A Store is a local folder (package dir), S3 or what speaks like it
// (package s3), or Google Cloud Storage (package gcs); all three keep the same
// promises, and objectstest.Suite proves them on each.
//
// # Promises
//
//   - A Put that returned nil is durable and whole. A Put that failed left
//     either nothing or, when the answer was lost on its way, all of the new
//     object; never a part of it.
//   - Put with IfAbsent has exactly one winner among any number of concurrent
//     writers, in any number of processes. All others get ErrExists. A retry
//     inside one Put whose first try arrived after all is not mistaken for
//     somebody else's object.
//   - Put without IfAbsent replaces; the last to finish wins. A reader that
//     began before keeps the object it began with.
//   - The SHA-256 of the content is kept with every object. Put refuses content
//     that differs from Options.SHA256 before it is visible, and a read of a
//     whole object withholds its end unless the hash is right.
//   - Delete succeeds when there is nothing to delete.
//   - List answers in the order of the keys' bytes, each key once. What is
//     there from before the first page until after the last is listed.
//
// # Errors
//
// Every failure is one of the Err values in errors.go (errors.Is), wraps its
// cause, and has HTTPStatus and Code (errors.As with an interface), so that a
// caller can answer a person or a broker without knowing this package. What
// may go away by waiting is ErrUnavailable. Retries inside a call are few and
// bounded in time: no call without content lasts longer than 20 s.
//
// # Keys
//
// See ValidateKey. Beyond that a key must not be a folder of another: of "a"
// and "a/b" only one can exist in a store that lies on a file system, and the
// second is ErrInvalidKey there.
package objects
