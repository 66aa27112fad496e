package fit_test

import (
	"slices"
	"testing"
	"time"

	"paceline/functions/upload/fit/fittest"
	"paceline/shared/track"
)

// records writes records of a heart rate and a distance in metres.
func records(w *fittest.Wire, rows ...[3]uint32) *fittest.Wire {
	w.Define(1, 20, stamp, f{3, 1, fittest.Uint8}, f{5, 4, fittest.Uint32})
	for _, r := range rows {
		w.Data(1, r[0], uint8(r[1]), r[2]*100)
	}
	return w
}

// sessionMessage writes a session of a start, and elapsed and timer time in s.
func sessionMessage(w *fittest.Wire, begin, elapsed, timer uint32) *fittest.Wire {
	return w.Define(4, 18, f{2, 4, fittest.Uint32}, f{7, 4, fittest.Uint32}, f{8, 4, fittest.Uint32}, f{5, 1, fittest.Enum}).
		Data(4, begin, elapsed*1000, timer*1000, uint8(1))
}

func TestRecordsOutOfOrderAreSorted(t *testing.T) {
	t.Parallel()
	x := one(t, records(fittest.NewWire().Activity(),
		[3]uint32{now, 100, 0}, [3]uint32{now + 3, 103, 9}, [3]uint32{now + 1, 101, 3}, [3]uint32{now + 2, 102, 6}).File())
	if !same(x.Samples.HeartRateBPM, []float32{100, 101, 102, 103}) || !slices.Contains(x.Warnings, "records_reordered") {
		t.Errorf("heart rate %v, warnings %v", x.Samples.HeartRateBPM, x.Warnings)
	}
}

func TestRecordsOfOneSecondShareWhatTheySay(t *testing.T) {
	t.Parallel()
	x := one(t, fittest.NewWire().Activity().
		Define(1, 20, stamp, f{3, 1, fittest.Uint8}).Define(2, 20, stamp, f{5, 4, fittest.Uint32}).
		Data(1, now, uint8(100)).Data(2, now, uint32(500)).Data(1, now+1, uint8(101)).File())
	s := x.Samples
	if s.Len() != 3 || s.TimeMS[1] != 0 || s.HeartRateBPM[1] != 100 || s.DistanceM[0] != 5 || len(x.Warnings) != 1 {
		t.Errorf("times %v, heart rate %v, distance %v, warnings %v", s.TimeMS, s.HeartRateBPM, s.DistanceM, x.Warnings)
	}
}

func TestSeveralMeasurementsASecondAreSpread(t *testing.T) {
	t.Parallel()
	x := one(t, records(fittest.NewWire().Activity(),
		[3]uint32{now, 100, 0}, [3]uint32{now, 100, 1}, [3]uint32{now, 100, 2}, [3]uint32{now, 100, 3}, [3]uint32{now + 1, 100, 4}).File())
	if want := []int64{0, 250, 500, 750, 1000}; !slices.Equal(x.Samples.TimeMS, want) {
		t.Errorf("times %v, want %v", x.Samples.TimeMS, want)
	}
}

func TestRecordsWithoutATime(t *testing.T) {
	t.Parallel()
	lost := uint32(0xFFFFFFFF)
	x := one(t, records(fittest.NewWire().Activity(), [3]uint32{now, 100, 0}, [3]uint32{lost, 90, 1}, [3]uint32{now + 1, 101, 2}).File())
	if !same(x.Samples.HeartRateBPM, []float32{100, 101}) {
		t.Errorf("heart rate %v", x.Samples.HeartRateBPM)
	}
	swim := records(fittest.NewWire().Activity(), [3]uint32{lost, 100, 25}, [3]uint32{lost, 101, 50}).
		Define(2, 101, f{2, 4, fittest.Uint32}, f{3, 4, fittest.Uint32}).
		Data(2, now, uint32(30_000)).Data(2, now+40, uint32(31_000))
	x = one(t, sessionMessage(swim, now, 71, 61).File())
	if want := []int64{30_000, 71_000}; !slices.Equal(x.Samples.TimeMS, want) {
		t.Errorf("a swim: times %v, want %v", x.Samples.TimeMS, want)
	}
}

