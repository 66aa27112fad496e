package fit

import (
	"cmp"
	"math"
	"slices"
)

const (
	// epoch is the FIT epoch, 1989-12-31T00:00:00Z, in Unix seconds.
	epoch = 631065600
	// firstDate is the first FIT time that is a date; below it are seconds
	// since power-on.
	firstDate = 0x10000000
	hour      = int64(3600_000) // ms
)

// clock turns FIT times into milliseconds since the FIT epoch, repaired.
type clock struct {
	systemShift int64 // ms to add to times that are no date
	local       bool  // what systemShift makes is local time
	jumpFrom    int64 // times from here on are jump too late; math.MaxInt64 without a jump
	jump        int64
}

// ms is when in milliseconds; when must be a time.
func (c *clock) ms(when uint32) int64 {
	t := int64(when) * 1000
	if when < firstDate {
		t += c.systemShift
	}
	if t >= c.jumpFrom {
		t -= c.jump
	}
	return t
}

// setClock finds out what has to be repaired and gives the records their times.
func (p *part) setClock() {
	p.clock.jumpFrom = math.MaxInt64
	p.timeLengths()
	p.columns.dropUntimed(p)
	p.setSystemTime()
	times := p.columns.times
	for i, t := range times {
		times[i] = p.clock.ms(uint32(t))
	}
	if !slices.IsSorted(times) {
		p.columns.sort()
		p.warn("records_reordered")
	}
	p.closeJump()
	p.sameSeconds()
}

// setSystemTime decides what times since power-on mean.
func (p *part) setSystemTime() {
	first := p.firstTime()
	if first >= firstDate {
		return
	}
	p.warn("system_time")
	switch {
	case p.correlated:
		p.clock.systemShift = (int64(p.systemIsA) - int64(p.systemSeen)) * 1000
	case p.activityTime < firstDate && p.localTime >= firstDate && p.localTime != noTime:
		p.clock.systemShift = (int64(p.localTime) - int64(p.activityTime)) * 1000
		p.clock.local = true
	case p.created >= firstDate && p.created != noTime:
		p.clock.systemShift = (int64(p.created) - int64(first)) * 1000
	}
}

// firstTime is the earliest time of the records, or of the sessions without any.
func (p *part) firstTime() uint32 {
	first := uint32(noTime)
	for _, t := range p.columns.times {
		first = min(first, uint32(t))
	}
	for _, s := range p.sessions {
		first = min(first, s.whole(startTime, noTime))
	}
	return first
}

// closeJump sets back a clock that jumped forward while recording, as a watch
// does that gets the date from its first satellite: the records then span far
// more time than the session says went by, and one gap explains it.
func (p *part) closeJump() {
	times := p.columns.times
	if len(p.sessions) != 1 || len(times) < 2 {
		return
	}
	elapsed := p.sessions[0].native(totalElapsed) // ms
	if timer := p.sessions[0].native(totalTimer); !(elapsed > 0) || timer > elapsed+1000 {
		return
	}
	span := times[len(times)-1] - times[0]
	at, gap := 0, int64(0)
	for i := 1; i < len(times); i++ {
		if d := times[i] - times[i-1]; d > gap {
			at, gap = i, d
		}
	}
	rest := span - gap
	if span <= int64(elapsed)+hour || gap <= hour || rest > int64(elapsed)+60_000 {
		return
	}
	p.clock.jump = gap - max(1000, int64(elapsed)-rest)
	p.clock.jumpFrom = times[at] - gap/2
	for i := at; i < len(times); i++ {
		times[i] -= p.clock.jump
	}
	p.warn("clock_jump")
}

// timeLengths gives the records of a pool swim that have no time, but are one a
// length, the ends of the lengths.
func (p *part) timeLengths() {
	c := &p.columns
	if c.untimed == 0 || c.untimed != len(c.times) || len(p.lengths) != c.untimed {
		return
	}
	ends := make([]int64, len(p.lengths))
	for i, l := range p.lengths {
		start, elapsed := l.whole(startTime, noTime), l.native(lengthElapsed)
		if start == noTime || math.IsNaN(elapsed) {
			return
		}
		ends[i] = int64(start) + int64(math.Round(elapsed/1000))
	}
	c.times, c.untimed = ends, 0
	p.warn("times_from_lengths")
}

// dropUntimed leaves out records without a time.
func (c *columns) dropUntimed(p *part) {
	if c.untimed == 0 {
		return
	}
	p.warn("records_without_time")
	stay := make([]int, 0, len(c.times)-c.untimed)
	for i, t := range c.times {
		if t != untimed {
			stay = append(stay, i)
		}
	}
	c.pick(stay)
	c.untimed = 0
}

// sort puts the records in time order, those of one time as they were.
func (c *columns) sort() {
	order := make([]int, len(c.times))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(c.times[a], c.times[b]) })
	c.pick(order)
}

// pick makes the records those of the given indices, in their order.
func (c *columns) pick(index []int) {
	c.times = picked(c.times, index)
	for i := range c.wide {
		c.wide[i] = picked(c.wide[i], index)
	}
	for i := range c.narrow {
		c.narrow[i] = picked(c.narrow[i], index)
	}
}

func picked[T any](col []T, index []int) []T {
	if col == nil {
		return nil
	}
	out := make([]T, len(index))
	for i, j := range index {
		out[i] = col[j]
	}
	return out
}
