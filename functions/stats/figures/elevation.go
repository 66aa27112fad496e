package figures

import (
	"math"

	"paceline/shared/track"
)

// Elevation is smoothed over smoothMS (a wheel of error that a walker does not
// climb) and then read by hysteresis: a rise counts when it reaches the
// threshold before the next fall of that size. A barometer deserves 3 m, GPS 10 m.
const (
	smoothBarometerMS = 4_000
	smoothGPSMS       = 14_000
	barometerM        = 3.0
	gpsM              = 10.0
	spikeM            = 50.0 // a lone sample so far from both neighbours is an error
)

// profile is what the elevations of a track say.
type profile struct {
	gain, loss float64 // by hysteresis
	min, max   float64 // of the samples as they are, without lone spikes
	rises      float64 // sum of every rise of the samples: no honest gain is far above
	climb      float64 // the longest way up from a point to a later one: no honest gain is far below
	drop       float64 // the longest way down
	change     float64 // last less first
	method     string
	known      bool

	first, before float64
}

// newProfile reads the elevations of a track; traced, it also answers with the
// smoothed elevation of each sample, nil when none is known.
func newProfile(t *track.Track, tl *timeline, traced bool) (profile, []float64) {
	p, h, window := newReading(t)
	if traced {
		h.trace = newTrace(len(t.Samples.ElevationM))
	}
	p.read(t.Samples.ElevationM, tl, window, &h)
	p.gain, p.loss = h.sums()
	if !traced || !p.known {
		return p, nil
	}
	return p, h.trace.smooth
}

// newReading is how the elevations of a track are to be read.
func newReading(t *track.Track) (profile, hysteresis, int64) {
	p := profile{method: "hysteresis_10m", min: math.Inf(1), max: math.Inf(-1)}
	if t.Barometric || t.SubSport == "virtual_activity" { // a virtual world has no noise
		p.method = "hysteresis_3m"
		return p, hysteresis{threshold: barometerM}, smoothBarometerMS
	}
	return p, hysteresis{threshold: gpsM}, smoothGPSMS
}

// read goes over the samples once: a window of time moves along, and the mean
// of what is in it goes to h.
func (p *profile) read(in []float32, tl *timeline, window int64, h *hysteresis) {
	lo, hi, n := 0, 0, 0
	var sum float64
	for centre := range in {
		if !plausible(in, centre) {
			continue
		}
		p.see(float64(in[centre]))
		for ; hi < len(in) && (hi <= centre || tl.ms[hi]-tl.ms[centre] <= window/2); hi++ {
			if plausible(in, hi) {
				sum, n = sum+float64(in[hi]), n+1
			}
		}
		for ; lo < centre && tl.ms[centre]-tl.ms[lo] > window/2; lo++ {
			if plausible(in, lo) {
				sum, n = sum-float64(in[lo]), n-1
			}
		}
		h.add(centre, sum/float64(n))
	}
}

// see takes one real elevation.
func (p *profile) see(e float64) {
	if !p.known {
		p.known, p.first, p.before = true, e, e
	}
	p.min, p.max = min(p.min, e), max(p.max, e)
	p.rises += max(0, e-p.before)
	p.climb, p.drop = max(p.climb, e-p.min), max(p.drop, p.max-e)
	p.change = e - p.first
	p.before = e
}

// plausible says whether sample i is a place on Earth and not a lone spike.
func plausible(in []float32, i int) bool {
	e := in[i]
	if !(e > -500 && e < 12_000) {
		return false
	}
	if i == 0 || i+1 == len(in) {
		return true
	}
	a, b := in[i-1], in[i+1]
	return !((e-a > spikeM && e-b > spikeM) || (a-e > spikeM && b-e > spikeM))
}
