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
// left out. No window has a leap of the recording in it, and one that is faster
// than the sport can go is left out.
func BestEfforts(t *track.Track, distancesM []float64) []Effort {
	s := sportOf(t.Sport, t.SubSport)
	tl := newTimeline(t, s)
	r := newRoute(t, &tl, newWay(t, &tl, s), s)
	out := make([]Effort, 0, len(distancesM))
	for _, d := range distancesM {
		if w, ok := r.fastest(d); ok {
			out = append(out, Effort{d, w.growth, w.fromY, w.fromX})
		}
	}
	return out
}

// route is the way of a workout over time, for efforts: the lengths of a pool
// where there are any, else its samples with a known way. It is cut at leaps:
// steps of a counter that found its place again, whose metres are true, but
// not made in that moment.
type route struct {
	parts    []curve
	limitMPS float64
}

// curve is a part of a route without a leap: metres over seconds, also by
// whole seconds where all of it lies on them.
type curve struct {
	line
	grid *grid
}

// leapM is what a counter may jump beyond what the sport can do in the time.
const leapM = 10

func newRoute(t *track.Track, tl *timeline, w way, s sport) route {
	l, ok := poolLine(t)
	if !ok {
		l = wayLine(tl, w, t.Sport == "swimming")
	}
	r := route{limitMPS: s.limitMPS}
	from := 0
	for i := 1; i < len(l.x); i++ {
		if l.y[i]-l.y[i-1] > s.limitMPS*(l.x[i]-l.x[i-1])+leapM {
			r.add(line{l.x[from:i], l.y[from:i]})
			from = i
		}
	}
	r.add(line{l.x[from:], l.y[from:]})
	return r
}

func (r *route) add(l line) {
	c := curve{line: l}
	if g, ok := newGrid(l); ok {
		c.grid = &g
	}
	r.parts = append(r.parts, c)
}

// wayLine is the way at the samples where it is known. In steps, only where it
// grows: the counter of a swim stands until the next length or stroke is seen,
// and its metres were made since the last time.
func wayLine(tl *timeline, w way, steps bool) line {
	l := line{x: make([]float64, 0, len(w.at)), y: make([]float64, 0, len(w.at))}
	for i, m := range w.at {
		if math.IsNaN(m) || (steps && len(l.y) > 0 && m <= l.y[len(l.y)-1]) {
			continue
		}
		l.x, l.y = append(l.x, float64(tl.ms[i])/1000), append(l.y, m)
	}
	return l
}

// fastest is the quickest window of d metres: growth and fromY are seconds,
// fromX metres.
func (r *route) fastest(d float64) (best window, found bool) {
	for _, c := range r.parts {
		var w window
		var ok bool
		if c.grid != nil {
			w, ok = c.grid.least(d)
		} else {
			w, ok = line{c.y, c.x}.least(d)
		}
		if ok && (!found || w.growth < best.growth) {
			best, found = w, true
		}
	}
	return best, found && d <= r.limitMPS*best.growth
}

// farthest is the longest way in a window of d seconds.
func (r *route) farthest(d float64) (best window, found bool) {
	for _, c := range r.parts {
		if w, ok := c.most(d); ok && w.growth > best.growth {
			best, found = w, true
		}
	}
	return best, found && best.growth <= r.limitMPS*d
}

// most is the window of d seconds in which most happened.
func (c curve) most(d float64) (window, bool) {
	if c.grid != nil {
		return c.grid.most(d)
	}
	return c.line.most(d)
}
