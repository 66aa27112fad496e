package figures

import (
	"math"
	"time"

	"paceline/shared/track"
)

// Lap is one lap. Nil is what neither the device nor the samples say.
type Lap struct {
	Index            int       // from 1
	StartedAt        time.Time // UTC
	ElapsedTimeS     *float64
	TimerTimeS       *float64
	MovingTimeS      *float64
	DistanceM        *float64
	ElevationGainM   *float64
	ElevationLossM   *float64
	AvgSpeedMPS      *float64 // distance by timer time
	MaxSpeedMPS      *float64
	AvgHeartRateBPM  *float64
	MaxHeartRateBPM  *float64
	AvgCadenceRPM    *float64
	MaxCadenceRPM    *float64
	AvgPowerW        *float64
	MaxPowerW        *float64
	NormalizedPowerW *float64
	CaloriesKcal     *float64
	Trigger          string // what ended it, as the file says
	Intensity        string // what it was for, as the file says
	MaxDepthM        *float64
	AvgDepthM        *float64
	BottomTimeS      *float64
	SurfaceIntervalS *float64
}

// Laps are the device's laps in time order, their totals where the device says
// them, else from the samples of the lap. A last lap that the device did not
// close is there too. A track without laps is one lap over the whole. Both have
// the trigger "session_end".
func Laps(t *track.Track) []Lap {
	laps := deviceLaps(t)
	if len(laps) == 0 {
		laps = []track.Lap{wholeLap(t)}
	}
	c, tl := newCourse(t)
	out := make([]Lap, len(laps))
	for i := range laps {
		out[i] = newLap(t, &tl, &c, &laps[i])
		out[i].Index = i + 1
	}
	return out
}

// deviceLaps are the device's laps, with the last one that was not closed when
// the samples go on after the laps (see ends).
func deviceLaps(t *track.Track) []track.Lap {
	n, ms := len(t.Laps), t.Samples.TimeMS
	if n == 0 || len(ms) == 0 || !ends(float64(t.Laps[n-1].EndMS), ms[len(ms)-1]) {
		return t.Laps
	}
	open := track.Lap{Trigger: "session_end"}
	open.StartMS, open.EndMS = t.Laps[n-1].EndMS, ms[len(ms)-1]
	return append(t.Laps[:n:n], open)
}

// wholeLap is a lap from the first sample to the last, with the session's totals.
func wholeLap(t *track.Track) track.Lap {
	l := track.Lap{Trigger: "session_end", Totals: t.Session}
	if ms := t.Samples.TimeMS; len(ms) > 0 {
		l.StartMS, l.EndMS = ms[0], ms[len(ms)-1]
	}
	return l
}

func newLap(t *track.Track, tl *timeline, c *course, l *track.Lap) Lap {
	d, in, r := &l.Totals, &t.Samples, between(tl, l.StartMS, l.EndMS)
	out := Lap{
		StartedAt:        t.StartedAt.Add(time.Duration(l.StartMS) * time.Millisecond),
		Trigger:          l.Trigger,
		Intensity:        l.Intensity,
		NormalizedPowerW: d.NormalizedPowerW,
		CaloriesKcal:     d.CaloriesKcal,
		BottomTimeS:      d.BottomS,
		SurfaceIntervalS: d.SurfaceS,
	}
	elapsed := float64(l.EndMS-l.StartMS) / 1000
	cut := cutter{spans: tl.stops}
	timer := elapsed - float64(cut.overlap(l.StartMS, l.EndMS))/1000
	out.ElapsedTimeS = either(d.ElapsedS, known(elapsed, elapsed > 0))
	out.TimerTimeS = either(d.TimerS, known(timer, elapsed > 0))
	out.sense(r, d, in)
	out.travel(l, d, c)
	if out.MaxSpeedMPS == nil && c.speed != nil {
		if top, ok := topSpeed(c.speed[r.from:r.to], c.sport); ok {
			out.MaxSpeedMPS = &top
		}
	}
	return out
}

// travel fills in what depends on the way.
func (l *Lap) travel(at *track.Lap, d *track.Totals, c *course) {
	from, to := c.when(float64(at.StartMS)/1000), c.when(float64(at.EndMS)/1000)
	span := func(column []float64) *float64 {
		if len(column) == 0 {
			return nil
		}
		return track.Some(to.of(column) - from.of(column))
	}
	l.DistanceM = either(positive(d.DistanceM, math.Inf(1)), span(c.m))
	l.MovingTimeS = either(d.MovingS, span(c.moving))
	l.ElevationGainM = either(d.AscentM, span(c.gain))
	l.ElevationLossM = either(d.DescentM, span(c.loss))
	l.AvgSpeedMPS = positive(d.AvgSpeedMPS, math.Inf(1))
	if l.AvgSpeedMPS == nil && l.DistanceM != nil && l.TimerTimeS != nil && *l.TimerTimeS > 0 {
		l.AvgSpeedMPS = track.Some(*l.DistanceM / *l.TimerTimeS)
	}
	l.MaxSpeedMPS = positive(d.MaxSpeedMPS, c.sport.limitMPS)
}

// sense fills in what sensors say.
func (l *Lap) sense(r stretch, d *track.Totals, in *track.Samples) {
	avg, top := r.mean(in.HeartRateBPM, heartRates)
	l.AvgHeartRateBPM, l.MaxHeartRateBPM = either(sensed(d.AvgHeartRateBPM, heartRates), avg), either(sensed(d.MaxHeartRateBPM, heartRates), top)
	avg, top = r.mean(in.CadenceRPM, cadences)
	l.AvgCadenceRPM, l.MaxCadenceRPM = either(sensed(d.AvgCadenceRPM, cadences), avg), either(sensed(d.MaxCadenceRPM, cadences), top)
	avg, top = r.mean(in.PowerW, powers)
	l.AvgPowerW, l.MaxPowerW = either(sensed(d.AvgPowerW, powers), avg), either(sensed(d.MaxPowerW, powers), top)
	avg, top = r.mean(in.DepthM, depths)
	l.AvgDepthM, l.MaxDepthM = either(sensed(d.AvgDepthM, depths), avg), either(sensed(d.MaxDepthM, depths), top)
}

// sensed is a device's figure where a sensor can say it.
func sensed(v *float64, real bounds) *float64 {
	return positive(within(v, float64(real.min), float64(real.max)), float64(real.max))
}

// either is the device's figure, or where it has none the samples'.
func either(device, samples *float64) *float64 {
	if device != nil {
		return device
	}
	return samples
}

func known(v float64, ok bool) *float64 {
	if !ok {
		return nil
	}
	return &v
}
