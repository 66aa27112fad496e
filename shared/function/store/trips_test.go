package store_test

import (
	"context"
	"sync/atomic"
	"testing"

	"github.com/redis/go-redis/v9"

	"paceline/shared/function/rest"
	"paceline/shared/function/store"
)

// trips counts how often a client waits for the server.
type trips struct{ n atomic.Int64 }

func (c *trips) DialHook(next redis.DialHook) redis.DialHook { return next }

func (c *trips) ProcessHook(next redis.ProcessHook) redis.ProcessHook {
	return func(ctx context.Context, cmd redis.Cmder) error { c.n.Add(1); return next(ctx, cmd) }
}

func (c *trips) ProcessPipelineHook(next redis.ProcessPipelineHook) redis.ProcessPipelineHook {
	return func(ctx context.Context, cmds []redis.Cmder) error { c.n.Add(1); return next(ctx, cmds) }
}

// On a network every trip costs more than the work: these are the figures that
// a change of this package must not make worse without a reason.
func TestRoundTrips(t *testing.T) {
	t.Parallel()
	emit := func(tx *store.Tx) error {
		if err := add(tx, "ann", 1); err != nil {
			return err
		}
		return tx.Emit(follow("bob"), follow("cy"))
	}
	cases := []struct {
		name            string
		single, cluster int64
		do              func(ctx context.Context, s *store.Store) error
	}{
		{"a blind write", 1, 2, func(ctx context.Context, s *store.Store) error {
			return s.Update(ctx, "ann", func(tx *store.Tx) error { return tx.Set(tx.Key("n"), 1, 0) })
		}},
		{"read and write", 2, 3, func(ctx context.Context, s *store.Store) error {
			return s.Update(ctx, "ann", func(tx *store.Tx) error { return add(tx, "ann", 1) })
		}},
		{"read, write and two events", 3, 4, func(ctx context.Context, s *store.Store) error { return s.Update(ctx, "ann", emit) }},
		{"the same once", 4, 5, func(ctx context.Context, s *store.Store) error { return s.UpdateOnce(ctx, "ann", emit) }},
		{"read and write what is sealed", 2, 3, func(ctx context.Context, s *store.Store) error {
			s.Keys().Forget("ann") // its key comes with what it seals
			return s.Update(ctx, "ann", func(tx *store.Tx) error { return addSealed(tx, "ann", 1) })
		}},
		{"read what is sealed", 1, 1, func(ctx context.Context, s *store.Store) error {
			s.Keys().Forget("ann")
			var n int
			_, err := s.GetSealed(ctx, "ann", s.Key("ann", "sealed", "ann"), &n)
			return err
		}},
		{"read what many people sealed", 1, 2, func(ctx context.Context, s *store.Store) error { // the cluster has two nodes
			var places []store.Place
			for _, who := range []string{"ann", "bob", "cy"} {
				s.Keys().Forget(who)
				places = append(places, store.Place{Owner: who, Key: s.Key(who, "sealed", who)})
			}
			_, err := store.GetManySealed[int](ctx, s, places)
			return err
		}},
		{"an idempotency key", 2, 2, func(ctx context.Context, s *store.Store) error {
			if _, err := s.Begin(ctx, "ann", "key", "r"); err != nil {
				return err
			}
			return s.Finish(ctx, "ann", "key", rest.Answer{Request: "r", Status: 200})
		}},
	}
	onEach(t, func(t *testing.T, f *fixture) {
		count, s := new(trips), f.instance(t)
		hook(s.Client(), count)
		know(t, s, "ann", "bob", "cy") // in memory, where keys are for half a minute
		for _, c := range cases {
			want := c.single
			if _, ok := f.Client().(*redis.ClusterClient); ok {
				want = c.cluster
			}
			for range 2 { // so that there are connections, for pipelines too
				_, _ = store.GetMany[int](t.Context(), s, []string{s.Key("ann", "x"), s.Key("ann", "y"), s.Key("bob", "x"), s.Key("bob", "y"), s.Key("cy", "x"), s.Key("cy", "y")})
			}
			count.n.Store(0)
			if err := c.do(cause(t.Context(), c.name), s); err != nil {
				t.Fatal(err)
			}
			if got := count.n.Load(); got != want {
				t.Errorf("%s: %d trips, want %d", c.name, got, want)
			}
		}
	})
}

// hook counts on the nodes' clients, where the trips are made.
func hook(client redis.UniversalClient, count *trips) {
	if c, ok := client.(*redis.ClusterClient); ok {
		c.OnNewNode(func(node *redis.Client) { node.AddHook(count) })
		return
	}
	client.AddHook(count)
}
