// Package gcs keeps objects in a Google Cloud Storage bucket.
//
//	gs://bucket/prefix?endpoint=https://host:port
//
// Credentials come from where Google's SDKs look for them. With an endpoint,
// which is a server that stands in for Google's, requests are anonymous unless
// GOOGLE_APPLICATION_CREDENTIALS is set.
//
// Every object carries two values of its own metadata: sha256, and put-id, by
// which a Put with IfAbsent knows its own object when its first try arrived but
// the answer did not.
//
// The build tag disable_grpc_modules leaves out of the SDK what this package
// does not use and saves 13 MB of a binary.
package gcs
