package figures

import (
	"fmt"
	"math"
	"testing"

	"pgregory.net/rapid"

	"paceline/shared/track"
)

// find is the peak of a kind over a length.
func find(t *testing.T, peaks []Peak, kind PeakKind, over float64) Peak {
	t.Helper()
	for _, p := range peaks {
		if p.Kind == kind && p.Over == over {
			return p
		}
	}
	t.Fatalf("no peak by %s over %v in %+v", kind, over, peaks)
	return Peak{}
}

func doubts(peaks []Peak) map[string]bool {
	out := map[string]bool{}
	for _, p := range peaks {
		out[p.Doubt] = true
	}
	return out
}

// The windows that blocks are passed over for are those that trying all finds.
func TestWindowsAreTheExtremeOnes(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(r *rapid.T) {
		n := rapid.IntRange(2, 400).Draw(r, "points")
		var l line
		x, y := 0.0, 0.0
		for range n {
			l.x, l.y = append(l.x, x), append(l.y, y)
			x += float64(rapid.IntRange(0, 3).Draw(r, "dx"))
			y += rapid.Float64Range(0, 9).Draw(r, "dy")
		}
		d := rapid.Float64Range(0.5, max(1, 1.1*x)).Draw(r, "d")
		most, ok := l.most(d)
		least, ok2 := l.least(d)
		slowMost, slowLeast, slowOK := everyWindow(l, d)
		if ok != slowOK || ok2 != slowOK {
			r.Fatalf("found %v and %v, want %v", ok, ok2, slowOK)
		}
		if ok && (math.Abs(most.growth-slowMost) > 1e-6 || math.Abs(least.growth-slowLeast) > 1e-6) {
			r.Fatalf("most %v and least %v, want %v and %v", most.growth, least.growth, slowMost, slowLeast)
		}
	})
}

// A grid finds what the line does.
func TestGridIsTheLine(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(r *rapid.T) {
		n := rapid.IntRange(2, 300).Draw(r, "points")
		var l line
		x, y := float64(rapid.IntRange(0, 5).Draw(r, "start")), 0.0
		for range n {
			l.x, l.y = append(l.x, x), append(l.y, y)
			x += float64(rapid.IntRange(1, 4).Draw(r, "dx"))
			y += rapid.SampledFrom([]float64{0, 0, 1, 2.5, 9}).Draw(r, "dy")
		}
		g, ok := newGrid(l)
		if !ok {
			r.Fatal("no grid")
		}
		d := float64(rapid.IntRange(1, int(x)).Draw(r, "seconds"))
		same := func(what string, a, b window, okA, okB bool) {
			if okA != okB || (okA && math.Abs(a.growth-b.growth) > 1e-6) {
				r.Fatalf("%s: %+v %v and %+v %v", what, a, okA, b, okB)
			}
		}
		a, okA := g.most(d)
		b, okB := l.most(d)
		same("most", a, b, okA, okB)
		m := rapid.Float64Range(0.1, max(0.2, 1.1*y)).Draw(r, "metres")
		a, okA = g.least(m)
		b, okB = line{l.y, l.x}.least(m)
		same("least", a, b, okA, okB)
	})
}

// everyWindow tries each window that begins or ends at a point.
func everyWindow(l line, d float64) (most, least float64, ok bool) {
	n := len(l.x)
	most, least = math.Inf(-1), math.Inf(1)
	see := func(v float64) { most, least, ok = max(most, v), min(least, v), true }
	for i := range n {
		if e := l.from(0, l.x[i]+d, 1); e < n {
			see(l.at(e, l.x[i]+d) - l.y[i])
		}
		if l.x[i]-d >= l.x[0] {
			see(l.y[i] - l.at(l.from(0, l.x[i]-d, 1), l.x[i]-d))
		}
	}
	return most, least, ok
}

