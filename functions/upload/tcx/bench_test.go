package tcx

import (
	"bytes"
	"encoding/xml"
	"testing"
	"time"

	"paceline/functions/upload/tcx/tcxtest"
	"paceline/functions/upload/xmlscan/corpustest"
	"paceline/shared/track"
)

// BenchmarkDecode measures Decode, and encoding/xml on the same bytes in the
// same run: x_encoding_xml is how many times faster Decode is.
func BenchmarkDecode(b *testing.B) {
	b.Run("synthetic", func(b *testing.B) { benchmark(b, [][]byte{tcxtest.Run(start, 10_000)}) })
	b.Run("corpus", func(b *testing.B) {
		var files [][]byte
		for _, f := range corpustest.Files(b, ".tcx") {
			if len(f.Data) > 100_000 {
				files = append(files, bytes.TrimPrefix(f.Data, []byte("\xEF\xBB\xBF")))
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
		var file plainFile
		if err := xml.Unmarshal(f, &file); err != nil {
			b.Fatal(err)
		}
	}
	theirs := time.Since(began)
	b.SetBytes(size)
	b.ReportAllocs()
	for b.Loop() {
		for _, f := range files {
			if _, err := Decode(f, track.DefaultLimits); err != nil {
				b.Fatal(err)
			}
		}
	}
	b.ReportMetric(float64(theirs)/(float64(b.Elapsed())/float64(b.N)), "x_encoding_xml")
}
