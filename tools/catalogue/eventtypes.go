package main

import (
	"bytes"
	"fmt"
	"path"
	"strconv"
)

// eventTypes is one EventType per type and source, which is what a cell of
// `kn eventtype list` can hold. The attributes and their order are those that
// survive the storage version v1beta2 (see tests/manifests), so that applying
// the file again changes nothing.
func eventTypes(rows []Row) []byte {
	var b bytes.Buffer
	b.WriteString(`# What goes through the Broker, for "kn eventtype list".
# Made by "make generate" from events/, the functions' code and the Triggers: do not edit.
`)
	for i, r := range rows {
		for _, source := range r.Sources() {
			name := r.Type
			if len(r.Sources()) > 1 {
				name += "." + path.Base(source)
			}
			if i > 0 || source != r.Sources()[0] {
				b.WriteString("---\n")
			}
			fmt.Fprintf(&b, `apiVersion: eventing.knative.dev/v1beta3
kind: EventType
metadata:
  name: %s
  namespace: paceline
  labels:
    app.kubernetes.io/part-of: paceline
spec:
  reference: {apiVersion: eventing.knative.dev/v1, kind: Broker, name: default}
  description: %s
  attributes:
    - {name: specversion, required: true}
    - {name: id, required: true}
    - {name: type, required: true, value: %s}
    - {name: source, required: true, value: %s}
`, name, strconv.Quote(r.Description), r.Type, source)
			if r.DataSchema() != "" {
				fmt.Fprintf(&b, "    - {name: schemadata, required: false, value: %q}\n", r.DataSchema())
			}
		}
	}
	return b.Bytes()
}
