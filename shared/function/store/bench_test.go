package store_test

import (
	"context"
	"fmt"
	"testing"

	"paceline/events"
	"paceline/shared/function/rest"
	"paceline/shared/function/store"
)

// BenchmarkChange times whole changes on a server on this machine, the event
// to a broker that costs nothing included.
func BenchmarkChange(b *testing.B) {
	for _, server := range servers {
		changes := []struct {
			name string
			do   func(ctx context.Context, s *store.Store) error
		}{
			{"blind write", func(ctx context.Context, s *store.Store) error {
				return s.Update(ctx, "ann", func(t *store.Tx) error { return t.Set(t.Key("n", "ann"), 1, 0) })
			}},
			{"read and write", func(ctx context.Context, s *store.Store) error {
				return s.Update(ctx, "ann", func(t *store.Tx) error { return add(t, "ann", 1) })
			}},
			{"once with an event", func(ctx context.Context, s *store.Store) error {
				return s.UpdateOnce(ctx, "ann", func(t *store.Tx) error {
					if err := add(t, "ann", 1); err != nil {
						return err
					}
					return t.Emit(events.Unfollowed{Follow: events.Follow{FollowerID: "ann", FolloweeID: "bob"}})
				})
			}},
			{"once again", func(ctx context.Context, s *store.Store) error {
				return s.UpdateOnce(cause(ctx, "the same"), "ann", func(t *store.Tx) error { return add(t, "ann", 1) })
			}},
			{"idempotency key", func(ctx context.Context, s *store.Store) error {
				key := events.CauseFrom(ctx).ID
				if _, err := s.Begin(ctx, "ann", key, "request"); err != nil {
					return err
				}
				return s.Finish(ctx, "ann", key, rest.Answer{Request: "request", Status: 200})
			}},
		}
		for _, c := range changes {
			b.Run(fmt.Sprintf("on=%s/%s", server.name, c.name), func(b *testing.B) {
				s := open(b, server.url(b), new(broker).publish)
				know(b, s, "ann")
				for i := 0; b.Loop(); i++ {
					if err := c.do(cause(b.Context(), fmt.Sprintf("%s %d", b.Name(), i)), s); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}
