package figures

import (
	"math"

	"paceline/shared/track"
)

// What is a climb: at least 300 m long, 20 m high and 2 % steep. It goes on
// over a flat or a dip of up to 200 m, and ends where more than 10 m, or a fifth
// of it, were lost again.
const (
	climbLengthM = 300.0
	climbGainM   = 20.0
	climbGrade   = 0.02
	climbRestM   = 200.0
	climbLostM   = 10.0
)

// Climb is one climb of a workout.
type Climb struct {
	Index        int     // from 1
	StartS       float64 // after the start of the workout
	StartM       float64 // along the way
	LengthM      float64
	GainM        float64 // from foot to top
	AvgGradePct  float64
	ElapsedTimeS float64
	// Category is that of cyclists, by length times grade: "hc", "1" to "4",
	// or "" below them all.
	Category string
}

// category is by metres of length times percent of grade, from 3 % on.
func category(lengthM, gradePct float64) string {
	if gradePct < 3 {
		return ""
	}
	for _, c := range []struct {
		from float64
		name string
	}{{80_000, "hc"}, {64_000, "1"}, {32_000, "2"}, {16_000, "3"}, {8000, "4"}} {
		if lengthM*gradePct >= c.from {
			return c.name
		}
	}
	return ""
}

// foothill is a point of a profile: where, how high and when.
type foothill struct{ m, e, s float64 }

// ascent follows one climb: its foot and its top so far.
type ascent struct{ foot, top foothill }

// over says whether p is no longer part of the climb.
func (a ascent) over(p foothill) bool {
	return a.top.e-p.e > max(climbLostM, (a.top.e-a.foot.e)/5) || (p.m-a.top.m > climbRestM && a.top.m > a.foot.m)
}

// climb is the ascent as a climb; false when it is none.
func (a ascent) climb() (Climb, bool) {
	length, gain := a.top.m-a.foot.m, a.top.e-a.foot.e
	if length < climbLengthM || gain < climbGainM || gain < climbGrade*length {
		return Climb{}, false
	}
	grade := 100 * gain / length
	return Climb{
		StartS: a.foot.s, StartM: a.foot.m, LengthM: length, GainM: gain, AvgGradePct: grade,
		ElapsedTimeS: a.top.s - a.foot.s, Category: category(length, grade),
	}, true
}

// ascentsOf finds the climbs along a profile.
func ascentsOf(points []foothill) []Climb {
	var out []Climb
	var a ascent
	for i := 0; i < len(points); i++ {
		p := points[i]
		switch {
		case i == 0, p.e <= a.foot.e: // lower than the foot: begin here
			if c, ok := a.climb(); ok && i > 0 {
				out = append(out, c)
			}
			a = ascent{p, p}
		case p.e > a.top.e:
			a.top = p
		case a.over(p):
			c, ok := a.climb()
			if ok {
				out = append(out, c)
				a = ascent{p, p}
				continue
			}
			a.foot = p
			a.top = p
		case a.top == a.foot: // flat before a climb: the foot moves along
			a = ascent{p, p}
		case p.m-a.foot.m > climbLengthM && a.top.e-a.foot.e < climbGrade*(p.m-a.foot.m)/2: // too flat to be the beginning
			a = ascent{p, p}
		}
	}
	if c, ok := a.climb(); ok {
		out = append(out, c)
	}
	for i := range out {
		out[i].Index = i + 1
	}
	return out
}

// Climbs are the climbs of a workout in time order; none without elevations
// along a way.
func Climbs(t *track.Track) []Climb {
	s := sportOf(t.Sport, t.SubSport)
	tl := newTimeline(t, s)
	w := newWay(t, &tl, s)
	_, smooth := newProfile(t, &tl, true)
	if w.at == nil || smooth == nil {
		return nil
	}
	return ascentsOf(profilePoints(w.at, smooth, tl.ms))
}

// profilePoints are the smoothed elevations along a course, one every 10 m at most.
func profilePoints(at []float64, smooth []float64, ms []int64) []foothill {
	var out []foothill
	for i, m := range at {
		if math.IsNaN(m) || math.IsNaN(smooth[i]) {
			continue
		}
		if n := len(out); n > 0 && m-out[n-1].m < 10 {
			continue
		}
		out = append(out, foothill{m, smooth[i], float64(ms[i]) / 1000})
	}
	return out
}
