package figures

import (
	"math"

	"paceline/shared/track"
)

// Units of Splits.
const (
	KilometreM = 1000.0
	MileM      = 1609.344
)

const (
	shortestSplitM = 1       // the shortest rest that is a split of its own
	mostSplits     = 100_000 // more is a length that nobody asks for
)

// Split is one length of a workout. Times are in s; what the samples do not
// say is nil.
type Split struct {
	Index           int     // from 1
	DistanceM       float64 // the last may be shorter
	ElapsedTimeS    float64 // with stops, as races are timed
	MovingTimeS     *float64
	AvgSpeedMPS     *float64 // distance by moving time
	ElevationGainM  *float64
	ElevationLossM  *float64
	AvgHeartRateBPM *float64
	AvgCadenceRPM   *float64
	AvgPowerW       *float64
}

// Splits cuts the way of a track at every lengthM metres, both ends
// interpolated between samples, in order; the last split is the rest with its
// true length. It is empty for a track without a way, when lengthM is below one
// metre, and when that would be more than 100,000 splits.
//
// The elapsed times of all splits sum to the time from the first to the last
// sample with a known way, their distances to the way itself, which may differ
// from a device's own total.
func Splits(t *track.Track, lengthM float64) []Split {
	if !(lengthM >= 1) || math.IsInf(lengthM, 1) {
		return nil
	}
	c, tl := newCourse(t)
	if c.total < shortestSplitM || c.total/lengthM > mostSplits {
		return nil
	}
	out := make([]Split, 0, int(c.total/lengthM)+1)
	from := place{}
	for n := 0; float64(n)*lengthM <= c.total-shortestSplitM; n++ {
		start, end := float64(n)*lengthM, float64(n+1)*lengthM
		to := place{lo: len(c.m) - 1}
		if end+shortestSplitM <= c.total {
			to = c.at(end, from.lo)
		} else {
			end = c.total
		}
		out = append(out, newSplit(n+1, end-start, t, &tl, &c, from, to))
		from = to
	}
	return out
}

func newSplit(index int, length float64, t *track.Track, tl *timeline, c *course, from, to place) Split {
	out := Split{Index: index, DistanceM: length, ElapsedTimeS: to.of(c.s) - from.of(c.s)}
	moving := to.of(c.moving) - from.of(c.moving)
	out.MovingTimeS = &moving
	if moving > 0 {
		out.AvgSpeedMPS = track.Some(length / moving)
	}
	r := stretch{tl: tl, from: c.index[from.lo], to: c.index[to.lo] + 1}
	in := &t.Samples
	if c.gain != nil {
		out.ElevationGainM = track.Some(to.of(c.gain) - from.of(c.gain))
		out.ElevationLossM = track.Some(to.of(c.loss) - from.of(c.loss))
	}
	out.AvgHeartRateBPM, _ = r.mean(in.HeartRateBPM, heartRates)
	out.AvgCadenceRPM, _ = r.mean(in.CadenceRPM, cadences)
	out.AvgPowerW, _ = r.mean(in.PowerW, powers)
	return out
}
