// Package knative holds the manifests of the platform: what a cluster is told
// with ko apply, and what the one-process platform reads for its broker,
// triggers and schedules. There is one file a function.
package knative

import "embed"

// Manifests is every YAML file of this folder, and redis.acl: the users of a
// cluster's Redis, without their passwords.
//
//go:embed *.yaml functions/*.yaml redis.acl
var Manifests embed.FS
