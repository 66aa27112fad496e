package zone

import (
	"testing"
	"time"
)

func TestName(t *testing.T) {
	t.Parallel()
	var f Finder
	for _, test := range []struct {
		place    string
		lat, lng float64
		want     string
	}{
		{"a city inland", 52.52, 13.40, "Europe/Berlin"},
		{"a city at the coast", -33.87, 151.21, "Australia/Sydney"},
		{"a city at a border", 47.5596, 7.5886, "Europe/Zurich"},
		{"the ocean", 40, -30, "Etc/GMT+2"},
	} {
		if got, err := f.Name(test.lat, test.lng); got != test.want || err != nil {
			t.Errorf("%s: %q, %v; want %q", test.place, got, err, test.want)
		}
	}
	f.giveBack()
	if got, _ := f.Name(-33.87, 151.21); got != "Australia/Sydney" {
		t.Errorf("after giving the exact map back: %q", got)
	}
}

func TestLocal(t *testing.T) {
	t.Parallel()
	hours := func(h float64) *time.Duration { d := time.Duration(h * float64(time.Hour)); return &d }
	summer := time.Date(2026, 7, 1, 22, 30, 0, 0, time.UTC)
	for _, test := range []struct {
		name        string
		offset      *time.Duration
		place       string
		clock, zone string
	}{
		{"offset and place agree", hours(2), "Europe/Berlin", "2026-07-02T00:30:00+02:00", "Europe/Berlin"},
		{"the device kept the time of home", hours(1), "Europe/Berlin", "2026-07-01T23:30:00+01:00", "UTC+01:00"},
		{"only an offset west of UTC", hours(-3.5), "", "2026-07-01T19:00:00-03:30", "UTC-03:30"},
		{"an offset that is a few seconds off", hours(2.001), "", "2026-07-02T00:30:00+02:00", "UTC+02:00"},
		{"an offset of zero", hours(0), "", "2026-07-01T22:30:00Z", "UTC"},
		{"an impossible offset leaves the place", hours(30), "Asia/Tokyo", "2026-07-02T07:30:00+09:00", "Asia/Tokyo"},
		{"only a place", nil, "America/New_York", "2026-07-01T18:30:00-04:00", "America/New_York"},
		{"a place whose zone nobody knows", nil, "Mars/Base", "2026-07-01T22:30:00Z", "UTC"},
		{"nothing", nil, "", "2026-07-01T22:30:00Z", "UTC"},
	} {
		got, zone := Local(summer, test.offset, test.place)
		if clock := got.Format(time.RFC3339); clock != test.clock || zone != test.zone || !got.Equal(summer) {
			t.Errorf("%s: %s %s; want %s %s", test.name, clock, zone, test.clock, test.zone)
		}
	}
}

func TestLoadRefuses(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"", "Local", "../etc/passwd", "/etc/localtime", "Europe", "Europe/Nowhere", "UTC+02:00"} {
		if _, ok := Load(name); ok {
			t.Errorf("%q is taken for a zone", name)
		}
	}
}
