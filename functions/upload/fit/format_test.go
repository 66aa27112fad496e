package fit_test

import (
	"math"
	"slices"
	"testing"
	"time"

	"paceline/functions/upload/fit"
	"paceline/functions/upload/fit/fittest"
	"paceline/shared/track"
)

type f = fittest.Field

var (
	now   = fittest.Time(start)
	stamp = f{253, 4, fittest.Uint32}
	nan32 = float32(math.NaN())
)

// same compares columns, NaN being equal to itself.
func same[T float32 | float64](a, b []T) bool {
	return slices.EqualFunc(a, b, func(x, y T) bool { return x == y || math.IsNaN(float64(x)) && math.IsNaN(float64(y)) })
}

func TestCompressedTimestampsRollOver(t *testing.T) {
	t.Parallel()
	base := now&^0x1F + 30 // two seconds before the five bits roll over
	w := fittest.NewWire().Activity().
		Define(1, 20, stamp, f{3, 1, fittest.Uint8}).Data(1, base, uint8(100)).
		Define(2, 20, f{3, 1, fittest.Uint8}).
		Compressed(2, 31, uint8(101)).Compressed(2, 0, uint8(102)).Compressed(2, 0, uint8(103)).Compressed(2, 5, uint8(104))
	x := one(t, w.File())
	if want := []int64{0, 1000, 2000, 2000, 7000}; !slices.Equal(x.Samples.TimeMS, want) {
		t.Errorf("times %v, want %v", x.Samples.TimeMS, want)
	}
}

func TestACompressedTimestampWithoutATimeBeforeItIsLeftOut(t *testing.T) {
	t.Parallel()
	x := one(t, fittest.NewWire().Activity().
		Define(2, 20, f{3, 1, fittest.Uint8}).Compressed(2, 3, uint8(99)).
		Define(1, 20, stamp, f{3, 1, fittest.Uint8}).Data(1, now, uint8(100)).File())
	if !same(x.Samples.HeartRateBPM, []float32{100}) || !slices.Contains(x.Warnings, "records_without_time") {
		t.Errorf("heart rate %v, warnings %v", x.Samples.HeartRateBPM, x.Warnings)
	}
}

func TestBigEndianAndRedefinition(t *testing.T) {
	t.Parallel()
	w := fittest.NewWire().Activity().
		Define(1, 20, stamp, f{7, 2, fittest.Uint16}).Data(1, now, uint16(300)).
		BigEndian().
		Define(1, 20, f{2, 2, fittest.Uint16}, stamp, f{7, 2, fittest.Uint16}).Data(1, uint16(2600), now+1, uint16(301))
	x := one(t, w.File())
	if !same(x.Samples.PowerW, []float32{300, 301}) || !same(x.Samples.ElevationM, []float32{nan32, 20}) {
		t.Errorf("power %v, elevation %v", x.Samples.PowerW, x.Samples.ElevationM)
	}
}

func TestValuesOfRecords(t *testing.T) {
	t.Parallel()
	w := fittest.NewWire().Activity().
		Define(1, 20, stamp,
			f{73, 4, fittest.Uint32}, f{6, 2, fittest.Uint16}, // enhanced_speed, speed
			f{2, 2, fittest.Uint16}, f{78, 4, fittest.Uint32}, // altitude, enhanced_altitude
			f{53, 1, fittest.Uint8}, f{4, 1, fittest.Uint8}, // fractional_cadence, cadence
			f{13, 1, fittest.Sint8}, f{3, 2, fittest.Uint8}, f{200, 9, fittest.Byte}).
		Data(1, now, uint32(70000), uint16(3000), uint16(3000), uint32(60500), uint8(64), uint8(80), int8(-5), uint8(120), uint8(255), [9]byte{}).
		Data(1, now+1, uint32(1<<32-1), uint16(3000), uint16(3000), uint32(1<<32-1), uint8(255), uint8(80), int8(127), uint8(255), uint8(255), [9]byte{}).
		Data(1, now+2, uint32(1<<32-1), uint16(65535), uint16(65535), uint32(1<<32-1), uint8(64), uint8(255), int8(0), uint8(0), uint8(0), [9]byte{})
	s := one(t, w.File()).Samples
	for name, ok := range map[string]bool{
		"enhanced speed wins":          same(s.SpeedMPS, []float32{70, 3, nan32}),
		"enhanced altitude wins":       same(s.ElevationM, []float32{11600, 100, nan32}),
		"fractions add to a cadence":   same(s.CadenceRPM, []float32{80.5, 80, nan32}),
		"temperature is signed":        same(s.TemperatureC, []float32{-5, nan32, 0}),
		"the first of an array counts": same(s.HeartRateBPM, []float32{120, nan32, 0}),
	} {
		if !ok {
			t.Errorf("not so: %s: %+v", name, s)
		}
	}
}

