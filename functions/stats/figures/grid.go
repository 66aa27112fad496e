package figures

import "math"

// grid is a line over time with a point at every whole second, as most
// recorders make it anyway. What a line has to search for, a grid finds by
// index.
type grid struct {
	from float64   // seconds of the first point
	y    []float64 // rising or equal
}

// longestGridS bounds the memory of a grid; a longer track stays a line.
const longestGridS = 4 * 24 * 3600

// newGrid lays a line out by seconds; false when its points lie between them,
// where windows may begin and end.
func newGrid(l line) (grid, bool) {
	n := len(l.x)
	if n == 0 || l.x[n-1]-l.x[0] > longestGridS {
		return grid{}, false
	}
	for _, x := range l.x {
		if x != math.Trunc(x) {
			return grid{}, false
		}
	}
	g := grid{from: l.x[0], y: make([]float64, 0, int(l.x[n-1]-l.x[0])+1)}
	for i, x := range l.x {
		k := int(x - g.from)
		if k < len(g.y) { // of one second the last holds
			g.y[k] = l.y[i]
			continue
		}
		if done := len(g.y); done > 0 {
			y, slope := g.y[done-1], (l.y[i]-g.y[done-1])/float64(k-done+1)
			for ; done < k; done++ {
				y += slope
				g.y = append(g.y, y)
			}
		}
		g.y = append(g.y, l.y[i])
	}
	return g, true
}

// most is the window of d seconds (a whole number) in which y grows most.
func (g grid) most(d float64) (window, bool) {
	length := int(d)
	last := len(g.y) - 1 - length
	if last < 0 {
		return window{}, false
	}
	best, at := math.Inf(-1), 0
	stride := max(1, length/16)
	for i := 0; i <= last; i += stride {
		if v := g.y[i+length] - g.y[i]; v > best {
			best, at = v, i
		}
	}
	for i := 0; i <= last && stride > 1; i += stride {
		to := min(i+stride-1, last)
		if g.y[to+length]-g.y[i] <= best {
			continue // no window that begins in the block can have more
		}
		for k := i; k <= to; k++ {
			if v := g.y[k+length] - g.y[k]; v > best {
				best, at = v, k
			}
		}
	}
	return window{best, g.from + float64(at), g.y[at]}, true
}

// least is the shortest window in which y grows by m: growth is in seconds,
// fromX is y and fromY seconds, as of a line of seconds over metres.
func (g grid) least(m float64) (window, bool) {
	n := len(g.y)
	if n < 2 || !(m > 0) || g.y[n-1]-g.y[0] < m {
		return window{}, false
	}
	best := window{growth: math.Inf(1)}
	length := n - 1 // whole seconds in which a better window has to fit
	for stride := max(1, n/16); ; stride = max(1, length/16) {
		narrowed := false
		for i := 0; i+length < n; i += stride {
			to := min(i+stride-1, n-1-length)
			if g.y[to+length]-g.y[i] < m {
				continue
			}
			for k := i; k <= to && k+length < n; k++ {
				if g.y[k+length]-g.y[k] >= m && g.shortest(k, k+length, m, &best) {
					length = int(math.Ceil(best.growth))
					narrowed = true
				}
			}
		}
		if !narrowed {
			break
		}
	}
	return best, !math.IsInf(best.growth, 1)
}

// shortest tries the window that begins at point i and the one that ends at
// point j, and says whether one of them is better by itself.
func (g grid) shortest(i, j int, m float64, best *window) bool {
	before := best.growth
	end := j
	for g.y[end-1]-g.y[i] >= m {
		end--
	}
	part := (g.y[i] + m - g.y[end-1]) / (g.y[end] - g.y[end-1])
	best.see(+1, window{float64(end-1-i) + part, g.y[i], g.from + float64(i)})
	start := i
	for g.y[j]-g.y[start+1] >= m {
		start++
	}
	part = (g.y[j] - m - g.y[start]) / (g.y[start+1] - g.y[start])
	best.see(+1, window{float64(j-start) - part, g.y[j] - m, g.from + float64(start) + part})
	return best.growth < before
}
