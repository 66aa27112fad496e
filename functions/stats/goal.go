package stats

import (
	"math"
	"time"

	"paceline/shared/api"
	"paceline/shared/function/fault"
)

// What a person may keep.
const (
	maxGoals   = 100
	maxReached = 60 // periods of a goal whose reaching is remembered
)

// Goal is what a person wants to do in each period, or once between two days.
type Goal struct {
	ID        string    `json:"id"`
	Version   int64     `json:"version"`
	CreatedAt time.Time `json:"created_at"`
	api.GoalRequest
	// Reached is the first day of each period that was told to be reached, by
	// workout, the newest maxReached.
	Reached []Reached `json:"reached,omitempty"`
}

// Reached is a period of a goal and the workout that reached it; "" when the
// goal was made afterwards.
type Reached struct {
	Start     string `json:"start"`
	WorkoutID string `json:"workout_id,omitempty"`
}

// checkGoal refuses what cannot be reached or measured.
func checkGoal(g api.GoalRequest) error {
	switch {
	case !g.Metric.Valid():
		return fault.Invalid("invalid_goal", "metric is workouts, distance_m, moving_time_s, elevation_gain_m, calories_kcal or training_load")
	case !g.Period.Valid():
		return fault.Invalid("invalid_goal", "period is week, month, year or once")
	case !(g.Target > 0 && g.Target <= 1e9):
		return fault.Invalid("invalid_goal", "target is above 0")
	case len(g.Sport) > 40:
		return fault.Invalid("invalid_goal", "sport is the name of a sport")
	}
	from, err := time.Parse(time.DateOnly, g.From)
	if err != nil {
		return fault.Invalid("invalid_goal", "from is a day as YYYY-MM-DD")
	}
	if g.To == "" && g.Period != api.GoalPeriodOnce {
		return nil
	}
	to, err := time.Parse(time.DateOnly, g.To)
	if err != nil || to.Before(from) || to.After(from.AddDate(10, 0, 0)) {
		return fault.Invalid("invalid_goal", "to is a day as YYYY-MM-DD, not before from and at most ten years after it")
	}
	return nil
}

// span is the period of the goal that holds a day: its first day and the first
// day after it, within the goal's own days; false when the goal does not hold then.
func (g Goal) span(day time.Time) (start, end time.Time, ok bool) {
	from, _ := time.Parse(time.DateOnly, g.From) // checkGoal
	until := time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC)
	if g.To != "" {
		to, _ := time.Parse(time.DateOnly, g.To)
		until = to.AddDate(0, 0, 1)
	}
	if day.Before(from) || !day.Before(until) {
		return start, end, false
	}
	if g.Period == api.GoalPeriodOnce {
		return from, until, true
	}
	start, end = period(day, api.Period(g.Period))
	if start.Before(from) {
		start = from
	}
	if end.After(until) {
		end = until
	}
	return start, end, true
}

// progress is how much of the goal the days of a period hold.
func (g Goal) progress(days []Day, start, end time.Time) float64 {
	var sum Sums
	for _, d := range days {
		if (g.Sport == "" || g.Sport == d.Sport) && !d.Date.Before(start) && d.Date.Before(end) {
			sum.Add(d.Sums, 1)
		}
	}
	switch g.Metric {
	case api.GoalMetricWorkouts:
		return float64(sum.N)
	case api.GoalMetricDistanceM:
		return float64(sum.DistanceMM) / 1000
	case api.GoalMetricMovingTimeS:
		return float64(sum.MovingMS) / 1000
	case api.GoalMetricElevationGainM:
		return float64(sum.GainMM) / 1000
	case api.GoalMetricCaloriesKcal:
		return float64(sum.Calories) / 1000
	case api.GoalMetricTrainingLoad:
		return float64(sum.Load) / 1000
	}
	return math.NaN()
}

// told says whether a period was told to be reached.
func (g Goal) told(start time.Time) (Reached, bool) {
	for _, r := range g.Reached {
		if r.Start == start.Format(time.DateOnly) {
			return r, true
		}
	}
	return Reached{}, false
}

// tell remembers that a period was reached.
func (g *Goal) tell(start time.Time, workout string) {
	g.Reached = append(g.Reached, Reached{start.Format(time.DateOnly), workout})
	if extra := len(g.Reached) - maxReached; extra > 0 {
		g.Reached = g.Reached[extra:]
	}
}
