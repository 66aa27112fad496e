package broker

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/cloudevents/sdk-go/v2/event"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// storeRetry is the wait before an event is handled again when the store, and
// not the subscriber, failed.
const storeRetry = 2 * time.Second

// onEvent handles one message for r. Each way out acknowledges it, puts it off,
// or leaves it to come again by itself.
func (b *Broker) onEvent(r *route, m jetstream.Msg, second bool) {
	e, err := decodeRecord(m.Data())
	if err != nil {
		b.log.Error("event in the store cannot be read, dropped", "trigger", r.name, "error", err)
		r.stats.dropped.Add(1)
		b.settle(m.TermWithReason(err.Error()))
		return
	}
	if !r.filter.Match(e) {
		r.stats.filtered.Add(1)
		b.settle(m.Ack())
		return
	}
	hops := leave(e)
	ctx, cancel := context.WithTimeout(b.flight, r.policy.timeout)
	defer cancel()
	url, a := b.deliver(ctx, e, r.target, r.namespace)
	if second {
		return // chaos: this copy's answer is not heeded
	}
	if b.flight.Err() != nil { // the broker closes: this was no attempt
		b.settle(m.Nak())
		return
	}
	if a.ok() && a.reply != nil && r.ingress != "" {
		url, a = b.reply(r, a, hops, url)
	}
	b.conclude(r, m, e, url, a)
}

// reply puts the event of an answer into the broker. What hinders it counts as
// the answer of the broker's address.
func (b *Broker) reply(r *route, a answer, hops int32, url string) (string, answer) {
	a.reply.SetExtension(hopsAttribute, hops)
	err := b.accept(b.flight, r.ingress, a.reply)
	switch {
	case err == nil:
		r.stats.replies.Add(1)
		return url, a
	case errors.Is(err, errNoHops):
		return "/" + r.ingress, answer{code: http.StatusBadRequest, body: []byte(err.Error())}
	default:
		return "/" + r.ingress, noAnswer(err)
	}
}

// conclude does with m what the answer asks for.
func (b *Broker) conclude(r *route, m jetstream.Msg, e *event.Event, url string, a answer) {
	if a.ok() {
		r.stats.delivered.Add(1)
		b.settle(m.Ack())
		return
	}
	meta, err := m.Metadata()
	if err != nil {
		b.settle(err)
		return
	}
	attempt := int(meta.NumDelivered)
	log := b.log.With("trigger", r.name, "type", e.Type(), "event", e.ID(), "attempt", attempt, "status", a.code)
	if a.code == 0 {
		log = log.With("error", string(a.body))
	}
	if wait, again := r.policy.next(attempt, a); again {
		log.Debug("delivery failed, tried again", "wait", wait)
		r.stats.retried.Add(1)
		b.settle(m.NakWithDelay(max(wait, time.Nanosecond)))
		return
	}
	if r.dead == nil {
		log.Error("delivery failed for the last time and there is no dead letter sink, dropped")
		r.stats.dropped.Add(1)
		b.settle(m.Ack())
		return
	}
	if err := b.bury(r, e, url, a, meta.Sequence.Stream); err != nil {
		log.Error("dead letter cannot be stored, tried again", "error", err)
		b.settle(m.NakWithDelay(storeRetry))
		return
	}
	log.Warn("delivery failed for the last time, dead letter stored")
	r.stats.dead.Add(1)
	b.settle(m.Ack())
}

// Headers of a dead letter in the store.
const (
	deadTrigger = "Trigger"
	deadSink    = "Sink"
)

// bury stores e as a dead letter of r.
func (b *Broker) bury(r *route, e *event.Event, url string, a answer, sequence uint64) error {
	if a.code == 0 {
		a.code = http.StatusInternalServerError // as Knative does
	}
	letter := deadLetter(*e, url, a)
	data, err := encodeRecord(&letter)
	if err != nil {
		return err
	}
	sink, err := encodeSink(*r.dead)
	if err != nil {
		return err
	}
	msg := &nats.Msg{Subject: deadSubject, Data: data, Header: nats.Header{deadTrigger: {r.durable}, deadSink: {sink}}}
	ctx, cancel := context.WithTimeout(b.flight, putTimeout)
	defer cancel()
	return b.store.put(ctx, msg, fmt.Sprint(r.durable, " ", sequence))
}

// settle logs a failure to tell the store; the message then comes again.
func (b *Broker) settle(err error) {
	if err != nil {
		b.log.Warn("store was not told, the event comes again", "error", err)
	}
}
