package store_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"

	"paceline/shared/function/store"
)

func TestUpdateOnceAppliesParallelDeliveriesOnce(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, f *fixture) {
		ctx := cause(t.Context(), "the event")
		instances := []*store.Store{f.Store, f.instance(t)}
		var wg sync.WaitGroup
		for i := range 20 {
			wg.Go(func() {
				err := instances[i%2].UpdateOnce(ctx, "ann", func(tx *store.Tx) error {
					return errors.Join(add(tx, "ann", 1), tx.Emit(follow("bob")))
				})
				if err != nil {
					t.Errorf("delivery: %v", err)
				}
			})
		}
		wg.Wait()
		distinct := map[string]bool{}
		for _, id := range f.broker.ids() {
			distinct[id] = true
		}
		if n := number(t, f.Store, "ann"); n != 1 || len(distinct) != 1 {
			t.Errorf("applied %d times, events %v", n, f.broker.ids())
		}
	})
}

// An event that comes again is told, and one that comes first is not.
func TestUpdateOnceTellsOfDuplicates(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, f *fixture) {
		client, err := store.Dial(f.url, store.TLS{})
		if err != nil {
			t.Fatal(err)
		}
		told := 0
		s := store.New(store.Config{Function: uniqueName(t), Client: client, Duplicate: func(context.Context) { told++ }})
		defer s.Close()
		for n, id := range []string{"one", "two", "one", "one", "two"} {
			if err := s.UpdateOnce(cause(t.Context(), id), "ann", func(tx *store.Tx) error { return add(tx, "ann", 1) }); err != nil {
				t.Fatal(err)
			}
			if want := max(0, n-1); told != want {
				t.Errorf("after %d deliveries %d are told, want %d", n+1, told, want)
			}
		}
	})
}

func TestUpdateOnceTellsEventsApart(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, f *fixture) {
		for _, id := range []string{"one", "two", "one", "two"} {
			if err := f.UpdateOnce(cause(t.Context(), id), "ann", func(tx *store.Tx) error { return add(tx, "ann", 1) }); err != nil {
				t.Fatal(err)
			}
		}
		if n := number(t, f.Store, "ann"); n != 2 {
			t.Errorf("applied %d times, want 2", n)
		}
	})
}

func TestAFailedDeliveryIsNotMarked(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, f *fixture) {
		ctx := cause(t.Context(), "the event")
		if err := f.UpdateOnce(ctx, "ann", func(*store.Tx) error { return errors.New("not now") }); err == nil {
			t.Fatal("no error")
		}
		if err := f.UpdateOnce(ctx, "ann", func(tx *store.Tx) error { return add(tx, "ann", 1) }); err != nil {
			t.Fatal(err)
		}
		if n := number(t, f.Store, "ann"); n != 1 {
			t.Errorf("applied %d times after one failure and one success", n)
		}
	})
}

func TestUpdateOnceMarksForTwoWeeks(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, f *fixture) {
		if err := f.UpdateOnce(cause(t.Context(), "e"), "ann", func(*store.Tx) error { return nil }); err != nil {
			t.Fatal(err)
		}
		ttl, err := f.Client().TTL(t.Context(), f.Key("ann", "done", "c6ca0dd9117c7775f67a639145863792")).Result()
		if err != nil || ttl <= store.MarkTTL-store.MarkTTL/100 || ttl > store.MarkTTL {
			t.Errorf("the mark lives %v, %v", ttl, err)
		}
	})
}

func TestUpdateOnceNeedsAnEvent(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, f *fixture) {
		err := f.UpdateOnce(t.Context(), "ann", func(tx *store.Tx) error { return add(tx, "ann", 1) })
		if err == nil || number(t, f.Store, "ann") != 0 {
			t.Errorf("error %v, number %d", err, number(t, f.Store, "ann"))
		}
	})
}

// Two people whose ids fall into one partition are both told by one event.
func TestUpdateOnceIsOnceAPersonNotOnceAPartition(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, f *fixture) {
		first, second := "ann", ""
		for i := 0; second == ""; i++ {
			if id := fmt.Sprint("p", i); f.Key(id, "x") == f.Key(first, "x") {
				second = id
			}
		}
		for _, id := range []string{first, second, first} {
			err := f.UpdateOnce(cause(t.Context(), "e"), id, func(tx *store.Tx) error { return tx.Set(tx.Key("told", id), true, 0) })
			if err != nil {
				t.Fatal(err)
			}
		}
		for _, id := range []string{first, second} {
			var told bool
			if found, err := f.Get(t.Context(), f.Key(id, "told", id), &told); err != nil || !found {
				t.Errorf("%s was not told: %v", id, err)
			}
		}
	})
}
