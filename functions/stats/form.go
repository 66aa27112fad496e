package stats

import (
	"math"
	"time"
)

// Days over which load fades: fitness (CTL) and fatigue (ATL).
const (
	fitnessDays = 42
	fatigueDays = 7
)

// forgotten is how much history form needs: what is older than three years
// weighs less than e^-26.
const forgotten = 3 * 365

// Convention is how much of a day's load is taken up.
type Convention string

// The two conventions in use; they differ by one or two points.
const (
	// Exponential takes 1 - e^(-1/τ) of a day: the average of a continuous
	// decay, as GoldenCheetah has it.
	Exponential Convention = "exponential"
	// Average takes 1/τ of a day, as TrainingPeaks has it.
	Average Convention = "average"
)

func (c Convention) share(days float64) float64 {
	if c == Average {
		return 1 / days
	}
	return 1 - math.Exp(-1/days)
}

// FormDay is the training state of a day.
type FormDay struct {
	Date             time.Time
	Load             float64
	Fitness, Fatigue float64 // with the day itself
	Form             float64 // fitness less fatigue of the day before, as it is felt in the morning
}

// form follows load day by day from the first day of loads to the end and
// answers with the days from from on. A day without a load is a rest and
// counts as zero. Before the first load everything is zero.
func form(loads map[time.Time]float64, from, to time.Time, c Convention) []FormDay {
	day := from.AddDate(0, 0, -forgotten)
	fit, tired := c.share(fitnessDays), c.share(fatigueDays)
	var out []FormDay
	var state FormDay
	for ; !day.After(to); day = day.AddDate(0, 0, 1) {
		load := loads[day]
		state = FormDay{
			Date: day, Load: load, Form: state.Fitness - state.Fatigue,
			Fitness: state.Fitness + fit*(load-state.Fitness),
			Fatigue: state.Fatigue + tired*(load-state.Fatigue),
		}
		if !day.Before(from) {
			out = append(out, state)
		}
	}
	return out
}
