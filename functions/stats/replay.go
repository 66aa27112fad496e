package stats

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"reflect"
	"slices"
	"strconv"
	"time"

	"github.com/redis/go-redis/v9"

	"paceline/events"
	"paceline/functions/stats/figures"
	"paceline/shared/api"
	"paceline/shared/function"
	"paceline/shared/function/fault"
	"paceline/shared/function/identity"
	"paceline/shared/function/rest"
	"paceline/shared/function/store"
)

const (
	sliceSize = 25                  // workouts that one event computes again
	replayTTL = 30 * 24 * time.Hour // how long a replay can be read
)

// Replay is one computing anew of a person's workouts: what asked for it and
// into how many slices it was cut.
type Replay struct {
	ID        string    `json:"id"`
	Slices    int       `json:"slices"`
	Workouts  int       `json:"workouts"` // that were looked at
	StartedAt time.Time `json:"started_at"`
}

// Slice is what one event of a replay did.
type Slice struct {
	Done    bool                    `json:"done"`
	Changed map[string][]Difference `json:"changed"` // by workout
}

// Difference is one figure before and after; nil where it was or is absent.
type Difference struct {
	Figure string   `json:"figure"`
	Before *float64 `json:"before,omitempty"`
	After  *float64 `json:"after,omitempty"`
}

// differences are the figures that differ, by name.
func differences(before, after *events.Stats) []Difference {
	was, is := numbers(before), numbers(after)
	names := maps.Clone(was)
	maps.Copy(names, is)
	var out []Difference
	for _, name := range slices.Sorted(maps.Keys(names)) {
		a, hadA := was[name]
		b, hasB := is[name]
		if hadA == hasB && a == b {
			continue
		}
		d := Difference{Figure: name}
		if hadA {
			d.Before = &a
		}
		if hasB {
			d.After = &b
		}
		out = append(out, d)
	}
	return out
}

// numbers are the figures that are numbers.
func numbers(s *events.Stats) map[string]float64 {
	out := map[string]float64{}
	if s == nil {
		return out
	}
	b, err := json.Marshal(s)
	if err != nil {
		return out // figures are finite: workout.set
	}
	var all map[string]any
	_ = json.Unmarshal(b, &all) // which was just written
	for name, v := range all {
		if n, ok := v.(float64); ok {
			out[name] = n
		}
	}
	return out
}

// span is a range of days, the last one not in it; "" is without an end.
type span struct{ from, to string }

// changedDays are the days on which two settings say different things for any
// sport.
func changedDays(a, b Settings) []span {
	// Of "" are heart rates; cycling and running have more without being named.
	days, sports := map[string]bool{"": true}, map[string]bool{"": true, "cycling": true, "running": true}
	for _, s := range []Settings{a, b} {
		for _, e := range s.Entries {
			days[e.ValidFrom] = true
			for _, own := range e.Sports {
				sports[own.Sport] = true
			}
		}
	}
	bounds := slices.Sorted(maps.Keys(days))
	var out []span
	for i, day := range bounds {
		end := ""
		if i+1 < len(bounds) {
			end = bounds[i+1]
		}
		for sport := range sports {
			if !reflect.DeepEqual(a.On(day, sport), b.On(day, sport)) {
				if n := len(out); n > 0 && out[n-1].to == day {
					out[n-1].to = end
				} else {
					out = append(out, span{day, end})
				}
				break
			}
		}
	}
	return out
}

// saveSettings keeps the newest settings and asks for the workouts of the days
// on which they say something else to be computed again, in slices.
func (w workouts) saveSettings(ctx context.Context, e events.AthleteSettingsChanged) error {
	return w.UpdateOnce(ctx, e.UserID, func(t *store.Tx) error {
		var s Settings
		key := t.Key("settings", e.UserID)
		if _, err := t.GetSealed(e.UserID, key, &s); err != nil || s.Version >= e.Version {
			return err
		}
		next := Settings{e.Version, e.Entries}
		if err := t.SetSealed(e.UserID, key, next, 0); err != nil {
			return err
		}
		return w.replay(ctx, t, e.UserID, "settings-"+strconv.FormatInt(e.Version, 10), changedDays(s, next))
	})
}

