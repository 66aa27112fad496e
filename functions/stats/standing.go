package stats

import (
	"cmp"
	"maps"
	"math"
	"slices"
	"strings"
	"time"

	"paceline/events"
)

// Passage is one effort of a workout on a segment.
type Passage struct {
	SegmentID string  `json:"segment_id"`
	StartS    float64 `json:"start_s"`
	ElapsedS  float64 `json:"elapsed_s"`
	// Late says that it was found when the segment was made, not when the workout
	// came: nobody is told of it.
	Late bool `json:"late,omitempty"`
}

// Passed is what segments a workout passed, as of a sport and a track.
type Passed struct {
	Sport    string    `json:"sport"`
	Track    string    `json:"track,omitempty"`
	Passages []Passage `json:"passages"` // in order of time
}

// Placed is what standings hold of a workout.
type Placed struct {
	At       time.Time `json:"at"`
	Class    Class     `json:"class"`
	Shown    bool      `json:"shown"` // boards may hold it
	Passages []Passage `json:"passages"`
}

// places is what standings have to hold of the workout of somebody of a class, or
// nil.
func (r Record) places(c Class) *Placed {
	p, w := r.Passed, r.Workout
	if r.Deleted || r.Stats == nil || p == nil || len(p.Passages) == 0 || p.Sport != w.Sport || p.Track != w.Track {
		return nil
	}
	return &Placed{At: w.StartedAt, Class: c, Shown: w.Visibility == events.Everyone && !w.HideMap, Passages: p.Passages}
}

func (p *Placed) same(q *Placed) bool {
	if p == nil || q == nil {
		return p == q
	}
	return p.At.Equal(q.At) && p.At.Format(time.DateOnly) == q.At.Format(time.DateOnly) && p.Class == q.Class && p.Shown == q.Shown && slices.Equal(p.Passages, q.Passages)
}

// on is the passages of a segment; none of nil.
func (p *Placed) on(segment string) []Passage {
	if p == nil {
		return nil
	}
	return slices.DeleteFunc(slices.Clone(p.Passages), func(q Passage) bool { return q.SegmentID != segment })
}

