package store_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"testing"

	"github.com/redis/go-redis/v9"

	"paceline/events"
	"paceline/shared/function/store"
)

// The commit stands although the broker is away; who comes next publishes the
// very same event.
func TestAnEventOutlivesACrashBetweenCommitAndPublish(t *testing.T) {
	t.Parallel()
	again := map[string]func(t *testing.T, f *fixture, deliver func(*store.Store) error) error{
		"a redelivery": func(_ *testing.T, f *fixture, deliver func(*store.Store) error) error { return deliver(f.Store) },
		"a redelivery to another instance": func(t *testing.T, f *fixture, deliver func(*store.Store) error) error {
			return deliver(f.instance(t))
		},
		"a sweep of another instance": func(t *testing.T, f *fixture, _ func(*store.Store) error) error {
			left, err := f.instance(t).Sweep(t.Context())
			return errors.Join(err, leftIs(left, 0))
		},
	}
	for name, next := range again {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			onEach(t, func(t *testing.T, f *fixture) {
				deliver := func(s *store.Store) error {
					return s.UpdateOnce(cause(t.Context(), "the event"), "ann", func(tx *store.Tx) error {
						return errors.Join(add(tx, "ann", 1), tx.Emit(follow("bob")))
					})
				}
				f.broker.refuse(true)
				if err := deliver(f.Store); err != nil {
					t.Fatalf("the broker's absence fails the change: %v", err)
				}
				committed := waiting(t, f, "ann")
				f.broker.refuse(false)
				if err := next(t, f, deliver); err != nil {
					t.Fatal(err)
				}
				if got := f.broker.ids(); len(committed) != 1 || fmt.Sprint(got) != fmt.Sprint(committed) {
					t.Errorf("committed %v, published %v", committed, got)
				}
				if n, left := number(t, f.Store, "ann"), waiting(t, f, "ann"); n != 1 || len(left) != 0 {
					t.Errorf("applied %d times, still waiting %v", n, left)
				}
			})
		})
	}
}

// waiting are the ids in the outbox of the partition of id.
func waiting(t *testing.T, f *fixture, id string) []string {
	t.Helper()
	entries, err := f.Client().XRange(t.Context(), f.Key(id, "outbox"), "-", "+").Result()
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, m := range entries {
		var e events.Envelope
		if err := json.Unmarshal([]byte(m.Values["event"].(string)), &e); err != nil {
			t.Fatal(err)
		}
		out = append(out, e.ID)
	}
	return out
}

func leftIs(left, want int64) error {
	if left != want {
		return fmt.Errorf("%d events left, want %d", left, want)
	}
	return nil
}

func TestTheOutboxKeepsTheOrder(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, f *fixture) {
		f.broker.refuse(true)
		for i := range 4 {
			err := f.Update(cause(t.Context(), fmt.Sprint(i)), "ann", func(tx *store.Tx) error {
				return tx.Emit(follow(fmt.Sprint(2*i)), follow(fmt.Sprint(2*i+1)))
			})
			if err != nil {
				t.Fatal(err)
			}
		}
		f.broker.refuse(false)
		if left, err := f.Sweep(t.Context()); errors.Join(err, leftIs(left, 0)) != nil {
			t.Fatal(left, err)
		}
		if got := fmt.Sprint(f.broker.subjects()); got != "[0 1 2 3 4 5 6 7]" {
			t.Errorf("published %v", got)
		}
	})
}

func TestSweepSaysWhatIsLeft(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, f *fixture) {
		f.broker.refuse(true)
		for _, user := range []string{"ann", "bob", "cy"} {
			if err := f.Update(cause(t.Context(), user), user, func(tx *store.Tx) error { return tx.Emit(follow("x"), follow("y")) }); err != nil {
				t.Fatal(err)
			}
		}
		left, err := f.Sweep(t.Context())
		if errors.Join(err, leftIs(left, 6)) != nil {
			t.Errorf("with the broker away: %d left, %v", left, err)
		}
		f.broker.refuse(false)
		left, err = f.Sweep(t.Context())
		if errors.Join(err, leftIs(left, 0)) != nil || len(f.broker.ids()) != 6 {
			t.Errorf("with the broker back: %d left, %d published, %v", left, len(f.broker.ids()), err)
		}
	})
}

