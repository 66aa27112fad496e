package track

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"sync"

	"github.com/klauspost/compress/zstd"
)

// ErrStored is what Decode's errors wrap: the bytes are not a stored track, or
// not one of a version that this program reads.
var ErrStored = errors.New("not a stored track")

// decoders unpack as a stream, so that memory follows what a frame really holds
// and never what it claims to.
var decoders = sync.Pool{New: func() any {
	d, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true),
		zstd.WithDecoderMaxWindow(8<<20), zstd.WithDecoderMaxMemory(maxBody))
	if err != nil {
		return err
	}
	return d
}}

// Decode reads what Encode wrote. Bytes that are cut, changed or foreign give
// an error that wraps ErrStored.
func Decode(b []byte) (*Track, error) {
	if len(b) < len(magic)+1 || string(b[:len(magic)]) != magic {
		return nil, fmt.Errorf("track: decode: %w", ErrStored)
	}
	if v := b[len(magic)]; v < firstVersion || v > version {
		return nil, fmt.Errorf("track: decode: version %d: %w", v, ErrStored)
	}
	body, err := unpack(b[len(magic)+1:])
	if err != nil {
		return nil, fmt.Errorf("track: decode: %w: %w", ErrStored, err)
	}
	t, err := readBody(body)
	if err != nil {
		return nil, fmt.Errorf("track: decode: %w: %w", ErrStored, err)
	}
	return t, nil
}

// UnpackedBytes is how long a stored track is when it is unpacked, as its frame
// says; the most that there is when it does not.
func UnpackedBytes(b []byte) int64 {
	var h zstd.Header
	if len(b) <= len(magic)+1 || h.Decode(b[len(magic)+1:]) != nil || !h.HasFCS || h.FrameContentSize > maxBody {
		return maxBody
	}
	return int64(h.FrameContentSize)
}

func unpack(frame []byte) ([]byte, error) {
	d, ok := decoders.Get().(*zstd.Decoder)
	if !ok {
		return nil, errors.New("no decoder")
	}
	defer decoders.Put(d)
	if err := d.Reset(bytes.NewReader(frame)); err != nil {
		return nil, err
	}
	var out bytes.Buffer
	out.Grow(min(4*len(frame), 8<<20))
	n, err := io.Copy(&out, io.LimitReader(d, maxBody+1))
	if err == nil && n > maxBody {
		err = errors.New("too much data")
	}
	return out.Bytes(), err
}

func readBody(body []byte) (*Track, error) {
	r := reader{b: body}
	var h header
	if err := json.Unmarshal(r.take(r.uvarint()), &h); err != nil {
		return nil, fmt.Errorf("header: %w", err)
	}
	t := &Track{
		Format: h.Format, Sport: h.Sport, SubSport: h.SubSport,
		Name: h.Name, Description: h.Description, Device: h.Device,
		StartedAt: h.StartedAt.UTC(), UTCOffset: h.UTCOffset,
		Laps: h.Laps, Pauses: h.Pauses, Lengths: h.Lengths, Sets: h.Sets, PoolLengthM: h.PoolLengthM,
		Session: h.Session, Barometric: h.Barometric, Warnings: h.Warnings,
	}
	r.samples(&t.Samples)
	if r.err == nil && len(r.b) > 0 {
		r.err = errors.New("bytes after the last column")
	}
	if r.err == nil {
		r.err = t.Samples.check()
	}
	return t, r.err
}

// reader takes values from the front of b. After the first fault it gives zeros.
type reader struct {
	b   []byte
	err error
}

func (r *reader) fail(what string) {
	if r.err == nil {
		r.err = errors.New(what)
	}
	r.b = nil
}

func (r *reader) uvarint() uint64 {
	if len(r.b) > 0 && r.b[0] < 0x80 { // nearly every step of a track
		v := r.b[0]
		r.b = r.b[1:]
		return uint64(v)
	}
	v, n := binary.Uvarint(r.b)
	if n <= 0 {
		r.fail("a number is cut")
		return 0
	}
	r.b = r.b[n:]
	return v
}

func (r *reader) take(n uint64) []byte {
	if n > uint64(len(r.b)) {
		r.fail("a part is cut")
		return nil
	}
	out := r.b[:n]
	r.b = r.b[n:]
	return out
}

func (r *reader) samples(s *Samples) {
	n, present := r.uvarint(), r.uvarint()
	wide, narrow := s.wide(), s.narrow()
	if present >= 1<<(len(wide)+len(narrow)) {
		r.fail("unknown columns")
	}
	if n > uint64(len(r.b)) { // a sample takes at least a byte in each column
		r.fail("more samples than bytes")
	}
	if r.err != nil {
		return
	}
	s.TimeMS = r.times(int(n))
	for i, c := range wide {
		if present&(1<<i) != 0 {
			*c = readColumn(r, int(n), 8, math.Float64frombits)
		}
	}
	for i, c := range narrow {
		if present&(1<<(i+len(wide))) != 0 {
			*c = readColumn(r, int(n), 4, func(x uint64) float32 { return math.Float32frombits(uint32(x)) })
		}
	}
}

func (r *reader) times(n int) []int64 {
	if n == 0 {
		return nil // as a workout without samples has it
	}
	out := make([]int64, n)
	var last, step uint64
	for i := range out {
		z := r.uvarint()
		step += z>>1 ^ -(z & 1)
		last += step
		out[i] = int64(last)
	}
	return out
}

func readColumn[T float32 | float64](r *reader, n, size int, from func(uint64) T) []T {
	scale := r.take(1)
	if r.err != nil || n > len(r.b) {
		r.fail("a column is cut")
		return nil
	}
	switch {
	case scale[0] == rawBits:
		return readRaw(r, n, size, from)
	case scale[0] == semicircles, scale[0] <= maxDecimals:
		return readScaled[T](r, n, scale[0])
	}
	r.fail("unknown scale")
	return nil
}

func readRaw[T float32 | float64](r *reader, n, size int, from func(uint64) T) []T {
	planes := r.take(uint64(n) * uint64(size))
	if r.err != nil {
		return nil
	}
	out, last := make([]T, n), uint64(0)
	for i := range out {
		for p := range size {
			last ^= uint64(planes[p*n+i]) << (8 * p)
		}
		out[i] = from(last)
	}
	return out
}

func readScaled[T float32 | float64](r *reader, n int, scale byte) []T {
	mul, div := factors(scale)
	nan := T(math.NaN())
	out, last := make([]T, n), uint64(0)
	for i := range out {
		z := r.uvarint()
		if z == 0 {
			out[i] = nan
			continue
		}
		z--
		last += z>>1 ^ -(z & 1)
		out[i] = T(float64(int64(last)) * div / mul)
	}
	return out
}
