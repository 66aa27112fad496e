package store

import (
	"context"
	"strconv"
	"time"

	"github.com/redis/go-redis/v9"
)

// Entry is one member of a sorted set whose scores are times.
type Entry struct {
	ID string
	At time.Time
}

// Score is the score of a moment: Unix time in milliseconds.
func Score(t time.Time) float64 { return float64(t.UnixMilli()) }

// Position is where an entry stands, as Newest takes it: score and member.
func (e Entry) Position() []string {
	return []string{strconv.FormatInt(e.At.UnixMilli(), 10), e.ID}
}

// Newest reads up to n members of a sorted set, newest first, after a
// position; a nil position is the start. Members of one score come in falling
// order, so that a page never skips or repeats one.
func (s *Store) Newest(ctx context.Context, key string, n int, after []string) ([]Entry, error) {
	by := &redis.ZRangeBy{Min: "-inf", Max: "+inf", Count: int64(n)}
	if len(after) == 2 {
		if _, err := strconv.ParseInt(after[0], 10, 64); err != nil {
			return nil, nil // not a position of ours: nothing comes after it
		}
		by.Max = after[0]
	}
	var out []Entry
	for len(out) < n {
		found, err := s.c.Client.ZRevRangeByScoreWithScores(ctx, key, by).Result()
		if err != nil {
			return nil, Wrap(err)
		}
		for _, z := range found {
			e := Entry{At: time.UnixMilli(int64(z.Score)).UTC()}
			e.ID, _ = z.Member.(string)
			if len(after) == 2 && strconv.FormatInt(int64(z.Score), 10) == after[0] && e.ID >= after[1] {
				continue
			}
			out = append(out, e)
		}
		if int64(len(found)) < by.Count {
			break
		}
		by.Offset += by.Count
	}
	return out[:min(len(out), n)], nil
}

// Page is Newest for one page of a list: its entries, and the last one when
// more may follow.
func (s *Store) Page(ctx context.Context, key string, limit int, after []string) (page []Entry, last *Entry, err error) {
	page, err = s.Newest(ctx, key, limit+1, after)
	if len(page) > limit {
		page = page[:limit]
		last = &page[limit-1]
	}
	return page, last, err
}

// Members is every member of a sorted set.
func (s *Store) Members(ctx context.Context, key string) ([]Entry, error) {
	found, err := s.c.Client.ZRangeWithScores(ctx, key, 0, -1).Result()
	if err != nil {
		return nil, Wrap(err)
	}
	out := make([]Entry, 0, len(found))
	for _, z := range found {
		e := Entry{At: time.UnixMilli(int64(z.Score)).UTC()}
		e.ID, _ = z.Member.(string)
		out = append(out, e)
	}
	return out, nil
}
