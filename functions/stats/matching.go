package stats

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/redis/go-redis/v9"

	"paceline/events"
	"paceline/functions/stats/figures"
	"paceline/functions/stats/segment"
	"paceline/shared/api"
	"paceline/shared/function/fault"
	"paceline/shared/function/store"
	"paceline/shared/objects"
	"paceline/shared/track"
)

// A workout is kept, the person is entered into the regions that it touched, and
// only then the segments are looked up; a segment is entered into its tile, and
// only then people and their workouts are looked up. So whichever comes second
// finds the other, however they run beside each other.

// candidates are the segments of a sport whose start and finish a path comes near
// to, and that a person's workouts count on.
func (w workouts) candidates(ctx context.Context, user, sport string, names tileNames, path *segment.Path) ([]*Segment, error) {
	tiles := path.Tiles()
	starts, err := w.startsIn(ctx, names, tiles)
	if err != nil || len(starts) == 0 {
		return nil, err
	}
	near := map[string]bool{}
	for _, t := range tiles {
		for _, name := range names.sought(t) {
			near[name] = true
		}
	}
	var ids []string
	for _, s := range starts {
		if s.sport == sport && near[s.finish] {
			ids = append(ids, s.id)
		}
	}
	slices.Sort(ids)
	found, err := w.segments(ctx, slices.Compact(ids))
	return slices.DeleteFunc(found, func(s *Segment) bool {
		return s == nil || s.UserID != user && s.Visibility != api.SegmentVisibilityEveryone
	}), err
}

// passages are the efforts of a path on a segment that somebody can have made.
func passages(path *segment.Path, s *Segment, doubts []string, peaks []figures.Peak, late bool) (out []Passage) {
	for _, e := range path.Match(segment.NewLine(s.line())) {
		if figures.Doubt(s.Sport, doubts, peaks, s.DistanceM, e.ElapsedS) == "" {
			out = append(out, Passage{s.ID, e.StartS, e.ElapsedS, late})
		}
	}
	return out
}

// match finds the segments that a workout passed, which has just been kept.
func (f *stats) match(ctx context.Context, w events.Workout, a *analysis) error {
	if a == nil {
		return nil
	}
	path := segment.NewPath(a.places)
	var found []*Segment
	if len(path.Tiles()) > 0 {
		names, err := f.workouts.tileNames(ctx)
		if err != nil {
			return err
		}
		if err := f.workouts.roam(ctx, w.UserID, names, path); err != nil {
			return err
		}
		if found, err = f.workouts.candidates(ctx, w.UserID, w.Sport, names, path); err != nil {
			return err
		}
	}
	asked := map[string]bool{}
	var passed []Passage
	for _, s := range found {
		asked[s.ID] = true
		passed = append(passed, passages(path, s, a.Stats.Doubts, a.Peaks, false)...)
	}
	return f.pass(ctx, w, asked, passed)
}

// pass keeps what a workout passed of the segments that were asked for. Where
// nothing changes nothing is written.
func (f *stats) pass(ctx context.Context, w events.Workout, asked map[string]bool, passed []Passage) error {
	var now Record
	if _, err := f.workouts.GetSealed(ctx, w.UserID, f.workouts.Key(w.UserID, "workout", w.WorkoutID), &now); err != nil {
		return err
	}
	if now.Passed == nil && len(passed) == 0 {
		return nil
	}
	return f.workouts.apply(ctx, w.UserID, w.WorkoutID, func(_ *store.Tx, r *Record) error {
		if r.Workout.Sport == w.Sport && r.Workout.Track == w.Track { // else it is computed again, and matched then
			r.pass(asked, passed)
		}
		return nil
	})
}

// pass takes over what was found of the segments that were asked for; what a
// segment found meanwhile stays.
func (r *Record) pass(asked map[string]bool, found []Passage) {
	if r.Deleted {
		return
	}
	next := &Passed{Sport: r.Workout.Sport, Track: r.Workout.Track}
	late := map[string]bool{}
	if was := r.Passed; was != nil && was.Sport == next.Sport && was.Track == next.Track {
		for _, p := range was.Passages {
			if !asked[p.SegmentID] {
				next.Passages = append(next.Passages, p)
			}
			late[p.SegmentID] = late[p.SegmentID] || p.Late
		}
	}
	for _, p := range found {
		p.Late = p.Late || late[p.SegmentID]
		next.Passages = append(next.Passages, p)
	}
	slices.SortStableFunc(next.Passages, func(a, b Passage) int {
		return cmp.Or(cmp.Compare(a.StartS, b.StartS), strings.Compare(a.SegmentID, b.SegmentID))
	})
	r.Passed = next
}

// seekers is how many people one step of looking for who passed a segment asks.
const seekers = 20

