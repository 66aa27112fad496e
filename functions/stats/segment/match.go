package segment

import "math"

// NearM is how far from the line somebody may be.
const NearM = 25.0

// What else a match is made by; see the package's description.
const (
	edgeM   = 10.0 // how far from a gate somebody may begin, end or turn without going through
	share   = 0.1  // of the segment that may be missed, and gone beside it
	shorter = 0.85 // of the segment that must have been gone at least
	stepM   = 10.0 // how closely a path is compared
	backM   = 50.0 // how far somebody may turn back and be on the line
)

// Effort is one time along a segment.
type Effort struct {
	StartS   float64 // after the start of the workout
	ElapsedS float64
}

// crossing is where a path goes through the start, on the step that ends at a
// moment.
type crossing struct {
	Point
	step int
	s    float64
}

// Match are the efforts of a path on a segment, in order of time.
func (p *Path) Match(l *Line) []Effort {
	if l.lengthM == 0 {
		return nil
	}
	var out []Effort
	done := math.Inf(-1)
	for _, c := range p.starts(l) {
		if c.s < done-1e-6 {
			continue // one effort after the other
		}
		if finish, ok := p.follow(l, c); ok && finish > c.s {
			out = append(out, Effort{round(c.s), round(finish - c.s)})
			done = finish
		}
	}
	return out
}

func round(s float64) float64 { return math.Round(s*1000) / 1000 }

// starts are the crossings of the start, the last one of each stay near it.
func (p *Path) starts(l *Line) []crossing {
	var out []crossing
	for _, s := range p.steps[l.StartTile()] {
		for i := s.from; i <= s.last; i++ {
			c, ok := p.through(l, l.start, p.at[i-1].Point, i, i == 1 || p.at[i-1].leap)
			if !ok {
				c, ok = p.turns(l, i)
			}
			if !ok {
				continue
			}
			if n := len(out); n > 0 && p.stays(l, out[n-1].step, i) {
				out = out[:n-1]
			}
			out = append(out, c)
		}
	}
	return out
}

// turns says whether somebody came back at moment i to just behind the start, and
// set off again: as who runs up a hill again and again.
func (p *Path) turns(l *Line, i int) (crossing, bool) {
	if i+1 == len(p.at) || p.at[i+1].leap {
		return crossing{}, false
	}
	before, now, after := l.start.ahead(p.at[i-1].Point), l.start.ahead(p.at[i].Point), l.start.ahead(p.at[i+1].Point)
	at := p.at[i]
	return crossing{at.Point, i + 1, at.s}, now > 0 && before > now && after > now && at.apart(l.start.Point) <= edgeM*l.units
}

// stays says whether the path does not leave the start between two steps.
func (p *Path) stays(l *Line, from, to int) bool {
	for i := from; i < to; i++ {
		if p.at[i].apart(l.start.Point) > 3*NearM*l.units {
			return false
		}
	}
	return true
}

// through is where the way from a to moment i goes through a gate. A recording
// that begins (first) just behind it is taken to begin at it.
func (p *Path) through(l *Line, g gate, a Point, i int, first bool) (crossing, bool) {
	b := p.at[i]
	ua, ub := g.ahead(a), g.ahead(b.Point)
	part := 0.0
	switch {
	case ua <= 0 && ub > 0:
		part = ua / (ua - ub)
	case first && ua > 0 && ub > ua && ua <= edgeM*l.units:
	default:
		return crossing{}, false
	}
	c := between(a, b.Point, part)
	if c.apart(g.Point) > NearM*l.units {
		return crossing{}, false
	}
	return crossing{c, i, p.when(i, c)}, true
}

// when is the moment of a place on the step that ends at moment i.
func (p *Path) when(i int, at Point) float64 {
	a, b := p.at[i-1], p.at[i]
	whole := a.apart(b.Point)
	if whole == 0 {
		return a.s
	}
	return a.s + (b.s-a.s)*a.apart(at)/whole
}

// follow goes along the segment from its start and says when the finish was
// passed; false when the path went elsewhere.
func (p *Path) follow(l *Line, c crossing) (finishS float64, ok bool) {
	f := follower{line: l, budgetM: share * l.lengthM, turnM: math.Inf(1)}
	a := c.Point
	for i := c.step; i < len(p.at) && !p.at[i].leap; i++ {
		b := p.at[i].Point
		n := math.Ceil(a.apart(b) / l.units / stepM)
		for k := 0.0; k < n; k++ {
			from, to := between(a, b, k/n), between(a, b, (k+1)/n)
			if f.arrives() {
				if end, is := p.through(l, l.finish, from, i, false); is {
					return end.s, f.goneM+from.apart(end.Point)/l.units >= shorter*l.lengthM
				}
			}
			if !f.step(from, to) || f.leaves(to, p.when(i, to)) {
				return f.turned()
			}
		}
		a = b
	}
	return f.turned()
}

// follower is somebody on a segment.
type follower struct {
	line    *Line
	atM     float64 // how far along it they have come
	edge    int     // of atM
	goneM   float64
	lostM   float64 // gone since they were last on the line
	besideM float64 // gone beside it, in all
	missedM float64 // of the line that was not gone along
	budgetM float64

	turnM, turnS float64 // how near to the finish they came, and when
}

// arrives says whether the finish is the next thing to come.
func (f *follower) arrives() bool { return f.atM >= f.line.lengthM-2*NearM }

// leaves says whether somebody has come to just before the finish and gone away
// again: where they turned is where they ended, as a recording does that ends
// there.
func (f *follower) leaves(at Point, s float64) bool {
	if !f.arrives() {
		return false
	}
	m := at.apart(f.line.finish.Point) / f.line.units
	if m < f.turnM {
		f.turnM, f.turnS = m, s
	}
	return f.turnM <= edgeM && m > 3*NearM
}

// turned is the effort of who did not go through the finish.
func (f *follower) turned() (finishS float64, ok bool) {
	return f.turnS, f.turnM <= edgeM && f.goneM >= shorter*f.line.lengthM-edgeM
}

// step goes on to a place and says whether that is still an effort.
func (f *follower) step(from, to Point) bool {
	d := from.apart(to) / f.line.units
	f.goneM += d
	apart, at, edge := f.line.nearest(to, f.atM-backM, f.atM+f.lostM+d+2*NearM, f.edge)
	if apart > NearM {
		f.lostM += d
		f.besideM += d
		return f.besideM <= f.budgetM
	}
	if at > f.atM {
		if f.lostM > 0 {
			f.missedM += at - f.atM
		}
		f.atM, f.edge = at, edge
	}
	f.lostM = 0
	return f.missedM <= f.budgetM
}
