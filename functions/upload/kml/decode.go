package kml

import (
	"strings"
	"time"

	"paceline/functions/upload/xmlscan"
	"paceline/functions/upload/xmlscan/points"
	"paceline/functions/upload/xmlscan/sport"
	"paceline/shared/track"
)

// Sniff says whether a file that begins with head wants to be KML.
func Sniff(head []byte) bool { return xmlscan.Root(head) == "kml" }

// Decode reads all workouts of a KML file. Its error is a *track.Fault.
func Decode(data []byte, lim track.Limits) ([]*track.Track, error) {
	s, err := xmlscan.New(data, lim.Depth)
	if err != nil {
		return nil, err
	}
	d := &decoder{Walk: xmlscan.Walk{Scanner: s}, limits: lim}
	if err := d.Document("kml", "kml", func() { d.Each(d.feature) }); err != nil {
		return nil, err
	}
	return d.finish()
}

// decoder holds what the whole file has given so far.
type decoder struct {
	xmlscan.Walk
	limits track.Limits

	name, description, device string // of the file
	tracks                    []*track.Track
	columns                   columns // of the Track that is being read
	points                    int     // seen, usable or not
	lines                     bool    // there are lines without times
	leftOut                   bool    // a track had nothing usable
}

// feature reads a document or a folder, or what is in it.
func (d *decoder) feature(name string) {
	switch name {
	case "Document", "Folder":
		d.Each(d.feature)
	case "Placemark":
		d.placemark()
	case "name":
		d.first(&d.name)
	case "description":
		d.first(&d.description)
	case "generator":
		d.first(&d.device)
	case "author":
		d.Each(func(name string) {
			if name == "name" {
				d.first(&d.device)
			}
		})
	}
}

// first keeps the text of the open element if there was none before.
func (d *decoder) first(to *string) {
	if *to == "" {
		*to = xmlscan.Text(d.Content())
	}
}

func (d *decoder) placemark() {
	t := &track.Track{Format: "kml", Sport: "generic", Device: d.device}
	b := &points.Builder{}
	tracks, kind, icon := 0, "", ""
	var read func(name string)
	read = func(name string) {
		switch name {
		case "name":
			t.Name = xmlscan.Text(d.Content())
		case "description":
			t.Description = xmlscan.Text(d.Content())
		case "icon":
			icon = string(d.Content())
		case "ExtendedData":
			d.Each(func(name string) {
				if name == "Data" && string(d.Attr("name")) == "type" {
					d.Each(func(string) { kind = string(d.Content()) })
				}
			})
		case "Track":
			tracks++
			b.Break()
			d.track(b)
		case "MultiTrack", "MultiGeometry":
			d.Each(read)
		case "LineString":
			d.lines = true
		}
	}
	d.Each(read)
	n := sport.Parse(kind)
	if n.Sport == t.Sport {
		n = sport.Parse(icon)
	}
	t.Sport, t.SubSport = n.Sport, n.Sub
	if tracks > 0 && d.Fault == nil && d.Err() == nil {
		d.add(t, b)
	}
}

// add keeps a track that has samples.
func (d *decoder) add(t *track.Track, b *points.Builder) {
	var start int64
	if b.Len() > 0 && b.Untimed() > 0 {
		b.Warn(points.WarnTimeMissing)
	}
	t.Samples, start, t.Pauses = b.Samples(0)
	if s := &t.Samples; s.Lat == nil && s.DistanceM == nil && s.SpeedMPS == nil && s.HeartRateBPM == nil && s.CadenceRPM == nil && s.PowerW == nil {
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
	t.Warnings = b.Warnings()
	d.tracks = append(d.tracks, t)
}

// finish gives the tracks, or says why there is none.
func (d *decoder) finish() ([]*track.Track, error) {
	if len(d.tracks) == 0 {
		f := &track.Fault{Code: "not_activity", Detail: "the file holds no recorded track", Offset: -1}
		switch {
		case d.leftOut:
			f.Code, f.Detail = "no_activity", "the file holds no track point with a time and a usable value"
		case d.lines:
			f.Code, f.Detail = "no_time", "the lines of the file have no times: this is a route, not a recording"
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
	if d.leftOut {
		d.tracks[0].Warnings = append(d.tracks[0].Warnings, points.WarnWorkoutLeftOut)
	}
	return d.tracks, nil
}

// squash leaves the letters of a name, in lower case.
func squash(name []byte) string {
	return strings.Map(func(r rune) rune {
		switch {
		case 'a' <= r && r <= 'z':
			return r
		case 'A' <= r && r <= 'Z':
			return r - 'A' + 'a'
		}
		return -1
	}, string(name[:min(len(name), 64)]))
}
