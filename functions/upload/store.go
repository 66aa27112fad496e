package upload

import (
	"cmp"
	"context"
	"errors"

	"github.com/redis/go-redis/v9"

	"paceline/events"
	"paceline/shared/function/fault"
	"paceline/shared/function/security"
	"paceline/shared/function/store"
)

// Access is what this function may do in Redis.
var Access = store.Declare(store.Access{Function: "upload", Commands: []string{"hincrby", "incrby", "lrange", "rpush"}})

// workouts is the state of this function. All keys of a person's workouts lie
// in the person's partition.
type workouts struct {
	*store.Store
	signal func(t *store.Tx, is security.Signal, sig events.SecuritySignal) error // tells the watch
}

var errNoWorkout = fault.NotFound("workout_not_found", "there is no such workout of yours")

// workout reads a workout of its owner.
func (s workouts) workout(ctx context.Context, user, id string) (Record, error) {
	var r Record
	found, err := s.GetSealed(ctx, user, s.Key(user, "workout", user, id), &r)
	if err == nil && !found {
		err = errNoWorkout
	}
	return r, err
}

// upload reads an upload of its owner with the workouts that are left of it.
func (s workouts) upload(ctx context.Context, user, id string) (Upload, []Record, error) {
	var u Upload
	found, err := s.GetSealed(ctx, user, s.Key(user, "upload", user, id), &u)
	if err == nil && !found {
		err = fault.NotFound("upload_not_found", "there is no such upload of yours")
	}
	if err != nil {
		return Upload{}, nil, err
	}
	records, err := s.records(ctx, user, u.Live())
	return u, records, err
}

func (s workouts) records(ctx context.Context, user string, ids []string) ([]Record, error) {
	places := make([]store.Place, len(ids))
	for i, id := range ids {
		places[i] = store.Place{Owner: user, Key: s.Key(user, "workout", user, id)}
	}
	found, err := store.GetManySealed[Record](ctx, s.Store, places)
	out := make([]Record, 0, len(found))
	for _, r := range found {
		if r != nil { // one that was deleted meanwhile
			out = append(out, *r)
		}
	}
	return out, err
}

// known reads what is known of a content.
func (s workouts) known(ctx context.Context, user, digest string) (Known, error) {
	return readKnown(func(key string, v any) (bool, error) { return s.GetSealed(ctx, user, s.Key(user, key), v) }, user, digest)
}

func knownIn(t *store.Tx, user, digest string) (Known, error) {
	return readKnown(func(key string, v any) (bool, error) { return t.GetSealed(user, t.Key(key), v) }, user, digest)
}

func readKnown(get func(key string, v any) (bool, error), user, digest string) (Known, error) {
	var k Known
	if _, err := get(fileKey(user, digest), &k.Content); err != nil || k.Content.UploadID == "" {
		return k, err
	}
	_, err := get(uploadKey(user, k.Content.UploadID), &k.Upload)
	return k, err
}

func fileKey(user, digest string) string { return "file:" + user + ":" + digest }
func uploadKey(user, id string) string   { return "upload:" + user + ":" + id }
func workoutKey(user, id string) string  { return "workout:" + user + ":" + id }
func deletedKey(user, id string) string  { return "deleted:" + user + ":" + id }

// commit writes a plan and what goes with it, unless something happened since it
// was made; then it says so and writes nothing.
func (s workouts) commit(ctx context.Context, p Plan, with func(*store.Tx, Plan) error) (done bool, err error) {
	err = s.Update(ctx, p.UserID, func(t *store.Tx) error {
		now, err := knownIn(t, p.UserID, p.Next.Upload.Digest)
		if done = err == nil && p.Known.Same(now); !done {
			return err
		}
		if done, err = see(t, p); !done {
			return err
		}
		var gear rack
		if _, err := t.GetSealed(p.UserID, t.Key(gearKey(p.UserID)), &gear); err != nil {
			return err
		}
		for _, f := range p.Fresh {
			f.Record.GearID = cmp.Or(f.Record.GearID, gear.named(f.Record.Source.Gear), gear.usual(f.Record.Sport))
			if err := t.SetSealed(p.UserID, t.Key(workoutKey(p.UserID, f.Record.WorkoutID)), f.Record, 0); err != nil {
				return err
			}
			if err := t.Emit(f.uploaded()); err != nil {
				return err
			}
		}
		if p.NewOriginal() {
			count(ctx, t, p.UserID, p.Next.Upload.Original.SizeBytes)
		}
		if err := with(t, p); err != nil {
			return err
		}
		return setKnown(t, p.UserID, p.Next)
	})
	return done && err == nil, err
}

