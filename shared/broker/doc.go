// Package broker is Knative Eventing's data plane in one process: the Brokers,
// Triggers and PingSources of the manifests, with a durable store, so that the
// platform on one machine behaves as it will on a cluster.
//
//	in      POST /{namespace}/{broker}: a CloudEvent, binary or structured mode
//	out     POST to each subscriber whose Trigger matches, binary mode, with a
//	        workload token for its audience and the event's traceparent
//	keys    an event is known by source and id; a second one with the same is
//	        accepted and dropped while the first waits or Config.Dedupe lasts.
//	        An extension "replay" makes it another one, for sending dead
//	        letters again
//	order   none
//	again   at least once: 202 is answered after the event was synced to disk,
//	        and it is taken out after each Trigger has its answer
//
// What a subscriber's answer does: 2xx ends it, and an event in the body goes
// into the broker as a reply; any other body is a failure (502), as on a
// cluster. 404, 408, 409, 429, 5xx and no answer are tried again, by the
// delivery of the Trigger, else of its Broker, else 10 times from 0.2 s on.
// All other codes, and the last failure, make it a dead letter: the event with
// knativeerrordest, knativeerrorcode and knativeerrordata (base64 of the first
// bytes of the answer). A dead letter is stored by itself and sent until its
// sink takes it. Without a sink it is dropped with an error in the log.
//
// A hop count, knativebrokerttl, ends loops of replies. It is counted as on a
// cluster: set on entry, taken off before delivery, counted down when a reply
// comes back.
//
// Closing, or killing, the process at any time loses nothing that was accepted;
// after a start on the same folder, waiting retries wait for what is left of
// their time, to within a second, and attempts go on counting. What was in
// flight is sent again within seconds.
package broker
