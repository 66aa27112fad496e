package xmlscan

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"pgregory.net/rapid"
)

func TestFloatIsExact(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		"0", "-0", "+1", "1.", ".5", "007", "49.44717471487820148468017578125", "-105.15878458605",
		"23.649999618530273", "9007199254740991", "9007199254740993", "123456789012345678", "1234567890123456789012", "18446744073709551617",
		"0.0000000000000000001", "1e3", "-1.5E-7", "1e308", "4.9e-324", "179.99999999999999999",
	} {
		want, err := strconv.ParseFloat(text, 64)
		if err != nil {
			t.Fatal(err)
		}
		if got, ok := Float([]byte(text)); !ok || math.Float64bits(got) != math.Float64bits(want) {
			t.Errorf("Float(%s) = %v, %v; want %v", text, got, ok, want)
		}
	}
	for _, text := range []string{"", "-", ".", "NaN", "INF", "-Inf", "1e400", "0x10", "1_000", "1,5", "1.2.3", "12a", "e5", "--1", "1 2", "null", "infinity", "٣"} {
		if v, ok := Float([]byte(text)); ok {
			t.Errorf("Float(%q) = %v", text, v)
		}
		if v, ok := Float32([]byte(text)); ok {
			t.Errorf("Float32(%q) = %v", text, v)
		}
	}
}

func TestFloatAgreesWithStrconv(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringMatching(`-?[0-9]{0,20}(\.[0-9]{0,30})?([eE][+-]?[0-9]{1,3})?`).Draw(t, "text")
		want, err := strconv.ParseFloat(text, 64)
		got, ok := Float([]byte(text))
		if ok != (err == nil) || ok && math.Float64bits(got) != math.Float64bits(want) {
			t.Fatalf("Float(%q) = %v, %v; want %v, %v", text, got, ok, want, err)
		}
		want32, err := strconv.ParseFloat(text, 32)
		got32, ok := Float32([]byte(text))
		if ok != (err == nil) || ok && math.Float32bits(got32) != math.Float32bits(float32(want32)) {
			t.Fatalf("Float32(%q) = %v, %v; want %v, %v", text, got32, ok, want32, err)
		}
	})
}

// A text just beside the middle of two float32 rounds to that middle as a
// float64, and from there to the wrong side.
func TestFloat32DoesNotRoundTwice(t *testing.T) {
	t.Parallel()
	low := float32(1.5)
	middle := (float64(low) + float64(math.Nextafter32(low, 2))) / 2
	text := strconv.FormatFloat(middle, 'f', -1, 64) + "0000000000000000001"
	want := math.Nextafter32(low, 2)
	if got, ok := Float32([]byte(text)); !ok || got != want {
		t.Errorf("Float32(%s) = %v, want %v", text, got, want)
	}
}

func TestParseTime(t *testing.T) {
	t.Parallel()
	tests := []struct {
		give, want string // RFC 3339 in UTC with ms
		offset     int
		zone       Zone
	}{
		{"2026-05-01T07:12:03Z", "2026-05-01T07:12:03Z", 0, ZoneUTC},
		{"2026-05-01t07:12:03z", "2026-05-01T07:12:03Z", 0, ZoneUTC},
		{"2026-05-01T07:12:03.25Z", "2026-05-01T07:12:03.25Z", 0, ZoneUTC},
		{"2026-05-01T07:12:03.1239999Z", "2026-05-01T07:12:03.123Z", 0, ZoneUTC},
		{"2026-05-01T07:12:03,5Z", "2026-05-01T07:12:03.5Z", 0, ZoneUTC},
		{"2012-01-26T18:11:00+01:00", "2012-01-26T17:11:00Z", 3600, ZoneOffset},
		{"2012-01-26T18:11:00-0330", "2012-01-26T21:41:00Z", -12600, ZoneOffset},
		{"2012-01-26T18:11:00+14", "2012-01-26T04:11:00Z", 50400, ZoneOffset},
		{"2012-01-26T18:11:00+00:00", "2012-01-26T18:11:00Z", 0, ZoneUTC},
		{"2012-01-26T18:11:00", "2012-01-26T18:11:00Z", 0, ZoneMissing},
		{"2012-01-26 18:11:00", "2012-01-26T18:11:00Z", 0, ZoneMissing},
		{"2016-12-31T23:59:60Z", "2017-01-01T00:00:00Z", 0, ZoneUTC},
		{"2000-02-29T00:00:00Z", "2000-02-29T00:00:00Z", 0, ZoneUTC},
		{"0000-01-01T00:00:00Z", "0000-01-01T00:00:00Z", 0, ZoneUTC},
		{"9999-12-31T23:59:59Z", "9999-12-31T23:59:59Z", 0, ZoneUTC},
	}
	for _, tt := range tests {
		want, err := time.Parse(time.RFC3339, tt.want)
		if err != nil {
			t.Fatal(err)
		}
		got, ok := ParseTime([]byte(tt.give))
		if !ok || got.UnixMS != want.UnixMilli() || got.OffsetS != tt.offset || got.Zone != tt.zone {
			t.Errorf("ParseTime(%s) = %+v, %v; want %d", tt.give, got, ok, want.UnixMilli())
		}
	}
	for _, give := range []string{
		"", "now", "2026-05-01", "2026-05-01T07:12", "2026-13-01T00:00:00Z", "2026-00-01T00:00:00Z",
		"2026-02-29T00:00:00Z", "1900-02-29T00:00:00Z", "2026-04-31T00:00:00Z", "2026-05-01T24:00:00Z",
		"2026-05-01T00:60:00Z", "2026-05-01T00:00:61Z", "2026-05-01T00:00:00.Z", "2026-05-01T00:00:00X",
		"2026-05-01T00:00:00+1", "2026-05-01T00:00:00+25:00", "2026-05-01T00:00:00Z ", "-026-05-01T00:00:00Z",
		"12026-05-01T00:00:00Z", "2026/05/01T00:00:00Z", "2026-05-01T00:00:00+01:0a",
	} {
		if got, ok := ParseTime([]byte(give)); ok {
			t.Errorf("ParseTime(%q) = %+v", give, got)
		}
	}
}

func TestUnixDayOfEveryDayOfTwoCenturies(t *testing.T) {
	t.Parallel()
	for d := time.Date(1899, 12, 31, 0, 0, 0, 0, time.UTC); d.Year() < 2101; d = d.AddDate(0, 0, 1) {
		if got, want := unixDay(d.Year(), int(d.Month()), d.Day()), d.Unix()/86400; got != want {
			t.Fatalf("unixDay(%s) = %d, want %d", d.Format(time.DateOnly), got, want)
		}
	}
}

func TestText(t *testing.T) {
	t.Parallel()
	if got, want := Text([]byte(" Morning\u0085 run\r\n\tlake \u0007 ")), "Morning run\n lake"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if got := Text([]byte("x" + strings.Repeat("ü", maxText))); len(got) != maxText-1 || !utf8.ValidString(got) {
		t.Errorf("a long text is cut to %d bytes", len(got))
	}
}

func BenchmarkFloat(b *testing.B) {
	for _, text := range []string{"45.1998480", "23.649999618530273", "49.44717471487820148468017578125"} {
		b.Run(fmt.Sprint(len(text)), func(b *testing.B) {
			in := []byte(text)
			for b.Loop() {
				Float(in)
			}
		})
	}
}
