package figures

import (
	"math"
	"testing"

	"paceline/shared/track"
)

// The errors that other systems make with these figures, each as a case. Those
// that are not here are held elsewhere: sums of a period as the mean of means, weeks
// by a year of their own and load as a plain mean in functions/stats
// (TestTheSpeedOfAPeriodIsNoMeanOfMeans, TestPeriodsOfADay, TestFormByBothConventions);
// energy over breaks and Keytel's sign of women (TestEnergyNamesItsMethod), a
// highest heart rate of 220 less the age (TestNoHeartRateFollowsFromAnAge), load
// without heart or power (TestHeartLoad), costs of splits by their number
// (BenchmarkSplits) beside this file; a line through a hidden place in
// functions/stats (TestAMaskedTrackHasGapsAndNoLeaps, TestManyTracksDoNotGiveTheDoorAway);
// one file of two people in functions/upload (TestTheSameBytesAreTheSameWorkout).

func TestNormalizedPowerHasTheWindow(t *testing.T) {
	t.Parallel()
	tr := straight(3599, 8)
	tr.Samples.PowerW = column(tr, func(i int) float32 { return float32(i%2) * 400 }) // 0, 400, 0, 400
	s := Compute(tr, Athlete{})
	// Over 30 s it is an even 200 W; without the window it would be (400^4/2)^¼ = 336 W.
	near(t, "normalised power", s.NormalizedPowerW, 200, 0.01)
}

func TestNormalizedPowerOfSmartRecordingAndGaps(t *testing.T) {
	t.Parallel()
	even, smart := straight(1800, 8), straight(1800, 8)
	watts := func(s int64) float32 { return 150 + 100*float32(s/60%2) }
	even.Samples.PowerW = column(even, func(i int) float32 { return watts(int64(i)) })
	var ms []int64
	for s := int64(0); s <= 1800; s++ {
		if s%60%7 == 0 || s%60 > 57 { // every 7 s and around the change
			ms = append(ms, s*1000)
		}
	}
	smart.Format, smart.Samples.TimeMS, smart.Samples.Lat, smart.Samples.Lng = "fit", ms, nil, nil
	smart.Samples.PowerW = column(smart, func(i int) float32 { return watts(ms[i] / 1000) })
	want := *Compute(even, Athlete{}).NormalizedPowerW
	near(t, "smart recording", Compute(smart, Athlete{}).NormalizedPowerW, want, 0.5)

	for i := range even.Samples.TimeMS { // an hour with the recorder off
		if i > 900 {
			even.Samples.TimeMS[i] += 3_600_000
		}
	}
	even.Samples.Lat, even.Samples.Lng, even.Format = nil, nil, "fit"
	near(t, "with a gap", Compute(even, Athlete{}).NormalizedPowerW, want, 0.5)
}

func TestSlowClimbIsNotLost(t *testing.T) {
	t.Parallel()
	tr := straight(600, 3)
	tr.Samples.ElevationM = column(tr, func(i int) float32 { return 100 + 0.09*float32(i) }) // 3 %
	s := Compute(tr, Athlete{})
	near(t, "gain at 0.09 m a sample", s.ElevationGainM, 54, 0.7)
	near(t, "loss", s.ElevationLossM, 0, 0)
}

func TestNoiseIsNotClimbed(t *testing.T) {
	t.Parallel()
	tr := straight(3600, 3)
	tr.Samples.ElevationM = column(tr, func(i int) float32 { return 100 + 4*float32(math.Sin(float64(i)/3)) })
	s := Compute(tr, Athlete{})
	near(t, "gain of a flat run under GPS noise", s.ElevationGainM, 0, 0)
	near(t, "loss", s.ElevationLossM, 0, 0)
	tr.Barometric = true
	if s := Compute(tr, Athlete{}); s.Methods["elevation_gain_m"] != "hysteresis_3m" {
		t.Errorf("method with a barometer: %s", s.Methods["elevation_gain_m"])
	}
}

func TestElevationSpikeIsNoSummit(t *testing.T) {
	t.Parallel()
	tr := straight(600, 3)
	tr.Samples.ElevationM = column(tr, func(i int) float32 {
		if i == 300 {
			return 2500
		}
		return 120
	})
	s := Compute(tr, Athlete{})
	near(t, "highest", s.ElevationMaxM, 120, 0)
	near(t, "gain", s.ElevationGainM, 0, 0)
}

