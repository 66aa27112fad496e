package segment

import (
	"fmt"
	"math"

	"paceline/functions/stats/figures"
)

// equatorM is the metres around the equator, as Mercator's square is wide.
const equatorM = 360 * 111_195.0

// Point is a place on Mercator's square, which is 1 wide. The projection keeps
// angles: near a place it is a plane, on which only the scale depends on where.
type Point struct{ X, Y float64 }

// At is the point of a place in degrees.
func At(lat, lng float64) Point {
	sin := math.Sin(lat * math.Pi / 180)
	return Point{lng/360 + 0.5, 0.5 - math.Log((1+sin)/(1-sin))/(4*math.Pi)}
}

func (p Point) minus(q Point) Point   { return Point{p.X - q.X, p.Y - q.Y} }
func (p Point) dot(q Point) float64   { return p.X*q.X + p.Y*q.Y }
func (p Point) apart(q Point) float64 { return math.Sqrt((p.X-q.X)*(p.X-q.X) + (p.Y-q.Y)*(p.Y-q.Y)) }
func between(a, b Point, part float64) Point {
	return Point{a.X + (b.X-a.X)*part, a.Y + (b.Y-a.Y)*part}
}
func (p Point) tile(zoom int) (t Tile) { return Tile{zoom, clamp(p.X, zoom), clamp(p.Y, zoom)} }
func clamp(v float64, zoom int) int    { return min(max(int(v*float64(int(1)<<zoom)), 0), 1<<zoom-1) }
func unitsAt(lat float64) float64      { return 1 / (equatorM * math.Cos(lat*math.Pi/180)) } // a metre in points

// Tile is a square of a map, as those of web maps are cut: the world is one at
// zoom 0, and each step cuts a tile into four.
type Tile struct{ Zoom, X, Y int }

// The zooms of what is kept by tiles: at 50° a tile is 390 m and 1.6 km wide.
const (
	StartZoom  = 16 // in which segments begin
	PeopleZoom = 14 // in which people were
)

// String is the tile as z/x/y.
func (t Tile) String() string { return fmt.Sprintf("%d/%d/%d", t.Zoom, t.X, t.Y) }

// Around are the tiles of a zoom that a square of radiusM metres around a place
// touches.
func Around(lat, lng, radiusM float64, zoom int) []Tile {
	p, r := At(lat, lng), radiusM*unitsAt(lat)
	a, b := Point{p.X - r, p.Y - r}.tile(zoom), Point{p.X + r, p.Y + r}.tile(zoom)
	var out []Tile
	for x := a.X; x <= b.X; x++ {
		for y := a.Y; y <= b.Y; y++ {
			out = append(out, Tile{zoom, x, y})
		}
	}
	return out
}

// moment is where a person was when.
type moment struct {
	Point
	s    float64
	leap bool // how they came there is not known
}

// Path is where a workout went.
type Path struct {
	at    []moment
	units float64         // a metre in points, where it began
	steps map[Tile][]span // of StartZoom: the steps that come near to a tile
}

// span is steps from one to the last, by the moments in which they end.
type span struct{ from, last int }

const (
	maxTiles = 8192  // that are looked up for a workout: 1,000 km and more
	gapM     = 500.0 // a longer step says nothing of the way
)

// NewPath is the path along places.
func NewPath(places []figures.Place) *Path {
	p := &Path{at: make([]moment, len(places)), steps: map[Tile][]span{}}
	var open span // steps that are near to the same tiles
	var near area
	for i, at := range places {
		if i == 0 {
			p.units = unitsAt(at.Lat)
		}
		m := moment{At(at.Lat, at.Lng), at.S, at.Leap}
		p.at[i] = m
		if i == 0 {
			continue
		}
		before := p.at[i-1].Point
		if m.leap = m.leap || m.apart(before) > gapM*p.units; m.leap {
			p.at[i].leap = true
			p.mark(near, open)
			open = span{}
			continue
		}
		if a := areaOf(before, m.Point, NearM*p.units*1.5); open.from == 0 || a != near { // units change along the way
			p.mark(near, open)
			near, open = a, span{i, i}
		}
		open.last = i
	}
	p.mark(near, open)
	return p
}

// area is tiles of StartZoom, from one to the last in both directions.
type area struct{ low, high Tile }

// areaOf is the tiles within a distance of the box around two points.
func areaOf(a, b Point, far float64) area {
	return area{
		Point{min(a.X, b.X) - far, min(a.Y, b.Y) - far}.tile(StartZoom),
		Point{max(a.X, b.X) + far, max(a.Y, b.Y) + far}.tile(StartZoom),
	}
}

// mark notes steps with the tiles that they come near to.
func (p *Path) mark(near area, s span) {
	if s.from == 0 {
		return
	}
	for x := near.low.X; x <= near.high.X; x++ {
		for y := near.low.Y; y <= near.high.Y; y++ {
			t := Tile{StartZoom, x, y}
			spans := p.steps[t]
			switch n := len(spans); {
			case n > 0 && spans[n-1].last == s.from-1:
				spans[n-1].last = s.last
			case n > 0 || len(p.steps) < maxTiles:
				p.steps[t] = append(spans, s)
			}
		}
	}
}

// Tiles are the tiles of StartZoom near which the path goes, in no order.
func (p *Path) Tiles() []Tile {
	out := make([]Tile, 0, len(p.steps))
	for t := range p.steps {
		out = append(out, t)
	}
	return out
}

// Near says whether the path goes near a tile of StartZoom.
func (p *Path) Near(t Tile) bool { return len(p.steps[t]) > 0 }

// Regions are the tiles of PeopleZoom near which the path goes.
func (p *Path) Regions() []Tile {
	seen := map[Tile]bool{}
	var out []Tile
	for t := range p.steps {
		r := Tile{PeopleZoom, t.X >> (StartZoom - PeopleZoom), t.Y >> (StartZoom - PeopleZoom)}
		if !seen[r] {
			seen[r] = true
			out = append(out, r)
		}
	}
	return out
}
