package fit

import (
	"fmt"

	"paceline/shared/track"
)

// Bits of a record header.
const (
	compressedBit = 0x80
	definitionBit = 0x40
	developerBit  = 0x20
)

// fieldTimestamp is the number of the timestamp field in every message.
const fieldTimestamp = 253

// field is where a field lies in the body of a data message.
type field struct {
	num  uint8
	base uint8 // number of the base type, without the endian bit
	size uint8
	at   int32
}

// developerField is a field that an app added and that stands for the native
// field num of the same message.
type developerField struct {
	field
	factor float64 // to the unit of the native field
}

// definition says what the data messages of a local type look like.
type definition struct {
	message uint16
	big     bool // big-endian
	size    int  // of a body
	timeAt  int  // of the timestamp in a body, or -1
	fields  []field
	native  []developerField
	plan    []step // records only
	kept    bool   // messages of it are kept, so its memory is not used again
}

// readDefinition reads the definition message whose header byte is at r.at-1.
func (r *reader) readDefinition(header byte) *track.Fault {
	at := r.at
	if len(r.data)-at < 5 {
		return r.cut()
	}
	d := r.slot(header & 0x0F)
	architecture := r.data[at+1]
	if architecture > 1 {
		return fault("fit_definition", at+1, fmt.Sprintf("a definition has the unknown byte order %d", architecture))
	}
	d.big = architecture == 1
	d.message = uint16(loadUint(r.data[at+2:at+4], d.big))
	fields := int(r.data[at+4])
	at += 5
	if len(r.data)-at < fields*3 {
		return r.cut()
	}
	for range fields {
		d.addField(r.data[at], r.data[at+1], r.data[at+2])
		at += 3
	}
	if header&developerBit != 0 {
		if len(r.data)-at < 1 || len(r.data)-at-1 < int(r.data[at])*3 {
			return r.cut()
		}
		described := r.data[at+1 : at+1+int(r.data[at])*3]
		at += 1 + len(described)
		r.addDeveloperFields(d, described)
	}
	if err := r.checkTime(d, at); err != nil {
		return err
	}
	r.at = at
	r.local[header&0x0F] = d
	if d.message == messageRecord {
		r.planRecord(d)
	}
	return nil
}

// slot is an empty definition for a local type: the old one, unless messages
// of it were kept.
func (r *reader) slot(local byte) *definition {
	d := r.local[local]
	if d == nil || d.kept {
		return &definition{timeAt: -1}
	}
	r.local[local] = nil
	*d = definition{timeAt: -1, fields: d.fields[:0], native: d.native[:0], plan: d.plan[:0]}
	return d
}

// addField appends a field. One without bytes is dropped: it says nothing, and
// a definition full of them would make tiny messages costly.
func (d *definition) addField(num, size, base uint8) {
	if size == 0 {
		return
	}
	f := field{num: num, base: base & 0x1F, size: size, at: int32(d.size)}
	if num == fieldTimestamp {
		d.timeAt = d.size
	}
	d.fields = append(d.fields, f)
	d.size += int(size)
}

// checkTime refuses a record whose timestamp is no 32-bit number: without it
// no sample has a place.
func (r *reader) checkTime(d *definition, at int) *track.Fault {
	if d.timeAt < 0 {
		return nil
	}
	i := indexOf(d.fields, fieldTimestamp)
	if d.fields[i].size == 4 {
		d.timeAt = int(d.fields[i].at)
		return nil
	}
	d.timeAt = -1
	if d.message == messageRecord {
		return fault("fit_field_size", at, fmt.Sprintf("the timestamp of a record has %d bytes", d.fields[i].size))
	}
	return nil
}

// indexOf finds the first field of a number, or is -1.
func indexOf(fields []field, num uint8) int {
	for i := range fields {
		if fields[i].num == num {
			return i
		}
	}
	return -1
}
