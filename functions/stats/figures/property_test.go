package figures

import (
	"math"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"paceline/events"
	"paceline/shared/track"
)

// outing draws a workout at one sample a second: speed, elevation, heart rate
// and power wander, with a few stops.
func outing(r *rapid.T) *track.Track {
	n := rapid.IntRange(60, 900).Draw(r, "seconds")
	tr := straight(n, 0)
	tr.Samples.Lat, tr.Samples.Lng = nil, nil
	legs := rapid.SliceOfN(rapid.Float64Range(0, 6), 1, 8).Draw(r, "speeds")
	leg := func(i int) float64 { return legs[i*len(legs)/(n+1)] }
	walkNorth(tr, leg)
	hills := rapid.Float64Range(0, 60).Draw(r, "hills")
	tr.Samples.ElevationM = column(tr, func(i int) float32 { return float32(200 + hills*math.Sin(float64(i)/70)) })
	tr.Samples.HeartRateBPM = column(tr, func(i int) float32 { return 100 + float32(10*leg(i)) })
	tr.Samples.PowerW = column(tr, func(i int) float32 { return float32(40 * leg(i)) })
	return tr
}

func value(v *float64) float64 {
	if v == nil {
		return math.NaN()
	}
	return *v
}

func same(r *rapid.T, name string, a, b *float64, tolerance float64) {
	x, y := value(a), value(b)
	if math.IsNaN(x) != math.IsNaN(y) || math.Abs(x-y) > tolerance {
		r.Fatalf("%s: %v and %v", name, x, y)
	}
}

func TestStartingLaterChangesNothing(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(r *rapid.T) {
		tr := outing(r)
		later := *tr
		later.StartedAt = tr.StartedAt.Add(time.Duration(rapid.IntRange(1, 1e6).Draw(r, "later")) * time.Second)
		later.Samples.TimeMS = slices.Clone(tr.Samples.TimeMS)
		shift := int64(rapid.IntRange(0, 5000).Draw(r, "first sample"))
		for i := range later.Samples.TimeMS {
			later.Samples.TimeMS[i] += shift
		}
		a, b := Compute(tr, Athlete{}), Compute(&later, Athlete{})
		same(r, "distance", a.DistanceM, b.DistanceM, 0)
		same(r, "moving time", a.MovingTimeS, b.MovingTimeS, 0)
		same(r, "normalised power", a.NormalizedPowerW, b.NormalizedPowerW, 0)
		same(r, "gain", a.ElevationGainM, b.ElevationGainM, 0)
	})
}

func TestTheWayBackIsAsLongAndMirrorsTheClimb(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(r *rapid.T) {
		tr := outing(r)
		back := *tr
		back.Samples.Lat, back.Samples.Lng = slices.Clone(tr.Samples.Lat), slices.Clone(tr.Samples.Lng)
		slices.Reverse(back.Samples.Lat)
		for _, c := range []*[]float32{&back.Samples.ElevationM, &back.Samples.HeartRateBPM, &back.Samples.PowerW} {
			*c = slices.Clone(*c)
			slices.Reverse(*c)
		}
		a, b := Compute(tr, Athlete{}), Compute(&back, Athlete{})
		same(r, "distance", a.DistanceM, b.DistanceM, 0.01)
		same(r, "mean heart rate", a.AvgHeartRateBPM, b.AvgHeartRateBPM, 0.001)
		same(r, "highest elevation", a.ElevationMaxM, b.ElevationMaxM, 0)
		// The first and the last leg may each be shorter than the threshold.
		same(r, "gain and loss", a.ElevationGainM, b.ElevationLossM, 2*gpsM)
	})
}

