package api

import _ "embed"

// The generator is pinned in a module of its own, so that its dependencies are
// not ours. From the repository's root this is
//
//	go generate ./shared/api
//
// It needs the network only until the generator's modules are in the cache.
//
//go:generate go tool -modfile=../../tools/oapi-codegen/go.mod oapi-codegen -config oapi-codegen.yaml -o api.gen.go openapi.yaml

// OpenAPI is openapi.yaml, as /v1/openapi.yaml answers it. Callers do not change it.
//
//go:embed openapi.yaml
var OpenAPI []byte
