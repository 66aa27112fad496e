package objectstest

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"testing"
	"testing/iotest"

	"paceline/shared/objects"
)

// racers is how many goroutines contend for a key.
const racers = 20

// race runs do racers times at once and gives what each returned.
func race(do func(i int) error) []error {
	results := make([]error, racers)
	var ready, done sync.WaitGroup
	ready.Add(racers)
	for i := range racers {
		done.Go(func() {
			ready.Done()
			ready.Wait()
			results[i] = do(i)
		})
	}
	done.Wait()
	return results
}

func content(i int) []byte { return bytes.Repeat([]byte(fmt.Sprintf("writer %02d\n", i)), 1000) }

func ifAbsentRace(t *testing.T, s objects.Store) {
	for round := range 5 {
		key := fmt.Sprintf("race/%d/k", round)
		results := race(func(i int) error {
			_, err := s.Put(t.Context(), key, bytes.NewReader(content(i)), objects.Options{IfAbsent: true})
			return err
		})
		var winners []int
		for i, err := range results {
			switch {
			case err == nil:
				winners = append(winners, i)
			case !errors.Is(err, objects.ErrExists):
				t.Errorf("writer %d: %v", i, err)
			}
		}
		if len(winners) != 1 {
			t.Fatalf("%d writers created %q: %v", len(winners), key, winners)
		}
		holds(t, s, key, content(winners[0]))
	}
}

func ifAbsentKeeps(t *testing.T, s objects.Store) {
	put(t, s, "k", []byte("first"))
	for _, second := range []string{"second", "first", ""} {
		_, err := s.Put(t.Context(), "k", strings.NewReader(second), objects.Options{IfAbsent: true})
		fails(t, err, objects.ErrExists)
		holds(t, s, "k", []byte("first"))
	}
}

func ifAbsentAfterDelete(t *testing.T, s objects.Store) {
	for i := range 3 {
		if _, err := s.Put(t.Context(), "k", bytes.NewReader(content(i)), objects.Options{IfAbsent: true}); err != nil {
			t.Fatal(err)
		}
		holds(t, s, "k", content(i))
		if err := s.Delete(t.Context(), "k"); err != nil {
			t.Fatal(err)
		}
	}
}

func replacingRace(t *testing.T, s objects.Store) {
	put(t, s, "k", content(0))
	stop, read := make(chan struct{}), make(chan error, 1)
	go func() { read <- readWhile(t.Context(), s, stop) }()
	for i, err := range race(func(i int) error {
		_, err := s.Put(t.Context(), "k", bytes.NewReader(content(i)), objects.Options{})
		return err
	}) {
		if err != nil {
			t.Errorf("writer %d: %v", i, err)
		}
	}
	close(stop)
	if err := <-read; err != nil {
		t.Error(err)
	}
	got, info, err := objects.ReadAll(t.Context(), s, "k", 1<<20)
	if err != nil || len(got) != len(content(0)) || info.SHA256 != sha256.Sum256(got) {
		t.Errorf("in the end: %d bytes, %+v, %v", len(got), info, err)
	}
}

// readWhile reads k again and again: each time it is one writer's content.
func readWhile(ctx context.Context, s objects.Store, stop <-chan struct{}) error {
	for {
		got, info, err := objects.ReadAll(ctx, s, "k", 1<<20)
		if err != nil {
			return fmt.Errorf("read during replacing: %w", err)
		}
		if info.SHA256 != sha256.Sum256(got) {
			return errors.New("the content is of one put and the description of another")
		}
		select {
		case <-stop:
			return nil
		default:
		}
	}
}

func failingBody(t *testing.T, s objects.Store) {
	broken := errors.New("the sender went away")
	for _, size := range []int{0, 10, 5 << 20} {
		for _, o := range []objects.Options{{}, {IfAbsent: true}} {
			body := io.MultiReader(bytes.NewReader(random(4, size)), iotest.ErrReader(broken))
			if _, err := s.Put(t.Context(), "k/broken", body, o); !errors.Is(err, broken) {
				t.Errorf("after %d bytes: %v, want the body's own error", size, err)
			}
			absent(t, s, "k/broken")
		}
	}
	put(t, s, "k/kept", []byte("old"))
	body := io.MultiReader(strings.NewReader("new"), iotest.ErrReader(broken))
	if _, err := s.Put(t.Context(), "k/kept", body, objects.Options{}); !errors.Is(err, broken) {
		t.Errorf("got %v, want the body's own error", err)
	}
	holds(t, s, "k/kept", []byte("old"))
}

func hashMismatch(t *testing.T, s objects.Store) {
	o := objects.Options{SHA256: sha256.Sum256([]byte("what was promised"))}
	_, err := s.Put(t.Context(), "k", strings.NewReader("what came"), o)
	fails(t, err, objects.ErrMismatch)
	_, err = s.Put(t.Context(), "k", stream{strings.NewReader("what came")}, o)
	fails(t, err, objects.ErrMismatch)
	absent(t, s, "k")
	put(t, s, "k", []byte("old"))
	_, err = s.Put(t.Context(), "k", strings.NewReader("what came"), o)
	fails(t, err, objects.ErrMismatch)
	holds(t, s, "k", []byte("old"))
}

func cancelled(t *testing.T, s objects.Store) {
	put(t, s, "k", []byte("old"))
	ctx := cancelledContext(t)
	check := func(err error) {
		t.Helper()
		fails(t, err, objects.ErrUnavailable)
		if !errors.Is(err, context.Canceled) {
			t.Errorf("%v does not say that it was cancelled", err)
		}
	}
	_, err := s.Put(ctx, "k", strings.NewReader("new"), objects.Options{})
	check(err)
	_, err = s.Put(ctx, "new", stream{strings.NewReader("new")}, objects.Options{IfAbsent: true})
	check(err)
	_, _, err = s.Get(ctx, "k", objects.Range{})
	check(err)
	_, err = s.Head(ctx, "k")
	check(err)
	_, err = s.List(ctx, "", "", 0)
	check(err)
	check(s.Delete(ctx, "k"))
	holds(t, s, "k", []byte("old"))
	absent(t, s, "new")
}
