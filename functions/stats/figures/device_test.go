package figures

import (
	"math"
	"testing"

	"paceline/events"
	"paceline/shared/track"
)

// TestDeviceTotals says when the device's own totals win and when they do not.
func TestDeviceTotals(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		change func(tr *track.Track) // of an hour at 3 m/s
		key    string
		of     func(s *events.Stats) *float64
		want   float64
		method string
	}{
		"a sane distance wins": {
			func(tr *track.Track) { tr.Session.DistanceM = some(10_750) }, "distance_m",
			func(s *events.Stats) *float64 { return s.DistanceM }, 10_750, "device"},
		"a distance of twice the positions does not": {
			func(tr *track.Track) { tr.Session.DistanceM = some(25_000) }, "distance_m",
			func(s *events.Stats) *float64 { return s.DistanceM }, 10_800, "gps"},
		"a distance of 0 is none": {
			func(tr *track.Track) { tr.Session.DistanceM = some(0) }, "distance_m",
			func(s *events.Stats) *float64 { return s.DistanceM }, 10_800, "gps"},
		"on a treadmill the positions have no say": {
			func(tr *track.Track) { tr.SubSport, tr.Session.DistanceM = "treadmill", some(25_000) }, "distance_m",
			func(s *events.Stats) *float64 { return s.DistanceM }, 25_000, "device"},
		"a timer longer than the workout does not win": {
			func(tr *track.Track) { tr.Session.TimerS, tr.Session.ElapsedS = some(4000), some(3600) }, "timer_time_s",
			func(s *events.Stats) *float64 { return s.TimerTimeS }, 3600, "samples"},
		"a timer within it does": {
			func(tr *track.Track) { tr.Session.TimerS, tr.Session.ElapsedS = some(3500.5), some(3600.7) }, "timer_time_s",
			func(s *events.Stats) *float64 { return s.TimerTimeS }, 3500.5, "device"},
		"a session that ended before the samples is none": {
			func(tr *track.Track) { tr.Session.ElapsedS, tr.Session.DistanceM = some(2000), some(6000) }, "distance_m",
			func(s *events.Stats) *float64 { return s.DistanceM }, 10_800, "gps"},
		"a top speed beyond the sport does not win": {
			func(tr *track.Track) { tr.Session.DistanceM, tr.Session.MaxSpeedMPS = some(10_800), some(20.4) }, "max_speed_mps",
			func(s *events.Stats) *float64 { return s.MaxSpeedMPS }, 3, "gps"},
		"laps stand in for a session": {
			func(tr *track.Track) {
				tr.Laps = []track.Lap{
					{Span: track.Span{EndMS: 1_800_000}, Totals: track.Totals{DistanceM: some(5300)}},
					{Span: track.Span{StartMS: 1_800_000, EndMS: 3_600_000}, Totals: track.Totals{DistanceM: some(5400)}},
				}
			}, "distance_m",
			func(s *events.Stats) *float64 { return s.DistanceM }, 10_700, "device_laps"},
		"laps of which one says nothing do not": {
			func(tr *track.Track) {
				tr.Laps = []track.Lap{
					{Span: track.Span{EndMS: 1_800_000}, Totals: track.Totals{DistanceM: some(5300)}},
					{Span: track.Span{StartMS: 1_800_000, EndMS: 3_600_000}},
				}
			}, "distance_m",
			func(s *events.Stats) *float64 { return s.DistanceM }, 10_800, "gps"},
		"a mean heart rate above the highest does not win": {
			func(tr *track.Track) {
				tr.Session.AvgHeartRateBPM, tr.Session.MaxHeartRateBPM = some(180), some(150)
				tr.Samples.HeartRateBPM = column(tr, func(int) float32 { return 140 })
			}, "avg_heart_rate_bpm",
			func(s *events.Stats) *float64 { return s.AvgHeartRateBPM }, 140, "samples"},
		"a mean power that leaves out the zeros does not win": {
			func(tr *track.Track) {
				tr.Session.AvgPowerW = some(200)
				tr.Samples.PowerW = column(tr, func(i int) float32 { return float32(i%2) * 200 })
			}, "avg_power_w",
			func(s *events.Stats) *float64 { return s.AvgPowerW }, 100, "samples"},
		"an ascent beyond every rise of the samples does not win": {
			func(tr *track.Track) {
				tr.Session.AscentM = some(1684)
				tr.Samples.ElevationM = column(tr, func(i int) float32 { return float32(i) / 24 }) // 150 m
			}, "elevation_gain_m",
			func(s *events.Stats) *float64 { return s.ElevationGainM }, 150, "hysteresis_10m"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tr := straight(3600, 3)
			c.change(tr)
			s := Compute(tr, Athlete{})
			near(t, c.key, c.of(&s), c.want, math.Max(0.002*c.want, 0.01))
			if s.Methods[c.key] != c.method {
				t.Errorf("method of %s: %q, want %q", c.key, s.Methods[c.key], c.method)
			}
		})
	}
}
