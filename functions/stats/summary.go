package stats

import (
	"context"
	"net/http"
	"time"

	"paceline/shared/api"
	"paceline/shared/function/identity"
	"paceline/shared/function/rest"
)

// firstYear is the earliest year that a summary goes back to.
const firstYear = 1900

func (f *stats) summary(w http.ResponseWriter, r *http.Request) error {
	q := r.URL.Query()
	by := api.Period(q.Get("by"))
	if by == "" {
		by = api.PeriodWeek
	}
	if !by.Valid() {
		return rest.Parameter("by", "day, week, month or year")
	}
	window, err := parseWindow(r)
	if err != nil {
		return err
	}
	var days []Day
	if zone := q.Get("time_zone"); zone != "" || window.ofMoments() {
		days, err = f.daysIn(r.Context(), identity.UserID(r), zone, window)
	} else {
		days, err = f.keptDays(r.Context(), identity.UserID(r), window)
	}
	if err != nil {
		return err
	}
	return rest.JSON(w, http.StatusOK, api.Summary{Buckets: summarise(days, by, q.Get("sport"))})
}

// ofMoments says that an end of the window cuts through a day.
func (w window) ofMoments() bool {
	return (!w.from.moment.IsZero() && w.from.day == "") || (!w.to.moment.IsZero() && w.to.day == "")
}

// keptDays reads the sums of whole days in the workouts' own time zones.
func (f *stats) keptDays(ctx context.Context, user string, w window) ([]Day, error) {
	first, last := firstYear, f.workouts.Now().Year()+1
	if w.from.day != "" {
		first = max(first, w.from.moment.Year())
	}
	if w.to.day != "" {
		last = min(last, w.to.moment.Year())
	}
	days, err := f.workouts.days(ctx, user, first, last)
	if err != nil {
		return nil, err
	}
	kept := days[:0]
	for _, d := range days {
		if w.holds(d.Date) {
			kept = append(kept, d)
		}
	}
	return kept, nil
}

// daysIn counts workouts into the days of one time zone, or of their own when
// zone is empty: kept sums cannot answer for another calendar.
func (f *stats) daysIn(ctx context.Context, user, zone string, w window) ([]Day, error) {
	var location *time.Location
	if zone != "" {
		var err error
		if location, err = zoneOf(zone); err != nil {
			return nil, err
		}
	}
	var days []Day
	for after := w.newest(); ; {
		entries, last, err := f.workouts.Page(ctx, f.workouts.Key(user, "list", user), rest.MaxLimit, after)
		if err != nil {
			return nil, err
		}
		records, err := f.records(ctx, user, entries)
		if err != nil {
			return nil, err
		}
		for _, r := range records {
			if r == nil || r.counts() == nil {
				continue
			}
			start := r.Workout.StartedAt
			if location != nil {
				start = start.In(location)
			}
			if w.holds(start) {
				date := time.Date(start.Year(), start.Month(), start.Day(), 0, 0, 0, 0, time.UTC)
				days = append(days, Day{date, r.Workout.Sport, sumsOf(*r.Stats)})
			}
		}
		if last == nil || w.over(last.At) {
			return days, nil
		}
		after = last.Position()
	}
}

// zoneOf is the zone that a caller names.
func zoneOf(name string) (*time.Location, error) {
	location, err := time.LoadLocation(name)
	if err != nil || name == "Local" {
		return nil, rest.Parameter("time_zone", "an IANA name such as Europe/Berlin")
	}
	return location, nil
}