// replay asks for the workouts of some days to be computed again.
func (w workouts) replay(ctx context.Context, t *store.Tx, user, id string, days []span) error {
	list := t.Key("list", user)
	r, err := t.Read(list)
	if err != nil {
		return err
	}
	var ids []string
	for _, d := range days {
		by := redis.ZRangeBy{Min: "-inf", Max: "+inf"}
		if from, err := time.Parse(time.DateOnly, d.from); err == nil {
			by.Min = strconv.FormatInt(from.Add(-widest).UnixMilli(), 10)
		}
		if to, err := time.Parse(time.DateOnly, d.to); err == nil {
			by.Max = strconv.FormatInt(to.Add(widest).UnixMilli(), 10)
		}
		found, err := r.ZRangeByScore(ctx, list, &by).Result()
		if err != nil {
			return store.Wrap(err)
		}
		ids = append(ids, found...)
	}
	slices.Sort(ids) // spans may share their edges
	ids = slices.Compact(ids)
	parts := slices.Collect(slices.Chunk(ids, sliceSize))
	for i, part := range parts {
		err := t.Emit(events.StatsReplayRequested{UserID: user, ReplayID: id, Slice: i, Slices: len(parts), WorkoutIDs: part})
		if err != nil {
			return err
		}
	}
	t.Own(user, t.Key("replay", user, id), replayTTL)
	return t.Set(t.Key("replay", user, id), Replay{id, len(parts), len(ids), t.Now()}, replayTTL)
}

// replayed computes the workouts of one slice again whose figures were made of
// something else than they would be now.
func (f *stats) replayed(ctx context.Context, e events.StatsReplayRequested) error {
	if len(e.WorkoutIDs) > sliceSize || e.Slice < 0 || e.Slice >= e.Slices {
		return fault.Invalid("invalid_slice", "a slice has at most %d workouts", sliceSize)
	}
	for _, id := range e.WorkoutIDs {
		if err := f.again(ctx, e, id); err != nil {
			return err
		}
	}
	return f.workouts.UpdateOnce(ctx, e.UserID, func(t *store.Tx) error {
		return editSlice(t, e, func(s *Slice) { s.Done = true })
	})
}

// again computes one workout again when its basis is no longer true, and tells
// what the privacy zones hide of it. What is so decides, and not who asked, so
// that a redelivery finds nothing to do.
func (f *stats) again(ctx context.Context, e events.StatsReplayRequested, id string) error {
	var r Record
	var k kept
	var settings Settings
	for key, v := range map[string]any{"workout": &r, "analysis": &k} {
		if _, err := f.workouts.GetSealed(ctx, e.UserID, f.workouts.Key(e.UserID, key, id), v); err != nil {
			return err
		}
	}
	if _, err := f.workouts.GetSealed(ctx, e.UserID, f.workouts.Key(e.UserID, "settings", e.UserID), &settings); err != nil {
		return err
	}
	if r.Deleted || r.Stats == nil {
		return nil
	}
	if reflect.DeepEqual(k.Basis, basisOf(r.Workout, settings)) {
		return f.workouts.tellHiding(ctx, r)
	}
	computed, unusable, err := f.figures(ctx, r.Workout, r.TrackKey)
	if err != nil {
		return err
	}
	before := r.Stats
	return f.workouts.apply(ctx, e.UserID, id, func(t *store.Tx, now *Record) error {
		if now.Deleted {
			return nil
		}
		if err := f.take(ctx, t, now, r.Workout, computed, unusable); err != nil {
			return err
		}
		return editSlice(t, e, func(s *Slice) { s.Changed[id] = differences(before, now.Stats) })
	})
}

func sliceKey(key func(...string) string, user, replay string, n int) string {
	return key("replay", user, replay, strconv.Itoa(n))
}

func editSlice(t *store.Tx, e events.StatsReplayRequested, edit func(*Slice)) error {
	s := Slice{Changed: map[string][]Difference{}}
	key := sliceKey(t.Key, e.UserID, e.ReplayID, e.Slice)
	if _, err := t.GetSealed(e.UserID, key, &s); err != nil {
		return err
	}
	edit(&s)
	return t.SetSealed(e.UserID, key, s, replayTTL)
}

// formulaReplay is the id of a replay of all workouts by the formulas of now.
const formulaReplay = "formula-" + figures.Formula

// everything asks for all workouts of a person to be looked at, and for what the
// person has on segments to be told to leaderboards anew; tell may be nil.
func (w workouts) everything(ctx context.Context, user string, tell func(*store.Tx) error) error {
	return w.Update(ctx, user, func(t *store.Tx) error {
		if tell != nil {
			if err := tell(t); err != nil {
				return err
			}
		}
		if err := w.askWeighing(ctx, t, user); err != nil {
			return err
		}
		return w.replay(ctx, t, user, formulaReplay, []span{{}})
	})
}

