package track_test

import (
	"math"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"paceline/shared/track"
)

var began = time.Date(2026, 5, 1, 6, 0, 0, 0, time.UTC)

// walk is a track of n samples, one a second, with laps of a minute and a pause.
func walk(n int) *track.Track {
	t := &track.Track{Format: "fit", Sport: "running", StartedAt: began, Session: track.Totals{DistanceM: track.Some(float64(n))}}
	for i := range n {
		t.Samples.TimeMS = append(t.Samples.TimeMS, int64(i)*1000)
		t.Samples.Lat, t.Samples.Lng = append(t.Samples.Lat, 52+float64(i)*1e-5), append(t.Samples.Lng, 13)
		t.Samples.DistanceM = append(t.Samples.DistanceM, float64(i))
		t.Samples.HeartRateBPM = append(t.Samples.HeartRateBPM, float32(100+i%50))
	}
	for i := 0; i+60 < n; i += 60 {
		t.Laps = append(t.Laps, track.Lap{Span: track.Span{StartMS: int64(i) * 1000, EndMS: int64(i+60) * 1000}, Totals: track.Totals{DistanceM: track.Some(60)}})
	}
	t.Pauses = []track.Span{{StartMS: 100_000, EndMS: 110_000}}
	t.Sets = []track.Set{{Span: track.Span{StartMS: 80_000, EndMS: 95_000}, Active: true}, {Span: track.Span{StartMS: 120_000, EndMS: 150_000}}}
	return t
}

func TestCut(t *testing.T) {
	t.Parallel()
	whole := walk(301)
	part := whole.Cut(90_000, 200_500)
	if n := part.Samples.Len(); n != 111 || part.EndMS() != 110_000 || !part.StartedAt.Equal(began.Add(90*time.Second)) {
		t.Fatalf("%d samples until %d from %v", n, part.EndMS(), part.StartedAt)
	}
	if s := part.Samples; s.TimeMS[0] != 0 || s.DistanceM[0] != 0 || s.DistanceM[110] != 110 || s.HeartRateBPM[0] != 140 {
		t.Errorf("samples begin with %v m, %v bpm", s.DistanceM[0], s.HeartRateBPM[0])
	}
	if part.Session != (track.Totals{}) {
		t.Error("a part has the totals of the whole")
	}
	want := []track.Span{{StartMS: 0, EndMS: 30_000}, {StartMS: 30_000, EndMS: 90_000}, {StartMS: 90_000, EndMS: 110_000}}
	for i, l := range part.Laps {
		if l.Span != want[i] || (l.Totals.DistanceM != nil) != (i == 1) {
			t.Errorf("lap %d: %+v", i, l)
		}
	}
	if d := cmp.Diff([]track.Span{{StartMS: 10_000, EndMS: 20_000}}, part.Pauses); d != "" || len(part.Laps) != 3 {
		t.Errorf("%d laps, pauses %s", len(part.Laps), d)
	}
	if len(part.Sets) != 1 || part.Sets[0].Span != (track.Span{StartMS: 30_000, EndMS: 60_000}) {
		t.Errorf("sets %+v", part.Sets)
	}
	if whole.Samples.DistanceM[90] != 90 || whole.Samples.TimeMS[90] != 90_000 || whole.Laps[1].Totals.DistanceM == nil {
		t.Error("the whole was changed")
	}
	for _, none := range [][2]int64{{301_000, 400_000}, {-5, -1}, {90_000, 90_500}, {200_000, 100_000}} {
		if whole.Cut(none[0], none[1]) != nil {
			t.Errorf("%v is a part", none)
		}
	}
}

// What was cut and is joined again is what it was, but for what the device said
// of the whole and the second in which it was cut.
func TestJoinIsTheOppositeOfCut(t *testing.T) {
	t.Parallel()
	whole := walk(301)
	for _, at := range []int64{1_000, 99_000, 105_000, 180_000, 298_000} {
		again, fault := track.Join(whole.Cut(at+1, 300_000), whole.Cut(0, at)) // in any order
		if fault != nil {
			t.Fatal(fault)
		}
		if d := cmp.Diff(whole.Samples.TimeMS, again.Samples.TimeMS) + cmp.Diff(whole.Samples.Lat, again.Samples.Lat) +
			cmp.Diff(whole.Samples.HeartRateBPM, again.Samples.HeartRateBPM); d != "" {
			t.Errorf("cut at %d: %s", at, d)
		}
		if got := again.Samples.DistanceM[300]; got != 299 { // the step between the parts is nobody's
			t.Errorf("cut at %d: %v m", at, got)
		}
		if !slices.ContainsFunc(again.Pauses, func(s track.Span) bool { return s.StartMS <= at && s.EndMS >= at+1000 }) {
			t.Errorf("cut at %d: pauses %v", at, again.Pauses)
		}
	}
}

func TestJoinOfUnlikeTracks(t *testing.T) {
	t.Parallel()
	a, b := walk(10), walk(10)
	b.StartedAt = began.Add(time.Minute)
	b.Samples.DistanceM, b.Samples.HeartRateBPM, b.Samples.PowerW = nil, nil, make([]float32, 10)
	both, fault := track.Join(a, b)
	if fault != nil {
		t.Fatal(fault)
	}
	nan := float32(math.NaN())
	if d := cmp.Diff([]float32{109, nan}, both.Samples.HeartRateBPM[9:11], cmpopts.EquateNaNs()); d != "" || both.Samples.DistanceM != nil {
		t.Errorf("heart rate %s, distance %v", d, both.Samples.DistanceM)
	}
	if len(both.Sets) != 4 || both.Sets[2].StartMS != 140_000 {
		t.Errorf("sets %+v", both.Sets)
	}
	if len(both.Samples.PowerW) != 20 || both.Samples.TimeMS[10] != 60_000 {
		t.Errorf("%d powers, the second starts at %d", len(both.Samples.PowerW), both.Samples.TimeMS[10])
	}
	at := func(d time.Duration) *track.Track { c := walk(10); c.StartedAt = began.Add(d); return c }
	for code, parts := range map[string][]*track.Track{
		"workouts_overlap": {a, at(5 * time.Second)},
		"workouts_apart":   {a, at(25 * time.Hour)},
		"no_samples":       {a, {StartedAt: began}},
		"too_many_points":  {walk(600_000), func() *track.Track { c := walk(600_000); c.StartedAt = began.AddDate(0, 0, 7); return c }()},
	} {
		if _, fault := track.Join(parts...); fault == nil || fault.Code != code {
			t.Errorf("%s: %v", code, fault)
		}
	}
}
