package rest

import (
	"encoding/base64"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"paceline/shared/function/fault"
)

// MaxLimit is the most items that one page holds.
const MaxLimit = 100

// Page is what ?limit= and ?cursor= ask for.
type Page struct {
	Limit int
	After []string // the parts of the last item's position, nil on the first page
}

// PageOf reads ?limit= (1 to MaxLimit, 20 when absent) and ?cursor=, which must
// be one that Cursor made of as many parts.
func PageOf(r *http.Request, parts int) (Page, error) {
	p := Page{Limit: 20}
	q := r.URL.Query()
	if s := q.Get("limit"); s != "" {
		n, err := strconv.Atoi(s)
		if err != nil || n < 1 || n > MaxLimit {
			return Page{}, Parameter("limit", "a number from 1 to %d", MaxLimit)
		}
		p.Limit = n
	}
	if s := q.Get("cursor"); s != "" {
		b, err := base64.RawURLEncoding.DecodeString(s)
		after := strings.Split(string(b), "\x1f")
		if err != nil || len(after) != parts {
			return Page{}, Parameter("cursor", "a next_cursor of an earlier answer")
		}
		p.After = after
	}
	return p, nil
}

// Cursor makes an opaque cursor of an item's position.
func Cursor(position []string) string {
	return base64.RawURLEncoding.EncodeToString([]byte(strings.Join(position, "\x1f")))
}

// Parameter is the error for a query parameter that makes no sense.
func Parameter(name, want string, args ...any) error {
	return fault.Invalid("invalid_parameter", "%s must be %s", name, fmt.Sprintf(want, args...)).With("parameter", name)
}

// TimeParameter reads an RFC 3339 time or a date (its first moment in zone);
// it is zero when absent.
func TimeParameter(r *http.Request, name string, zone *time.Location) (time.Time, error) {
	s := r.URL.Query().Get(name)
	if s == "" {
		return time.Time{}, nil
	}
	if t, err := time.Parse(time.RFC3339, s); err == nil {
		return t, nil
	}
	if t, err := time.ParseInLocation(time.DateOnly, s, zone); err == nil {
		return t, nil
	}
	return time.Time{}, Parameter(name, "an RFC 3339 time or a date")
}
