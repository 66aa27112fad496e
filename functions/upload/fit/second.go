package fit

import "math"

// sameSeconds deals with records of one second: those that say different
// things share them, those that measure the same again are spread.
func (p *part) sameSeconds() {
	c := &p.columns
	for i := 0; i < len(c.times); {
		end := i + 1
		for end < len(c.times) && c.times[end] == c.times[i] {
			end++
		}
		if end-i > 1 {
			if c.repeats(i, end) {
				for j := i; j < end; j++ {
					c.times[j] += int64(j-i) * 1000 / int64(end-i)
				}
				p.warn("subsecond_spread")
			} else {
				c.share(i, end)
			}
		}
		i = end
	}
}

// repeats says that records from..to measured the movement more than once.
func (c *columns) repeats(from, to int) bool {
	return values(c.wide[colLat], from, to) > 1 || values(c.wide[colDistance], from, to) > 1 ||
		values(c.narrow[colPower], from, to) > 1
}

func values[T float32 | float64](col []T, from, to int) int {
	if col == nil {
		return 0
	}
	n := 0
	for _, v := range col[from:to] {
		if !math.IsNaN(float64(v)) {
			n++
		}
	}
	return n
}

// share gives each of the records from..to what only others of them say.
func (c *columns) share(from, to int) {
	for i := range c.wide {
		fill(c.wide[i], from, to)
	}
	for i := range c.narrow {
		fill(c.narrow[i], from, to)
	}
}

func fill[T float32 | float64](col []T, from, to int) {
	if n := values(col, from, to); n == 0 || n == to-from {
		return
	}
	var some T
	for _, v := range col[from:to] {
		if !math.IsNaN(float64(v)) {
			some = v
			break
		}
	}
	for i := from; i < to; i++ {
		if math.IsNaN(float64(col[i])) {
			col[i] = some
		}
	}
}
