package stats

import (
	"cmp"
	"context"
	"crypto/rand"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/redis/go-redis/v9"

	"paceline/events"
	"paceline/functions/stats/segment"
	"paceline/shared/api"
	"paceline/shared/function"
	"paceline/shared/function/fault"
	"paceline/shared/function/identity"
	"paceline/shared/function/rest"
	"paceline/shared/function/store"
	"paceline/shared/track"
)

func errSegment() error { return fault.NotFound("segment_not_found", "there is no such segment") }

// segments reads segments by their ids; what is not there is nil.
func (w workouts) segments(ctx context.Context, ids []string) ([]*Segment, error) {
	out := make([]*Segment, len(ids))
	keys := make([]string, len(ids))
	for i, id := range ids {
		keys[i] = w.Key(id, "made", id)
	}
	made, err := store.GetMany[Made](ctx, w.Store, keys)
	if err != nil {
		return nil, err
	}
	var places []store.Place
	var at []int
	for i, m := range made {
		if m != nil {
			places, at = append(places, store.Place{Owner: m.UserID, Key: w.Key(m.UserID, "segment", ids[i])}), append(at, i)
		}
	}
	found, err := store.GetManySealed[Segment](ctx, w.Store, places)
	for i, s := range found {
		out[at[i]] = s
	}
	return out, err
}

// segmentFor is a segment that a caller may know of.
func (w workouts) segmentFor(ctx context.Context, reader, id string) (Segment, error) {
	found, err := w.segments(ctx, []string{id})
	if err != nil {
		return Segment{}, err
	}
	if found, err = w.known(ctx, reader, found); err != nil || found[0] == nil {
		return Segment{}, cmp.Or(err, errSegment())
	}
	return *found[0], nil
}

// known leaves out (nil) what a reader may not know of: segments that are
// private, that touch a privacy zone of their maker, or whose maker and reader
// block each other.
func (w workouts) known(ctx context.Context, reader string, of []*Segment) ([]*Segment, error) {
	var makers []string
	for _, s := range of {
		if s != nil && s.UserID != reader {
			makers = append(makers, s.UserID)
		}
	}
	slices.Sort(makers)
	makers = slices.Compact(makers)
	zones, err := w.hidings(ctx, makers)
	if err != nil {
		return nil, err
	}
	blocked, err := w.blocked(ctx, reader, makers)
	if err != nil {
		return nil, err
	}
	out := slices.Clone(of)
	for i, s := range out {
		if s != nil && s.UserID != reader && (blocked[s.UserID] || !s.open(zones[s.UserID])) {
			out[i] = nil
		}
	}
	return out, nil
}

// blocked are those of users who block a reader, or are blocked.
func (w workouts) blocked(ctx context.Context, reader string, users []string) (map[string]bool, error) {
	cmds := make([][2]*redis.BoolCmd, len(users))
	_, err := w.Client().Pipelined(ctx, func(p redis.Pipeliner) error {
		for i, u := range users {
			cmds[i] = [2]*redis.BoolCmd{p.SIsMember(ctx, w.Key(u, "blocks", u), reader), p.SIsMember(ctx, w.Key(reader, "blocks", reader), u)}
		}
		return nil
	})
	out := map[string]bool{}
	for i, u := range users {
		out[u] = cmds[i][0].Val() || cmds[i][1].Val()
	}
	return out, store.Wrap(err)
}

// checkSegment refuses a name or a visibility that is none.
func checkSegment(name string, v api.SegmentVisibility) error {
	if name = strings.TrimSpace(name); name == "" || len(name) > 200 {
		return fault.Invalid("invalid_segment", "name has 1 to 200 bytes")
	}
	if !v.Valid() {
		return fault.Invalid("invalid_segment", "visibility is private or everyone")
	}
	return nil
}

