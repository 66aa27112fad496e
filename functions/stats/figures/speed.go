package figures

import (
	"math"

	"paceline/shared/track"
)

// windowMS is the time over which a speed is taken from the way: positions are
// known to some metres, so that over one second it would be mostly error.
const windowMS = 5000

// newSpeed is the speed at each sample: the device's column where it moves
// with the way, else the slope of the way over windowMS around the sample (over
// both neighbours where samples are farther apart). NaN where unknown.
func newSpeed(t *track.Track, tl *timeline, w way, s sport) (column []float32, method string) {
	if in := t.Samples.SpeedMPS; speaks(in, tl, w) {
		return in, "samples"
	}
	if w.at == nil {
		return nil, ""
	}
	return slope(tl, w.at, s), w.method
}

// speaks says whether a speed column is more than the zeros that some devices
// write beside a growing distance.
func speaks(column []float32, tl *timeline, w way) bool {
	var sum float64
	n := 0
	for _, v := range column {
		if v >= 0 {
			sum += float64(v)
			n++
		}
	}
	if n == 0 {
		return false
	}
	active := float64(tl.active[len(tl.active)-1]) / 1000
	return sum/float64(n)*active >= w.totalM/10
}

// slope is the speed along a way.
func slope(tl *timeline, at []float64, s sport) []float32 {
	out := make([]float32, len(at))
	ms, lo, hi := tl.ms, 0, 0
	for i := range at {
		if math.IsNaN(at[i]) {
			out[i] = float32(math.NaN())
			continue
		}
		for ms[i]-ms[lo] > windowMS/2 && lo < i {
			lo++
		}
		hi = max(hi, i)
		for hi+1 < len(ms) && ms[hi+1]-ms[i] <= windowMS/2 {
			hi++
		}
		out[i] = rise(ms, at, neighbour(at, lo, i, -1), neighbour(at, hi, i, +1), s)
	}
	return out
}

// neighbour is the known sample at the edge of the window, or the nearest one
// beyond i when the window holds no other.
func neighbour(at []float64, edge, i, dir int) int {
	for j := edge; j != i; j -= dir {
		if !math.IsNaN(at[j]) {
			return j
		}
	}
	for j := i + dir; j >= 0 && j < len(at); j += dir {
		if !math.IsNaN(at[j]) {
			return j
		}
	}
	return i
}

func rise(ms []int64, at []float64, a, b int, s sport) float32 {
	dt := float64(ms[b]-ms[a]) / 1000
	if dt <= 0 {
		return float32(math.NaN())
	}
	v := (at[b] - at[a]) / dt
	if v > s.limitMPS {
		return float32(math.NaN())
	}
	return float32(v)
}

// topSpeed is the highest speed that two neighbouring samples agree on: the
// maximum of the medians of three, within the sport's limit.
func topSpeed(column []float32, s sport) (float64, bool) {
	top, ok := float32(0), false
	a, b := float32(math.NaN()), float32(math.NaN())
	for _, v := range column {
		if !(v >= 0 && float64(v) <= s.limitMPS) {
			continue
		}
		if m := median3(a, b, v); m >= top { // NaN before the third value
			top, ok = m, true
		}
		a, b = b, v
	}
	if !ok && !isNaN32(b) { // one or two values
		return float64(max(b, orZero(a))), true
	}
	return float64(top), ok
}

func median3(a, b, c float32) float32 { return max(min(a, b), min(max(a, b), c)) }

func isNaN32(v float32) bool { return v != v }

func orZero(v float32) float32 {
	if isNaN32(v) {
		return 0
	}
	return v
}