func TestTimesSincePowerOn(t *testing.T) {
	t.Parallel()
	rows := [][3]uint32{{1000, 100, 0}, {1001, 101, 3}}
	correlated := records(fittest.NewWire().Activity().
		Define(5, 162, stamp, f{1, 4, fittest.Uint32}).Data(5, now, uint32(900)), rows...)
	local := records(fittest.NewWire().Activity().
		Define(5, 34, stamp, f{5, 4, fittest.Uint32}).Data(5, uint32(900), now), rows...)
	for name, w := range map[string]*fittest.Wire{"a timestamp correlation": correlated, "a local time": local} {
		x := one(t, w.File())
		if !x.StartedAt.Equal(start.Add(100*time.Second)) || !slices.Contains(x.Warnings, "system_time") || x.UTCOffset != nil {
			t.Errorf("%s: %v, %v, %v", name, x.StartedAt, x.Warnings, x.UTCOffset)
		}
	}
}

func TestAClockThatJumpsIsSetBack(t *testing.T) {
	t.Parallel()
	day := uint32(86400)
	recorded := func() *fittest.Wire {
		return records(fittest.NewWire().Activity(),
			[3]uint32{now, 100, 0}, [3]uint32{now + 10, 101, 30}, [3]uint32{now + 20*day, 102, 33}, [3]uint32{now + 20*day + 9, 103, 60}).
			Define(2, 19, f{2, 4, fittest.Uint32}, f{7, 4, fittest.Uint32}).Data(2, now+20*day, uint32(9000))
	}
	x := one(t, sessionMessage(recorded(), now, 20, 20).File())
	if want := []int64{0, 10_000, 11_000, 20_000}; !slices.Equal(x.Samples.TimeMS, want) || x.Laps[0].StartMS != 11_000 {
		t.Errorf("times %v, want %v; lap %+v", x.Samples.TimeMS, want, x.Laps)
	}
	x = one(t, sessionMessage(recorded(), now, 20*day+9, 19).File())
	if x.Samples.TimeMS[3] != int64(20*day+9)*1000 {
		t.Errorf("a session that did take 20 days: times %v", x.Samples.TimeMS)
	}
}

func TestSwappedTimesAreExchanged(t *testing.T) {
	t.Parallel()
	w := records(fittest.NewWire().Activity(), [3]uint32{now, 100, 0}, [3]uint32{now + 5000, 101, 30})
	x := one(t, sessionMessage(w, now, 1000, 5000).File())
	if *x.Session.ElapsedS != 5000 || *x.Session.TimerS != 1000 || !slices.Contains(x.Warnings, "timer_elapsed_swapped") {
		t.Errorf("elapsed %v, timer %v", *x.Session.ElapsedS, *x.Session.TimerS)
	}
}

func TestAnElapsedTimeThatTheRecordsContradictIsLeftOut(t *testing.T) {
	t.Parallel()
	w := fittest.NewWire().Activity().Define(1, 20, stamp)
	for i := range uint32(200) {
		w.Data(1, now+i)
	}
	x := one(t, sessionMessage(w, now, 100, 200).File())
	if x.Session.ElapsedS != nil || *x.Session.TimerS != 200 || !slices.Contains(x.Warnings, "elapsed_time_ignored") {
		t.Errorf("elapsed %v, timer %v, %v", x.Session.ElapsedS, *x.Session.TimerS, x.Warnings)
	}
}

func TestStartOfAWorkout(t *testing.T) {
	t.Parallel()
	rows := [][3]uint32{{now, 100, 0}, {now + 60, 101, 3}}
	for name, c := range map[string]struct {
		session uint32
		want    time.Duration
	}{
		"the session's":                           {now - 2, -2 * time.Second},
		"the first record's if that is earlier":   {now + 2, 0},
		"the first record's if there is no other": {0xFFFFFFFF, 0},
		"not a session's of another year":         {now - 40_000_000, 0},
	} {
		x := one(t, sessionMessage(records(fittest.NewWire().Activity(), rows...), c.session, 60, 60).File())
		if !x.StartedAt.Equal(start.Add(c.want)) {
			t.Errorf("%s: %v", name, x.StartedAt)
		}
	}
}

