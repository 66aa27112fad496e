// Package gpxtest writes GPX files for tests, so that no test needs a file of a
// real person.
package gpxtest

import (
	"bytes"
	"fmt"
	"math"
	"time"
)

// Point is one track point; a zero heart rate, cadence or power is left out.
type Point struct {
	Time      time.Time // left out when zero
	Lat, Lng  float64
	Elevation float64
	HeartRate int
	Cadence   int
	Power     int
}

// Track is one <trk>.
type Track struct {
	Name, Description, Type string
	Segments                [][]Point
}

// Points is a run with one point a second: 3 m/s to the north from a lake shore,
// over a hill of 20 m, with a heart rate that drifts from 120 to 160.
func Points(start time.Time, seconds int) []Point {
	out := make([]Point, seconds)
	for i := range out {
		f := float64(i)
		out[i] = Point{
			Time: start.Add(time.Duration(i) * time.Second),
			Lat:  47.5 + f*3/111_195, Lng: 9.25,
			Elevation: 400 + 20*math.Sin(math.Pi*f/float64(seconds)),
			HeartRate: 120 + 40*i/max(seconds, 1), Cadence: 84 + i%3,
		}
	}
	return out
}

// Run is a file of one run as Points has it, named "Test run".
func Run(start time.Time, seconds int) []byte {
	return File(Track{Name: "Test run", Type: "running", Segments: [][]Point{Points(start, seconds)}})
}

// File writes a GPX 1.1 file with Garmin's extensions.
func File(tracks ...Track) []byte {
	var b bytes.Buffer
	b.WriteString(`<?xml version="1.0" encoding="UTF-8"?>
<gpx version="1.1" creator="gpxtest" xmlns="http://www.topografix.com/GPX/1/1" xmlns:gpxtpx="http://www.garmin.com/xmlschemas/TrackPointExtension/v1">
`)
	for _, t := range tracks {
		b.WriteString(" <trk>\n")
		element(&b, "  ", "name", t.Name)
		element(&b, "  ", "desc", t.Description)
		element(&b, "  ", "type", t.Type)
		for _, s := range t.Segments {
			b.WriteString("  <trkseg>\n")
			for _, p := range s {
				p.write(&b)
			}
			b.WriteString("  </trkseg>\n")
		}
		b.WriteString(" </trk>\n")
	}
	b.WriteString("</gpx>\n")
	return b.Bytes()
}

func element(b *bytes.Buffer, indent, name, text string) {
	if text != "" {
		fmt.Fprintf(b, "%s<%s>%s</%s>\n", indent, name, text, name)
	}
}

func (p Point) write(b *bytes.Buffer) {
	fmt.Fprintf(b, "   <trkpt lat=\"%.7f\" lon=\"%.7f\">\n    <ele>%.1f</ele>\n", p.Lat, p.Lng, p.Elevation)
	if !p.Time.IsZero() {
		element(b, "    ", "time", p.Time.Format("2006-01-02T15:04:05.999Z07:00"))
	}
	if p.HeartRate != 0 || p.Cadence != 0 || p.Power != 0 {
		b.WriteString("    <extensions>\n")
		if p.Power != 0 {
			fmt.Fprintf(b, "     <power>%d</power>\n", p.Power)
		}
		b.WriteString("     <gpxtpx:TrackPointExtension>\n")
		if p.HeartRate != 0 {
			fmt.Fprintf(b, "      <gpxtpx:hr>%d</gpxtpx:hr>\n", p.HeartRate)
		}
		if p.Cadence != 0 {
			fmt.Fprintf(b, "      <gpxtpx:cad>%d</gpxtpx:cad>\n", p.Cadence)
		}
		b.WriteString("     </gpxtpx:TrackPointExtension>\n    </extensions>\n")
	}
	b.WriteString("   </trkpt>\n")
}
