package broker

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"

	"github.com/nats-io/nats.go/jetstream"

	"paceline/shared/broker/manifest"
)

// Broker runs the Brokers, Triggers and PingSources of some manifests. It
// starts once and closes once.
type Broker struct {
	config    Config
	log       *slog.Logger
	brokers   map[string]bool // namespace/name
	routes    []*route
	byDurable map[string]*route
	pingers   []*pinger
	store     *store
	busy      atomic.Int64
	buried    atomic.Int64

	mu       sync.Mutex // guards open, and requests.Add against Wait
	open     bool
	requests sync.WaitGroup // in the ingress
	pulling  sync.WaitGroup // queues and schedules
	flying   sync.WaitGroup // deliveries
	stop     context.CancelFunc
	flight   context.Context // of the deliveries; ends when closing can wait no longer
	ground   context.CancelFunc
}

// New reads the manifests and checks c. It touches nothing on disk.
func New(c Config) (*Broker, error) {
	c, err := c.withDefaults()
	if err != nil {
		return nil, err
	}
	set, err := manifest.Load(c.Manifests)
	if err != nil {
		return nil, fmt.Errorf("broker: %w", err)
	}
	b := &Broker{config: c, log: c.Log, brokers: map[string]bool{}, byDurable: map[string]*route{}}
	for _, one := range set.Brokers {
		b.brokers[one.Metadata.Key()] = true
	}
	if b.routes, err = routes(set); err != nil {
		return nil, err
	}
	for _, r := range b.routes {
		b.byDurable[r.durable] = r
	}
	for _, p := range set.PingSources {
		one, err := newPinger(p, c.Now())
		if err != nil {
			return nil, err
		}
		if _, err := pingEvent(p, one.next); err != nil {
			return nil, err
		}
		b.pingers = append(b.pingers, one)
	}
	return b, nil
}

// Start opens the store and begins to deliver what waits there. ctx bounds the
// start alone.
func (b *Broker) Start(ctx context.Context) (err error) {
	if b.store, err = openStore(ctx, b.config); err != nil {
		return err
	}
	queues, err := b.queues(ctx)
	if err != nil {
		b.store.close()
		return err
	}
	var pull context.Context
	pull, b.stop = context.WithCancel(context.Background())
	b.flight, b.ground = context.WithCancel(context.Background())
	for _, q := range queues {
		b.pulling.Go(func() { q.run(pull) })
	}
	if len(b.pingers) > 0 {
		b.pulling.Go(func() { b.ping(pull) })
	}
	b.mu.Lock()
	b.open = true
	b.mu.Unlock()
	return nil
}

// queues opens the place of each route in the store, and drops those that no
// route has any more.
func (b *Broker) queues(ctx context.Context) ([]*queue, error) {
	keep := map[string]bool{}
	for _, r := range b.routes {
		keep[r.durable] = true
	}
	if err := b.store.forget(ctx, keep, b.log); err != nil {
		return nil, err
	}
	var all []*queue
	for _, r := range b.routes {
		consumer, err := b.store.consumer(ctx, b.store.events, r.durable, r.subjects)
		if err != nil {
			return nil, err
		}
		all = append(all, b.queue(consumer, func(m jetstream.Msg, second bool) { b.onEvent(r, m, second) }))
	}
	consumer, err := b.store.consumer(ctx, b.store.dead, deadDurable, nil)
	if err != nil {
		return nil, err
	}
	return append(all, b.queue(consumer, b.onDeadLetter)), nil
}

func (b *Broker) queue(consumer jetstream.Consumer, handle func(jetstream.Msg, bool)) *queue {
	slots := b.config.Parallel
	if b.config.Chaos != nil {
		slots = max(slots, b.config.Chaos.Window)
	}
	return &queue{
		consumer: consumer, slots: make(chan struct{}, slots), handle: handle,
		chaos: b.config.Chaos, log: b.log, busy: &b.busy, flying: &b.flying,
	}
}

// enterRequest counts a request in, unless the broker is not running.
func (b *Broker) enterRequest() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.open {
		b.requests.Add(1)
	}
	return b.open
}

// Close refuses new events, takes no more from the store, waits until ctx ends
// for what is in flight, and closes the store. What is then still in flight is
// cut off and comes again after the next start; the error says so.
func (b *Broker) Close(ctx context.Context) error {
	b.mu.Lock()
	was := b.open
	b.open = false
	b.mu.Unlock()
	if !was {
		return nil
	}
	b.stop()
	landed := make(chan struct{})
	go func() {
		b.requests.Wait()
		b.pulling.Wait()
		b.flying.Wait()
		close(landed)
	}()
	var err error
	select {
	case <-landed:
	case <-ctx.Done():
		err = errors.Join(errors.New("broker: deliveries were cut off"), ctx.Err())
	}
	b.ground()
	<-landed
	b.store.close()
	return err
}