func TestPeaksOfARun(t *testing.T) {
	t.Parallel()
	tr := straight(3600, 3)
	tr.Samples.Lat, tr.Samples.Lng = nil, nil
	walkNorth(tr, func(i int) float64 {
		if i > 1000 && i <= 1300 {
			return 5
		}
		return 3
	})
	a := Analyse(tr, Athlete{})
	if p := find(t, a.Peaks, ByDistance, 1000); math.Abs(p.Value-200) > 0.2 || p.Doubt != "" || p.StartS < 999 {
		t.Errorf("the kilometre: %+v", p)
	}
	if p := find(t, a.Peaks, ByTime, 300); math.Abs(p.Value-1500) > 1 || math.Abs(p.StartS-1000) > 1 {
		t.Errorf("five minutes: %+v", p)
	}
	if p := find(t, a.Peaks, ByTime, 3600); math.Abs(p.Value-11_400) > 1 {
		t.Errorf("the hour: %+v", p)
	}
	for _, p := range a.Peaks {
		if p.Kind == ByPower || (p.Kind == ByDistance && p.Over > 11_400) {
			t.Errorf("a peak that the track does not hold: %+v", p)
		}
	}
}

func TestPowerCurve(t *testing.T) {
	t.Parallel()
	tr := straight(3599, 8)
	tr.Sport = "cycling"
	tr.Samples.PowerW = column(tr, func(i int) float32 {
		if i >= 600 && i < 660 {
			return 500
		}
		return 200
	})
	a := Analyse(tr, Athlete{})
	for over, want := range map[float64]float64{1: 500, 60: 500, 120: 350, 3600: 205} {
		if p := find(t, a.Peaks, ByPower, over); math.Abs(p.Value-want) > 0.01 {
			t.Errorf("%v s: %v W, want %v", over, p.Value, want)
		}
	}
	tr.Format, tr.Pauses = "fit", []track.Span{{StartMS: 630_000, EndMS: 640_000}}
	if p := find(t, Analyse(tr, Athlete{}).Peaks, ByPower, 60); math.Abs(p.Value-50*500.0/60) > 0.01 {
		t.Errorf("a minute with 10 s of pause in it: %v W, want 50 s of 500 W over 60 s", p.Value)
	}
}

func TestWhatNobodyCanDoMakesNoRecord(t *testing.T) {
	t.Parallel()
	bike := straight(1800, 8) // 8 m/s for half an hour, as a run
	a := Analyse(bike, Athlete{})
	if d := doubts(a.Peaks); len(d) != 1 || !d[doubtSpeed] {
		t.Errorf("a bicycle as a run: %v", d)
	}
	if fmt.Sprint(a.Stats.Doubts) != "[too_fast_for_sport]" {
		t.Errorf("doubts of the workout: %v", a.Stats.Doubts)
	}
	bike.Sport = "cycling"
	if a := Analyse(bike, Athlete{}); len(a.Stats.Doubts) != 0 || doubts(a.Peaks)[doubtSpeed] {
		t.Errorf("the same as a ride: %v", a.Stats.Doubts)
	}

	bike.SubSport = "e_bike_fitness"
	bike.Samples.PowerW = column(bike, func(int) float32 { return 200 })
	for _, p := range Analyse(bike, Athlete{}).Peaks {
		if (p.Kind == ByPower) != (p.Doubt == "") {
			t.Errorf("with a motor: %+v", p)
		}
	}

	// 1.2 km by bicycle in the middle of a jog: the workout is not a run, and no
	// length of it is a record.
	ride := straight(3600, 3)
	ride.Samples.Lat, ride.Samples.Lng = nil, nil
	walkNorth(ride, func(i int) float64 {
		if i > 1000 && i <= 1150 {
			return 8
		}
		return 3
	})
	if d := doubts(Analyse(ride, Athlete{}).Peaks); len(d) != 1 || !d[doubtSpeed] {
		t.Errorf("a jog with a ride in it: %v", d)
	}

	// A counter that finds its place again after 300 s in a tunnel.
	tunnel := straight(1200, 3)
	tunnel.Samples.Lat, tunnel.Samples.Lng, tunnel.Format = nil, nil, "fit"
	for i := range tunnel.Samples.TimeMS {
		m := float64(3 * i)
		if i > 300 && i < 600 {
			m = 900
		}
		tunnel.Samples.DistanceM = append(tunnel.Samples.DistanceM, m)
	}
	a = Analyse(tunnel, Athlete{})
	if p := find(t, a.Peaks, ByDistance, 400); math.Abs(p.Value-400.0/3) > 0.5 {
		t.Errorf("400 m with a leap of 900 m in the track: %+v", p)
	}
	if fmt.Sprint(a.Stats.Doubts) != "[gps_leap]" {
		t.Errorf("doubts: %v", a.Stats.Doubts)
	}

	// 300 m at 11 m/s within a jog: no sprint, and the rest still counts.
	burst := straight(3600, 3)
	burst.Samples.Lat, burst.Samples.Lng = nil, nil
	walkNorth(burst, func(i int) float64 {
		if i > 1000 && i <= 1040 {
			return 11
		}
		return 3
	})
	a = Analyse(burst, Athlete{})
	if p := find(t, a.Peaks, ByDistance, 400); p.Doubt != doubtSpeed {
		t.Errorf("400 m in %v s counts", p.Value)
	}
	if p := find(t, a.Peaks, ByDistance, 5000); p.Doubt != "" {
		t.Errorf("5 km in %v s: %s", p.Value, p.Doubt)
	}
}

