package upload

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"

	"paceline/events"
	"paceline/shared/api"
	"paceline/shared/function/fault"
	"paceline/shared/function/identity"
	"paceline/shared/function/rest"
	"paceline/shared/function/store"
	"paceline/shared/objects"
	"paceline/shared/track"
)

// maxTrack bounds a stored track.
const maxTrack = 256 << 20

// errChanged is a workout that was changed between reading and writing it.
func errChanged() error {
	return fault.Conflict("workout_changed", "the workout was changed meanwhile; look at it again")
}

// crop keeps a part of the track.
func (f *upload) crop(w http.ResponseWriter, r *http.Request) error {
	var in api.CropRequest
	if err := rest.Read(w, r, &in); err != nil {
		return err
	}
	return f.rework(w, r, func(ctx context.Context, record Record, t *track.Track) (change, error) {
		part, err := cropped(t, in)
		return change{how: Rework{Kind: reworkCrop}, track: part}, err
	})
}

// split makes two workouts of one.
func (f *upload) split(w http.ResponseWriter, r *http.Request) error {
	var in api.SplitRequest
	if err := rest.Read(w, r, &in); err != nil {
		return err
	}
	return f.rework(w, r, func(ctx context.Context, record Record, t *track.Track) (change, error) {
		first, second, err := halves(t, in.AtS)
		if err != nil {
			return change{}, err
		}
		made := record.second(second.StartedAt, f.now())
		return change{how: Rework{Kind: reworkSplit, Made: made.WorkoutID}, track: first, made: &made, second: second}, nil
	})
}

// merge makes one workout of several.
func (f *upload) merge(w http.ResponseWriter, r *http.Request) error {
	var in api.MergeRequest
	if err := rest.Read(w, r, &in); err != nil {
		return err
	}
	ids := slices.Compact(slices.Sorted(slices.Values(in.WorkoutIds)))
	if len(ids) == 0 || len(ids) > maxMerged || len(ids) != len(in.WorkoutIds) || slices.Contains(ids, r.PathValue("id")) {
		return invalid("workout_ids", "must be 1 to %d other workouts, each once", maxMerged)
	}
	return f.rework(w, r, func(ctx context.Context, record Record, t *track.Track) (change, error) {
		out := change{how: Rework{Kind: reworkMerge}}
		parts := []*track.Track{t}
		for _, id := range ids {
			other, err := f.workouts.workout(ctx, record.UserID, id)
			if err != nil {
				return change{}, err
			}
			part, err := f.trackOf(ctx, other)
			if err != nil {
				return change{}, err
			}
			out.took, parts = append(out.took, other), append(parts, part)
		}
		joined, unfit := track.Join(parts...)
		if unfit != nil {
			return change{}, fault.Conflict(unfit.Code, "%s", unfit.Detail)
		}
		out.track = joined
		return out, nil
	})
}

// change is what a rework writes.
type change struct {
	how    Rework
	track  *track.Track // of the workout from now on
	key    string       // where it lies
	made   *Record      // by a split
	second *track.Track // of made
	took   []Record     // by a merge
}

// rework reads a workout of the caller's with its track, lets plan decide, stores
// the new tracks and then, in one transaction, what follows.
func (f *upload) rework(w http.ResponseWriter, r *http.Request, plan func(context.Context, Record, *track.Track) (change, error)) error {
	ctx, user, id := r.Context(), identity.UserID(r), r.PathValue("id")
	done, err := f.admission.turn(ctx)
	if err != nil {
		return err
	}
	defer done()
	record, err := f.workouts.workout(ctx, user, id)
	if err == nil {
		err = errors.Join(rest.CheckIfMatch(r, record.Version), record.mayRework())
	}
	if err != nil {
		return err
	}
	t, err := f.trackOf(ctx, record)
	if err != nil {
		return err
	}
	c, err := plan(ctx, record, t)
	if err != nil {
		return err
	}
	if c.key, err = f.putTrack(ctx, user, record.reworkedKey, c.track); err != nil {
		return err
	}
	if c.made != nil {
		if _, err := f.putTrack(ctx, user, func([]byte) string { return c.made.TrackKey }, c.second); err != nil {
			return err
		}
	}
	now, err := f.workouts.rework(ctx, record, c)
	if err != nil {
		return err
	}
	out := api.Reworked{Workouts: []api.Workout{now.workout()}}
	if c.made != nil {
		out.Workouts = append(out.Workouts, c.made.workout())
	}
	rest.SetETag(w, now.Version)
	return rest.JSON(w, http.StatusOK, out)
}

