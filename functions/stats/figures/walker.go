package figures

import (
	"math"

	"paceline/shared/track"
)

// relocated is how many positions in a row must agree before a place that is
// too far away to have been reached is believed.
const relocated = 3

// walker goes from one good position to the next.
//
// A position is a spike when it lies farther from the last good one than the
// sport can go in the time, or when the way there and back is a sharp tooth:
// both sides twice as long as the base and far faster than the steps around
// it. Spikes are left out. When several positions in a row agree on the other
// place, the recording has moved on (a lift, a ferry, a cold start): the walk
// goes on from there, and the jump is not part of the way.
type walker struct {
	lat, lng []float64
	ms       []int64
	limit    float64 // m/s
	ruler    ruler
	last     int // the last good position, -1 before the first
	away     int // the newest of the positions that did not fit, -1 when none
	agreeing int // how many of them agree
	before   float64
}

// walk fills at (when not nil) with the cumulative way and says its length and
// the number of good positions.
func walk(t *track.Track, tl *timeline, s sport, at []float64) (totalM float64, points int) {
	w := walker{lat: t.Samples.Lat, lng: t.Samples.Lng, ms: tl.ms, limit: s.limitMPS, last: -1, away: -1}
	cut := cutter{spans: t.Pauses}
	for i := range w.lat {
		step, good := w.step(i)
		if good && step > 0 && len(cut.spans) > 0 && 2*cut.overlap(w.ms[w.last], w.ms[i]) > w.ms[i]-w.ms[w.last] {
			step = 0 // moved while the device's timer stood
		}
		if good {
			totalM += step
			points++
			w.last = i
		}
		if at != nil {
			at[i] = totalM
			if !good {
				at[i] = math.NaN()
			}
		}
	}
	return totalM, points
}

// step is the way from the last good position to position i, and whether i is
// good.
func (w *walker) step(i int) (float64, bool) {
	if !(math.Abs(w.lat[i]) <= 90) || math.IsNaN(w.lng[i]) {
		return 0, false
	}
	if w.last < 0 {
		return 0, true
	}
	d := w.metres(w.last, i)
	if d > w.reach(w.last, i) {
		return 0, w.away1(i)
	}
	dt := float64(w.ms[i]-w.ms[w.last]) / 1000
	if dt > 0 && d > 5 && d/dt > 2*w.before+2 && w.tooth(i, d) {
		return 0, false
	}
	if dt > 0 {
		w.before = d / dt
	}
	w.away, w.agreeing = -1, 0
	return d, true
}

// away1 takes a position that cannot have been reached and says whether it is
// the new place.
func (w *walker) away1(i int) bool {
	if w.away >= 0 && w.metres(w.away, i) <= w.reach(w.away, i) {
		w.agreeing++
	} else {
		w.agreeing = 1
	}
	w.away = i
	if w.agreeing < relocated {
		return false
	}
	w.away, w.agreeing, w.before = -1, 0, 0
	return true
}

// tooth says whether position i, d metres from the last good one, is the point
// of a sharp tooth.
func (w *walker) tooth(i int, d float64) bool {
	next := i + 1
	if next >= len(w.lat) || math.IsNaN(w.lat[next]) || w.ms[next] == w.ms[i] {
		return false
	}
	back := w.metres(i, next)
	if 2*w.metres(w.last, next) >= min(d, back) {
		return false
	}
	after := 0.0
	if n := next + 1; n < len(w.lat) && w.ms[n] > w.ms[next] {
		after = w.metres(next, n) / (float64(w.ms[n]-w.ms[next]) / 1000)
	}
	usual := 2*max(w.before, after) + 2 // NaN, when after is, is never reached
	return back/(float64(w.ms[next]-w.ms[i])/1000) > usual && d/(float64(w.ms[i]-w.ms[w.last])/1000) > usual
}

func (w *walker) metres(i, j int) float64 {
	return w.ruler.metres(w.lat[i], w.lng[i], w.lat[j], w.lng[j])
}

// errorM is the error of two positions themselves.
const errorM = 30

// reach is how far the sport can go between two positions.
func (w *walker) reach(i, j int) float64 {
	return w.limit*float64(w.ms[j]-w.ms[i])/1000 + errorM
}
