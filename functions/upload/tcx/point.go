package tcx

import (
	"paceline/functions/upload/xmlscan"
	"paceline/functions/upload/xmlscan/points"
)

// track reads the trackpoints of one <Track> of a lap.
func (d *decoder) track(a *activity, l *lap) {
	in := d.Depth()
	for d.Fault == nil && d.Child(in) {
		if string(d.Name()) != "Trackpoint" {
			continue
		}
		if d.points++; d.points > d.limits.Points {
			d.Fail("too_many_points", "the file holds too many trackpoints")
			return
		}
		p := &d.point
		p.Reset()
		d.trackpoint(&a.b)
		if d.Err() != nil {
			return
		}
		before := a.b.Len()
		a.b.Add(p)
		if a.b.Len() == before {
			continue
		}
		if at := p.Time.UnixMS; l.first == 0 || at < l.first {
			l.first = at
		}
		l.last = max(l.last, p.Time.UnixMS)
	}
}

func (d *decoder) trackpoint(b *points.Builder) {
	s, p := d.Scanner, &d.point
	in := s.Depth()
	for s.Child(in) {
		switch string(s.Name()) {
		case "Time":
			text := s.Content()
			p.Time, p.HasTime = xmlscan.ParseTime(text)
			if !p.HasTime && len(text) > 0 {
				b.Warn(points.WarnTimeUnreadable)
			}
		case "Position":
			d.position(b)
		case "AltitudeMeters":
			set(b, &p.Elevation, s.Content())
		case "DistanceMeters":
			set64(b, &p.Distance, s.Content())
		case "HeartRateBpm":
			for at := s.Depth(); s.Child(at); {
				if string(s.Name()) == "Value" {
					set(b, &p.HeartRate, s.Content())
				}
			}
		case "Cadence":
			set(b, &p.Cadence, s.Content())
		case "Extensions":
			d.extension(b)
		}
	}
}

func (d *decoder) position(b *points.Builder) {
	s := d.Scanner
	for in := s.Depth(); s.Child(in); {
		switch string(s.Name()) {
		case "LatitudeDegrees":
			coordinate(b, &d.point.Lat, s.Content())
		case "LongitudeDegrees":
			coordinate(b, &d.point.Lng, s.Content())
		}
	}
}

// extension reads the values of the activity extension, <TPX>, wherever they
// stand below the open element.
func (d *decoder) extension(b *points.Builder) {
	s, p := d.Scanner, &d.point
	for in := s.Depth(); s.Child(in); {
		switch string(s.Name()) {
		case "Speed":
			set(b, &p.Speed, s.Content())
		case "RunCadence":
			set(b, &p.Cadence, s.Content())
		case "Watts":
			set(b, &p.Power, s.Content())
		default:
			d.extension(b) // as deep as the scanner's limit
		}
	}
}

// set reads a number into v. Text that is none leaves v as it is; an empty
// element says nothing.
func set(b *points.Builder, v *float32, text []byte) {
	if n, ok := xmlscan.Float32(text); ok {
		*v = n
	} else if len(text) > 0 {
		b.Warn(points.WarnValueUnreadable)
	}
}

func set64(b *points.Builder, v *float64, text []byte) {
	if n, ok := xmlscan.Float(text); ok {
		*v = n
	} else if len(text) > 0 {
		b.Warn(points.WarnValueUnreadable)
	}
}

// coordinate is off the globe when its text is no number, so that the Builder
// drops the position and says so.
func coordinate(b *points.Builder, v *float64, text []byte) {
	*v = 1000
	set64(b, v, text)
}
