package stats

import (
	"context"
	"slices"
	"strings"

	"github.com/redis/go-redis/v9"

	"paceline/events"
	"paceline/shared/function/store"
)

// standings are those of a person within one change.
type standings struct {
	w      workouts
	t      *store.Tx
	user   string
	hiding Hiding
	off    bool // the person shares no times
}

func (w workouts) standings(t *store.Tx, user string) (s standings, err error) {
	s = standings{w: w, t: t, user: user}
	if _, err := t.GetSealed(user, t.Key("hiding", user), &s.hiding); err != nil {
		return s, err
	}
	_, err = t.Get(t.Key("noshare", user), &s.off)
	return s, err
}

func (s *standings) key(segment string) string { return s.t.Key("standing", s.user, segment) }

func (s *standings) yearKey(segment, year string) string {
	return s.t.Key("passes", s.user, segment, year)
}

// place brings what a person has on segments in line with what a workout has, and
// tells the boards, which lie elsewhere.
func (w workouts) place(ctx context.Context, t *store.Tx, r *Record) error {
	if r.Passed == nil && r.Placed == nil {
		return nil
	}
	user := r.Workout.UserID
	var settings Settings
	if _, err := t.GetSealed(user, t.Key("settings", user), &settings); err != nil {
		return err
	}
	before, next := r.Placed, r.places(classOf(settings.of(r.Workout)))
	if before.same(next) {
		return nil
	}
	s, err := w.standings(t, user)
	if err != nil {
		return err
	}
	if err := s.replace(ctx, r.Workout, before, next); err != nil {
		return err
	}
	r.Placed = next
	return nil
}

// replace takes what standings have of a workout off and puts in what they have
// to have.
func (s *standings) replace(ctx context.Context, w events.Workout, before, next *Placed) error {
	ids := segmentsOf(before, next)
	var years []string
	for _, p := range []*Placed{before, next} {
		if p != nil && !slices.Contains(years, p.At.Format("2006")) {
			years = append(years, p.At.Format("2006"))
		}
	}
	var keys, yearKeys []string
	for _, id := range ids {
		keys = append(keys, s.key(id))
		for _, y := range years {
			yearKeys = append(yearKeys, s.yearKey(id, y))
		}
	}
	now, err := watched[Standing](ctx, s.w, s.t, s.user, keys)
	if err != nil {
		return err
	}
	passes, err := watched[[]Pass](ctx, s.w, s.t, s.user, yearKeys)
	if err != nil {
		return err
	}
	of, err := s.w.segments(ctx, ids)
	if err != nil {
		return err
	}
	for i, id := range ids {
		var standing Standing
		if now[i] != nil {
			standing = *now[i]
		}
		was := s.marks(standing, of[i])
		for j, y := range years {
			var all []Pass
			if p := passes[i*len(years)+j]; p != nil {
				all = *p
			}
			var put []Passage
			if next != nil && next.At.Format("2006") == y {
				put = next.on(id)
			}
			all = repass(all, w.WorkoutID, next, put)
			standing.mark(y, all)
			if err := s.keep(s.yearKey(id, y), all, len(all) == 0); err != nil {
				return err
			}
		}
		marks := s.marks(standing, of[i])
		told := !slices.EqualFunc(was, marks, sameMark)
		if told {
			standing.Version++
		}
		// A standing without a year stays: its version orders what is told.
		if err := s.t.SetSealed(s.user, s.key(id), standing, 0); err != nil {
			return err
		}
		if told {
			if err := s.tell(w, id, standing.Version, marks, late(next.on(id))); err != nil {
				return err
			}
		}
	}
	return nil
}

func late(of []Passage) bool { return slices.ContainsFunc(of, func(p Passage) bool { return p.Late }) }

func (s *standings) keep(key string, v any, empty bool) error {
	if empty {
		s.t.Disown(s.user, key)
		return nil
	}
	return s.t.SetSealed(s.user, key, v, 0)
}

func sameMark(a, b events.SegmentMark) bool {
	return a.WorkoutID == b.WorkoutID && a.ElapsedMS == b.ElapsedMS && a.At.Equal(b.At) && slices.Equal(a.Boards, b.Boards) && slices.Equal(a.Months, b.Months)
}