func TestTimeInZones(t *testing.T) {
	t.Parallel()
	tr := straight(600, 3)
	tr.Format = "fit"
	for i := range tr.Samples.TimeMS { // ten minutes with the recorder off
		if i > 300 {
			tr.Samples.TimeMS[i] += 600_000
		}
	}
	tr.Samples.HeartRateBPM = column(tr, func(i int) float32 {
		if i < 100 {
			return 120
		}
		return 165
	})
	who := Athlete{MaxHeartRateBPM: some(200), ThresholdHeartRateBPM: some(170), HeartRateZonesBPM: nil}
	zones := Analyse(tr, who).Zones
	if len(zones) != 1 || zones[0].Method != "threshold" || fmt.Sprint(zones[0].FromAt) != "[115.6 141.1 159.8 178.5]" {
		t.Fatalf("zones %+v", zones)
	}
	// 100 s of 120, 501 of 165; the gap counts as one second.
	if fmt.Sprint(zones[0].TimeS) != "[0 100 0 501 0]" {
		t.Errorf("time in zones %v", zones[0].TimeS)
	}
	who.ThresholdHeartRateBPM = nil
	if z := Analyse(tr, who).Zones[0]; z.Method != "max" || fmt.Sprint(z.TimeS) != "[0 100 0 501 0]" {
		t.Errorf("by the highest rate: %+v", z)
	}
	who.HeartRateZonesBPM, who.ThresholdSpeedMPS = []float64{130, 166}, some(3.1)
	zones = Analyse(tr, who).Zones
	if len(zones) != 2 || zones[0].Method != "custom" || fmt.Sprint(zones[0].TimeS) != "[100 501 0]" {
		t.Errorf("own zones: %+v", zones)
	}
	tr.Sport = "cycling"
	if zones = Analyse(tr, who).Zones; len(zones) != 1 {
		t.Errorf("a ride has no pace: %+v", zones)
	}
}

func TestPowerZonesOfAnHour(t *testing.T) {
	t.Parallel()
	tr := straight(3599, 8)
	tr.Sport = "cycling"
	tr.Samples.PowerW = column(tr, func(i int) float32 { return float32(i / 360 * 50) }) // 0, 50, …, 450 W
	z := Analyse(tr, Athlete{FTPW: some(250)}).Zones
	if len(z) != 1 || z[0].Method != "ftp" || fmt.Sprint(z[0].TimeS) != "[1080 360 360 360 0 720 720]" {
		t.Errorf("zones %+v", z)
	}
}

