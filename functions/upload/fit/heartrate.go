package fit

import (
	"cmp"
	"math"
	"slices"
)

// Fields of an HR message, as chest straps write that store beats under water.
const (
	hrFraction = 0
	hrBPM      = 6
	hrEvents   = 9
	hrPacked   = 10
)

// beat is one reading of a strap.
type beat struct {
	ms  int64 // since the FIT epoch, by the file's unrepaired clock
	bpm uint8
}

// beatClock turns the strap's own clock of 1/1024 s into times. An HR message
// with a timestamp sets it; the others count on from there.
type beatClock struct {
	set   bool
	ms    int64  // at the anchor
	event uint32 // of the strap's clock at the anchor
	last  uint32 // of the strap's clock, newest reading
}

// take appends the readings of an HR message to beats.
func (c *beatClock) take(m message, when uint32, beats *[]beat) {
	bpm := m.raw(hrBPM)
	if events := m.raw(hrEvents); len(events) >= 4 {
		for i := 0; i+4 <= len(events); i += 4 {
			c.last = uint32(loadUint(events[i:i+4], m.def.big))
			if when != noTime && i == 0 {
				fraction := m.native(hrFraction) / 32768
				if math.IsNaN(fraction) {
					fraction = 0
				}
				c.set, c.event = true, c.last
				c.ms = int64(when)*1000 + int64(fraction*1000)
			}
			c.append(beats, bpm, i/4)
		}
		return
	}
	packed := m.raw(hrPacked)
	for i := 0; i+3 <= len(packed); i += 3 {
		c.advance(uint32(packed[i]) | uint32(packed[i+1]&0x0F)<<8)
		c.append(beats, bpm, i/3*2)
		c.advance(uint32(packed[i+1]>>4) | uint32(packed[i+2])<<4)
		c.append(beats, bpm, i/3*2+1)
	}
}

// advance counts the strap's clock on to its next value with the low 12 bits v.
func (c *beatClock) advance(v uint32) { c.last += (v - c.last) & 0xFFF }

func (c *beatClock) append(beats *[]beat, bpm []byte, i int) {
	if !c.set || i >= len(bpm) || bpm[i] == 0 || bpm[i] == 0xFF {
		return
	}
	// The strap's clock wraps every 48 days; a difference does not mind.
	since := int64(c.last-c.event) * 1000 / 1024
	*beats = append(*beats, beat{c.ms + since, bpm[i]})
}

// mergeBeats gives records without a heart rate the mean of the strap's
// readings since the record before, or the newest one of the last 5 seconds.
func (p *part) mergeBeats() {
	times := p.columns.times
	if len(p.beats) == 0 || len(times) == 0 {
		return
	}
	slices.SortStableFunc(p.beats, func(a, b beat) int { return cmp.Compare(a.ms, b.ms) })
	col := &p.columns.narrow[colHeartRate]
	for len(*col) < len(times) {
		*col = append(*col, float32(math.NaN()))
	}
	const longest, hold = 10_000, 5_000 // ms
	next := 0
	for i, t := range times {
		from := t - longest
		if i > 0 && times[i-1] < t {
			from = max(from, times[i-1])
		}
		sum, n := 0, 0
		for next < len(p.beats) && p.beats[next].ms <= t {
			if p.beats[next].ms > from {
				sum, n = sum+int(p.beats[next].bpm), n+1
			}
			next++
		}
		switch {
		case !math.IsNaN(float64((*col)[i])):
		case n > 0:
			(*col)[i] = float32(sum) / float32(n)
		case next > 0 && p.beats[next-1].ms >= t-hold:
			(*col)[i] = float32(p.beats[next-1].bpm)
		}
	}
}
