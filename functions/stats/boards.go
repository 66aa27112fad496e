package stats

import (
	"context"
	"encoding/json"
	"errors"
	"slices"

	"github.com/redis/go-redis/v9"

	"paceline/events"
	"paceline/shared/api"
	"paceline/shared/function/store"
)

// readRanked reads what the boards of a segment hold of a person.
func readRanked(ctx context.Context, t *store.Tx, segment, user string) (r Ranked, err error) {
	key := t.Key("ranked", segment)
	c, err := t.Read(key)
	if err != nil {
		return r, err
	}
	b, err := c.HGet(ctx, key, user).Bytes()
	if errors.Is(err, redis.Nil) {
		return r, nil
	}
	if err != nil {
		return r, store.Wrap(err)
	}
	return r, json.Unmarshal(b, &r)
}

// segmentChanged puts what a person has on a segment on its boards, in the place of
// what was there.
func (f *stats) segmentChanged(ctx context.Context, e events.StatsSegmentChanged) error {
	known, err := f.workouts.Known(ctx, e.UserID)
	if err != nil || !known {
		return err // of whom was erased nothing comes back
	}
	s, _, err := f.workouts.segmentMade(ctx, e.SegmentID)
	if err != nil || s == nil {
		return err
	}
	return f.workouts.UpdateOnce(ctx, s.ID, func(t *store.Tx) error {
		was, err := readRanked(ctx, t, s.ID, e.UserID)
		if err != nil || was.Version >= e.Version {
			return err
		}
		next := Ranked{e.Version, e.Marks}
		if err := tellOfRanks(ctx, t, *s, e, next); err != nil {
			return err
		}
		b, err := json.Marshal(next)
		if err != nil {
			return err
		}
		t.Write(func(p redis.Pipeliner) {
			p.HSet(ctx, t.Key("ranked", s.ID), e.UserID, b)
			for _, name := range was.boards() {
				if _, stays := next.on(name); !stays {
					p.ZRem(ctx, t.Key("board", s.ID, name), e.UserID)
				}
			}
			for _, m := range next.Marks {
				z := redis.Z{Score: float64(m.ElapsedMS), Member: e.UserID}
				for _, name := range m.Boards {
					p.ZAdd(ctx, t.Key("board", s.ID, name), z)
				}
				for _, name := range m.Months {
					p.ZAdd(ctx, t.Key("board", s.ID, name), z)
					p.Expire(ctx, t.Key("board", s.ID, name), monthsFor)
				}
			}
		})
		return nil
	})
}

// tellOfRanks tells who took the first place of all time from whom, among all or
// else among those of the same sex. A first effort takes it from nobody.
func tellOfRanks(ctx context.Context, t *store.Tx, s Segment, e events.StatsSegmentChanged, next Ranked) error {
	if e.WorkoutID == "" || s.Visibility != api.SegmentVisibilityEveryone {
		return nil
	}
	for _, among := range []string{"all", "female", "male"} {
		c := Class{}
		if among != "all" {
			c.Sex = among
		}
		board := s.board(allTime, c)
		mark, is := next.on(board)
		if !is || mark.WorkoutID != e.WorkoutID {
			continue
		}
		key := t.Key("board", s.ID, board)
		r, err := t.Read(key)
		if err != nil {
			return err
		}
		top, err := r.ZRangeWithScores(ctx, key, 0, 0).Result()
		if err != nil {
			return store.Wrap(err)
		}
		if len(top) == 0 || float64(mark.ElapsedMS) >= top[0].Score {
			continue
		}
		loser, _ := top[0].Member.(string)
		if loser == e.UserID { // it was theirs
			return nil
		}
		said := events.SegmentRankChanged{
			SegmentID: s.ID, UserID: e.UserID, Taken: true, WorkoutID: e.WorkoutID, StartedAt: e.StartedAt, Name: s.Name, Among: among,
			ElapsedS: float64(mark.ElapsedMS) / 1000, PreviousS: top[0].Score / 1000,
		}
		lost := said
		lost.UserID, lost.Taken, lost.WorkoutID = loser, false, ""
		return t.Emit(said, lost)
	}
	return nil
}

// unrank takes a person off the boards of a segment.
func (w workouts) unrank(ctx context.Context, t *store.Tx, segment, user string) error {
	was, err := readRanked(ctx, t, segment, user)
	if err != nil {
		return err
	}
	t.Write(func(p redis.Pipeliner) {
		p.HDel(ctx, t.Key("ranked", segment), user)
		for _, name := range was.boards() {
			p.ZRem(ctx, t.Key("board", segment, name), user)
		}
	})
	return nil
}

// raze ends a segment that is gone: its boards, and where it is found. What people
// have on it stays theirs and shows nowhere.
func (w workouts) raze(ctx context.Context, segment string, m Made) error {
	err := w.Update(ctx, segment, func(t *store.Tx) error {
		key := t.Key("ranked", segment)
		c, err := t.Read(key)
		if err != nil {
			return err
		}
		all, err := c.HGetAll(ctx, key).Result()
		if err != nil {
			return store.Wrap(err)
		}
		gone := []string{key, t.Key("made", segment)}
		for _, b := range all {
			var r Ranked
			if err := json.Unmarshal([]byte(b), &r); err != nil {
				return err
			}
			for _, name := range r.boards() {
				gone = append(gone, t.Key("board", segment, name))
			}
		}
		slices.Sort(gone)
		for some := range slices.Chunk(slices.Compact(gone), 1000) {
			t.Del(some...)
		}
		return nil
	})
	if err != nil || m.Start == "" {
		return err
	}
	return w.Update(ctx, m.Start, func(t *store.Tx) error {
		t.Write(func(p redis.Pipeliner) { p.HDel(ctx, t.Key("starts", m.Start), segment) })
		return nil
	})
}
