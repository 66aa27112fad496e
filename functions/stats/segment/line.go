package segment

import (
	"math"

	"paceline/shared/track"
)

// How long a segment is.
const (
	MinM = 300
	MaxM = 100_000
)

// Line is a segment as paths are matched against it.
type Line struct {
	at      []Point
	m       []float64 // metres from the start at each point
	units   float64   // a metre in points
	start   gate
	finish  gate
	lengthM float64
}

// gate is a place and the direction in which it is passed, of length 1.
type gate struct {
	Point
	way Point
}

// ahead is how far a point lies behind the gate, in points; less than 0 before it.
func (g gate) ahead(p Point) float64 { return p.minus(g.Point).dot(g.way) }

// directionM is how far from a gate the line is asked for its direction.
const directionM = 15

// NewLine is the segment along latitudes and longitudes in turns, in units of
// 1e-5 degrees.
func NewLine(places []int32) *Line {
	l := &Line{}
	if len(places) < 4 {
		return l
	}
	l.units = unitsAt(float64(places[0]) / 1e5)
	var latA, lngA float64
	for i := 0; i+1 < len(places); i += 2 {
		lat, lng := float64(places[i])/1e5, float64(places[i+1])/1e5
		if i > 0 {
			l.lengthM += track.Apart(latA, lngA, lat, lng)
		}
		latA, lngA = lat, lng
		l.at, l.m = append(l.at, At(lat, lng)), append(l.m, l.lengthM)
	}
	last := len(l.at) - 1
	i, j := 1, last-1
	for i < last && l.m[i] < directionM {
		i++
	}
	for j > 0 && l.lengthM-l.m[j] < directionM {
		j--
	}
	l.start = gate{l.at[0], direction(l.at[0], l.at[i])}
	l.finish = gate{l.at[last], direction(l.at[j], l.at[last])}
	return l
}

func direction(from, to Point) Point {
	d := to.minus(from)
	n := math.Hypot(d.X, d.Y)
	if n == 0 {
		return d
	}
	return Point{d.X / n, d.Y / n}
}

// LengthM is how long it is.
func (l *Line) LengthM() float64 { return l.lengthM }

// StartTile is the tile of StartZoom in which it begins, FinishTile the one in
// which it ends.
func (l *Line) StartTile() Tile  { return l.start.tile(StartZoom) }
func (l *Line) FinishTile() Tile { return l.finish.tile(StartZoom) }

// nearest is how many metres a point lies from the stretch of the line between
// two lengths, and at which length the nearest place is. It begins to look at
// edge from and answers with the edge of the place.
func (l *Line) nearest(p Point, lowM, highM float64, from int) (apartM, atM float64, edge int) {
	for from > 0 && l.m[from] > lowM {
		from--
	}
	apartM = math.Inf(1)
	for i := from; i+1 < len(l.at) && l.m[i] <= highM; i++ {
		if l.m[i+1] < lowM {
			continue
		}
		a, b := l.at[i], l.at[i+1]
		d := b.minus(a)
		long := l.m[i+1] - l.m[i]
		if long == 0 {
			continue
		}
		part := p.minus(a).dot(d) / d.dot(d)
		part = min(max(part, 0, (lowM-l.m[i])/long), 1, (highM-l.m[i])/long)
		if m := p.apart(between(a, b, part)) / l.units; m < apartM {
			apartM, atM, edge = m, l.m[i]+part*long, i
		}
	}
	return apartM, atM, edge
}

// Region is the tile of PeopleZoom in which it begins.
func (l *Line) Region() Tile { return l.start.tile(PeopleZoom) }