func TestPowerZonesHoldAValueUntilTheNext(t *testing.T) {
	t.Parallel()
	tr := straight(0, 0)
	tr.Sport, tr.Format = "cycling", "fit"
	tr.Samples.Lat, tr.Samples.Lng = nil, nil
	tr.Samples.TimeMS = []int64{0, 4000, 9000, 10_000, 1_000_000, 1_001_000} // smart recording, and a gap
	tr.Samples.PowerW = []float32{100, 300, 100, 300, 100, 100}
	z := Analyse(tr, Athlete{PowerZonesW: []float64{200}}).Zones
	if len(z) != 1 || fmt.Sprint(z[0].TimeS) != "[7 9]" {
		t.Errorf("zones %+v, want 4+1+1+1 s below 200 W, and above 5 s and the gap as one usual interval of 4 s", z)
	}
}

func TestEnergyNamesItsMethod(t *testing.T) {
	t.Parallel()
	tr := straight(3600, 3)
	tr.Samples.HeartRateBPM = column(tr, func(int) float32 { return 150 })
	who := Athlete{WeightKG: some(60), AgeYears: some(40), Sex: Female}
	s := Compute(tr, who)
	// (-20.4022 + 0.4472·150 - 0.1263·60 + 0.074·40) / 4.184 a minute
	near(t, "a woman of 60 kg", s.CaloriesKcal, 60*(-20.4022+67.08-7.578+2.96)/4.184, 0.5)
	who.WeightKG = some(70)
	if heavier := Compute(tr, who); *heavier.CaloriesKcal >= *s.CaloriesKcal {
		t.Error("Keytel's line of women falls with the weight")
	}
	who.Sex = Male
	near(t, "a man of 70 kg", Compute(tr, who).CaloriesKcal, 60*(-55.0969+94.635+13.916+8.068)/4.184, 0.5)
	who.Sex = ""
	if s := Compute(tr, who); s.Methods["calories_kcal"] != "running_1kcal_kg_km" {
		t.Errorf("without a sex: %s", s.Methods["calories_kcal"])
	}
	tr.Sport, tr.Format, tr.Pauses = "hiking", "fit", []track.Span{{StartMS: 600_000, EndMS: 2_400_000}}
	s = Compute(tr, who)
	if s.Methods["calories_kcal"] != "met" {
		t.Errorf("a hike: %s", s.Methods["calories_kcal"])
	}
	near(t, "half an hour of hiking, not the break", s.CaloriesKcal, 6*70*0.5, 2)
	tr.Session.CaloriesKcal = some(777)
	if s := Compute(tr, who); *s.CaloriesKcal != 777 || s.Methods["calories_kcal"] != "device" {
		t.Errorf("the device's: %v by %s", *s.CaloriesKcal, s.Methods["calories_kcal"])
	}
}

func TestWomenHaveAnExponentOfTheirOwn(t *testing.T) {
	t.Parallel()
	tr := straight(3599, 3)
	tr.Samples.HeartRateBPM = column(tr, func(int) float32 { return 125 }) // half of the reserve
	who := Athlete{MaxHeartRateBPM: some(200), RestHeartRateBPM: some(50)}
	near(t, "unknown", Compute(tr, who).TRIMP, 60*0.5*0.64*math.Exp(0.96), 0.01)
	who.Sex = Female
	near(t, "women", Compute(tr, who).TRIMP, 60*0.5*0.64*math.Exp(0.835), 0.01)
	who.FTPW, who.ThresholdHeartRateBPM = some(200), some(170)
	if s := Compute(tr, who); s.LoadMethod != "hrtss" || s.TRIMP == nil {
		t.Errorf("method %s, TRIMP %v: the impulse stays beside the load", s.LoadMethod, s.TRIMP)
	}
}

