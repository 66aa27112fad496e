package points

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"paceline/functions/upload/xmlscan"
	"paceline/shared/track"
)

const noon = int64(1_777_636_800_000) // 2026-05-01 12:00 UTC

// at adds points with a heart rate at seconds after noon; a negative number is a
// break.
func at(b *Builder, seconds ...int) {
	var p Point
	for i, s := range seconds {
		if s < 0 {
			b.Break()
			continue
		}
		p.Reset()
		p.Time, p.HasTime = xmlscan.Time{UnixMS: noon + int64(s)*1000, Zone: xmlscan.ZoneUTC}, true
		p.HeartRate = float32(100 + i)
		b.Add(&p)
	}
}

func TestOrderOfPoints(t *testing.T) {
	t.Parallel()
	span := func(from, to int64) track.Span { return track.Span{StartMS: from * 1000, EndMS: to * 1000} }
	tests := []struct {
		name   string
		give   []int
		want   []int // seconds after the first
		pauses []track.Span
		warn   []string
	}{
		{"in order", []int{0, 1, 2, 2, 5}, []int{0, 1, 2, 2, 5}, nil, nil},
		{"a gap between segments is a pause", []int{-1, 0, 1, -1, 9, 10}, []int{0, 1, 9, 10}, []track.Span{span(1, 9)}, nil},
		{"segments that touch have none", []int{-1, 0, 1, -1, 1, 2}, []int{0, 1, 1, 2}, nil, nil},
		{"an empty segment is none", []int{-1, 0, 1, -1, -1, 5, -1}, []int{0, 1, 5}, []track.Span{span(1, 5)}, nil},
		{"points before the first segment are one", []int{0, 1, -1, 5}, []int{0, 1, 5}, []track.Span{span(1, 5)}, nil},
		{"segments in the wrong order are sorted", []int{-1, 20, 21, -1, 10, 11, -1, 0},
			[]int{0, 10, 11, 20, 21}, []track.Span{span(0, 10), span(11, 20)}, []string{WarnSegmentOrder}},
		{"one point of the past is left out", []int{10, 11, 3, 12, 13}, []int{0, 1, 2, 3}, nil, []string{WarnTimeBackwards}},
		{"a clock that was ahead at first costs its points only", []int{900, 901, 10, 11, 12, 13},
			[]int{0, 1, 2, 3}, nil, []string{WarnTimeBackwards}},
		{"a clock set back costs the shorter part", []int{100, 101, 102, 103, 50, 51},
			[]int{0, 1, 2, 3}, nil, []string{WarnTimeBackwards}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var b Builder
			at(&b, tt.give...)
			s, start, pauses := b.Samples(0)
			var got []int
			for _, ms := range s.TimeMS {
				got = append(got, int(ms/1000))
			}
			if !slices.Equal(got, tt.want) || !slices.Equal(pauses, tt.pauses) || !slices.Equal(b.Warnings(), tt.warn) {
				t.Errorf("times %v, pauses %v, warnings %v", got, pauses, b.Warnings())
			}
			if len(s.HeartRateBPM) != len(s.TimeMS) || start < noon {
				t.Errorf("%d heart rates, start %d", len(s.HeartRateBPM), start)
			}
			for i, ms := range s.TimeMS { // each value stayed with its time
				given := tt.give[int(s.HeartRateBPM[i])-100]
				if int64(given)*1000+noon != start+ms {
					t.Errorf("sample %d has the value of second %d", i, given)
				}
			}
		})
	}
}

// Against the plain definition on small random rows: nothing longer rises.
func TestLongestRisingIsLongest(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(1, 2))
	for range 500 {
		times := make([]int64, 1+r.IntN(10))
		order := make([]int32, len(times))
		for i := range times {
			times[i], order[i] = int64(r.IntN(8)), int32(i)
		}
		best := 0
		for set := range 1 << len(times) {
			n, last := 0, int64(math.MinInt64)
			for i, v := range times {
				if set&(1<<i) != 0 {
					if v < last {
						n = -1
						break
					}
					n, last = n+1, v
				}
			}
			best = max(best, n)
		}
		keep := longestRising(order, times)
		if len(keep) != best || !slices.IsSortedFunc(keep, func(a, b int32) int {
			if a >= b || times[a] > times[b] {
				return 1
			}
			return -1
		}) && len(keep) > 1 {
			t.Fatalf("times %v: kept %v, want %d of them", times, keep, best)
		}
	}
}