// undo takes the last rework back.
func (f *upload) undo(w http.ResponseWriter, r *http.Request) error {
	records, err := f.workouts.unwork(r.Context(), identity.UserID(r), r.PathValue("id"), func(record Record) error {
		return rest.CheckIfMatch(r, record.Version)
	})
	if err != nil {
		return err
	}
	out := api.Reworked{Workouts: []api.Workout{}}
	for _, record := range records {
		out.Workouts = append(out.Workouts, record.workout())
	}
	rest.SetETag(w, records[0].Version)
	return rest.JSON(w, http.StatusOK, out)
}

// trackOf reads the current track of a workout.
func (f *upload) trackOf(ctx context.Context, r Record) (*track.Track, error) {
	key := r.currentTrack()
	sealed, _, err := objects.ReadAll(ctx, f.shelf, key, maxTrack)
	if errors.Is(err, objects.ErrNotFound) {
		return nil, errNoWorkout // deleted between the two reads
	}
	if err != nil {
		return nil, away(err)
	}
	b, err := f.workouts.Keys().OpenFileBytes(ctx, r.UserID, key, sealed)
	if err != nil {
		return nil, err
	}
	t, err := track.Decode(b)
	if err != nil {
		return nil, fmt.Errorf("upload: the track of %s: %w", r.WorkoutID, err)
	}
	if t.Samples.Len() < 2 {
		return nil, fault.Conflict("no_samples", "the workout has no samples to work on")
	}
	return t, nil
}

// putTrack stores a track under the key that follows from what it is encoded to.
func (f *upload) putTrack(ctx context.Context, user string, keyOf func([]byte) string, t *track.Track) (string, error) {
	encoded, err := track.Encode(t)
	if err != nil {
		return "", fmt.Errorf("upload: %w", err)
	}
	key := keyOf(encoded)
	return key, f.shelf.put(ctx, user, key, encoded)
}

// rework writes what a plan decided on the workout as it was read.
func (s workouts) rework(ctx context.Context, before Record, c change) (Record, error) {
	var out Record
	user := before.UserID
	err := s.Update(ctx, user, func(t *store.Tx) error {
		r, err := workoutIn(t, user, before.WorkoutID)
		if err != nil {
			return err
		}
		if r.Version != before.Version {
			return errChanged()
		}
		b := bench{t: t, user: user, uploads: map[string]*Upload{}}
		how := c.how
		if c.made != nil {
			err := b.change(r.UploadID, func(u *Upload) { u.Workouts = append(u.Workouts, c.made.WorkoutID) })
			if err := errors.Join(err, b.make(*c.made)); err != nil {
				return err
			}
		}
		for _, other := range c.took {
			taken, err := b.take(r, other)
			if err != nil {
				return err
			}
			how.Took = append(how.Took, taken)
		}
		r.take(how, c.key, c.track.StartedAt)
		for _, other := range c.took {
			r.absorb(other)
		}
		out = r
		return b.finish(r)
	})
	return out, err
}

// unwork takes the last rework of a workout back, and answers with all workouts
// that it left, the workout itself first.
func (s workouts) unwork(ctx context.Context, user, id string, check func(Record) error) ([]Record, error) {
	var out []Record
	err := s.Update(ctx, user, func(t *store.Tx) error {
		r, err := workoutIn(t, user, id)
		if err != nil {
			return err
		}
		if err := check(r); err != nil {
			return err
		}
		last, err := r.back()
		if err != nil {
			return err
		}
		b := bench{t: t, user: user, uploads: map[string]*Upload{}}
		out = []Record{r}
		if last.Made != "" {
			if err := b.unmake(last.Made); err != nil {
				return err
			}
		}
		for _, taken := range last.Took {
			again := taken.again()
			for upload, places := range taken.Places {
				err := b.change(upload, func(u *Upload) {
					for _, i := range places {
						u.Workouts[i] = again.WorkoutID
					}
				})
				if err != nil {
					return err
				}
			}
			err := onDays(b.t, b.user, again.Days, func(s *Seen) bool {
				if s.WorkoutID == r.WorkoutID && s.Recorded == taken.Record.WorkoutID {
					s.WorkoutID, s.Recorded = again.WorkoutID, ""
				}
				return true
			})
			if err := errors.Join(err, b.make(again)); err != nil {
				return err
			}
			out = append(out, again)
		}
		return b.finish(r)
	})
	return out, err
}