func TestSpikeIsNeitherWayNorRecord(t *testing.T) {
	t.Parallel()
	for name, degrees := range map[string]float64{
		"of 20 m, which a runner could just reach": 20.0 / 111_000,
		"of 500 m":         500.0 / 111_000,
		"to another town":  1,
		"to Null Island":   -52.4,
		"off the globe":    80,
		"without a number": math.NaN(),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tr := straight(600, 3)
			tr.Samples.Lat[300] += degrees
			s := Compute(tr, Athlete{})
			near(t, "distance", s.DistanceM, 1800, 7)
			near(t, "top speed", s.MaxSpeedMPS, 3, 0.05)
			efforts := BestEfforts(tr, []float64{400})
			if len(efforts) != 1 || math.Abs(efforts[0].ElapsedTimeS-400.0/3) > 0.7 {
				t.Errorf("best 400 m: %+v, want %.1f s", efforts, 400.0/3)
			}
		})
	}
}

func TestRelocationIsNotTravelled(t *testing.T) {
	t.Parallel()
	tr := straight(600, 3)
	for i := 300; i <= 600; i++ {
		tr.Samples.Lat[i] += 0.5 // 55 km in a second, and on from there
	}
	s := Compute(tr, Athlete{})
	near(t, "distance", s.DistanceM, 1800, 12)
	near(t, "top speed", s.MaxSpeedMPS, 3, 0.05)
}

func TestSlowWalkIsMovingForAHikerAndNotForARunner(t *testing.T) {
	t.Parallel()
	for sport, want := range map[string]float64{"hiking": 600, "running": 0} {
		tr := straight(600, 0.6)
		tr.Sport = sport
		near(t, sport, Compute(tr, Athlete{}).MovingTimeS, want, 3)
	}
	tr := straight(600, 0.6)
	tr.SubSport = "trail"
	near(t, "on a trail", Compute(tr, Athlete{}).MovingTimeS, 600, 3)
}

func TestBestEffortIsNotTheScaledWhole(t *testing.T) {
	t.Parallel()
	tr := straight(3600, 3)
	tr.Samples.Lat, tr.Samples.Lng = nil, nil
	walkNorth(tr, func(i int) float64 { // a fast kilometre in the middle
		if i > 1000 && i <= 1200 {
			return 5
		}
		return 3
	})
	efforts := BestEfforts(tr, []float64{1000, 42_195})
	if len(efforts) != 1 {
		t.Fatalf("got %+v, want the kilometre and no marathon", efforts)
	}
	near(t, "fastest kilometre", &efforts[0].ElapsedTimeS, 200, 0.1)
	near(t, "where it starts", &efforts[0].StartS, 1000, 0.1)
}

func TestLapDistanceThatJitters(t *testing.T) {
	t.Parallel()
	tr := straight(0, 0)
	tr.Samples = track.Samples{
		TimeMS:    []int64{0, 1000, 2000, 3000, 4000, 5000, 6000},
		DistanceM: []float64{0, 10, 8, 20, math.NaN(), 19, 30},
	}
	tr.Sport = "cycling"
	near(t, "a corrected counter", Compute(tr, Athlete{}).DistanceM, 30, 0)
	tr.Samples.DistanceM = []float64{0, 10, 20, 0, 10, 20, 30}
	near(t, "a counter that was reset", Compute(tr, Athlete{}).DistanceM, 50, 0)
}

func TestWhatIsRecordedInAPauseDoesNotCount(t *testing.T) {
	t.Parallel()
	tr := straight(600, 3)
	tr.Format, tr.Pauses = "fit", []track.Span{{StartMS: 200_000, EndMS: 400_000}}
	tr.Samples.HeartRateBPM = column(tr, func(i int) float32 {
		if i >= 200 && i < 400 {
			return 80
		}
		return 150
	})
	s := Compute(tr, Athlete{})
	near(t, "heart rate", s.AvgHeartRateBPM, 150, 0.01)
	near(t, "moving", s.MovingTimeS, 400, 1)
}

func TestCadenceDoesNotHoldOverCoasting(t *testing.T) {
	t.Parallel()
	tr := straight(100, 8)
	tr.Samples.CadenceRPM = column(tr, func(i int) float32 {
		switch {
		case i == 10:
			return 60
		case i == 40:
			return 100
		}
		return 0
	})
	near(t, "cadence", Compute(tr, Athlete{}).AvgCadenceRPM, 80, 0.01)
}

func TestLoneSpeedSpikeOfTheDeviceIsNoRecord(t *testing.T) {
	t.Parallel()
	tr := straight(100, 3)
	tr.Samples.SpeedMPS = column(tr, func(i int) float32 {
		if i == 50 {
			return 9
		}
		return 3 + float32(i%2)/10
	})
	near(t, "top speed", Compute(tr, Athlete{}).MaxSpeedMPS, 3.1, 0.001)
}
