package fit_test

import (
	"bytes"
	"cmp"
	"slices"
	"testing"
	"time"

	"github.com/muktihari/fit/decoder"
	"github.com/muktihari/fit/profile/filedef"

	"paceline/functions/upload/fit"
	"paceline/functions/upload/fit/fittest"
	"paceline/shared/track"
)

// benchFiles are the ten biggest files of the corpus that are taken, or a
// generated ride of 24 hours.
func benchFiles(b *testing.B) [][]byte {
	if _, found := corpusDir(); !found {
		return [][]byte{fittest.Ride(start, 24*3600)}
	}
	var files [][]byte
	for _, data := range corpusFiles(b) {
		if _, err := fit.Decode(data, track.DefaultLimits); err == nil {
			files = append(files, data)
		}
	}
	slices.SortFunc(files, func(x, y []byte) int { return cmp.Compare(len(y), len(x)) })
	return files[:min(10, len(files))]
}

// readTyped decodes by the book: the peer's typed activity listener.
func readTyped(data []byte) error {
	listener := filedef.NewListener()
	defer listener.Close()
	d := decoder.New(bytes.NewReader(data), decoder.WithMesgListener(listener), decoder.WithBroadcastOnly(), decoder.WithIgnoreChecksum())
	for d.Next() {
		if _, err := d.Decode(); err != nil {
			return err
		}
		listener.File()
	}
	return nil
}

// BenchmarkDecode measures Decode with all its checks and the peer without a
// checksum on the same files in the same run.
func BenchmarkDecode(b *testing.B) {
	files := benchFiles(b)
	size := 0
	for _, data := range files {
		size += len(data)
	}
	b.ReportAllocs()
	b.SetBytes(int64(size))
	for b.Loop() {
		for _, data := range files {
			if _, err := fit.Decode(data, track.DefaultLimits); err != nil {
				b.Fatal(err)
			}
		}
	}
	ours := b.Elapsed() / time.Duration(b.N)
	const rounds = 5
	begin := time.Now()
	for range rounds {
		for _, data := range files {
			if err := readTyped(data); err != nil {
				b.Fatal(err)
			}
		}
	}
	peer := time.Since(begin) / rounds
	b.ReportMetric(float64(size)/1e6/peer.Seconds(), "peer-MB/s")
	b.ReportMetric(peer.Seconds()/ours.Seconds(), "times-peer")
}

// BenchmarkDay is a day at one sample a second with all columns; the memory
// is that of the columns.
func BenchmarkDay(b *testing.B) {
	data := fittest.Ride(start, 24*3600)
	b.ReportAllocs()
	b.SetBytes(int64(len(data)))
	for b.Loop() {
		if _, err := fit.Decode(data, track.DefaultLimits); err != nil {
			b.Fatal(err)
		}
	}
}
