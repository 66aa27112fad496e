package stats

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"time"

	"github.com/redis/go-redis/v9"

	"paceline/events"
	"paceline/functions/stats/figures"
	"paceline/shared/function/store"
)

// contribution is what a stored analysis brings into the ladders; nil for none.
func (k *kept) contribution(workout string) *Contribution {
	if k == nil || len(k.Peaks) == 0 {
		return nil
	}
	return &Contribution{workout, k.Basis.Sport, k.At, k.Peaks}
}

// keep keeps the analysis of a workout (nil takes it away) and brings the
// ladders of its sport in line: what the workout had is taken back exactly, and
// what it has now put in. It tells of the records that it holds since then.
func (w workouts) keep(ctx context.Context, t *store.Tx, r *Record, next *kept) error {
	id, user := r.Workout.WorkoutID, r.Workout.UserID
	key := t.Key("analysis", id)
	var before kept
	found, err := t.GetSealed(user, key, &before)
	if err != nil {
		return err
	}
	was := (*Contribution)(nil)
	if found {
		was = before.contribution(id)
	}
	b := bests{w: w, t: t, user: user, importID: r.Workout.ImportID, known: map[string]Ladders{}, changed: map[string]bool{}}
	is := next.contribution(id)
	if err := b.replace(ctx, was, is); err != nil {
		return err
	}
	if err := b.shareAll(was, is); err != nil {
		return err
	}
	if next == nil {
		t.Del(key)
		return nil
	}
	return t.SetSealed(user, key, next, 0)
}

// bests are the ladders of one person within one change.
type bests struct {
	w        workouts
	t        *store.Tx
	user     string
	importID string // that the workout came with, or ""
	known    map[string]Ladders
	changed  map[string]bool
}

func (b *bests) key(sport, period string) string { return b.t.Key("best", b.user, sport, period) }

// ladders reads those of a period once.
func (b *bests) ladders(sport, period string) (Ladders, error) {
	key := b.key(sport, period)
	if l, ok := b.known[key]; ok {
		return l, nil
	}
	l := Ladders{}
	if _, err := b.t.GetSealed(b.user, key, &l); err != nil {
		return nil, err
	}
	b.known[key] = l
	return l, nil
}

func (b *bests) replace(ctx context.Context, was, is *Contribution) error {
	if same(was, is) {
		return nil
	}
	held := map[string]Step{} // the records before this change
	if is != nil {
		all, err := b.ladders(is.Sport, allTime)
		if err != nil {
			return err
		}
		for key := range all {
			held[key], _ = all.top(key)
		}
	}
	if was != nil {
		if err := b.remove(ctx, was); err != nil {
			return err
		}
	}
	if is != nil {
		for _, period := range []string{is.month(), is.year(), allTime} {
			l, err := b.ladders(is.Sport, period)
			if err != nil {
				return err
			}
			if l.add(is) {
				b.changed[b.key(is.Sport, period)] = true
			}
		}
		if err := b.tell(is, held); err != nil {
			return err
		}
	}
	return b.write()
}

// shareAll brings the cohorts of every month that a change touched in line.
func (b *bests) shareAll(changes ...*Contribution) error {
	seen := map[[2]string]bool{}
	for _, c := range changes {
		if c == nil || seen[[2]string{c.Sport, c.month()}] {
			continue
		}
		seen[[2]string{c.Sport, c.month()}] = true
		if err := b.share(c.Sport, c.month()); err != nil {
			return err
		}
	}
	return nil
}

func same(a, b *Contribution) bool {
	if a == nil || b == nil {
		return a == b
	}
	return a.Sport == b.Sport && a.At.Equal(b.At) && a.WorkoutID == b.WorkoutID && slices.Equal(a.Peaks, b.Peaks)
}

func (b *bests) write() error {
	for key := range b.changed {
		if len(b.known[key]) == 0 {
			b.t.Del(key)
			continue
		}
		if err := b.t.SetSealed(b.user, key, b.known[key], 0); err != nil {
			return err
		}
	}
	return nil
}

