package privacy

import (
	"math"

	"paceline/events"
)

// How others see the totals of a workout that began or ended in a privacy zone.
// They see the samples outside of it, so that an exact total, less what they see,
// is how far it was from the door. A time tells as much as a distance, and so does
// whatever is made of a time: energy, load, the number of samples.
const (
	coarseM    = 500.0
	coarseS    = 300.0
	coarseMPS  = 0.1
	coarseKcal = 50.0
	coarseLoad = 5.0
)

// Coarse is the figures as others see them whose workout began or ended in a
// privacy zone; one that is nothing when rounded is absent.
func Coarse(s events.Stats) events.Stats {
	for to, fields := range map[float64][]**float64{
		coarseM:    {&s.DistanceM},
		coarseS:    {&s.ElapsedTimeS, &s.TimerTimeS, &s.MovingTimeS, &s.PausedTimeS},
		coarseMPS:  {&s.AvgSpeedMPS, &s.AvgMovingSpeed, &s.GradeAdjustedSpeedMPS},
		coarseKcal: {&s.CaloriesKcal, &s.WorkKJ},
		coarseLoad: {&s.TrainingLoad, &s.TRIMP},
	} {
		for _, f := range fields {
			*f = rounded(*f, to)
		}
	}
	s.Points -= s.Points % int(coarseS)
	return s
}

func rounded(v *float64, to float64) *float64 {
	if v == nil {
		return nil
	}
	out := math.Round(*v/to) * to
	if out == 0 {
		return nil
	}
	return &out
}
