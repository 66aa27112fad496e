package rest_test

import (
	"encoding/base64"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"paceline/shared/function/fault"
	"paceline/shared/function/rest"
)

func TestPageOf(t *testing.T) {
	t.Parallel()
	cursor := rest.Cursor([]string{"17", "id"})
	b64 := base64.RawURLEncoding.EncodeToString
	cases := []struct {
		name, query string
		limit       int
		after       []string
		parameter   string
	}{
		{"nothing asked", "", 20, nil, ""},
		{"a limit", "limit=7", 7, nil, ""},
		{"the most", "limit=100", 100, nil, ""},
		{"a cursor", "cursor=" + cursor, 20, []string{"17", "id"}, ""},
		{"no limit", "limit=0", 0, nil, "limit"},
		{"a negative limit", "limit=-1", 0, nil, "limit"},
		{"too much", "limit=101", 0, nil, "limit"},
		{"a limit beyond numbers", "limit=99999999999999999999", 0, nil, "limit"},
		{"a limit in hex", "limit=0x10", 0, nil, "limit"},
		{"a limit with a fraction", "limit=1.0", 0, nil, "limit"},
		{"a cursor of ours with padding", "cursor=" + cursor + "=", 0, nil, "cursor"},
		{"a cursor that is cut", "cursor=" + cursor[:len(cursor)/2], 0, nil, "cursor"},
		{"a cursor of other letters", "cursor=" + url.QueryEscape("+/+/"), 0, nil, "cursor"},
		{"a cursor of one part", "cursor=" + b64([]byte("17")), 0, nil, "cursor"},
		{"a cursor of three parts", "cursor=" + rest.Cursor([]string{"1", "2", "3"}), 0, nil, "cursor"},
		{"a cursor of nothing", "cursor=" + b64([]byte("\x1f\x1f\x1f\x1f")), 0, nil, "cursor"},
		{"a long cursor", "cursor=" + strings.Repeat("A", 100_000), 0, nil, "cursor"},
		{"SQL", "cursor=" + url.QueryEscape("' OR 1=1"), 0, nil, "cursor"},
	}
	for _, c := range cases {
		p, err := rest.PageOf(httptest.NewRequest("GET", "/?"+c.query, nil), 2)
		if c.parameter != "" {
			if f := fault.Of(err); f.Status != 422 || f.Code != "invalid_parameter" || f.Fields["parameter"] != c.parameter {
				t.Errorf("%s: %+v %v", c.name, p, err)
			}
			continue
		}
		if err != nil || p.Limit != c.limit || !slices.Equal(p.After, c.after) {
			t.Errorf("%s: %+v %v", c.name, p, err)
		}
	}
}

func TestTimeParameter(t *testing.T) {
	t.Parallel()
	zone := time.FixedZone("", 7200)
	for query, want := range map[string]string{
		"":                                   "0001-01-01T00:00:00Z",
		"from=2026-05-04":                    "2026-05-03T22:00:00Z",
		"from=2026-05-04T10:00:00Z":          "2026-05-04T10:00:00Z",
		"from=2026-05-04T10:00:00.5%2B02:00": "2026-05-04T08:00:00.5Z",
		"from=2026-02-30":                    "",
		"from=yesterday":                     "",
		"from=1777888800":                    "",
	} {
		got, err := rest.TimeParameter(httptest.NewRequest("GET", "/?"+query, nil), "from", zone)
		if want == "" {
			if f := fault.Of(err); f.Status != 422 || f.Fields["parameter"] != "from" {
				t.Errorf("%s: %v %v", query, got, err)
			}
			continue
		}
		if err != nil || got.UTC().Format(time.RFC3339Nano) != want {
			t.Errorf("%s: %v %v", query, got, err)
		}
	}
}
