package figures

import (
	"math"
	"slices"

	"paceline/shared/track"
)

// Series are the samples of a workout as columns of one length, which is that
// of TimeS. A column that neither the file has nor can be derived is nil; NaN
// is a sample without a value.
type Series struct {
	TimeS        []float64 // after the start of the workout
	Lat, Lng     []float64 // degrees
	ElevationM   []float64
	DistanceM    []float64 // the way so far; derived when the device counted none
	SpeedMPS     []float64 // derived when the device measured none
	HeartRateBPM []float64
	CadenceRPM   []float64
	PowerW       []float64
	TemperatureC []float64
	DepthM       []float64
}

// Streams are the samples of a track, with the distance and the speed that its
// figures were computed from.
func Streams(t *track.Track) Series {
	s, in := sportOf(t.Sport, t.SubSport), &t.Samples
	tl := newTimeline(t, s)
	w := newWay(t, &tl, s)
	speed, _ := newSpeed(t, &tl, w, s)
	out := Series{
		TimeS:        make([]float64, len(in.TimeMS)),
		Lat:          slices.Clone(in.Lat),
		Lng:          slices.Clone(in.Lng),
		ElevationM:   widened(in.ElevationM),
		DistanceM:    slices.Clone(w.at),
		SpeedMPS:     widened(speed),
		HeartRateBPM: widened(in.HeartRateBPM),
		CadenceRPM:   widened(in.CadenceRPM),
		PowerW:       widened(in.PowerW),
		TemperatureC: widened(in.TemperatureC),
		DepthM:       widened(in.DepthM),
	}
	for i, ms := range in.TimeMS {
		out.TimeS[i] = float64(ms) / 1000
	}
	return out
}

// widened is a column in float64, to four decimals: that is as much as a
// float32 holds of these quantities, and takes out the digits that only widening made.
func widened(in []float32) []float64 {
	if in == nil {
		return nil
	}
	out := make([]float64, len(in))
	for i, v := range in {
		out[i] = math.Round(float64(v)*1e4) / 1e4
	}
	return out
}

// columns are all columns but the time.
func (s *Series) columns() []*[]float64 {
	return []*[]float64{&s.Lat, &s.Lng, &s.ElevationM, &s.DistanceM, &s.SpeedMPS,
		&s.HeartRateBPM, &s.CadenceRPM, &s.PowerW, &s.TemperatureC, &s.DepthM}
}

// Downsample is at most points samples of s, evenly chosen by time, the first
// and the last always among them. Values are samples of s, not means, so that
// columns stay true to each other. With fewer than two points, or no more
// samples than points, it is s itself.
func (s Series) Downsample(points int) Series {
	n := len(s.TimeS)
	if points < 2 || n <= points {
		return s
	}
	kept := evenly(s.TimeS, points)
	out := s
	for _, column := range append(out.columns(), &out.TimeS) {
		*column = chosen(*column, kept)
	}
	return out
}

// evenly chooses at most points indexes of rising times: the first sample at or
// after each of as many even steps, and the last.
func evenly(at []float64, points int) []int {
	n := len(at)
	step := (at[n-1] - at[0]) / float64(points-1)
	kept := make([]int, 0, points)
	for i, v := range at[:n-1] {
		if v-at[0] >= float64(len(kept))*step && len(kept) < points-1 {
			kept = append(kept, i)
		}
	}
	return append(kept, n-1)
}

func chosen(column []float64, kept []int) []float64 {
	if column == nil {
		return nil
	}
	out := make([]float64, len(kept))
	for i, k := range kept {
		out[i] = column[k]
	}
	return out
}
