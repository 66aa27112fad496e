package segment

import (
	"math"
	"math/rand/v2"
	"testing"

	"paceline/functions/stats/figures"
	"paceline/shared/track"
)

// xy is a place in metres east and north of 52.5 N 13.4 E.
type xy struct{ x, y float64 }

func (p xy) degrees() (lat, lng float64) {
	return 52.5 + p.y/track.DegreeM, 13.4 + p.x/track.DegreeM/math.Cos(52.5*math.Pi/180)
}

// lineOf is a segment along corners, with a point each 15 m.
func lineOf(corners ...xy) *Line {
	var places []int32
	for _, p := range walked(corners, 15, 1) {
		places = append(places, int32(math.Round(p.Lat*1e5)), int32(math.Round(p.Lng*1e5)))
	}
	return NewLine(places)
}

// walked goes along corners at so many m/s, with a place each so many seconds and
// one at the last corner.
func walked(corners []xy, mps, everyS float64) []figures.Place {
	var out []figures.Place
	add := func(p xy, s float64) {
		lat, lng := p.degrees()
		out = append(out, figures.Place{S: s, Lat: lat, Lng: lng})
	}
	next, s := 0.0, 0.0
	for i := 0; i+1 < len(corners); i++ {
		a, b := corners[i], corners[i+1]
		long := math.Hypot(b.x-a.x, b.y-a.y) / mps
		for ; next < s+long; next += everyS {
			part := (next - s) / long
			add(xy{a.x + (b.x-a.x)*part, a.y + (b.y-a.y)*part}, next)
		}
		s += long
	}
	add(corners[len(corners)-1], s)
	return out
}

func moved(places []figures.Place, x, y float64) []figures.Place {
	lat0, lng0 := xy{}.degrees()
	lat, lng := xy{x, y}.degrees()
	for i := range places {
		places[i].Lat += lat - lat0
		places[i].Lng += lng - lng0
	}
	return places
}

func noisy(places []figures.Place, metres float64) []figures.Place {
	random := rand.New(rand.NewPCG(5, 6))
	for i := range places {
		places[i].Lat += random.NormFloat64() * metres / track.DegreeM
		places[i].Lng += random.NormFloat64() * metres / track.DegreeM / 0.6
	}
	return places
}

func repeated(lap []xy, n int) (out []xy) {
	for range n {
		out = append(out, lap...)
	}
	return append(out, lap[0], lap[1])
}

