package stats

import (
	"cmp"
	"context"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"time"

	"paceline/functions/stats/figures"
	"paceline/shared/api"
	"paceline/shared/function/identity"
	"paceline/shared/function/rest"
	"paceline/shared/function/store"
)

// recentDays is how far back the newest curve goes.
const recentDays = 90

// bestRecords are the records of a person by sport, each with its history.
func (f *stats) bestRecords(w http.ResponseWriter, r *http.Request) error {
	c, err := f.calendar(r)
	if err != nil {
		return err
	}
	sports := c.sports()
	if asked := r.URL.Query().Get("sport"); asked != "" {
		sports = []string{asked}
	}
	user := identity.UserID(r)
	keys := make([]string, len(sports))
	for i, sport := range sports {
		keys[i] = f.workouts.Key(user, "best", user, sport, allTime)
	}
	read, err := store.GetManySealed[Ladders](r.Context(), f.workouts.Store, placesOf(user, keys))
	if err != nil {
		return err
	}
	out := api.RecordList{Items: []api.Record{}}
	for i, l := range read {
		if l != nil {
			out.Items = append(out.Items, recordsOf(sports[i], *l)...)
		}
	}
	return rest.JSON(w, http.StatusOK, out)
}

// recordsOf are the ladders of a sport in order of kind and length.
func recordsOf(sport string, l Ladders) []api.Record {
	var out []api.Record
	for _, key := range ordered(l) {
		p, _ := parseKey(key)
		steps := l[key]
		rec := api.Record{Sport: sport, Kind: api.PeakKind(p.Kind), Name: p.Name, Best: result(p, steps[len(steps)-1]), History: []api.CurvePoint{}}
		for _, s := range steps[:len(steps)-1] {
			rec.History = append(rec.History, result(p, s))
		}
		slices.Reverse(rec.History)
		out = append(out, rec)
	}
	return out
}

// ordered are the keys of ladders by kind and length.
func ordered(l Ladders) []string {
	return slices.SortedFunc(maps.Keys(l), func(a, b string) int {
		p, _ := parseKey(a)
		q, _ := parseKey(b)
		return cmp.Or(cmp.Compare(p.Kind, q.Kind), cmp.Compare(p.Over, q.Over), cmp.Compare(p.Name, q.Name))
	})
}

// result is a step as the API shows it.
func result(p figures.Peak, s Step) api.CurvePoint {
	out := api.CurvePoint{WorkoutID: s.WorkoutID, StartedAt: s.At}
	p.Value = s.Value
	if p.Kind == figures.ByTotal {
		out.Value = &p.Value
		return out
	}
	e := effort(p)
	out.DistanceM, out.ElapsedTimeS, out.AvgSpeedMPS, out.PowerW = e.DistanceM, e.ElapsedTimeS, e.AvgSpeedMPS, e.PowerW
	return out
}

func (f *stats) powerCurve(w http.ResponseWriter, r *http.Request) error {
	return f.curve(w, r, "cycling", figures.ByPower)
}

func (f *stats) paceCurve(w http.ResponseWriter, r *http.Request) error {
	return f.curve(w, r, "running", figures.ByTime)
}

// curve answers with the best of a kind over all lengths: of all time, of the
// season (a calendar year), and of the last 90 days.
func (f *stats) curve(w http.ResponseWriter, r *http.Request, usual string, kind figures.PeakKind) error {
	today, err := f.today(r)
	if err != nil {
		return err
	}
	season := r.URL.Query().Get("season")
	if season == "" {
		season = strconv.Itoa(today.Year())
	}
	if y, err := strconv.Atoi(season); err != nil || y < firstYear || y > 9999 || len(season) != 4 {
		return rest.Parameter("season", "a year")
	}
	user, sport := identity.UserID(r), cmp.Or(r.URL.Query().Get("sport"), usual)
	keys := []string{f.workouts.Key(user, "best", user, sport, allTime), f.workouts.Key(user, "best", user, sport, season)}
	read, err := store.GetManySealed[Ladders](r.Context(), f.workouts.Store, placesOf(user, keys))
	if err != nil {
		return err
	}
	recent, err := f.recent(r.Context(), user, sport, today)
	if err != nil {
		return err
	}
	return rest.JSON(w, http.StatusOK, api.Curve{
		Sport: sport, AllTime: points(deref(read[0]), kind), Season: points(deref(read[1]), kind), Recent: points(recent, kind),
	})
}

func deref(l *Ladders) Ladders {
	if l == nil {
		return nil
	}
	return *l
}

// points are the newest steps of one kind, the shortest length first.
func points(l Ladders, kind figures.PeakKind) []api.CurvePoint {
	out := []api.CurvePoint{}
	for _, key := range ordered(l) {
		if p, ok := parseKey(key); ok && p.Kind == kind {
			s, _ := l.top(key)
			out = append(out, result(p, s))
		}
	}
	return out
}

// recent are the ladders of the last 90 days, from the workouts of those days.
func (f *stats) recent(ctx context.Context, user, sport string, today time.Time) (Ladders, error) {
	out := Ladders{}
	first := today.AddDate(0, 0, -recentDays+1)
	window := window{from: bound{first, first.Format(time.DateOnly)}}
	for after := []string(nil); ; {
		entries, last, err := f.workouts.Page(ctx, f.workouts.Key(user, "list", user, sport), rest.MaxLimit, after)
		if err != nil {
			return nil, err
		}
		var keys []string
		for _, e := range entries {
			if window.over(e.At) {
				last = nil
				break
			}
			keys = append(keys, f.workouts.Key(user, "analysis", e.ID))
		}
		read, err := store.GetManySealed[kept](ctx, f.workouts.Store, placesOf(user, keys))
		if err != nil {
			return nil, err
		}
		for i, k := range read {
			if c := k.contribution(entries[i].ID); c != nil && c.Sport == sport && window.holds(c.At) {
				out.add(c)
			}
		}
		if last == nil {
			return out, nil
		}
		after = last.Position()
	}
}
