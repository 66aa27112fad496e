package gpx

import (
	"bytes"
	"strings"
	"time"

	"paceline/functions/upload/xmlscan"
	"paceline/functions/upload/xmlscan/points"
	"paceline/functions/upload/xmlscan/sport"
	"paceline/shared/track"
)

// Sniff says whether a file that begins with head wants to be GPX.
func Sniff(head []byte) bool { return xmlscan.Root(head) == "gpx" }

// Decode reads all workouts of a GPX file. Its error is a *track.Fault.
func Decode(data []byte, lim track.Limits) ([]*track.Track, error) {
	s, err := xmlscan.New(data, lim.Depth)
	if err != nil {
		return nil, err
	}
	d := &decoder{Walk: xmlscan.Walk{Scanner: s}, limits: lim}
	if err := d.Document("gpx", "gpx", d.gpx); err != nil {
		return nil, err
	}
	return d.finish()
}

// decoder holds what the whole file has given so far.
type decoder struct {
	xmlscan.Walk
	limits track.Limits

	creator, name, description string // of the file
	tracks                     []*track.Track
	laps                       []lap
	point                      points.Point
	points                     int  // seen, usable or not
	untimed                    bool // a track had points but no time
	leftOut                    bool // a track had nothing usable
	plan                       bool // there are routes or waypoints
}

func (d *decoder) gpx() {
	d.creator = xmlscan.Text(d.Attr("creator"))
	d.Each(func(name string) {
		switch name {
		case "trk":
			d.trk()
		case "metadata":
			d.Each(d.about)
		case "wpt", "rte":
			d.plan = true
		case "extensions":
			d.Each(d.lapsIn)
		default:
			d.about(name)
		}
	})
}

// about reads the name and description of the file: GPX 1.1 has them in its
// metadata, GPX 1.0 in the root.
func (d *decoder) about(name string) {
	switch name {
	case "name":
		d.name = xmlscan.Text(d.Content())
	case "desc":
		d.description = xmlscan.Text(d.Content())
	}
}

func (d *decoder) trk() {
	t := &track.Track{Format: "gpx", Sport: "generic", Device: d.creator}
	var comment string
	b := &points.Builder{}
	d.Each(func(name string) {
		switch name {
		case "name":
			t.Name = xmlscan.Text(d.Content())
		case "desc":
			t.Description = xmlscan.Text(d.Content())
		case "cmt":
			comment = xmlscan.Text(d.Content())
		case "type":
			n := sport.Parse(string(d.Content()))
			t.Sport, t.SubSport = n.Sport, n.Sub
		case "trkseg":
			b.Break()
			d.segment(b)
		case "extensions":
			d.Each(d.lapsIn)
		}
	})
	if t.Description == "" {
		t.Description = comment
	}
	if d.Fault == nil && d.Err() == nil {
		d.add(t, b)
	}
}

// add keeps a track that has samples.
func (d *decoder) add(t *track.Track, b *points.Builder) {
	if b.Len() > 0 && b.Untimed() > 0 {
		b.Warn(points.WarnTimeMissing)
	}
	d.untimed = d.untimed || b.Len() == 0 && b.Untimed() > 0
	var start int64
	t.Samples, start, t.Pauses = b.Samples(0)
	if empty(&t.Samples) {
		d.leftOut = true
		return
	}
	if len(d.tracks) >= d.limits.Workouts {
		d.Fail("too_many_workouts", "the file holds too many tracks")
		return
	}
	t.StartedAt = time.UnixMilli(start).UTC()
	if o := b.OffsetS(); o != nil {
		offset := time.Duration(*o) * time.Second
		t.UTCOffset = &offset
	}
	// Strava writes so of devices whose elevation it trusts, and others follow.
	t.Barometric = strings.Contains(strings.ToLower(d.creator), "with barometer")
	t.Warnings = b.Warnings()
	d.tracks = append(d.tracks, t)
}

// empty says that samples have times and nothing else.
func empty(s *track.Samples) bool {
	return s.Lat == nil && s.DistanceM == nil && s.SpeedMPS == nil && s.HeartRateBPM == nil &&
		s.CadenceRPM == nil && s.PowerW == nil
}

// finish gives the tracks, or says why there is none.
func (d *decoder) finish() ([]*track.Track, error) {
	if len(d.tracks) == 0 {
		f := &track.Fault{Code: "no_activity", Detail: "the file holds no track point with a usable value", Offset: -1}
		switch {
		case d.untimed:
			f.Code, f.Detail = "no_time", "no track point has a usable time: this is a route, not a recording"
		case d.points == 0 && d.plan:
			f.Code, f.Detail = "not_activity", "the file holds routes or waypoints only"
		}
		return nil, f
	}
	if len(d.tracks) == 1 { // else the file's name is not that of one workout
		t := d.tracks[0]
		if t.Name == "" {
			t.Name = d.name
		}
		if t.Description == "" {
			t.Description = d.description
		}
	}
	for _, t := range d.tracks {
		t.Laps = lapsOf(t, d.laps)
	}
	if d.leftOut {
		d.tracks[0].Warnings = append(d.tracks[0].Warnings, points.WarnWorkoutLeftOut)
	}
	return d.tracks, nil
}

func (d *decoder) segment(b *points.Builder) {
	in := d.Depth()
	for d.Fault == nil && d.Child(in) {
		if string(d.Name()) != "trkpt" {
			continue
		}
		if d.points++; d.points > d.limits.Points {
			d.Fail("too_many_points", "the file holds too many track points")
			return
		}
		d.trkpt(b)
	}
}

func (d *decoder) trkpt(b *points.Builder) {
	s, p := d.Scanner, &d.point
	p.Reset()
	p.Lat = d.coordinate(b, "lat")
	p.Lng = d.coordinate(b, "lon")
	in := s.Depth()
	for s.Child(in) {
		switch string(s.Name()) {
		case "ele":
			set(b, &p.Elevation, s.Content())
		case "time":
			text := s.Content()
			p.Time, p.HasTime = xmlscan.ParseTime(text)
			if !p.HasTime && len(text) > 0 {
				b.Warn(points.WarnTimeUnreadable)
			}
		default: // <extensions>, or values in the point itself as GPX 1.0 has them
			d.sensor(b)
		}
	}
	if s.Err() == nil {
		b.Add(p)
	}
}

// coordinate reads an attribute of the open element. One that is there but is no
// number lies off the globe for the Builder.
func (d *decoder) coordinate(b *points.Builder, name string) float64 {
	text := d.Attr(name)
	v, ok := xmlscan.Float(bytes.TrimSpace(text))
	if !ok {
		b.Warn(points.WarnPosition)
		return 1000
	}
	return v
}