// bench is where one transaction reworks workouts of a person. It has the
// uploads that it changes, each of which may be changed several times.
type bench struct {
	t       *store.Tx
	user    string
	uploads map[string]*Upload
}

func (b bench) change(id string, rule func(*Upload)) error {
	u, ok := b.uploads[id]
	if !ok {
		u = &Upload{}
		if _, err := b.t.GetSealed(b.user, b.t.Key(uploadKey(b.user, id)), u); err != nil {
			return err
		}
		b.uploads[id] = u
	}
	rule(u)
	return nil
}

// make writes a workout that is new.
func (b bench) make(r Record) error {
	if err := b.t.SetSealed(b.user, b.t.Key(workoutKey(b.user, r.WorkoutID)), r, 0); err != nil {
		return err
	}
	return b.t.Emit(r.uploaded())
}

// take ends a workout that becomes a part of r. Its uploads have r in its place,
// so that its file lives as long as r and is known when it comes again.
func (b bench) take(r, other Record) (Taken, error) {
	now, err := workoutIn(b.t, b.user, other.WorkoutID)
	if err != nil {
		return Taken{}, err
	}
	if now.Version != other.Version {
		return Taken{}, errChanged()
	}
	out := Taken{now, map[string][]int{}}
	for _, id := range now.uploads() {
		if err := b.change(id, func(u *Upload) { out.Places[id] = u.replace(now.WorkoutID, r.WorkoutID) }); err != nil {
			return Taken{}, err
		}
	}
	err = onDays(b.t, b.user, now.Days, func(s *Seen) bool {
		if s.WorkoutID == now.WorkoutID {
			s.WorkoutID, s.Recorded = r.WorkoutID, cmp.Or(s.Recorded, now.WorkoutID)
		}
		return true
	})
	return out, errors.Join(err, b.end(now))
}

// end takes a workout away and says so; its objects are another one's.
func (b bench) end(r Record) error {
	b.t.Del(b.t.Key(workoutKey(b.user, r.WorkoutID)))
	return b.t.Emit(events.WorkoutDeleted{WorkoutID: r.WorkoutID, UserID: b.user, Version: r.Version + 1, DeletedAt: b.t.Now().UTC()})
}

// unmake ends the second part of a split, unless it was deleted. Its objects go
// when the event comes back.
func (b bench) unmake(id string) error {
	r, err := workoutIn(b.t, b.user, id)
	if errors.Is(err, errNoWorkout) {
		return nil
	}
	if err != nil {
		return err
	}
	if len(r.Tracks) > 0 {
		return fault.Conflict("part_edited", "the second part was edited since; undo that first")
	}
	if err := b.change(r.UploadID, func(u *Upload) { u.replace(id, "") }); err != nil {
		return err
	}
	if err := bury(b.t, b.user, id, Tombstone{Keys: r.tracks()}); err != nil {
		return err
	}
	return b.end(r)
}

// finish writes the uploads and the workout that has another track, and says so.
func (b bench) finish(r Record) error {
	for id, u := range b.uploads {
		if err := b.t.SetSealed(b.user, b.t.Key(uploadKey(b.user, id)), u, 0); err != nil {
			return err
		}
	}
	if err := b.t.SetSealed(b.user, b.t.Key(workoutKey(b.user, r.WorkoutID)), r, 0); err != nil {
		return err
	}
	return b.t.Emit(events.WorkoutUpdated{Workout: r.Workout, Previous: r.Visibility})
}
