package figures

import "math"

// PeakKind is what a Peak is the best of.
type PeakKind string

// The kinds of peaks.
const (
	ByDistance PeakKind = "distance" // the least time for so many metres
	ByTime     PeakKind = "time"     // the most metres in so many seconds
	ByPower    PeakKind = "power"    // the highest mean power over so many seconds
	ByTotal    PeakKind = "total"    // of the workout as a whole; Name says of what
)

// Peak is the best that a workout has of a kind over one length.
type Peak struct {
	Kind   PeakKind `json:"k"`
	Over   float64  `json:"o,omitempty"` // metres (ByDistance) or seconds
	Name   string   `json:"n,omitempty"` // of a total: "distance_m", …
	Value  float64  `json:"v"`           // seconds, metres or watts, to a thousandth; of a total in its own unit
	StartS float64  `json:"s"`           // after the start of the workout
	Doubt  string   `json:"d,omitempty"` // why it makes no record; "" when it does
}

// Better says whether value v of the peak's kind is better than w.
func (p Peak) Better(v, w float64) bool {
	if p.Kind == ByDistance {
		return v < w
	}
	return v > w
}

// Seconds of windows: those that tests of fitness use, and enough between them
// for a smooth curve.
var (
	powerSeconds = []float64{
		1, 5, 10, 15, 20, 30, 45, 60, 90, 120, 180, 240, 300, 360, 480, 600, 720, 900, 1200, 1500, 1800, 2400, 2700, 3600,
		5400, 7200, 10_800, 14_400, 18_000, 21_600, 43_200,
	}
	speedSeconds = []float64{60, 120, 180, 300, 600, 720, 900, 1200, 1800, 2700, 3600, 5400, 7200, 10_800, 21_600, 43_200, 86_400}
)

// Metres of windows by sport. The marathon is 42,195 m, the half of it 21,097.5 m.
var effortMetres = map[string][]float64{
	"running": {
		400, MileM / 2, 1000, MileM, 2 * MileM, 5000, 10_000, 15_000, 10 * MileM, 20_000, 21_097.5, 30_000, 42_195,
		50_000, 100_000, 100 * MileM,
	},
	"cycling":              {1000, 5000, 10_000, 10 * MileM, 20_000, 30_000, 40_000, 50_000, 50 * MileM, 90_000, 100_000, 100 * MileM, 180_000, 200_000, 300_000},
	"swimming":             {50, 100, 200, 400, 750, 800, 1500, 1900, 3800, 5000, 10_000},
	"rowing":               {500, 1000, 2000, 5000, 6000, 10_000, 21_097.5, 42_195},
	"walking":              {1000, MileM, 5000, 10_000, 20_000, 21_097.5, 42_195, 50_000, 100_000},
	"hiking":               {1000, MileM, 5000, 10_000, 20_000, 21_097.5, 42_195, 50_000, 100_000},
	"cross_country_skiing": {1000, 5000, 10_000, 15_000, 30_000, 42_195, 50_000, 90_000},
	"inline_skating":       {1000, 5000, 10_000, 21_097.5, 42_195, 100_000},
	"ice_skating":          {500, 1000, 1500, 3000, 5000, 10_000},
	"kayaking":             {200, 500, 1000, 5000, 10_000},
}

// peaks are the best of the workout over each length of its sport, those that
// make no record with the reason.
func (w *workout) peaks() []Peak {
	out := make([]Peak, 0, 64)
	if metres := effortMetres[w.t.Sport]; metres != nil {
		r := newRoute(w.t, &w.time, w.way, w.sport)
		for _, d := range metres {
			if found, ok := r.fastest(d); ok {
				out = append(out, peak(ByDistance, d, found.growth, found.fromY))
			}
		}
		for _, d := range speedSeconds {
			if found, ok := r.farthest(d); ok {
				out = append(out, peak(ByTime, d, found.growth, found.fromX))
			}
		}
		if len(r.parts) > 1 {
			w.doubt("gps_leap")
		}
	}
	out = append(out, w.powerPeaks()...)
	out = append(out, w.totalPeaks()...)
	w.judge(out)
	return out
}

func peak(kind PeakKind, over, value, start float64) Peak {
	return Peak{Kind: kind, Over: over, Value: math.Round(value*1000) / 1000, StartS: math.Round(start*1000) / 1000}
}

// powerPeaks are the highest mean powers. Elapsed time counts: a stop is a time
// without power.
func (w *workout) powerPeaks() []Peak {
	column := w.t.Samples.PowerW
	if w.AvgPowerW == nil || len(column) == 0 {
		return nil
	}
	r := route{}
	r.add(w.time.work(column))
	var out []Peak
	for _, d := range powerSeconds {
		if found, ok := r.parts[0].most(d); ok && found.growth > 0 {
			out = append(out, peak(ByPower, d, found.growth/d, found.fromX))
		}
	}
	return out
}

// work is the energy in J until each sample with a power, over elapsed seconds;
// the last sample holds as long as the others do.
func (tl *timeline) work(column []float32) line {
	l := line{x: make([]float64, 0, len(column)+1), y: make([]float64, 0, len(column)+1)}
	last, sum := -1, 0.0
	for i, v := range column {
		if !(v >= powers.min && v <= powers.max) {
			continue
		}
		if last >= 0 {
			sum += float64(column[last]) * tl.between(last, i)
		}
		l.x, l.y, last = append(l.x, float64(tl.ms[i])/1000), append(l.y, sum), i
	}
	if last >= 0 {
		hold := float64(tl.lastMS()) / 1000
		l.x, l.y = append(l.x, float64(tl.ms[last])/1000+hold), append(l.y, sum+float64(column[last])*hold)
	}
	return l
}

// totalPeaks are what a workout has as a whole that people keep records of.
func (w *workout) totalPeaks() []Peak {
	var out []Peak
	for name, v := range map[string]*float64{
		"distance_m": w.DistanceM, "moving_time_s": w.MovingTimeS, "elevation_gain_m": w.ElevationGainM, "training_load": w.TrainingLoad,
		"volume_kg": w.VolumeKG, "max_depth_m": w.MaxDepthM,
	} {
		if v != nil && *v > 0 {
			out = append(out, Peak{Kind: ByTotal, Name: name, Value: *v})
		}
	}
	return out
}