// segmentsOf are those that any has passages of.
func segmentsOf(of ...*Placed) []string {
	var out []string
	for _, p := range of {
		if p != nil {
			for _, q := range p.Passages {
				out = append(out, q.SegmentID)
			}
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// Pass is one effort of a person on a segment.
type Pass struct {
	WorkoutID string    `json:"workout_id"`
	At        time.Time `json:"at"` // the start of the workout, with its own offset
	Class     Class     `json:"class"`
	Shown     bool      `json:"shown"` // boards may hold it
	StartS    float64   `json:"start_s"`
	ElapsedS  float64   `json:"elapsed_s"`
}

// repass takes the passes of a workout out and puts others in, in order of time.
func repass(passes []Pass, workout string, p *Placed, of []Passage) []Pass {
	passes = slices.DeleteFunc(passes, func(q Pass) bool { return q.WorkoutID == workout })
	for _, q := range of {
		passes = append(passes, Pass{workout, p.At, p.Class, p.Shown, q.StartS, q.ElapsedS})
	}
	slices.SortStableFunc(passes, func(a, b Pass) int {
		return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.WorkoutID, b.WorkoutID), cmp.Compare(a.StartS, b.StartS))
	})
	return passes
}

// Mark is the best effort of a person in a class and a period.
type Mark struct {
	ElapsedMS int64     `json:"elapsed_ms"`
	WorkoutID string    `json:"workout_id"`
	At        time.Time `json:"at"`
}

// before orders marks: the faster first, of two alike the earlier.
func (m Mark) before(o Mark) bool {
	return cmp.Or(cmp.Compare(m.ElapsedMS, o.ElapsedMS), m.At.Compare(o.At), strings.Compare(m.WorkoutID, o.WorkoutID)) < 0
}

// Marks are the best efforts of a period by class; a period in which there are
// only passes that boards may not hold has none.
type Marks map[string]ClassMark

// ClassMark is a mark and its class.
type ClassMark struct {
	Class Class `json:"class"`
	Mark  Mark  `json:"mark"`
}

// Standing is how a person stands on a segment.
type Standing struct {
	Version int64            `json:"version"`
	Years   map[string]Marks `json:"years"`
	Months  map[string]Marks `json:"months"`
}

// monthsFor is how long the board of a month is kept after it.
const monthsFor = 400 * 24 * time.Hour

// mark says the best efforts of a year anew.
func (s *Standing) mark(year string, passes []Pass) {
	if s.Years == nil {
		s.Years, s.Months = map[string]Marks{}, map[string]Marks{}
	}
	delete(s.Years, year)
	maps.DeleteFunc(s.Months, func(month string, _ Marks) bool { return strings.HasPrefix(month, year) })
	for _, p := range passes {
		for _, in := range []struct {
			of  map[string]Marks
			key string
		}{{s.Years, year}, {s.Months, p.At.Format("2006-01")}} {
			if in.of[in.key] == nil {
				in.of[in.key] = Marks{}
			}
			if p.Shown {
				in.of[in.key].see(p.Class, Mark{int64(math.Round(p.ElapsedS * 1000)), p.WorkoutID, p.At})
			}
		}
	}
}

func (m Marks) see(c Class, mark Mark) {
	if now, is := m[c.String()]; !is || mark.before(now.Mark) {
		m[c.String()] = ClassMark{c, mark}
	}
}

// allTime is the marks over all years.
func (s Standing) allTime() Marks {
	out := Marks{}
	for _, marks := range s.Years {
		for _, m := range marks {
			out.see(m.Class, m.Mark)
		}
	}
	return out
}

// onBoards is what the boards of a segment hold of the standing now.
func (s Standing) onBoards(of Segment, now time.Time) []events.SegmentMark {
	type place struct {
		board string
		month bool
	}
	best := map[place]Mark{}
	add := func(period string, month bool, marks Marks) {
		for _, m := range marks {
			for _, c := range m.Class.wider() {
				p := place{of.board(period, c), month}
				if held, is := best[p]; !is || m.Mark.before(held) {
					best[p] = m.Mark
				}
			}
		}
	}
	add(allTime, false, s.allTime())
	for year, marks := range s.Years {
		add(year, false, marks)
	}
	for month, marks := range s.Months {
		if at, err := time.Parse("2006-01", month); err == nil && now.Sub(at) < monthsFor {
			add(month, true, marks)
		}
	}
	by := map[Mark]*events.SegmentMark{}
	for p, m := range best {
		key := Mark{m.ElapsedMS, m.WorkoutID, m.At.UTC()}
		if by[key] == nil {
			by[key] = &events.SegmentMark{WorkoutID: m.WorkoutID, At: m.At, ElapsedMS: m.ElapsedMS}
		}
		if p.month {
			by[key].Months = append(by[key].Months, p.board)
		} else {
			by[key].Boards = append(by[key].Boards, p.board)
		}
	}
	out := make([]events.SegmentMark, 0, len(by))
	for _, m := range by {
		slices.Sort(m.Boards)
		slices.Sort(m.Months)
		out = append(out, *m)
	}
	slices.SortFunc(out, func(a, b events.SegmentMark) int {
		return cmp.Or(cmp.Compare(a.ElapsedMS, b.ElapsedMS), cmp.Compare(a.WorkoutID, b.WorkoutID))
	})
	return out
}

// Ranked is what the boards of a segment hold of a person.
type Ranked struct {
	Version int64                `json:"version"`
	Marks   []events.SegmentMark `json:"marks"`
}

// boards is every board that it is on.
func (r Ranked) boards() (names []string) {
	for _, m := range r.Marks {
		names = append(append(names, m.Boards...), m.Months...)
	}
	return names
}

// on is the mark on a board.
func (r Ranked) on(board string) (events.SegmentMark, bool) {
	for _, m := range r.Marks {
		if slices.Contains(m.Boards, board) || slices.Contains(m.Months, board) {
			return m, true
		}
	}
	return events.SegmentMark{}, false
}