func TestCompressedSpeedAndDistance(t *testing.T) {
	t.Parallel()
	// Speed 2.50 and 2.55 m/s; distance 255 m, then 5 m more across the roll-over at 256 m.
	x := one(t, fittest.NewWire().Activity().Define(1, 20, stamp, f{8, 3, fittest.Byte}).
		Data(1, now, [3]byte{0xFA, 0x00, 0xFF}).Data(1, now+1, [3]byte{0xFF, 0x00, 0x04}).
		Data(1, now+2, [3]byte{0xFF, 0xFF, 0xFF}).File())
	if d := x.Samples.DistanceM; d[0] != 255 || d[1] != 260 || !math.IsNaN(d[2]) || x.Samples.SpeedMPS[0] != 2.5 || x.Samples.SpeedMPS[1] != 2.55 {
		t.Errorf("distance %v, speed %v", d, x.Samples.SpeedMPS)
	}
}

func TestAFieldSmallerThanItsTypeIsLeftOut(t *testing.T) {
	t.Parallel()
	x := one(t, fittest.NewWire().Activity().Define(1, 20, stamp, f{7, 1, fittest.Uint16}, f{3, 1, fittest.Uint8}).
		Data(1, now, uint8(9), uint8(100)).File())
	if x.Samples.PowerW != nil || x.Samples.HeartRateBPM[0] != 100 || !slices.Contains(x.Warnings, "field_size") {
		t.Errorf("power %v, warnings %v", x.Samples.PowerW, x.Warnings)
	}
}

// describe writes field_description messages: developer 0, field n, native num.
func describe(w *fittest.Wire, n, base, num byte, unit string) *fittest.Wire {
	text := make([]byte, 8)
	copy(text, unit)
	return w.Define(3, 206, f{0, 1, fittest.Uint8}, f{1, 1, fittest.Uint8}, f{2, 1, fittest.Uint8},
		f{8, 8, fittest.String}, f{14, 2, fittest.Uint16}, f{15, 1, fittest.Uint8}).
		Data(3, uint8(0), n, base, text, uint16(20), num)
}

func TestDeveloperFieldsFillInForNativeOnes(t *testing.T) {
	t.Parallel()
	w := fittest.NewWire().Activity()
	describe(w, 1, fittest.Uint16, 7, "Watts")
	describe(w, 2, fittest.Float32, 6, "km/h")
	describe(w, 3, fittest.Uint8, 4, "rpm")
	w.DefineWithApp(1, 20, []f{stamp, {4, 1, fittest.Uint8}, {6, 2, fittest.Uint16}},
		[]f{{1, 2, 0}, {2, 4, 0}, {3, 1, 0}, {9, 5, 0}}).
		Data(1, now, uint8(85), uint16(0), uint16(250), float32(36), uint8(11), "12345").
		Data(1, now+1, uint8(86), uint16(0), uint16(65535), float32(18), uint8(12), "12345")
	s := one(t, w.File()).Samples
	if !same(s.PowerW, []float32{250, nan32}) {
		t.Errorf("power, which is absent: %v", s.PowerW)
	}
	if !same(s.SpeedMPS, []float32{10, 5}) {
		t.Errorf("speed, which is zero throughout: %v", s.SpeedMPS)
	}
	if !same(s.CadenceRPM, []float32{85, 86}) {
		t.Errorf("cadence, which the device has: %v", s.CadenceRPM)
	}
}

