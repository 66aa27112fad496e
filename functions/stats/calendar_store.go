package stats

import (
	"math"
	"net/http"
	"time"

	"paceline/shared/api"
	"paceline/shared/function/identity"
	"paceline/shared/function/rest"
	"paceline/shared/function/store"
)

// mark takes changed days over into the person's calendar.
func mark(t *store.Tx, user string, changed map[string]map[string]dayChange) error {
	key := t.Key("calendar", user)
	c := Calendar{}
	if _, err := t.GetSealed(user, key, &c); err != nil {
		return err
	}
	for year, fields := range changed {
		for field, d := range fields {
			date, sport, err := parseDayField(year, field)
			if err != nil {
				return err
			}
			c.change(date, sport, d.before, d.after)
		}
	}
	return t.SetSealed(user, key, c, 0)
}

func (f *stats) calendar(r *http.Request) (Calendar, error) {
	user, c := identity.UserID(r), Calendar{}
	_, err := f.workouts.GetSealed(r.Context(), user, f.workouts.Key(user, "calendar", user), &c)
	return c, err
}

func (f *stats) eddington(w http.ResponseWriter, r *http.Request) error {
	c, err := f.calendar(r)
	if err != nil {
		return err
	}
	asked := r.URL.Query().Get("sport")
	out := api.EddingtonList{Items: []api.Eddington{}}
	for _, sport := range c.sports() {
		if asked != "" && asked != sport {
			continue
		}
		for _, unit := range []struct {
			name api.SplitUnit
			days map[int]int
		}{{api.SplitUnitKm, c[sport].Km}, {api.SplitUnitMi, c[sport].Mi}} {
			number, missing := eddington(unit.days)
			out.Items = append(out.Items, api.Eddington{Sport: sport, Unit: unit.name, Number: number, DaysToNext: missing})
		}
	}
	return rest.JSON(w, http.StatusOK, out)
}

// today is the day of a caller, by ?time_zone, else in UTC.
func (f *stats) today(r *http.Request) (time.Time, error) {
	location := time.UTC
	if zone := r.URL.Query().Get("time_zone"); zone != "" {
		var err error
		if location, err = zoneOf(zone); err != nil {
			return time.Time{}, err
		}
	}
	now := f.workouts.Now().In(location)
	return time.Date(now.Year(), now.Month(), now.Day(), 0, 0, 0, 0, time.UTC), nil
}

func (f *stats) streaks(w http.ResponseWriter, r *http.Request) error {
	c, err := f.calendar(r)
	if err != nil {
		return err
	}
	today, err := f.today(r)
	if err != nil {
		return err
	}
	days := c.active(r.URL.Query().Get("sport"))
	now := dayNumber(today)
	byDay, longestDay := streaks(days, now)
	byWeek, longestWeek := streaks(weeksOf(days), weekOf(now))
	week := func(s Streak) Streak { return Streak{s.Length, mondayOf(s.First), mondayOf(s.End) + 6} }
	return rest.JSON(w, http.StatusOK, api.Streaks{
		ActiveDays:  len(days),
		CurrentDays: byDay.answer(), LongestDays: longestDay.answer(),
		CurrentWeeks: week(byWeek).answer(), LongestWeeks: week(longestWeek).answer(),
	})
}

// answer is a streak as the API shows it, from its first day to its last.
func (s Streak) answer() api.Streak {
	if s.Length == 0 {
		return api.Streak{}
	}
	return api.Streak{Length: s.Length, Start: dayOf(s.First).Format(time.DateOnly), End: dayOf(s.End).Format(time.DateOnly)}
}

// days of load that one answer has at most.
const maxFormDays = 3 * 366

func (f *stats) load(w http.ResponseWriter, r *http.Request) error {
	convention := Convention(r.URL.Query().Get("convention"))
	if convention == "" {
		convention = Exponential
	}
	if convention != Exponential && convention != Average {
		return rest.Parameter("convention", "exponential or average")
	}
	today, err := f.today(r)
	if err != nil {
		return err
	}
	window, err := parseWindow(r)
	if err != nil {
		return err
	}
	from, to := today.AddDate(0, 0, -89), today
	for _, end := range []struct {
		name string
		b    bound
		to   *time.Time
	}{{"from", window.from, &from}, {"to", window.to, &to}} {
		switch {
		case end.b.day != "":
			*end.to = end.b.moment
		case !end.b.moment.IsZero():
			return rest.Parameter(end.name, "a day as YYYY-MM-DD")
		}
	}
	if to.Before(from) || to.Sub(from) > maxFormDays*24*time.Hour {
		return rest.Parameter("to", "not before from and at most three years after it")
	}
	days, err := f.workouts.days(r.Context(), identity.UserID(r), from.AddDate(0, 0, -forgotten).Year(), to.Year())
	if err != nil {
		return err
	}
	out := api.Load{Convention: api.LoadConvention(convention), Days: []api.LoadDay{}}
	for _, d := range form(loads(days, r.URL.Query().Get("sport")), from, to, convention) {
		out.Days = append(out.Days, api.LoadDay{
			Date: d.Date.Format(time.DateOnly), TrainingLoad: d.Load, Fitness: round(d.Fitness), Fatigue: round(d.Fatigue), Form: round(d.Form),
		})
	}
	return rest.JSON(w, http.StatusOK, out)
}

// loads are the loads of days, of all sports or one.
func loads(days []Day, sport string) map[time.Time]float64 {
	out := map[time.Time]float64{}
	for _, d := range days {
		if sport == "" || sport == d.Sport {
			out[d.Date] += float64(d.Sums.Load) / 1000
		}
	}
	return out
}

// round is to a hundredth: more is not known of a load.
func round(v float64) float64 { return math.Round(v*100) / 100 }