func (f *stats) addSegment(w http.ResponseWriter, r *http.Request) error {
	var in api.SegmentRequest
	if err := rest.Read(w, r, &in); err != nil {
		return err
	}
	ctx, user, now := r.Context(), identity.UserID(r), f.workouts.Now()
	s := Segment{
		ID: function.NewID(now), UserID: user, Version: 1, CreatedAt: now.UTC(), Name: strings.TrimSpace(in.Name),
		Visibility: cmp.Or(in.Visibility, api.SegmentVisibilityEveryone), Seed: make([]byte, 32),
	}
	_, _ = rand.Read(s.Seed) // it never fails
	if err := checkSegment(s.Name, s.Visibility); err != nil {
		return err
	}
	tr, err := f.ownTrack(ctx, user, in.WorkoutID)
	if err != nil {
		return err
	}
	line, err := s.along(tr, in)
	if err != nil {
		return err
	}
	made := Made{UserID: user}
	err = f.workouts.Update(ctx, user, func(t *store.Tx) error {
		var h Hiding
		if _, err := t.GetSealed(user, t.Key("hiding", user), &h); err != nil {
			return err
		}
		if h.touches(line) {
			return fault.Invalid("segment_in_privacy_zone", "the stretch comes into a privacy zone of yours")
		}
		list := t.Key("segments", user)
		c, err := t.Read(list)
		if err != nil {
			return err
		}
		if n, err := c.ZCard(ctx, list).Result(); err != nil || n >= maxSegments {
			return cmp.Or(store.Wrap(err), error(fault.Conflict("too_many_segments", "there are so many segments of yours that one has to go first")))
		}
		names, err := f.workouts.tileNames(ctx)
		if err != nil {
			return err
		}
		made.Start = names.written(segment.NewLine(line).StartTile())
		if err := f.workouts.Update(ctx, s.ID, func(t *store.Tx) error { return t.Set(t.Key("made", s.ID), made, 0) }); err != nil {
			return err // it is written first, so that a segment can be found by its id alone
		}
		t.Write(func(p redis.Pipeliner) { p.ZAdd(ctx, list, redis.Z{Score: store.Score(s.CreatedAt), Member: s.ID}) })
		return saveSegment(t, s)
	})
	if err != nil {
		return err
	}
	w.Header().Set("Location", "/v1/segments/"+s.ID)
	return answerSegment(w, http.StatusCreated, s)
}

// saveSegment keeps a segment and asks for what it may have been passed by.
func saveSegment(t *store.Tx, s Segment) error {
	if err := t.SetSealed(s.UserID, t.Key("segment", s.ID), s, 0); err != nil {
		return err
	}
	return t.Emit(events.StatsSegmentSought{SegmentID: s.ID, UserID: s.UserID, Version: s.Version})
}

func answerSegment(w http.ResponseWriter, status int, s Segment) error {
	rest.SetETag(w, s.Version)
	return rest.JSON(w, status, s.answer())
}

// ownTrack is the track of a workout of a person's own.
func (f *stats) ownTrack(ctx context.Context, user, workout string) (*track.Track, error) {
	var r Record
	found, err := f.workouts.GetSealed(ctx, user, f.workouts.Key(user, "workout", workout), &r)
	if err != nil {
		return nil, err
	}
	if !found || r.Deleted || r.Workout.UserID != user {
		return nil, errWorkout()
	}
	if r.Stats == nil || r.Outdated() {
		return nil, fault.Conflict("workout_not_ready", "the figures of this workout are not there yet")
	}
	return f.track(ctx, r.Workout, r.TrackKey)
}

func (f *stats) showSegment(w http.ResponseWriter, r *http.Request) error {
	s, err := f.workouts.segmentFor(r.Context(), identity.UserID(r), r.PathValue("id"))
	if err != nil {
		return err
	}
	return answerSegment(w, http.StatusOK, s)
}

// ownSegment reads a segment of the caller's own within a change.
func ownSegment(t *store.Tx, r *http.Request) (s Segment, err error) {
	user := identity.UserID(r)
	found, err := t.GetSealed(user, t.Key("segment", r.PathValue("id")), &s)
	if err != nil {
		return s, err
	}
	if !found {
		return s, errSegment()
	}
	return s, rest.CheckIfMatch(r, s.Version)
}

func (f *stats) editSegment(w http.ResponseWriter, r *http.Request) error {
	var in api.UpdateSegmentRequest
	if err := rest.Read(w, r, &in); err != nil {
		return err
	}
	var s Segment
	err := f.workouts.Update(r.Context(), identity.UserID(r), func(t *store.Tx) (err error) {
		if s, err = ownSegment(t, r); err != nil {
			return err
		}
		if in.Name != nil {
			s.Name = strings.TrimSpace(*in.Name)
		}
		if in.Visibility != nil {
			s.Visibility = *in.Visibility
		}
		s.Version++
		if err := checkSegment(s.Name, s.Visibility); err != nil {
			return err
		}
		return saveSegment(t, s)
	})
	if err != nil {
		return err
	}
	return answerSegment(w, http.StatusOK, s)
}

