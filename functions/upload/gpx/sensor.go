package gpx

import (
	"strings"

	"paceline/functions/upload/xmlscan"
	"paceline/functions/upload/xmlscan/points"
)

// cluetrust is the namespace of the GPXData extension, the only one whose
// distance is known to count from the start.
const cluetrust = "http://www.cluetrust.com/XML/GPXDATA/1/0"

// sensor reads the open element of a point, or the elements inside it. Names of
// heart rate, cadence, power and temperature are plain enough in any namespace.
func (d *decoder) sensor(b *points.Builder) {
	s, p := d.Scanner, &d.point
	switch string(s.Name()) {
	case "hr", "heartrate", "heartRate", "HeartRate":
		if v := p.HeartRate; !(v > 0) { // some files say it twice
			set(b, &p.HeartRate, s.Content())
		}
	case "cad", "cadence", "Cadence", "RunCadence":
		set(b, &p.Cadence, s.Content())
	case "power", "PowerInWatts", "watts", "Watts":
		set(b, &p.Power, s.Content())
	case "atemp", "temp", "temperature", "Temperature":
		set(b, &p.Temperature, s.Content())
	case "speed", "Speed":
		if metresPerSecond(s.Space()) {
			set(b, &p.Speed, s.Content())
		}
	case "distance":
		if s.Space() == cluetrust {
			v, ok := xmlscan.Float(s.Content())
			if !ok {
				b.Warn(points.WarnValueUnreadable)
				return
			}
			p.Distance = v
		}
	default:
		in := s.Depth()
		for s.Child(in) {
			d.sensor(b) // as deep as the scanner's limit
		}
	}
}

// metresPerSecond says whether the namespace of a speed is one that defines its
// unit, or none; others write km/h or knots.
func metresPerSecond(space string) bool {
	return space == "" || space == cluetrust || strings.HasPrefix(space, "http://www.topografix.com/GPX/1/") ||
		strings.HasPrefix(space, "http://www.garmin.com/xmlschemas/TrackPointExtension/")
}

// set reads a number into v. Text that is none leaves v as it is; an empty
// element says nothing.
func set(b *points.Builder, v *float32, text []byte) {
	if len(text) == 0 {
		return
	}
	n, ok := xmlscan.Float32(text)
	if !ok {
		b.Warn(points.WarnValueUnreadable)
		return
	}
	*v = n
}
