package fit

import (
	"encoding/binary"
	"math"
)

// act is what a step does with a value.
type act uint8

const (
	actSetWide  act = iota // into a float64 column
	actSet                 // into a float32 column
	actAdd                 // to the value that a float32 column has
	actFill                // into a float32 column that has no value
	actPacked              // 12 bits of speed and 12 of distance
	actPressure            // only shows that there is a barometer
	actDevWide             // actSetWide of a developer field
	actDev                 // actSet of a developer field
)

// step reads one field of a record: v/scale - offset into a column.
type step struct {
	at     int32
	act    act
	col    uint8
	base   uint8
	scale  float64
	offset float64
}

// semicircles is how many of them a degree has.
const semicircles = (1 << 31) / 180.0

// recordFields are the fields of a record that are read, later ones over
// earlier ones.
var recordFields = []struct {
	num   uint8
	size  uint8 // bytes it takes at least
	step  step
	exact bool // the base type does not matter
}{
	{num: 0, size: 4, step: step{act: actSetWide, col: colLat, scale: semicircles}},
	{num: 1, size: 4, step: step{act: actSetWide, col: colLng, scale: semicircles}},
	{num: 8, size: 3, step: step{act: actPacked}, exact: true},
	{num: 5, step: step{act: actSetWide, col: colDistance, scale: 100}},
	{num: 2, step: step{act: actSet, col: colElevation, scale: 5, offset: 500}},
	{num: 78, step: step{act: actSet, col: colElevation, scale: 5, offset: 500}},
	{num: 6, step: step{act: actSet, col: colSpeed, scale: 1000}},
	{num: 73, step: step{act: actSet, col: colSpeed, scale: 1000}},
	{num: 3, step: step{act: actSet, col: colHeartRate, scale: 1}},
	{num: 4, step: step{act: actSet, col: colCadence, scale: 1}},
	{num: 53, step: step{act: actAdd, col: colCadence, scale: 128}},
	{num: 52, step: step{act: actFill, col: colCadence, scale: 256}},
	{num: 7, step: step{act: actSet, col: colPower, scale: 1}},
	{num: 13, step: step{act: actSet, col: colTemperature, scale: 1}},
	{num: 92, step: step{act: actSet, col: colDepth, scale: 1000}},
	{num: 91, step: step{act: actPressure, scale: 1}},
}

// planRecord makes the steps for the records of a definition.
func (r *reader) planRecord(d *definition) {
	for i := range recordFields {
		want := &recordFields[i]
		at := indexOf(d.fields, want.num)
		if at < 0 {
			continue
		}
		f := d.fields[at]
		size := baseSize(f.base)
		if f.size < want.size || (!want.exact && (size == 0 || size > int(f.size))) {
			r.part.warn("field_size")
			continue
		}
		s := want.step
		s.at, s.base = f.at, f.base
		d.plan = append(d.plan, s)
	}
	for _, f := range d.native {
		d.planDeveloper(f)
	}
}

// planDeveloper adds the step of a developer field that overrides a native one.
func (d *definition) planDeveloper(f developerField) {
	for i := range recordFields {
		want := &recordFields[i]
		if want.num != f.num || (want.step.act != actSet && want.step.act != actSetWide) || want.step.scale == semicircles {
			continue
		}
		a := actDev
		if want.step.act == actSetWide {
			a = actDevWide
		}
		d.plan = append(d.plan, step{at: f.at, act: a, col: want.step.col, base: f.base, scale: 1 / f.factor})
		return
	}
}

// add takes a record. One without a time is left out later, unless the lengths
// of a pool swim tell when it was.
func (c *columns) add(d *definition, body []byte, when uint32) {
	t := int64(when)
	if when == noTime {
		c.untimed++
		t = untimed
	}
	n := len(c.times)
	c.times = append(c.times, t)
	for i := range d.plan {
		s := &d.plan[i]
		if s.act == actPacked {
			c.unpack(body[s.at : s.at+3])
			continue
		}
		v, ok := s.load(body, d.big)
		if !ok {
			continue
		}
		v = v/s.scale - s.offset
		// The two cases of nearly all values are written out.
		switch col := s.col; {
		case s.act == actSet && n > 0 && len(c.narrow[col]) == n:
			c.narrow[col] = append(c.narrow[col], float32(v))
		case s.act == actSetWide && n > 0 && len(c.wide[col]) == n:
			c.wide[col] = append(c.wide[col], v)
		default:
			c.apply(s, v)
		}
	}
}

// load reads the value of a step. The types of nearly all values are written
// out, which halves the time of a record.
func (s *step) load(body []byte, big bool) (float64, bool) {
	b := body[s.at:]
	if big {
		return number(b, s.base, true)
	}
	switch s.base {
	case baseUint8:
		return float64(b[0]), b[0] != 0xFF
	case baseUint16:
		v := binary.LittleEndian.Uint16(b)
		return float64(v), v != 0xFFFF
	case baseUint32:
		v := binary.LittleEndian.Uint32(b)
		return float64(v), v != 0xFFFFFFFF
	case baseSint32:
		v := int32(binary.LittleEndian.Uint32(b))
		return float64(v), v != math.MaxInt32
	}
	return number(b, s.base, false)
}

// untimed marks a record without a time while reading.
const untimed = math.MinInt64

func (c *columns) apply(s *step, v float64) {
	switch s.act {
	case actSet:
		c.set(&c.narrow[s.col], float32(v))
	case actSetWide:
		c.setWide(&c.wide[s.col], v)
	case actAdd:
		if col := c.narrow[s.col]; len(col) == len(c.times) {
			col[len(col)-1] += float32(v)
		}
	case actFill:
		if len(c.narrow[s.col]) < len(c.times) {
			c.set(&c.narrow[s.col], float32(v))
		}
	case actPressure:
		c.pressure = true
	case actDev:
		c.set(&c.dev[s.col], float32(v))
	case actDevWide:
		c.setWide(&c.devWide[s.col], v)
	}
}

// unpack takes the three bytes of compressed_speed_distance: 12 bits of speed
// in cm/s and 12 of distance in 1/16 m, which roll over.
func (c *columns) unpack(b []byte) {
	if b[0] == 0xFF && b[1] == 0xFF && b[2] == 0xFF {
		return
	}
	speed := uint32(b[0]) | uint32(b[1]&0x0F)<<8
	if speed != 0xFFF {
		c.set(&c.narrow[colSpeed], float32(speed)/100)
	}
	c.setWide(&c.wide[colDistance], float64(c.packed.next(uint32(b[1]>>4)|uint32(b[2])<<4))/16)
}
