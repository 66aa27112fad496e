package figures

import "math"

// normalizedSeconds is the window of normalised power.
const normalizedSeconds = 30

// normalizer makes normalised power: the fourth root of the mean of the fourth
// powers of the 30 s rolling mean, on power resampled to 1 Hz. Zeros are part
// of it; the first value is that of the first whole window, so that the start
// is not taken for rest.
type normalizer struct {
	ring    [normalizedSeconds]float64
	sum     float64 // of the ring
	seconds int
	fourth  float64
	joules  float64 // of the second that is not yet whole
	part    float64 // how much of it there is
}

// hold goes on with watts for s seconds.
func (n *normalizer) hold(watts, s float64) {
	for s > 0 {
		d := min(s, 1-n.part)
		n.joules += watts * d
		n.part += d
		s -= d
		if n.part < 1-1e-9 {
			return
		}
		n.second(n.joules)
		n.joules, n.part = 0, 0
	}
}

func (n *normalizer) second(watts float64) {
	k := n.seconds % normalizedSeconds
	n.sum += watts - n.ring[k]
	n.ring[k] = watts
	if n.seconds++; n.seconds < normalizedSeconds {
		return
	}
	mean := n.sum / normalizedSeconds
	n.fourth += mean * mean * mean * mean
}

// value is the normalised power; false when there was no whole window.
func (n *normalizer) value() (float64, bool) {
	if n.seconds < normalizedSeconds {
		return 0, false
	}
	windows := float64(n.seconds - normalizedSeconds + 1)
	return math.Sqrt(math.Sqrt(max(0, n.fourth) / windows)), true
}

// normalizedPower runs over active time: stops and gaps are closed, a value
// holds until the next.
func (tl *timeline) normalizedPower(column []float32) (float64, bool) {
	var n normalizer
	last, some := -1, false
	for i, v := range column {
		if !(v >= powers.min && v <= powers.max) {
			continue
		}
		some = some || v > 0
		if last >= 0 {
			n.hold(float64(column[last]), tl.between(last, i))
		}
		last = i
	}
	if last >= 0 {
		n.hold(float64(column[last]), float64(tl.lastMS())/1000)
	}
	v, ok := n.value()
	return v, ok && some
}
