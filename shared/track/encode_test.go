package track

import (
	"bytes"
	"errors"
	"math"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/klauspost/compress/zstd"
)

// sameBits compares floats by their bits, so that -0 differs from 0 and one NaN
// from another.
var sameBits = cmp.Options{
	cmp.Comparer(func(a, b float64) bool { return math.Float64bits(a) == math.Float64bits(b) }),
	cmp.Comparer(func(a, b float32) bool { return math.Float32bits(a) == math.Float32bits(b) }),
}

// ride is a track of n samples with every column and every header field.
func ride(n int) *Track {
	offset := 2 * time.Hour
	t := &Track{
		Format: "fit", Sport: "cycling", SubSport: "road", Name: "Über den Paß",
		Description: "zwei\nZeilen", Device: "garmin edge_530",
		StartedAt: time.Date(2026, 5, 1, 5, 12, 3, 250e6, time.UTC), UTCOffset: &offset,
		Laps: []Lap{{Span: Span{0, 60_000}, Trigger: "manual", Intensity: "active",
			Totals: Totals{DistanceM: Some(512.25), AvgPowerW: Some(201)}}},
		Pauses: []Span{{10_000, 20_000}}, Lengths: []Length{{Span: Span{0, 1}, Active: true, Strokes: Some(12)}},
		Sets:        []Set{{Span: Span{5, 9}, Active: true, Category: "squat", Exercise: "Kniebeuge", Repetitions: Some(8), WeightKG: Some(62.5)}},
		PoolLengthM: Some(25), Session: Totals{DistanceM: Some(12_345.67), CaloriesKcal: Some(0)},
		Barometric: true, Warnings: []string{"crc_missing"},
	}
	s := &t.Samples
	for i := range n {
		f := float64(i)
		s.TimeMS = append(s.TimeMS, int64(i)*1000)
		s.Lat = append(s.Lat, float64(620_000_000+i*97)*180/(1<<31))
		s.Lng = append(s.Lng, 13.4193629+math.Round(1e3*math.Sin(f/50))/1e7)
		s.DistanceM = append(s.DistanceM, math.Round(f*723)/100)
		s.ElevationM = append(s.ElevationM, float32(200+math.Round(100*math.Sin(f/300))/5))
		s.SpeedMPS = append(s.SpeedMPS, float32(math.Pi)*float32(i%7))
		s.HeartRateBPM = append(s.HeartRateBPM, float32(120+i%40))
		s.CadenceRPM = append(s.CadenceRPM, float32(80+i%9)+0.5)
		s.PowerW = append(s.PowerW, float32(i*7919%400))
		s.TemperatureC = append(s.TemperatureC, float32(18-i/500))
		s.DepthM = append(s.DepthM, float32(i%30)/4)
	}
	if n > 10 {
		s.HeartRateBPM[3], s.Lat[4], s.Lng[4] = float32(math.NaN()), math.NaN(), math.NaN()
	}
	return t
}

func TestEncodeRoundTrip(t *testing.T) {
	t.Parallel()
	nan, odd := math.NaN(), math.Float64frombits(0x7FF8_0000_DEAD_BEEF)
	one := func(change func(*Track)) *Track {
		tr := &Track{StartedAt: time.Unix(0, 0).UTC(), Samples: Samples{TimeMS: []int64{0, 1, 1}}}
		change(tr)
		return tr
	}
	tests := []struct {
		name string
		give *Track
	}{
		{"a ride with everything in it", ride(5000)},
		{"the zero track", &Track{}},
		{"a workout without samples", &Track{Format: "manual", Sport: "running", Session: Totals{TimerS: Some(1800)}}},
		{"one sample", ride(1)},
		{"times at both ends of the range", &Track{Samples: Samples{TimeMS: []int64{math.MinInt64, 0, math.MaxInt64}}}},
		{"a column of nothing but NaN", one(func(t *Track) { t.Samples.DistanceM = []float64{nan, nan, nan} })},
		{"a NaN with a payload", one(func(t *Track) { t.Samples.DistanceM = []float64{1, odd, nan} })},
		{"infinities", one(func(t *Track) { t.Samples.DistanceM = []float64{math.Inf(1), math.Inf(-1), 0} })},
		{"minus zero", one(func(t *Track) { t.Samples.PowerW = []float32{0, float32(math.Copysign(0, -1)), 0} })},
		{"the ends of float64", one(func(t *Track) {
			t.Samples.DistanceM = []float64{math.MaxFloat64, -math.MaxFloat64, math.SmallestNonzeroFloat64}
		})},
		{"integers at the edge of a float64", one(func(t *Track) {
			t.Samples.DistanceM = []float64{maxExact - 1, -maxExact + 1, maxExact}
		})},
		{"positions at the poles and the date line", one(func(t *Track) {
			t.Samples.Lat, t.Samples.Lng = []float64{90, -90, 1e-12}, []float64{180, -180, 179.9999999}
		})},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			b, err := Encode(tt.give)
			if err != nil {
				t.Fatal(err)
			}
			got, err := Decode(b)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.give, got, sameBits, cmpopts.EquateEmpty()); diff != "" {
				t.Errorf("Decode(Encode(t)) (-want +got):\n%s", diff)
			}
			if (got.Samples.Lat == nil) != (tt.give.Samples.Lat == nil) {
				t.Error("a column that was absent is there, or the other way round")
			}
		})
	}
}

