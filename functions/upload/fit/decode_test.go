package fit_test

import (
	"errors"
	"math"
	"slices"
	"testing"
	"time"

	"paceline/functions/upload/fit"
	"paceline/functions/upload/fit/fittest"
	"paceline/shared/track"
)

var start = time.Date(2026, 5, 1, 7, 12, 3, 0, time.UTC)

// one decodes a file that must hold one workout.
func one(t *testing.T, data []byte) *track.Track {
	t.Helper()
	all := decode(t, data)
	if len(all) != 1 {
		t.Fatalf("%d workouts, want 1", len(all))
	}
	return all[0]
}

func decode(t *testing.T, data []byte) []*track.Track {
	t.Helper()
	all, err := fit.Decode(data, track.DefaultLimits)
	if err != nil {
		t.Fatalf("Decode: %v", err)
	}
	for _, x := range all {
		check(t, x)
	}
	return all
}

// check tests what holds for every track.
func check(t *testing.T, x *track.Track) {
	t.Helper()
	s := &x.Samples
	n := s.Len()
	if !slices.IsSorted(s.TimeMS) || n > 0 && s.TimeMS[0] < 0 {
		t.Errorf("times fall or begin before the start")
	}
	for name, l := range map[string]int{
		"lat": len(s.Lat), "lng": len(s.Lng), "distance": len(s.DistanceM), "elevation": len(s.ElevationM),
		"speed": len(s.SpeedMPS), "heart rate": len(s.HeartRateBPM), "cadence": len(s.CadenceRPM),
		"power": len(s.PowerW), "temperature": len(s.TemperatureC), "depth": len(s.DepthM),
	} {
		if l != 0 && l != n {
			t.Errorf("column %s has %d values for %d samples", name, l, n)
		}
	}
	if (s.Lat == nil) != (s.Lng == nil) {
		t.Errorf("latitude or longitude alone")
	}
	end := int64(0)
	for _, p := range x.Pauses {
		if p.StartMS < end || p.EndMS <= p.StartMS {
			t.Errorf("pause %+v after %d", p, end)
		}
		end = p.EndMS
	}
	for _, l := range x.Laps {
		if l.StartMS < 0 || l.EndMS < l.StartMS {
			t.Errorf("lap %+v", l.Span)
		}
	}
	for _, s := range x.Sets {
		if s.StartMS < 0 || s.EndMS < s.StartMS {
			t.Errorf("set %+v", s.Span)
		}
	}
}

func TestRun(t *testing.T) {
	t.Parallel()
	x := one(t, fittest.Run(start, 1000))
	if x.Sport != "running" || x.SubSport != "street" || x.Device != "Garmin Edge 1040" || !x.Barometric {
		t.Errorf("got %s/%s from %q, barometric %v", x.Sport, x.SubSport, x.Device, x.Barometric)
	}
	if !x.StartedAt.Equal(start) || x.UTCOffset == nil || *x.UTCOffset != 2*time.Hour {
		t.Errorf("started at %v, offset %v", x.StartedAt, x.UTCOffset)
	}
	s := &x.Samples
	if s.Len() != 1000 || s.TimeMS[999] != 1029_000 {
		t.Errorf("%d samples, last at %d ms", s.Len(), s.TimeMS[s.Len()-1])
	}
	if d := s.DistanceM[999]; math.Abs(d-2997) > 0.01 {
		t.Errorf("distance %v", d)
	}
	if lat := s.Lat[0]; math.Abs(lat-52.5) > 1e-6 || math.Abs(s.Lng[0]-13.4) > 1e-6 {
		t.Errorf("position %v, %v", lat, s.Lng[0])
	}
	if s.HeartRateBPM[3] != 143 || s.CadenceRPM[0] != 85 || s.SpeedMPS[0] != 3 || s.ElevationM[0] != 50 || s.PowerW != nil {
		t.Errorf("values %v %v %v %v %v", s.HeartRateBPM[3], s.CadenceRPM[0], s.SpeedMPS[0], s.ElevationM[0], s.PowerW)
	}
	if len(x.Pauses) != 1 || x.Pauses[0] != (track.Span{StartMS: 60_000, EndMS: 90_000}) {
		t.Errorf("pauses %v", x.Pauses)
	}
	if len(x.Laps) != 3 || x.Laps[0].Trigger != "distance" || x.Laps[2].Trigger != "session_end" ||
		x.Laps[0].Intensity != "active" {
		t.Errorf("laps %+v", x.Laps)
	}
	if got := *x.Session.TimerS; got != 1000 || *x.Session.ElapsedS != 1030 || *x.Session.DistanceM != 2997 {
		t.Errorf("session %v %v %v", got, *x.Session.ElapsedS, *x.Session.DistanceM)
	}
	if x.Session.AvgPowerW != nil || len(x.Warnings) != 0 {
		t.Errorf("power %v, warnings %v", x.Session.AvgPowerW, x.Warnings)
	}
}

