package figures

import (
	"math"

	"paceline/shared/track"
)

// way is how far the person had come at each sample.
type way struct {
	at     []float64 // cumulative metres, never falling; NaN where unknown; nil when nothing says
	method string    // device_samples, gps or speed
	totalM float64
}

// newWay finds the way of a track: the device's own distance where it counted
// one, else along the positions, else under the speed.
func newWay(t *track.Track, tl *timeline, s sport) way {
	if w, ok := deviceWay(t, tl, s); ok {
		return w
	}
	if w, ok := gpsWay(t, tl, s); ok {
		return w
	}
	return speedWay(t, tl, s)
}

// deviceWay is the device's distance column. It must move, and not faster than
// the sport can. A counter that falls
// to less than half has been reset and goes on from where it was; one that falls
// a little has been corrected and stays until it is passed. The leg of a
// multisport file, whose counter does not begin at 0, begins at 0 here.
func deviceWay(t *track.Track, tl *timeline, s sport) (way, bool) {
	in := t.Samples.DistanceM
	first, clean := -1, true
	last := 0.0
	for i, v := range in {
		if !counted(v) {
			clean = clean && math.IsNaN(v)
			continue
		}
		if first < 0 {
			first, last = i, v
		}
		clean = clean && v >= last
		last = v
	}
	if first < 0 {
		return way{}, false
	}
	// The first sample may come seconds after the start, with metres already done.
	base := in[first]
	if base <= s.limitMPS*(float64(tl.ms[first])/1000+10) {
		base = 0
	}
	w := way{at: in, method: "device_samples", totalM: last}
	if !clean || base != 0 {
		w.at, w.totalM = rebased(in, first, base)
	}
	fastest := s.limitMPS*tl.spanS() + slackM
	return w, w.totalM > 0 && w.totalM <= fastest
}

// slackM is what a counter may be ahead of what the sport can do.
const slackM = 1000

// counted says whether v may be a distance at all.
func counted(v float64) bool { return v >= 0 && v <= math.MaxFloat32 }

// rebased is the column less base, with its falls taken out.
func rebased(in []float64, first int, base float64) ([]float64, float64) {
	out := make([]float64, len(in))
	come, last := 0.0, in[first]
	for i, v := range in {
		if !counted(v) {
			out[i] = math.NaN()
			continue
		}
		if v < last/2 {
			base = v - come
		}
		last = v
		come = max(come, v-base)
		out[i] = come
	}
	return out, come
}

// gpsWay goes along the positions, past spikes (see walker).
func gpsWay(t *track.Track, tl *timeline, s sport) (way, bool) {
	if len(t.Samples.Lat) == 0 {
		return way{}, false
	}
	w := way{at: make([]float64, len(tl.ms)), method: "gps"}
	total, points := walk(t, tl, s, w.at)
	w.totalM = total
	return w, points > 1
}

// speedWay sums the speed up over active time.
func speedWay(t *track.Track, tl *timeline, s sport) way {
	in := t.Samples.SpeedMPS
	w := way{at: make([]float64, len(in)), method: "speed"}
	last, sum := -1, 0.0
	for i, v := range in {
		w.at[i] = math.NaN()
		if !(v >= 0 && float64(v) <= s.limitMPS) {
			continue
		}
		if last >= 0 {
			sum += float64(v+in[last]) / 2 * tl.between(last, i)
		}
		w.at[i], last = sum, i
	}
	if sum == 0 {
		return way{}
	}
	w.totalM = sum
	return w
}
