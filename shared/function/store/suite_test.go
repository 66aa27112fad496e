package store_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"paceline/events"
	"paceline/shared/function/redistest"
	"paceline/shared/function/sealtest"
	"paceline/shared/function/store"
)

// servers are the kinds of Redis that every behaviour below must hold on.
var servers = []struct {
	name string
	url  func(testing.TB) string
}{
	{"single", redistest.URL},
	{"cluster", redistest.ClusterURL},
}

// onEach runs test on every kind of server, with a store of its own.
func onEach(t *testing.T, test func(t *testing.T, f *fixture)) {
	t.Helper()
	for _, server := range servers {
		t.Run(server.name, func(t *testing.T) {
			t.Parallel()
			f := &fixture{url: server.url(t), broker: new(broker)}
			f.name = uniqueName(t)
			f.Store = f.instance(t)
			know(t, f.Store, "ann", "bob", "cy")
			test(t, f)
		})
	}
}

// fixture is a store and the broker that it publishes to.
type fixture struct {
	*store.Store
	broker *broker
	url    string
	name   string
}

// instance is another process of the same function.
func (f *fixture) instance(t testing.TB) *store.Store {
	return openAs(t, f.name, f.url, f.broker.publish)
}

var names atomic.Int64

// uniqueName keeps the tests apart that share a cluster.
func uniqueName(testing.TB) string { return fmt.Sprintf("fn%d", names.Add(1)) }

func open(t testing.TB, url string, publish store.Publish) *store.Store {
	return openAs(t, uniqueName(t), url, publish)
}

func openAs(t testing.TB, name, url string, publish store.Publish) *store.Store {
	t.Helper()
	client, err := store.Dial(url, store.TLS{})
	if err != nil {
		t.Fatal(err)
	}
	s := store.New(store.Config{
		Function: name, Client: client, Publish: publish, KEK: sealtest.KEK(t), Log: slog.New(slog.DiscardHandler),
		Now: func() time.Time { return time.Date(2026, 5, 4, 10, 0, 0, 0, time.UTC) },
	})
	t.Cleanup(func() { _ = s.Close() })
	return s
}

// know gives people keys.
func know(t testing.TB, s *store.Store, people ...string) {
	t.Helper()
	for _, p := range people {
		if err := s.Keys().Ensure(t.Context(), p); err != nil {
			t.Fatal(err)
		}
	}
}

// broker takes events, or refuses them.
type broker struct {
	mu      sync.Mutex
	refuses bool
	taken   []events.Envelope
}

var errRefused = errors.New("the broker is away")

func (b *broker) publish(_ context.Context, e events.Envelope) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.refuses {
		return errRefused
	}
	b.taken = append(b.taken, e)
	return nil
}

func (b *broker) refuse(yes bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.refuses = yes
}

// subjects are those of the events that were taken, in order.
func (b *broker) subjects() []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	out := []string{}
	for _, e := range b.taken {
		out = append(out, e.Subject)
	}
	return out
}

// ids are those of the events that were taken, in order.
func (b *broker) ids() []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	out := []string{}
	for _, e := range b.taken {
		out = append(out, e.ID)
	}
	return out
}

func cause(ctx context.Context, id string) context.Context {
	return events.WithCause(ctx, events.Cause{ID: id})
}

// add reads a number and writes it back with n added.
func add(t *store.Tx, id string, n int) error {
	key := t.Key("n", id)
	var have int
	if _, err := t.Get(key, &have); err != nil {
		return err
	}
	return t.Set(key, have+n, 0)
}

func number(t testing.TB, s *store.Store, id string) int {
	t.Helper()
	var n int
	if _, err := s.Get(t.Context(), s.Key(id, "n", id), &n); err != nil {
		t.Fatal(err)
	}
	return n
}

func follow(followee string) events.Payload {
	return events.Followed{Follow: events.Follow{FollowerID: "ann", FolloweeID: followee}}
}

// oneConnection makes a client of url use one connection for everything.
func oneConnection(url string) string {
	if strings.Contains(url, "?") {
		return url + "&pool_size=1"
	}
	return url + "?pool_size=1"
}