func TestRideHasPowerAndTemperature(t *testing.T) {
	t.Parallel()
	x := one(t, fittest.Ride(start, 100))
	if x.Samples.PowerW[39] != 219 || x.Samples.TemperatureC[0] != 21 || x.Pauses != nil {
		t.Errorf("power %v, temperature %v, pauses %v", x.Samples.PowerW[39], x.Samples.TemperatureC[0], x.Pauses)
	}
}

func TestStrengthHasHeartRateOnly(t *testing.T) {
	t.Parallel()
	x := one(t, fittest.Strength(start, 100))
	if x.Samples.Lat != nil || x.Samples.DistanceM != nil || len(x.Samples.HeartRateBPM) != 100 || x.SubSport != "strength_training" {
		t.Errorf("got %+v", x)
	}
}

func TestSetsOfStrength(t *testing.T) {
	t.Parallel()
	x := one(t, fittest.Lifting(start))
	if len(x.Sets) != 7 {
		t.Fatalf("%d sets", len(x.Sets))
	}
	squats, rest, pushups := x.Sets[2], x.Sets[3], x.Sets[6]
	if !squats.Active || squats.Category != "squat" || squats.Exercise != "Deep squat" || *squats.Repetitions != 8 || *squats.WeightKG != 60 || squats.StartMS != 120_000 || squats.EndMS != 160_000 {
		t.Errorf("set %+v", squats)
	}
	if rest.Active || rest.Repetitions != nil || rest.EndMS-rest.StartMS != 80_000 {
		t.Errorf("rest %+v", rest)
	}
	if pushups.Category != "push_up" || pushups.Exercise != "push_up" || *pushups.Repetitions != 20 || pushups.WeightKG != nil {
		t.Errorf("set without a weight %+v", pushups)
	}
	if none := one(t, fittest.Strength(start, 100)); none.Sets != nil {
		t.Errorf("sets of a file without any: %+v", none.Sets)
	}
}

func TestDive(t *testing.T) {
	t.Parallel()
	x := one(t, fittest.Dive(start))
	s := x.Session
	if *s.MaxDepthM != 20.1 || *s.AvgDepthM != 12.5 || *s.BottomS != 570 || *s.SurfaceS != 7200 || *s.DiveNumber != 12 {
		t.Errorf("summary %+v", s)
	}
	if d := x.Samples.DepthM; len(d) != 600 || d[0] != 0 || d[300] != 20 || x.Sport != "diving" {
		t.Errorf("%s, %d depths", x.Sport, len(x.Samples.DepthM))
	}
	if l := x.Laps[0].Totals; l.MaxDepthM != nil {
		t.Errorf("the lap has the summary of the session: %v", *l.MaxDepthM)
	}
}

// A real dive of a Garmin Descent: its summary is once that of the lap and once
// that of the session.
func TestARealDive(t *testing.T) {
	t.Parallel()
	x := one(t, corpusFiles(t)["files/jimmykane__fit-parser/test-diving.fit"])
	if s, l := x.Session, x.Laps[0].Totals; *s.MaxDepthM != 17.646 || *s.AvgDepthM != 11.291 || *s.BottomS != 3103.527 || *s.SurfaceS != 1_029_066 || *s.DiveNumber != 803 || *l.MaxDepthM != 17.646 {
		t.Errorf("session %+v, lap %+v", s, l)
	}
	deepest := slices.Max(x.Samples.DepthM)
	if x.SubSport != "multi_gas_diving" || deepest < 17 || deepest > 17.7 {
		t.Errorf("%s to %v m", x.SubSport, deepest)
	}
}

