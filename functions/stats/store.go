package stats

import (
	"context"
	"errors"
	"fmt"

	"github.com/redis/go-redis/v9"

	"paceline/shared/function/fault"
	"paceline/shared/function/identity"
	"paceline/shared/function/store"
	"paceline/shared/privacy"
)

// Access is what this function may do in Redis.
var Access = store.Declare(store.Access{Function: "stats", Commands: []string{"expire", "hdel", "hgetall", "hincrby", "hmget", "sadd", "sismember", "smembers", "srem", "zcard", "zmscore", "zrangebylex", "zrangebyscore", "zrank"}})

// workouts is the state of this function.
type workouts struct{ *store.Store }

func errWorkout() error { return fault.NotFound("workout_not_found", "there is no such workout") }

// own remembers whose workout it is. It is written first and never changes, so
// that a workout can be found by its id alone.
func (w workouts) own(ctx context.Context, user, workout string) error {
	var owner string
	if found, err := w.Get(ctx, w.Key(workout, "owner", workout), &owner); err != nil || found {
		return err
	}
	if known, err := w.Known(ctx, user); err != nil || !known {
		return err // of whom was erased nothing comes back
	}
	return w.Update(ctx, workout, func(t *store.Tx) error { return t.Set(t.Key("owner", workout), user, 0) })
}

// record reads a workout by its id, when the caller may see it, and how the
// caller stands to its owner.
func (w workouts) record(ctx context.Context, reader identity.Caller, workout string) (Record, privacy.Viewer, error) {
	var user string
	if found, err := w.Get(ctx, w.Key(workout, "owner", workout), &user); err != nil || !found {
		return Record{}, privacy.Viewer{}, errors.Join(err, missing(found))
	}
	var r Record
	if found, err := w.GetSealed(ctx, user, w.Key(user, "workout", workout), &r); err != nil || !found {
		return r, privacy.Viewer{}, errors.Join(err, missing(found))
	}
	viewer, err := w.viewer(ctx, reader, user)
	if err != nil {
		return r, viewer, err
	}
	if !r.VisibleTo(viewer) {
		return Record{}, viewer, errWorkout()
	}
	return r, viewer, nil
}

func missing(found bool) error {
	if found {
		return nil
	}
	return errWorkout()
}

// change applies rule to a workout once for the event at hand.
func (w workouts) change(ctx context.Context, user, workout string, rule func(*store.Tx, *Record) error) error {
	if err := w.own(ctx, user, workout); err != nil {
		return err
	}
	return w.UpdateOnce(ctx, user, func(t *store.Tx) error { return w.changeRecord(ctx, t, user, workout, rule) })
}

// apply is change for a rule that may run again, whatever came in between.
func (w workouts) apply(ctx context.Context, user, workout string, rule func(*store.Tx, *Record) error) error {
	if err := w.own(ctx, user, workout); err != nil {
		return err
	}
	return w.Update(ctx, user, func(t *store.Tx) error { return w.changeRecord(ctx, t, user, workout, rule) })
}

// changeRecord applies rule and brings the lists and the sums in line.
func (w workouts) changeRecord(ctx context.Context, t *store.Tx, user, workout string, rule func(*store.Tx, *Record) error) error {
	var r Record
	key := t.Key("workout", workout)
	if _, err := t.GetSealed(user, key, &r); err != nil {
		return err
	}
	before := r
	if err := rule(t, &r); err != nil {
		return err
	}
	relist(ctx, t, before, r)
	if err := w.recount(ctx, t, &r); err != nil {
		return err
	}
	if err := wearGear(t, &r); err != nil {
		return err
	}
	if err := w.place(ctx, t, &r); err != nil {
		return err
	}
	return t.SetSealed(user, key, r, 0)
}

// relist moves a workout between the lists of its owner.
func relist(ctx context.Context, t *store.Tx, before, after Record) {
	user, id := after.Workout.UserID, after.Workout.WorkoutID
	t.Own(user, t.Key("list", user, after.Workout.Sport), 0)
	t.Write(func(p redis.Pipeliner) {
		if before.Workout.Sport != after.Workout.Sport || after.Deleted {
			p.ZRem(ctx, t.Key("list", user, before.Workout.Sport), id)
		}
		if after.Deleted {
			p.ZRem(ctx, t.Key("list", user), id)
			return
		}
		p.ZAdd(ctx, t.Key("people"), redis.Z{Member: user})
		z := redis.Z{Score: store.Score(after.Workout.StartedAt), Member: id}
		p.ZAdd(ctx, t.Key("list", user), z)
		p.ZAdd(ctx, t.Key("list", user, after.Workout.Sport), z)
	})
}

