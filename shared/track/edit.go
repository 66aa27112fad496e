package track

import (
	"math"
	"slices"
	"time"
)

// maxApart is the longest time between two tracks that are one workout.
const maxApart = 24 * time.Hour

// EndMS is when the last sample was taken, in ms after the start; 0 without samples.
func (t *Track) EndMS() int64 {
	if n := t.Samples.Len(); n > 0 {
		return t.Samples.TimeMS[n-1]
	}
	return 0
}

// Cut is the part of a track with the samples from fromMS up to and with toMS,
// in ms after the start, as a workout of its own that starts at its first
// sample; nil when those are fewer than two. The device's totals are of the
// whole and not of a part, so the part has none, nor has a lap that is cut.
func (t *Track) Cut(fromMS, toMS int64) *Track {
	ms := t.Samples.TimeMS
	lo, _ := slices.BinarySearch(ms, fromMS)
	hi := lo
	for hi < len(ms) && ms[hi] <= toMS {
		hi++
	}
	if hi-lo < 2 {
		return nil
	}
	base, end := ms[lo], ms[hi-1]
	out := *t
	out.StartedAt, out.Session = t.StartedAt.Add(time.Duration(base)*time.Millisecond), Totals{}
	out.Samples = t.Samples.part(lo, hi)
	out.Laps, out.Pauses, out.Lengths, out.Sets = nil, nil, nil, nil
	for _, l := range t.Laps {
		span, whole, ok := l.within(base, end)
		if !ok {
			continue
		}
		if !whole {
			l.Totals = Totals{}
		}
		l.Span = span
		out.Laps = append(out.Laps, l)
	}
	for _, p := range t.Pauses {
		if span, _, ok := p.within(base, end); ok {
			out.Pauses = append(out.Pauses, span)
		}
	}
	for _, l := range t.Lengths {
		if span, whole, ok := l.within(base, end); ok && whole {
			l.Span = span
			out.Lengths = append(out.Lengths, l)
		}
	}
	for _, s := range t.Sets {
		if span, whole, ok := s.within(base, end); ok && whole {
			s.Span = span
			out.Sets = append(out.Sets, s)
		}
	}
	return &out
}

// within is the part of a span that lies between two times, after the first of
// them; whether that is all of it, and whether there is any.
func (s Span) within(from, to int64) (part Span, whole, ok bool) {
	a, b := max(s.StartMS, from), min(s.EndMS, to)
	return Span{a - from, b - from}, a == s.StartMS && b == s.EndMS, a < b
}

// part are the samples from lo up to but without hi, with times and distances
// from the first of them on.
func (s *Samples) part(lo, hi int) Samples {
	out := Samples{
		TimeMS: slice(s.TimeMS, lo, hi), Lat: slice(s.Lat, lo, hi), Lng: slice(s.Lng, lo, hi), ElevationM: slice(s.ElevationM, lo, hi),
		DistanceM: slice(s.DistanceM, lo, hi), SpeedMPS: slice(s.SpeedMPS, lo, hi), HeartRateBPM: slice(s.HeartRateBPM, lo, hi),
		CadenceRPM: slice(s.CadenceRPM, lo, hi), PowerW: slice(s.PowerW, lo, hi), TemperatureC: slice(s.TemperatureC, lo, hi),
		DepthM: slice(s.DepthM, lo, hi),
	}
	base := out.TimeMS[0]
	for i := range out.TimeMS {
		out.TimeMS[i] -= base
	}
	if i := slices.IndexFunc(out.DistanceM, isNumber); i >= 0 {
		base := out.DistanceM[i]
		for i := range out.DistanceM {
			out.DistanceM[i] -= base
		}
	}
	return out
}

func isNumber(v float64) bool { return !math.IsNaN(v) }

func slice[T any](column []T, lo, hi int) []T {
	if column == nil {
		return nil
	}
	return slices.Clone(column[lo:hi])
}