// A dive has a heart rate and no position, and its sport is one of FIT's own.
func TestADive(t *testing.T) {
	t.Parallel()
	x := one(t, fittest.NewWire().Activity().
		Define(1, 20, stamp, f{3, 1, fittest.Uint8}, f{13, 1, fittest.Sint8}).
		Data(1, now, uint8(90), int8(21)).Data(1, now+1800, uint8(104), int8(12)).
		Define(2, 18, stamp, f{2, 4, fittest.Uint32}, f{5, 1, fittest.Enum}, f{6, 1, fittest.Enum}, f{7, 4, fittest.Uint32}, f{8, 4, fittest.Uint32}).
		Data(2, now+1800, now, uint8(53), uint8(53), uint32(1_800_000), uint32(1_800_000)).File())
	if x.Sport != "diving" || x.SubSport != "single_gas_diving" || !same(x.Samples.HeartRateBPM, []float32{90, 104}) || !same(x.Samples.TemperatureC, []float32{21, 12}) || x.Samples.Lat != nil {
		t.Errorf("%+v", x)
	}
	if s := x.Session; s.TimerS == nil || *s.TimerS != 1800 {
		t.Errorf("session %+v", s)
	}
}

func TestPositionsThatAreNoPlace(t *testing.T) {
	t.Parallel()
	degree := int32(1 << 31 / 180)
	x := one(t, fittest.NewWire().Activity().
		Define(1, 20, stamp, f{0, 4, fittest.Sint32}, f{1, 4, fittest.Sint32}).
		Data(1, now, 52*degree, 13*degree).Data(1, now+1, 91*degree, 13*degree).Data(1, now+2, int32(0), int32(0)).
		Data(1, now+3, 52*degree, int32(math.MaxInt32)).Data(1, now+4, -52*degree, -179*degree).File())
	for i, want := range []bool{true, false, false, false, true} {
		if got := !math.IsNaN(x.Samples.Lat[i]) && !math.IsNaN(x.Samples.Lng[i]); got != want {
			t.Errorf("position %d: %v, %v", i, x.Samples.Lat[i], x.Samples.Lng[i])
		}
	}
	if !slices.Contains(x.Warnings, "position_invalid") {
		t.Errorf("warnings %v", x.Warnings)
	}
}

func TestHRMessagesFillTheHeartRate(t *testing.T) {
	t.Parallel()
	hr := fittest.NewWire().Define(1, 132, stamp, f{0, 2, fittest.Uint16}, f{9, 4, fittest.Uint32}, f{6, 1, fittest.Uint8}).
		Data(1, now, uint16(16384), uint32(4000), uint8(100)). // at now + 0.5 s, strap clock 4000/1024 s
		Define(2, 132, f{10, 3, fittest.Byte}, f{6, 2, fittest.Uint8}).
		// Strap clock 4512 and 5024, so 0.5 and 1 s later: low 12 bits 416 and 928.
		Data(2, [3]byte{0xA0, 0x01, 0x3A}, uint8(110), uint8(120)).File()
	w := fittest.NewWire().Activity().Define(1, 20, stamp, f{3, 1, fittest.Uint8})
	for i := range uint32(9) {
		w.Data(1, now+i, uint8(255))
	}
	w.Data(1, now+9, uint8(90))
	x := one(t, append(w.File(), hr...))
	// 110 is read exactly at +1 s, 120 at +1.5 s; each is held for 5 s.
	want := []float32{nan32, 105, 120, 120, 120, 120, 120, nan32, nan32, 90}
	if !same(x.Samples.HeartRateBPM, want) {
		t.Errorf("heart rate %v, want %v", x.Samples.HeartRateBPM, want)
	}
}