func TestPoolSwim(t *testing.T) {
	t.Parallel()
	x := one(t, fittest.PoolSwim(start, 10))
	if x.PoolLengthM == nil || *x.PoolLengthM != 25 || len(x.Lengths) != 10 {
		t.Fatalf("pool %v, %d lengths", x.PoolLengthM, len(x.Lengths))
	}
	swum, rest := x.Lengths[0], x.Lengths[4]
	if !swum.Active || swum.Stroke != "freestyle" || *swum.Strokes != 10 || swum.EndMS != 30_000 {
		t.Errorf("length %+v", swum)
	}
	if rest.Active || rest.Stroke != "" || rest.Strokes != nil {
		t.Errorf("rest %+v", rest)
	}
	if *x.Session.Cycles != 80 {
		t.Errorf("strokes %v", *x.Session.Cycles)
	}
}

func TestTriathlonIsOneTrackASession(t *testing.T) {
	t.Parallel()
	all := decode(t, fittest.Triathlon(start))
	want := []string{"swimming", "transition", "cycling", "transition", "running"}
	if len(all) != len(want) {
		t.Fatalf("%d tracks", len(all))
	}
	for i, x := range all {
		d := x.Samples.DistanceM
		if x.Sport != want[i] || x.Samples.Len() != 60 || len(x.Laps) != 1 || x.Laps[0].StartMS != 0 {
			t.Errorf("track %d: %s, %d samples, laps %+v", i, x.Sport, x.Samples.Len(), x.Laps)
		}
		if d[0] != 1 || d[59] != 60 {
			t.Errorf("track %d: distance %v to %v, want 1 to 60", i, d[0], d[59])
		}
		if !x.StartedAt.Equal(start.Add(time.Duration(i) * time.Minute)) {
			t.Errorf("track %d starts at %v", i, x.StartedAt)
		}
	}
}

func TestChainedFilesAreAllRead(t *testing.T) {
	t.Parallel()
	later := start.Add(time.Hour)
	data := slices.Concat(fittest.Ride(later, 50), fittest.Workout(start), fittest.Seal(nil), fittest.Run(start, 60))
	all := decode(t, data)
	if len(all) != 2 || all[0].Sport != "running" || all[1].Sport != "cycling" {
		t.Fatalf("got %d tracks", len(all))
	}
}

func TestSniff(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		data []byte
		want bool
	}{
		"a run":              {fittest.Run(start, 1), true},
		"nothing":            {nil, false},
		"a GPX file":         {[]byte(`<?xml version="1.0"?><gpx>`), false},
		"an impossible size": {append([]byte{3}, fittest.Run(start, 1)[1:]...), false},
	} {
		if got := fit.Sniff(c.data); got != c.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}

func TestLimits(t *testing.T) {
	t.Parallel()
	lim := track.Limits{Points: 100, Workouts: 4}
	for name, c := range map[string]struct {
		data []byte
		code string
	}{
		"more records than allowed":            {fittest.Run(start, 101), "too_many_points"},
		"more records in a chain than allowed": {slices.Concat(fittest.Run(start, 60), fittest.Run(start, 60)), "too_many_points"},
		"more sessions than allowed":           {fittest.Triathlon(start), "too_many_points"},
		"more files than allowed":              {slices.Repeat(fittest.Run(start, 1), 5), "too_many_workouts"},
		"more files without a session than allowed": {
			slices.Repeat(fittest.NewWire().Activity().Define(1, 20, stamp).Data(1, now).File(), 5), "too_many_workouts",
		},
		"as much as allowed": {fittest.Run(start, 100), ""},
	} {
		_, err := fit.Decode(c.data, lim)
		if got := code(err); got != c.code {
			t.Errorf("%s: %q, want %q", name, got, c.code)
		}
	}
	_, err := fit.Decode(fittest.Triathlon(start), track.Limits{Points: 1000, Workouts: 4})
	if code(err) != "too_many_workouts" {
		t.Errorf("five sessions of four: %v", err)
	}
}

// code is the code of a fault, "" without an error.
func code(err error) string {
	var f *track.Fault
	if errors.As(err, &f) {
		return f.Code
	}
	if err != nil {
		return "no fault: " + err.Error()
	}
	return ""
}
