package tcx

import (
	"strings"

	"paceline/functions/upload/xmlscan"
	"paceline/functions/upload/xmlscan/points"
)

// maxLaps bounds the laps of a file.
const maxLaps = 10_000

// triggers are TCX's words for why a lap ended, as FIT calls them.
var triggers = map[string]string{
	"manual": "manual", "distance": "distance", "location": "position_lap", "time": "time", "heartrate": "heart_rate",
}

// intensities are TCX's words and those that programs borrow from FIT.
var intensities = map[string]string{
	"active": "active", "resting": "rest", "rest": "rest", "warmup": "warmup", "cooldown": "cooldown",
}

func (d *decoder) lap(a *activity) {
	if d.laps++; d.laps > maxLaps {
		d.Fail("too_many_laps", "the file holds too many laps")
		return
	}
	var l lap
	if t, ok := xmlscan.ParseTime(d.Attr("StartTime")); ok && points.Plausible(t) {
		l.start = t.UnixMS
	}
	d.Each(func(name string) {
		switch name {
		case "Track":
			before := a.b.Len()
			if l.tracks > 0 {
				a.b.Break()
			} else {
				a.b.Join()
			}
			d.track(a, &l)
			if a.b.Len() > before {
				l.tracks++
			}
		case "Extensions":
			d.Each(func(string) { d.lapExtension(&l) })
		default:
			d.lapTotal(&l, name)
		}
	})
	if t := &l.Totals; t.AvgCadenceRPM != nil && t.MaxCadenceRPM != nil && *t.AvgCadenceRPM == *t.MaxCadenceRPM {
		t.AvgCadenceRPM = nil // Garmin Connect writes the maximum of a ride into <Cadence>
	}
	a.laps = append(a.laps, l)
}

// lapTotal reads one figure of a lap.
func (d *decoder) lapTotal(l *lap, name string) {
	t := &l.Totals
	switch name {
	case "TotalTimeSeconds":
		if v := d.number(); v != nil && *v < 1e7 {
			t.TimerS = v
		}
	case "DistanceMeters":
		t.DistanceM = d.number()
	case "MaximumSpeed":
		t.MaxSpeedMPS = positive(d.number())
	case "Calories":
		t.CaloriesKcal = positive(d.number())
	case "AverageHeartRateBpm":
		t.AvgHeartRateBPM = positive(d.inside("Value"))
	case "MaximumHeartRateBpm":
		t.MaxHeartRateBPM = positive(d.inside("Value"))
	case "Cadence":
		t.AvgCadenceRPM = positive(d.number())
	case "Intensity":
		l.Intensity = intensities[strings.ToLower(string(d.Content()))]
	case "TriggerMethod":
		l.Trigger = triggers[strings.ToLower(string(d.Content()))]
	}
}

// lapExtension reads an <LX>.
func (d *decoder) lapExtension(l *lap) {
	t := &l.Totals
	d.Each(func(name string) {
		switch name {
		case "AvgSpeed":
			t.AvgSpeedMPS = positive(d.number())
		case "AvgWatts":
			t.AvgPowerW = positive(d.number())
		case "MaxWatts":
			t.MaxPowerW = positive(d.number())
		case "AvgRunCadence", "AvgBikeCadence":
			t.AvgCadenceRPM = positive(d.number())
		case "MaxRunCadence", "MaxBikeCadence":
			t.MaxCadenceRPM = positive(d.number())
		}
	})
}

// number reads the open element, nil when it is no number of a lap: those are
// never negative, and none reaches a billion.
func (d *decoder) number() *float64 {
	if v, ok := xmlscan.Float(d.Content()); ok && v >= 0 && v < 1e9 {
		return &v
	}
	return nil
}

// inside reads the child of that name as a number.
func (d *decoder) inside(name string) (v *float64) {
	d.Each(func(child string) {
		if child == name {
			v = d.number()
		}
	})
	return v
}

// positive takes a zero for nothing.
func positive(v *float64) *float64 {
	if v == nil || *v == 0 {
		return nil
	}
	return v
}
