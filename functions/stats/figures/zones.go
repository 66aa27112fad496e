package figures

import (
	"math"
	"slices"
)

// ZoneKind is what zones divide.
type ZoneKind string

// The kinds of zones.
const (
	HeartRateZones ZoneKind = "heart_rate"
	PowerZones     ZoneKind = "power"
	SpeedZones     ZoneKind = "speed"
)

// Zones are the seconds that a workout spent in each zone of a kind.
type Zones struct {
	Kind ZoneKind `json:"kind"`
	// Method is where the bounds come from: "custom", or the figure they are
	// shares of: "threshold", "max" or "ftp".
	Method string    `json:"method"`
	FromAt []float64 `json:"from"` // lower ends of the second and the later zones, in bpm, W or m/s
	TimeS  []float64 `json:"time_s"`
}

// The lower ends of the second and the later zones, as shares.
var (
	shareOfThresholdRate = []float64{0.68, 0.83, 0.94, 1.05}          // Coggan's five of the heart rate at threshold
	shareOfMaxRate       = []float64{0.6, 0.7, 0.8, 0.9}              // the usual five of the highest heart rate
	shareOfFTP           = []float64{0.55, 0.75, 0.9, 1.05, 1.2, 1.5} // Coggan's seven
	shareOfThresholdPace = []float64{0.775, 0.877, 0.943, 1, 1.11}    // Friel's six of pace, as speed
	paced                = map[string]bool{"running": true, "swimming": true, "walking": true, "hiking": true, "rowing": true, "cross_country_skiing": true}
)

// zones are the times in zones of every kind that the workout has samples for
// and the athlete has bounds for.
func (w *workout) zones(beats *pulse) []Zones {
	var out []Zones
	if z, ok := boundsOf(HeartRateZones, w.a.HeartRateZonesBPM, reference{w.a.ThresholdHeartRateBPM, shareOfThresholdRate, "threshold"},
		reference{w.a.MaxHeartRateBPM, shareOfMaxRate, "max"}); ok && beats.known {
		for bpm, ms := range beats.ms {
			z.add(float64(bpm), ms)
		}
		out = append(out, z)
	}
	if z, ok := boundsOf(PowerZones, w.a.PowerZonesW, reference{w.a.FTPW, shareOfFTP, "ftp"}); ok && w.AvgPowerW != nil {
		if w.time.spend(w.t.Samples.PowerW, powers, &z) {
			out = append(out, z)
		}
	}
	if z, ok := boundsOf(SpeedZones, w.a.SpeedZonesMPS, reference{w.a.ThresholdSpeedMPS, shareOfThresholdPace, "threshold"}); ok && paced[w.t.Sport] {
		if w.time.spend(w.speed, bounds{0, float32(w.sport.limitMPS)}, &z) {
			out = append(out, z)
		}
	}
	for i := range out {
		for k, ms := range out[i].TimeS {
			out[i].TimeS[k] = math.Round(ms) / 1000
		}
	}
	return out
}

// reference is a figure of the athlete that zones are shares of.
type reference struct {
	of     *float64
	shares []float64
	method string
}

// boundsOf are the person's own bounds, else shares of the first figure that is
// known.
func boundsOf(kind ZoneKind, own []float64, from ...reference) (Zones, bool) {
	z := Zones{Kind: kind, Method: "custom", FromAt: own}
	for _, r := range from {
		if len(z.FromAt) > 0 {
			break
		}
		if r.of == nil || !(*r.of > 0) {
			continue
		}
		z.Method = r.method
		for _, share := range r.shares {
			z.FromAt = append(z.FromAt, math.Round(share**r.of*1e4)/1e4)
		}
	}
	z.TimeS = make([]float64, len(z.FromAt)+1)
	return z, len(z.FromAt) > 0 && slices.IsSorted(z.FromAt)
}

// add counts ms in the zone of v. Times are in ms until the end, so that they
// add up without an error.
func (z *Zones) add(v float64, ms int64) {
	k := 0
	for k < len(z.FromAt) && v >= z.FromAt[k] {
		k++
	}
	z.TimeS[k] += float64(ms)
}

// spend counts the active time of each value of a column; it holds until the
// next one, over a gap for one usual interval. It says whether there is any.
func (tl *timeline) spend(column []float32, real bounds, z *Zones) bool {
	last := -1
	for i, v := range column {
		if !(v >= real.min && v <= real.max) {
			continue
		}
		if last >= 0 {
			z.add(float64(column[last]), tl.betweenMS(last, i))
		}
		last = i
	}
	if last >= 0 {
		z.add(float64(column[last]), tl.lastMS())
	}
	return last >= 0
}

// pulse is the active time at each whole heart rate. Load, energy and zones
// are read from it: all of them depend on the rate alone.
type pulse struct {
	ms    [256]int64
	known bool
}

// pulse counts a heart rate column; a value holds until the next one.
func (tl *timeline) pulse(column []float32) *pulse {
	p := new(pulse)
	last := -1
	for i, v := range column {
		if !(v >= heartRates.min && v <= heartRates.max) {
			continue
		}
		if last >= 0 {
			p.ms[int(column[last]+0.5)] += tl.betweenMS(last, i)
		}
		last = i
	}
	if last >= 0 {
		p.ms[int(column[last]+0.5)] += tl.lastMS()
		p.known = true
	}
	return p
}

// over adds up what rate says of a minute at each heart rate.
func (p *pulse) over(rate func(bpm float64) float64) float64 {
	var sum float64
	for bpm, ms := range p.ms {
		if ms > 0 {
			sum += rate(float64(bpm)) * float64(ms) / 60_000
		}
	}
	return sum
}
