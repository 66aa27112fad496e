// Package knative holds the manifests of the platform: what a cluster is told
// with ko apply, and what the one-process platform reads for its broker,
// triggers and schedules. There is one file a function.
package knative

import "embed"

// Manifests is every YAML file of this folder, and what the stores of a cluster
// are told: redis.acl, the users of its Redis without their passwords, and
// objects.json, which prefixes of its bucket each function touches.
//
//go:embed *.yaml functions/*.yaml redis.acl objects.json
var Manifests embed.FS
