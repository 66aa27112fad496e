package figures

import (
	"math"

	"paceline/shared/track"
)

// shortestStopS is how long somebody must stand for it to be a stop; a shorter
// one is a kerb, or a dip in the speed.
const shortestStopS = 3

// motion adds active time up by whether it was moving.
type motion struct {
	at     []float64 // moving time until each sample, in s; nil when not wanted
	moving float64
	still  float64 // of a stop that is not yet long enough
}

// add takes dt seconds until sample i.
func (m *motion) add(i int, dt float64, moves bool) {
	switch {
	case moves:
		if m.still < shortestStopS {
			m.moving += m.still
		}
		m.moving += dt
		m.still = 0
	default:
		m.still += dt
	}
	if m.at != nil {
		m.at[i] = m.moving
	}
}

// end is the moving time in all.
func (m *motion) end() float64 {
	if m.still < shortestStopS && m.moving > 0 {
		m.moving += m.still
	}
	return m.moving
}

// movingTime is the active time in which the person moved, in s: faster than
// the sport's threshold, or, where nothing says how fast, with the cranks
// turning or power on them. It fills at (when not nil) with the moving time
// until each sample.
func movingTime(t *track.Track, tl *timeline, w way, speed []float32, s sport, at []float64) (float64, string) {
	m := motion{at: at}
	switch {
	case speed != nil:
		m.bySpeed(tl, w, speed, s)
		return m.end(), methodOfMoving(t, speed)
	case hasPositive(t.Samples.CadenceRPM):
		m.byTurning(tl, t.Samples.CadenceRPM)
		return m.end(), "cadence"
	case hasPositive(t.Samples.PowerW):
		m.byTurning(tl, t.Samples.PowerW)
		return m.end(), "power"
	}
	return 0, ""
}

// bySpeed goes from known place to known place. Between two speeds it takes
// their mean; over windowMS and more, or where a speed is unknown, the way says.
func (m *motion) bySpeed(tl *timeline, w way, speed []float32, s sport) {
	last := -1
	for i, v := range speed {
		placed := w.at != nil && w.at[i] == w.at[i]
		if isNaN32(v) && !placed {
			if m.at != nil {
				m.at[i] = m.moving
			}
			continue
		}
		if last >= 0 {
			mean := float64(speed[last]+v) / 2
			if dt := tl.ms[i] - tl.ms[last]; w.at != nil && (dt >= windowMS || math.IsNaN(mean)) {
				if own := (w.at[i] - w.at[last]) * 1000 / float64(dt); !math.IsNaN(own) {
					mean = own
				}
			}
			m.add(i, float64(tl.active[i]-tl.active[last])/1000, mean >= s.movingMPS)
		}
		last = i
	}
}

// byTurning counts the time until a sample in which something turned.
func (m *motion) byTurning(tl *timeline, column []float32) {
	for i := 1; i < len(column); i++ {
		m.add(i, float64(tl.active[i]-tl.active[i-1])/1000, column[i] > 0)
	}
}

func hasPositive(column []float32) bool {
	for _, v := range column {
		if v > 0 {
			return true
		}
	}
	return false
}

func methodOfMoving(t *track.Track, speed []float32) string {
	if len(t.Samples.SpeedMPS) > 0 && &speed[0] == &t.Samples.SpeedMPS[0] {
		return "samples"
	}
	return "distance"
}
