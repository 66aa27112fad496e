package paceline_test

import (
	"math"
	"path/filepath"
	"slices"
	"testing"

	"paceline/functions/stats/figures"
	"paceline/functions/stats/segment"
	"paceline/shared/track"
)

// Of every real workout the middle half is a segment that the workout itself has
// passed, in the time that it took, also when only every fifth place of it is
// known; and that nobody has passed who went the other way.
func TestCorpusWorkoutsPassTheirOwnSegments(t *testing.T) {
	t.Parallel()
	dir := corpusDir(t)
	matched, sparse := 0, 0
	for _, row := range readTSV(t, filepath.Join(dir, "manifest.tsv")) {
		for _, w := range openCorpusFile(t, filepath.Join(dir, row["path"])).workouts {
			places := figures.Places(w.track)
			from, to := len(places)/4, len(places)*3/4
			l := lineThrough(places[from:max(from, to)])
			if l == nil {
				continue
			}
			took := places[to-1].S - places[from].S
			if !passes(places, l, places[from].S, took) {
				t.Errorf("%s: %.0f m from %.0f s in %.0f s are not passed: %+v", row["path"], l.LengthM(), places[from].S, took, segment.NewPath(places).Match(l))
				continue
			}
			matched++
			var some []figures.Place
			for i, p := range places {
				if i%5 == 0 {
					some = append(some, p)
				}
			}
			if passes(some, l, places[from].S, took) {
				sparse++
			}
			back, end := reversed(places), places[len(places)-1].S
			// Out and back along one road is the same both ways.
			if passes(back, l, end-places[to-1].S, took) && !passes(places, lineThrough(reversed(places[from:to])), places[from].S, took) {
				t.Errorf("%s: is passed the other way", row["path"])
			}
		}
	}
	t.Logf("%d workouts pass the middle half of themselves, %d with every fifth place", matched, sparse)
	if matched < 30 || sparse < matched*8/10 {
		t.Errorf("%d workouts pass the middle half of themselves, %d with every fifth place", matched, sparse)
	}
}

// passes says whether one of the efforts is at a time, within the width of a gate.
// Who stays near the start sets off later.
func passes(places []figures.Place, l *segment.Line, startS, tookS float64) bool {
	if l == nil {
		return false
	}
	off := 10 + 0.02*tookS
	i := slices.IndexFunc(places, func(p figures.Place) bool { return p.S >= startS })
	stays := func(untilS float64) bool {
		return !slices.ContainsFunc(places[i:], func(p figures.Place) bool {
			return p.S < untilS && track.Apart(p.Lat, p.Lng, places[i].Lat, places[i].Lng) > 4*segment.NearM
		})
	}
	return slices.ContainsFunc(segment.NewPath(places).Match(l), func(e segment.Effort) bool {
		return math.Abs(e.StartS+e.ElapsedS-startS-tookS) <= off && (math.Abs(e.StartS-startS) <= off || e.StartS > startS && stays(e.StartS))
	})
}

// lineThrough is the segment along places; nil when it cannot be one.
func lineThrough(places []figures.Place) *segment.Line {
	var line []int32
	for i, p := range places {
		far := 0.0
		if i > 0 {
			far = track.Apart(places[i-1].Lat, places[i-1].Lng, p.Lat, p.Lng)
		}
		if far > 250 || i > 0 && p.Leap {
			return nil
		}
		lat, lng := int32(math.Round(p.Lat*1e5)), int32(math.Round(p.Lng*1e5))
		if n := len(line); n == 0 || i == len(places)-1 || track.Apart(float64(line[n-2])/1e5, float64(line[n-1])/1e5, p.Lat, p.Lng) >= 15 {
			line = append(line, lat, lng)
		}
	}
	if l := segment.NewLine(line); l.LengthM() >= segment.MinM && l.LengthM() <= segment.MaxM {
		return l
	}
	return nil
}

// reversed is the same way in the other direction.
func reversed(places []figures.Place) []figures.Place {
	out := slices.Clone(places)
	slices.Reverse(out)
	for i := range out {
		out[i].S, out[i].Leap = places[len(places)-1].S-out[i].S, false
	}
	return out
}
