// Package eventing receives and sends CloudEvents.
//
//	receive  POST /events, binary or structured mode; the sender's signature
//	         is verified, what is sealed opened, the event decoded by type, the
//	         cause and the trace go into the context, and the answer is chosen
//	         for what a broker does with it: 2xx done, 404/408/409/429/5xx
//	         again later, other 4xx to the dead letters; an event of a person whose
//	         key is destroyed is done
//	send     binary mode to the sink, signed (attribute "signature"), with a
//	         token for the sink and traceparent;
//	         any 2xx means that the sink has it on disk
//
// A handler may see an event more than once and in any order. It answers
// nothing but success or an error: what it causes goes through the outbox.
package eventing
