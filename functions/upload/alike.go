package upload

import (
	"cmp"
	"math"
	"slices"
	"time"

	"paceline/shared/track"
)

// Two recordings are the same workout when they cover the same time and the same
// way, whatever device or program wrote them.
const (
	sharedTime   = 0.8             // of the longer one
	pathPlaces   = 24              // that are kept of a track
	nearM        = 150             // clocks of devices differ by seconds
	nearPlaces   = 0.8             // of the places that both have a time for
	sharedWay    = 0.03            // of the distance, where one has no positions
	sharedEdge   = 2 * time.Minute // where one has no positions
	sharedMoment = 5 * time.Second // where one has no distance, either
	longestSeen  = 10 * 24 * time.Hour
)

// Day is the workouts that a person has on a day of UTC, each on every day that
// it touches.
type Day struct {
	Seen []Seen `json:"seen"`
}

// Seen is what is kept of a workout to know it again.
type Seen struct {
	WorkoutID string   `json:"workout_id"`
	Recorded  string   `json:"recorded,omitempty"` // as another workout, which this one took
	Sport     string   `json:"sport"`
	StartMS   int64    `json:"start_ms"` // Unix time
	EndMS     int64    `json:"end_ms"`
	DistanceM *float64 `json:"distance_m,omitempty"`
	Path      []Place  `json:"path,omitempty"`
}

// Place is where somebody was at a moment.
type Place struct {
	AtMS int64   `json:"at_ms"`
	Lat  float64 `json:"lat"`
	Lng  float64 `json:"lng"`
}

// seenOf is what is kept of a track; false for one that has no duration and can
// be taken for no other.
func seenOf(t *track.Track) (Seen, bool) {
	start := t.StartedAt.UnixMilli()
	s := Seen{Sport: t.Sport, StartMS: start, EndMS: start}
	if n := t.Samples.Len(); n > 0 {
		s.EndMS = start + t.Samples.TimeMS[n-1]
	} else if e := cmp.Or(t.Session.ElapsedS, t.Session.TimerS); e != nil {
		s.EndMS = start + int64(*e*1000)
	}
	if t.Format == formatManual || s.EndMS <= s.StartMS || s.EndMS-s.StartMS > longestSeen.Milliseconds() {
		return Seen{}, false
	}
	s.DistanceM = t.Session.DistanceM
	if s.DistanceM == nil {
		for _, d := range slices.Backward(t.Samples.DistanceM) {
			if d == d {
				s.DistanceM = &d
				break
			}
		}
	}
	for i := range pathPlaces {
		at := (s.EndMS - s.StartMS) * int64(i) / (pathPlaces - 1)
		if lat, lng, ok := placeAt(t, at); ok {
			s.Path = append(s.Path, Place{start + at, math.Round(lat*1e5) / 1e5, math.Round(lng*1e5) / 1e5})
		}
	}
	return s, true
}

// placeAt is where a track was at a moment, between two samples that are not too
// far apart.
func placeAt(t *track.Track, at int64) (lat, lng float64, ok bool) {
	s := t.Samples
	if s.Lat == nil {
		return 0, 0, false
	}
	i, _ := slices.BinarySearch(s.TimeMS, at)
	before, after := i, i
	for before >= 0 && (before >= s.Len() || s.TimeMS[before] > at || s.Lat[before] != s.Lat[before]) {
		before--
	}
	for after < s.Len() && s.Lat[after] != s.Lat[after] {
		after++
	}
	if before < 0 || after >= s.Len() || s.TimeMS[after]-s.TimeMS[before] > time.Minute.Milliseconds() {
		return 0, 0, false
	}
	part := 0.0
	if d := s.TimeMS[after] - s.TimeMS[before]; d > 0 {
		part = float64(at-s.TimeMS[before]) / float64(d)
	}
	return s.Lat[before] + part*(s.Lat[after]-s.Lat[before]), s.Lng[before] + part*(s.Lng[after]-s.Lng[before]), true
}

// same says whether a track, which is seen as now, is the workout that was seen
// before.
func (s Seen) same(now Seen, t *track.Track) bool {
	shared := min(s.EndMS, now.EndMS) - max(s.StartMS, now.StartMS)
	if float64(shared) < sharedTime*float64(max(s.EndMS-s.StartMS, now.EndMS-now.StartMS)) {
		return false
	}
	if s.Sport != now.Sport && s.Sport != generic && now.Sport != generic {
		return false
	}
	near := func(a, b int64, within time.Duration) bool {
		return time.Duration(max(a-b, b-a))*time.Millisecond <= within
	}
	switch {
	case s.Path != nil && now.Path != nil:
		return s.sameWay(t)
	case s.DistanceM != nil && now.DistanceM != nil:
		return near(s.StartMS, now.StartMS, sharedEdge) && near(s.EndMS, now.EndMS, sharedEdge) &&
			math.Abs(*s.DistanceM-*now.DistanceM) <= sharedWay*max(*s.DistanceM, *now.DistanceM)
	}
	return near(s.StartMS, now.StartMS, sharedMoment) && near(s.EndMS, now.EndMS, sharedMoment)
}

// sameWay says whether a track was where the workout was, at the same moments.
func (s Seen) sameWay(t *track.Track) bool {
	compared, near := 0, 0
	for _, p := range s.Path {
		lat, lng, ok := placeAt(t, p.AtMS-t.StartedAt.UnixMilli())
		if !ok {
			continue
		}
		compared++
		if track.Apart(p.Lat, p.Lng, lat, lng) <= nearM {
			near++
		}
	}
	return compared >= 2 && float64(near) >= nearPlaces*float64(compared)
}

// days are the days of UTC that the workout touches.
func (s Seen) days() []string {
	var out []string
	for day := time.UnixMilli(s.StartMS).UTC().Truncate(24 * time.Hour); !day.After(time.UnixMilli(s.EndMS)); day = day.Add(24 * time.Hour) {
		out = append(out, day.Format(time.DateOnly))
	}
	return out
}

// alike is the workout of a day that a track is, or "".
func (d Day) alike(now Seen, t *track.Track) string {
	for _, s := range d.Seen {
		if s.same(now, t) {
			return s.WorkoutID
		}
	}
	return ""
}
