package stats

import (
	"fmt"
	"math"
	"reflect"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"paceline/events"
	"paceline/functions/stats/figures"
	"paceline/shared/api"
)

var monday = time.Date(2026, 5, 4, 0, 0, 0, 0, time.UTC)

// Whatever order workouts come in, and however they are put together from
// months, the ladder is that of going through them by time.
func TestLadderFollowsFromTheWorkouts(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(r *rapid.T) {
		n := rapid.IntRange(1, 30).Draw(r, "workouts")
		var all []*Contribution
		for i := range n {
			all = append(all, &Contribution{
				WorkoutID: fmt.Sprintf("%02d", i), Sport: "running", At: monday.AddDate(0, 0, rapid.IntRange(0, 700).Draw(r, "day")),
				Peaks: []figures.Peak{
					{Kind: figures.ByDistance, Over: 5000, Value: float64(rapid.IntRange(1000, 1010).Draw(r, "seconds"))},
					{Kind: figures.ByPower, Over: 60, Value: float64(rapid.IntRange(300, 310).Draw(r, "watts"))},
					{Kind: figures.ByPower, Over: 1, Value: 9999, Doubt: "power_above_human"},
				},
			})
		}
		want := Ladders{}
		byTime := slices.Clone(all)
		slices.SortFunc(byTime, func(a, b *Contribution) int {
			if (Step{At: a.At, WorkoutID: a.WorkoutID}).before(Step{At: b.At, WorkoutID: b.WorkoutID}) {
				return -1
			}
			return 1
		})
		for _, c := range byTime {
			for _, p := range c.Peaks[:2] {
				key := peakKey(p)
				if last, ok := want.top(key); !ok || p.Better(p.Value, last.Value) {
					want[key] = append(want[key], Step{p.Value, c.WorkoutID, c.At, 0})
				}
			}
		}
		got, months := Ladders{}, map[string]Ladders{}
		for _, c := range rapid.Permutation(all).Draw(r, "order") {
			got.add(c)
			if months[c.month()] == nil {
				months[c.month()] = Ladders{}
			}
			months[c.month()].add(c)
		}
		joined := Ladders{}
		for _, l := range months {
			joined.merge(l)
		}
		if !reflect.DeepEqual(got, want) || !reflect.DeepEqual(joined, want) {
			r.Fatalf("got %v, joined %v, want %v", got, joined, want)
		}
	})
}

// The calendar says what the days themselves say.
func TestCalendarFollowsFromTheDays(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(r *rapid.T) {
		c, sums := Calendar{}, map[int]Sums{}
		for range rapid.IntRange(0, 60).Draw(r, "changes") {
			day := rapid.IntRange(0, 40).Draw(r, "day")
			before, after := sums[day], sums[day]
			if before.N > 0 && rapid.Bool().Draw(r, "take back") {
				after = Sums{}
			} else {
				after.N++
				after.DistanceMM += int64(rapid.IntRange(0, 12_000_000).Draw(r, "mm"))
			}
			sums[day] = after
			c.change(monday.AddDate(0, 0, day), "running", before, after)
		}
		var active []int
		km := map[int]int{}
		for day, s := range sums {
			if s.N > 0 {
				active = append(active, dayNumber(monday)+day)
			}
			if k := int(s.DistanceMM / mmPerKm); k > 0 {
				km[k]++
			}
		}
		slices.Sort(active)
		if !slices.Equal(c.active(""), active) {
			r.Fatalf("active %v, want %v", c.active(""), active)
		}
		if len(active) == 0 {
			if len(c) != 0 {
				r.Fatalf("a calendar of no day: %+v", c)
			}
			return
		}
		if !reflect.DeepEqual(c["running"].Km, km) {
			r.Fatalf("km %v, want %v", c["running"].Km, km)
		}
		want := 0
		for e := 1; e < 50; e++ {
			days := 0
			for k, n := range km {
				if k >= e {
					days += n
				}
			}
			if days >= e {
				want = e
			}
		}
		number, missing := eddington(c["running"].Km)
		have := 0
		for k, n := range km {
			if k >= number+1 {
				have += n
			}
		}
		if number != want || missing != number+1-have {
			r.Fatalf("Eddington %d and %d missing, want %d and %d", number, missing, want, number+1-have)
		}
	})
}