func TestDecoupling(t *testing.T) {
	t.Parallel()
	tr := straight(3600, 8)
	tr.Sport = "cycling"
	tr.Samples.PowerW = column(tr, func(int) float32 { return 200 })
	tr.Samples.HeartRateBPM = column(tr, func(i int) float32 {
		if i < 1800 {
			return 140
		}
		return 154 // a tenth more
	})
	s := Compute(tr, Athlete{})
	near(t, "decoupling", s.DecouplingPct, 100*(1-140.0/154), 0.1)
	near(t, "efficiency", s.EfficiencyFactor, 200.0/147, 0.001)
	near(t, "variability", s.VariabilityIndex, 1, 0.001)
	near(t, "work of 3601 samples of a second", s.WorkKJ, 720.2, 0.001)
	short := straight(1000, 8)
	short.Sport, short.Samples.PowerW, short.Samples.HeartRateBPM = "cycling", tr.Samples.PowerW[:1001], tr.Samples.HeartRateBPM[:1001]
	absent(t, "decoupling of 17 minutes", Compute(short, Athlete{}).DecouplingPct)
}

func TestGradeAdjustedPace(t *testing.T) {
	t.Parallel()
	for slope, want := range map[float64]float64{0: 3, 0.1: 3 * minetti(0.1), -0.1: 3 * minetti(-0.1)} {
		tr := straight(1200, 3)
		tr.Barometric = true
		tr.Samples.ElevationM = column(tr, func(i int) float32 { return float32(500 + slope*3*float64(i)) })
		near(t, fmt.Sprint(slope), Compute(tr, Athlete{}).GradeAdjustedSpeedMPS, want, 0.03)
	}
	// By hand: 155.4e-5 - 30.4e-4 - 43.3e-3 + 0.463 + 1.95 + 3.6 = 5.968 over 3.6.
	if f := minetti(0.1); math.Abs(f-1.6579) > 0.001 {
		t.Errorf("10 %% uphill costs %v", f)
	}
	if minetti(-0.2) > minetti(-0.1) || minetti(-0.4) < minetti(-0.2) || minetti(9) != minetti(0.45) {
		t.Error("the aid of a descent peaks near -20 %, and slopes end at 45 %")
	}
}

func TestClimbs(t *testing.T) {
	t.Parallel()
	tr := straight(4000, 5) // 20 km
	tr.Sport, tr.Barometric = "cycling", true
	tr.Samples.ElevationM = column(tr, func(i int) float32 {
		m := float64(i) * 5
		switch {
		case m < 2000:
			return 100
		case m < 6000: // 4 km at 5 %
			return float32(100 + (m-2000)*0.05)
		case m < 6100: // a rest of 100 m
			return 300
		case m < 7100: // a kilometre more
			return float32(300 + (m-6100)*0.05)
		case m < 12_000:
			return float32(350 - (m-7100)*0.05)
		}
		return 105
	})
	c := Climbs(tr)
	if len(c) != 1 {
		t.Fatalf("climbs %+v, want one", c)
	}
	near(t, "length", &c[0].LengthM, 5100, 60)
	near(t, "gain", &c[0].GainM, 250, 2)
	near(t, "start", &c[0].StartM, 2000, 40)
	if c[0].Category != "3" {
		t.Errorf("category %q of 5.1 km at 4.9 %%", c[0].Category)
	}
	tr.Samples.ElevationM = column(tr, func(i int) float32 { return 100 + 4*float32(math.Sin(float64(i)/3)) })
	tr.Barometric = false
	if c := Climbs(tr); len(c) != 0 {
		t.Errorf("noise is climbed: %+v", c)
	}
}