// marks is what boards may hold of a standing: nothing of who shares no times, and
// nothing of a segment that comes into a privacy zone of the person's.
func (s *standings) marks(of Standing, on *Segment) []events.SegmentMark {
	if s.off || on == nil || s.hiding.touches(on.line()) {
		return nil
	}
	return of.onBoards(*on, s.t.Now())
}

// tell says to the boards of a segment what they have of the person. Others are
// told of what is new: not of an import, nor of what was there before the segment.
func (s *standings) tell(w events.Workout, segment string, version int64, marks []events.SegmentMark, quiet bool) error {
	e := events.StatsSegmentChanged{UserID: s.user, SegmentID: segment, Version: version, Marks: marks}
	if !quiet && w.ImportID == "" {
		e.WorkoutID, e.StartedAt = w.WorkoutID, w.StartedAt
	}
	return s.t.Emit(e)
}

// weigh tells boards anew what they may have of a person.
func (w workouts) weigh(ctx context.Context, user string, ids []string) error {
	return w.UpdateOnce(ctx, user, func(t *store.Tx) error {
		if known, err := t.Known(user); err != nil || !known {
			return err
		}
		s, err := w.standings(t, user)
		if err != nil {
			return err
		}
		var keys []string
		for _, id := range ids {
			keys = append(keys, s.key(id))
		}
		now, err := watched[Standing](ctx, w, t, user, keys)
		if err != nil {
			return err
		}
		of, err := w.segments(ctx, ids)
		if err != nil {
			return err
		}
		for i, id := range ids {
			if now[i] == nil {
				continue
			}
			now[i].Version++
			if err := t.SetSealed(user, keys[i], now[i], 0); err != nil {
				return err
			}
			if err := s.tell(events.Workout{}, id, now[i].Version, s.marks(*now[i], of[i]), true); err != nil {
				return err
			}
		}
		return nil
	})
}

// askWeighing asks for all that a person has on segments to be weighed anew.
func (w workouts) askWeighing(ctx context.Context, t *store.Tx, user string) error {
	ids, err := w.passedBy(ctx, user)
	if err != nil {
		return err
	}
	for i, some := range slices.Collect(slices.Chunk(ids, sliceSize)) {
		if err := t.Emit(events.StatsMatchRequested{UserID: user, Slice: i, SegmentIDs: some}); err != nil {
			return err
		}
	}
	return nil
}

// passedBy are the segments on which a person has, or had, an effort.
func (w workouts) passedBy(ctx context.Context, user string) ([]string, error) {
	keys, err := w.Owned(ctx, user)
	if err != nil {
		return nil, err
	}
	var ids []string
	for _, key := range keys {
		if id, ok := strings.CutPrefix(key, w.Key(user, "standing", user, "")); ok {
			ids = append(ids, id)
		}
	}
	slices.Sort(ids)
	return ids, nil
}

// forgetPlaces takes a person who was erased out of all boards and regions, and
// ends the segments that the person made.
func (w workouts) forgetPlaces(ctx context.Context, user string) error {
	ids, err := w.passedBy(ctx, user)
	if err != nil {
		return err
	}
	for _, id := range ids {
		if err := w.Update(ctx, id, func(t *store.Tx) error { return w.unrank(ctx, t, id, user) }); err != nil {
			return err
		}
	}
	made, err := w.Members(ctx, w.Key(user, "segments", user))
	if err != nil {
		return err
	}
	for _, e := range made {
		var m Made
		if _, err := w.Get(ctx, w.Key(e.ID, "made", e.ID), &m); err != nil {
			return err
		}
		if err := w.raze(ctx, e.ID, m); err != nil {
			return err
		}
	}
	regions, err := w.Client().SMembers(ctx, w.Key(user, "regions", user)).Result()
	if err != nil {
		return store.Wrap(err)
	}
	for _, name := range regions {
		err := w.Update(ctx, name, func(t *store.Tx) error {
			t.Write(func(p redis.Pipeliner) { p.ZRem(ctx, t.Key("people", name), user) })
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}
