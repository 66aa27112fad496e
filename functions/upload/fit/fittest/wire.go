package fittest

import (
	"encoding/binary"
	"time"

	"github.com/muktihari/fit/kit/hash/crc16"
)

// Base types of fields, as they stand in a definition.
const (
	Enum    = 0x00
	Sint8   = 0x01
	Uint8   = 0x02
	String  = 0x07
	Sint32  = 0x85
	Uint16  = 0x84
	Uint32  = 0x86
	Float32 = 0x88
	Byte    = 0x0D
)

// Field is a field of a definition: number, size in bytes and base type.
type Field [3]byte

// Wire writes messages byte by byte.
type Wire struct {
	b   []byte
	big bool
}

// NewWire starts an empty list of messages.
func NewWire() *Wire { return &Wire{} }

// BigEndian makes later definitions and values big-endian.
func (w *Wire) BigEndian() *Wire { w.big = true; return w }

// Define writes the definition of a local message.
func (w *Wire) Define(local byte, message uint16, fields ...Field) *Wire {
	w.define(0x40|local, message, fields)
	return w
}

// DefineWithApp is Define with developer fields, each number, size, developer.
func (w *Wire) DefineWithApp(local byte, message uint16, fields, app []Field) *Wire {
	w.define(0x60|local, message, fields)
	w.b = append(w.b, byte(len(app)))
	for _, f := range app {
		w.b = append(w.b, f[:]...)
	}
	return w
}

func (w *Wire) define(header byte, message uint16, fields []Field) {
	w.b = append(w.b, header, 0, 0)
	if w.big {
		w.b[len(w.b)-1] = 1
	}
	w.b = append(w.order().AppendUint16(w.b, message), byte(len(fields)))
	for _, f := range fields {
		w.b = append(w.b, f[:]...)
	}
}

// Data writes a data message of values: integers of their own size, and bytes
// as they are.
func (w *Wire) Data(local byte, values ...any) *Wire {
	w.b = append(w.b, local)
	return w.values(values)
}

// Compressed is Data with a compressed timestamp of five bits.
func (w *Wire) Compressed(local, offset byte, values ...any) *Wire {
	w.b = append(w.b, 0x80|local<<5|offset&0x1F)
	return w.values(values)
}

// Raw appends bytes as they are.
func (w *Wire) Raw(b ...byte) *Wire { w.b = append(w.b, b...); return w }

func (w *Wire) values(values []any) *Wire {
	for _, v := range values {
		if text, ok := v.(string); ok {
			v = []byte(text)
		}
		var err error
		if w.b, err = binary.Append(w.b, w.order(), v); err != nil {
			panic(err) // a value of no fixed size: only a wrong test has one
		}
	}
	return w
}

func (w *Wire) order() interface {
	binary.ByteOrder
	binary.AppendByteOrder
} {
	if w.big {
		return binary.BigEndian
	}
	return binary.LittleEndian
}

// Messages are the bytes so far, without header and checksum.
func (w *Wire) Messages() []byte { return w.b }

// File is the messages as a sealed file.
func (w *Wire) File() []byte { return Seal(w.b) }

// Activity writes a file_id of an activity as local message 0.
func (w *Wire) Activity() *Wire {
	return w.Define(0, 0, Field{0, 1, Enum}, Field{1, 2, Uint16}, Field{2, 2, Uint16}).
		Data(0, byte(4), uint16(1), uint16(3843))
}

// Seal puts a header of 14 bytes before messages and the checksum after them.
func Seal(messages []byte) []byte { return SealAs(14, messages) }

// SealAs is Seal with a header of 12 or 14 bytes; the header of 14 has its own
// checksum.
func SealAs(header byte, messages []byte) []byte {
	b := []byte{header, 0x20, 0x54, 0x08}
	b = binary.LittleEndian.AppendUint32(b, uint32(len(messages)))
	b = append(b, ".FIT"...)
	if header == 14 {
		b = binary.LittleEndian.AppendUint16(b, CRC(b))
	}
	b = append(b, messages...)
	return binary.LittleEndian.AppendUint16(b, CRC(b))
}

// CRC is the FIT checksum of b.
func CRC(b []byte) uint16 {
	h := crc16.New()
	_, _ = h.Write(b)
	return h.Sum16()
}

// Time is t in seconds since the FIT epoch.
func Time(t time.Time) uint32 { return uint32(t.Unix() - 631065600) }
