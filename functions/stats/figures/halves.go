package figures

import "math"

// shortestHalfMS is how long each half of a workout must last, with both heart
// rate and output, for its decoupling to say anything.
const shortestHalfMS = 10 * 60_000

// half sums up one half of a workout over active time.
type half struct{ output, beats, ms float64 }

func (h *half) add(output, bpm, ms float64) {
	h.output, h.beats, h.ms = h.output+output*ms, h.beats+bpm*ms, h.ms+ms
}

// ratio is the output for a heartbeat.
func (h half) ratio() float64 { return h.output / h.beats }

// aerobic is the efficiency (normalised power, or metres a minute, for each
// beat a minute) and the decoupling: by how many percent less output a
// heartbeat gives in the second half of the active time than in the first.
func (w *workout) aerobic() {
	rate := w.AvgHeartRateBPM
	switch {
	case rate == nil || *rate <= 0:
		return
	case w.NormalizedPowerW != nil:
		w.set(&w.EfficiencyFactor, "efficiency_factor", *w.NormalizedPowerW / *rate, "np_by_heart_rate")
		w.decoupling(w.t.Samples.PowerW, powers, "power_by_heart_rate")
	case paced[w.t.Sport] && w.AvgMovingSpeed != nil:
		speed := *either(w.GradeAdjustedSpeedMPS, w.AvgMovingSpeed)
		w.set(&w.EfficiencyFactor, "efficiency_factor", speed*60 / *rate, "speed_by_heart_rate")
		w.decoupling(w.speed, bounds{0, float32(w.sport.limitMPS)}, "speed_by_heart_rate")
	}
}

func (w *workout) decoupling(output []float32, real bounds, method string) {
	beats := w.t.Samples.HeartRateBPM
	if len(output) == 0 || len(beats) == 0 {
		return
	}
	var halves [2]half
	middle := w.time.active[len(w.time.active)-1] / 2
	last := -1
	for i, v := range output {
		if !(v >= real.min && v <= real.max && beats[i] >= heartRates.min && beats[i] <= heartRates.max) {
			continue
		}
		if last >= 0 {
			k := 0
			if w.time.active[last] >= middle {
				k = 1
			}
			halves[k].add(float64(output[last]), float64(beats[last]), float64(w.time.betweenMS(last, i)))
		}
		last = i
	}
	first, second := halves[0], halves[1]
	if first.ms < shortestHalfMS || second.ms < shortestHalfMS || first.output == 0 {
		return
	}
	if v := 100 * (first.ratio() - second.ratio()) / first.ratio(); !math.IsInf(v, 0) {
		w.set(&w.DecouplingPct, "decoupling_pct", v, method)
	}
}