func (f *stats) dropSegment(w http.ResponseWriter, r *http.Request) error {
	ctx, user := r.Context(), identity.UserID(r)
	err := f.workouts.Update(ctx, user, func(t *store.Tx) error {
		s, err := ownSegment(t, r)
		if err != nil {
			return err
		}
		t.Disown(user, t.Key("segment", s.ID))
		t.Write(func(p redis.Pipeliner) { p.ZRem(ctx, t.Key("segments", user), s.ID) })
		return t.Emit(events.StatsSegmentSought{SegmentID: s.ID, UserID: user, Version: s.Version + 1, Deleted: true})
	})
	if err != nil {
		return err
	}
	return rest.NoContent(w)
}

func (f *stats) listSegments(w http.ResponseWriter, r *http.Request) error {
	q := r.URL.Query()
	if !q.Has("lat") && !q.Has("lng") && !q.Has("radius_m") {
		return f.listOwnSegments(w, r)
	}
	page, err := rest.PageOf(r, 1)
	if err != nil {
		return err
	}
	var lat, lng float64
	radius := 1000.0
	for _, p := range []struct {
		to        *float64
		name      string
		low, high float64
	}{{&lat, "lat", -85, 85}, {&lng, "lng", -180, 180}, {&radius, "radius_m", 1, 3000}} {
		if p.name == "radius_m" && !q.Has(p.name) {
			continue
		}
		v, err := strconv.ParseFloat(q.Get(p.name), 64)
		if err != nil || !(v >= p.low && v <= p.high) {
			return rest.Parameter(p.name, "a number from %v to %v", p.low, p.high)
		}
		*p.to = v
	}
	names, err := f.workouts.tileNames(r.Context())
	if err != nil {
		return err
	}
	starts, err := f.workouts.startsIn(r.Context(), names, segment.Around(lat, lng, radius, segment.StartZoom))
	if err != nil {
		return err
	}
	var ids []string
	for _, s := range starts {
		if sport := q.Get("sport"); (sport == "" || s.sport == sport) && (page.After == nil || s.id > page.After[0]) {
			ids = append(ids, s.id)
		}
	}
	slices.Sort(ids)
	near := func(s *Segment) bool {
		startLat, startLng := position(s.line(), 0)
		return track.Apart(lat, lng, startLat, startLng) <= radius
	}
	out, err := f.pageOfSegments(r.Context(), identity.UserID(r), ids, page.Limit, near)
	if err != nil {
		return err
	}
	return rest.JSON(w, http.StatusOK, out)
}

// pageOfSegments is the first segments of a list of ids that a reader may know of
// and that are wanted.
func (f *stats) pageOfSegments(ctx context.Context, reader string, ids []string, limit int, wanted func(*Segment) bool) (api.SegmentList, error) {
	out := api.SegmentList{Items: []api.Segment{}}
	for some := range slices.Chunk(ids, rest.MaxLimit) {
		found, err := f.workouts.segments(ctx, some)
		if err != nil {
			return out, err
		}
		if found, err = f.workouts.known(ctx, reader, found); err != nil {
			return out, err
		}
		for _, s := range found {
			if s == nil || !wanted(s) {
				continue
			}
			if len(out.Items) == limit {
				out.NextCursor = rest.Cursor([]string{out.Items[limit-1].ID})
				return out, nil
			}
			out.Items = append(out.Items, s.answer())
		}
	}
	return out, nil
}

func (f *stats) listOwnSegments(w http.ResponseWriter, r *http.Request) error {
	page, err := rest.PageOf(r, 2)
	if err != nil {
		return err
	}
	ctx, user := r.Context(), identity.UserID(r)
	entries, last, err := f.workouts.Page(ctx, f.workouts.Key(user, "segments", user), page.Limit, page.After)
	if err != nil {
		return err
	}
	keys := make([]string, len(entries))
	for i, e := range entries {
		keys[i] = f.workouts.Key(user, "segment", e.ID)
	}
	found, err := store.GetManySealed[Segment](ctx, f.workouts.Store, placesOf(user, keys))
	if err != nil {
		return err
	}
	out := api.SegmentList{Items: []api.Segment{}}
	sport := r.URL.Query().Get("sport")
	for _, s := range found {
		if s != nil && (sport == "" || s.Sport == sport) {
			out.Items = append(out.Items, s.answer())
		}
	}
	if last != nil {
		out.NextCursor = rest.Cursor(last.Position())
	}
	return rest.JSON(w, http.StatusOK, out)
}
