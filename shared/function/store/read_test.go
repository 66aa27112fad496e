package store_test

import (
	"fmt"
	"regexp"
	"slices"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"paceline/shared/function/store"
)

func TestKeysCarryPrefixAndHashTag(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, f *fixture) {
		form := regexp.MustCompile(`^` + f.name + `:\{[0-9]{4}\}:a:b$`)
		tags := map[string]bool{}
		for i := range 20_000 {
			id := fmt.Sprint("user", i)
			key := f.Key(id, "a", "b")
			if !form.MatchString(key) || key != f.Key(id, "a", "b") {
				t.Fatalf("key %q", key)
			}
			tags[key] = true
		}
		if len(tags) != store.Partitions {
			t.Errorf("20,000 ids fall into %d of %d partitions", len(tags), store.Partitions)
		}
		err := f.Update(t.Context(), "ann", func(tx *store.Tx) error {
			if got, want := tx.Key("a"), f.Key("ann", "a"); got != want {
				t.Errorf("key in a change %q, outside %q", got, want)
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	})
}

func TestNewestPages(t *testing.T) {
	t.Parallel()
	start := time.Date(2026, 5, 4, 10, 0, 0, 0, time.UTC)
	scores := map[string]func(i int) time.Time{
		"all different":     func(i int) time.Time { return start.Add(time.Duration(i) * time.Second) },
		"all equal":         func(int) time.Time { return start },
		"equal in sevens":   func(i int) time.Time { return start.Add(time.Duration(i/7) * time.Second) },
		"before the epoch":  func(i int) time.Time { return time.Unix(-int64(i)/3, 0) },
		"milliseconds near": func(i int) time.Time { return start.Add(time.Duration(i/2) * time.Millisecond) },
	}
	for name, at := range scores {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			onEach(t, func(t *testing.T, f *fixture) {
				const n = 40
				key := f.Key("ann", "list")
				var all []store.Entry
				for i := range n {
					e := store.Entry{ID: fmt.Sprintf("id%02d", i*17%n), At: at(i)}
					all = append(all, e)
					if err := f.Client().ZAdd(t.Context(), key, redis.Z{Score: store.Score(e.At), Member: e.ID}).Err(); err != nil {
						t.Fatal(err)
					}
				}
				slices.SortFunc(all, func(a, b store.Entry) int {
					if c := b.At.Compare(a.At); c != 0 {
						return c
					}
					return slices.Compare([]byte(b.ID), []byte(a.ID))
				})
				for _, limit := range []int{1, 3, 7, 39, 40, 41} {
					if got := paged(t, f.Store, key, limit); !slices.Equal(got, ids(all)) {
						t.Errorf("in pages of %d:\n%v\nwant\n%v", limit, got, ids(all))
					}
				}
			})
		})
	}
}

func ids(entries []store.Entry) []string {
	var out []string
	for _, e := range entries {
		out = append(out, e.ID)
	}
	return out
}

// paged reads a whole list page by page.
func paged(t *testing.T, s *store.Store, key string, limit int) []string {
	t.Helper()
	var out []string
	var after []string
	for range 100 {
		page, last, err := s.Page(t.Context(), key, limit, after)
		if err != nil {
			t.Fatal(err)
		}
		if len(page) > limit {
			t.Fatalf("a page of %d has %d entries", limit, len(page))
		}
		out = append(out, ids(page)...)
		if last == nil {
			return out
		}
		after = last.Position()
	}
	t.Fatal("the pages do not end")
	return nil
}

func TestAForeignPositionIsNoPage(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, f *fixture) {
		key := f.Key("ann", "list")
		if err := f.Client().ZAdd(t.Context(), key, redis.Z{Score: 1, Member: "a"}).Err(); err != nil {
			t.Fatal(err)
		}
		for _, after := range [][]string{{"(1", "a"}, {"+inf", "a"}, {"", ""}, {"1 LIMIT 0 1", "a"}, {"99999999999999999999", "a"}} {
			page, last, err := f.Page(t.Context(), key, 10, after)
			if len(page) != 0 || last != nil || err != nil {
				t.Errorf("after %q: %v %v %v", after, page, last, err)
			}
		}
	})
}

func TestGetManyAcrossPartitions(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, f *fixture) {
		var keys []string
		for i := range 100 {
			id := fmt.Sprint("user", i)
			keys = append(keys, f.Key(id, "n", id))
			if i%3 == 0 {
				continue // not there
			}
			if err := f.Update(t.Context(), id, func(tx *store.Tx) error { return tx.Set(tx.Key("n", id), i, 0) }); err != nil {
				t.Fatal(err)
			}
		}
		got, err := store.GetMany[int](t.Context(), f.Store, keys)
		if err != nil || len(got) != len(keys) {
			t.Fatal(len(got), err)
		}
		for i, v := range got {
			if (v == nil) != (i%3 == 0) || v != nil && *v != i {
				t.Errorf("value %d is %v", i, v)
			}
		}
		if none, err := store.GetMany[int](t.Context(), f.Store, nil); err != nil || len(none) != 0 {
			t.Errorf("of no keys: %v %v", none, err)
		}
	})
}

func TestNewerGoesOnlyForward(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, f *fixture) {
		if f.newer(t, "nobody", 1) {
			t.Error("something of somebody without keys is newer")
		}
		var got []bool
		for _, version := range []int64{2, 1, 2, 3} {
			got = append(got, f.newer(t, "ann", version))
		}
		if want := []bool{true, false, false, true}; !slices.Equal(got, want) {
			t.Errorf("versions 2 1 2 3 are newer: %v, want %v", got, want)
		}
	})
}

func (f *fixture) newer(t *testing.T, owner string, version int64) (newer bool) {
	t.Helper()
	err := f.Update(t.Context(), owner, func(tx *store.Tx) (err error) {
		newer, err = tx.Newer(owner, tx.Key("seen", owner), "bob", version)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return newer
}