func TestSplitsAddUp(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(r *rapid.T) {
		tr := outing(r)
		splits := Splits(tr, rapid.Float64Range(50, 1500).Draw(r, "length"))
		s := Compute(tr, Athlete{})
		if len(splits) == 0 {
			if value(s.DistanceM) >= shortestSplitM {
				r.Fatalf("no split of %v m", value(s.DistanceM))
			}
			return
		}
		var way, elapsed, moving, gain float64
		for _, sp := range splits {
			way += sp.DistanceM
			elapsed += sp.ElapsedTimeS
			moving += *sp.MovingTimeS
			gain += *sp.ElevationGainM
		}
		same(r, "distance", &way, s.DistanceM, 0.01)
		same(r, "elapsed", &elapsed, s.ElapsedTimeS, 0.01)
		same(r, "moving", &moving, s.MovingTimeS, shortestStopS)
		same(r, "gain", &gain, s.ElevationGainM, 0.01)
	})
}

func TestSmartRecordingChangesNoMean(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(r *rapid.T) {
		tr := outing(r)
		tr.Format = "fit"
		n := tr.Samples.Len()
		var keep []int
		for i := 0; i < n; i++ { // a sample that repeats the one before is left out, for at most 8 s
			p := tr.Samples.PowerW
			if i == 0 || i == n-1 || p[i] != p[i-1] || i-keep[len(keep)-1] >= 8 {
				keep = append(keep, i)
			}
		}
		smart := *tr
		smart.Samples = track.Samples{}
		for _, k := range keep {
			smart.Samples.TimeMS = append(smart.Samples.TimeMS, tr.Samples.TimeMS[k])
			smart.Samples.Lat = append(smart.Samples.Lat, tr.Samples.Lat[k])
			smart.Samples.Lng = append(smart.Samples.Lng, tr.Samples.Lng[k])
			smart.Samples.PowerW = append(smart.Samples.PowerW, tr.Samples.PowerW[k])
			smart.Samples.HeartRateBPM = append(smart.Samples.HeartRateBPM, tr.Samples.HeartRateBPM[k])
		}
		a, b := Compute(tr, Athlete{}), Compute(&smart, Athlete{})
		same(r, "distance", a.DistanceM, b.DistanceM, 0.01)
		same(r, "power", a.AvgPowerW, b.AvgPowerW, 0.001)
		same(r, "heart rate", a.AvgHeartRateBPM, b.AvgHeartRateBPM, 0.001)
		same(r, "normalised power", a.NormalizedPowerW, b.NormalizedPowerW, 0.001)
	})
}

// The parts of a workout add up to it, but for the second in which it was cut,
// and no part is faster than the whole.
func TestPartsAddUp(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(r *rapid.T) {
		tr := outing(r)
		tr.Format = "fit"
		n := tr.Samples.Len()
		at := int64(rapid.IntRange(20, n-20).Draw(r, "cut")) * 1000
		var way, moving, work, beats float64
		for _, part := range []*track.Track{tr.Cut(0, at), tr.Cut(at, int64(n)*1000)} {
			s := Compute(part, Athlete{})
			way += zero(s.DistanceM)
			moving += zero(s.MovingTimeS)
			work += zero(s.WorkKJ)
			beats += zero(s.AvgHeartRateBPM) * *s.ElapsedTimeS
			for _, d := range []float64{50, 400} {
				whole, piece := BestEfforts(tr, []float64{d}), BestEfforts(part, []float64{d})
				if len(piece) > 0 && (len(whole) == 0 || piece[0].ElapsedTimeS < whole[0].ElapsedTimeS-1e-4) {
					r.Fatalf("a part does %v m in %v s, the whole in %v", d, piece[0].ElapsedTimeS, whole)
				}
			}
		}
		s := Compute(tr, Athlete{})
		rate := zero(s.AvgHeartRateBPM) * *s.ElapsedTimeS
		same(r, "distance", &way, some(zero(s.DistanceM)), 1)
		same(r, "moving time", &moving, some(zero(s.MovingTimeS)), 2*shortestStopS)
		same(r, "work", &work, some(zero(s.WorkKJ)), 0.6) // the second that both parts hold
		same(r, "heart beats", &beats, &rate, 2*250)
	})
}

