package watch

import (
	"time"

	"paceline/events"
)

// parts is in how many a window forgets.
const parts = 10

// Window is what one rule saw of late of one subject.
type Window struct {
	Counts   map[int64]int        `json:"counts,omitempty"`   // by slice of the rule's time
	Distinct map[string]time.Time `json:"distinct,omitempty"` // what differs, and when it was last seen
	Alert    *Said                `json:"alert,omitempty"`
}

// Said is the alert that a window led to, until the window is empty again.
type Said struct {
	ID      string    `json:"id"`
	FirstAt time.Time `json:"first_at"`
	SaidAt  time.Time `json:"said_at"`
}

// add counts a signal, and forgets what is too old. Signals may come late and in
// any order: each counts in its own time.
func (w *Window) add(r rule, s events.SecuritySignal, now time.Time) {
	if s.At.Before(now.Add(-r.within)) {
		return
	}
	if r.distinct != "" {
		w.differ(r, value(r.distinct, s), s.At, now)
		return
	}
	step := r.within / parts
	if w.Counts == nil {
		w.Counts = map[int64]int{}
	}
	w.Counts[s.At.UnixNano()/int64(step)] += max(s.Count, 1)
	for slice := range w.Counts {
		if slice <= now.Add(-r.within).UnixNano()/int64(step) {
			delete(w.Counts, slice)
		}
	}
}

// differ counts what differs, up to what the rule needs and as much again.
func (w *Window) differ(r rule, what string, at, now time.Time) {
	if w.Distinct == nil {
		w.Distinct = map[string]time.Time{}
	}
	for v, seen := range w.Distinct {
		if seen.Before(now.Add(-r.within)) {
			delete(w.Distinct, v)
		}
	}
	if _, known := w.Distinct[what]; known || len(w.Distinct) < 2*r.count {
		if at.After(w.Distinct[what]) {
			w.Distinct[what] = at
		}
	}
}

// total is how many the window holds.
func (w *Window) total() int {
	if w.Distinct != nil {
		return len(w.Distinct)
	}
	n := 0
	for _, c := range w.Counts {
		n += c
	}
	return n
}

// sayAgain is how often an alert that goes on is said again.
const sayAgain = 5 * time.Minute

// judge says whether an alert is to be said now: when the rule's number is
// reached, and again while it goes on. id is for an alert that is new.
func (w *Window) judge(r rule, now time.Time, id string) bool {
	if w.total() < r.count {
		return false
	}
	if w.Alert != nil && now.Sub(w.Alert.SaidAt) > r.within+sayAgain {
		w.Alert = nil // it had ended
	}
	if w.Alert == nil {
		w.Alert = &Said{ID: id, FirstAt: now}
	} else if now.Sub(w.Alert.SaidAt) < sayAgain {
		return false
	}
	w.Alert.SaidAt = now
	return true
}

// alert is what is said of a window.
func (w *Window) alert(r rule, about string, s events.SecuritySignal, now time.Time) events.SecurityAlert {
	a := events.SecurityAlert{
		AlertID: w.Alert.ID, Rule: r.id, Level: r.level, About: r.by, Value: about, Count: w.total(),
		FirstAt: w.Alert.FirstAt, LastAt: now, Sample: s,
	}
	if r.block > 0 && (r.by == byAddress || r.by == byActor) {
		until := now.Add(r.block)
		a.BlockUntil = &until
	}
	return a
}
