package xmlscan

import (
	"bytes"
	"unicode/utf8"
)

// maxReference is the length of the longest reference there is, &#x0010FFFF;
// with room for leading zeros.
const maxReference = 32

// reference reads the reference at the position and gives the text it stands
// for.
func (s *Scanner) reference() []byte {
	rest := s.b[s.pos:min(len(s.b), s.pos+maxReference)]
	i := bytes.IndexByte(rest, ';')
	if i < 2 {
		if len(rest) < maxReference && i < 0 && bytes.IndexByte(rest, '<') < 0 {
			s.truncated()
			return nil
		}
		s.fail("xml_entity", "a reference without an end, or a bare &")
		return nil
	}
	out, ok := resolve(rest[1:i])
	if !ok {
		s.fail("xml_entity", "an entity or character that XML does not define")
		return nil
	}
	s.pos += i + 1
	return out
}

// resolve gives the text of a reference by the name between & and ;.
func resolve(name []byte) ([]byte, bool) {
	switch string(name) {
	case "amp":
		return []byte("&"), true
	case "lt":
		return []byte("<"), true
	case "gt":
		return []byte(">"), true
	case "quot":
		return []byte(`"`), true
	case "apos":
		return []byte("'"), true
	}
	digits, ok := bytes.CutPrefix(name, []byte("#"))
	if !ok {
		return nil, false
	}
	r, ok := codePoint(digits)
	if !ok {
		return nil, false
	}
	return utf8.AppendRune(nil, r), true
}

// codePoint reads the digits of a character reference, decimal or with x
// hexadecimal, and refuses what is no character of XML.
func codePoint(digits []byte) (rune, bool) {
	base := rune(10)
	if hex, ok := bytes.CutPrefix(digits, []byte("x")); ok {
		digits, base = hex, 16
	}
	var r rune
	for _, c := range digits {
		var d rune
		switch {
		case '0' <= c && c <= '9':
			d = rune(c - '0')
		case 'a' <= c|0x20 && c|0x20 <= 'f':
			d = rune(c|0x20-'a') + 10
		default:
			return 0, false
		}
		if r = r*base + d; d >= base || r > utf8.MaxRune {
			return 0, false
		}
	}
	ok := len(digits) > 0 && utf8.ValidRune(r) && r != 0xFFFE && r != 0xFFFF &&
		(r >= 0x20 || r == '\t' || r == '\n' || r == '\r')
	return r, ok
}