func zero(v *float64) float64 {
	if v == nil {
		return 0
	}
	return *v
}

// A sample more between each two, on the way from one to the other, changes what
// it should: their number.
func TestTwiceAsManySamplesAreTheSameWorkout(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(r *rapid.T) {
		tr := outing(r)
		tr.Format = "fit"
		in := &tr.Samples
		fine := *tr
		fine.Samples = track.Samples{}
		out := &fine.Samples
		for i := range in.TimeMS {
			if i > 0 {
				out.TimeMS = append(out.TimeMS, (in.TimeMS[i-1]+in.TimeMS[i])/2)
				out.Lat, out.Lng = append(out.Lat, (in.Lat[i-1]+in.Lat[i])/2), append(out.Lng, in.Lng[i])
				out.ElevationM = append(out.ElevationM, (in.ElevationM[i-1]+in.ElevationM[i])/2)
				out.HeartRateBPM = append(out.HeartRateBPM, in.HeartRateBPM[i-1]) // which held until now
				out.PowerW = append(out.PowerW, in.PowerW[i-1])
			}
			out.TimeMS = append(out.TimeMS, in.TimeMS[i])
			out.Lat, out.Lng = append(out.Lat, in.Lat[i]), append(out.Lng, in.Lng[i])
			out.ElevationM = append(out.ElevationM, in.ElevationM[i])
			out.HeartRateBPM, out.PowerW = append(out.HeartRateBPM, in.HeartRateBPM[i]), append(out.PowerW, in.PowerW[i])
		}
		a, b := Compute(tr, Athlete{}), Compute(&fine, Athlete{})
		if b.Points != 2*a.Points-1 {
			r.Fatalf("%d samples became %d", a.Points, b.Points)
		}
		same(r, "distance", a.DistanceM, b.DistanceM, 0.01)
		same(r, "elapsed time", a.ElapsedTimeS, b.ElapsedTimeS, 0)
		same(r, "heart rate", a.AvgHeartRateBPM, b.AvgHeartRateBPM, 0.5) // the last sample holds half as long
		same(r, "power", a.AvgPowerW, b.AvgPowerW, 3)
		same(r, "gain", a.ElevationGainM, b.ElevationGainM, 1)
		x, y := BestEfforts(tr, []float64{100}), BestEfforts(&fine, []float64{100})
		if len(x) != len(y) {
			r.Fatalf("efforts %v and %v", x, y)
		}
		if len(x) > 0 {
			same(r, "best 100 m", &x[0].ElapsedTimeS, &y[0].ElapsedTimeS, 0.01)
		}
	})
}

func TestNoWindowIsFasterThanTheBestEffort(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(r *rapid.T) {
		tr := outing(r)
		c, _ := newCourse(tr)
		d := rapid.Float64Range(20, 2000).Draw(r, "distance")
		efforts := BestEfforts(tr, []float64{d})
		if len(efforts) == 0 {
			if c.total >= d+1 {
				r.Fatalf("no effort over %v of %v m", d, c.total)
			}
			return
		}
		best := efforts[0]
		start := rapid.Float64Range(0, c.total-d).Draw(r, "start")
		from, to := c.at(start, 0), c.at(start+d, 0)
		if took := to.of(c.s) - from.of(c.s); took < best.ElapsedTimeS-1e-6 {
			r.Fatalf("from %v m it took %v s, the best is %v", start, took, best.ElapsedTimeS)
		}
		way := c.when(best.StartS+best.ElapsedTimeS).of(c.m) - c.when(best.StartS).of(c.m)
		if math.Abs(way-d) > 1e-3 {
			r.Fatalf("in the best time %v m were done and not %v", way, d)
		}
	})
}

