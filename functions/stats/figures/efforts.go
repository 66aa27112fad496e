package figures

import (
	"math"

	"paceline/shared/track"
)

// Effort is the fastest way over a distance inside a workout.
type Effort struct {
	DistanceM    float64 // exactly what was asked for
	ElapsedTimeS float64 // the smallest over any window of that distance, stops included
	StartS       float64 // after the start of the workout
	StartM       float64 // along the way
}

// BestEfforts are the fastest windows of exactly each distance, both ends
// interpolated between samples; a distance that the track does not reach is
// left out. A window faster than the sport can go is an error of the recording
// and passed over. Each distance is one pass with two pointers, either way.
//
// The window may begin or end between two samples, so both kinds are tried:
// every window that begins at a sample and every one that ends at one. Between
// them the time changes linearly, so the smallest is among them.
func BestEfforts(t *track.Track, distancesM []float64) []Effort {
	c, _ := newCourse(t)
	out := make([]Effort, 0, len(distancesM))
	for _, d := range distancesM {
		if !(d > 0) || c.total-firstOf(c.m) < d {
			continue
		}
		if e, ok := c.best(d); ok {
			out = append(out, e)
		}
	}
	return out
}

func firstOf(column []float64) float64 {
	if len(column) == 0 {
		return 0
	}
	return column[0]
}

// best is the fastest window of d metres; the course is at least that long.
func (c *course) best(d float64) (best Effort, ok bool) {
	best = Effort{DistanceM: d, ElapsedTimeS: math.Inf(1)}
	keep := func(startS, startM, seconds float64) {
		if seconds < best.ElapsedTimeS && d <= c.sport.limitMPS*seconds {
			best.ElapsedTimeS, best.StartS, best.StartM = seconds, startS, startM
		}
	}
	end := 0
	for start := range c.m { // windows that begin at a sample
		for end < len(c.m) && c.m[end] < c.m[start]+d {
			end++
		}
		if end == len(c.m) {
			break
		}
		keep(c.s[start], c.m[start], c.timeAt(end, c.m[start]+d)-c.s[start])
	}
	start := len(c.m) - 1
	for end := len(c.m) - 1; end >= 0; end-- { // windows that end at a sample
		for start >= 0 && c.m[start] > c.m[end]-d {
			start--
		}
		if start < 0 {
			break
		}
		from := c.timeAt(start+1, c.m[end]-d)
		keep(from, c.m[end]-d, c.s[end]-from)
	}
	return best, !math.IsInf(best.ElapsedTimeS, 1)
}

// timeAt is when the course was at m metres, which lie at or before sample i
// and after the sample before it.
func (c *course) timeAt(i int, m float64) float64 {
	if i == 0 || c.m[i] == c.m[i-1] {
		return c.s[i]
	}
	part := (m - c.m[i-1]) / (c.m[i] - c.m[i-1])
	return c.s[i-1] + part*(c.s[i]-c.s[i-1])
}
