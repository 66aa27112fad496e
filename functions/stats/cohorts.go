package stats

import (
	"cmp"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/redis/go-redis/v9"

	"paceline/events"
	"paceline/functions/stats/figures"
	"paceline/shared/api"
	"paceline/shared/function/identity"
	"paceline/shared/function/rest"
	"paceline/shared/function/store"
)

// cohortFor is how long a cohort is kept.
const cohortFor = 800 * 24 * time.Hour

// share brings what a person has put into the cohorts of a month in line with the
// records of the month, and tells the cohorts, which lie elsewhere.
func (b *bests) share(sport, month string) error {
	var off bool
	if _, err := b.t.Get(b.t.Key("noshare", b.user), &off); err != nil {
		return err
	}
	next := map[string]int{}
	if !off {
		l, err := b.ladders(sport, month)
		if err != nil {
			return err
		}
		var settings Settings
		if _, err := b.t.GetSealed(b.user, b.t.Key("settings", b.user), &settings); err != nil {
			return err
		}
		next = shares(sport, month, l, settings.On(month+"-01", sport))
	}
	var s Share
	key := b.t.Key("share", b.user, sport, month)
	if found, err := b.t.GetSealed(b.user, key, &s); err != nil || (!found && len(next) == 0) || maps.Equal(s.Buckets, next) {
		return err
	}
	told := maps.Clone(next)
	for name := range s.Buckets {
		if _, is := told[name]; !is {
			told[name] = 0
		}
	}
	s = Share{s.Version + 1, cmp.Or(s.Token, rand.Text()), next}
	if err := b.t.SetSealed(b.user, key, s, 0); err != nil {
		return err
	}
	return b.t.Emit(events.StatsCohortChanged{UserID: b.user, Sport: sport, Month: month, Version: s.Version, Token: s.Token, Buckets: told})
}

// cohortChanged puts into the cohorts what a person has there now.
func (f *stats) cohortChanged(ctx context.Context, e events.StatsCohortChanged) error {
	for _, name := range slices.Sorted(maps.Keys(e.Buckets)) {
		if err := f.workouts.enter(ctx, name, e.Token, Entry{e.Version, e.Buckets[name]}); err != nil {
			return err
		}
	}
	return nil
}

// enter puts an entry in the place of an older one of the same token.
func (w workouts) enter(ctx context.Context, cohort, token string, next Entry) error {
	return w.Update(ctx, cohort, func(t *store.Tx) error {
		entries, sketch := t.Key("entries", cohort), t.Key("cohort", cohort)
		c, err := t.Read(entries)
		if err != nil {
			return err
		}
		var now Entry
		switch b, err := c.HGet(ctx, entries, token).Bytes(); {
		case errors.Is(err, redis.Nil):
		case err != nil:
			return store.Wrap(err)
		default:
			if err := json.Unmarshal(b, &now); err != nil {
				return err
			}
		}
		if now.Version >= next.Version {
			return nil
		}
		b, err := json.Marshal(next)
		if err != nil {
			return err
		}
		t.Write(func(p redis.Pipeliner) {
			p.HSet(ctx, entries, token, b)
			for bucket, n := range map[int]int64{now.Bucket: -1, next.Bucket: 1} {
				if bucket > 0 && now.Bucket != next.Bucket {
					p.HIncrBy(ctx, sketch, strconv.Itoa(bucket), n)
				}
			}
			p.Expire(ctx, entries, cohortFor)
			p.Expire(ctx, sketch, cohortFor)
		})
		return nil
	})
}

// sketches reads cohorts.
func (w workouts) sketches(ctx context.Context, names []string) ([]Sketch, error) {
	cmds := make([]*redis.MapStringStringCmd, len(names))
	_, err := w.Client().Pipelined(ctx, func(p redis.Pipeliner) error {
		for i, name := range names {
			cmds[i] = p.HGetAll(ctx, w.Key(name, "cohort", name))
		}
		return nil
	})
	out := make([]Sketch, len(names))
	for i, cmd := range cmds {
		out[i] = sketchOf(cmd.Val())
	}
	return out, store.Wrap(err)
}

