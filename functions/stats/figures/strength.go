package figures

import "paceline/shared/track"

// StrengthSet is one set of an exercise, or a rest.
type StrengthSet struct {
	Index        int     // from 1
	StartS       float64 // after the start of the workout
	ElapsedTimeS float64
	Active       bool // done, and not a rest
	Category     string
	Exercise     string
	Repetitions  *float64
	WeightKG     *float64
	VolumeKG     *float64 // repetitions times weight
	// OneRepMaxKG is what could be lifted once, by Brzycki (1993): weight times 36
	// by 37 less the repetitions. Above ten of them it says little, and is absent.
	OneRepMaxKG *float64
}

// mostRepetitions is up to how many repetitions a maximum follows from a set.
const mostRepetitions = 10

// StrengthSets are the sets of a strength workout in time order; none for any
// other workout.
func StrengthSets(t *track.Track) []StrengthSet {
	out := make([]StrengthSet, 0, len(t.Sets))
	for i, s := range t.Sets {
		set := StrengthSet{
			Index: i + 1, StartS: float64(s.StartMS) / 1000, ElapsedTimeS: float64(s.EndMS-s.StartMS) / 1000,
			Active: s.Active, Category: s.Category, Exercise: s.Exercise, Repetitions: s.Repetitions, WeightKG: s.WeightKG,
		}
		if s.Active && s.Repetitions != nil && s.WeightKG != nil {
			reps, kg := *s.Repetitions, *s.WeightKG
			set.VolumeKG = track.Some(reps * kg)
			if reps >= 1 && reps <= mostRepetitions {
				set.OneRepMaxKG = track.Some(kg * 36 / (37 - reps))
			}
		}
		out = append(out, set)
	}
	return out
}

// lifted is what the sets of the workout add up to.
func (w *workout) lifted() {
	if len(w.t.Sets) == 0 {
		return
	}
	sets, reps, volume := 0, 0.0, 0.0
	for _, s := range StrengthSets(w.t) {
		if !s.Active {
			continue
		}
		sets++
		if s.Repetitions != nil {
			reps += *s.Repetitions
		}
		if s.VolumeKG != nil {
			volume += *s.VolumeKG
		}
	}
	w.Sets = &sets
	if reps > 0 {
		w.set(&w.Repetitions, "repetitions", reps, "sets")
	}
	if volume > 0 {
		w.set(&w.VolumeKG, "volume_kg", volume, "sets")
	}
}
