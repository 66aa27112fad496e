package stats

import (
	"slices"
	"strconv"
	"time"

	"paceline/functions/stats/figures"
)

// Step is a best of its time: better than all of its kind before it.
type Step struct {
	Value     float64   `json:"v"` // as of a figures.Peak
	WorkoutID string    `json:"w"`
	At        time.Time `json:"t"` // the start of the workout, with its own offset
	StartS    float64   `json:"s,omitempty"`
}

// Ladder is the history of a record: its steps by time, each better than the
// one before. The ladder of a year is that of its months put together, and so
// on: what was a record of the year was one of its month.
type Ladder []Step

// Ladders are the ladders of a sport, by what was done (see peakKey).
type Ladders map[string]Ladder

// peakKey names what a peak is the best of: "distance/5000", "power/300",
// "total/elevation_gain_m".
func peakKey(p figures.Peak) string {
	if p.Kind == figures.ByTotal {
		return string(p.Kind) + "/" + p.Name
	}
	return string(p.Kind) + "/" + strconv.FormatFloat(p.Over, 'f', -1, 64)
}

// parseKey is the peak that a key names, without a value.
func parseKey(key string) (figures.Peak, bool) {
	kind, what, ok := cut(key)
	p := figures.Peak{Kind: figures.PeakKind(kind)}
	if p.Kind == figures.ByTotal {
		p.Name = what
		return p, ok
	}
	over, err := strconv.ParseFloat(what, 64)
	p.Over = over
	return p, ok && err == nil
}

func cut(key string) (kind, what string, ok bool) {
	for i := range len(key) {
		if key[i] == '/' {
			return key[:i], key[i+1:], true
		}
	}
	return key, "", false
}

// before says which of two steps comes first; the workout's id decides between
// two of one moment, so that every order of events gives the same ladder.
func (s Step) before(o Step) bool {
	if !s.At.Equal(o.At) {
		return s.At.Before(o.At)
	}
	return s.WorkoutID < o.WorkoutID
}

// with is the ladder with a step put in where it belongs; it says whether that
// changed it. What is no longer better than all before it goes.
func (l Ladder) with(s Step, better func(v, w float64) bool) (Ladder, bool) {
	i := 0
	for i < len(l) && l[i].before(s) {
		i++
	}
	if i > 0 && !better(s.Value, l[i-1].Value) {
		return l, false
	}
	end := i
	for end < len(l) && !better(l[end].Value, s.Value) {
		end++
	}
	return slices.Concat(l[:i], Ladder{s}, l[end:]), true
}

// add puts the peaks of a workout that count into the ladders and says whether
// that changed any.
func (l Ladders) add(c *Contribution) bool {
	changed := false
	for _, p := range c.Peaks {
		if p.Doubt != "" {
			continue
		}
		key := peakKey(p)
		next, ok := l[key].with(Step{p.Value, c.WorkoutID, c.At, p.StartS}, p.Better)
		if ok {
			l[key], changed = next, true
		}
	}
	return changed
}

// merge adds all steps of other ladders.
func (l Ladders) merge(o Ladders) {
	for key, steps := range o {
		p, ok := parseKey(key)
		if !ok {
			continue
		}
		for _, s := range steps {
			if next, ok := l[key].with(s, p.Better); ok {
				l[key] = next
			}
		}
	}
}

// holds says whether a workout has a step in any ladder.
func (l Ladders) holds(workout string) bool {
	for _, steps := range l {
		for _, s := range steps {
			if s.WorkoutID == workout {
				return true
			}
		}
	}
	return false
}

// top is the newest step of a ladder, the record that holds.
func (l Ladders) top(key string) (Step, bool) {
	steps := l[key]
	if len(steps) == 0 {
		return Step{}, false
	}
	return steps[len(steps)-1], true
}

// Contribution is what a workout brings into the ladders of its sport.
type Contribution struct {
	WorkoutID string
	Sport     string
	At        time.Time
	Peaks     []figures.Peak
}

// The periods that ladders are kept for.
func (c *Contribution) month() string { return c.At.Format("2006-01") }
func (c *Contribution) year() string  { return c.At.Format("2006") }

// allTime names the ladders of all years.
const allTime = "all"
