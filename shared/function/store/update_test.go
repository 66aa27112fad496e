package store_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/redis/go-redis/v9"

	"paceline/events"
	"paceline/shared/function/fault"
	"paceline/shared/function/redistest"
	"paceline/shared/function/store"
)

func TestUpdateWritesAllItsParts(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, f *fixture) {
		err := f.Update(cause(t.Context(), "c"), "ann", func(tx *store.Tx) error {
			tx.Write(func(p redis.Pipeliner) { p.SAdd(t.Context(), tx.Key("set", "ann"), "x") })
			return errors.Join(tx.Set(tx.Key("n", "ann"), 7, 0), tx.Emit(follow("bob")))
		})
		if err != nil {
			t.Fatal(err)
		}
		member, err := f.Client().SIsMember(t.Context(), f.Key("ann", "set", "ann"), "x").Result()
		if n := number(t, f.Store, "ann"); n != 7 || !member || err != nil {
			t.Errorf("number %d, member %v, error %v", n, member, err)
		}
		if got := f.broker.subjects(); len(got) != 1 {
			t.Errorf("published %v", got)
		}
	})
}

func TestUpdateWritesNothingWhen(t *testing.T) {
	t.Parallel()
	cancelled, cancel := context.WithCancel(context.Background())
	cancel()
	cases := map[string]struct {
		ctx    context.Context
		change func(tx *store.Tx) error
		want   func(error) bool
	}{
		"the change fails": {
			change: func(*store.Tx) error { return fault.Conflict("no", "no") },
			want:   func(err error) bool { return fault.Of(err).Code == "no" },
		},
		"an event cannot be encoded": {
			change: func(tx *store.Tx) error { tx.Forward(events.Envelope{Data: []byte("{")}); return nil },
			want:   func(err error) bool { return err != nil },
		},
		"an event has no cause": {
			ctx:    context.Background(),
			change: func(tx *store.Tx) error { return tx.Emit(follow("bob")) },
			want:   func(err error) bool { return err != nil },
		},
		"two different events would have one id": {
			change: func(tx *store.Tx) error {
				other := events.Followed{Follow: events.Follow{FollowerID: "ann", FolloweeID: "bob"}, Approved: true}
				return tx.Emit(follow("bob"), other)
			},
			want: func(err error) bool { return err != nil },
		},
		"the caller gave up before": {
			ctx:    cause(cancelled, "c"),
			change: func(*store.Tx) error { return nil },
			want:   unavailable,
		},
	}
	onEach(t, func(t *testing.T, f *fixture) {
		for name, c := range cases {
			t.Run(name, func(t *testing.T) {
				ctx := c.ctx
				if ctx == nil {
					ctx = cause(t.Context(), "c")
				}
				err := f.Update(ctx, "ann", func(tx *store.Tx) error {
					if err := tx.Set(tx.Key("n", "ann"), 7, 0); err != nil {
						return err
					}
					return c.change(tx)
				})
				if !c.want(err) {
					t.Errorf("error %v", err)
				}
				waiting, xerr := f.Client().XLen(t.Context(), f.Key("ann", "outbox")).Result()
				if n := number(t, f.Store, "ann"); n != 0 || waiting != 0 || xerr != nil || len(f.broker.ids()) != 0 {
					t.Errorf("number %d, outbox %d, published %v, %v", n, waiting, f.broker.ids(), xerr)
				}
			})
		}
	})
}

func unavailable(err error) bool { return fault.Of(err).Status == 503 }

func TestUpdateGivesUpWithItsCaller(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, f *fixture) {
		ctx, cancel := context.WithCancel(cause(t.Context(), "c"))
		err := f.Update(ctx, "ann", func(tx *store.Tx) error {
			cancel()
			return add(tx, "ann", 1)
		})
		if !unavailable(err) || number(t, f.Store, "ann") != 0 {
			t.Errorf("error %v, number %d", err, number(t, f.Store, "ann"))
		}
	})
}

func TestTheSameEventTwiceInOneChangeIsOne(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, f *fixture) {
		err := f.Update(cause(t.Context(), "c"), "ann", func(tx *store.Tx) error {
			return tx.Emit(follow("bob"), follow("cy"), follow("bob"))
		})
		if got := f.broker.subjects(); err != nil || fmt.Sprint(got) != "[bob cy]" {
			t.Errorf("published %v, error %v", got, err)
		}
	})
}

