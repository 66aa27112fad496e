package fit_test

import (
	"testing"

	"paceline/functions/upload/fit"
	"paceline/functions/upload/fit/fittest"
	"paceline/functions/upload/xmlscan/corpustest"
	"paceline/shared/track"
)

// FuzzDecode looks for input that makes Decode panic, hang, or make tracks
// that break their promises.
func FuzzDecode(f *testing.F) {
	for _, seed := range [][]byte{
		fittest.Run(start, 130), fittest.Ride(start, 5), fittest.PoolSwim(start, 6), fittest.Triathlon(start),
		fittest.Strength(start, 3), fittest.Lifting(start), fittest.Dive(start), fittest.Course(start), fittest.Workout(start),
	} {
		f.Add(seed)
		f.Add(seed[14 : len(seed)-2])
	}
	corpustest.Seeds(f, fit.Sniff)
	lim := track.Limits{Points: 5000, Workouts: 10, Depth: 1}
	f.Fuzz(func(t *testing.T, data []byte) {
		// As it is, and as the messages of a file with right checksums, so that
		// mutations reach behind them.
		for _, input := range [][]byte{data, fittest.Seal(data)} {
			all, err := fit.Decode(input, lim)
			if c := code(err); len(c) > 8 && c[:8] == "no fault" {
				t.Errorf("%v is no fault", err)
			}
			if (err == nil) != (len(all) > 0) {
				t.Errorf("%d tracks and %v", len(all), err)
			}
			for _, x := range all {
				check(t, x)
			}
		}
	})
}