// TestAnythingIsComputed feeds tracks that no device makes: nothing panics, and
// what comes out is a number and in order.
func TestAnythingIsComputed(t *testing.T) {
	t.Parallel()
	odd := rapid.OneOf(rapid.Float64Range(-400, 400), rapid.SampledFrom([]float64{0, math.NaN(), math.Inf(1), -1, 1e9, 90, 180}))
	rapid.Check(t, func(r *rapid.T) {
		n := rapid.IntRange(0, 40).Draw(r, "samples")
		floats := func(name string) []float64 {
			if rapid.Bool().Draw(r, "no "+name) {
				return nil
			}
			return rapid.SliceOfN(odd, n, n).Draw(r, name)
		}
		small := func(name string) []float32 {
			var out []float32
			for _, v := range floats(name) {
				out = append(out, float32(v))
			}
			return out
		}
		tr := &track.Track{Format: rapid.SampledFrom([]string{"fit", "gpx"}).Draw(r, "format"), Sport: rapid.SampledFrom([]string{"running", "cycling"}).Draw(r, "sport")}
		in := &tr.Samples
		at := int64(0)
		for i := 0; i < n; i++ {
			in.TimeMS = append(in.TimeMS, at)
			at += rapid.SampledFrom([]int64{0, 1, 1000, 1000, 7000, 90_000, 1e9}).Draw(r, "dt")
		}
		if in.Lat = floats("lat"); in.Lat != nil {
			in.Lng = rapid.SliceOfN(odd, n, n).Draw(r, "lng")
		}
		in.DistanceM, in.SpeedMPS, in.ElevationM = floats("distance"), small("speed"), small("elevation")
		in.HeartRateBPM, in.CadenceRPM, in.PowerW, in.TemperatureC = small("hr"), small("cadence"), small("power"), small("temperature")
		in.DepthM = small("depth")
		if v := rapid.SampledFrom([]float64{0, -1, math.NaN(), 5, 1e12}).Draw(r, "total"); v != 0 {
			tr.Session = track.Totals{DistanceM: &v, TimerS: &v, ElapsedS: &v, MovingS: &v, AscentM: &v, AvgSpeedMPS: &v,
				MaxSpeedMPS: &v, AvgHeartRateBPM: &v, MaxHeartRateBPM: &v, AvgPowerW: &v, MaxPowerW: &v, NormalizedPowerW: &v, CaloriesKcal: &v}
		}
		who := Athlete{
			FTPW: some(200), MaxHeartRateBPM: some(190), RestHeartRateBPM: some(50), ThresholdHeartRateBPM: some(170),
			ThresholdSpeedMPS: some(4), WeightKG: some(70), AgeYears: some(40), Sex: Male,
		}
		a := Analyse(tr, who)
		inOrder(r, a.Stats)
		for _, p := range a.Peaks {
			if math.IsNaN(p.Value) || math.IsInf(p.Value, 0) || p.Value < 0 {
				r.Fatalf("peak %+v", p)
			}
		}
		Climbs(tr)
		Pauses(tr)
		Streams(tr).Downsample(5)
		Laps(tr)
		Splits(tr, 100)
		BestEfforts(tr, []float64{10, 100})
	})
}

func inOrder(r *rapid.T, s events.Stats) {
	for name, pair := range map[string][2]*float64{
		"timer and elapsed":      {s.TimerTimeS, s.ElapsedTimeS},
		"moving and timer":       {s.MovingTimeS, s.TimerTimeS},
		"heart rates":            {s.AvgHeartRateBPM, s.MaxHeartRateBPM},
		"cadences":               {s.AvgCadenceRPM, s.MaxCadenceRPM},
		"powers":                 {s.AvgPowerW, s.MaxPowerW},
		"elevations":             {s.ElevationMinM, s.ElevationMaxM},
		"nothing below distance": {some(0), s.DistanceM},
	} {
		if pair[0] != nil && pair[1] != nil && !(*pair[0] <= *pair[1]+1.001) {
			r.Fatalf("%s: %v > %v (%v)", name, *pair[0], *pair[1], s.Methods)
		}
	}
}
