package figures

import (
	"math"
	"testing"

	"paceline/shared/track"
)

func TestStrengthSets(t *testing.T) {
	t.Parallel()
	at := func(from, to int64) track.Span { return track.Span{StartMS: from * 1000, EndMS: to * 1000} }
	tr := straight(300, 0)
	tr.Sport, tr.SubSport = "training", "strength_training"
	tr.Sets = []track.Set{
		{Span: at(0, 40), Active: true, Category: "squat", Repetitions: some(8), WeightKG: some(60)},
		{Span: at(40, 120)},
		{Span: at(120, 160), Active: true, Category: "squat", Repetitions: some(20), WeightKG: some(40)},
		{Span: at(160, 200), Active: true, Category: "push_up", Repetitions: some(15)},
	}
	a := Analyse(tr, Athlete{})
	if a.Stats.Sets == nil || *a.Stats.Sets != 3 {
		t.Errorf("sets %v", a.Stats.Sets)
	}
	near(t, "repetitions", a.Stats.Repetitions, 43, 0)
	near(t, "volume", a.Stats.VolumeKG, 8*60+20*40, 0)
	if p, ok := total(a.Peaks, "volume_kg"); !ok || p.Value != 1280 {
		t.Errorf("record of volume %+v", p)
	}
	sets := StrengthSets(tr)
	near(t, "what could be lifted once", sets[0].OneRepMaxKG, 60*36.0/29, 1e-9)
	if sets[1].Active || sets[1].VolumeKG != nil || sets[1].ElapsedTimeS != 80 {
		t.Errorf("rest %+v", sets[1])
	}
	if sets[2].OneRepMaxKG != nil || sets[3].VolumeKG != nil || sets[3].Index != 4 {
		t.Errorf("of twenty repetitions %+v, without a weight %+v", sets[2], sets[3])
	}
	if none := Compute(straight(300, 3), Athlete{}); none.Sets != nil || none.VolumeKG != nil {
		t.Error("a run has sets")
	}
}

// total is the peak of a workout as a whole.
func total(peaks []Peak, name string) (Peak, bool) {
	for _, p := range peaks {
		if p.Kind == ByTotal && p.Name == name {
			return p, true
		}
	}
	return Peak{}, false
}

func TestDive(t *testing.T) {
	t.Parallel()
	tr := straight(600, 0)
	tr.Format, tr.Sport, tr.Samples.Lat, tr.Samples.Lng = "fit", "diving", nil, nil
	tr.Samples.DepthM = column(tr, func(i int) float32 { // down for a minute, eight minutes at 18 m, up; and a wave
		switch {
		case i < 60:
			return float32(i) * 0.3
		case i < 540:
			return 18
		case i == 599:
			return float32(math.NaN())
		}
		return float32(600-i) * 0.3
	})
	s := Compute(tr, Athlete{})
	near(t, "deepest", s.MaxDepthM, 18, 0)
	near(t, "under the surface", s.BottomTimeS, 593, 1)
	near(t, "mean depth", s.AvgDepthM, 16.44, 0.1)
	if s.Methods["max_depth_m"] != "samples" || s.SurfaceIntervalS != nil || s.DistanceM != nil {
		t.Errorf("methods %v", s.Methods)
	}
	tr.Session = track.Totals{ElapsedS: some(600), MaxDepthM: some(18.3), AvgDepthM: some(15), BottomS: some(580), SurfaceS: some(3600), DiveNumber: some(7)}
	a := Analyse(tr, Athlete{})
	s = a.Stats
	near(t, "deepest by the device", s.MaxDepthM, 18.3, 0)
	near(t, "under the surface by the device", s.BottomTimeS, 580, 0)
	near(t, "since the dive before", s.SurfaceIntervalS, 3600, 0)
	if p, ok := total(a.Peaks, "max_depth_m"); *s.DiveNumber != 7 || s.Methods["bottom_time_s"] != "device" || !ok || p.Value != 18.3 {
		t.Errorf("dive %d by %s", *s.DiveNumber, s.Methods["bottom_time_s"])
	}
	tr.Session.BottomS = some(900)
	near(t, "longer than the workout", Compute(tr, Athlete{}).BottomTimeS, 593, 1)
	tr.Samples.DepthM, tr.Session = column(tr, func(int) float32 { return 0.4 }), track.Totals{}
	if s := Compute(tr, Athlete{}); s.MaxDepthM != nil || s.BottomTimeS != nil {
		t.Error("who swims at the surface dives")
	}
}