// sought enters a segment into the index and asks for the workouts of the next
// few people who were in its region to be matched against it, and for the step
// after it.
func (f *stats) sought(ctx context.Context, e events.StatsSegmentSought) error {
	s, made, err := f.workouts.segmentMade(ctx, e.SegmentID)
	if err != nil {
		return err
	}
	if s == nil { // deleted meanwhile, or its maker was erased
		return f.workouts.raze(ctx, e.SegmentID, made)
	}
	line := segment.NewLine(s.line())
	names, err := f.workouts.tileNames(ctx)
	if err != nil {
		return err
	}
	if e.After == "" {
		err := f.workouts.Update(ctx, made.Start, func(t *store.Tx) error {
			t.Write(func(p redis.Pipeliner) {
				p.HSet(ctx, t.Key("starts", made.Start), s.ID, s.Sport+" "+names.written(line.FinishTile()))
			})
			return nil
		})
		if err != nil {
			return err
		}
	}
	people, more := []string{s.UserID}, false
	if s.Visibility == api.SegmentVisibilityEveryone {
		if people, more, err = f.workouts.peopleIn(ctx, names.sought(line.Region()), e.After); err != nil {
			return err
		}
	}
	for _, user := range people {
		if err := f.workouts.askMatches(ctx, user, *s); err != nil {
			return err
		}
	}
	if !more {
		return nil
	}
	return f.workouts.UpdateOnce(ctx, s.ID, func(t *store.Tx) error {
		e.After = people[len(people)-1]
		return t.Emit(e)
	})
}

// segmentMade reads a segment by its id, nil when it is not there any more, and
// how it was made.
func (w workouts) segmentMade(ctx context.Context, id string) (s *Segment, m Made, err error) {
	found, err := w.Get(ctx, w.Key(id, "made", id), &m)
	if err != nil || !found {
		return nil, m, err
	}
	s = &Segment{}
	if found, err = w.GetSealed(ctx, m.UserID, w.Key(m.UserID, "segment", id), s); !found {
		s = nil
	}
	return s, m, err
}

// askMatches asks for all workouts of a person in the sport of a segment to be
// matched against it, in slices.
func (w workouts) askMatches(ctx context.Context, user string, s Segment) error {
	return w.UpdateOnce(ctx, user, func(t *store.Tx) error {
		list := t.Key("list", user, s.Sport)
		c, err := t.Read(list)
		if err != nil {
			return err
		}
		ids, err := c.ZRange(ctx, list, 0, -1).Result()
		if err != nil {
			return store.Wrap(err)
		}
		for i, some := range slices.Collect(slices.Chunk(ids, sliceSize)) {
			if err := t.Emit(events.StatsMatchRequested{UserID: user, Slice: i, SegmentIDs: []string{s.ID}, WorkoutIDs: some}); err != nil {
				return err
			}
		}
		return nil
	})
}

// matchAsked matches some workouts against segments, or weighs anew what a person
// has on them.
func (f *stats) matchAsked(ctx context.Context, e events.StatsMatchRequested) error {
	if len(e.WorkoutIDs) > sliceSize || len(e.SegmentIDs) > sliceSize {
		return fault.Invalid("invalid_slice", "a slice has at most %d workouts or segments", sliceSize)
	}
	if len(e.WorkoutIDs) == 0 {
		return f.workouts.weigh(ctx, e.UserID, e.SegmentIDs)
	}
	found, err := f.workouts.segments(ctx, e.SegmentIDs)
	if err != nil {
		return err
	}
	for _, id := range e.WorkoutIDs {
		for _, s := range found {
			if s == nil || s.UserID != e.UserID && s.Visibility != api.SegmentVisibilityEveryone {
				continue
			}
			if err := f.matchLate(ctx, e.UserID, id, s); err != nil {
				return err
			}
		}
	}
	return nil
}

// matchLate matches a workout that was there before a segment.
func (f *stats) matchLate(ctx context.Context, user, id string, s *Segment) error {
	var r Record
	var k kept
	for key, v := range map[string]any{"workout": &r, "analysis": &k} {
		if _, err := f.workouts.GetSealed(ctx, user, f.workouts.Key(user, key, id), v); err != nil {
			return err
		}
	}
	asked := map[string]bool{s.ID: true}
	had := r.Passed != nil && slices.ContainsFunc(r.Passed.Passages, func(p Passage) bool { return p.SegmentID == s.ID })
	if r.Deleted || r.Stats == nil || r.Outdated() || r.Workout.Sport != s.Sport || had || !s.mayLie(k.Line) {
		return nil
	}
	ctx, done := context.WithCancel(ctx) // an event may be of many workouts, one after another
	defer done()
	tr, err := f.track(ctx, r.Workout, r.TrackKey)
	if errors.Is(err, objects.ErrNotFound) || errors.Is(err, errTrack) { // deleted meanwhile, or without figures
		return nil
	}
	if err != nil {
		return err
	}
	found := passages(segment.NewPath(figures.Places(tr)), s, r.Stats.Doubts, k.Peaks, true)
	if len(found) == 0 {
		return nil
	}
	return f.pass(ctx, r.Workout, asked, found)
}

// mayLie says whether the line on the map of a workout comes near both ends of
// the segment.
func (s Segment) mayLie(line []int32) bool {
	own := s.line()
	for _, end := range []int{0, len(own)/2 - 1} {
		endLat, endLng := position(own, end)
		near := false
		for i := 0; i < len(line)/2 && !near; i++ {
			lat, lng := position(line, i)
			// A long workout has few points: each is near to what lies before the next.
			far := 4 * thinM
			if i+1 < len(line)/2 {
				nextLat, nextLng := position(line, i+1)
				far += track.Apart(lat, lng, nextLat, nextLng)
			}
			near = track.Apart(lat, lng, endLat, endLng) <= far
		}
		if !near {
			return false
		}
	}
	return true
}