func TestWhatMatches(t *testing.T) {
	t.Parallel()
	road := []xy{{-200, 0}, {0, 0}, {1000, 0}, {1200, 0}}
	straight := lineOf(xy{0, 0}, xy{1000, 0})
	corner := lineOf(xy{0, 0}, xy{500, 0}, xy{500, 500})
	ring := []xy{{0, 0}, {0, 100}, {100, 100}, {100, 0}} // 400 m
	lap := lineOf(xy{0, 50}, xy{0, 100}, xy{100, 100}, xy{100, 0}, xy{0, 0}, xy{0, 50})
	hairpins := lineOf(xy{0, 0}, xy{200, 0}, xy{200, 20}, xy{0, 20}, xy{0, 40}, xy{200, 40}, xy{200, 60})
	zigzag := []xy{{0, 0}}
	for y := 0.0; y <= 160; y += 40 {
		zigzag = append(zigzag, xy{40, y}, xy{40, y + 20}, xy{0, y + 20}, xy{0, y + 40})
	}
	stop := append(walked([]xy{{-200, 0}, {500, 0}}, 4, 1), figures.Place{})
	for i, p := range walked([]xy{{500, 0}, {1200, 0}}, 4, 1) {
		p.S += 175 + 60
		if i == 0 {
			stop = stop[:len(stop)-1]
		}
		stop = append(stop, p)
	}
	leap := walked(road, 4, 1)
	leap[150].Leap = true
	slowFast := append(walked([]xy{{-100, 0}, {1100, 0}}, 2, 1), moved(nil, 0, 0)...)
	back := walked([]xy{{1100, 0}, {-100, 0}, {1100, 0}}, 5, 1)
	for _, p := range back {
		p.S += 700
		slowFast = append(slowFast, p)
	}
	for _, c := range []struct {
		name string
		of   *Line
		path []figures.Place
		want []float64 // seconds
		off  float64   // that may be between
	}{
		{"a road along it", straight, walked(road, 4, 1), []float64{250}, 0.2},
		{"recorded each five seconds", straight, walked(road, 4, 5), []float64{250}, 0.2},
		{"recorded each twenty seconds", straight, walked(road, 4, 20), []float64{250}, 0.2},
		{"with noise of 4 m", straight, noisy(walked(road, 4, 1), 4), []float64{250}, 3},
		{"on the other side of the road", straight, moved(walked(road, 4, 1), 0, 15), []float64{250}, 0.2},
		{"on the next street", straight, moved(walked(road, 4, 1), 0, 50), nil, 0},
		{"the other way", straight, walked([]xy{{1200, 0}, {-200, 0}}, 4, 1), nil, 0},
		{"to a little before the finish", straight, walked([]xy{{-200, 0}, {950, 0}}, 4, 1), nil, 0},
		{"from a little behind the start", straight, walked([]xy{{60, 0}, {1200, 0}}, 4, 1), nil, 0},
		{"recorded from start to finish alone", straight, walked([]xy{{0, 0}, {1000, 0}}, 4, 1), []float64{250}, 2},
		{"with a stop, which counts", straight, stop, []float64{310}, 0.3},
		{"up and down a hill, turning just short of both ends", straight, walked([]xy{{5, 0}, {995, 0}, {5, 0}, {995, 0}, {5, 0}}, 5, 1), []float64{198, 198}, 1},
		{"turning far before the finish", straight, walked([]xy{{-100, 0}, {970, 0}, {-100, 0}}, 5, 1), nil, 0},
		{"with a leap of the recording", straight, leap, nil, 0},
		{"with a gap of the recording", straight, walked(road, 4, 130), nil, 0},
		{"slowly, back, and fast", straight, slowFast, []float64{500, 200}, 0.3},
		{"around a corner", corner, walked([]xy{{-100, 0}, {500, 0}, {500, 600}}, 5, 1), []float64{200}, 0.3},
		{"straight past the corner", corner, walked([]xy{{-100, 0}, {900, 0}}, 5, 1), nil, 0},
		{"across the corner", corner, walked([]xy{{-100, 0}, {0, 0}, {500, 500}, {500, 600}}, 5, 1), nil, 0},
		{"with a way of 60 m around a site", straight, walked([]xy{{-200, 0}, {400, 0}, {400, 35}, {430, 35}, {430, 0}, {1200, 0}}, 4, 1), []float64{267.5}, 0.3},
		{"with a coffee 200 m away", straight, walked([]xy{{-200, 0}, {400, 0}, {400, 200}, {400, 0}, {1200, 0}}, 4, 1), nil, 0},
		{"three laps", lap, walked(repeated(ring, 3), 4, 1), []float64{100, 100, 100}, 0.3},
		{"three laps the other way", lap, walked(repeated([]xy{{0, 0}, {100, 0}, {100, 100}, {0, 100}}, 3), 4, 1), nil, 0},
		{"along hairpins", hairpins, walked([]xy{{-50, 0}, {200, 0}, {200, 20}, {0, 20}, {0, 40}, {200, 40}, {200, 90}}, 4, 1), []float64{165}, 0.5},
		{"straight through hairpins", hairpins, walked([]xy{{-50, 0}, {10, 0}, {200, 50}, {200, 90}}, 4, 1), nil, 0},
		{"along a zigzag", lineOf(zigzag...), walked(append(append([]xy{{-50, 0}}, zigzag...), xy{0, 260}), 4, 1), []float64{150}, 4},
		{"straight up a zigzag", lineOf(zigzag...), walked([]xy{{-50, 0}, {20, 0}, {20, 180}, {0, 190}, {0, 260}}, 4, 1), nil, 0},
		{"nowhere", straight, nil, nil, 0},
	} {
		got := NewPath(c.path).Match(c.of)
		if len(got) != len(c.want) {
			t.Errorf("%s: %+v, want %v", c.name, got, c.want)
			continue
		}
		for i, e := range got {
			if math.Abs(e.ElapsedS-c.want[i]) > c.off {
				t.Errorf("%s: %+v, want %v", c.name, got, c.want)
			}
		}
	}
}