// A field that is added to Track but not to the header would be lost in silence.
func TestHeaderHoldsEveryField(t *testing.T) {
	t.Parallel()
	h, tr := reflect.TypeFor[header](), reflect.TypeFor[Track]()
	for i := range tr.NumField() {
		f := tr.Field(i)
		if f.Name == "Samples" {
			continue
		}
		if g, ok := h.FieldByName(f.Name); !ok || g.Type != f.Type {
			t.Errorf("header does not hold Track.%s %v", f.Name, f.Type)
		}
	}
	s := new(Samples)
	if got, want := 1+len(s.wide())+len(s.narrow()), reflect.TypeFor[Samples]().NumField(); got != want {
		t.Errorf("%d columns are stored, Samples has %d", got, want)
	}
}

// Readers of yesterday, who know no depths, read all that has none.
func TestWhatHasNothingNewIsOfTheFirstVersion(t *testing.T) {
	t.Parallel()
	for _, deep := range []bool{false, true} {
		tr, want := ride(3), byte(version)
		if !deep {
			tr.Samples.DepthM, want = nil, firstVersion
		}
		b, err := Encode(tr)
		if err != nil || b[len(magic)] != want {
			t.Errorf("with depths %v: version %d, %v", deep, b[len(magic)], err)
		}
	}
}

func TestUnpackedBytes(t *testing.T) {
	t.Parallel()
	for _, n := range []int{0, 1, 5000} {
		b, err := Encode(ride(n))
		if err != nil {
			t.Fatal(err)
		}
		body, err := unpack(b[len(magic)+1:])
		if err != nil || UnpackedBytes(b) != int64(len(body)) {
			t.Errorf("%d samples: said to be %d bytes, are %d, %v", n, UnpackedBytes(b), len(body), err)
		}
	}
	if UnpackedBytes(nil) != maxBody || UnpackedBytes([]byte("PTRK\x01nothing")) != maxBody {
		t.Error("what is no track is small")
	}
}

func TestEncodePacksARideSmall(t *testing.T) {
	t.Parallel()
	tr := ride(3600)
	tr.Samples.SpeedMPS = nil // irrational on purpose in ride
	b, err := Encode(tr)
	if err != nil {
		t.Fatal(err)
	}
	if raw := 3600 * (8 + 3*8 + 5*4); len(b)*8 > raw {
		t.Errorf("an hour takes %d bytes, %d unpacked: want at most an eighth", len(b), raw)
	}
}

func TestEncodeRefusesABrokenTrack(t *testing.T) {
	t.Parallel()
	tests := map[string]func(*Track){
		"columns of unequal length":       func(t *Track) { t.Samples.PowerW = []float32{1} },
		"a wide column too long":          func(t *Track) { t.Samples.DistanceM = make([]float64, 9) },
		"a latitude without a longitude":  func(t *Track) { t.Samples.Lng = nil },
		"time that falls":                 func(t *Track) { t.Samples.TimeMS[1] = -1 },
		"a total that is not a number":    func(t *Track) { v := math.NaN(); t.Session.AvgPowerW = &v },
		"a start after the year 9999":     func(t *Track) { t.StartedAt = time.Date(10_000, 1, 1, 0, 0, 0, 0, time.UTC) },
		"an empty column beside samples ": func(t *Track) { t.Samples.PowerW = []float32{} },
	}
	for name, breakIt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tr := ride(3)
			breakIt(tr)
			if b, err := Encode(tr); err == nil {
				t.Errorf("Encode gave %d bytes and no error", len(b))
			}
		})
	}
}

