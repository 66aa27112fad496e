package store_test

import (
	"reflect"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"paceline/shared/function/rest"
)

func TestOneOfManyClaimsAKey(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, f *fixture) {
		var claimed atomic.Int64
		var wg sync.WaitGroup
		for range 20 {
			wg.Go(func() {
				before, err := f.Begin(t.Context(), "ann", "key", "request")
				switch {
				case err != nil:
					t.Errorf("begin: %v", err)
				case before == nil:
					claimed.Add(1)
				case before.Status != 0 || before.Request != "request":
					t.Errorf("there is %+v", before)
				}
			})
		}
		wg.Wait()
		if claimed.Load() != 1 {
			t.Errorf("%d claims of one key", claimed.Load())
		}
	})
}

func TestAnswersAreKeptByPersonAndKey(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, f *fixture) {
		ctx := t.Context()
		want := rest.Answer{Request: "r", Status: 201, Header: map[string][]string{"Etag": {`"1"`}}, Body: []byte{0, 255}}
		if before, err := f.Begin(ctx, "ann", "key", "r"); before != nil || err != nil {
			t.Fatal(before, err)
		}
		if err := f.Finish(ctx, "ann", "key", want); err != nil {
			t.Fatal(err)
		}
		for _, request := range []string{"another", "r", "r"} {
			if got, err := f.Begin(ctx, "ann", "key", request); err != nil || !reflect.DeepEqual(got, &want) {
				t.Errorf("kept %+v, %v", got, err)
			}
		}
		for _, c := range [][2]string{{"bob", "key"}, {"ann", "key2"}} {
			if got, err := f.Begin(ctx, c[0], c[1], "r"); got != nil || err != nil {
				t.Errorf("%v has %+v, %v", c, got, err)
			}
		}
		if err := f.Finish(ctx, "bob", "key", rest.Answer{}); err != nil {
			t.Fatal(err)
		}
		if got, err := f.Begin(ctx, "bob", "key", "other"); got != nil || err != nil {
			t.Errorf("a forgotten claim is %+v, %v", got, err)
		}
	})
}

func TestClaimsAndAnswersExpire(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, f *fixture) {
		key := f.Key("ann", "answer", "ann", "2c70e12b7a0646f92279f427c7b38e73")
		if _, err := f.Begin(t.Context(), "ann", "key", "r"); err != nil {
			t.Fatal(err)
		}
		if ttl := f.Client().TTL(t.Context(), key).Val(); ttl <= 0 || ttl > 2*time.Minute {
			t.Errorf("a claim lives %v", ttl)
		}
		if err := f.Finish(t.Context(), "ann", "key", rest.Answer{Status: 200}); err != nil {
			t.Fatal(err)
		}
		if ttl := f.Client().TTL(t.Context(), key).Val(); ttl < 23*time.Hour || ttl > 24*time.Hour {
			t.Errorf("an answer lives %v", ttl)
		}
	})
}