func TestStreaks(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		days             []int
		now              int
		current, longest Streak
	}{
		"none":                       {nil, 9, Streak{}, Streak{}},
		"until today":                {[]int{1, 2, 3, 7, 8, 9}, 9, Streak{3, 7, 9}, Streak{3, 1, 3}},
		"until yesterday":            {[]int{7, 8}, 9, Streak{2, 7, 8}, Streak{2, 7, 8}},
		"broken the day before":      {[]int{5, 6, 7}, 9, Streak{}, Streak{3, 5, 7}},
		"what is ahead is not ended": {[]int{9, 10}, 9, Streak{1, 9, 9}, Streak{2, 9, 10}},
	} {
		if current, longest := streaks(c.days, c.now); current != c.current || longest != c.longest {
			t.Errorf("%s: %v and %v, want %v and %v", name, current, longest, c.current, c.longest)
		}
	}
	for _, day := range []string{"2026-05-04", "1999-12-27", "2024-12-30"} { // Mondays
		d, _ := time.Parse(time.DateOnly, day)
		n := dayNumber(d)
		if mondayOf(weekOf(n)) != n || weekOf(n) != weekOf(n+6) || weekOf(n) == weekOf(n-1) || !dayOf(n).Equal(d) {
			t.Errorf("%s is day %d of week %d, which begins with day %d", day, n, weekOf(n), mondayOf(weekOf(n)))
		}
	}
}

func TestFormByBothConventions(t *testing.T) {
	t.Parallel()
	loads := map[time.Time]float64{}
	first := monday.AddDate(0, 0, -99)
	for d := first; !d.After(monday); d = d.AddDate(0, 0, 1) {
		loads[d] = 100
	}
	end := monday.AddDate(0, 0, 7) // a week of rest
	for convention, keep := range map[Convention]func(days float64) float64{
		Exponential: func(days float64) float64 { return math.Exp(-1 / days) },
		Average:     func(days float64) float64 { return 1 - 1/days },
	} {
		days := form(loads, monday, end, convention)
		if len(days) != 8 {
			t.Fatalf("%d days", len(days))
		}
		fitness := 100 * (1 - math.Pow(keep(42), 100))
		fatigue := 100 * (1 - math.Pow(keep(7), 100))
		if d := days[0]; math.Abs(d.Fitness-fitness) > 1e-6 || math.Abs(d.Fatigue-fatigue) > 1e-6 {
			t.Errorf("%s after 100 days of 100: %+v, want %v and %v", convention, d, fitness, fatigue)
		}
		if d := days[1]; math.Abs(d.Form-(fitness-fatigue)) > 1e-6 {
			t.Errorf("%s: form %v is not yesterday's balance %v", convention, d.Form, fitness-fatigue)
		}
		if d := days[7]; math.Abs(d.Fitness-fitness*math.Pow(keep(42), 7)) > 1e-6 || d.Load != 0 {
			t.Errorf("%s: rest days do not count as zero: %+v", convention, d)
		}
	}
	old := map[time.Time]float64{monday.AddDate(-4, 0, 0): 10_000}
	if d := form(old, monday, monday, Exponential)[0]; d.Fitness > 1e-9 {
		t.Errorf("four years ago weighs %v", d.Fitness)
	}
}

