// Package events is the contract between the functions: the payload of every
// CloudEvent, its type and its wire form. It imports the standard library only
// and nothing of ours, so that any function may import it and none depends on
// another.
//
// # Names
//
// A type is paceline.<subject>.<what>.v<n>, in the past tense: it says what
// happened, never what somebody should do; the exception is a request to a
// service of the platform (mail.requested). The source is /functions/<name>,
// the subject is the id of the thing, partitionkey is the id of the person
// whose data changed, dataschema is SchemaBase plus the type.
//
// The catalogue of all this is asyncapi.yaml, made of the code: there the schema
// of a payload has the events' dataschema as its $id. The URI is a name; nobody
// has to fetch anything from it.
//
// # Versions
//
// Within a version a field may be added, with a usable zero value; it is never
// renamed, removed or given another meaning. Anything else is a new version,
// emitted beside the old one until nobody listens to the old one. A reader
// ignores fields that it does not know. testdata/<type>.json holds the wire
// form of every version that was ever emitted, and a test reads and writes each.
//
// # Sealed fields
//
// A field with the tag sealed:"true" never travels as it is. The members of all
// such fields are taken out of the data, encrypted as one JSON object under the
// key of the person that partitionkey names, bound to the event's type, source and
// id, and put in as the member "sealed" (base64); the sender's signature covers
// that form. So brokers, outboxes and dead letters hold nothing of a person, and
// what they hold is noise when the person's key is destroyed: such an event is
// acknowledged and dropped. A receiver opens the data before its handler sees it.
// Golden files and asyncapi.yaml show the data opened; there a sealed field has
// x-sealed. Packages of shared/function do the work, since this one knows no keys.
//
// # Identity
//
// The id of an outgoing event is derived from its cause (the incoming event,
// or the command's idempotency key), its type, its subject and its version. A retry of the
// same cause therefore sends the same event, and a receiver tells duplicates
// by source and id.
package events