// replayAll asks for all workouts of the caller whose figures were made by
// other formulas or of other settings.
func (f *stats) replayAll(w http.ResponseWriter, r *http.Request) error {
	if err := f.workouts.everything(r.Context(), identity.UserID(r), nil); err != nil {
		return err
	}
	w.Header().Set("Location", "/v1/stats/replays/"+formulaReplay)
	return rest.JSON(w, http.StatusAccepted, api.ReplayAccepted{ID: formulaReplay})
}

// rebuild asks for the figures of one person, or of everybody, to be replayed
// where they are old.
func (f *stats) rebuild(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	ask := func() error {
		return f.workouts.Update(ctx, "rebuild", func(t *store.Tx) error {
			for _, all := range store.Walks() {
				if err := t.Emit(events.StatsRebuildRequested{From: all.From, To: all.To}); err != nil {
					return err
				}
			}
			return function.Audit(t, "stats", r, function.Deed{Action: "stats.rebuild", Outcome: function.Done})
		})
	}
	if user := r.URL.Query().Get("user_id"); user != "" {
		ask = func() error {
			return f.workouts.everything(ctx, user, func(t *store.Tx) error {
				return function.Audit(t, "stats", r, function.Deed{Action: "stats.rebuild", Target: user, Outcome: function.Done})
			})
		}
	}
	if err := ask(); err != nil {
		return err
	}
	w.WriteHeader(http.StatusAccepted)
	return nil
}

// peopleStep is how many people one step of a rebuild asks for.
const peopleStep = 20

// rebuildStep asks for the replays of the next few people and for the step
// after it. It may run again: a figure that is not old is not computed.
func (f *stats) rebuildStep(ctx context.Context, e events.StatsRebuildRequested) error {
	left, more, err := f.workouts.Step(ctx, "people", store.Walk(e), peopleStep, func(user string) error { return f.workouts.everything(ctx, user, nil) })
	if err != nil || !more {
		return err
	}
	return f.workouts.UpdateOnce(ctx, "rebuild", func(t *store.Tx) error {
		return t.Emit(events.StatsRebuildRequested{From: left.From, To: left.To, After: left.After})
	})
}

// showReplay answers with the differences, a page of workouts at a time.
func (f *stats) showReplay(w http.ResponseWriter, r *http.Request) error {
	page, err := rest.PageOf(r, 2)
	if err != nil {
		return err
	}
	user, id := identity.UserID(r), r.PathValue("id")
	var p Replay
	found, err := f.workouts.Get(r.Context(), f.workouts.Key(user, "replay", user, id), &p)
	if err != nil {
		return err
	}
	if !found {
		return fault.NotFound("replay_not_found", "there is no such replay, or it was long ago")
	}
	keys := make([]string, p.Slices)
	for n := range keys {
		keys[n] = sliceKey(func(parts ...string) string { return f.workouts.Key(user, parts...) }, user, id, n)
	}
	read, err := store.GetManySealed[Slice](r.Context(), f.workouts.Store, placesOf(user, keys))
	if err != nil {
		return err
	}
	return rest.JSON(w, http.StatusOK, p.answer(read, page))
}

// answer is the replay with the workouts of a page, by slice and id.
func (p Replay) answer(read []*Slice, page rest.Page) api.Replay {
	out := api.Replay{ID: p.ID, StartedAt: p.StartedAt, Slices: p.Slices, Workouts: p.Workouts, Items: []api.ReplayedWorkout{}}
	var last []string
	for n, s := range read {
		if s == nil {
			continue
		}
		out.Changed += len(s.Changed)
		if s.Done {
			out.SlicesDone++
		}
		for _, id := range slices.Sorted(maps.Keys(s.Changed)) {
			at := []string{fmt.Sprintf("%06d", n), id}
			switch {
			case page.After != nil && slices.Compare(at, page.After) <= 0:
			case len(out.Items) == page.Limit:
				out.NextCursor = rest.Cursor(last)
			default:
				out.Items, last = append(out.Items, replayedWorkout(id, s.Changed[id])), at
			}
		}
	}
	return out
}

func replayedWorkout(id string, differences []Difference) api.ReplayedWorkout {
	out := api.ReplayedWorkout{WorkoutID: id, Differences: []api.Difference{}}
	for _, d := range differences {
		out.Differences = append(out.Differences, api.Difference(d))
	}
	return out
}
