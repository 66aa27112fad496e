package figures

import "math"

// line is y over x, both rising or equal: metres or joules over seconds, or
// seconds over metres. Between its points it is straight.
//
// The extreme growth of y over a window of x of fixed length is found among the
// windows that begin or end at a point: between them the growth changes
// linearly. Points are taken in blocks; since y never falls, the ends of a block
// bound what any window that begins in it can have, and most blocks are passed
// over. That makes dozens of windows as cheap as a few passes.
type line struct{ x, y []float64 }

// block is how many points are bounded at once for windows of length d: a small
// part of a window, so that the bound is close.
func (l line) block(d float64) int {
	span := l.x[len(l.x)-1] - l.x[0]
	return int(min(128, max(4, d/span*float64(len(l.x))/12)))
}

// from is the first index at or after i whose x is at least v; len when none is.
func (l line) from(i int, v float64, stride int) int {
	for i+stride < len(l.x) && l.x[i+stride] < v {
		i += stride
	}
	for i < len(l.x) && l.x[i] < v {
		i++
	}
	return i
}

// at is y at x = v, which lies at or before point i and after the one before it.
func (l line) at(i int, v float64) float64 {
	if i == 0 || l.x[i] == l.x[i-1] {
		return l.y[i]
	}
	return l.y[i-1] + (v-l.x[i-1])/(l.x[i]-l.x[i-1])*(l.y[i]-l.y[i-1])
}

// window is a stretch of a line of the length that was asked for.
type window struct {
	growth float64 // of y
	fromX  float64
	fromY  float64
}

// most is the window of length d in which y grows most; false when the line is
// shorter.
func (l line) most(d float64) (window, bool) { return l.search(d, -1) }

// least is the window of length d in which y grows least.
func (l line) least(d float64) (window, bool) { return l.search(d, +1) }

// search looks for the smallest growth times sign.
func (l line) search(d, sign float64) (window, bool) {
	n := len(l.x)
	if n < 2 || !(d > 0) || l.x[n-1]-l.x[0] < d {
		return window{}, false
	}
	best := window{growth: sign * math.Inf(1)}
	size := l.block(d)
	l.forward(d, size, size, sign, &best) // one of a block, for a first bound
	l.forward(d, size, 1, sign, &best)
	l.backward(d, size, sign, &best)
	return best, !math.IsInf(best.growth, 0)
}

func (best *window) see(sign float64, w window) {
	if sign*w.growth < sign*best.growth {
		*best = w
	}
}

// forward tries windows that begin at points: all of them, or one in step.
func (l line) forward(d float64, size, step int, sign float64, best *window) {
	n := len(l.x)
	end := 0
	for i := 0; i < n; i += size {
		last := min(i+size, n) - 1
		if end = l.from(end, l.x[i]+d, size); end == n {
			return
		}
		if step < size && sign*l.bound(i, last, end, d, sign) >= sign*best.growth {
			continue
		}
		for k, e := i, end; k <= last; k += step {
			if e = l.from(e, l.x[k]+d, 1); e == n {
				break
			}
			best.see(sign, window{l.at(e, l.x[k]+d) - l.y[k], l.x[k], l.y[k]})
		}
	}
}

// bound is what no window can pass that begins in points first to last: the
// smallest end less the latest start, or the other way round. Point end is the
// first one at or after the end of the window that begins at first.
func (l line) bound(first, last, end int, d, sign float64) float64 {
	if sign > 0 {
		return l.y[max(end-1, 0)] - l.y[last]
	}
	far := min(l.from(end, l.x[last]+d, last-first+1), len(l.x)-1)
	return l.y[far] - l.y[first]
}

// backward tries windows that end at points.
func (l line) backward(d float64, size int, sign float64, best *window) {
	n := len(l.x)
	start := 0
	for i := 0; i < n; i += size {
		last := min(i+size, n) - 1
		if l.x[last]-d < l.x[0] {
			continue
		}
		// Point start is the first one at or after the start of the window that ends at i.
		start = l.from(start, l.x[i]-d, size)
		far := l.from(start, l.x[last]-d, size)
		bound := l.y[i] - l.y[min(far, n-1)]
		if sign < 0 {
			bound = l.y[last] - l.y[max(start-1, 0)]
		}
		if sign*bound >= sign*best.growth {
			continue
		}
		for k, s := i, start; k <= last; k++ {
			if l.x[k]-d < l.x[0] {
				continue
			}
			s = l.from(s, l.x[k]-d, 1)
			from := l.at(s, l.x[k]-d)
			best.see(sign, window{l.y[k] - from, l.x[k] - d, from})
		}
	}
}