// pack makes a stored form around any body, as a forger would.
func pack(t testing.TB, body []byte) []byte {
	t.Helper()
	enc, err := encoder()
	if err != nil {
		t.Fatal(err)
	}
	return enc.EncodeAll(body, []byte(magic+string(rune(version))))
}

func TestDecodeRefuses(t *testing.T) {
	t.Parallel()
	good, err := Encode(ride(100))
	if err != nil {
		t.Fatal(err)
	}
	other := bytes.Clone(good)
	other[4] = 99
	tests := map[string][]byte{
		"nothing":                             nil,
		"a GPX file":                          []byte(`<?xml version="1.0"?><gpx/>`),
		"another version":                     other,
		"only the magic":                      []byte(magic),
		"no frame":                            good[:5],
		"a cut frame":                         good[:len(good)-1],
		"a second frame":                      append(bytes.Clone(good), good[5:]...),
		"an empty body":                       pack(t, nil),
		"a header longer than the body":       pack(t, []byte("\xff\xff\xff\xff\xff\xff\xff\xff\x7f{}")),
		"a header that is not JSON":           pack(t, []byte("\x02{]\x00\x00")),
		"more samples than bytes":             pack(t, []byte("\x02{}\xff\xff\xff\xff\x0f\x00")),
		"columns that no version has":         pack(t, []byte("\x02{}\x01\x80\x08\x00")),
		"a column that is cut":                pack(t, []byte("\x02{}\x02\x08\x00\x00\x00\x01")),
		"an unknown scale":                    pack(t, []byte("\x02{}\x01\x08\x00\x10\x01")),
		"bytes after the last column":         pack(t, []byte("\x02{}\x01\x00\x00\x00")),
		"a latitude without a longitude":      pack(t, []byte("\x02{}\x01\x01\x00\x00\x01")),
		"a number that never ends":            pack(t, []byte(strings.Repeat("\xff", 64))),
		"a body over the limit (a zstd bomb)": bomb(t),
	}
	for name, b := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if tr, err := Decode(b); !errors.Is(err, ErrStored) || tr != nil {
				t.Errorf("Decode = %v, %v; want ErrStored", tr, err)
			}
		})
	}
}

func bomb(t *testing.T) []byte {
	t.Helper()
	var b bytes.Buffer
	b.WriteString(magic + string(rune(version)))
	w, err := zstd.NewWriter(&b, zstd.WithEncoderConcurrency(1))
	if err != nil {
		t.Fatal(err)
	}
	zeros := make([]byte, 1<<20)
	for range maxBody>>20 + 1 {
		if _, err := w.Write(zeros); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// Every single changed bit must be noticed: the frame has a checksum and the
// five bytes before it are compared.
func TestDecodeNoticesEveryChangedBit(t *testing.T) {
	t.Parallel()
	tr := ride(20)
	good, err := Encode(tr)
	if err != nil {
		t.Fatal(err)
	}
	for i := range len(good) * 8 {
		bad := bytes.Clone(good)
		bad[i/8] ^= 1 << (i % 8)
		got, err := Decode(bad)
		if err == nil && !cmp.Equal(tr, got, sameBits) {
			t.Errorf("bit %d: another track without an error", i)
		}
	}
}

func FuzzDecode(f *testing.F) {
	for _, n := range []int{0, 1, 50} {
		b, err := Encode(ride(n))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b, false)
		body, err := unpack(b[5:])
		if err != nil {
			f.Fatal(err)
		}
		f.Add(body, true)
	}
	f.Fuzz(func(t *testing.T, b []byte, inner bool) {
		if inner { // mutate behind the checksum too
			b = pack(t, b)
		}
		tr, err := Decode(b)
		if err != nil {
			return
		}
		again, err := Encode(tr)
		if err != nil {
			t.Fatalf("a decoded track cannot be encoded: %v", err)
		}
		back, err := Decode(again)
		if err != nil || !cmp.Equal(tr, back, sameBits, cmpopts.EquateEmpty()) {
			t.Fatalf("second trip differs (%v):\n%s", err, cmp.Diff(tr, back, sameBits, cmpopts.EquateEmpty()))
		}
	})
}

func BenchmarkEncode(b *testing.B) {
	tr := ride(10_000)
	var size int
	for b.Loop() {
		out, err := Encode(tr)
		if err != nil {
			b.Fatal(err)
		}
		size = len(out)
	}
	b.ReportMetric(float64(size)/10_000, "B/sample")
}

func BenchmarkDecode(b *testing.B) {
	stored, err := Encode(ride(10_000))
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if _, err := Decode(stored); err != nil {
			b.Fatal(err)
		}
	}
}
