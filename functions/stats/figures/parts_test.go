package figures

import (
	"math"
	"testing"

	"paceline/shared/track"
)

func TestSplitsAreCutBetweenSamples(t *testing.T) {
	t.Parallel()
	tr := straight(1000, 3.2) // 3,200 m; 1,000 m lie at 312.5 s
	tr.Samples.ElevationM = column(tr, func(i int) float32 { return float32(i) / 20 })
	tr.Samples.HeartRateBPM = column(tr, func(i int) float32 { return 100 + float32(i)/10 })
	splits := Splits(tr, KilometreM)
	if len(splits) != 4 {
		t.Fatalf("got %d splits, want 4", len(splits))
	}
	for i, s := range splits {
		length := 1000.0
		if i == 3 {
			length = 200
		}
		near(t, "length", &s.DistanceM, length, 0.2)
		near(t, "elapsed", &s.ElapsedTimeS, length/3.2, 0.1)
		near(t, "moving", s.MovingTimeS, length/3.2, 0.1)
		near(t, "speed", s.AvgSpeedMPS, 3.2, 0.01)
		near(t, "gain", s.ElevationGainM, length/3.2/20, 0.5)
		near(t, "heart rate", s.AvgHeartRateBPM, 100+(float64(i)*1000+length/2)/32, 0.2)
		absent(t, "power", s.AvgPowerW)
		if s.Index != i+1 {
			t.Errorf("index %d at %d", s.Index, i)
		}
	}
}

func TestSplitsOfNothing(t *testing.T) {
	t.Parallel()
	for name, length := range map[string]float64{"of no length": 0, "of half a metre": 0.5, "negative": -1, "not a number": math.NaN(), "endless": math.Inf(1)} {
		if got := Splits(straight(100, 3), length); got != nil {
			t.Errorf("%s: got %d splits", name, len(got))
		}
	}
	if got := Splits(&track.Track{}, MileM); len(got) != 0 {
		t.Errorf("of an empty track: got %d splits", len(got))
	}
	if got := Splits(straight(1000, 3), 3000.0); len(got) != 1 {
		t.Errorf("exactly one length: got %d splits", len(got))
	}
}

func TestLaps(t *testing.T) {
	t.Parallel()
	tr := straight(600, 3)
	tr.Samples.HeartRateBPM = column(tr, func(i int) float32 {
		if i < 300 {
			return 120
		}
		return 150
	})
	t.Run("a track without laps is one lap", func(t *testing.T) {
		laps := Laps(tr)
		if len(laps) != 1 || laps[0].Trigger != "session_end" {
			t.Fatalf("got %+v", laps)
		}
		near(t, "distance", laps[0].DistanceM, 1800, 1)
		near(t, "elapsed", laps[0].ElapsedTimeS, 600, 0)
		near(t, "heart rate", laps[0].AvgHeartRateBPM, 135, 0.1)
	})
	t.Run("the device's totals win and the samples fill in", func(t *testing.T) {
		with := *tr
		with.Laps = []track.Lap{
			{Span: track.Span{EndMS: 300_000}, Trigger: "manual", Totals: track.Totals{DistanceM: some(950)}},
			{Span: track.Span{StartMS: 300_000, EndMS: 600_000}, Trigger: "session_end"},
		}
		laps := Laps(&with)
		if len(laps) != 2 {
			t.Fatalf("got %d laps", len(laps))
		}
		near(t, "device's distance", laps[0].DistanceM, 950, 0)
		near(t, "distance", laps[1].DistanceM, 900, 1)
		near(t, "moving", laps[1].MovingTimeS, 300, 0.1)
		near(t, "heart rate", laps[1].AvgHeartRateBPM, 150, 0)
		near(t, "highest heart rate of the first", laps[0].MaxHeartRateBPM, 150, 0) // the sample on the line is in both
		near(t, "speed", laps[1].AvgSpeedMPS, 3, 0.01)
		if at := laps[1].StartedAt; !at.Equal(tr.StartedAt.Add(300_000_000_000)) {
			t.Errorf("second lap started at %v", at)
		}
	})
	t.Run("a lap that was not closed is there", func(t *testing.T) {
		with := *tr
		with.Laps = []track.Lap{{Span: track.Span{EndMS: 400_000}, Trigger: "distance"}}
		laps := Laps(&with)
		if len(laps) != 2 || Compute(&with, Athlete{}).Laps != 2 {
			t.Fatalf("got %d laps", len(laps))
		}
		near(t, "its distance", laps[1].DistanceM, 600, 1)
		if len(with.Laps) != 1 {
			t.Error("the track was changed")
		}
	})
}

