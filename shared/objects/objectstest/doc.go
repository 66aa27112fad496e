// Package objectstest tests object stores and gives tests real ones.
//
// Suite holds a Store to the promises of package objects, FaultSuite one that
// talks to a server to those for servers that fail; Proxy makes them fail. Dir
// is a store in a folder. S3 and GCS start a real server on a loopback port, with its data in
// the test's own folder, and end it with the test; they return where it is, so
// that this package links no SDK:
//
//	server := objectstest.S3(t)
//	store, err := objects.Open(server.URL, s3.WithKeys(server.AccessKey, server.SecretKey))
//
// The servers are built from tools/versitygw and tools/fakegcs, once for a
// version and machine, into PACELINE_TOOLS or else the user's cache folder.
// Where that fails the test is skipped and says why; with CI=true it fails.
package objectstest
