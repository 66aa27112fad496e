package objects

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

const (
	maxKey     = 1000 // bytes with all prefixes; S3 and GCS end at 1,024
	maxSegment = 255  // bytes between slashes; file systems end there
)

// ValidateKey says whether key can name an object in every store: up to 1,000
// bytes of UTF-8 in segments that slashes divide, each of 1 to 255 bytes that
// do not begin with a dot. Control characters, backslashes and what XML cannot
// carry are refused. The error is ErrInvalidKey.
func ValidateKey(key string) error {
	if fault := keyFault(key); fault != "" {
		return invalid(key, fault)
	}
	return nil
}

// ValidatePrefix says whether keys can start with prefix, which may be empty
// and may end inside a segment. The error is ErrInvalidKey.
func ValidatePrefix(prefix string) error {
	if prefix == "" {
		return nil
	}
	if fault := keyFault(strings.TrimSuffix(prefix, "/")); fault != "" {
		return invalid(prefix, fault)
	}
	return nil
}

func invalid(key, fault string) error {
	if len(key) > 80 {
		key = key[:80] + "…"
	}
	return fmt.Errorf("objects: key %q: %w: %s", key, ErrInvalidKey, fault)
}

func keyFault(key string) string {
	switch {
	case key == "":
		return "it is empty"
	case len(key) > maxKey:
		return fmt.Sprintf("it is longer than %d bytes", maxKey)
	case !utf8.ValidString(key):
		return "it is not UTF-8"
	case strings.ContainsFunc(key, forbidden):
		return "it has a control character, a backslash or a noncharacter"
	}
	for segment := range strings.SplitSeq(key, "/") {
		switch {
		case segment == "":
			return "it has an empty segment"
		case segment[0] == '.':
			return "a segment begins with a dot"
		case len(segment) > maxSegment:
			return fmt.Sprintf("a segment is longer than %d bytes", maxSegment)
		}
	}
	return ""
}

func forbidden(r rune) bool {
	return unicode.IsControl(r) || r == '\\' || r == '\uFFFE' || r == '\uFFFF'
}