// dayChange is what a change makes of one day and sport.
type dayChange struct{ before, after Sums }

// recount takes what the workout added to the sums off, adds what it adds now,
// and brings in line what follows from days.
func (w workouts) recount(ctx context.Context, t *store.Tx, r *Record) error {
	next := r.counts()
	if before := r.Counted; before == nil && next == nil || before != nil && next != nil && *before == *next {
		return nil
	}
	user := r.Workout.UserID
	changed := map[string]map[string]dayChange{} // year → field
	for _, step := range []struct {
		c    *Counted
		sign int64
	}{{r.Counted, -1}, {next, 1}} {
		if step.c == nil {
			continue
		}
		year, field := dayField(*step.c)
		if changed[year] == nil {
			changed[year] = map[string]dayChange{}
		}
		d, ok := changed[year][field]
		if !ok {
			s, err := readDay(ctx, t, user, year, field)
			if err != nil {
				return err
			}
			d = dayChange{s, s}
		}
		d.after.Add(step.c.Sums, step.sign)
		changed[year][field] = d
	}
	r.Counted = next
	if err := mark(t, user, changed); err != nil {
		return err
	}
	if err := reach(ctx, t, r, changed); err != nil {
		return err
	}
	return writeDays(ctx, t, user, changed)
}

func readDay(ctx context.Context, t *store.Tx, user, year, field string) (s Sums, err error) {
	key := t.Key("days", user, year)
	c, err := t.Read(key)
	if err != nil {
		return s, err
	}
	b, err := c.HGet(ctx, key, field).Bytes()
	if errors.Is(err, redis.Nil) {
		return s, nil
	}
	if err != nil {
		return s, store.Wrap(err)
	}
	_, err = t.OpenField(user, key, field, b, &s)
	return s, err
}

func writeDays(ctx context.Context, t *store.Tx, user string, changed map[string]map[string]dayChange) error {
	for year, fields := range changed {
		key := t.Key("days", user, year)
		for field, d := range fields {
			if d.after.N == 0 {
				t.Write(func(p redis.Pipeliner) { p.HDel(ctx, key, field) })
				continue
			}
			b, err := t.SealField(user, key, field, d.after)
			if err != nil {
				return err
			}
			t.Write(func(p redis.Pipeliner) { p.HSet(ctx, key, field, b) })
		}
	}
	return nil
}

// days reads the sums of a person's days of the years from first to last.
func (w workouts) days(ctx context.Context, user string, first, last int) ([]Day, error) {
	cmds := map[string]*redis.MapStringStringCmd{}
	_, err := w.Client().Pipelined(ctx, func(p redis.Pipeliner) error {
		for y := first; y <= last; y++ {
			year := fmt.Sprintf("%04d", y)
			cmds[year] = p.HGetAll(ctx, w.Key(user, "days", user, year))
		}
		return nil
	})
	if err != nil {
		return nil, store.Wrap(err)
	}
	var out []Day
	for year, cmd := range cmds {
		days, err := openDays(year, cmd.Val(), func(field string, sealed []byte, s *Sums) (bool, error) {
			return w.OpenField(ctx, user, w.Key(user, "days", user, year), field, sealed, s)
		})
		if err != nil {
			return nil, err
		}
		out = append(out, days...)
	}
	return out, nil
}

// openDays opens the days of a year as they are kept.
func openDays(year string, fields map[string]string, open func(field string, sealed []byte, s *Sums) (bool, error)) ([]Day, error) {
	out := make([]Day, 0, len(fields))
	for field, text := range fields {
		d := Day{}
		var err error
		if d.Date, d.Sport, err = parseDayField(year, field); err != nil {
			return nil, err
		}
		found, err := open(field, []byte(text), &d.Sums)
		if err != nil {
			return nil, err
		}
		if found {
			out = append(out, d)
		}
	}
	return out, nil
}
