package figures

import "paceline/shared/track"

// Pause is a time in which the timer stood.
type Pause struct {
	StartS       float64 // after the start of the workout
	ElapsedTimeS float64
}

// Pauses are the pauses of a workout in time order: those of the device's timer
// and, in files that know no timer, the long stretches without a sample in
// which nobody moved on.
func Pauses(t *track.Track) []Pause {
	tl := newTimeline(t, sportOf(t.Sport, t.SubSport))
	out := make([]Pause, 0, len(tl.stops))
	for _, s := range tl.stops {
		if s.EndMS > s.StartMS {
			out = append(out, Pause{float64(s.StartMS) / 1000, float64(s.EndMS-s.StartMS) / 1000})
		}
	}
	return out
}