// One event that the broker never takes keeps those behind it in its own
// partition, and no others.
func TestSweepGoesOnAfterARefusal(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, f *fixture) {
		f.broker.refuse(true)
		for _, user := range []string{"ann", "bob"} {
			if err := f.Update(cause(t.Context(), user), user, func(tx *store.Tx) error { return tx.Emit(follow(user)) }); err != nil {
				t.Fatal(err)
			}
		}
		for _, refused := range []string{"ann", "bob"} {
			picky := openAs(t, f.name, f.url, func(_ context.Context, e events.Envelope) error {
				if e.Subject == refused {
					return errRefused
				}
				return nil
			})
			_, err := picky.Sweep(t.Context())
			if err != nil {
				t.Fatal(err)
			}
		}
		if left, err := f.Sweep(t.Context()); errors.Join(err, leftIs(left, 0)) != nil {
			t.Errorf("%d left, %v", left, err)
		}
	})
}

// A broker that hangs takes one wait from a sweep, not one for each partition.
func TestSweepEndsWhenTheBrokerHangs(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, f *fixture) {
		f.broker.refuse(true)
		for i := range 8 {
			user := fmt.Sprint(i)
			if err := f.Update(cause(t.Context(), user), user, func(tx *store.Tx) error { return tx.Emit(follow(user)) }); err != nil {
				t.Fatal(err)
			}
		}
		asked := 0
		hung := openAs(t, f.name, f.url, func(context.Context, events.Envelope) error {
			asked++
			return fmt.Errorf("send: %w", context.DeadlineExceeded)
		})
		left, err := hung.Sweep(t.Context())
		if errors.Join(err, leftIs(left, 8)) != nil || asked != 1 {
			t.Errorf("%d left, asked %d times, %v", left, asked, err)
		}
	})
}

func TestABrokenEntryDoesNotHoldUpTheOthers(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, f *fixture) {
		box := f.Key("ann", "outbox")
		if err := f.Client().XAdd(t.Context(), &redis.XAddArgs{Stream: box, Values: []any{"event", "{"}}).Err(); err != nil {
			t.Fatal(err)
		}
		f.broker.refuse(true)
		if err := f.Update(cause(t.Context(), "c"), "ann", func(tx *store.Tx) error { return tx.Emit(follow("bob")) }); err != nil {
			t.Fatal(err)
		}
		f.broker.refuse(false)
		left, err := f.Sweep(t.Context())
		if errors.Join(err, leftIs(left, 1)) != nil || len(f.broker.ids()) != 1 {
			t.Errorf("%d left (the broken one should stay to be seen), published %v, %v", left, f.broker.ids(), err)
		}
	})
}

func TestForwardKeepsTheEventAsItIs(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, f *fixture) {
		e := events.Envelope{SpecVersion: "1.0", ID: "own", Source: "/x", Type: "y", Data: []byte(`{}`)}
		if err := f.Update(t.Context(), "ann", func(tx *store.Tx) error { tx.Forward(e); return nil }); err != nil {
			t.Fatal(err)
		}
		if got := f.broker.ids(); fmt.Sprint(got) != "[own]" {
			t.Errorf("published %v", got)
		}
	})
}

// The commit holds, and so do its events, when the caller hangs up meanwhile.
func TestPublishingOutlastsTheCaller(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, f *fixture) {
		ctx, hangUp := context.WithCancel(cause(t.Context(), "c"))
		s := openAs(t, f.name, f.url, func(ctx context.Context, e events.Envelope) error {
			hangUp()
			return errors.Join(ctx.Err(), f.broker.publish(ctx, e))
		})
		if err := s.Update(ctx, "ann", func(tx *store.Tx) error { return tx.Emit(follow("bob"), follow("cy")) }); err != nil {
			t.Fatal(err)
		}
		if got, left := f.broker.subjects(), waiting(t, f, "ann"); fmt.Sprint(got) != "[bob cy]" || len(left) != 0 {
			t.Errorf("published %v, still waiting %v", got, left)
		}
	})
}
