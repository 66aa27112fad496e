package figures

import (
	"math"

	"paceline/events"
	"paceline/shared/track"
)

// Analysis is all that is kept of one workout: its figures, its best efforts
// and the time in zones.
type Analysis struct {
	Stats events.Stats
	Peaks []Peak
	Zones []Zones
}

// Compute is every figure of one workout. It never fails: what the track does
// not support is absent.
func Compute(t *track.Track, a Athlete) events.Stats {
	w, _ := computed(t, a)
	return w.Stats
}

// Analyse is Compute with the best efforts and the zones.
func Analyse(t *track.Track, a Athlete) Analysis {
	w, beats := computed(t, a)
	peaks := w.peaks() // which may doubt the workout
	return Analysis{Stats: w.Stats, Peaks: peaks, Zones: w.zones(beats)}
}

func computed(t *track.Track, a Athlete) (*workout, *pulse) {
	w := newWorkout(t, a)
	w.times()
	w.distance()
	w.speeds()
	smooth := w.elevations()
	w.sensors()
	w.power()
	beats := w.time.pulse(t.Samples.HeartRateBPM)
	w.load(beats)
	w.energy(beats)
	w.gradeAdjusted(smooth)
	w.aerobic()
	w.swum()
	w.lifted()
	w.dived()
	return w, beats
}

// workout is one computation on its way: the figures so far and what they are
// made of.
type workout struct {
	events.Stats
	t      *track.Track
	a      Athlete
	sport  sport
	device track.Totals
	from   string // method of the device's totals
	time   timeline
	way    way
	speed  []float32
}

func newWorkout(t *track.Track, a Athlete) *workout {
	w := &workout{t: t, a: a, sport: sportOf(t.Sport, t.SubSport)}
	w.Formula = Formula
	w.Points = t.Samples.Len()
	w.Laps = len(deviceLaps(t))
	w.Methods = make(map[string]string, 24)
	w.device, w.from = declared(t)
	w.time = newTimeline(t, w.sport)
	w.way = newWay(t, &w.time, w.sport)
	return w
}

// set keeps a figure to a ten-thousandth and where it came from.
func (w *workout) set(to **float64, key string, v float64, method string) {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return
	}
	v = math.Round(v*1e4) / 1e4
	*to, w.Methods[key] = &v, method
}

// sane keeps the device's figure when there is one and says whether.
func (w *workout) sane(to **float64, key string, v *float64) bool {
	if v == nil {
		return false
	}
	w.set(to, key, *v, w.from)
	return true
}

func (w *workout) times() {
	span := w.time.spanS()
	timer := saneTimer(w.device, span)
	elapsed := saneElapsed(w.device, timer, span)
	w.sane(&w.TimerTimeS, "timer_time_s", timer)
	if !w.sane(&w.ElapsedTimeS, "elapsed_time_s", elapsed) && w.Points > 1 {
		v := span
		if timer != nil {
			v = max(v, *timer)
		}
		w.set(&w.ElapsedTimeS, "elapsed_time_s", v, "samples")
	}
	if w.TimerTimeS == nil && w.Points > 1 {
		w.set(&w.TimerTimeS, "timer_time_s", span-w.time.stoppedS(), "samples")
	}
	if w.TimerTimeS == nil && w.ElapsedTimeS != nil { // a session alone
		w.set(&w.TimerTimeS, "timer_time_s", *w.ElapsedTimeS, w.Methods["elapsed_time_s"])
	}
	if w.ElapsedTimeS != nil {
		w.set(&w.PausedTimeS, "paused_time_s", max(0, *w.ElapsedTimeS-*w.TimerTimeS), "elapsed_less_timer")
	}
}

// timerS is the timer time, or 0 when it is not known.
func (w *workout) timerS() float64 {
	if w.TimerTimeS == nil {
		return 0
	}
	return *w.TimerTimeS
}

func (w *workout) distance() {
	check := newGPSCheck(w.t, &w.time, w.sport, w.way)
	if w.sane(&w.DistanceM, "distance_m", saneDistance(w.device, w.sport, w.timerS(), check)) {
		return
	}
	if w.way.at == nil || (w.way.totalM == 0 && w.way.method != "gps") {
		return
	}
	w.set(&w.DistanceM, "distance_m", w.way.totalM, w.way.method)
}

