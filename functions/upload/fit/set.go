package fit

import (
	"fmt"
	"math"

	"paceline/functions/upload/fit/profile"
	"paceline/shared/track"
)

// Fields of sets and of titles of exercises. The time of a set has a number of
// its own.
const (
	setDuration    = 0
	setRepetitions = 3
	setWeight      = 4
	setType        = 5
	setStart       = 6
	setCategory    = 7
	setExercise    = 8
	setTime        = 254
	titleCategory  = 0
	titleExercise  = 1
	titleText      = 2
	unknown        = 0xFFFF
)

// exercise is an exercise by its numbers.
type exercise struct{ category, number uint16 }

func (p *part) addSet(m message, at int) *track.Fault {
	if len(p.sets) >= maxSets {
		return fault("too_many_laps", at, fmt.Sprintf("more than %d sets", maxSets))
	}
	p.sets = append(p.sets, keep(m, m.whole(setTime, noTime)))
	return nil
}

// addTitle takes what the file itself calls an exercise.
func (p *part) addTitle(m message) {
	e := exercise{uint16(m.whole(titleCategory, unknown)), uint16(m.whole(titleExercise, unknown))}
	if text := m.text(titleText); text != "" && len(p.titles) < maxTitles {
		if p.titles == nil {
			p.titles = map[exercise]string{}
		}
		p.titles[e] = text
	}
}

// setStartOf is when a set says that it started, or what its end and duration
// come to.
func (p *part) setStartOf(k kept) (int64, bool) {
	if start := k.whole(setStart, noTime); start != noTime {
		return p.clock.ms(start), true
	}
	if duration := k.native(setDuration); k.when != noTime && !math.IsNaN(duration) {
		return p.clock.ms(k.when) - int64(duration), true
	}
	return 0, false
}

func (p *part) set(k kept, start int64) track.Set {
	e := exercise{uint16(k.whole(setCategory, unknown)), uint16(k.whole(setExercise, unknown))}
	s := track.Set{
		Active:      k.whole(setType, 0) == 1,
		Category:    profile.ExerciseCategory(e.category),
		Exercise:    p.titles[e],
		Repetitions: above(k.native(setRepetitions)),
		WeightKG:    above(k.value(setWeight, 16)),
	}
	if s.Exercise == "" {
		s.Exercise = profile.Exercise(e.category, e.number)
	}
	s.StartMS = max(0, k.at-start)
	s.EndMS = s.StartMS
	if duration := k.native(setDuration); !math.IsNaN(duration) {
		s.EndMS += int64(duration)
	}
	return s
}

// above is an optional value of v, which devices write as 0 when there is none.
func above(v float64) *float64 {
	if v == 0 {
		return nil
	}
	return track.Some(v)
}
