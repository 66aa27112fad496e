package track

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"sync"
	"time"

	"github.com/klauspost/compress/zstd"
)

// The stored form: 4 bytes magic, 1 byte version, one zstd frame with a
// checksum. Inside: the length of the header, the header as JSON, the number of
// samples, one bit a column that is present, then the columns one after another.
// A column of integers under an exact scale packs ten times better than the
// bits of its floats; what no scale holds exactly is kept bit by bit.
const (
	magic = "PTRK"
	// The newest version. What has no column of it is written as the first, so
	// that readers of yesterday read it.
	version      = 2
	firstVersion = 1
	// maxBody bounds what a frame may unpack to: a million samples in every
	// column fit in half of it.
	maxBody = 128 << 20
)

// A column's first byte says how its values are kept.
const (
	maxDecimals = 9    // 0 to 9: integers, divided by that power of ten
	semicircles = 0xFE // integers of 180/2^31 degrees, what FIT records
	rawBits     = 0xFF // the bits, each xor the one before, in planes of bytes
)

// maxExact is the largest integer that a float64 holds without a gap below it.
const maxExact = 1 << 53

// header is everything of a Track but its samples.
type header struct {
	Format      string         `json:"format,omitempty"`
	Sport       string         `json:"sport,omitempty"`
	SubSport    string         `json:"sub_sport,omitempty"`
	Name        string         `json:"name,omitempty"`
	Description string         `json:"description,omitempty"`
	Device      string         `json:"device,omitempty"`
	StartedAt   time.Time      `json:"started_at"`
	UTCOffset   *time.Duration `json:"utc_offset_ns,omitempty"`
	Laps        []Lap          `json:"laps,omitempty"`
	Pauses      []Span         `json:"pauses,omitempty"`
	Lengths     []Length       `json:"lengths,omitempty"`
	Sets        []Set          `json:"sets,omitempty"`
	PoolLengthM *float64       `json:"pool_length_m,omitempty"`
	Session     Totals         `json:"session"`
	Barometric  bool           `json:"barometric,omitempty"`
	Warnings    []string       `json:"warnings,omitempty"`
}

// encoder packs whole frames only, which is safe from many goroutines.
var encoder = sync.OnceValues(func() (*zstd.Encoder, error) {
	return zstd.NewWriter(nil, zstd.WithEncoderConcurrency(1))
})

// Encode gives the stored form of t. Every sample comes back from Decode with
// the same bits, absent columns and values without a number included; text must
// be UTF-8. It refuses a Track whose columns differ in length, whose times fall
// or whose totals are not numbers.
func Encode(t *Track) ([]byte, error) {
	if err := t.Samples.check(); err != nil {
		return nil, fmt.Errorf("track: encode: %w", err)
	}
	head, err := json.Marshal(header{
		Format: t.Format, Sport: t.Sport, SubSport: t.SubSport,
		Name: t.Name, Description: t.Description, Device: t.Device,
		StartedAt: t.StartedAt.UTC(), UTCOffset: t.UTCOffset,
		Laps: t.Laps, Pauses: t.Pauses, Lengths: t.Lengths, Sets: t.Sets, PoolLengthM: t.PoolLengthM,
		Session: t.Session, Barometric: t.Barometric, Warnings: t.Warnings,
	})
	if err != nil {
		return nil, fmt.Errorf("track: encode header: %w", err)
	}
	body := make([]byte, 0, len(head)+16+t.Samples.Len()*12)
	body = binary.AppendUvarint(body, uint64(len(head)))
	body = append(body, head...)
	body = appendSamples(body, &t.Samples)
	if len(body) > maxBody {
		return nil, fmt.Errorf("track: encode: %d bytes of samples are over the limit", len(body))
	}
	enc, err := encoder()
	if err != nil {
		return nil, fmt.Errorf("track: encode: %w", err)
	}
	written := byte(firstVersion)
	if t.Samples.DepthM != nil {
		written = version
	}
	out := make([]byte, 0, len(body)/4+64)
	return enc.EncodeAll(body, append(append(out, magic...), written)), nil
}

// wide and narrow list the columns in stored order; a new column goes to the
// end with a new version: depths came with the second.
func (s *Samples) wide() []*[]float64 { return []*[]float64{&s.Lat, &s.Lng, &s.DistanceM} }

