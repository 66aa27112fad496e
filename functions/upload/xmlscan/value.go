package xmlscan

import (
	"math"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxText bounds a text for people, in bytes: a name or a page of notes.
const maxText = 16 << 10

// Text is a copy of b for people to read: without control characters other than
// the line break, without white space around it, and cut after 16 KiB.
func Text(b []byte) string {
	if len(b) > maxText {
		n := maxText
		for n > 0 && !utf8.RuneStart(b[n]) {
			n--
		}
		b = b[:n]
	}
	s := strings.Map(func(r rune) rune {
		if unicode.IsControl(r) && r != '\n' {
			if r == '\t' {
				return ' '
			}
			return -1
		}
		return r
	}, string(b))
	return strings.TrimSpace(s)
}

// pow10 are the powers of ten that a float64 holds exactly.
var pow10 = [...]float64{1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11,
	1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22}

// Float reads an xs:double that is a number, rounded as strconv does it. NaN,
// the infinities and anything else that is not a finite decimal are not ok.
func Float(b []byte) (v float64, ok bool) {
	i, neg := 0, false
	if len(b) > 0 && (b[0] == '-' || b[0] == '+') {
		i, neg = 1, b[0] == '-'
	}
	var m uint64
	digits, frac, point := 0, 0, false
	for ; i < len(b); i++ {
		c := b[i]
		if c == '.' && !point {
			point = true
			continue
		}
		if c < '0' || c > '9' {
			break
		}
		m = m*10 + uint64(c-'0')
		digits++
		if point {
			frac++
		}
		if digits > 18 {
			return slowFloat(b)
		}
	}
	if i < len(b) || digits == 0 || m >= 1<<53 {
		return slowFloat(b) // an exponent, too many digits, or no number
	}
	v = float64(m) / pow10[frac] // both exact, so the quotient is the nearest there is
	if neg {
		v = -v
	}
	return v, true
}

func slowFloat(b []byte) (float64, bool) {
	if !decimal(b) {
		return 0, false
	}
	v, err := strconv.ParseFloat(string(b), 64)
	return v, err == nil
}

// Float32 reads a number as the nearest float32 to its text. Rounding twice, by
// way of a float64, would miss only when the float64 lies halfway between two of
// them; then the text decides.
func Float32(b []byte) (float32, bool) {
	v, ok := Float(b)
	if !ok || math.Abs(v) > math.MaxFloat32 {
		return 0, false
	}
	const tail = 1<<29 - 1 // bits of a float64 that a float32 has not
	if math.Float64bits(v)&tail == 1<<28 {
		w, err := strconv.ParseFloat(string(b), 32)
		return float32(w), err == nil
	}
	return float32(v), true
}

// decimal says whether b is written as xs:double allows: ParseFloat also takes
// hexadecimal, underscores and words.
func decimal(b []byte) bool {
	digit := false
	for i, c := range b {
		switch {
		case '0' <= c && c <= '9':
			digit = true
		case c == '.', c == '-', c == '+':
		case (c == 'e' || c == 'E') && i > 0:
		default:
			return false
		}
	}
	return digit
}

// Zone is what a time says of its zone.
type Zone uint8

// The three ways to write a time. An offset of zero that is spelt +00:00 counts
// as UTC: programs write it that know no local time.
const (
	ZoneMissing Zone = iota // taken as UTC
	ZoneUTC
	ZoneOffset
)

// Time is an instant as a file gives it.
type Time struct {
	UnixMS  int64 // ms after 1970 in UTC; finer digits are cut off
	OffsetS int   // local time minus UTC in seconds, of ZoneOffset
	Zone    Zone
}

// ParseTime reads an RFC 3339 time, with or without fraction and zone, also with
// a space in the place of the T and without the colon in the zone, as programs
// write it.
func ParseTime(b []byte) (t Time, ok bool) {
	if len(b) < 19 || b[4] != '-' || b[7] != '-' || b[10]|0x20 != 't' && b[10] != ' ' || b[13] != ':' || b[16] != ':' {
		return t, false
	}
	year, month, day := num(b[0:4]), num(b[5:7]), num(b[8:10])
	h, m, s := num(b[11:13]), num(b[14:16]), num(b[17:19])
	if year < 0 || month < 1 || month > 12 || day < 1 || day > daysIn(year, month) ||
		h < 0 || h > 23 || m < 0 || m > 59 || s < 0 || s > 60 { // 60 is a leap second
		return t, false
	}
	t.UnixMS = ((unixDay(year, month, day)*24+int64(h))*60+int64(m))*60 + int64(s)
	t.UnixMS *= 1000
	rest := b[19:]
	if len(rest) > 0 && (rest[0] == '.' || rest[0] == ',') {
		n, scale := 1, int64(100)
		for ; n < len(rest) && '0' <= rest[n] && rest[n] <= '9'; n++ {
			t.UnixMS += int64(rest[n]-'0') * scale
			scale /= 10
		}
		if n == 1 {
			return t, false
		}
		rest = rest[n:]
	}
	return t.zone(rest)
}

// zone reads what stands after the seconds.
func (t Time) zone(b []byte) (Time, bool) {
	switch {
	case len(b) == 0:
		return t, true
	case len(b) == 1:
		t.Zone = ZoneUTC
		return t, b[0]|0x20 == 'z'
	case b[0] != '+' && b[0] != '-':
		return t, false
	}
	h, m := -1, 0
	switch {
	case len(b) == 3:
		h = num(b[1:3])
	case len(b) == 5:
		h, m = num(b[1:3]), num(b[3:5])
	case len(b) == 6 && b[3] == ':':
		h, m = num(b[1:3]), num(b[4:6])
	}
	if h < 0 || h > 18 || m < 0 || m > 59 {
		return t, false
	}
	t.Zone, t.OffsetS = ZoneOffset, h*3600+m*60
	if b[0] == '-' {
		t.OffsetS = -t.OffsetS
	}
	if t.OffsetS == 0 {
		t.Zone = ZoneUTC
	}
	t.UnixMS -= int64(t.OffsetS) * 1000
	return t, true
}

// num reads digits, -1 when there is anything else.
func num(b []byte) int {
	n := 0
	for _, c := range b {
		if c < '0' || c > '9' {
			return -1
		}
		n = n*10 + int(c-'0')
	}
	return n
}

func daysIn(year, month int) int {
	switch month {
	case 4, 6, 9, 11:
		return 30
	case 2:
		if year%4 == 0 && (year%100 != 0 || year%400 == 0) {
			return 29
		}
		return 28
	}
	return 31
}

// unixDay counts the days from 1970-01-01 to a day of the Gregorian calendar,
// with years that begin in March so that the leap day comes last.
func unixDay(year, month, day int) int64 {
	if month <= 2 {
		year--
		month += 12
	}
	year += 400 // so that the year before 0 divides like the others
	return int64(365*year+year/4-year/100+year/400+(153*(month-3)+2)/5+day-1) - 719468 - 146097
}
