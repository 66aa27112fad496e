package fit

import (
	"bytes"
	"encoding/binary"
	"math"
	"strings"
	"unicode/utf8"
)

// Numbers of the base types, without the endian bit.
const (
	baseEnum    = 0x00
	baseSint8   = 0x01
	baseUint8   = 0x02
	baseSint16  = 0x03
	baseUint16  = 0x04
	baseSint32  = 0x05
	baseUint32  = 0x06
	baseString  = 0x07
	baseFloat32 = 0x08
	baseFloat64 = 0x09
	baseUint8z  = 0x0A
	baseUint16z = 0x0B
	baseUint32z = 0x0C
	baseByte    = 0x0D
	baseSint64  = 0x0E
	baseUint64  = 0x0F
	baseUint64z = 0x10
)

// baseSize is the number of bytes of a numeric base type; a string or an
// unknown type has 0.
func baseSize(base uint8) int {
	const sizes = "\x01\x01\x01\x02\x02\x04\x04\x00\x04\x08\x01\x02\x04\x01\x08\x08\x08"
	if int(base) < len(sizes) {
		return int(sizes[base])
	}
	return 0
}

// number reads the first value of a field; an invalid one is not ok. The caller
// has checked that b holds baseSize bytes.
func number(b []byte, base uint8, big bool) (float64, bool) {
	switch base {
	case baseUint8, baseEnum, baseByte:
		return float64(b[0]), b[0] != 0xFF
	case baseUint16:
		v := uint16(loadUint(b[:2], big))
		return float64(v), v != 0xFFFF
	case baseUint32:
		v := uint32(loadUint(b[:4], big))
		return float64(v), v != 0xFFFFFFFF
	case baseSint32:
		v := int32(uint32(loadUint(b[:4], big)))
		return float64(v), v != math.MaxInt32
	case baseSint8:
		return float64(int8(b[0])), b[0] != 0x7F
	case baseSint16:
		v := int16(uint16(loadUint(b[:2], big)))
		return float64(v), v != math.MaxInt16
	case baseUint8z:
		return float64(b[0]), b[0] != 0
	}
	return rareNumber(b, base, big)
}

// rareNumber is number for the types that few devices write.
func rareNumber(b []byte, base uint8, big bool) (float64, bool) {
	switch base {
	case baseUint16z:
		v := loadUint(b[:2], big)
		return float64(v), v != 0
	case baseUint32z:
		v := loadUint(b[:4], big)
		return float64(v), v != 0
	case baseFloat32:
		v := math.Float32frombits(uint32(loadUint(b[:4], big)))
		return float64(v), finite(float64(v))
	case baseFloat64:
		v := math.Float64frombits(loadUint(b[:8], big))
		return v, finite(v)
	case baseSint64:
		v := int64(loadUint(b[:8], big))
		return float64(v), v != math.MaxInt64
	case baseUint64:
		v := loadUint(b[:8], big)
		return float64(v), v != math.MaxUint64
	case baseUint64z:
		v := loadUint(b[:8], big)
		return float64(v), v != 0
	}
	return 0, false
}

func finite(v float64) bool { return !math.IsNaN(v) && !math.IsInf(v, 0) }

// loadUint reads 2, 4 or 8 bytes.
func loadUint(b []byte, big bool) uint64 {
	switch {
	case len(b) == 4 && !big:
		return uint64(binary.LittleEndian.Uint32(b))
	case len(b) == 2 && !big:
		return uint64(binary.LittleEndian.Uint16(b))
	case len(b) == 4:
		return uint64(binary.BigEndian.Uint32(b))
	case len(b) == 2:
		return uint64(binary.BigEndian.Uint16(b))
	case big:
		return binary.BigEndian.Uint64(b)
	}
	return binary.LittleEndian.Uint64(b)
}

// message is a data message that is read field by field, for all but records.
type message struct {
	def  *definition
	body []byte
}

// native is the value of a field as the profile's type, unscaled; NaN without one.
func (m message) native(num uint8) float64 {
	i := indexOf(m.def.fields, num)
	if i < 0 {
		return math.NaN()
	}
	f := m.def.fields[i]
	size := baseSize(f.base)
	if size == 0 || size > int(f.size) {
		return math.NaN()
	}
	if v, ok := number(m.body[f.at:int(f.at)+int(f.size)], f.base, m.def.big); ok {
		return v
	}
	return math.NaN()
}

// value is a field in SI units: the native one, or, where that is absent or
// zero, a developer field that overrides it.
func (m message) value(num uint8, scale float64) float64 {
	v := m.native(num) / scale
	if v != 0 && !math.IsNaN(v) {
		return v
	}
	for _, f := range m.def.native {
		if f.num != num {
			continue
		}
		if d, ok := number(m.body[f.at:], f.base, m.def.big); ok && (d != 0 || math.IsNaN(v)) {
			return d * f.factor
		}
	}
	return v
}

// whole is a field as an integer, or missing.
func (m message) whole(num uint8, missing uint32) uint32 {
	v := m.native(num)
	if !(v >= 0 && v <= math.MaxUint32) {
		return missing
	}
	return uint32(v)
}

// raw is the bytes of a field, or nil.
func (m message) raw(num uint8) []byte {
	i := indexOf(m.def.fields, num)
	if i < 0 {
		return nil
	}
	f := m.def.fields[i]
	return m.body[f.at : int(f.at)+int(f.size)]
}

// text is a string field up to its first zero byte, or "".
func (m message) text(num uint8) string {
	b := m.raw(num)
	if i := bytes.IndexByte(b, 0); i >= 0 {
		b = b[:i]
	}
	if !utf8.Valid(b) {
		return ""
	}
	return strings.TrimSpace(string(b))
}
