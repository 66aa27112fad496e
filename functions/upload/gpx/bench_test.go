package gpx

import (
	"testing"
	"time"

	gpxgo "github.com/tkrajina/gpxgo/gpx"

	"paceline/functions/upload/gpx/gpxtest"
	"paceline/functions/upload/xmlscan/corpustest"
	"paceline/shared/track"
)

// BenchmarkDecode measures Decode, and gpxgo on the same bytes in the same run:
// x_gpxgo is how many times faster Decode is.
func BenchmarkDecode(b *testing.B) {
	b.Run("synthetic", func(b *testing.B) { benchmark(b, [][]byte{gpxtest.Run(start, 10_000)}) })
	b.Run("corpus", func(b *testing.B) {
		var files [][]byte
		for _, f := range corpustest.Files(b, ".gpx") {
			if _, err := gpxgo.ParseBytes(f.Data); err == nil && len(f.Data) > 300_000 {
				files = append(files, f.Data)
			}
		}
		benchmark(b, files)
	})
}

func benchmark(b *testing.B, files [][]byte) {
	var size int64
	began := time.Now()
	for _, f := range files {
		size += int64(len(f))
		if _, err := gpxgo.ParseBytes(f); err != nil {
			b.Fatal(err)
		}
	}
	theirs := time.Since(began)
	b.SetBytes(size)
	b.ReportAllocs()
	for b.Loop() {
		for _, f := range files {
			if _, err := Decode(f, track.DefaultLimits); err != nil {
				fault, ok := err.(*track.Fault)
				if !ok || fault.Code != "no_time" {
					b.Fatal(err)
				}
			}
		}
	}
	b.ReportMetric(float64(theirs)/(float64(b.Elapsed())/float64(b.N)), "x_gpxgo")
}
