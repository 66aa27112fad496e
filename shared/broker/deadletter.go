package broker

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/nats-io/nats.go/jetstream"

	"paceline/shared/broker/manifest"
)

// onDeadLetter sends a dead letter to the sink of its trigger, or to the sink
// it was stored with when the trigger is gone. It is tried until it is taken.
func (b *Broker) onDeadLetter(m jetstream.Msg, second bool) {
	e, err := decodeRecord(m.Data())
	if err != nil {
		b.log.Error("dead letter in the store cannot be read, dropped", "error", err)
		b.settle(m.TermWithReason(err.Error()))
		return
	}
	sink, from, err := b.sinkOf(m)
	if err != nil {
		b.log.Error("dead letter has no sink", "event", e.ID(), "error", err)
		b.settle(m.NakWithDelay(deadLetterLongest))
		return
	}
	ctx, cancel := context.WithTimeout(b.flight, attemptBound)
	defer cancel()
	_, a := b.deliver(ctx, e, sink, from)
	switch {
	case second:
	case b.flight.Err() != nil:
		b.settle(m.Nak())
	case a.ok():
		b.buried.Add(1)
		b.settle(m.Ack())
	default:
		meta, err := m.Metadata()
		if err != nil {
			b.settle(err)
			return
		}
		wait := deadLetterWait(int(meta.NumDelivered))
		b.log.Error("dead letter was not taken, tried again", "event", e.ID(), "status", a.code, "error", string(a.body), "wait", wait)
		b.settle(m.NakWithDelay(wait))
	}
}

// sinkOf finds where a dead letter goes, and the namespace it is seen from.
func (b *Broker) sinkOf(m jetstream.Msg) (sink manifest.Destination, namespace string, err error) {
	if r, ok := b.byDurable[m.Headers().Get(deadTrigger)]; ok && r.dead != nil {
		return *r.dead, r.namespace, nil
	}
	if err := json.Unmarshal([]byte(m.Headers().Get(deadSink)), &sink); err != nil {
		return sink, "", fmt.Errorf("broker: sink of a dead letter: %w", err)
	}
	return sink, manifest.DefaultNamespace, nil
}

func encodeSink(d manifest.Destination) (string, error) {
	data, err := json.Marshal(d)
	if err != nil {
		return "", fmt.Errorf("broker: sink of a dead letter: %w", err)
	}
	return string(data), nil
}
