package figures

import (
	"math"

	"paceline/shared/track"
)

// hysteresis finds the peaks and valleys that lie at least threshold apart and
// sums the ways between them. Peak to valley and not anchor to anchor, so that
// the metres beyond the last threshold of a climb are not lost.
type hysteresis struct {
	threshold     float64
	begun         bool
	dir           int     // +1 climbing, -1 descending, 0 not yet known
	low, high     float64 // the extremes since the last turn
	lowAt, highAt int     // their samples
	gain, loss    float64
	trace         *trace // nil when only the sums are wanted
}

// trace is what is needed to say where the gain was made.
type trace struct {
	smooth []float64 // the smoothed elevation of each sample; NaN where unknown
	turns  []int     // the samples of the peaks and valleys
}

// add takes the smoothed elevation of sample i.
func (h *hysteresis) add(i int, e float64) {
	if h.trace != nil {
		h.trace.smooth[i] = e
	}
	if !h.begun {
		h.begun, h.low, h.high, h.lowAt, h.highAt = true, e, e, i, i
		return
	}
	switch {
	case h.dir >= 0 && h.high-e >= h.threshold:
		if h.dir > 0 {
			h.gain += h.high - h.low
		}
		h.turn(h.highAt)
		h.dir, h.low, h.lowAt = -1, e, i
	case h.dir <= 0 && e-h.low >= h.threshold:
		if h.dir < 0 {
			h.loss += h.high - h.low
		}
		h.turn(h.lowAt)
		h.dir, h.high, h.highAt = +1, e, i
	}
	// After the turn: the sample that ends a leg is not the far end of it.
	if e < h.low {
		h.low, h.lowAt = e, i
	}
	if e > h.high {
		h.high, h.highAt = e, i
	}
}

func (h *hysteresis) turn(i int) {
	if h.trace != nil {
		h.trace.turns = append(h.trace.turns, i)
	}
}

// sums are the gain and the loss with the way since the last turn.
func (h *hysteresis) sums() (gain, loss float64) {
	switch h.dir {
	case +1:
		return h.gain + h.high - h.low, h.loss
	case -1:
		return h.gain, h.loss + h.high - h.low
	}
	return 0, 0
}

// climbs are the gain and the loss of a track until each of its samples: the
// whole track is read at once, so that the parts of a slow climb add up to it.
// Nil when the track has no elevations.
func climbs(t *track.Track, tl *timeline) (gain, loss []float64) {
	in := t.Samples.ElevationM
	p, h, window := newReading(t)
	h.trace = newTrace(len(in))
	p.read(in, tl, window, &h)
	if !p.known {
		return nil, nil
	}
	switch h.dir {
	case +1:
		h.turn(h.highAt)
	case -1:
		h.turn(h.lowAt)
	}
	return h.trace.spread()
}

func newTrace(samples int) *trace {
	tr := &trace{smooth: make([]float64, samples)}
	for i := range tr.smooth {
		tr.smooth[i] = math.NaN()
	}
	return tr
}

// spread lays each leg between two turns over its samples: as high (or as deep)
// as the leg has come so far.
func (tr *trace) spread() (gain, loss []float64) {
	gain, loss = make([]float64, len(tr.smooth)), make([]float64, len(tr.smooth))
	done := 0 // samples up to here are filled
	for k := 0; k+1 < len(tr.turns); k++ {
		from, to := tr.turns[k], tr.turns[k+1]
		base, up, down := tr.smooth[from], 0.0, 0.0
		climbs := tr.smooth[to] > base
		for i := from + 1; i <= to; i++ {
			if e := tr.smooth[i] - base; climbs {
				up = fmax(up, e)
			} else {
				down = fmax(down, -e)
			}
			gain[i], loss[i] = gain[from]+up, loss[from]+down
		}
		done = to
	}
	for i := done + 1; i < len(gain); i++ {
		gain[i], loss[i] = gain[done], loss[done]
	}
	return gain, loss
}

// fmax is the larger of v and w, and v where w is NaN.
func fmax(v, w float64) float64 {
	if w > v {
		return w
	}
	return v
}
