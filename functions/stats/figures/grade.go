package figures

import "math"

const (
	gradeWindowM = 100.0 // over which a slope is taken: shorter ones are mostly error of the elevation
	steepest     = 0.45  // as far as Minetti measured
)

// minetti is the energy of running on a slope (rise by way), as a multiple of
// running on the flat: the polynomial of Minetti and others (2002) by its value
// at 0, 3.6 J/kg/m.
func minetti(slope float64) float64 {
	i := min(steepest, max(-steepest, slope))
	return (((((155.4*i-30.4)*i-43.3)*i+46.3)*i+19.5)*i + 3.6) / 3.6
}

// onFoot are the sports that Minetti's runners and walkers stand for.
var onFoot = map[string]bool{"running": true, "walking": true, "hiking": true}

// gradeAdjusted is the mean moving speed on the flat that costs the same
// energy: each step of the way counts as the longer or shorter flat way of the
// same cost.
func (w *workout) gradeAdjusted(smooth []float64) {
	if !onFoot[w.t.Sport] || smooth == nil || w.way.at == nil || w.MovingTimeS == nil || *w.MovingTimeS <= 0 || w.DistanceM == nil || w.way.totalM <= 0 {
		return
	}
	at := w.way.at
	known := make([]int, 0, len(at))
	for i, m := range at {
		if !math.IsNaN(m) && !math.IsNaN(smooth[i]) {
			known = append(known, i)
		}
	}
	flat, way, lo, hi := 0.0, 0.0, 0, 0
	for k := 1; k < len(known); k++ {
		i := known[k]
		step := at[i] - at[known[k-1]]
		for at[i]-at[known[lo]] > gradeWindowM/2 {
			lo++
		}
		for hi = max(hi, k); hi+1 < len(known) && at[known[hi]]-at[i] < gradeWindowM/2; {
			hi++
		}
		from, to := known[max(lo-1, 0)], known[hi]
		factor := 1.0
		if run := at[to] - at[from]; run >= gradeWindowM/4 {
			factor = minetti((smooth[to] - smooth[from]) / run)
		}
		flat, way = flat+step*factor, way+step
	}
	if way < w.way.totalM/2 {
		return // too little of it has an elevation
	}
	w.set(&w.GradeAdjustedSpeedMPS, "grade_adjusted_speed_mps", *w.DistanceM*flat/way / *w.MovingTimeS, "minetti_2002")
}