func TestGoalsHaveTheirPeriods(t *testing.T) {
	t.Parallel()
	goal := func(p api.GoalPeriod, from, to string) Goal {
		return Goal{GoalRequest: api.GoalRequest{Metric: api.GoalMetricDistanceM, Target: 1, Period: p, From: from, To: to}}
	}
	for name, c := range map[string]struct {
		goal Goal
		want string
	}{
		"a week":                {goal(api.GoalPeriodWeek, "2026-01-01", ""), "2026-05-04 2026-05-11"},
		"a week cut at its end": {goal(api.GoalPeriodWeek, "2026-01-01", "2026-05-06"), "2026-05-04 2026-05-07"},
		"a month from the 3rd":  {goal(api.GoalPeriodMonth, "2026-05-03", ""), "2026-05-03 2026-06-01"},
		"a year":                {goal(api.GoalPeriodYear, "2020-01-01", ""), "2026-01-01 2027-01-01"},
		"once":                  {goal(api.GoalPeriodOnce, "2026-05-01", "2026-05-04"), "2026-05-01 2026-05-05"},
		"over":                  {goal(api.GoalPeriodWeek, "2026-01-01", "2026-05-03"), ""},
		"not begun":             {goal(api.GoalPeriodWeek, "2026-05-05", ""), ""},
	} {
		got := ""
		if start, end, ok := c.goal.span(monday); ok {
			got = start.Format(time.DateOnly) + " " + end.Format(time.DateOnly)
		}
		if got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}

func TestOnlyDaysThatSayOtherwiseAreReplayed(t *testing.T) {
	t.Parallel()
	ftp := func(v float64) *float64 { return &v }
	entry := settingsEntry
	for name, c := range map[string]struct {
		a, b Settings
		want string
	}{
		"the same":                  {entry("2026-01-01", ftp(200)), entry("2026-01-01", ftp(200)), "[]"},
		"first ones":                {Settings{}, entry("2026-01-01", ftp(200)), "[{2026-01-01 }]"},
		"a later one":               {entry("2026-01-01", ftp(200)), join(entry("2026-01-01", ftp(200)), entry("2026-03-01", ftp(210))), "[{2026-03-01 }]"},
		"one between":               {join(entry("2026-01-01", ftp(200)), entry("2026-03-01", ftp(210))), join(entry("2026-01-01", ftp(190)), entry("2026-03-01", ftp(210))), "[{2026-01-01 2026-03-01}]"},
		"an earlier date of a same": {entry("2026-03-01", ftp(200)), entry("2026-01-01", ftp(200)), "[{2026-01-01 2026-03-01}]"},
	} {
		if got := fmt.Sprint(changedDays(c.a, c.b)); got != c.want {
			t.Errorf("%s: %s, want %s", name, got, c.want)
		}
	}
}

// Figures are made again when the formulas, what is known of the person on that
// day in that sport, or what they were made of is another, and for nothing else.
func TestWhatABasisDependsOn(t *testing.T) {
	t.Parallel()
	v := func(x float64) *float64 { return &x }
	w := events.Workout{Sport: "cycling", StartedAt: monday, Source: events.Origin{SHA256: "5a"}}
	settings := Settings{Entries: []events.AthleteSettings{{ValidFrom: "2020-01-01", FTPW: v(200)}, {ValidFrom: "2099-01-01", FTPW: v(300)}}}
	basis := basisOf(w, settings)
	older := basis
	older.Formula = "2026.1"
	other := func(edit func(*events.Workout)) Basis {
		w := w
		edit(&w)
		return basisOf(w, settings)
	}
	stronger := Settings{Entries: []events.AthleteSettings{{ValidFrom: "2020-01-01", FTPW: v(201)}}}
	later := Settings{Entries: []events.AthleteSettings{{ValidFrom: "2020-01-01", FTPW: v(200)}, {ValidFrom: "2099-01-01", FTPW: v(1)}}}
	for name, c := range map[string]struct {
		basis Basis
		same  bool
	}{
		"itself":                   {basisOf(w, settings), true},
		"older formulas":           {older, false},
		"another FTP":              {basisOf(w, stronger), false},
		"another FTP of later":     {basisOf(w, later), true},
		"another sport":            {other(func(w *events.Workout) { w.Sport = "running" }), false},
		"another file":             {other(func(w *events.Workout) { w.Source.SHA256 = "5b" }), false},
		"another track":            {other(func(w *events.Workout) { w.Track = "cropped" }), false},
		"another name and version": {other(func(w *events.Workout) { w.Name, w.Version = "Sunday", 9 }), true},
	} {
		if reflect.DeepEqual(basis, c.basis) != c.same {
			t.Errorf("%s: %+v", name, c.basis)
		}
	}
}

// A week is the ISO week, also at the turn of the year, and has no year of its own.
func TestPeriodsOfADay(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		day, want string
		by        api.Period
	}{
		{"2027-01-01", "2026-12-28 2027-01-04", api.PeriodWeek},
		{"2026-12-28", "2026-12-28 2027-01-04", api.PeriodWeek},
		{"2024-12-29", "2024-12-23 2024-12-30", api.PeriodWeek},
		{"2024-02-29", "2024-02-01 2024-03-01", api.PeriodMonth},
		{"2024-02-29", "2024-02-29 2024-03-01", api.PeriodDay},
		{"2024-12-31", "2024-01-01 2025-01-01", api.PeriodYear},
	} {
		d, _ := time.Parse(time.DateOnly, c.day)
		start, end := period(d, c.by)
		if got := start.Format(time.DateOnly) + " " + end.Format(time.DateOnly); got != c.want {
			t.Errorf("%s of %s: %s, want %s", c.by, c.day, got, c.want)
		}
	}
}