func (w *workout) speeds() {
	var method string
	w.speed, method = newSpeed(w.t, &w.time, w.way, w.sport)
	w.moving()
	if w.DistanceM == nil {
		return
	}
	distance, timer := *w.DistanceM, w.timerS()
	mean := distance / timer // FIT: total distance by total timer time
	if !w.sane(&w.AvgSpeedMPS, "avg_speed_mps", within(w.device.AvgSpeedMPS, mean/2, 2*mean)) && timer > 0 {
		w.set(&w.AvgSpeedMPS, "avg_speed_mps", mean, "distance_by_timer")
	}
	if m := w.MovingTimeS; m != nil && *m > 0 {
		w.set(&w.AvgMovingSpeed, "avg_moving_speed_mps", distance / *m, "distance_by_moving")
	}
	low := 0.0
	if w.AvgSpeedMPS != nil {
		low = *w.AvgSpeedMPS * 0.99
	}
	if w.sane(&w.MaxSpeedMPS, "max_speed_mps", positive(within(w.device.MaxSpeedMPS, low, w.sport.limitMPS), math.Inf(1))) {
		return
	}
	if top, ok := topSpeed(w.speed, w.sport); ok {
		w.set(&w.MaxSpeedMPS, "max_speed_mps", top, method)
	}
}

// moving is the device's moving time, else that of the samples; never more
// than the timer ran.
func (w *workout) moving() {
	timer := w.timerS()
	if w.sane(&w.MovingTimeS, "moving_time_s", positive(w.device.MovingS, timer+1)) {
		return
	}
	if v, method := movingTime(w.t, &w.time, w.way, w.speed, w.sport, nil); method != "" {
		if timer > 0 {
			v = min(v, timer)
		}
		w.set(&w.MovingTimeS, "moving_time_s", v, method)
	}
}

// elevations also answers with the smoothed elevation of each sample, for who
// goes on foot; nil for others.
func (w *workout) elevations() []float64 {
	p, smooth := newProfile(w.t, &w.time, onFoot[w.t.Sport])
	d := w.device
	if !w.sane(&w.ElevationGainM, "elevation_gain_m", saneGain(d.AscentM, p, p.rises, p.climb)) && p.known {
		w.set(&w.ElevationGainM, "elevation_gain_m", p.gain, p.method)
	}
	if !w.sane(&w.ElevationLossM, "elevation_loss_m", saneGain(d.DescentM, p, p.rises-p.change, p.drop)) && p.known {
		w.set(&w.ElevationLossM, "elevation_loss_m", p.loss, p.method)
	}
	if !p.known {
		w.sane(&w.ElevationMinM, "elevation_min_m", d.MinElevationM)
		w.sane(&w.ElevationMaxM, "elevation_max_m", d.MaxElevationM)
		return nil
	}
	w.set(&w.ElevationMinM, "elevation_min_m", p.min, "samples")
	w.set(&w.ElevationMaxM, "elevation_max_m", p.max, "samples")
	return smooth
}

func (w *workout) sensors() {
	d, in := w.device, &w.t.Samples
	avg, top, ok := w.time.mean(in.HeartRateBPM, heartRates)
	w.pair(reading{&w.AvgHeartRateBPM, &w.MaxHeartRateBPM, "heart_rate_bpm", d.AvgHeartRateBPM, d.MaxHeartRateBPM, avg, top, ok}, heartRates)
	avg, top, ok = w.time.mean(in.CadenceRPM, cadences)
	w.pair(reading{&w.AvgCadenceRPM, &w.MaxCadenceRPM, "cadence_rpm", d.AvgCadenceRPM, d.MaxCadenceRPM, avg, top, ok}, cadences)
	avg, _, ok = w.time.mean(in.TemperatureC, temperatures)
	if !w.sane(&w.AvgTemperatureC, "avg_temperature_c", within(d.AvgTemperatureC, -60, 80)) && ok {
		w.set(&w.AvgTemperatureC, "avg_temperature_c", avg, "samples")
	}
}