func (s *Samples) narrow() []*[]float32 {
	return []*[]float32{&s.ElevationM, &s.SpeedMPS, &s.HeartRateBPM, &s.CadenceRPM, &s.PowerW, &s.TemperatureC, &s.DepthM}
}

// check says whether the columns keep the promises of Samples.
func (s *Samples) check() error {
	for i, c := range s.wide() {
		if *c != nil && len(*c) != len(s.TimeMS) {
			return fmt.Errorf("column %d has %d samples of %d", i, len(*c), len(s.TimeMS))
		}
	}
	for i, c := range s.narrow() {
		if *c != nil && len(*c) != len(s.TimeMS) {
			return fmt.Errorf("column %d has %d samples of %d", i+3, len(*c), len(s.TimeMS))
		}
	}
	if (s.Lat == nil) != (s.Lng == nil) {
		return errors.New("a latitude column without a longitude column")
	}
	for i := 1; i < len(s.TimeMS); i++ {
		if s.TimeMS[i] < s.TimeMS[i-1] {
			return fmt.Errorf("time falls at sample %d", i)
		}
	}
	return nil
}

func appendSamples(b []byte, s *Samples) []byte {
	b = binary.AppendUvarint(b, uint64(len(s.TimeMS)))
	var present uint64
	for i, c := range s.wide() {
		if *c != nil {
			present |= 1 << i
		}
	}
	for i, c := range s.narrow() {
		if *c != nil {
			present |= 1 << (i + 3)
		}
	}
	b = binary.AppendUvarint(b, present)
	b = appendTimes(b, s.TimeMS)
	for _, c := range s.wide() {
		if *c != nil {
			b = appendColumn(b, *c, math.Float64bits, 8)
		}
	}
	for _, c := range s.narrow() {
		if *c != nil {
			b = appendColumn(b, *c, bits32, 4)
		}
	}
	return b
}

func bits32(v float32) uint64 { return uint64(math.Float32bits(v)) }

// appendTimes keeps the change of the step: a steady clock is a row of zeros.
func appendTimes(b []byte, times []int64) []byte {
	var last, step uint64 // wrapping arithmetic is exact for every int64
	for _, t := range times {
		d := uint64(t) - last
		b = binary.AppendVarint(b, int64(d-step))
		last, step = uint64(t), d
	}
	return b
}

// appendColumn keeps values under the first scale that holds all of them.
func appendColumn[T float32 | float64](b []byte, values []T, bits func(T) uint64, size int) []byte {
	for scale := range byte(maxDecimals + 1) {
		if out, ok := appendScaled(b, values, scale, bits); ok {
			return out
		}
	}
	if out, ok := appendScaled(b, values, semicircles, bits); ok {
		return out
	}
	b = append(b, rawBits)
	at := len(b)
	b = append(b, make([]byte, size*len(values))...)
	planes, last := b[at:], uint64(0)
	for i, v := range values {
		x := bits(v)
		for p := range size {
			planes[p*len(values)+i] = byte((x ^ last) >> (8 * p))
		}
		last = x
	}
	return b
}

// appendScaled writes 0 for NaN and otherwise 1 + the zigzag step from the last
// number. It gives up at the first value that would not come back bit by bit.
func appendScaled[T float32 | float64](b []byte, values []T, scale byte, bits func(T) uint64) ([]byte, bool) {
	mul, div := factors(scale)
	nan := bits(T(math.NaN()))
	b = append(b, scale)
	var last int64
	for _, v := range values {
		if v != v { // NaN
			if bits(v) != nan {
				return nil, false
			}
			b = append(b, 0)
			continue
		}
		r := math.RoundToEven(float64(v) * mul / div)
		if !(math.Abs(r) < maxExact) || bits(T(float64(int64(r))*div/mul)) != bits(v) {
			return nil, false
		}
		d := int64(r) - last
		b = binary.AppendUvarint(b, uint64(d<<1^d>>63)+1)
		last = int64(r)
	}
	return b, true
}

// factors give a value = integer * div / mul. Both are exact in a float64, so a
// decimal fraction comes back as the parser of its text would round it.
func factors(scale byte) (mul, div float64) {
	if scale == semicircles {
		return 1 << 31, 180
	}
	return math.Pow10(int(scale)), 1
}
