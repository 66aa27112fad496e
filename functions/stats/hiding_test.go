package stats

import (
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"paceline/shared/track"
)

var door = circle{52.5, 13.4, 300}

// away is a walk of so many metres from a place, a metre a second, in a direction.
func away(from circle, metres int, angle float64) *track.Track {
	t := &track.Track{Format: "fit", Sport: "walking", StartedAt: time.Date(2026, 5, 1, 7, 0, 0, 0, time.UTC)}
	for i := range metres + 1 {
		d := float64(i) / track.DegreeM
		t.Samples.TimeMS = append(t.Samples.TimeMS, int64(i)*1000)
		t.Samples.Lat = append(t.Samples.Lat, from.Lat+d*math.Sin(angle))
		t.Samples.Lng = append(t.Samples.Lng, from.Lng+d*math.Cos(angle)/math.Cos(from.Lat*math.Pi/180))
		t.Samples.DistanceM = append(t.Samples.DistanceM, float64(i))
		t.Samples.ElevationM = append(t.Samples.ElevationM, 40)
	}
	return t
}

func hidingOf(seed byte, places ...circle) Hiding {
	h := Hiding{Seed: make([]byte, 32)}
	h.Seed[0] = seed
	for _, p := range places {
		h.Zones = append(h.Zones, HiddenZone{Place: p, Hidden: h.cloak(p)})
	}
	return h
}

// fitted is the circle through the places where tracks come into view, by least
// squares (Kasa): what somebody does who looks for the door.
func fitted(points [][2]float64) (c circle) {
	var sx, sy, sxx, syy, sxy, sxz, syz, sz, n float64
	scale := math.Cos(door.Lat * math.Pi / 180)
	for _, p := range points {
		x, y := (p[1]-door.Lng)*scale*track.DegreeM, (p[0]-door.Lat)*track.DegreeM
		z := x*x + y*y
		sx, sy, sxx, syy, sxy, sxz, syz, sz, n = sx+x, sy+y, sxx+x*x, syy+y*y, sxy+x*y, sxz+x*z, syz+y*z, sz+z, n+1
	}
	a, b, d := sxx-sx*sx/n, sxy-sx*sy/n, syy-sy*sy/n
	e, f := (sxz-sx*sz/n)/2, (syz-sy*sz/n)/2
	x, y := (e*d-b*f)/(a*d-b*b), (a*f-b*e)/(a*d-b*b)
	return circle{door.Lat + y/track.DegreeM, door.Lng + x/track.DegreeM/scale, math.Sqrt(sz/n - 2*(x*sx+y*sy)/n + x*x + y*y)}
}

// From the ends of many tracks follows the circle that is hidden, which is not
// the person's: over many persons the door lies anywhere in it, and the radius is
// no fixed share of it.
func TestManyTracksDoNotGiveTheDoorAway(t *testing.T) {
	t.Parallel()
	shares, far := map[int]bool{}, 0.0
	quadrants := map[[2]bool]int{}
	for seed := range byte(60) {
		h := hidingOf(seed, door)
		var ends [][2]float64
		for i := range 24 {
			seen := h.mask(away(door, 2000, float64(i)*math.Pi/12))
			ends = append(ends, [2]float64{seen.Samples.Lat[0], seen.Samples.Lng[0]})
		}
		found := fitted(ends)
		off := track.Apart(found.Lat, found.Lng, door.Lat, door.Lng)
		far += off / 60
		quadrants[[2]bool{found.Lat > door.Lat, found.Lng > door.Lng}]++
		shares[int(math.Round(found.RadiusM/door.RadiusM*10))] = true
		if seed == 0 && math.Abs(found.RadiusM-h.Zones[0].Hidden.RadiusM) > 5 {
			t.Errorf("the attack of this test does not find the hidden circle: %+v, it is %+v", found, h.Zones[0].Hidden)
		}
	}
	if far < 100 || len(quadrants) != 4 || len(shares) < 5 {
		t.Errorf("found on average %.0f m from the door, in %v, with radii of %d kinds", far, quadrants, len(shares))
	}
}

func TestWhatIsHiddenHoldsThePlace(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(1, 2))
	for range 500 {
		place := circle{random.Float64()*160 - 80, random.Float64()*360 - 180, 100 + random.Float64()*4900}
		h := hidingOf(byte(random.IntN(256)), place)
		for i := range 12 {
			edge := away(place, 1, 0)
			d, angle := place.RadiusM/track.DegreeM*0.999, float64(i)*math.Pi/6
			edge.Samples.Lat[0] = place.Lat + d*math.Sin(angle)
			edge.Samples.Lng[0] = place.Lng + d*math.Cos(angle)/math.Cos(place.Lat*math.Pi/180)
			if track.Apart(place.Lat, place.Lng, edge.Samples.Lat[0], edge.Samples.Lng[0]) < place.RadiusM && !h.hides(edge.Samples.Lat[0], edge.Samples.Lng[0]) {
				t.Fatalf("%+v: %v is seen in spite of %+v", place, edge.Samples.Lat[0], h.Zones[0].Hidden)
			}
		}
	}
	if a, b := hidingOf(7, door), hidingOf(7, circle{door.Lat + 1e-4, door.Lng, door.RadiusM}); math.Abs(track.Apart(a.Zones[0].Hidden.Lat, a.Zones[0].Hidden.Lng, b.Zones[0].Hidden.Lat, b.Zones[0].Hidden.Lng)-11.1) > 0.2 {
		t.Error("a zone that is made again nearby is drawn anew")
	}
}