// reading is a mean and a maximum, as the device and as the samples have it.
type reading struct {
	toAvg, toMax         **float64
	key                  string
	deviceAvg, deviceMax *float64
	avg, max             float64
	known                bool
}

// pair keeps the device's mean and maximum where a sensor can say them and the
// mean is not above the maximum (rounding aside), else those of the samples.
func (w *workout) pair(r reading, real bounds) {
	low, high := float64(real.min), float64(real.max)
	avg, top := positive(within(r.deviceAvg, low, high), high), positive(within(r.deviceMax, low, high), high)
	if avg != nil && top != nil && *avg > *top {
		avg, top = nil, nil
	}
	if r.known && avg != nil && top == nil && *avg > r.max+1 {
		avg = nil
	}
	if r.known && top != nil && avg == nil && *top+1 < r.avg {
		top = nil
	}
	if !w.sane(r.toAvg, "avg_"+r.key, avg) && r.known {
		w.set(r.toAvg, "avg_"+r.key, r.avg, "samples")
	}
	if !w.sane(r.toMax, "max_"+r.key, top) && r.known {
		w.set(r.toMax, "max_"+r.key, r.max, "samples")
	}
}

func (w *workout) power() {
	d, column := w.device, w.t.Samples.PowerW
	avg, top, ok := w.time.mean(column, powers)
	ok = ok && top > 0 // a column of zeros is no power meter
	mean := d.AvgPowerW
	if ok { // some devices leave the zeros out, which is a mean of pedalling and not of the ride
		mean = within(mean, 0.75*avg, 1.25*avg)
	}
	w.pair(reading{&w.AvgPowerW, &w.MaxPowerW, "power_w", mean, d.MaxPowerW, avg, top, ok}, powers)
	if w.AvgPowerW == nil {
		return
	}
	if l := w.time.work(column); ok { // not by the mean: the device's may leave the zeros out
		w.set(&w.WorkKJ, "work_kj", l.y[len(l.y)-1]/1000, "samples")
	} else if t := w.TimerTimeS; t != nil {
		w.set(&w.WorkKJ, "work_kj", *w.AvgPowerW**t/1000, "power_by_timer")
	}
	w.normalized(column)
	if np := w.NormalizedPowerW; np != nil && *w.AvgPowerW > 0 {
		w.set(&w.VariabilityIndex, "variability_index", *np / *w.AvgPowerW, "np_by_mean")
	}
}

func (w *workout) normalized(column []float32) {
	high := float64(powers.max)
	if w.MaxPowerW != nil {
		high = *w.MaxPowerW + 1
	}
	if w.sane(&w.NormalizedPowerW, "normalized_power_w", within(w.device.NormalizedPowerW, 0.8**w.AvgPowerW, high)) {
		return
	}
	if v, ok := w.time.normalizedPower(column); ok {
		w.set(&w.NormalizedPowerW, "normalized_power_w", v, "rolling_30s")
	}
}

// load is the training load by the best that is known: power against the
// athlete's own FTP, what the device says, heart rate. The athlete's FTP comes
// before the device's figure because the device used an FTP of its own, which
// a changed setting could not replay.
func (w *workout) load(beats *pulse) {
	impulse, felt := beats.trimp(w.a)
	if felt {
		w.set(&w.TRIMP, "trimp", impulse, "banister")
	}
	ftp := positive(w.a.FTPW, 3000)
	if np := w.NormalizedPowerW; np != nil && ftp != nil {
		w.set(&w.Intensity, "intensity", *np / *ftp, "ftp")
		w.keepLoad(tss(w.timerS(), *np, *ftp), "tss")
		return
	}
	w.sane(&w.Intensity, "intensity", positive(w.device.Intensity, 3))
	if v := positive(w.device.TrainingStress, 5000); v != nil {
		w.keepLoad(*v, "device")
		return
	}
	if v, ok := w.a.stress(impulse); ok && felt {
		w.keepLoad(v, "hrtss")
	} else if felt {
		w.keepLoad(impulse, "trimp")
	}
}

func (w *workout) keepLoad(v float64, method string) {
	w.LoadMethod = method
	w.set(&w.TrainingLoad, "training_load", v, method)
}