// Join makes one workout of several, in the order of their starts. What is
// between two of them is a pause. The kind, the names and the clock are the
// first one's; the device's totals are of the parts, so the whole has none.
func Join(parts ...*Track) (*Track, *Fault) {
	parts = slices.Clone(parts)
	slices.SortStableFunc(parts, func(a, b *Track) int { return a.StartedAt.Compare(b.StartedAt) })
	points := 0
	for i, p := range parts {
		points += p.Samples.Len()
		switch {
		case p.Samples.Len() == 0:
			return nil, &Fault{Code: "no_samples", Detail: "a workout without samples is no part of another", Offset: -1}
		case points > DefaultLimits.Points:
			return nil, &Fault{Code: "too_many_points", Detail: "together they have too many samples", Offset: -1}
		case i == 0:
			continue
		}
		apart := p.StartedAt.Sub(parts[i-1].StartedAt) - time.Duration(parts[i-1].EndMS())*time.Millisecond
		switch {
		case apart < 0:
			return nil, &Fault{Code: "workouts_overlap", Detail: "two of them were under way at the same time", Offset: -1}
		case apart > maxApart:
			return nil, &Fault{Code: "workouts_apart", Detail: "more than a day lies between two of them", Offset: -1}
		}
	}
	out := *parts[0]
	out.Session, out.Samples, out.Laps, out.Pauses, out.Lengths, out.Sets, out.Warnings = Totals{}, Samples{}, nil, nil, nil, nil, nil
	for _, p := range parts {
		out.append(p, p.StartedAt.Sub(out.StartedAt).Milliseconds())
	}
	out.Samples.join(parts)
	return &out, nil
}

// append takes over what is not in columns of a part that starts at ms.
func (t *Track) append(p *Track, at int64) {
	if n := len(t.Samples.TimeMS); n > 0 && t.Samples.TimeMS[n-1] < at {
		t.Pauses = append(t.Pauses, Span{t.Samples.TimeMS[n-1], at})
	}
	for _, ms := range p.Samples.TimeMS {
		t.Samples.TimeMS = append(t.Samples.TimeMS, at+ms)
	}
	for _, s := range p.Pauses {
		t.Pauses = append(t.Pauses, s.after(at))
	}
	for _, l := range p.Laps {
		l.Span = l.Span.after(at)
		t.Laps = append(t.Laps, l)
	}
	for _, l := range p.Lengths {
		l.Span = l.Span.after(at)
		t.Lengths = append(t.Lengths, l)
	}
	for _, s := range p.Sets {
		s.Span = s.Span.after(at)
		t.Sets = append(t.Sets, s)
	}
	for _, w := range p.Warnings {
		if !slices.Contains(t.Warnings, w) {
			t.Warnings = append(t.Warnings, w)
		}
	}
	t.Barometric = t.Barometric && p.Barometric
	if t.PoolLengthM != nil && (p.PoolLengthM == nil || *p.PoolLengthM != *t.PoolLengthM) {
		t.PoolLengthM = nil
	}
}

func (s Span) after(ms int64) Span { return Span{s.StartMS + ms, s.EndMS + ms} }

// join makes the columns of those of the parts. Of distance and speed there is
// only what all of them have: both are found in the positions else.
func (s *Samples) join(parts []*Track) {
	column := func(of func(*Samples) []float32, all bool) []float32 {
		return joined(parts, of, all, float32(math.NaN()))
	}
	exact := func(of func(*Samples) []float64, all bool) []float64 { return joined(parts, of, all, math.NaN()) }
	s.Lat, s.Lng = exact(func(p *Samples) []float64 { return p.Lat }, false), exact(func(p *Samples) []float64 { return p.Lng }, false)
	s.ElevationM = column(func(p *Samples) []float32 { return p.ElevationM }, false)
	s.SpeedMPS = column(func(p *Samples) []float32 { return p.SpeedMPS }, true)
	s.HeartRateBPM = column(func(p *Samples) []float32 { return p.HeartRateBPM }, false)
	s.CadenceRPM = column(func(p *Samples) []float32 { return p.CadenceRPM }, false)
	s.PowerW = column(func(p *Samples) []float32 { return p.PowerW }, false)
	s.TemperatureC = column(func(p *Samples) []float32 { return p.TemperatureC }, false)
	s.DepthM = column(func(p *Samples) []float32 { return p.DepthM }, false)
	before := 0.0 // the way of the parts before
	s.DistanceM = exact(func(p *Samples) []float64 {
		out := slices.Clone(p.DistanceM)
		last := before
		for i := range out {
			out[i] += before
			if isNumber(out[i]) {
				last = out[i]
			}
		}
		before = last
		return out
	}, true)
}

// joined is a column of all parts, with none where a part has not got it; nil
// when no part has it, or when all are wanted and one has not.
func joined[T any](parts []*Track, of func(*Samples) []T, all bool, none T) []T {
	var out []T
	have := 0
	for _, p := range parts {
		column := of(&p.Samples)
		if column == nil {
			out = append(out, slices.Repeat([]T{none}, p.Samples.Len())...)
			continue
		}
		have++
		out = append(out, column...)
	}
	if have == 0 || (all && have < len(parts)) {
		return nil
	}
	return out
}