func TestStreams(t *testing.T) {
	t.Parallel()
	tr := straight(600, 3)
	tr.Samples.HeartRateBPM = column(tr, func(i int) float32 {
		if i == 5 {
			return nan
		}
		return 120.1
	})
	s := Streams(tr)
	for name, c := range map[string][]float64{"time": s.TimeS, "lat": s.Lat, "lng": s.Lng, "distance": s.DistanceM, "speed": s.SpeedMPS, "heart rate": s.HeartRateBPM} {
		if len(c) != 601 {
			t.Errorf("%s has %d values, want 601", name, len(c))
		}
	}
	if s.PowerW != nil || s.ElevationM != nil {
		t.Error("a column that nothing says is there")
	}
	if !math.IsNaN(s.HeartRateBPM[5]) || s.HeartRateBPM[6] != 120.1 {
		t.Errorf("heart rates %v, want NaN and then 120.1", s.HeartRateBPM[5:7])
	}
	near(t, "derived distance", &s.DistanceM[600], 1800, 1)
	near(t, "derived speed", &s.SpeedMPS[300], 3, 0.01)

	small := s.Downsample(50)
	if n := len(small.TimeS); n != 50 || len(small.HeartRateBPM) != n || small.TimeS[0] != 0 || small.TimeS[n-1] != 600 {
		t.Errorf("50 of 601: got %d, from %v to %v", n, small.TimeS[0], small.TimeS[n-1])
	}
	if n := len(s.Downsample(1000).TimeS); n != 601 {
		t.Errorf("1000 of 601: got %d", n)
	}
	s.Lat[0] = 0
	if tr.Samples.Lat[0] == 0 {
		t.Error("the streams share memory with the track")
	}
}

func TestCutter(t *testing.T) {
	t.Parallel()
	spans := []track.Span{{StartMS: 10, EndMS: 20}, {StartMS: 30, EndMS: 31}, {StartMS: 50, EndMS: 90}}
	cut := cutter{spans: spans}
	for _, c := range []struct{ from, to, want int64 }{
		{0, 5, 0}, {5, 15, 5}, {15, 40, 6}, {40, 60, 10}, {60, 80, 20}, {80, 100, 10}, {100, 200, 0},
	} {
		if got := cut.overlap(c.from, c.to); got != c.want {
			t.Errorf("[%d, %d]: got %d, want %d", c.from, c.to, got, c.want)
		}
	}
}

func TestRulerIsTheEllipsoid(t *testing.T) {
	t.Parallel()
	// Arcs of the WGS 84 ellipsoid over 0.1 degrees, by its standard series.
	for _, c := range []struct{ lat1, lng1, lat2, lng2, want float64 }{
		{0, 0, 0, 0.1, 11131.949},
		{-0.05, 10, 0.05, 10, 11057.428},
		{49.95, 10, 50.05, 10, 11122.9},
		{60, 179.95, 60, -179.95, 5580.02},
	} {
		var r ruler
		if got := r.metres(c.lat1, c.lng1, c.lat2, c.lng2); math.Abs(got-c.want) > 0.2 {
			t.Errorf("from %v %v to %v %v: got %.3f, want %.3f", c.lat1, c.lng1, c.lat2, c.lng2, got, c.want)
		}
	}
	var r ruler
	if got := r.metres(52.5, 13.4, 48.9, 2.35); math.Abs(got-877_000) > 4000 {
		t.Errorf("Berlin to Paris: %.0f m", got)
	}
}
