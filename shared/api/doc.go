// Package api is the public contract: openapi.yaml and the Go types of its
// requests and answers. Functions read and write these types at their HTTP
// edge, so that the document and the code cannot drift apart.
//
// openapi.yaml is the source; api.gen.go is made of its named schemas and
// never edited. An answer may gain a field; nothing is renamed or removed.
//
// In the Go types an optional figure is a pointer, nil when it is not known,
// because absent and 0 differ; an optional text or list is empty when absent.
// In the requests that change a thing every field is a pointer, nil when the
// field shall stay. Dates are texts of the form YYYY-MM-DD. The types do not
// check their values, but an enum has Valid: minimum, maxLength, pattern and additionalProperties
// hold when the reader of a request applies them.
//
// WorkoutStats and WorkoutSource have the fields of events.Stats and
// events.Origin in the same order, so that one converts to the other.
package api
