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