// used is how many bytes of originals a person has.
func (s workouts) used(ctx context.Context, user string) (int64, error) {
	n, err := s.Client().Get(ctx, s.Key(user, "used", user)).Int64()
	if errors.Is(err, redis.Nil) {
		return 0, nil
	}
	return n, store.Wrap(err)
}

// count changes what used answers. Nobody watches it, so that uploads of other
// files do not lose races to each other.
func count(ctx context.Context, t *store.Tx, user string, bytes int64) {
	t.Write(func(pipe redis.Pipeliner) { pipe.IncrBy(ctx, t.Key("used", user), bytes) })
}

// setKnown writes what is known of a content; an upload without workouts goes.
func setKnown(t *store.Tx, user string, k Known) error {
	key := t.Key(uploadKey(user, k.Upload.ID))
	if k.Content.UploadID == "" {
		t.Del(key)
	} else if err := t.SetSealed(user, key, k.Upload, 0); err != nil {
		return err
	}
	return t.SetSealed(user, t.Key(fileKey(user, k.Upload.Digest)), k.Content, 0)
}

func dayKey(user, day string) string { return "day:" + user + ":" + day }

// alike is the workouts of the person that the sessions are, "" for those that
// are none; none at all when the person wants them anyway.
func (s workouts) alike(ctx context.Context, in Submission, sessions []Session) ([]string, error) {
	out := make([]string, len(sessions))
	for i, session := range sessions {
		now, ok := seenOf(session.Track)
		if !ok || in.Asked.anyway {
			continue
		}
		var places []store.Place
		for _, day := range now.days() {
			places = append(places, store.Place{Owner: in.UserID, Key: s.Key(in.UserID, dayKey(in.UserID, day))})
		}
		days, err := store.GetManySealed[Day](ctx, s.Store, places)
		if err != nil {
			return nil, err
		}
		for _, d := range days {
			if d != nil && out[i] == "" {
				out[i] = d.alike(now, session.Track)
			}
		}
	}
	return out, nil
}

// see keeps the workouts of a plan with their days; false when one of them has
// become alike another since the plan was made.
func see(t *store.Tx, p Plan) (bool, error) {
	days := map[string]Day{}
	for _, f := range p.Fresh {
		for _, day := range f.Record.Days {
			d, ok := days[day]
			if !ok {
				if _, err := t.GetSealed(p.UserID, t.Key(dayKey(p.UserID, day)), &d); err != nil {
					return false, err
				}
				days[day] = d
			}
			if !p.Anyway && d.alike(*f.Seen, f.Track) != "" {
				return false, nil
			}
		}
	}
	for _, f := range p.Fresh {
		for _, day := range f.Record.Days {
			days[day] = Day{append(days[day].Seen, *f.Seen)}
		}
	}
	for day, d := range days {
		if err := t.SetSealed(p.UserID, t.Key(dayKey(p.UserID, day)), d, 0); err != nil {
			return false, err
		}
	}
	return true, nil
}

// unsee takes a workout out of its days.
func unsee(t *store.Tx, user string, r Record) error {
	return onDays(t, user, r.Days, func(s *Seen) bool { return s.WorkoutID != r.WorkoutID })
}

