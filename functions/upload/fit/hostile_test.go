package fit_test

import (
	"bytes"
	"encoding/binary"
	"math/rand/v2"
	"runtime"
	"slices"
	"testing"
	"time"

	"paceline/functions/upload/fit"
	"paceline/functions/upload/fit/fittest"
	"paceline/shared/track"
)

// Large files that are made to be costly.
func TestHostileFilesStayCheap(t *testing.T) {
	const size = 8 << 20
	fill := func(w *fittest.Wire, unit ...byte) []byte {
		return fittest.Seal(append(w.Messages(), bytes.Repeat(unit, size/len(unit))...))
	}
	stop := binary.LittleEndian.AppendUint32([]byte{1}, now)
	wide := make([]f, 255)
	for i := range wide {
		wide[i] = f{byte(i % 253), 1, fittest.Uint8}
	}
	for name, data := range map[string][]byte{
		"a million empty files":             bytes.Repeat(fittest.Seal(nil), size/16),
		"records without fields":            fill(fittest.NewWire().Activity().Define(1, 20), 1),
		"sessions without fields":           fill(fittest.NewWire().Activity().Define(1, 18), 1),
		"laps without fields":               fill(fittest.NewWire().Activity().Define(1, 19), 1),
		"lengths of fields without bytes":   fill(fittest.NewWire().Activity().Define(1, 101, slices.Repeat([]f{{2, 0, fittest.Uint32}}, 255)...), 1),
		"sets of one exercise":              fill(fittest.NewWire().Activity().Define(1, 225, f{7, 2, fittest.Uint16}, f{8, 2, fittest.Uint16}), 1, 28, 0, 255, 0),
		"names of exercises":                fill(fittest.NewWire().Activity().Define(1, 264, f{0, 2, fittest.Uint16}, f{2, 2, fittest.String}), 1, 'x', 'y', 'x', 'y'),
		"summaries of dives":                fill(fittest.NewWire().Activity().Define(1, 268, f{0, 2, fittest.Uint16}, f{1, 2, fittest.Uint16}), 1, 18, 0, 'x', 'y'),
		"devices without fields":            fill(fittest.NewWire().Activity().Define(1, 23), 1),
		"stops and starts of the timer":     fill(fittest.NewWire().Activity().Define(1, 21, stamp, f{0, 1, fittest.Enum}, f{1, 1, fittest.Enum}), append(stop, 0, 0, stop[0], stop[1], stop[2], stop[3], stop[4], 0, 1)...),
		"definitions over and over":         fill(fittest.NewWire().Activity(), 0x41, 0, 0, 20, 0, 1, 253, 4, 0x86),
		"wide definitions over and over":    fill(fittest.NewWire().Activity(), fittest.NewWire().Define(1, 20, wide...).Messages()...),
		"field descriptions over and over":  fill(fittest.NewWire().Activity().Define(3, 206, f{1, 1, fittest.Uint8}, f{0, 1, fittest.Uint8}, f{15, 1, fittest.Uint8}), 3, 1, 2, 7),
		"messages of many readings of beat": fill(fittest.NewWire().Activity().Define(1, 132, stamp, f{9, 252, fittest.Uint32}, f{6, 63, fittest.Uint8}), append(stop, bytes.Repeat([]byte{80}, 315)...)...),
	} {
		var before, after runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&before)
		begin := time.Now()
		_, err := fit.Decode(data, track.DefaultLimits)
		took := time.Since(begin)
		runtime.ReadMemStats(&after)
		grown := int64(after.HeapSys>>20) - int64(before.HeapSys>>20)
		t.Logf("%-34s %4.0f ms, %3d MB more heap, %v", name, took.Seconds()*1000, grown, err)
		if took > 5*time.Second || grown > 128 {
			t.Errorf("%s: took %v and %d MB", name, took, grown)
		}
	}
}

// Mutations of good files, always the same ones, must keep every promise.
func TestMutatedFiles(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(1, 2))
	seeds := [][]byte{fittest.Run(start, 130), fittest.PoolSwim(start, 6), fittest.Triathlon(start), fittest.Strength(start, 3), fittest.Lifting(start), fittest.Dive(start)}
	for range 20_000 {
		seed := seeds[r.IntN(len(seeds))]
		b := bytes.Clone(seed[14 : len(seed)-2])
		for range 1 + r.IntN(6) {
			b[r.IntN(len(b))] = byte(r.Uint32())
		}
		if r.IntN(2) == 0 {
			from := r.IntN(len(b))
			b = slices.Delete(b, from, from+r.IntN(len(b)-from))
		}
		all, err := fit.Decode(fittest.Seal(b), track.Limits{Points: 5000, Workouts: 10})
		if (err == nil) != (len(all) > 0) {
			t.Fatalf("%d tracks and %v", len(all), err)
		}
		for _, x := range all {
			check(t, x)
		}
	}
}
