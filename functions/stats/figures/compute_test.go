package figures

import (
	"testing"

	"paceline/events"
	"paceline/shared/track"
)

// TestComputeByHand holds tracks whose figures can be worked out by hand.
func TestComputeByHand(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		track func() *track.Track
		who   Athlete
		check func(t *testing.T, s events.Stats)
	}{
		"a straight run of an hour at 3 m/s": {
			track: func() *track.Track { return straight(3600, 3) },
			check: func(t *testing.T, s events.Stats) {
				near(t, "distance", s.DistanceM, 10_800, 1)
				near(t, "elapsed", s.ElapsedTimeS, 3600, 0)
				near(t, "timer", s.TimerTimeS, 3600, 0)
				near(t, "moving", s.MovingTimeS, 3600, 0)
				near(t, "average speed", s.AvgSpeedMPS, 3, 0.001)
				near(t, "top speed", s.MaxSpeedMPS, 3, 0.001)
				absent(t, "heart rate", s.AvgHeartRateBPM)
				absent(t, "gain", s.ElevationGainM)
				absent(t, "calories", s.CaloriesKcal)
				absent(t, "load", s.TrainingLoad)
				if s.Points != 3601 || s.Laps != 0 || s.Formula != Formula || s.Methods["distance_m"] != "gps" {
					t.Errorf("got points %d, laps %d, formula %s, methods %v", s.Points, s.Laps, s.Formula, s.Methods)
				}
			},
		},
		"a stop of a minute in the middle is elapsed and timer time but not moving": {
			track: func() *track.Track {
				tr := straight(600, 3)
				tr.Samples.Lat, tr.Samples.Lng = nil, nil
				walkNorth(tr, func(i int) float64 {
					if i > 300 && i <= 360 {
						return 0
					}
					return 3
				})
				return tr
			},
			check: func(t *testing.T, s events.Stats) {
				near(t, "timer", s.TimerTimeS, 600, 0)
				near(t, "moving", s.MovingTimeS, 540, 4)
				near(t, "distance", s.DistanceM, 1620, 0.5)
			},
		},
		"a pause of the device is cut out of the timer": {
			track: func() *track.Track {
				tr := straight(600, 3)
				tr.Format, tr.Pauses = "fit", []track.Span{{StartMS: 100_000, EndMS: 200_000}}
				return tr
			},
			check: func(t *testing.T, s events.Stats) {
				near(t, "elapsed", s.ElapsedTimeS, 600, 0)
				near(t, "timer", s.TimerTimeS, 500, 0)
				near(t, "distance", s.DistanceM, 1500, 0.5)
			},
		},
		"a gap in a GPX without movement is a stop, with movement it is not": {
			track: func() *track.Track {
				tr := straight(200, 3)
				for i := range tr.Samples.TimeMS { // 5 min standing after 100 s, 5 min walking on after 150 s
					if i > 100 {
						tr.Samples.TimeMS[i] += 300_000 - 1000
					}
					if i > 150 {
						tr.Samples.TimeMS[i] += 300_000 - 1000
						tr.Samples.Lat[i] += 0.01 // 1.1 km
					}
				}
				return tr
			},
			check: func(t *testing.T, s events.Stats) {
				near(t, "elapsed", s.ElapsedTimeS, 798, 0)
				near(t, "timer", s.TimerTimeS, 498, 0)
				near(t, "moving, the gaps left out", s.MovingTimeS, 199, 2)
			},
		},
		"an hour at FTP is 100, with zeros in the mean and without them in the cadence": {
			track: func() *track.Track {
				tr := straight(3599, 8)
				tr.Sport = "cycling"
				tr.Samples.PowerW = column(tr, func(int) float32 { return 250 })
				tr.Samples.CadenceRPM = column(tr, func(i int) float32 { return float32(i%2) * 90 })
				tr.Samples.HeartRateBPM = column(tr, func(i int) float32 { return 140 + float32(i%2)*10 })
				tr.Samples.TemperatureC = column(tr, func(int) float32 { return 0 })
				return tr
			},
			who: Athlete{FTPW: some(250)},
			check: func(t *testing.T, s events.Stats) {
				near(t, "power", s.AvgPowerW, 250, 0)
				near(t, "normalised power", s.NormalizedPowerW, 250, 0.001)
				near(t, "intensity", s.Intensity, 1, 0.001)
				near(t, "load", s.TrainingLoad, 100, 0.05)
				near(t, "cadence", s.AvgCadenceRPM, 90, 0)
				near(t, "heart rate", s.AvgHeartRateBPM, 145, 0.01)
				near(t, "temperature", s.AvgTemperatureC, 0, 0)
				near(t, "energy", s.CaloriesKcal, 896, 1)
				if s.LoadMethod != "tss" {
					t.Errorf("load method %q", s.LoadMethod)
				}
			},
		},
		"an indoor ride with cadence alone moves while the cranks turn": {
			track: func() *track.Track {
				tr := straight(600, 0)
				tr.Sport, tr.SubSport, tr.Samples.Lat, tr.Samples.Lng = "cycling", "indoor_cycling", nil, nil
				tr.Samples.CadenceRPM = column(tr, func(i int) float32 {
					if i > 300 {
						return 0
					}
					return 80
				})
				return tr
			},
			check: func(t *testing.T, s events.Stats) {
				near(t, "moving", s.MovingTimeS, 300, 0)
				absent(t, "distance", s.DistanceM)
				absent(t, "average speed", s.AvgSpeedMPS)
			},
		},
		"a session without samples keeps its totals and nothing else": {
			track: func() *track.Track {
				return &track.Track{Format: "manual", Sport: "running", Session: track.Totals{DistanceM: some(5000), ElapsedS: some(1500)}}
			},
			who: Athlete{WeightKG: some(70)},
			check: func(t *testing.T, s events.Stats) {
				near(t, "distance", s.DistanceM, 5000, 0)
				near(t, "timer", s.TimerTimeS, 1500, 0)
				near(t, "average speed", s.AvgSpeedMPS, 3.3333, 0.0001)
				near(t, "energy of a runner of 70 kg", s.CaloriesKcal, 350, 0.01)
				absent(t, "moving", s.MovingTimeS)
			},
		},
		"nothing at all has no figures": {
			track: func() *track.Track { return &track.Track{} },
			check: func(t *testing.T, s events.Stats) {
				if len(s.Methods) != 0 || s.DistanceM != nil || s.ElapsedTimeS != nil {
					t.Errorf("got %v", s.Methods)
				}
			},
		},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c.check(t, Compute(c.track(), c.who))
		})
	}
}

