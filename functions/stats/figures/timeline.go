package figures

import (
	"paceline/shared/track"
)

// gapAtLeastMS and gapIntervals say what a gap is: no sample for more than a
// minute and for more than five usual intervals.
const (
	gapAtLeastMS = 60_000
	gapIntervals = 5
)

// stillAtLeastMS is how long an XML file may have no sample, beyond five usual
// intervals, before it shows that a recorder that leaves out repetitions stood
// still: values are not held over that time. Only a gap stops the timer.
const stillAtLeastMS = 10_000

// timeline is the active time of a track: what is left when stops are cut out
// and gaps are closed.
type timeline struct {
	ms     []int64      // of each sample after the start
	active []int64      // active ms until each sample, never falling
	slotMS int64        // the usual interval between two samples
	gapMS  int64        // an interval longer than this is a gap
	stops  []track.Span // in which the timer stood
}

// newTimeline lays the active time over the samples.
func newTimeline(t *track.Track, s sport) timeline {
	ms := t.Samples.TimeMS
	tl := timeline{ms: ms, slotMS: usualInterval(ms)}
	tl.gapMS = max(gapAtLeastMS, gapIntervals*tl.slotMS)
	tl.stops = stops(t, s, tl.gapMS)
	tl.active = make([]int64, len(ms))
	cut := cutter{spans: stops(t, s, max(stillAtLeastMS, gapIntervals*tl.slotMS))}
	for i := 1; i < len(ms); i++ {
		dt := ms[i] - ms[i-1]
		dt -= cut.overlap(ms[i-1], ms[i])
		if dt > tl.gapMS {
			dt = tl.slotMS
		}
		tl.active[i] = tl.active[i-1] + dt
	}
	return tl
}

// between is the active time from sample i to sample j, in s. Where samples of
// one kind are missing for as long as a gap, it is one usual interval.
func (tl *timeline) between(i, j int) float64 { return float64(tl.betweenMS(i, j)) / 1000 }

func (tl *timeline) betweenMS(i, j int) int64 {
	dt := tl.active[j] - tl.active[i]
	if dt > tl.gapMS {
		return tl.slotMS
	}
	return dt
}

// lastMS is how long the last sample holds: as the others do, but no longer
// than a second, since nothing says that it went on.
func (tl *timeline) lastMS() int64 { return min(tl.slotMS, 1000) }

// spanS is the time from the first sample to the last, in s.
func (tl *timeline) spanS() float64 { return float64(spanMS(tl.ms)) / 1000 }

// stoppedS is the time between the first and the last sample in which the
// timer stood, in s.
func (tl *timeline) stoppedS() float64 {
	if len(tl.ms) == 0 {
		return 0
	}
	cut := cutter{spans: tl.stops}
	return float64(cut.overlap(tl.ms[0], tl.ms[len(tl.ms)-1])) / 1000
}

// usualInterval is the median of the intervals between samples, in ms, to a
// quarter of a second and at most a minute. Samples of one time do not count.
func usualInterval(ms []int64) int64 {
	const step, buckets = 250, 241
	var histogram [buckets]int
	n := 0
	for i := 1; i < len(ms); i++ {
		if dt := ms[i] - ms[i-1]; dt > 0 {
			histogram[min(dt/step, buckets-1)]++
			n++
		}
	}
	if n == 0 {
		return 1000
	}
	seen := 0
	for b, count := range histogram {
		if seen += count; 2*seen >= n {
			return max(int64(b)*step, step/2)
		}
	}
	return 1000
}

// stops are the track's own pauses, and in XML files, which know no timer, the
// stretches of more than longMS without a sample in which nobody moved on. A
// FIT file has timer events, so there they are not asked.
func stops(t *track.Track, s sport, longMS int64) []track.Span {
	own := t.Pauses
	if t.Format == "fit" || len(t.Samples.Lat) == 0 {
		return own
	}
	var found []track.Span
	ms, cut, ruler := t.Samples.TimeMS, cutter{spans: own}, ruler{}
	for i := 1; i < len(ms); i++ {
		dt := ms[i] - ms[i-1]
		if dt <= longMS || cut.overlap(ms[i-1], ms[i]) > 0 {
			continue
		}
		way := ruler.metres(t.Samples.Lat[i-1], t.Samples.Lng[i-1], t.Samples.Lat[i], t.Samples.Lng[i])
		if way < s.movingMPS*float64(dt)/1000 {
			found = append(found, track.Span{StartMS: ms[i-1], EndMS: ms[i]})
		}
	}
	if len(found) == 0 {
		return own
	}
	return merged(own, found)
}

// merged puts two lists of spans in time order into one; no two of them overlap.
func merged(a, b []track.Span) []track.Span {
	out := make([]track.Span, 0, len(a)+len(b))
	for len(a) > 0 && len(b) > 0 {
		if a[0].StartMS <= b[0].StartMS {
			out, a = append(out, a[0]), a[1:]
		} else {
			out, b = append(out, b[0]), b[1:]
		}
	}
	return append(append(out, a...), b...)
}

// cutter measures how much of a stretch lies in spans. Stretches must come in
// time order.
type cutter struct {
	spans []track.Span
	next  int
}

// overlap is the time of [from, to] in the spans, in ms.
func (c *cutter) overlap(from, to int64) int64 {
	for c.next < len(c.spans) && c.spans[c.next].EndMS <= from {
		c.next++
	}
	var sum int64
	for i := c.next; i < len(c.spans) && c.spans[i].StartMS < to; i++ {
		sum += max(0, min(to, c.spans[i].EndMS)-max(from, c.spans[i].StartMS))
	}
	return sum
}
