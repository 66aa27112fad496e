package segment

import (
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"paceline/functions/stats/figures"
	"paceline/shared/track"
)

// city is segments of 400 m to 3 km along the streets of a city of 20 km, which
// lie 200 m apart, by the tile in which they begin.
func city(n int) map[Tile][]*Line {
	random := rand.New(rand.NewPCG(11, 12))
	out := map[Tile][]*Line{}
	for range n {
		at := xy{float64(random.IntN(100)) * 200, float64(random.IntN(100)) * 200}
		corners := []xy{at}
		for range 2 + random.IntN(10) {
			d := []xy{{200, 0}, {0, 200}, {-200, 0}, {0, -200}}[random.IntN(4)]
			at = xy{at.x + d.x, at.y + d.y}
			corners = append(corners, at)
		}
		l := lineOf(corners...)
		out[l.StartTile()] = append(out[l.StartTile()], l)
	}
	return out
}

// An hour's run through a city of 10,000 segments costs about what its figures
// cost: what lies elsewhere is not looked at.
func BenchmarkMatchInACity(b *testing.B) {
	lines := city(10_000)
	random := rand.New(rand.NewPCG(13, 14))
	at := xy{10_000, 10_000}
	corners := []xy{at}
	for range 55 {
		d := []xy{{200, 0}, {0, 200}, {200, 0}, {0, -200}}[random.IntN(4)]
		at = xy{at.x + d.x, at.y + d.y}
		corners = append(corners, at)
	}
	places := walked(corners, 3, 1)
	tr := &track.Track{Format: "gpx", Sport: "running", StartedAt: time.Unix(0, 0)}
	for i, p := range places {
		tr.Samples.TimeMS = append(tr.Samples.TimeMS, int64(i)*1000)
		tr.Samples.Lat, tr.Samples.Lng = append(tr.Samples.Lat, p.Lat), append(tr.Samples.Lng, p.Lng)
		tr.Samples.ElevationM = append(tr.Samples.ElevationM, float32(40+10*math.Sin(float64(i)/100)))
		tr.Samples.HeartRateBPM = append(tr.Samples.HeartRateBPM, float32(140+i%20))
	}
	looked, found, tiles := 0, 0, 0
	var theirs, ours time.Duration // in turns, so that whatever else the machine does is in both
	for b.Loop() {
		begin := time.Now()
		figures.Analyse(tr, figures.Athlete{})
		theirs += time.Since(begin)
		begin = time.Now()
		looked, found = 0, 0
		path := NewPath(figures.Places(tr))
		tiles = len(path.Tiles())
		for _, t := range path.Tiles() {
			for _, l := range lines[t] {
				if path.Near(l.FinishTile()) {
					looked++
					found += len(path.Match(l))
				}
			}
		}
		ours += time.Since(begin)
	}
	b.ReportMetric(float64(ours)/float64(theirs), "x_of_figures")
	b.ReportMetric(float64(ours.Microseconds())/float64(b.N), "µs_to_match")
	b.ReportMetric(float64(tiles), "tiles")
	b.ReportMetric(float64(looked), "segments_looked_at")
	b.ReportMetric(float64(found), "efforts")
}
