package figures

import (
	"math"
	"testing"
	"time"

	"paceline/shared/track"
)

// nan is a sample without a value.
var nan = float32(math.NaN())

// straight is a way due north from Berlin at a speed, one sample a second, n
// seconds long (n+1 samples), as GPX.
func straight(n int, mps float64) *track.Track {
	t := &track.Track{Format: "gpx", Sport: "running", StartedAt: time.Date(2026, 5, 1, 7, 0, 0, 0, time.UTC)}
	for i := 0; i <= n; i++ {
		t.Samples.TimeMS = append(t.Samples.TimeMS, int64(i)*1000)
	}
	walkNorth(t, func(int) float64 { return mps })
	return t
}

// walkNorth lays positions so that sample i is mps(i) metres beyond the one before.
func walkNorth(t *track.Track, mps func(i int) float64) {
	var r ruler
	r.move(52.5)
	lat := 52.5
	for i := range t.Samples.TimeMS {
		if i > 0 {
			dt := float64(t.Samples.TimeMS[i]-t.Samples.TimeMS[i-1]) / 1000
			lat += mps(i) * dt / r.ky
		}
		t.Samples.Lat, t.Samples.Lng = append(t.Samples.Lat, lat), append(t.Samples.Lng, 13.4)
	}
}

// column is a value for each sample.
func column(t *track.Track, of func(i int) float32) []float32 {
	out := make([]float32, t.Samples.Len())
	for i := range out {
		out[i] = of(i)
	}
	return out
}

func some(v float64) *float64 { return &v }

// near says that a figure is there and within tolerance.
func near(t *testing.T, name string, got *float64, want, tolerance float64) {
	t.Helper()
	if got == nil {
		t.Errorf("%s: absent, want %v", name, want)
		return
	}
	if math.Abs(*got-want) > tolerance {
		t.Errorf("%s: got %v, want %v within %v", name, *got, want, tolerance)
	}
}

func absent(t *testing.T, name string, got *float64) {
	t.Helper()
	if got != nil {
		t.Errorf("%s: got %v, want it absent", name, *got)
	}
}
