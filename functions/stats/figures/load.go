package figures

import "math"

// Banister's weights of the heart rate reserve. His second exponent, 1.67, is
// for women; an Athlete has no sex, so 1.92 is used for all and the method is
// named: between two workouts of one person the ratio hardly depends on it.
const (
	trimpFactor   = 0.64
	trimpExponent = 1.92
)

// tss is the training stress of s seconds at a normalised power: one hour at
// FTP is 100.
func tss(s, normalizedW, ftpW float64) float64 {
	f := normalizedW / ftpW
	return s * f * f / 36
}

// trimpRate is Banister's training impulse of one minute at a heart rate.
func trimpRate(bpm, rest, highest float64) float64 {
	reserve := min(1, max(0, (bpm-rest)/(highest-rest)))
	return reserve * trimpFactor * math.Exp(trimpExponent*reserve)
}

// trimp is the training impulse of the samples over active time, each with its
// own heart rate: the mean of the rate is not the rate of the mean.
func (tl *timeline) trimp(column []float32, rest, highest float64) (float64, bool) {
	var rates [256]float64 // made once for each whole heart rate; NaN-free by bounds
	for bpm := range rates {
		rates[bpm] = trimpRate(float64(bpm), rest, highest)
	}
	var sum float64
	last := -1
	for i, v := range column {
		if !(v >= heartRates.min && v <= heartRates.max) {
			continue
		}
		if last >= 0 {
			sum += rates[int(column[last]+0.5)] * tl.between(last, i)
		}
		last = i
	}
	if last < 0 {
		return 0, false
	}
	sum += rates[int(column[last]+0.5)] * float64(tl.lastMS()) / 1000
	return sum / 60, true
}

// heartLoad is hrTSS (the impulse as a share of one hour at threshold heart
// rate, times 100) when the threshold is known, else TRIMP.
func (tl *timeline) heartLoad(column []float32, a Athlete) (load float64, method string) {
	rest, highest, ok := a.reserve()
	if !ok {
		return 0, ""
	}
	impulse, ok := tl.trimp(column, rest, highest)
	if !ok {
		return 0, ""
	}
	if at := a.ThresholdHeartRateBPM; at != nil && *at > rest && *at <= highest {
		return 100 * impulse / (60 * trimpRate(*at, rest, highest)), "hrtss"
	}
	return impulse, "trimp"
}

// reserve is the heart rate at rest and the highest, when both are known and
// make sense.
func (a Athlete) reserve() (rest, highest float64, ok bool) {
	if a.RestHeartRateBPM == nil || a.MaxHeartRateBPM == nil {
		return 0, 0, false
	}
	rest, highest = *a.RestHeartRateBPM, *a.MaxHeartRateBPM
	return rest, highest, rest > 0 && highest > rest
}