// onDays changes what is seen of workouts on some days; rule says what stays.
func onDays(t *store.Tx, user string, days []string, rule func(*Seen) bool) error {
	for _, day := range days {
		var before, after Day
		key := t.Key(dayKey(user, day))
		if _, err := t.GetSealed(user, key, &before); err != nil {
			return err
		}
		for _, s := range before.Seen {
			if rule(&s) {
				after.Seen = append(after.Seen, s)
			}
		}
		if len(after.Seen) == 0 {
			t.Disown(user, key)
		} else if err := t.SetSealed(user, key, after, 0); err != nil {
			return err
		}
	}
	return nil
}

// edit applies rule to a workout of its owner and tells the others when that
// changed something.
func (s workouts) edit(ctx context.Context, user, id string, rule func(*Record) (bool, error)) (Record, error) {
	var out Record
	err := s.Update(ctx, user, func(t *store.Tx) error {
		r, err := workoutIn(t, user, id)
		if err != nil {
			return err
		}
		before := r.Visibility
		changed, err := rule(&r)
		if out = r; err != nil || !changed {
			return err
		}
		if err := t.SetSealed(user, t.Key(workoutKey(user, id)), r, 0); err != nil {
			return err
		}
		return t.Emit(events.WorkoutUpdated{Workout: r.Workout, Previous: before})
	})
	return out, err
}

func workoutIn(t *store.Tx, user, id string) (Record, error) {
	var r Record
	found, err := t.GetSealed(user, t.Key(workoutKey(user, id)), &r)
	if err == nil && !found {
		err = errNoWorkout
	}
	return r, err
}

// remove deletes a workout of its owner that check agrees with, and says which
// objects must go.
func (s workouts) remove(ctx context.Context, user, id string, check func(Record) error) (Tombstone, error) {
	var out Tombstone
	err := s.Update(ctx, user, func(t *store.Tx) error {
		r, err := workoutIn(t, user, id)
		if err != nil {
			return err
		}
		if err := check(r); err != nil {
			return err
		}
		out = Tombstone{}
		for _, upload := range r.uploads() {
			var u Upload
			if _, err := t.GetSealed(user, t.Key(uploadKey(user, upload)), &u); err != nil {
				return err
			}
			known, err := knownIn(t, user, u.Digest)
			if err != nil {
				return err
			}
			out.Keys = union(out.Keys, known.Delete(r).Keys)
			if known.Content.UploadID == "" {
				count(ctx, t, user, -known.Upload.Original.SizeBytes)
			}
			if err := setKnown(t, user, known); err != nil {
				return err
			}
		}
		t.Del(t.Key(workoutKey(user, id)))
		if err := unsee(t, user, r); err != nil {
			return err
		}
		if err := bury(t, user, id, out); err != nil {
			return err
		}
		return t.Emit(events.WorkoutDeleted{WorkoutID: id, UserID: user, Version: r.Version + 1, DeletedAt: t.Now().UTC()})
	})
	return out, err
}

// bury remembers what is left to do for a workout that is gone.
func bury(t *store.Tx, user, id string, what Tombstone) error {
	key := t.Key(deletedKey(user, id))
	t.Own(user, key, deletedFor)
	return t.Set(key, what, deletedFor)
}

// settle applies rule to a workout once for the event in ctx. A workout that
// is gone stays gone.
func (s workouts) settle(ctx context.Context, user, id string, rule func(*Record) bool) error {
	return s.UpdateOnce(ctx, user, func(t *store.Tx) error {
		key := t.Key(workoutKey(user, id))
		var r Record
		found, err := t.GetSealed(user, key, &r)
		if err != nil || !found || !rule(&r) {
			return err
		}
		return t.SetSealed(user, key, r, 0)
	})
}

// tombstone is what is left to do for a deleted workout.
func (s workouts) tombstone(ctx context.Context, user, id string) (Tombstone, error) {
	var out Tombstone
	_, err := s.Get(ctx, s.Key(user, deletedKey(user, id)), &out)
	return out, err
}