// remove takes a workout out. Only a month in which it has a step is built
// again, from the workouts of that month; its year then from twelve months, and
// all time from the years: the cost does not grow with the history.
func (b *bests) remove(ctx context.Context, c *Contribution) error {
	month, err := b.ladders(c.Sport, c.month())
	if err != nil || !month.holds(c.WorkoutID) {
		return err
	}
	others, err := b.ofMonth(ctx, c)
	if err != nil {
		return err
	}
	again := Ladders{}
	for _, o := range others {
		again.add(o)
	}
	b.put(c.Sport, c.month(), again)
	var months []string
	for m := time.January; m <= time.December; m++ {
		months = append(months, fmt.Sprintf("%s-%02d", c.year(), m))
	}
	if err := b.join(ctx, c.Sport, c.year(), months); err != nil {
		return err
	}
	var years []string
	for y := firstYear; y <= b.t.Now().Year()+1; y++ {
		years = append(years, strconv.Itoa(y))
	}
	return b.join(ctx, c.Sport, allTime, years)
}

func (b *bests) put(sport, period string, l Ladders) {
	key := b.key(sport, period)
	b.known[key], b.changed[key] = l, true
}

// join makes the ladders of a period of those of its parts.
func (b *bests) join(ctx context.Context, sport, period string, parts []string) error {
	keys := make([]string, 0, len(parts))
	for _, p := range parts {
		if key := b.key(sport, p); b.known[key] == nil {
			keys = append(keys, key)
		}
	}
	read, err := watched[Ladders](ctx, b.w, b.t, b.user, keys)
	if err != nil {
		return err
	}
	for i, l := range read {
		b.known[keys[i]] = Ladders{}
		if l != nil {
			b.known[keys[i]] = *l
		}
	}
	out := Ladders{}
	for _, p := range parts {
		out.merge(b.known[b.key(sport, p)])
	}
	b.put(sport, period, out)
	return nil
}

// watched reads many values of a person that a change depends on.
func watched[T any](ctx context.Context, w workouts, t *store.Tx, user string, keys []string) ([]*T, error) {
	if len(keys) == 0 {
		return nil, nil
	}
	if _, err := t.Read(keys...); err != nil {
		return nil, err
	}
	return store.GetManySealed[T](ctx, w.Store, placesOf(user, keys))
}

// placesOf are keys that are sealed for one person.
func placesOf(owner string, keys []string) []store.Place {
	out := make([]store.Place, len(keys))
	for i, key := range keys {
		out[i] = store.Place{Owner: owner, Key: key}
	}
	return out
}

// ofMonth are the contributions of all other workouts of the sport and month.
func (b *bests) ofMonth(ctx context.Context, c *Contribution) ([]*Contribution, error) {
	first := time.Date(c.At.Year(), c.At.Month(), 1, 0, 0, 0, 0, time.UTC)
	list := b.t.Key("list", b.user, c.Sport)
	r, err := b.t.Read(list)
	if err != nil {
		return nil, err
	}
	ids, err := r.ZRangeByScore(ctx, list, &redis.ZRangeBy{
		Min: strconv.FormatInt(first.Add(-widest).UnixMilli(), 10), Max: strconv.FormatInt(first.AddDate(0, 1, 0).Add(widest).UnixMilli(), 10),
	}).Result()
	if err != nil {
		return nil, store.Wrap(err)
	}
	ids = slices.DeleteFunc(ids, func(id string) bool { return id == c.WorkoutID })
	keys := make([]string, len(ids))
	for i, id := range ids {
		keys[i] = b.t.Key("analysis", id)
	}
	read, err := watched[kept](ctx, b.w, b.t, b.user, keys)
	if err != nil {
		return nil, err
	}
	var out []*Contribution
	for i, k := range read {
		if o := k.contribution(ids[i]); o != nil && o.Sport == c.Sport && o.month() == c.month() {
			out = append(out, o)
		}
	}
	return out, nil
}

// tell emits the records that the workout holds and did not hold before.
func (b *bests) tell(c *Contribution, held map[string]Step) error {
	all := b.known[b.key(c.Sport, allTime)]
	out := events.RecordSet{WorkoutID: c.WorkoutID, UserID: b.user, Sport: c.Sport, StartedAt: c.At, Formula: figures.Formula, ImportID: b.importID}
	for _, key := range slices.Sorted(maps.Keys(all)) {
		top, _ := all.top(key)
		last, had := held[key]
		if top.WorkoutID != c.WorkoutID || (had && last.WorkoutID == c.WorkoutID) {
			continue
		}
		p, _ := parseKey(key)
		rec := events.Record{Kind: string(p.Kind), Over: p.Over, Name: p.Name, Value: top.Value}
		if had {
			rec.Previous = &last.Value
		}
		out.Records = append(out.Records, rec)
	}
	if len(out.Records) == 0 {
		return nil
	}
	return b.t.Emit(out)
}