// compare says how times over distances compare with those of people alike.
func (f *stats) compare(ctx context.Context, user, sport, month string, times map[float64]float64) ([]api.CohortComparison, error) {
	out := []api.CohortComparison{}
	var settings Settings
	if _, err := f.workouts.GetSealed(ctx, user, f.workouts.Key(user, "settings", user), &settings); err != nil {
		return nil, err
	}
	a := settings.On(month+"-01", sport)
	metres := slices.Sorted(maps.Keys(times))
	names := []string{}
	for _, m := range metres {
		if name := cohortName(sport, month, m, a); name != "" {
			names = append(names, name)
		}
	}
	if len(names) == 0 {
		return out, nil
	}
	found, err := f.workouts.sketches(ctx, names)
	if err != nil {
		return nil, err
	}
	for i, s := range found {
		c := api.CohortComparison{Cohort: names[i], DistanceM: metres[i], ElapsedTimeS: times[metres[i]]}
		if pct, ok := s.fasterThan(c.ElapsedTimeS); ok {
			n := int(s.people())
			c.People, c.FasterThanPct = &n, &pct
			if median, ok := s.quantile(0.5); ok {
				c.MedianS = &median
			}
		}
		out = append(out, c)
	}
	return out, nil
}

// comparison is the caller's best times of a month beside those of people alike.
func (f *stats) comparison(w http.ResponseWriter, r *http.Request) error {
	user, sport := identity.UserID(r), cmp.Or(r.URL.Query().Get("sport"), "running")
	month := cmp.Or(r.URL.Query().Get("month"), f.workouts.Now().Format("2006-01"))
	if _, err := time.Parse("2006-01", month); err != nil {
		return rest.Parameter("month", "YYYY-MM")
	}
	var l Ladders
	if _, err := f.workouts.GetSealed(r.Context(), user, f.workouts.Key(user, "best", user, sport, month), &l); err != nil {
		return err
	}
	times := map[float64]float64{}
	for key := range l {
		if p, ok := parseKey(key); ok && p.Kind == figures.ByDistance {
			top, _ := l.top(key)
			times[p.Over] = top.Value
		}
	}
	return f.answerComparison(w, r, sport, month, times)
}

// workoutComparison is the best efforts of one of the caller's workouts beside
// the times of people alike in its month.
func (f *stats) workoutComparison(w http.ResponseWriter, r *http.Request) error {
	k, found, err := f.analysed(r)
	if err != nil {
		return err
	}
	if !found.by.Owner { // it would tell age and sex
		return errWorkout()
	}
	times := map[float64]float64{}
	for _, p := range k.Peaks {
		if p.Kind == figures.ByDistance && p.Doubt == "" {
			times[p.Over] = p.Value
		}
	}
	return f.answerComparison(w, r, k.Basis.Sport, k.At.Format("2006-01"), times)
}

func (f *stats) answerComparison(w http.ResponseWriter, r *http.Request, sport, month string, times map[float64]float64) error {
	user := identity.UserID(r)
	var off bool
	if _, err := f.workouts.Get(r.Context(), f.workouts.Key(user, "noshare", user), &off); err != nil {
		return err
	}
	out := api.Comparison{Share: !off, Sport: sport, Month: month, Items: []api.CohortComparison{}}
	if !off { // who gives nothing is told nothing
		var err error
		if out.Items, err = f.compare(r.Context(), user, sport, month, times); err != nil {
			return err
		}
	}
	return rest.JSON(w, http.StatusOK, out)
}

// chooseSharing puts the caller's times into cohorts and on leaderboards, or takes
// all of them out.
func (f *stats) chooseSharing(w http.ResponseWriter, r *http.Request) error {
	var in api.ComparisonChoice
	if err := rest.Read(w, r, &in); err != nil {
		return err
	}
	ctx, user := r.Context(), identity.UserID(r)
	err := f.workouts.Update(ctx, user, func(t *store.Tx) error {
		key := t.Key("noshare", user)
		t.Own(user, key, 0)
		if err := f.workouts.askWeighing(ctx, t, user); err != nil {
			return err
		}
		return t.Set(key, !in.Share, 0)
	})
	if err != nil {
		return err
	}
	keys, err := f.workouts.Owned(ctx, user)
	if err != nil {
		return err
	}
	for _, key := range keys {
		sport, month, ok := monthOf(key, f.workouts.Key(user, "share", user, ""))
		if !ok {
			continue
		}
		err := f.workouts.Update(ctx, user, func(t *store.Tx) error {
			b := bests{w: f.workouts, t: t, user: user, known: map[string]Ladders{}, changed: map[string]bool{}}
			return b.share(sport, month)
		})
		if err != nil {
			return err
		}
	}
	return rest.NoContent(w)
}
