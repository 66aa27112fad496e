package figures

import "math"

// surfaceM is the depth up to which somebody is at the surface.
const surfaceM = 1.0

// depths are what a sensor of depth can say: nobody has dived deeper than 332 m.
var depths = bounds{surfaceM, 350}

// dived is how deep it went and for how long, by the device's summary of the
// dive, else by its samples.
func (w *workout) dived() {
	d := w.device
	avg, top, bottom := w.time.under(w.t.Samples.DepthM)
	w.pair(reading{&w.AvgDepthM, &w.MaxDepthM, "depth_m", d.AvgDepthM, d.MaxDepthM, avg, top, bottom > 0}, depths)
	if w.MaxDepthM == nil {
		return
	}
	longest := math.Inf(1)
	if w.ElapsedTimeS != nil {
		longest = *w.ElapsedTimeS + 1
	}
	if !w.sane(&w.BottomTimeS, "bottom_time_s", positive(d.BottomS, longest)) && bottom > 0 {
		w.set(&w.BottomTimeS, "bottom_time_s", bottom, "samples")
	}
	w.sane(&w.SurfaceIntervalS, "surface_interval_s", positive(d.SurfaceS, math.Inf(1)))
	if d.DiveNumber != nil {
		n := int(*d.DiveNumber)
		w.DiveNumber = &n
	}
}

// under is the mean and the greatest depth of the time under the surface, and
// that time in s.
func (tl *timeline) under(depth []float32) (avg, top, s float64) {
	sum := 0.0
	for i := 1; i < len(depth); i++ {
		v := depth[i-1]
		if !(v >= depths.min && v <= depths.max) {
			continue
		}
		dt := tl.between(i-1, i)
		sum, s, top = sum+float64(v)*dt, s+dt, max(top, float64(v))
	}
	if s == 0 {
		return 0, 0, 0
	}
	return sum / s, top, s
}
