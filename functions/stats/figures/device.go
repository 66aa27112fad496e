package figures

import (
	"math"

	"paceline/shared/track"
)

// longestS is the longest workout that is believed, in s.
const longestS = 31 * 24 * 3600

// declared are the device's own totals of the whole workout: of its session,
// or, in a file without one, what can be summed up from its laps. Means of laps
// are left out: the samples say them better. Totals of a part of the workout (a
// session or laps that end before the samples do, as when the recorder died)
// are none at all.
func declared(t *track.Track) (track.Totals, string) {
	s, span := t.Session, spanMS(t.Samples.TimeMS)
	if s.DistanceM != nil || s.TimerS != nil || s.ElapsedS != nil {
		if s.ElapsedS != nil && *s.ElapsedS > 0 && ends(*s.ElapsedS*1000, span) {
			return track.Totals{}, "device"
		}
		return s, "device"
	}
	if len(t.Laps) == 0 || ends(float64(t.Laps[len(t.Laps)-1].EndMS), span) {
		return s, "device"
	}
	return track.Totals{
		DistanceM:       overLaps(t.Laps, sum, func(l *track.Totals) *float64 { return l.DistanceM }),
		TimerS:          overLaps(t.Laps, sum, func(l *track.Totals) *float64 { return l.TimerS }),
		CaloriesKcal:    overLaps(t.Laps, sum, func(l *track.Totals) *float64 { return l.CaloriesKcal }),
		AscentM:         overLaps(t.Laps, sum, func(l *track.Totals) *float64 { return l.AscentM }),
		DescentM:        overLaps(t.Laps, sum, func(l *track.Totals) *float64 { return l.DescentM }),
		MaxSpeedMPS:     overLaps(t.Laps, math.Max, func(l *track.Totals) *float64 { return l.MaxSpeedMPS }),
		MaxHeartRateBPM: overLaps(t.Laps, math.Max, func(l *track.Totals) *float64 { return l.MaxHeartRateBPM }),
		MaxCadenceRPM:   overLaps(t.Laps, math.Max, func(l *track.Totals) *float64 { return l.MaxCadenceRPM }),
		MaxPowerW:       overLaps(t.Laps, math.Max, func(l *track.Totals) *float64 { return l.MaxPowerW }),
	}, "device_laps"
}

// ends says whether totals over ms end before samples over span ms do: by more
// than 2 % and ten seconds.
func ends(ms float64, span int64) bool { return 1.02*ms+10_000 < float64(span) }

func spanMS(ms []int64) int64 {
	if len(ms) == 0 {
		return 0
	}
	return ms[len(ms)-1] - ms[0]
}

func sum(a, b float64) float64 { return a + b }

// overLaps joins a total of all laps; nil when a lap does not say it.
func overLaps(laps []track.Lap, join func(a, b float64) float64, of func(*track.Totals) *float64) *float64 {
	total := 0.0
	for i := range laps {
		v := of(&laps[i].Totals)
		if v == nil {
			return nil
		}
		total = join(total, *v)
	}
	return &total
}

// within returns v when it lies in [low, high], else nil.
func within(v *float64, low, high float64) *float64 {
	if v == nil || !(*v >= low && *v <= high) {
		return nil
	}
	return v
}

// positive returns v when it is above 0 and at most high: devices write 0 for
// what they did not measure.
func positive(v *float64, high float64) *float64 {
	if v == nil || !(*v > 0) {
		return nil
	}
	return within(v, 0, high)
}

// saneTimer is the device's timer time: above 0 and not longer than the
// workout lasted by the device (a second for rounding) and by the samples (half
// as much again, for a file whose samples begin late or end early).
func saneTimer(d track.Totals, spanS float64) *float64 {
	high := float64(longestS)
	if d.ElapsedS != nil && *d.ElapsedS > 0 {
		high = min(high, *d.ElapsedS+1)
	}
	if spanS > 0 {
		high = min(high, 1.5*spanS+60)
	}
	return positive(d.TimerS, high)
}

// saneElapsed is the device's elapsed time. Clocks jump in the samples more
// often than in the session, so it only has to be no shorter than the timer and
// not ten times the samples.
func saneElapsed(d track.Totals, timer *float64, spanS float64) *float64 {
	low, high := 0.0, float64(longestS)
	if timer != nil {
		low = *timer - 1
	}
	if spanS > 0 {
		high = min(high, 10*spanS+3600)
	}
	return positive(within(d.ElapsedS, low, high), high)
}

// saneDistance is the device's distance: not faster than the sport allows, and
// outdoors within a factor of two of the positions where they tell at least
// 500 m over most of the workout.
func saneDistance(d track.Totals, s sport, timerS float64, gps gpsCheck) *float64 {
	v := positive(d.DistanceM, math.Inf(1))
	if v == nil || (timerS > 0 && *v > s.limitMPS*timerS+100) {
		return nil
	}
	if gps.covers && gps.metres >= 500 && (*v > 2*gps.metres || *v < gps.metres/2) {
		return nil
	}
	return v
}

// gpsCheck is what the positions say of a device's distance.
type gpsCheck struct {
	metres float64
	covers bool // nine of ten samples have a good position, and the workout was outdoors
}

func newGPSCheck(t *track.Track, tl *timeline, s sport, w way) gpsCheck {
	if t.Session.DistanceM == nil || len(t.Samples.Lat) == 0 || indoor(t.SubSport) {
		return gpsCheck{}
	}
	if w.method == "gps" {
		return gpsCheck{metres: w.totalM, covers: true}
	}
	metres, points := walk(t, tl, s, nil)
	return gpsCheck{metres: metres, covers: 10*points >= 9*len(t.Samples.Lat)}
}

// saneGain is a device's ascent, or with mirrored arguments its descent: not
// above all rises of the samples half as much again, nor below half of the
// longest climb; 30 m are left for a barometer that drifts between samples.
func saneGain(v *float64, p profile, rises, climb float64) *float64 {
	if !p.known {
		return within(v, 0, 30_000)
	}
	return within(v, climb/2-30, 1.5*rises+30)
}
