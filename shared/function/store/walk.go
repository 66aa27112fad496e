package store

import (
	"context"

	"github.com/redis/go-redis/v9"

	"paceline/shared/function/fault"
)

// ranges is into how many a walk over all partitions is cut, which go on
// beside each other.
const ranges = 16

// Walk is a walk through the members of a set that each partition from From up
// to but without To has under one name; of the first partition those after After
// are left. An event carries it from step to step.
type Walk struct {
	From, To int
	After    string
}

// Walks cover all partitions.
func Walks() []Walk {
	const width = Partitions / ranges
	out := make([]Walk, 0, ranges)
	for from := 0; from < Partitions; from += width {
		out = append(out, Walk{From: from, To: from + width})
	}
	return out
}

// Step visits up to n members of the walk and answers with what is left of it;
// false when that is nothing. The set is a sorted set whose scores are all alike.
func (s *Store) Step(ctx context.Context, set string, at Walk, n int, visit func(member string) error) (Walk, bool, error) {
	if at.From < 0 || at.To > Partitions || at.From >= at.To {
		return at, false, fault.Invalid("invalid_range", "partitions are from 0 to %d", Partitions)
	}
	for done := 0; at.From < at.To; at.From, at.After = at.From+1, "" {
		by := &redis.ZRangeBy{Min: "-", Max: "+", Count: int64(n - done)}
		if at.After != "" {
			by.Min = "(" + at.After
		}
		members, err := s.c.Client.ZRangeByLex(ctx, s.KeyIn(at.From, set), by).Result()
		if err != nil {
			return at, false, Wrap(err)
		}
		for _, m := range members {
			if err := visit(m); err != nil {
				return at, false, err
			}
			at.After = m
		}
		if done += len(members); done == n {
			return at, true, nil
		}
	}
	return at, false, nil
}
