package fit

import (
	"math"
	"strings"
)

// Fields of a field_description message.
const (
	descIndex      = 0
	descField      = 1
	descBase       = 2
	descScale      = 6
	descOffset     = 7
	descUnits      = 8
	descNativeMesg = 14
	descNativeNum  = 15
)

// description is what a field_description message says of a developer field
// that overrides a native one.
type description struct {
	message uint16
	num     uint8
	base    uint8
	factor  float64
}

// describe keeps a field description. One without a native field is no use.
func (r *reader) describe(m message) {
	num := m.whole(descNativeNum, 0xFF)
	index, field := m.whole(descIndex, 0xFF), m.whole(descField, 0xFF)
	if index > 0xFF || field > 0xFF {
		return
	}
	key := uint16(index)<<8 | uint16(field)
	if num >= 0xFF {
		delete(r.described, key) // a later description replaces an earlier one
		return
	}
	if r.described == nil {
		r.described = make(map[uint16]description)
	}
	factor := unitFactor(m.text(descUnits))
	if s := m.native(descScale); s > 0 {
		factor /= s
	}
	if o := m.native(descOffset); o != 0 && !math.IsNaN(o) {
		return // nobody writes one; a guess at its unit would be worse than no value
	}
	r.described[key] = description{
		message: uint16(m.whole(descNativeMesg, messageNone)),
		num:     uint8(num),
		base:    uint8(m.whole(descBase, 0xFF)) & 0x1F,
		factor:  factor,
	}
}

// unitFactor turns a developer's unit into the unit of the native fields.
func unitFactor(unit string) float64 {
	switch strings.ToLower(unit) {
	case "km/h", "kph", "kmh":
		return 1 / 3.6
	case "mph":
		return 0.44704
	case "km":
		return 1000
	case "mi", "mile", "miles":
		return 1609.344
	case "ft", "feet":
		return 0.3048
	case "mm/s":
		return 0.001
	}
	return 1
}

// addDeveloperFields appends developer fields of 3 bytes each: number, size,
// developer.
func (r *reader) addDeveloperFields(d *definition, fields []byte) {
	for ; len(fields) >= 3; fields = fields[3:] {
		num, size, developer := fields[0], fields[1], fields[2]
		desc, ok := r.described[uint16(developer)<<8|uint16(num)]
		if n := baseSize(desc.base); ok && desc.message == d.message && n > 0 && n <= int(size) {
			d.native = append(d.native, developerField{
				field:  field{num: desc.num, base: desc.base, size: size, at: int32(d.size)},
				factor: desc.factor,
			})
		}
		d.size += int(size)
	}
}
