// Package manifest reads the Knative YAML that a cluster is told, so that the
// local platform runs from the same files.
//
//	in        a file system with *.yaml and *.yml, several documents a file
//	out       a Set: Services, Brokers, Triggers, PingSources and EventTypes,
//	          sorted by file, checked one by one and against each other
//	refused   an unknown kind, field or value, a name given twice, a Trigger
//	          without its Broker or for a type that the Broker's EventTypes
//	          do not have, a destination that no file declares; the
//	          error names file, line, object and field
//	left out  kinds that only a cluster can act on, listed in clusterOnly
//
// What is accepted here is what the local platform does: a manifest cannot
// promise more than that.
package manifest
