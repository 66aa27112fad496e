package events

import _ "embed"

// AsyncAPI is asyncapi.yaml, the catalogue of all events, as
// /v1/asyncapi.yaml answers it. Callers do not change it.
//
//go:embed asyncapi.yaml
var AsyncAPI []byte
