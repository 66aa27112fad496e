// Package s3 keeps objects in an S3 bucket or in what speaks like one.
//
//	s3://bucket/prefix?endpoint=https://host:port&region=eu-central-1
//
// Credentials come from the AWS SDK's default chain. With an endpoint the
// bucket is part of the path, not of the host, and the region is us-east-1
// unless the URL names one; without, the region may also come from the chain.
// An endpoint with https is TLS; one with http is for a loopback or a mesh.
//
// Every object carries two values of its own metadata: sha256, and put-id, by
// which a Put with IfAbsent knows its own object when its first try arrived but
// the answer did not.
package s3