// No straight line leads through what is hidden, and neither time nor distance
// tells how long it was.
func TestAMaskedTrackHasGapsAndNoLeaps(t *testing.T) {
	t.Parallel()
	home, office := door, circle{door.Lat + 0.03, door.Lng, 200}
	way := away(home, 3336, math.Pi/2) // north, from door to door, and through another zone
	between := circle{door.Lat + 0.015, door.Lng, 100}
	h := hidingOf(3, home, office, between)
	seen := h.mask(way)
	s := seen.Samples
	if s.TimeMS[0] != 0 || s.DistanceM[0] != 0 || !seen.StartedAt.Equal(way.StartedAt) {
		t.Errorf("begins at %d ms and %v m of %v", s.TimeMS[0], s.DistanceM[0], seen.StartedAt)
	}
	gaps, visible, last := 0, 0, 0.0
	for i, lat := range s.Lat {
		if math.IsNaN(lat) {
			gaps++
			if !math.IsNaN(s.DistanceM[i]) || !math.IsNaN(float64(s.ElevationM[i])) {
				t.Fatalf("a hidden sample says %v m, %v m up", s.DistanceM[i], s.ElevationM[i])
			}
			continue
		}
		if h.hides(lat, s.Lng[i]) {
			t.Fatalf("%v is seen", lat)
		}
		visible++
		last = s.DistanceM[i]
	}
	if gaps < 200 || math.Abs(last-float64(visible)) > 3 {
		t.Errorf("%d hidden samples; %v m for %d visible ones", gaps, last, visible)
	}
	if way.Samples.DistanceM[3000] != 3000 || math.IsNaN(way.Samples.Lat[1600]) {
		t.Error("the track itself was changed")
	}
	if all := h.mask(away(home, 50, 0)); all.Samples.Len() != 0 {
		t.Errorf("%d samples of a workout that is all hidden", all.Samples.Len())
	}
	if far := away(circle{10, 10, 0}, 100, 0); h.mask(far) != far {
		t.Error("a track far away was masked")
	}
}

func TestLinesOfAHeatmap(t *testing.T) {
	t.Parallel()
	// The example of the format's own description.
	if got := polyline([]int32{3850000, -12020000, 4070000, -12095000, 4325200, -12645300}); got != "_p~iF~ps|U_ulLnnqC_mqNvxq`@" {
		t.Errorf("encoded %q", got)
	}
	line := lineOf(away(door, 3000, 0))
	if n := len(line) / 2; n < 150 || n > 201 {
		t.Errorf("%d points of 3 km", n)
	}
	if n := len(lineOf(away(door, 100_000, 0))) / 2; n > linePoints {
		t.Errorf("%d points of 100 km", n)
	}
	h := hidingOf(1, circle{door.Lat, door.Lng + 1500/track.DegreeM/math.Cos(door.Lat*math.Pi/180), 200})
	if parts := h.visible(line); len(parts) != 2 {
		t.Errorf("%d parts beside a zone in the middle", len(parts))
	}
	ends := []int32{line[0], line[1], line[len(line)-2], line[len(line)-1]} // one step across the zone
	if parts := h.visible(ends); len(parts) != 0 {
		t.Errorf("a step across a zone is drawn: %q", parts)
	}
}

func TestYearInReview(t *testing.T) {
	t.Parallel()
	day := func(m time.Month, d int, sport string, seconds int64) Day {
		return Day{time.Date(2026, m, d, 0, 0, 0, 0, time.UTC), sport, Sums{N: 1, MovingMS: seconds * 1000, DistanceMM: 1000}}
	}
	got := reviewOf(2026, []Day{day(1, 30, "running", 10), day(1, 31, "cycling", 50), day(2, 1, "running", 10), day(2, 1, "yoga", 5), day(5, 5, "running", 10)})
	if got.ActiveDays != 4 || got.LongestStreakDays != 3 || len(got.Months) != 3 || got.Total.Workouts != 5 || len(got.Sports) != 3 || got.Sports[0].Sport != "cycling" || got.Sports[1].Workouts != 3 {
		t.Errorf("%+v", got)
	}
	if none := reviewOf(2025, nil); none.Total != nil || none.ActiveDays != 0 {
		t.Errorf("a year without anything: %+v", none)
	}
}
