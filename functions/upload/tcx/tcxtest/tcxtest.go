// Package tcxtest writes TCX files for tests, so that no test needs a file of a
// real person.
package tcxtest

import (
	"bytes"
	"fmt"
	"time"
)

// Point is one trackpoint; zero values are left out, and without a latitude the
// position.
type Point struct {
	Time      time.Time
	Lat, Lng  float64
	Elevation float64
	Distance  float64 // left out when negative
	HeartRate int
	Cadence   int // of running
	Power     int
}

// Lap is one <Lap>; zero totals are left out.
type Lap struct {
	Start              time.Time
	Seconds            float64
	Distance           float64
	Calories           int
	AvgHeart, MaxHeart int
	Trigger            string // "Manual" when empty
	Tracks             [][]Point
}

// Activity is one <Activity>.
type Activity struct {
	Sport, Notes, Device string
	Start                time.Time
	Laps                 []Lap
}

// Points is a run with one point a second: 3 m/s to the north from a lake shore,
// on the flat, with a heart rate of 140.
func Points(start time.Time, seconds int) []Point {
	out := make([]Point, seconds)
	for i := range out {
		d := float64(i) * 3
		out[i] = Point{
			Time: start.Add(time.Duration(i) * time.Second),
			Lat:  47.5 + d/111_195, Lng: 9.25, Elevation: 400,
			Distance: d, HeartRate: 140, Cadence: 84 + i%3,
		}
	}
	return out
}

// Run is a file of one run as Points has it, in laps of ten minutes.
func Run(start time.Time, seconds int) []byte {
	const lap = 600
	points := Points(start, seconds)
	a := Activity{Sport: "Running", Notes: "Test run", Device: "tcxtest", Start: start}
	for from := 0; from < seconds; from += lap {
		part := points[from:min(from+lap, seconds)]
		n := len(part)
		a.Laps = append(a.Laps, Lap{
			Start: part[0].Time, Seconds: float64(n), Distance: float64(3 * n), Calories: n / 5,
			AvgHeart: 140, MaxHeart: 140, Trigger: "Time", Tracks: [][]Point{part},
		})
	}
	return File(a)
}

// File writes a TCX file with Garmin's activity extension.
func File(activities ...Activity) []byte {
	var b bytes.Buffer
	b.WriteString(`<?xml version="1.0" encoding="UTF-8"?>
<TrainingCenterDatabase xmlns="http://www.garmin.com/xmlschemas/TrainingCenterDatabase/v2" xmlns:ns3="http://www.garmin.com/xmlschemas/ActivityExtension/v2" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">
 <Activities>
`)
	for _, a := range activities {
		fmt.Fprintf(&b, "  <Activity Sport=%q>\n   <Id>%s</Id>\n", a.Sport, stamp(a.Start))
		if a.Notes != "" {
			fmt.Fprintf(&b, "   <Notes>%s</Notes>\n", a.Notes)
		}
		for _, l := range a.Laps {
			l.write(&b)
		}
		if a.Device != "" {
			fmt.Fprintf(&b, "   <Creator xsi:type=\"Device_t\"><Name>%s</Name></Creator>\n", a.Device)
		}
		b.WriteString("  </Activity>\n")
	}
	b.WriteString(" </Activities>\n</TrainingCenterDatabase>\n")
	return b.Bytes()
}

func stamp(t time.Time) string { return t.Format("2006-01-02T15:04:05.000Z07:00") }

func (l Lap) write(b *bytes.Buffer) {
	fmt.Fprintf(b, "   <Lap StartTime=%q>\n", stamp(l.Start))
	number := func(name string, v float64) {
		if v != 0 {
			fmt.Fprintf(b, "    <%s>%v</%s>\n", name, v, name)
		}
	}
	number("TotalTimeSeconds", l.Seconds)
	number("DistanceMeters", l.Distance)
	number("Calories", float64(l.Calories))
	if l.AvgHeart != 0 {
		fmt.Fprintf(b, "    <AverageHeartRateBpm><Value>%d</Value></AverageHeartRateBpm>\n", l.AvgHeart)
	}
	if l.MaxHeart != 0 {
		fmt.Fprintf(b, "    <MaximumHeartRateBpm><Value>%d</Value></MaximumHeartRateBpm>\n", l.MaxHeart)
	}
	trigger := l.Trigger
	if trigger == "" {
		trigger = "Manual"
	}
	fmt.Fprintf(b, "    <Intensity>Active</Intensity>\n    <TriggerMethod>%s</TriggerMethod>\n", trigger)
	for _, t := range l.Tracks {
		b.WriteString("    <Track>\n")
		for _, p := range t {
			p.write(b)
		}
		b.WriteString("    </Track>\n")
	}
	b.WriteString("   </Lap>\n")
}

func (p Point) write(b *bytes.Buffer) {
	fmt.Fprintf(b, "     <Trackpoint>\n      <Time>%s</Time>\n", stamp(p.Time))
	if p.Lat != 0 {
		fmt.Fprintf(b, "      <Position>\n       <LatitudeDegrees>%.7f</LatitudeDegrees>\n       <LongitudeDegrees>%.7f</LongitudeDegrees>\n      </Position>\n      <AltitudeMeters>%.1f</AltitudeMeters>\n",
			p.Lat, p.Lng, p.Elevation)
	}
	if p.Distance >= 0 {
		fmt.Fprintf(b, "      <DistanceMeters>%.2f</DistanceMeters>\n", p.Distance)
	}
	if p.HeartRate != 0 {
		fmt.Fprintf(b, "      <HeartRateBpm><Value>%d</Value></HeartRateBpm>\n", p.HeartRate)
	}
	if p.Cadence != 0 || p.Power != 0 {
		b.WriteString("      <Extensions><ns3:TPX>")
		if p.Cadence != 0 {
			fmt.Fprintf(b, "<ns3:RunCadence>%d</ns3:RunCadence>", p.Cadence)
		}
		if p.Power != 0 {
			fmt.Fprintf(b, "<ns3:Watts>%d</ns3:Watts>", p.Power)
		}
		b.WriteString("</ns3:TPX></Extensions>\n")
	}
	b.WriteString("     </Trackpoint>\n")
}