// Waiting at the start does not count, and neither does what somebody does
// behind the finish.
func TestTheClockRunsFromGateToGate(t *testing.T) {
	t.Parallel()
	var path []figures.Place
	add := func(places []figures.Place, at float64) {
		for _, p := range places {
			p.S += at
			path = append(path, p)
		}
	}
	dither := func(x float64) []figures.Place { return noisy(walked([]xy{{x, 0}, {x + 0.6, 0}}, 0.01, 1), 3) }
	add(walked([]xy{{-300, 0}, {0, 0}}, 3, 1), 0)
	add(dither(0), 100)
	add(walked([]xy{{0, 0}, {1000, 0}}, 4, 1), 161)
	add(walked([]xy{{1000, 0}, {1003, 0}}, 0.05, 1), 411)
	got := NewPath(path).Match(lineOf(xy{0, 0}, xy{1000, 0}))
	if len(got) != 1 || math.Abs(got[0].ElapsedS-250) > 6 {
		t.Errorf("%+v, want one of about 250 s", got)
	}
}

// Wherever on the globe, a segment is matched as at home.
func TestTheGlobeIsTheSameEverywhere(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(7, 8))
	for range 200 {
		lat0, lng0 := random.Float64()*150-75, random.Float64()*358-179
		scale := math.Cos(lat0*math.Pi/180) / math.Cos(52.5*math.Pi/180)
		place := func(p figures.Place) figures.Place {
			p.Lat, p.Lng = p.Lat-52.5+lat0, (p.Lng-13.4)/scale+lng0
			return p
		}
		angle := random.Float64() * 2 * math.Pi
		end := xy{2000 * math.Cos(angle), 2000 * math.Sin(angle)}
		at := func(part float64) xy { return xy{end.x * part, end.y * part} }
		var line []int32
		for _, p := range walked([]xy{at(0), at(1)}, 15, 1) {
			p = place(p)
			line = append(line, int32(math.Round(p.Lat*1e5)), int32(math.Round(p.Lng*1e5)))
		}
		var path []figures.Place
		for _, p := range walked([]xy{at(-0.2), at(1.2)}, 8, 1) {
			path = append(path, place(p))
		}
		l, p := NewLine(line), NewPath(path)
		if got := p.Match(l); len(got) != 1 || math.Abs(got[0].ElapsedS-250) > 0.6 || math.Abs(l.LengthM()-2000) > 5 {
			t.Fatalf("at %.3f %.3f: %+v of %.1f m, want 250 s of 2000 m", lat0, lng0, got, l.LengthM())
		}
		if !p.Near(l.StartTile()) || !p.Near(l.FinishTile()) {
			t.Fatalf("at %.3f %.3f: the path is not near the tiles of its segment", lat0, lng0)
		}
	}
}

// What is looked up is bounded, and a place near the edge of a tile is found from
// the next one.
func TestTiles(t *testing.T) {
	t.Parallel()
	far := make([]figures.Place, 0, 40_000)
	for i := range 40_000 {
		far = append(far, figures.Place{S: float64(i), Lat: -60 + float64(i)*0.003, Lng: 13 + float64(i)*0.001})
	}
	if n := len(NewPath(far).Tiles()); n > maxTiles {
		t.Errorf("%d tiles of a way around the globe", n)
	}
	if got := At(52.5, 13.4).tile(16).String(); got != "16/35207/21498" { // as web maps have it
		t.Errorf("tile %s", got)
	}
	p := NewPath(walked([]xy{{0, 0}, {1000, 0}}, 3, 1))
	if n := len(p.Tiles()); n < 3 || n > 12 {
		t.Errorf("%d tiles of a kilometre", n)
	}
	if n := len(p.Regions()); n < 1 || n > 4 {
		t.Errorf("%d regions of a kilometre", n)
	}
	for x := 0.0; x <= 1000; x += 7 {
		lat, lng := xy{x, 24}.degrees()
		if !p.Near(At(lat, lng).tile(StartZoom)) {
			t.Errorf("24 m beside the path is not near it")
		}
	}
	if n := len(Around(52.5, 13.4, 3000, StartZoom)); n > 400 {
		t.Errorf("%d tiles of 3 km around", n)
	}
}
