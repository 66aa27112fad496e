package tcx

import (
	"strings"
	"time"

	"paceline/functions/upload/xmlscan"
	"paceline/functions/upload/xmlscan/points"
	"paceline/functions/upload/xmlscan/sport"
	"paceline/shared/track"
)

// root is the name of the root element.
const root = "TrainingCenterDatabase"

// Sniff says whether a file that begins with head wants to be TCX.
func Sniff(head []byte) bool { return xmlscan.Root(head) == root }

// Decode reads all workouts of a TCX file. Its error is a *track.Fault.
func Decode(data []byte, lim track.Limits) ([]*track.Track, error) {
	s, err := xmlscan.New(data, lim.Depth)
	if err != nil {
		return nil, err
	}
	d := &decoder{Walk: xmlscan.Walk{Scanner: s}, limits: lim}
	if err := d.Document("tcx", root, func() {
		d.creator = xmlscan.Text(s.Attr("creator"))
		d.Each(d.section)
	}); err != nil {
		return nil, err
	}
	return d.finish()
}

// decoder holds what the whole file has given so far.
type decoder struct {
	xmlscan.Walk
	limits track.Limits

	creator string // of the file
	tracks  []*track.Track
	point   points.Point
	points  int  // seen, usable or not
	laps    int  // seen
	untimed bool // an activity had points or laps but no time
	leftOut bool // an activity had nothing usable
	plan    bool // there are workouts to come
}

// section reads what may hold activities: <Activities>, in it an <Activity> or a
// <MultiSportSession> with its first and next sports.
func (d *decoder) section(name string) {
	switch name {
	case "Activities", "MultiSportSession", "FirstSport", "NextSport":
		d.Each(d.section)
	case "Activity":
		d.activity()
	case "Courses":
		if len(d.tracks) == 0 && !d.leftOut { // beside a recording they are what it followed
			d.Each(func(string) { d.course() })
		}
	case "Workouts":
		d.plan = true
	}
}

// course reads a <Course>, as which programs write recordings, too. Its laps say
// how long they are and not when they begin: only a single one has a place.
func (d *decoder) course() {
	a := &activity{t: &track.Track{Format: "tcx", Sport: sport.Parse("").Sport, Device: d.creator}}
	a.b.Warn(points.WarnCourse)
	var whole lap
	d.Each(func(name string) {
		switch name {
		case "Track":
			if whole.tracks++; whole.tracks > 1 {
				a.b.Break()
			} else {
				a.b.Join()
			}
			d.track(a, &whole)
		default:
			d.part(a, name)
		}
	})
	if len(a.laps) == 1 {
		whole.Lap = a.laps[0].Lap
		a.laps[0] = whole
	} else {
		a.laps = nil
	}
	d.add(a)
}

func (d *decoder) activity() {
	n := sport.Parse(string(d.Attr("Sport")))
	a := &activity{t: &track.Track{Format: "tcx", Sport: n.Sport, SubSport: n.Sub, Device: d.creator}}
	d.Each(func(name string) {
		switch name {
		case "Id":
			a.id, _ = xmlscan.ParseTime(d.Content())
		default:
			d.part(a, name)
		}
	})
	d.add(a)
}

// part reads what activities and courses have alike.
func (d *decoder) part(a *activity, name string) {
	switch name {
	case "Name":
		a.t.Name = xmlscan.Text(d.Content())
	case "Notes":
		a.notes(xmlscan.Text(d.Content()))
	case "Lap":
		d.lap(a)
	case "Creator":
		d.device(a.t)
	}
}

// device reads the <Creator>.
func (d *decoder) device(t *track.Track) {
	d.Each(func(name string) {
		if name == "Name" {
			if text := xmlscan.Text(d.Content()); text != "" {
				t.Device = text
			}
		}
	})
}

// add keeps an activity that has samples or a duration, unless the document is at
// fault.
func (d *decoder) add(a *activity) {
	if d.Fault != nil || d.Err() != nil {
		return
	}
	if !a.build() {
		d.leftOut = true
		d.untimed = d.untimed || a.b.Untimed() > 0
		return
	}
	if len(d.tracks) >= d.limits.Workouts {
		d.Fail("too_many_workouts", "the file holds too many activities")
		return
	}
	if o := a.b.OffsetS(); o != nil {
		offset := time.Duration(*o) * time.Second
		a.t.UTCOffset = &offset
	}
	a.t.Barometric = strings.Contains(strings.ToLower(a.t.Device), "with barometer")
	a.t.Warnings = a.b.Warnings()
	d.tracks = append(d.tracks, a.t)
}

// finish gives the tracks, or says why there is none.
func (d *decoder) finish() ([]*track.Track, error) {
	if len(d.tracks) == 0 {
		f := &track.Fault{Code: "no_activity", Detail: "the file holds no activity with samples or a duration", Offset: -1}
		switch {
		case d.untimed:
			f.Code, f.Detail = "no_time", "no trackpoint has a usable time"
		case !d.leftOut && d.plan:
			f.Code, f.Detail = "not_activity", "the file holds workout plans only"
		}
		return nil, f
	}
	if d.leftOut {
		d.tracks[0].Warnings = append(d.tracks[0].Warnings, points.WarnWorkoutLeftOut)
	}
	return d.tracks, nil
}
