package figures

import (
	"math"
	"testing"
	"time"

	"paceline/shared/track"
)

// day is 24 h at 1 Hz with every sensor, as GPX and as FIT with the device's
// own distance and speed.
func day(device bool) *track.Track {
	tr := straight(24*3600-1, 0)
	tr.Sport = "cycling"
	tr.Samples.Lat, tr.Samples.Lng = nil, nil
	walkNorth(tr, func(i int) float64 { return 6 + 2*math.Sin(float64(i)/300) })
	tr.Samples.ElevationM = column(tr, func(i int) float32 { return float32(300 + 80*math.Sin(float64(i)/900)) })
	tr.Samples.HeartRateBPM = column(tr, func(i int) float32 { return float32(130 + i%20) })
	tr.Samples.CadenceRPM = column(tr, func(i int) float32 { return float32(70 + i%30) })
	tr.Samples.PowerW = column(tr, func(i int) float32 { return float32(150 + i%100) })
	tr.Samples.TemperatureC = column(tr, func(i int) float32 { return 18 })
	if device {
		s := Streams(tr)
		tr.Format, tr.Samples.DistanceM = "fit", s.DistanceM
		tr.Samples.SpeedMPS = column(tr, func(i int) float32 { return float32(s.SpeedMPS[i]) })
		tr.Session = track.Totals{DistanceM: some(s.DistanceM[len(s.DistanceM)-1]), TimerS: some(86_400), ElapsedS: some(86_400)}
	}
	return tr
}

func BenchmarkAnalyse(b *testing.B) {
	who := Athlete{FTPW: some(240), MaxHeartRateBPM: some(188), RestHeartRateBPM: some(48), ThresholdHeartRateBPM: some(168)}
	for name, tr := range map[string]*track.Track{"gpx_24h": day(false), "fit_24h": day(true)} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				Analyse(tr, who)
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(tr.Samples.Len()), "ns/sample")
		})
	}
}

// A split costs what its own samples cost: a thousand of them are read in about
// the time of one.
func BenchmarkSplits(b *testing.B) {
	tr := day(true)
	b.ReportAllocs()
	begin := time.Now()
	Splits(tr, 1000*KilometreM)
	one := time.Since(begin)
	n := 0
	for b.Loop() {
		n = len(Splits(tr, KilometreM/2))
	}
	b.ReportMetric(float64(b.Elapsed())/float64(b.N)/float64(one), "x_of_one_split")
	b.ReportMetric(float64(n), "splits")
}