func TestDevices(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		maker, product uint16
		text           string
		want           string
		barometric     bool
	}{
		"a Garmin product":                  {1, 1836, "", "Garmin Edge 1000", true},
		"a Garmin watch without barometer":  {1, 1482, "", "Garmin Forerunner 10", false},
		"a product that names itself":       {32, 31, "ELEMNT BOLT", "Wahoo ELEMNT BOLT", true},
		"a name that starts with the maker": {294, 802, "COROS PACE 2", "COROS PACE 2", true},
		"a known maker's unknown product":   {123, 456, "", "Polar product 456", false},
		"an unknown maker":                  {40000, 456, "", "manufacturer 40000 product 456", false},
		"nothing":                           {0xFFFF, 0xFFFF, "", "", false},
	} {
		text := make([]byte, 16)
		copy(text, c.text)
		x := one(t, fittest.NewWire().
			Define(0, 0, f{0, 1, fittest.Enum}, f{1, 2, fittest.Uint16}, f{2, 2, fittest.Uint16}, f{8, 16, fittest.String}).
			Data(0, uint8(4), c.maker, c.product, text).
			Define(1, 20, stamp).Data(1, now).File())
		if x.Device != c.want || x.Barometric != c.barometric {
			t.Errorf("%s: %q, barometric %v", name, x.Device, x.Barometric)
		}
	}
}

func TestABarometerOfTheFileCounts(t *testing.T) {
	t.Parallel()
	phone := func() *fittest.Wire {
		return fittest.NewWire().Define(0, 0, f{0, 1, fittest.Enum}, f{1, 2, fittest.Uint16}).Data(0, uint8(4), uint16(265))
	}
	record := func(w *fittest.Wire) *fittest.Wire {
		return w.Define(1, 20, stamp, f{78, 4, fittest.Uint32}).Data(1, now, uint32(3000))
	}
	device := phone().Define(2, 23, f{0, 1, fittest.Uint8}, f{1, 1, fittest.Uint8}, f{25, 1, fittest.Enum}).Data(2, uint8(1), uint8(4), uint8(5))
	pressure := phone().Define(1, 20, stamp, f{91, 4, fittest.Uint32}).Data(1, now, uint32(101325))
	for name, c := range map[string]struct {
		data []byte
		want bool
	}{
		"enhanced altitude alone":   {record(phone()).File(), false},
		"a local barometer":         {record(device).File(), true},
		"absolute pressure records": {pressure.File(), true},
	} {
		if got := one(t, c.data).Barometric; got != c.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}

func TestUTCOffset(t *testing.T) {
	t.Parallel()
	degree := int32(1 << 31 / 180)
	for name, c := range map[string]struct {
		local uint32
		lng   int32
		want  time.Duration // or -1 for none
	}{
		"two hours ahead":                      {now + 7200, 13, 2 * time.Hour},
		"a quarter, some seconds off":          {now + 20700 + 40, 85, 5*time.Hour + 45*time.Minute},
		"behind":                               {now - 5*3600, -75, -5 * time.Hour},
		"more than 14 hours":                   {now + 15*3600, 179, -1},
		"UTC written as local time in Colombo": {now, 80, -1},
		"no local time":                        {0xFFFFFFFF, 13, -1},
	} {
		x := one(t, fittest.NewWire().Activity().
			Define(1, 20, stamp, f{0, 4, fittest.Sint32}, f{1, 4, fittest.Sint32}).Data(1, now, 20*degree, c.lng*degree).
			Define(2, 34, stamp, f{5, 4, fittest.Uint32}).Data(2, now, c.local).File())
		got := time.Duration(-1)
		if x.UTCOffset != nil {
			got = *x.UTCOffset
		}
		if got != c.want {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
	}
}

func TestALimitOfLapsHolds(t *testing.T) {
	t.Parallel()
	w := fittest.NewWire().Activity().Define(1, 19, stamp)
	for range 20_001 {
		w.Data(1, now)
	}
	if _, err := fit.Decode(w.File(), track.DefaultLimits); code(err) != "too_many_laps" {
		t.Errorf("got %v", err)
	}
}
