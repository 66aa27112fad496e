package upload

import (
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"paceline/shared/api"
	"paceline/shared/function/fault"
)

// Longest texts, in characters.
const (
	maxName        = 200
	maxDescription = 5000
	maxDevice      = 100
	maxFileName    = 120
)

var sportForm = regexp.MustCompile(`^[a-z][a-z0-9_]{0,39}$`)

// invalid is the error for a member of a request that cannot be taken.
func invalid(member, format string, args ...any) *fault.Error {
	return fault.Invalid("invalid_member", member+" "+format, args...).With("pointer", "/"+member)
}

// lineOf is what a person wrote into a field of one line: NFC, without the
// space around it. Control characters and line breaks are refused.
func lineOf(member, s string, longest int) (string, error) {
	s = strings.TrimSpace(s)
	if strings.ContainsFunc(s, breaksLine) {
		return "", invalid(member, "must be one line without control characters")
	}
	return within(member, s, longest)
}

// textOf is the same for a field of several lines, which end with \n alone.
func textOf(member, s string, longest int) (string, error) {
	s = strings.TrimSpace(strings.ReplaceAll(s, "\r\n", "\n"))
	if strings.ContainsFunc(s, func(r rune) bool { return r != '\n' && r != '\t' && unicode.IsControl(r) }) {
		return "", invalid(member, "must not have control characters")
	}
	return within(member, s, longest)
}

func within(member, s string, longest int) (string, error) {
	if !utf8.ValidString(s) {
		return "", invalid(member, "must be UTF-8")
	}
	s = norm.NFC.String(s)
	if utf8.RuneCountInString(s) > longest {
		return "", invalid(member, "must have at most %d characters", longest)
	}
	return s, nil
}

func breaksLine(r rune) bool { return unicode.IsControl(r) || r == '\u2028' || r == '\u2029' }

func sportOf(member, s string) (string, error) {
	if !sportForm.MatchString(s) {
		return "", invalid(member, "must be a FIT name in snake case, such as running")
	}
	return s, nil
}

func visibilityOf(v api.Visibility) error {
	if !v.Valid() {
		return invalid("visibility", "must be private, followers or everyone")
	}
	return nil
}

// scrub makes what a file says of itself fit to be shown: one line (or, with
// lines, several), NFC, cut to the longest length. A file is not refused for
// its texts.
func scrub(s string, longest int, lines bool) string {
	s = norm.NFC.String(strings.ToValidUTF8(s, "\uFFFD"))
	s = strings.Map(func(r rune) rune {
		switch {
		case lines && (r == '\n' || r == '\t'):
			return r
		case lines && r == '\r':
			return -1
		case breaksLine(r):
			return ' '
		}
		return r
	}, s)
	if !lines {
		s = strings.Join(strings.Fields(s), " ")
	}
	s = strings.TrimSpace(s)
	if runes := []rune(s); len(runes) > longest {
		s = strings.TrimSpace(string(runes[:longest]))
	}
	return s
}

// fileName is the last part of the name that a file was uploaded with, fit to
// be shown: it is data and never a path. It is empty when nothing is left.
func fileName(s string) string {
	if i := strings.LastIndexAny(s, `/\`); i >= 0 {
		s = s[i+1:]
	}
	s = strings.Map(func(r rune) rune {
		if unicode.Is(unicode.Bidi_Control, r) || strings.ContainsRune(`<>:"|?*`, r) {
			return -1
		}
		return r
	}, scrub(s, maxFileName, false))
	return strings.Trim(s, ". ")
}
