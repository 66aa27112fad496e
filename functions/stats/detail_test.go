package stats_test

import (
	"fmt"
	"math"
	"testing"
	"time"

	"paceline/events"
	"paceline/shared/api"
	"paceline/shared/function/functiontest"
	"paceline/shared/track"
)

func number(v float64) *float64 { return &v }

func TestTheDetailsOfAWorkout(t *testing.T) {
	t.Parallel()
	r := open(t)
	r.deliver(events.AthleteSettingsChanged{UserID: anna, Version: 1, Entries: []events.AthleteSettings{
		{ValidFrom: "2026-01-01", MaxHeartRateBPM: number(190), Sports: []events.SportSettings{{Sport: "running", ThresholdSpeedMPS: number(3.2)}}},
		{ValidFrom: "2026-06-01", HeartRateZonesBPM: []float64{100, 160}},
	}})
	start := time.Date(2026, 5, 1, 7, 0, 0, 0, berlin)
	tr := run(start, 1200)
	for i := range tr.Samples.TimeMS {
		tr.Samples.ElevationM = append(tr.Samples.ElevationM, 100+float32(i)/5)
	}
	tr.Barometric, tr.Format, tr.Pauses = true, "fit", []track.Span{{StartMS: 60_000, EndMS: 90_000}}
	w := workout("01A", start, events.Everyone)
	w.Source.SHA256 = "5a"
	r.upload("01A", w, tr)

	var efforts api.EffortList
	r.get(anna, "/v1/workouts/01A/efforts", 200).JSON(t, &efforts)
	kinds := map[api.PeakKind]int{}
	for _, e := range efforts.Items {
		if kinds[e.Kind]++; !e.Counts || math.Abs(*e.AvgSpeedMPS-3) > 0.1 {
			t.Errorf("effort %+v", e)
		}
	}
	if kinds[api.PeakKindDistance] != 5 || kinds[api.PeakKindTime] != 8 || len(kinds) != 2 { // to 2 miles, to 20 minutes
		t.Errorf("efforts %v", kinds)
	}

	var zones api.ZonesList
	r.get(anna, "/v1/workouts/01A/zones", 200).JSON(t, &zones)
	if len(zones.Items) != 2 || zones.Items[0].Method != "max" || zones.Items[1].Kind != api.ZoneKindSpeed {
		t.Fatalf("zones %+v", zones)
	}
	if z := zones.Items[0].Zones; len(z) != 5 || z[2].TimeS != 1171 || *z[2].From != 133 || *z[2].To != 152 {
		t.Errorf("heart rate zones %+v", z)
	}
	if b := zones.Basis; b.SourceSHA256 != "5a" || b.Settings == nil || *b.Settings.MaxHeartRateBPM != 190 || *b.Settings.ThresholdSpeedMPS != 3.2 || b.Settings.HeartRateZonesBPM != nil {
		t.Errorf("basis %+v of %+v", b.Settings, b)
	}
	var seen api.ZonesList
	r.get(ben, "/v1/workouts/01A/zones", 200).JSON(t, &seen)
	if len(seen.Items) != 2 || seen.Basis.Settings != nil {
		t.Errorf("another person reads the settings: %+v", seen.Basis.Settings)
	}

	var climbs api.ClimbList
	r.get(anna, "/v1/workouts/01A/climbs", 200).JSON(t, &climbs)
	if len(climbs.Items) != 1 || math.Abs(climbs.Items[0].GainM-240) > 3 {
		t.Errorf("climbs %+v", climbs)
	}
	var pauses api.PauseList
	r.get(anna, "/v1/workouts/01A/pauses", 200).JSON(t, &pauses)
	if fmt.Sprint(pauses.Items) != "[{60 30}]" {
		t.Errorf("pauses %+v", pauses)
	}
	var lengths api.PoolLengthList
	r.get(anna, "/v1/workouts/01A/lengths", 200).JSON(t, &lengths)
	if lengths.Items == nil || len(lengths.Items) != 0 {
		t.Errorf("lengths %+v", lengths)
	}

	lifted := workout("01S", start, events.Everyone)
	lifted.Sport = "training"
	tr = run(start, 300)
	tr.Sport = "training"
	tr.Samples.DepthM = make([]float32, 301)
	tr.Sets = []track.Set{{Span: track.Span{EndMS: 40_000}, Active: true, Category: "squat", Repetitions: number(8), WeightKG: number(60)}, {Span: track.Span{StartMS: 40_000, EndMS: 90_000}}}
	r.upload("01S", lifted, tr)
	var sets api.StrengthSetList
	if r.get(ben, "/v1/workouts/01S/sets", 200).JSON(t, &sets); len(sets.Items) != 2 || *sets.Items[0].VolumeKG != 480 || sets.Items[1].Active {
		t.Errorf("sets %+v", sets)
	}
	var trained api.Workout
	if r.get(ben, "/v1/workouts/01S", 200).JSON(t, &trained); *trained.Stats.Sets != 1 || *trained.Stats.VolumeKG != 480 || trained.Stats.MaxDepthM != nil {
		t.Errorf("stats %+v", trained.Stats)
	}
	var streams api.Streams
	if r.get(ben, "/v1/workouts/01S/streams?keys=depth_m", 200).JSON(t, &streams); len(streams.DepthM) != 301 {
		t.Errorf("%d depths", len(streams.DepthM))
	}

	for _, path := range []string{"efforts", "zones", "climbs", "pauses", "lengths", "sets"} {
		r.get(anna, "/v1/workouts/01NONE/"+path, 404)
	}
	r.deliver(events.WorkoutUpdated{Workout: func() events.Workout { w.Version, w.Visibility = 2, events.Private; return w }()})
	for _, path := range []string{"efforts", "zones", "climbs", "pauses", "lengths", "sets"} {
		if a := r.Call(functiontest.Person{ID: ben}, "GET", "/v1/workouts/01A/"+path, nil); a.Status != 404 {
			t.Errorf("%s of a private workout: %d", path, a.Status)
		}
	}
}
