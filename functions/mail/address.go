package mail

import (
	"crypto/sha256"
	"encoding/hex"
	netmail "net/mail"
	"strings"
	"unicode"

	"paceline/shared/function/fault"
)

// maxAddress is the longest address that SMTP allows (RFC 5321, 4.5.3.1.3).
const maxAddress = 254

// maxValue bounds a value that goes into a mail, in characters.
const maxValue = 200

// recipient checks that to is one bare address: anything around it, such as a
// name, a second address or a line break, makes it invalid.
func recipient(to string) (string, error) {
	a, err := netmail.ParseAddress(to)
	if err != nil || a.Address != to || len(to) > maxAddress || strings.ContainsFunc(to, unicode.IsControl) {
		return "", fault.Invalid("invalid_address", "the request's address is not a mail address")
	}
	return to, nil
}

// digest is a short name for what may not or cannot be a key itself.
func digest(s string) string {
	sum := sha256.Sum256([]byte(s))
	return hex.EncodeToString(sum[:16])
}

// clean makes a value that people chose one harmless line: what would break a
// line or turn the direction of writing becomes a space, and it is cut where
// it is too long.
func clean(value string) string {
	value = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) || r == '\u2028' || r == '\u2029' || r == unicode.ReplacementChar {
			return ' '
		}
		return r
	}, value)
	value = strings.Join(strings.Fields(value), " ")
	if runes := []rune(value); len(runes) > maxValue {
		return string(runes[:maxValue-1]) + "…"
	}
	return value
}
