package points

import (
	"slices"
	"sort"
)

// repair makes the times of b rise and says which segment each point is of:
// 0 before the first of b.segments, 1 for that, and so on.
func (b *Builder) repair() []int32 {
	segment := make([]int32, len(b.s.TimeMS))
	for i, s := range b.segments {
		end := len(segment)
		if i+1 < len(b.segments) {
			end = b.segments[i+1].from
		}
		for j := s.from; j < end; j++ {
			segment[j] = int32(i + 1)
		}
	}
	if slices.IsSorted(b.s.TimeMS) {
		return segment
	}
	order := b.bySegment()
	keep := longestRising(order, b.s.TimeMS)
	if len(keep) < len(order) {
		b.Warn(WarnTimeBackwards)
	}
	b.s.TimeMS = pick(b.s.TimeMS, keep)
	for _, c := range []*[]float64{&b.s.Lat, &b.s.Lng, &b.s.DistanceM} {
		*c = pick(*c, keep)
	}
	for _, c := range []*[]float32{&b.s.ElevationM, &b.s.SpeedMPS, &b.s.HeartRateBPM,
		&b.s.CadenceRPM, &b.s.PowerW, &b.s.TemperatureC} {
		*c = pick(*c, keep)
	}
	return pick(segment, keep)
}

// bySegment lists the points with the segments in the order of their first time.
func (b *Builder) bySegment() []int32 {
	type stretch struct{ from, to int }
	n := len(b.s.TimeMS)
	var list []stretch
	add := func(from, to int) {
		if from < to {
			list = append(list, stretch{from, to})
		}
	}
	from := 0
	for _, s := range b.segments {
		add(from, s.from)
		from = s.from
	}
	add(from, n)
	first := func(s stretch) int64 { return b.s.TimeMS[s.from] }
	byTime := func(i, j int) bool { return first(list[i]) < first(list[j]) }
	if !sort.SliceIsSorted(list, byTime) {
		sort.SliceStable(list, byTime)
		b.Warn(WarnSegmentOrder)
	}
	order := make([]int32, 0, n)
	for _, s := range list {
		for i := s.from; i < s.to; i++ {
			order = append(order, int32(i))
		}
	}
	return order
}

// longestRising gives the longest part of order, in its order, whose times never
// fall: patience sorting, n log n.
func longestRising(order []int32, times []int64) []int32 {
	tails := make([]int32, 0, len(order)) // tails[k]: where the best run of k+1 points ends
	before := make([]int32, len(order))   // the place in order before it in that run, or -1
	for i, p := range order {
		t := times[p]
		k := sort.Search(len(tails), func(k int) bool { return times[order[tails[k]]] > t })
		before[i] = -1
		if k > 0 {
			before[i] = tails[k-1]
		}
		if k == len(tails) {
			tails = append(tails, int32(i))
		} else {
			tails[k] = int32(i)
		}
	}
	keep := make([]int32, len(tails))
	at := tails[len(tails)-1]
	for k := len(keep) - 1; k >= 0; k-- {
		keep[k] = order[at]
		at = before[at]
	}
	return keep
}

func pick[T any](column []T, keep []int32) []T {
	if column == nil {
		return nil
	}
	out := make([]T, len(keep))
	for i, k := range keep {
		out[i] = column[k]
	}
	return out
}
