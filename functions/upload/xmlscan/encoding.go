package xmlscan

import (
	"bytes"
	"regexp"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"

	"paceline/shared/track"
)

// declared finds the encoding in an XML declaration.
var declared = regexp.MustCompile(`^<\?xml\s[^>]*?\bencoding\s*=\s*["']([A-Za-z0-9._:-]{1,40})["']`)

var (
	utf16be = unicode.UTF16(unicode.BigEndian, unicode.IgnoreBOM)
	utf16le = unicode.UTF16(unicode.LittleEndian, unicode.IgnoreBOM)
)

// text gives data as UTF-8 without a byte order mark.
func text(data []byte) ([]byte, *track.Fault) {
	b, from, fault := detect(data)
	if fault == nil && from != nil {
		out, err := from.NewDecoder().Bytes(b)
		if err != nil {
			return nil, badEncoding("the text cannot be converted", 1)
		}
		b = out
	}
	switch {
	case fault != nil:
		return nil, fault
	case !utf8.Valid(b):
		return nil, badEncoding("the text is not UTF-8", lineOf(b, invalidAt(b)))
	}
	if i := bytes.IndexByte(b, 0); i >= 0 {
		return nil, &track.Fault{Code: "xml_malformed", Detail: "a NUL character", Offset: -1, Line: lineOf(b, i)}
	}
	return b, nil
}

// detect strips a byte order mark and says what to convert from; nil is UTF-8.
// Without a mark, two-byte text shows by the zero beside its first character.
func detect(data []byte) ([]byte, encoding.Encoding, *track.Fault) {
	switch {
	case bytes.HasPrefix(data, []byte("\xEF\xBB\xBF")):
		return data[3:], nil, nil
	case bytes.HasPrefix(data, []byte("\xFE\xFF")):
		return data[2:], utf16be, nil
	case bytes.HasPrefix(data, []byte("\xFF\xFE\x00\x00")), bytes.HasPrefix(data, []byte("\x00\x00\xFE\xFF")):
		return nil, nil, badEncoding("UTF-32 is not accepted", 1)
	case bytes.HasPrefix(data, []byte("\xFF\xFE")):
		return data[2:], utf16le, nil
	case bytes.HasPrefix(data, []byte("\x00<")):
		return data, utf16be, nil
	case bytes.HasPrefix(data, []byte("<\x00")):
		return data, utf16le, nil
	}
	m := declared.FindSubmatch(data[:min(len(data), 256)])
	if m == nil {
		return data, nil, nil
	}
	switch strings.ToLower(string(m[1])) {
	case "utf-8", "utf8", "us-ascii", "ascii",
		"utf-16", "utf-16le", "utf-16be": // a lie, or the declaration could not have been read
		return data, nil, nil
	case "iso-8859-1", "iso8859-1", "iso_8859-1", "latin1", "latin-1", "l1":
		return data, charmap.ISO8859_1, nil
	case "windows-1252", "cp1252", "cp-1252":
		return data, charmap.Windows1252, nil
	}
	return nil, nil, badEncoding("only UTF-8, UTF-16, ISO-8859-1 and windows-1252 are accepted", 1)
}

func badEncoding(detail string, line int) *track.Fault {
	return &track.Fault{Code: "xml_encoding", Detail: detail, Offset: -1, Line: line}
}

func invalidAt(b []byte) int {
	for i := 0; i < len(b); {
		r, n := utf8.DecodeRune(b[i:])
		if r == utf8.RuneError && n == 1 {
			return i
		}
		i += n
	}
	return len(b)
}

func lineOf(b []byte, i int) int { return 1 + bytes.Count(b[:i], newline) }

// Root is the local name of a document's root element, read from its first
// bytes; "" when they are not XML. It says what a file wants to be, not that it
// is well-formed: it looks over a document type that New would refuse.
func Root(head []byte) string {
	head = head[:min(len(head), 64<<10)]
	b, from, fault := detect(head)
	if fault != nil {
		b = head // whose encoding New will refuse; names are mostly ASCII
	}
	if from != nil {
		b, _ = from.NewDecoder().Bytes(b)
	}
	for {
		b = bytes.TrimLeft(b, " \t\r\n")
		var rest []byte
		ok := false
		switch {
		case bytes.HasPrefix(b, openComment):
			_, rest, ok = bytes.Cut(b, []byte("-->"))
		case bytes.HasPrefix(b, []byte("<?")):
			_, rest, ok = bytes.Cut(b, []byte("?>"))
		case bytes.HasPrefix(b, openDoctype):
			rest, ok = afterDoctype(b)
		case len(b) > 1 && b[0] == '<' && class[b[1]]&nameStart != 0:
			i := 1
			for i < len(b) && class[b[i]]&nameRest != 0 {
				i++
			}
			return string(local(b[1:i]))
		}
		if !ok {
			return ""
		}
		b = rest
	}
}

// afterDoctype goes over a document type and the subset in its brackets.
func afterDoctype(b []byte) ([]byte, bool) {
	i := bytes.IndexAny(b, "[>")
	if i >= 0 && b[i] == '[' {
		_, rest, ok := bytes.Cut(b, []byte("]"))
		_, rest, closed := bytes.Cut(rest, []byte(">"))
		return rest, ok && closed
	}
	return b[i+1:], i >= 0
}