func TestPoolSwim(t *testing.T) {
	t.Parallel()
	tr := &track.Track{Format: "fit", Sport: "swimming", SubSport: "lap_swimming", PoolLengthM: some(25)}
	at := int64(0)
	for i := range 20 {
		seconds := int64(25)
		if i >= 8 && i < 12 {
			seconds = 20 // a fast hundred
		}
		l := track.Length{Span: track.Span{StartMS: at, EndMS: at + seconds*1000}, Active: true, Stroke: "freestyle", Strokes: some(15)}
		tr.Lengths = append(tr.Lengths, l)
		at += seconds * 1000
		if i%8 == 7 { // a rest at the wall
			tr.Lengths = append(tr.Lengths, track.Length{Span: track.Span{StartMS: at, EndMS: at + 30_000}})
			at += 30_000
		}
	}
	for ms := int64(0); ms <= at; ms += 1000 {
		tr.Samples.TimeMS = append(tr.Samples.TimeMS, ms)
	}
	tr.Session.DistanceM = some(500)
	a := Analyse(tr, Athlete{})
	if p := find(t, a.Peaks, ByDistance, 100); p.Value != 80 {
		t.Errorf("the fast hundred: %+v", p)
	}
	if p := find(t, a.Peaks, ByDistance, 400); p.Value != 4*20+12*25+30 {
		t.Errorf("400 m with its rest: %+v", p)
	}
	near(t, "SWOLF", a.Stats.AvgSWOLF, (16*40+4*35)/20.0, 0.001)
	if *a.Stats.Lengths != 20 || len(PoolLengths(tr)) != 22 {
		t.Errorf("%d lengths swum of %d", *a.Stats.Lengths, len(PoolLengths(tr)))
	}
}

func TestPoolSwimWithoutLengths(t *testing.T) {
	t.Parallel()
	tr := &track.Track{Format: "fit", Sport: "swimming"}
	for s := int64(0); s <= 600; s++ { // 50 m a minute, seen at the wall
		tr.Samples.TimeMS, tr.Samples.DistanceM = append(tr.Samples.TimeMS, s*1000), append(tr.Samples.DistanceM, float64(s/60*50))
	}
	a := Analyse(tr, Athlete{})
	if p := find(t, a.Peaks, ByDistance, 100); math.Abs(p.Value-120) > 0.1 || len(a.Stats.Doubts) != 0 {
		t.Errorf("100 m: %+v, doubts %v", p, a.Stats.Doubts)
	}
}

func TestPauses(t *testing.T) {
	t.Parallel()
	tr := straight(600, 3)
	tr.Format, tr.Pauses = "fit", []track.Span{{StartMS: 100_000, EndMS: 160_000}}
	if p := Pauses(tr); len(p) != 1 || p[0] != (Pause{100, 60}) {
		t.Errorf("pauses %+v", p)
	}
	near(t, "paused", Compute(tr, Athlete{}).PausedTimeS, 60, 0)
}

// A track seen backwards has the same efforts; cut shorter, none that is better.
func TestPeaksFollowTheTrack(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(r *rapid.T) {
		tr := outing(r)
		tr.Sport = "cycling"
		a := Analyse(tr, Athlete{})
		cut := rapid.IntRange(2, tr.Samples.Len()).Draw(r, "cut")
		part := *tr
		part.Samples = track.Samples{
			TimeMS: tr.Samples.TimeMS[:cut], Lat: tr.Samples.Lat[:cut], Lng: tr.Samples.Lng[:cut], PowerW: tr.Samples.PowerW[:cut],
		}
		whole := map[string]float64{}
		for _, p := range a.Peaks {
			whole[fmt.Sprint(p.Kind, p.Over, p.Name)] = p.Value
		}
		for _, p := range Analyse(&part, Athlete{}).Peaks {
			if v, ok := whole[fmt.Sprint(p.Kind, p.Over, p.Name)]; p.Kind != ByTotal && (!ok || (p.Better(p.Value, v) && math.Abs(p.Value-v) > 1)) {
				r.Fatalf("a part has %+v, the whole %v", p, v)
			}
		}
	})
}
