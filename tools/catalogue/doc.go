// Command catalogue writes down what goes through the Broker and who may do
// what in Redis, so that an operator and a tool see what a programmer reads in
// the code.
//
//	in    the payloads of events/, their doc comments and golden files; the
//	      functions' code (who makes which payload); the Triggers and
//	      PingSources of knative/ (who hears it, what a clock sends)
//	out   knative/eventtypes.yaml, one EventType per type and sender, for
//	      `kn eventtype list`; events/asyncapi.yaml, the same as AsyncAPI 3.0
//	      with a JSON Schema per payload, whose $id is the events' dataschema;
//	      knative/redis.acl, the users of Redis (store.Declare), to which
//	      `kn paceline acl` adds the passwords; knative/objects.json, what of
//	      the bucket each function touches, for `kn paceline bucket-policy`
//
// Run it with `make generate` from the root. The output depends on the input
// alone; a test fails when a file is not what would be written.
package main
