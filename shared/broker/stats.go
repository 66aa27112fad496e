package broker

import (
	"context"
	"sync/atomic"
	"time"
)

type counters struct {
	delivered, filtered, retried, replies, dead, dropped atomic.Int64
}

// Stats counts what a Trigger did since the start.
type Stats struct {
	Delivered    int64 // taken by the subscriber
	Filtered     int64 // read from the store and not wanted
	Retried      int64 // failed attempts that another one follows
	Replies      int64 // events of answers that went into the broker
	DeadLettered int64
	Dropped      int64 // given up without a dead letter sink
}

// Stats are the counters of each Trigger, by namespace/name.
func (b *Broker) Stats() map[string]Stats {
	all := make(map[string]Stats, len(b.routes))
	for _, r := range b.routes {
		all[r.name] = Stats{
			Delivered: r.stats.delivered.Load(), Filtered: r.stats.filtered.Load(), Retried: r.stats.retried.Load(),
			Replies: r.stats.replies.Load(), DeadLettered: r.stats.dead.Load(), Dropped: r.stats.dropped.Load(),
		}
	}
	return all
}

// DeadLettersTaken counts the dead letters that their sinks took since the start.
func (b *Broker) DeadLettersTaken() int64 { return b.buried.Load() }

// Pending counts the events and dead letters that wait, for a retry too, or are
// in flight. An event that several Triggers want counts once. It is never 0
// while there is something to do; it may be more than 0 for a moment after.
func (b *Broker) Pending(ctx context.Context) (int, error) {
	busy := int(b.busy.Load()) // before the store: a second copy outlives its message
	n, err := b.store.waiting(ctx)
	if err != nil {
		return 0, err
	}
	return max(n, busy), nil
}

// Idle waits until nothing is pending.
func (b *Broker) Idle(ctx context.Context) error {
	for wait := time.Millisecond; ; wait = min(2*wait, 50*time.Millisecond) {
		n, err := b.Pending(ctx)
		if err != nil {
			return err
		}
		if n == 0 {
			return nil
		}
		pause(ctx, wait)
		if ctx.Err() != nil {
			return ctx.Err()
		}
	}
}
