package broker

import (
	"cmp"
	"context"
	"fmt"
	"time"

	"github.com/cloudevents/sdk-go/v2/event"
	"github.com/robfig/cron/v3"

	"paceline/shared/broker/manifest"
)

// pinger is a PingSource and when it is due.
type pinger struct {
	source   manifest.PingSource
	schedule cron.Schedule
	next     time.Time
}

func newPinger(p manifest.PingSource, now time.Time) (*pinger, error) {
	schedule, err := p.Cron()
	if err != nil {
		return nil, fmt.Errorf("broker: schedule of %s: %w", p.Metadata.Key(), err)
	}
	return &pinger{source: p, schedule: schedule, next: schedule.Next(now)}, nil
}

// due is the latest tick that has passed, if one has. Ticks that passed while
// nobody looked, as when a laptop slept, are one.
func (p *pinger) due(now time.Time) (tick time.Time, ok bool) {
	for !p.next.IsZero() && !p.next.After(now) {
		tick, ok = p.next, true
		p.next = p.schedule.Next(tick)
		if now.Sub(p.next) > 24*time.Hour { // do not count through a year of seconds
			p.next = p.schedule.Next(now.Add(-24 * time.Hour))
		}
	}
	return tick, ok
}

// pingEvent is the event of one tick. Its id is made of the source and the
// tick, so that two processes with one schedule send one event.
func pingEvent(p manifest.PingSource, tick time.Time) (*event.Event, error) {
	e := event.New()
	e.SetType("dev.knative.sources.ping")
	e.SetSource("/apis/v1/namespaces/" + p.Metadata.Namespace + "/pingsources/" + p.Metadata.Name)
	e.SetID(p.Metadata.Name + "-" + tick.UTC().Format("20060102T150405Z"))
	e.SetTime(tick.UTC())
	if p.Spec.CEOverrides != nil {
		for name, v := range p.Spec.CEOverrides.Extensions {
			setAttribute(&e, name, v)
		}
	}
	payload, err := p.Payload()
	if err != nil {
		return nil, err
	}
	if len(payload) > 0 {
		if err := e.SetData(cmp.Or(p.Spec.ContentType, event.TextPlain), payload); err != nil {
			return nil, fmt.Errorf("broker: data of %s: %w", p.Metadata.Key(), err)
		}
	}
	if err := checkEvent(&e); err != nil {
		return nil, fmt.Errorf("broker: event of %s: %w", p.Metadata.Key(), err)
	}
	return &e, nil
}

// longestSleep bounds how late a changed clock is seen.
const longestSleep = 10 * time.Second

// ping sends what is due until ctx ends.
func (b *Broker) ping(ctx context.Context) {
	for ctx.Err() == nil {
		wait := longestSleep
		now := b.config.Now()
		for _, p := range b.pingers {
			if tick, ok := p.due(now); ok {
				b.sendPing(ctx, p.source, tick)
			}
			wait = min(wait, p.next.Sub(now))
		}
		pause(ctx, max(wait, time.Millisecond))
	}
}

// sendPing puts the event of a tick into the store.
func (b *Broker) sendPing(ctx context.Context, p manifest.PingSource, tick time.Time) {
	e, err := pingEvent(p, tick)
	if err == nil {
		if ref := p.Spec.Sink.Ref; ref != nil && ref.Kind == "Broker" {
			err = b.accept(ctx, cmp.Or(ref.Namespace, p.Metadata.Namespace)+"/"+ref.Name, e)
		} else {
			enter(e, b.config.Now())
			err = b.put(ctx, pingSubject(p), messageID(pingSubject(p), e), e)
		}
	}
	if err != nil {
		b.log.Error("schedule's event was not taken", "pingsource", p.Metadata.Key(), "tick", tick, "error", err)
	}
}