func TestValues(t *testing.T) {
	t.Parallel()
	add := func(change func(*Point)) (track.Samples, []string) {
		var b Builder
		at(&b, 0)
		var p Point
		p.Reset()
		p.Time, p.HasTime = xmlscan.Time{UnixMS: noon + 1000, Zone: xmlscan.ZoneUTC}, true
		change(&p)
		b.Add(&p)
		s, _, _ := b.Samples(0)
		return s, b.Warnings()
	}
	tests := []struct {
		name string
		give func(*Point)
		warn string
		lat  bool
	}{
		{"a position", func(p *Point) { p.Lat, p.Lng = 47, -120 }, "", true},
		{"the poles", func(p *Point) { p.Lat, p.Lng = -90, 180 }, "", true},
		{"latitude 91", func(p *Point) { p.Lat, p.Lng = 91, 0 }, WarnPosition, false},
		{"longitude -180.1", func(p *Point) { p.Lat, p.Lng = 1, -180.1 }, WarnPosition, false},
		{"latitude 1e308", func(p *Point) { p.Lat, p.Lng = 1e308, 1 }, WarnPosition, false},
		{"an infinite longitude", func(p *Point) { p.Lat, p.Lng = 1, math.Inf(1) }, WarnPosition, false},
		{"a latitude alone", func(p *Point) { p.Lat = 1 }, WarnPosition, false},
		{"0/0, which is no fix", func(p *Point) { p.Lat, p.Lng = 0, 0 }, WarnPosition, false},
		{"the equator", func(p *Point) { p.Lat, p.Lng = 0, 9 }, "", true},
		{"no heart rate as -1", func(p *Point) { p.HeartRate = -1 }, "", false},
		{"a heart rate of 255", func(p *Point) { p.HeartRate = 255 }, WarnValueOutOfRange, false},
		{"a power of 65535", func(p *Point) { p.Power = 65535 }, WarnValueOutOfRange, false},
		{"an elevation on no mountain", func(p *Point) { p.Elevation = 3e38 }, WarnValueOutOfRange, false},
		{"a negative speed", func(p *Point) { p.Speed = -1 }, WarnValueOutOfRange, false},
		{"no zone", func(p *Point) { p.Time.Zone = xmlscan.ZoneMissing }, WarnZoneMissing, false},
		{"the year 0", func(p *Point) { p.Time.UnixMS = -62167219200000 }, WarnTimeUnreadable, false},
		{"the year 9999", func(p *Point) { p.Time.UnixMS = 253402300799000 }, WarnTimeUnreadable, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s, warnings := add(tt.give)
			if tt.warn == "" && len(warnings) > 0 || tt.warn != "" && !slices.Equal(warnings, []string{tt.warn}) {
				t.Errorf("warnings %v, want %q", warnings, tt.warn)
			}
			if (s.Lat != nil) != tt.lat || (s.Lng != nil) != tt.lat {
				t.Errorf("lat %v, lng %v", s.Lat, s.Lng)
			}
			if s.PowerW != nil || s.SpeedMPS != nil || s.ElevationM != nil {
				t.Error("a value out of range became a column")
			}
		})
	}
}

func TestSamplesStart(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name             string
		declared, offset int64
	}{{"the first sample", 0, 0}, {"an earlier declared start", noon - 5000, 5000}, {"not a later one", noon + 5000, 0}} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var b Builder
			at(&b, 0, 1)
			s, start, _ := b.Samples(tt.declared)
			if start != noon-tt.offset || s.TimeMS[0] != tt.offset {
				t.Errorf("start %d, first %d", start-noon, s.TimeMS[0])
			}
		})
	}
}
