package stats

import (
	"math"
	"slices"

	"paceline/functions/stats/figures"
	"paceline/functions/stats/segment"
	"paceline/shared/api"
	"paceline/shared/function/fault"
	"paceline/shared/track"
)

// maxGapM is how far two positions of a stretch that is to be a segment are apart
// at most.
const maxGapM = 250.0

// along makes the segment of a stretch of a track and answers with its way.
func (s *Segment) along(tr *track.Track, in api.SegmentRequest) ([]int32, error) {
	fromS, toS, err := stretchOf(tr, in)
	if err != nil {
		return nil, err
	}
	line, err := stretch(figures.Places(tr), fromS, toS)
	if err != nil {
		return nil, err
	}
	s.Sport, s.Polyline = tr.Sport, polyline(line)
	s.DistanceM = math.Round(figures.WayM(placesOn(line))*10) / 10
	if part := tr.Cut(int64(fromS*1000), int64(toS*1000)); part != nil {
		s.ElevationGainM = figures.Compute(part, figures.Athlete{}).ElevationGainM
	}
	return line, nil
}

// placesOn are the places of a line.
func placesOn(line []int32) []figures.Place {
	out := make([]figures.Place, 0, len(line)/2)
	for i := range len(line) / 2 {
		lat, lng := position(line, i)
		out = append(out, figures.Place{Lat: lat, Lng: lng})
	}
	return out
}

// stretchOf is the seconds that a request means.
func stretchOf(tr *track.Track, in api.SegmentRequest) (fromS, toS float64, err error) {
	switch {
	case in.FromS != nil && in.ToS != nil && in.FromM == nil && in.ToM == nil:
		return *in.FromS, *in.ToS, nil
	case in.FromM != nil && in.ToM != nil && in.FromS == nil && in.ToS == nil:
		s := figures.Streams(tr)
		if len(s.DistanceM) == 0 {
			return 0, 0, errNoWay()
		}
		return whenAt(s, *in.FromM), whenAt(s, *in.ToM), nil
	}
	return 0, 0, fault.Invalid("invalid_segment", "say from_s and to_s, or from_m and to_m")
}

// whenAt is when somebody had come so far; NaN for never.
func whenAt(s figures.Series, metres float64) float64 {
	last := -1
	for i, m := range s.DistanceM {
		if math.IsNaN(m) {
			continue
		}
		if m >= metres {
			if last < 0 || m == s.DistanceM[last] {
				return s.TimeS[i]
			}
			return s.TimeS[last] + (s.TimeS[i]-s.TimeS[last])*(metres-s.DistanceM[last])/(m-s.DistanceM[last])
		}
		last = i
	}
	return math.NaN()
}

// stretch is the way of a workout between two moments, for a segment.
func stretch(places []figures.Place, fromS, toS float64) ([]int32, error) {
	if !(fromS >= 0 && toS > fromS) {
		return nil, fault.Invalid("invalid_segment", "a segment ends after it begins")
	}
	var lat, lng []float64
	add := func(la, ln float64) { lat, lng = append(lat, la), append(lng, ln) }
	for i, p := range places {
		if i == 0 {
			if fromS < p.S {
				return nil, errNoWay()
			}
			continue
		}
		before := places[i-1]
		if p.S < fromS || before.S > toS || p.S == before.S {
			continue
		}
		if p.Leap || track.Apart(before.Lat, before.Lng, p.Lat, p.Lng) > maxGapM {
			return nil, fault.Invalid("segment_has_gap", "the recording has a gap there")
		}
		at := func(s float64) {
			part := (s - before.S) / (p.S - before.S)
			add(before.Lat+(p.Lat-before.Lat)*part, before.Lng+(p.Lng-before.Lng)*part)
		}
		if before.S <= fromS {
			at(fromS)
		}
		at(min(p.S, toS))
	}
	if n := len(places); n < 2 || toS > places[n-1].S || len(lat) < 2 {
		return nil, errNoWay()
	}
	line := thinned(lat, lng)
	last := len(lat) - 1
	end := []int32{int32(math.Round(lat[last] * 1e5)), int32(math.Round(lng[last] * 1e5))}
	if !slices.Equal(line[len(line)-2:], end) {
		line = append(line, end...)
	}
	if m := segment.NewLine(line).LengthM(); m < segment.MinM || m > segment.MaxM {
		return nil, fault.Invalid("segment_length", "a segment is %d m to %d km long, this is %.0f m", segment.MinM, segment.MaxM/1000, m)
	}
	return line, nil
}

func errNoWay() error {
	return fault.Invalid("segment_without_way", "the workout has no way with positions there")
}
