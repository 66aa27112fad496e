package figures

import (
	"math"
	"sort"

	"paceline/shared/track"
)

// course is the way of a track as a line of known points, on which both ends
// of a split or an effort are interpolated.
type course struct {
	m      []float64 // metres, rising or equal
	s      []float64 // seconds after the start of the workout, rising or equal
	moving []float64 // moving seconds, rising or equal
	gain   []float64 // metres climbed; nil without elevations
	loss   []float64 // metres descended; nil without elevations
	index  []int     // of the sample
	total  float64
	speed  []float32 // of every sample of the track
	sport  sport
}

// newCourse is the course of a track: its samples with a known way. It is
// empty when the track has none.
func newCourse(t *track.Track) (course, timeline) {
	s := sportOf(t.Sport, t.SubSport)
	tl := newTimeline(t, s)
	w := newWay(t, &tl, s)
	n := len(w.at)
	if n == 0 {
		return course{sport: s}, tl
	}
	speed, _ := newSpeed(t, &tl, w, s)
	moving := make([]float64, n)
	movingTime(t, &tl, w, speed, s, moving)
	gain, loss := climbs(t, &tl)
	c := course{m: make([]float64, 0, n), s: make([]float64, 0, n), index: make([]int, 0, n), speed: speed, sport: s}
	for i, m := range w.at {
		if math.IsNaN(m) {
			continue
		}
		c.m = append(c.m, m)
		c.s = append(c.s, float64(tl.ms[i])/1000)
		c.index = append(c.index, i)
	}
	c.moving, c.gain, c.loss = picked(moving, c.index), picked(gain, c.index), picked(loss, c.index)
	if len(c.m) > 0 {
		c.total = c.m[len(c.m)-1]
	}
	return c, tl
}

// picked are the values of a column at some samples; nil for no column.
func picked(column []float64, at []int) []float64 {
	if column == nil || len(column) == len(at) {
		return column
	}
	return chosen(column, at)
}

// place is a point of the course: between samples lo and lo+1, part of the way.
type place struct {
	lo   int
	part float64
}

// at finds the first place that is m metres along the course, from sample
// from on.
func (c *course) at(m float64, from int) place {
	i := from + sort.SearchFloat64s(c.m[from:], m)
	switch {
	case i == 0:
		return place{}
	case i >= len(c.m):
		return place{lo: len(c.m) - 1}
	}
	lo := i - 1
	if c.m[i] == c.m[lo] {
		return place{lo: i}
	}
	return place{lo: lo, part: (m - c.m[lo]) / (c.m[i] - c.m[lo])}
}

// when is the place of the course at a time, in s after the start; the nearest
// end when the course has not begun or is over.
func (c *course) when(s float64) place {
	i := sort.SearchFloat64s(c.s, s)
	switch {
	case i == 0:
		return place{}
	case i >= len(c.s):
		return place{lo: len(c.s) - 1}
	}
	return place{lo: i - 1, part: (s - c.s[i-1]) / (c.s[i] - c.s[i-1])}
}

// of is the value of a column of the course at a place.
func (p place) of(column []float64) float64 {
	v := column[p.lo]
	if p.part > 0 {
		v += p.part * (column[p.lo+1] - v)
	}
	return v
}