func TestHeartLoad(t *testing.T) {
	t.Parallel()
	tr := straight(3599, 3)
	tr.Samples.HeartRateBPM = column(tr, func(int) float32 { return 170 })

	s := Compute(tr, Athlete{MaxHeartRateBPM: some(190), RestHeartRateBPM: some(50), ThresholdHeartRateBPM: some(170)})
	near(t, "an hour at threshold heart rate", s.TrainingLoad, 100, 0.01)
	if s.LoadMethod != "hrtss" {
		t.Errorf("load method %q, want hrtss", s.LoadMethod)
	}
	// 60 min, reserve 120/140: 60 × 0.857 × 0.64 × e^(1.92 × 0.857) = 170.7
	s = Compute(tr, Athlete{MaxHeartRateBPM: some(190), RestHeartRateBPM: some(50)})
	near(t, "TRIMP", s.TrainingLoad, 170.68, 0.05)
	if s.LoadMethod != "trimp" {
		t.Errorf("load method %q, want trimp", s.LoadMethod)
	}
	absent(t, "load without the resting heart rate", Compute(tr, Athlete{MaxHeartRateBPM: some(190)}).TrainingLoad)
}

func TestDeviceLoadGivesWayToTheAthletesOwnFTP(t *testing.T) {
	t.Parallel()
	tr := straight(3599, 8)
	tr.Samples.PowerW = column(tr, func(int) float32 { return 200 })
	tr.Session = track.Totals{TrainingStress: some(77), Intensity: some(0.9)}
	s := Compute(tr, Athlete{})
	near(t, "device's load", s.TrainingLoad, 77, 0)
	near(t, "device's intensity", s.Intensity, 0.9, 0)
	if s.LoadMethod != "device" {
		t.Errorf("load method %q, want device", s.LoadMethod)
	}
	s = Compute(tr, Athlete{FTPW: some(200)})
	near(t, "own load", s.TrainingLoad, 100, 0.05)
}
