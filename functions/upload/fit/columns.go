package fit

import "math"

// Columns of records. The first three are kept as float64.
const (
	colLat = iota
	colLng
	colDistance
	colElevation
	colSpeed
	colHeartRate
	colCadence
	colPower
	colTemperature
	colDepth
	colCount
	colWide = colElevation // columns below are float64
)

// columns are the records of a file, value by value. A column that nothing was
// written to is nil, one that ends early has no value in the rest.
type columns struct {
	times    []int64 // seconds while reading, milliseconds later, always since the FIT epoch
	wide     [colWide][]float64
	narrow   [colCount][]float32 // by column; the first colWide are not used
	devWide  [colWide][]float64  // of developer fields that override a native one
	dev      [colCount][]float32
	capacity int
	earlier  int // records of earlier files of the chain, for the limit
	untimed  int // records without a time
	pressure bool
	packed   packedDistance
}

// reserve sets the size that columns are made with: as many records as the
// rest of the file could hold, within the limit.
func (c *columns) reserve(records, limit int) {
	c.capacity = min(records, limit, 1<<20)
	c.times = make([]int64, 0, c.capacity)
}

// setWide writes a value of the newest record.
func (c *columns) setWide(col *[]float64, v float64) {
	n := len(c.times)
	if *col == nil {
		*col = make([]float64, 0, c.capacity)
	}
	for len(*col) < n {
		*col = append(*col, math.NaN())
	}
	(*col)[n-1] = v
}

// set writes a value of the newest record.
func (c *columns) set(col *[]float32, v float32) {
	n := len(c.times)
	if *col == nil {
		*col = make([]float32, 0, c.capacity)
	}
	for len(*col) < n {
		*col = append(*col, float32(math.NaN()))
	}
	(*col)[n-1] = v
}

// complete brings every column that has values to the length of the records
// and lets developer fields stand in for native ones.
func (c *columns) complete() {
	for i := range c.wide {
		c.wide[i] = prefer(c.wide[i], c.devWide[i], len(c.times))
		c.devWide[i] = nil
	}
	for i := colWide; i < colCount; i++ {
		c.narrow[i] = prefer(c.narrow[i], c.dev[i], len(c.times))
		c.dev[i] = nil
	}
}

// prefer is the native column unless it says nothing (no value or only zeros)
// while the developer's does; the result has n values or is nil.
func prefer[T float32 | float64](native, developer []T, n int) []T {
	col := native
	if !says(native) && (says(developer) || native == nil) {
		col = developer
	}
	if col == nil {
		return nil
	}
	for len(col) < n {
		col = append(col, T(math.NaN()))
	}
	return col
}

// says reports a value other than zero.
func says[T float32 | float64](col []T) bool {
	for _, v := range col {
		if v != 0 && !math.IsNaN(float64(v)) {
			return true
		}
	}
	return false
}

// packedDistance counts on the 12 bits of compressed_speed_distance.
type packedDistance struct {
	last  uint32
	total uint32
	begun bool
}

// next is the distance in 1/16 m after the 12 bits v.
func (p *packedDistance) next(v uint32) uint32 {
	if !p.begun {
		p.begun, p.total = true, v
	} else {
		p.total += (v - p.last) & 0xFFF
	}
	p.last = v
	return p.total
}