func TestPauses(t *testing.T) {
	t.Parallel()
	const begin, stop, stopAll, other = 0, 1, 4, 3
	for name, c := range map[string]struct {
		events [][2]uint32
		want   []track.Span
	}{
		"from a stop to the next start":      {[][2]uint32{{0, begin}, {10, stopAll}, {20, begin}}, []track.Span{{StartMS: 10_000, EndMS: 20_000}}},
		"two stops are one":                  {[][2]uint32{{10, stop}, {12, stopAll}, {20, begin}}, []track.Span{{StartMS: 10_000, EndMS: 20_000}}},
		"starts without a stop are none":     {[][2]uint32{{0, begin}, {10, begin}, {20, begin}}, nil},
		"a stop at the end is none":          {[][2]uint32{{0, begin}, {60, stopAll}}, nil},
		"a stop and start at once are none":  {[][2]uint32{{10, stop}, {10, begin}}, nil},
		"what reaches beyond the end is cut": {[][2]uint32{{50, stop}, {500, begin}}, []track.Span{{StartMS: 50_000, EndMS: 60_000}}},
		"other events are none":              {[][2]uint32{{10, other}, {20, begin}}, nil},
	} {
		w := records(fittest.NewWire().Activity(), [3]uint32{now, 100, 0}, [3]uint32{now + 60, 101, 3}).
			Define(2, 21, stamp, f{0, 1, fittest.Enum}, f{1, 1, fittest.Enum})
		for _, e := range c.events {
			w.Data(2, now+e[0], uint8(0), uint8(e[1]))
		}
		if x := one(t, w.File()); !slices.Equal(x.Pauses, c.want) {
			t.Errorf("%s: %v, want %v", name, x.Pauses, c.want)
		}
	}
}

func TestDistancesOfLaterSessionsBeginAtZero(t *testing.T) {
	t.Parallel()
	for name, rows := range map[string][][3]uint32{
		"the device counts on":    {{now, 1, 0}, {now + 50, 1, 100}, {now + 60, 1, 103}, {now + 110, 1, 160}},
		"the device starts again": {{now, 1, 0}, {now + 50, 1, 100}, {now + 60, 1, 3}, {now + 110, 1, 60}},
	} {
		w := records(fittest.NewWire().Activity(), rows...).
			Define(4, 18, f{2, 4, fittest.Uint32}, f{9, 4, fittest.Uint32}).
			Data(4, now, uint32(10000)).Data(4, now+60, uint32(6000))
		all := decode(t, w.File())
		if len(all) != 2 || !slices.Equal(all[1].Samples.DistanceM, []float64{3, 60}) {
			t.Errorf("%s: %v", name, all[1].Samples.DistanceM)
		}
	}
}

func TestWithoutASessionTheLapsAddUp(t *testing.T) {
	t.Parallel()
	w := records(fittest.NewWire().Activity(), [3]uint32{now, 100, 0}, [3]uint32{now + 60, 101, 3}).
		Define(2, 19, f{2, 4, fittest.Uint32}, f{9, 4, fittest.Uint32}, f{11, 2, fittest.Uint16}, f{25, 1, fittest.Enum}).
		Data(2, now, uint32(10000), uint16(5), uint8(2)).Data(2, now+30, uint32(20000), uint16(65535), uint8(2))
	x := one(t, w.File())
	if *x.Session.DistanceM != 300 || x.Session.CaloriesKcal != nil || x.Sport != "cycling" || !slices.Contains(x.Warnings, "no_session") {
		t.Errorf("session %+v, %s, %v", x.Session, x.Sport, x.Warnings)
	}
}
