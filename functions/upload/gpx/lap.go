package gpx

import (
	"slices"
	"strings"

	"paceline/functions/upload/xmlscan"
	"paceline/functions/upload/xmlscan/points"
	"paceline/shared/track"
)

// maxLaps bounds the laps of a file.
const maxLaps = 10_000

// lap is a lap of the cluetrust extension before it is known whose it is.
type lap struct {
	start xmlscan.Time
	track.Lap
}

// lapsIn reads the open element when it is a lap, or the laps inside it: the
// extension has them alone or within a run.
func (d *decoder) lapsIn(name string) {
	if name != "lap" || d.Space() != cluetrust {
		d.Each(d.lapsIn)
		return
	}
	if len(d.laps) >= maxLaps {
		d.Fail("too_many_laps", "the file holds too many laps")
		return
	}
	var l lap
	timed := false
	d.Each(func(name string) {
		switch name {
		case "startTime":
			l.start, timed = xmlscan.ParseTime(d.Content())
		case "elapsedTime":
			l.Totals.TimerS = d.positive()
		case "calories":
			l.Totals.CaloriesKcal = d.positive()
		case "distance":
			l.Totals.DistanceM = d.positive()
		case "trigger":
			l.Trigger = strings.ToLower(xmlscan.Text(d.Attr("kind")))
		case "intensity":
			l.Intensity = strings.ToLower(xmlscan.Text(d.Content()))
		case "summary":
			d.summary(&l.Totals)
		}
	})
	if timed && points.Plausible(l.start) {
		d.laps = append(d.laps, l)
	}
}

// summary reads one figure, which the file names as TCX does.
func (d *decoder) summary(t *track.Totals) {
	switch string(d.Attr("name")) {
	case "MaximumSpeed":
		t.MaxSpeedMPS = d.positive()
	case "AverageHeartRateBpm":
		t.AvgHeartRateBPM = d.positive()
	case "MaximumHeartRateBpm":
		t.MaxHeartRateBPM = d.positive()
	case "AverageCadence":
		t.AvgCadenceRPM = d.positive()
	}
}

// positive reads the open element as a number; zero is what writers put where
// they know nothing.
func (d *decoder) positive() *float64 {
	if v, ok := xmlscan.Float(d.Content()); ok && v > 0 && v < 1e9 {
		return &v
	}
	return nil
}

// lapsOf gives the laps that began during t, in time order. A lap ends with its
// duration, or where the next begins.
func lapsOf(t *track.Track, all []lap) []track.Lap {
	from := t.StartedAt.UnixMilli()
	last := t.Samples.TimeMS[t.Samples.Len()-1]
	var out []track.Lap
	for _, l := range all {
		at := l.start.UnixMS - from
		if at < -999 || at > last { // writers cut the fraction of a second
			continue
		}
		l.StartMS = max(at, 0)
		l.EndMS = last
		if s := l.Totals.TimerS; s != nil {
			l.EndMS = l.StartMS + int64(*s*1000)
		}
		out = append(out, l.Lap)
	}
	slices.SortStableFunc(out, func(a, b track.Lap) int { return int(a.StartMS - b.StartMS) })
	for i := range out[:max(len(out)-1, 0)] {
		out[i].EndMS = min(out[i].EndMS, out[i+1].StartMS)
	}
	return out
}
