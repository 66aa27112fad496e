package figures

import "math"

// Banister's weights of the heart rate reserve: the exponent is 1.92 for men
// and 1.67 for women. Without a sex 1.92 is used and the method is named the
// same: between two workouts of one person the ratio hardly depends on it. The
// factor is 0.64 for both, as GoldenCheetah keeps it.
const (
	trimpFactor   = 0.64
	trimpExponent = 1.92
	trimpOfWomen  = 1.67
)

// tss is the training stress of s seconds at a normalised power: one hour at
// FTP is 100.
func tss(s, normalizedW, ftpW float64) float64 {
	f := normalizedW / ftpW
	return s * f * f / 36
}

// trimpRate is Banister's training impulse of one minute at a heart rate.
func (a Athlete) trimpRate(bpm, rest, highest float64) float64 {
	exponent := trimpExponent
	if a.Sex == Female {
		exponent = trimpOfWomen
	}
	reserve := min(1, max(0, (bpm-rest)/(highest-rest)))
	return reserve * trimpFactor * math.Exp(exponent*reserve)
}

// trimp is the training impulse over active time, each moment with its own
// heart rate: the mean of the rate is not the rate of the mean.
func (p *pulse) trimp(a Athlete) (float64, bool) {
	rest, highest, ok := a.reserve()
	if !ok || !p.known {
		return 0, false
	}
	return p.over(func(bpm float64) float64 { return a.trimpRate(bpm, rest, highest) }), true
}

// stress is hrTSS: the impulse as a share of one hour at threshold heart rate,
// times 100; false when the threshold is not known.
func (a Athlete) stress(impulse float64) (float64, bool) {
	rest, highest, ok := a.reserve()
	at := a.ThresholdHeartRateBPM
	if !ok || at == nil || *at <= rest || *at > highest {
		return 0, false
	}
	return 100 * impulse / (60 * a.trimpRate(*at, rest, highest)), true
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
