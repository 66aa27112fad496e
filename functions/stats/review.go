package stats

import (
	"cmp"
	"net/http"
	"slices"
	"strconv"
	"time"

	"paceline/shared/api"
	"paceline/shared/function/identity"
	"paceline/shared/function/rest"
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
	return rest.JSON(w, http.StatusOK, reviewOf(year, days))
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