// A lost race runs the change again: of 50 increments at once, by two
// instances, none is lost.
func TestRacesLoseNothing(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, f *fixture) {
		instances := []*store.Store{f.Store, f.instance(t)}
		var wg sync.WaitGroup
		for i := range 50 {
			wg.Go(func() {
				err := instances[i%2].Update(t.Context(), "ann", func(tx *store.Tx) error { return add(tx, "ann", 1) })
				if err != nil {
					t.Errorf("update: %v", err)
				}
			})
		}
		wg.Wait()
		if n := number(t, f.Store, "ann"); n != 50 {
			t.Errorf("%d of 50 increments", n)
		}
	})
}

func TestUpdateAnswersConflictWhenItAlwaysLoses(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, f *fixture) {
		other := f.instance(t)
		tries := 0
		err := f.Update(t.Context(), "ann", func(tx *store.Tx) error {
			tries++
			if err := add(tx, "ann", 1000); err != nil {
				return err
			}
			return other.Update(t.Context(), "ann", func(tx *store.Tx) error { return add(tx, "ann", 1) })
		})
		if got := fault.Of(err); got.Status != 409 || got.Code != "too_busy" {
			t.Errorf("error %v", err)
		}
		if n := number(t, f.Store, "ann"); n != tries {
			t.Errorf("number %d after %d tries of which none was written", n, tries)
		}
	})
}

// What an Update watched must not be watched any more when its connection is
// used by the next one, however it ended.
func TestNoWatchIsLeft(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, f *fixture) {
		ends := map[string]func(ctx context.Context, s *store.Store, cancel func()) error{
			"nothing to write": func(ctx context.Context, s *store.Store, _ func()) error {
				return s.Update(ctx, "ann", func(tx *store.Tx) error { _, err := tx.Get(tx.Key("n", "ann"), new(int)); return err })
			},
			"the change fails": func(ctx context.Context, s *store.Store, _ func()) error {
				return s.Update(ctx, "ann", func(tx *store.Tx) error { return errors.Join(add(tx, "ann", 0), errors.New("no")) })
			},
			"the caller gives up": func(ctx context.Context, s *store.Store, cancel func()) error {
				return s.Update(ctx, "ann", func(tx *store.Tx) error { err := add(tx, "ann", 0); cancel(); return err })
			},
			"the change panics": func(ctx context.Context, s *store.Store, _ func()) (err error) {
				defer func() { err = fmt.Errorf("%v", recover()) }()
				return s.Update(ctx, "ann", func(tx *store.Tx) error { _ = add(tx, "ann", 0); panic("no") })
			},
			"it was done before": func(ctx context.Context, s *store.Store, _ func()) error {
				once := func() error {
					return s.UpdateOnce(ctx, "ann", func(tx *store.Tx) error { return add(tx, "ann", 0) })
				}
				return errors.Join(once(), once())
			},
		}
		for name, end := range ends {
			t.Run(name, func(t *testing.T) {
				s := openAs(t, f.name, oneConnection(f.url), f.broker.publish)
				ctx, cancel := context.WithCancel(cause(t.Context(), name))
				defer cancel()
				t.Logf("%s: %v", name, end(ctx, s, cancel))
				if err := f.Update(t.Context(), "ann", func(tx *store.Tx) error { return add(tx, "ann", 1) }); err != nil {
					t.Fatal(err)
				}
				tries := 0
				err := s.Update(t.Context(), "ann", func(tx *store.Tx) error {
					tries++
					return tx.Set(tx.Key("other", "ann"), 0, 0)
				})
				if err != nil || tries != 1 {
					t.Errorf("the next change on the connection took %d tries, %v", tries, err)
				}
			})
		}
	})
}

func TestACommandThatTheServerRefusesAbortsAll(t *testing.T) {
	t.Parallel()
	s := open(t, redistest.ServerURL(t), nil) // the in-memory one runs the others
	err := s.Update(t.Context(), "ann", func(tx *store.Tx) error {
		tx.Write(func(p redis.Pipeliner) { p.Do(t.Context(), "nosuchcommand", tx.Key("x")) })
		return tx.Set(tx.Key("n", "ann"), 7, 0)
	})
	if got := fault.Of(err); got.Status != 500 || !strings.Contains(err.Error(), "nosuchcommand") || number(t, s, "ann") != 0 {
		t.Errorf("status %d, number %d: %v", got.Status, number(t, s, "ann"), err)
	}
}
