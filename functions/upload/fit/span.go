package fit

import (
	"cmp"
	"math"
	"slices"
	"sort"

	"paceline/functions/upload/fit/profile"
	"paceline/shared/track"
)

// Fields of laps and lengths that are not totals.
const (
	lapIntensity  = 23
	lapTrigger    = 24
	lapSport      = 25
	lengthStrokes = 5
	lengthStroke  = 7
	lengthType    = 12
)

// placeSpans gives laps, lengths and sets their starts and sorts them, and finds the
// pauses of the whole file, so that sessions can take their share.
func (p *part) placeSpans() {
	p.laps = placed(p.laps, p.startOf)
	p.lengths = placed(p.lengths, p.startOf)
	p.sets = placed(p.sets, p.setStartOf)
	p.pauses = p.findPauses()
}

// placed leaves out what has no start.
func placed(all []kept, startOf func(kept) (int64, bool)) []kept {
	out := all[:0]
	for _, k := range all {
		if at, ok := startOf(k); ok {
			k.at = at
			out = append(out, k)
		}
	}
	slices.SortStableFunc(out, func(a, b kept) int { return cmp.Compare(a.at, b.at) })
	return out
}

// addSpans gives a track the laps, lengths, sets and pauses of its session; start is
// where its time begins.
func (p *part) addSpans(t *track.Track, s *session, start int64) {
	for _, k := range s.share(p.laps) {
		t.Laps = append(t.Laps, p.lap(k, start))
	}
	for _, k := range s.share(p.lengths) {
		t.Lengths = append(t.Lengths, length(k, start))
	}
	for _, k := range s.share(p.sets) {
		t.Sets = append(t.Sets, p.set(k, start))
	}
	at := sort.Search(len(p.pauses), func(i int) bool { return p.pauses[i].EndMS > s.begin })
	for _, pause := range p.pauses[at:] {
		if pause.StartMS >= s.end {
			break
		}
		from, to := max(pause.StartMS, s.begin), min(pause.EndMS, s.end)
		if from < to {
			t.Pauses = append(t.Pauses, track.Span{StartMS: from - start, EndMS: to - start})
		}
	}
}

// share is what of all, sorted by start, began in the session. What began
// before any session belongs to the first.
func (s *session) share(all []kept) []kept {
	from, to := 0, sort.Search(len(all), func(i int) bool { return all[i].at >= s.until })
	if !s.first {
		from = sort.Search(len(all), func(i int) bool { return all[i].at >= s.start })
	}
	return all[from:max(from, to)]
}

func (p *part) lap(k kept, start int64) track.Lap {
	l := track.Lap{
		Trigger:   profile.LapTrigger(uint8(k.whole(lapTrigger, 0xFF))),
		Intensity: profile.Intensity(uint8(k.whole(lapIntensity, 0xFF))),
		Totals:    k.totals(&lapFields),
	}
	p.dived(messageLap, k.message, &l.Totals)
	end := k.at
	if elapsed := k.native(totalElapsed); !math.IsNaN(elapsed) {
		end += int64(elapsed)
	} else if k.when != noTime {
		end = p.clock.ms(k.when)
	}
	l.StartMS = max(0, k.at-start)
	l.EndMS = max(l.StartMS, end-start)
	return l
}

func length(k kept, start int64) track.Length {
	l := track.Length{
		Stroke:  profile.SwimStroke(uint8(k.whole(lengthStroke, 0xFF))),
		Strokes: track.Some(k.native(lengthStrokes)),
	}
	switch k.whole(lengthType, 0xFF) {
	case 0:
	case 1:
		l.Active = true
	default:
		l.Active = l.Strokes != nil && *l.Strokes > 0
	}
	l.StartMS = max(0, k.at-start)
	l.EndMS = l.StartMS
	if elapsed := k.native(lengthElapsed); !math.IsNaN(elapsed) {
		l.EndMS += int64(elapsed)
	}
	return l
}

// findPauses are the times from a stop of the timer to its next start. A stop
// that no start follows is the end of the workout, not a pause.
func (p *part) findPauses() []track.Span {
	slices.SortStableFunc(p.events, func(a, b timerEvent) int {
		return cmp.Compare(p.clock.ms(a.when), p.clock.ms(b.when))
	})
	var out []track.Span
	stopped, since := false, int64(0)
	for _, e := range p.events {
		at := p.clock.ms(e.when)
		switch {
		case !e.start && !stopped:
			stopped, since = true, at
		case e.start && stopped:
			stopped = false
			if at > since {
				out = append(out, track.Span{StartMS: since, EndMS: at})
			}
		}
	}
	return out
}
