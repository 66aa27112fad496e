package store_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"paceline/events"
	"paceline/shared/function/redistest"
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

// BenchmarkSealedRead times a read of a page of documents, sealed against
// plain, with the keys of their owners in memory and without.
func BenchmarkSealedRead(b *testing.B) {
	const page = 20
	s := open(b, redistest.URL(b), nil)
	doc := map[string]string{"name": "Anna", "bio": strings.Repeat("x", 500)}
	var keys []string
	var places []store.Place
	for i := range page {
		owner := fmt.Sprint("person", i)
		know(b, s, owner)
		plain, sealed := s.Key(owner, "plain"), s.Key(owner, "sealed")
		keys, places = append(keys, plain), append(places, store.Place{Owner: owner, Key: sealed})
		err := s.Update(b.Context(), owner, func(t *store.Tx) error {
			if err := t.Set(plain, doc, 0); err != nil {
				return err
			}
			return t.SetSealed(owner, sealed, doc, 0)
		})
		if err != nil {
			b.Fatal(err)
		}
	}
	read := func(b *testing.B, do func() (int, error)) time.Duration {
		b.Helper()
		began := time.Now()
		for b.Loop() {
			if n, err := do(); err != nil || n != page {
				b.Fatal(n, err)
			}
		}
		return time.Since(began) / time.Duration(b.N)
	}
	var plain time.Duration
	b.Run("plain", func(b *testing.B) {
		plain = read(b, func() (int, error) {
			found, err := store.GetMany[map[string]string](b.Context(), s, keys)
			return len(found), err
		})
	})
	for name, forget := range map[string]bool{"sealed": false, "sealed, new keys": true} {
		b.Run(name, func(b *testing.B) {
			took := read(b, func() (int, error) {
				for _, p := range places {
					if forget {
						s.Keys().Forget(p.Owner)
					}
				}
				found, err := store.GetManySealed[map[string]string](b.Context(), s, places)
				return len(found), err
			})
			b.ReportMetric(float64(took)/float64(plain), "times-plain")
		})
	}
}
