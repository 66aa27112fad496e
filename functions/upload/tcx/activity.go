package tcx

import (
	"slices"
	"strings"
	"time"

	"paceline/functions/upload/xmlscan"
	"paceline/functions/upload/xmlscan/points"
	"paceline/shared/track"
)

const (
	// maxName is the longest note that is taken for a name: apps put the title
	// there, people a diary.
	maxName = 80
	// farMS is how far a declared start may lie from the samples: a device is
	// started at home, but not days before.
	farMS = 24 * 3600 * 1000
	// pauseMS is the shortest standstill of the timer between two laps that
	// counts: lap starts are written in whole seconds.
	pauseMS = 3000
)

// activity is one workout while it is read.
type activity struct {
	t    *track.Track
	b    points.Builder
	id   xmlscan.Time
	laps []lap
}

// lap is a lap with its times absolute, in ms after 1970.
type lap struct {
	start       int64 // 0 when the file does not say
	first, last int64 // of its samples, 0 without
	tracks      int   // with samples
	track.Lap
}

// notes takes one short line for the name and anything else for the description.
func (a *activity) notes(text string) {
	if a.t.Name == "" && len(text) <= maxName && !strings.Contains(text, "\n") {
		a.t.Name = text
		return
	}
	a.t.Description = text
}

// build makes the track of what was read, and says whether there is one.
func (a *activity) build() bool {
	if a.b.Len() > 0 && a.b.Untimed() > 0 {
		a.b.Warn(points.WarnTimeMissing)
	}
	a.placeLaps()
	var declared int64
	if len(a.laps) > 0 {
		declared = a.laps[0].start
	}
	seconds := 0.0
	for _, l := range a.laps {
		if s := l.Totals.TimerS; s != nil {
			seconds += *s
		}
	}
	if a.b.Len() == 0 && (declared == 0 || seconds <= 0) {
		return false
	}
	var start int64
	a.t.Samples, start, a.t.Pauses = a.b.Samples(declared)
	a.t.StartedAt = time.UnixMilli(start).UTC()
	a.closeLaps(start)
	a.t.Session = session(a.t)
	return true
}

// placeLaps gives every lap a start, drops those that have none, and puts them
// in time order. A start far from the lap's own samples is a wrong clock.
func (a *activity) placeLaps() {
	kept := a.laps[:0]
	for _, l := range a.laps {
		if l.last != 0 && l.start != 0 && (l.start > l.last || l.start < l.first-farMS) {
			a.b.Warn(points.WarnStartImplausible)
			l.start = 0
		}
		if l.start == 0 {
			l.start = l.first
		}
		if l.start == 0 && len(kept) == 0 && points.Plausible(a.id) {
			l.start = a.id.UnixMS
		}
		if l.start == 0 {
			a.b.Warn(points.WarnLapUnreadable)
			continue
		}
		kept = append(kept, l)
	}
	slices.SortStableFunc(kept, func(a, b lap) int { return int(min(max(a.start-b.start, -1), 1)) })
	a.laps = kept
}

// closeLaps makes lap times relative to the start. A lap ends where the next one
// begins, the last with its samples or its timer.
func (a *activity) closeLaps(start int64) {
	for i, l := range a.laps {
		timed := l.start // where the timer would stand without a pause
		if s := l.Totals.TimerS; s != nil {
			timed += int64(*s * 1000)
		}
		end := max(timed, l.last)
		if i+1 < len(a.laps) {
			next := a.laps[i+1].start
			if l.tracks <= 1 && l.Totals.TimerS != nil && l.last <= timed+pauseMS && next-end >= pauseMS {
				a.t.Pauses = append(a.t.Pauses, track.Span{StartMS: end - start, EndMS: next - start})
			}
			end = next
		}
		l.Lap.Span = track.Span{StartMS: l.start - start, EndMS: end - start}
		a.t.Laps = append(a.t.Laps, l.Lap)
	}
	a.t.Pauses = merged(a.t.Pauses)
}

// merged sorts pauses and joins those that overlap.
func merged(pauses []track.Span) []track.Span {
	slices.SortFunc(pauses, func(a, b track.Span) int { return int(min(max(a.StartMS-b.StartMS, -1), 1)) })
	var out []track.Span
	for _, p := range pauses {
		if n := len(out); n > 0 && p.StartMS <= out[n-1].EndMS {
			out[n-1].EndMS = max(out[n-1].EndMS, p.EndMS)
			continue
		}
		out = append(out, p)
	}
	return out
}
