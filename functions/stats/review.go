package stats

import (
	"cmp"
	"context"
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

// review is a year of the caller's.
func (f *stats) review(w http.ResponseWriter, r *http.Request) error {
	now := f.workouts.Now()
	year := now.Year()
	if s := r.URL.Query().Get("year"); s != "" {
		var err error
		if year, err = strconv.Atoi(s); err != nil || year < firstYear || year > now.Year()+1 {
			return rest.Parameter("year", "from %d to %d", firstYear, now.Year()+1)
		}
	}
	days, err := f.workouts.days(r.Context(), identity.UserID(r), year, year)
	if err != nil {
		return err
	}
	out := reviewOf(year, days)
	if out.Records, err = f.recordsIn(r.Context(), identity.UserID(r), year, out.Sports); err != nil {
		return err
	}
	return rest.JSON(w, http.StatusOK, out)
}

// recordsIn are the records of a person that were set in a year, of the sports of
// that year: the last of each, with the one that it beat.
func (f *stats) recordsIn(ctx context.Context, user string, year int, of []api.SummaryBucket) ([]api.YearRecord, error) {
	keys := make([]string, len(of))
	for i, s := range of {
		keys[i] = f.workouts.Key(user, "best", user, s.Sport, allTime)
	}
	read, err := store.GetManySealed[Ladders](ctx, f.workouts.Store, placesOf(user, keys))
	if err != nil {
		return nil, err
	}
	out := []api.YearRecord{}
	for i, l := range read {
		out = append(out, deref(l).setIn(year, of[i].Sport)...)
	}
	return out, nil
}

// setIn are the records of a sport that were set in a year. Those of the curves
// are too many to tell of.
func (l Ladders) setIn(year int, sport string) []api.YearRecord {
	var out []api.YearRecord
	for _, key := range ordered(l) {
		p, _ := parseKey(key)
		if p.Kind != figures.ByDistance && p.Kind != figures.ByTotal {
			continue
		}
		steps := slices.DeleteFunc(slices.Clone(l[key]), func(s Step) bool { return s.At.Year() > year })
		n := len(steps)
		if n == 0 || steps[n-1].At.Year() != year {
			continue
		}
		rec := api.YearRecord{Sport: sport, Kind: api.PeakKind(p.Kind), Name: p.Name, Best: result(p, steps[n-1])}
		if n > 1 {
			before := result(p, steps[n-2])
			rec.Previous = &before
		}
		out = append(out, rec)
	}
	return out
}

// reviewOf is what the days of a year add up to; sports by time, the most first.
func reviewOf(year int, days []Day) api.YearInReview {
	out := api.YearInReview{Year: year, Sports: []api.SummaryBucket{}, Months: summarise(days, api.PeriodMonth, "")}
	var sports []string
	active := map[time.Time]bool{}
	for _, d := range days {
		if d.Sums.N > 0 {
			active[d.Date] = true
			sports = append(sports, d.Sport)
		}
	}
	out.ActiveDays, out.LongestStreakDays = len(active), longestRun(active)
	if all := summarise(days, api.PeriodYear, ""); len(all) > 0 {
		out.Total = &all[0]
	}
	slices.Sort(sports)
	for _, s := range slices.Compact(sports) {
		out.Sports = append(out.Sports, summarise(days, api.PeriodYear, s)...)
	}
	slices.SortStableFunc(out.Sports, func(a, b api.SummaryBucket) int { return cmp.Compare(b.MovingTimeS, a.MovingTimeS) })
	return out
}

// longestRun is the most days in a row.
func longestRun(active map[time.Time]bool) (longest int) {
	for day := range active {
		if active[day.AddDate(0, 0, -1)] {
			continue // not the first of its run
		}
		n := 1
		for active[day.AddDate(0, 0, n)] {
			n++
		}
		longest = max(longest, n)
	}
	return longest
}
