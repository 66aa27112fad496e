package breached

import (
	"crypto/sha1" // #nosec G505 -- lists of leaked passwords come as SHA-1; nothing is protected by it
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"github.com/FastFilter/xorfilter"
)

// magic is the first line of a file.
const magic = "paceline breached passwords 1\n"

// header is what a filter needs besides its fingerprints.
type header struct {
	Seed                                             uint64
	SegmentLength, SegmentMask, SegmentCount, Length uint32
	Fingerprints                                     uint32
}

// List is a list of passwords that leaked.
type List struct{ filter xorfilter.BinaryFuse[uint32] }

// Has says whether password, as it stands, is on the list.
func (l *List) Has(password string) bool {
	return len(l.filter.Fingerprints) > 0 && l.filter.Contains(key(sha1.Sum([]byte(password)))) // #nosec G401 -- see above
}

// key is what of a digest goes into the filter.
func key(digest [sha1.Size]byte) uint64 { return binary.BigEndian.Uint64(digest[:]) }

// WriteTo writes the list as a file.
func (l *List) WriteTo(w io.Writer) (int64, error) {
	f := l.filter
	h := header{f.Seed, f.SegmentLength, f.SegmentLengthMask, f.SegmentCount, f.SegmentCountLength, uint32(len(f.Fingerprints))}
	n, err := io.WriteString(w, magic)
	if err != nil {
		return int64(n), err
	}
	if err := binary.Write(w, binary.LittleEndian, h); err != nil {
		return int64(n), err
	}
	if err := binary.Write(w, binary.LittleEndian, f.Fingerprints); err != nil {
		return int64(n + binary.Size(h)), err
	}
	return int64(n + binary.Size(h) + 4*len(f.Fingerprints)), nil
}

// Parse reads a file. What it returns holds no part of b.
func Parse(b []byte) (*List, error) {
	size := binary.Size(header{})
	if len(b) < len(magic)+size || string(b[:len(magic)]) != magic {
		return nil, errors.New("breached: this is not a list that 'kn paceline breach-list build' made")
	}
	var h header
	if _, err := binary.Decode(b[len(magic):], binary.LittleEndian, &h); err != nil {
		return nil, fmt.Errorf("breached: %w", err)
	}
	rest := b[len(magic)+size:]
	if err := h.check(len(rest)); err != nil {
		return nil, err
	}
	l := &List{xorfilter.BinaryFuse[uint32]{
		Seed: h.Seed, SegmentLength: h.SegmentLength, SegmentLengthMask: h.SegmentMask, SegmentCount: h.SegmentCount, SegmentCountLength: h.Length,
		Fingerprints: make([]uint32, h.Fingerprints),
	}}
	if _, err := binary.Decode(rest, binary.LittleEndian, l.filter.Fingerprints); err != nil {
		return nil, fmt.Errorf("breached: %w", err)
	}
	return l, nil
}

// check holds a header to what a lookup relies on, so that no file makes one
// read beyond the end.
func (h header) check(left int) error {
	switch {
	case uint64(left) != 4*uint64(h.Fingerprints):
		return errors.New("breached: the file was cut, or something was added to it")
	case h.SegmentLength == 0 || h.SegmentLength&(h.SegmentLength-1) != 0 || h.SegmentMask != h.SegmentLength-1,
		uint64(h.Length) != uint64(h.SegmentCount)*uint64(h.SegmentLength),
		uint64(h.Fingerprints) != uint64(h.Length)+2*uint64(h.SegmentLength):
		return errors.New("breached: the file is damaged")
	}
	return nil
}
