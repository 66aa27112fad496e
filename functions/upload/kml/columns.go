package kml

import (
	"bytes"
	"math"

	"paceline/functions/upload/xmlscan"
	"paceline/functions/upload/xmlscan/points"
)

// columns is what a Track has of each kind, in the order of the file: the n-th
// of one belongs to the n-th of every other.
type columns struct {
	times  []xmlscan.Time
	timed  []bool
	coords [][3]float64 // longitude, latitude, elevation; NaN where there is none
	arrays [7][]float64 // by the places in arrayNames
}

// The arrays that are read.
const (
	heartRate = iota
	cadence
	power
	speed
	distance
	temperature
	elevation
)

// arrayNames is what programs call them, squashed.
var arrayNames = map[string]int{
	"heartrate": heartRate, "hr": heartRate, "cadence": cadence, "cad": cadence, "power": power, "watts": power,
	"speed": speed, "distance": distance, "temperature": temperature, "temp": temperature, "altitude": elevation,
}

func (c *columns) reset() {
	c.times, c.timed, c.coords = c.times[:0], c.timed[:0], c.coords[:0]
	for i := range c.arrays {
		c.arrays[i] = c.arrays[i][:0]
	}
}

// track reads one Track.
func (d *decoder) track(b *points.Builder) {
	c := &d.columns
	c.reset()
	d.Each(func(name string) {
		switch name {
		case "when":
			if d.points++; d.points > d.limits.Points {
				d.Fail("too_many_points", "the file holds too many track points")
				return
			}
			text := bytes.TrimSpace(d.Content())
			t, ok := xmlscan.ParseTime(text)
			if !ok && len(text) > 0 {
				b.Warn(points.WarnTimeUnreadable)
			}
			c.times, c.timed = append(c.times, t), append(c.timed, ok)
		case "coord":
			if len(c.coords) > d.limits.Points {
				d.Fail("too_many_points", "the file holds too many track points")
				return
			}
			c.coords = append(c.coords, coord(b, d.Content()))
		case "ExtendedData":
			d.Each(d.schemaData(b))
		}
	})
	switch {
	case d.Fault != nil || d.Err() != nil:
	case len(c.times) != len(c.coords):
		d.Fail("kml_pairs", "a track has more times than positions, or the other way round")
	default:
		c.emit(b)
	}
}

func (d *decoder) schemaData(b *points.Builder) func(name string) {
	return func(name string) {
		if name != "SchemaData" {
			return
		}
		d.Each(func(name string) {
			if at, known := arrayNames[squash(d.Attr("name"))]; name == "SimpleArrayData" && known {
				d.array(b, &d.columns.arrays[at])
			}
		})
	}
}

// array reads the values of an array; more than there are points belong to none.
func (d *decoder) array(b *points.Builder, to *[]float64) {
	*to = (*to)[:0] // the last of the name counts
	d.Each(func(name string) {
		if name == "value" && len(*to) < d.limits.Points {
			*to = append(*to, number(b, bytes.TrimSpace(d.Content())))
		}
	})
}

// number is NaN for what says nothing.
func number(b *points.Builder, text []byte) float64 {
	if len(text) == 0 {
		return math.NaN()
	}
	v, ok := xmlscan.Float(text)
	if !ok {
		b.Warn(points.WarnValueUnreadable)
		return math.NaN()
	}
	return v
}

// coord reads longitude, latitude and elevation. An empty one is none; one that
// is half a position lies off the globe for the Builder.
func coord(b *points.Builder, text []byte) [3]float64 {
	out := [3]float64{math.NaN(), math.NaN(), math.NaN()}
	for i := range out {
		text = bytes.TrimLeft(text, " \t\r\n,")
		n := bytes.IndexAny(text, " \t\r\n,")
		if n < 0 {
			n = len(text)
		}
		out[i] = number(b, text[:n])
		text = text[n:]
	}
	if (out[0] != out[0]) != (out[1] != out[1]) {
		out[0], out[1] = 1000, 1000
	}
	return out
}

// emit gives the points to the Builder.
func (c *columns) emit(b *points.Builder) {
	var p points.Point
	for i := range c.times {
		p.Reset()
		p.Time, p.HasTime = c.times[i], c.timed[i]
		p.Lng, p.Lat, p.Elevation = c.coords[i][0], c.coords[i][1], float32(c.coords[i][2])
		if e := c.value(elevation, i); e == e {
			p.Elevation = float32(e)
		}
		p.HeartRate, p.Cadence, p.Power = float32(c.value(heartRate, i)), float32(c.value(cadence, i)), float32(c.value(power, i))
		p.Speed, p.Temperature, p.Distance = float32(c.value(speed, i)), float32(c.value(temperature, i)), c.value(distance, i)
		b.Add(&p)
	}
}

func (c *columns) value(array, i int) float64 {
	if a := c.arrays[array]; i < len(a) {
		return a[i]
	}
	return math.NaN()
}
