package zone

import (
	"fmt"
	"time"
	_ "time/tzdata" // an image without a system has no zones of its own
)

// UTC is the name of the zone when nothing is known.
const UTC = "UTC"

// Offset is a location with a fixed offset from UTC, and its name:
// "UTC+02:00", or "UTC" for none. d counts in whole minutes.
func Offset(d time.Duration) (*time.Location, string) {
	minutes := int(d / time.Minute)
	if minutes == 0 {
		return time.UTC, UTC
	}
	sign, size := '+', minutes
	if minutes < 0 {
		sign, size = '-', -minutes
	}
	return time.FixedZone("", minutes*60), fmt.Sprintf("UTC%c%02d:%02d", sign, size/60, size%60)
}

// Plausible rounds what a device says to be its offset to the quarter of an
// hour that all zones keep, and says whether it can be one: they run from
// -12:00 to +14:00.
func Plausible(d time.Duration) (time.Duration, bool) {
	d = d.Round(15 * time.Minute)
	return d, d >= -12*time.Hour && d <= 14*time.Hour
}

// Load is the zone of an IANA name; ok is false when there is none.
func Load(name string) (loc *time.Location, ok bool) {
	if name == "" || name == "Local" {
		return nil, false
	}
	loc, err := time.LoadLocation(name)
	return loc, err == nil
}

// Local is moment as the clock at the place showed it, and the name of the
// zone. The device's own offset counts when there is a plausible one; the name
// is then that of the place's zone where the two agree. Without an offset the
// place's zone counts, and without either it is UTC.
func Local(moment time.Time, offset *time.Duration, place string) (time.Time, string) {
	loc, known := Load(place)
	if offset != nil {
		if d, ok := Plausible(*offset); ok {
			if known {
				if _, seconds := moment.In(loc).Zone(); time.Duration(seconds)*time.Second == d {
					return moment.In(loc), place
				}
			}
			fixed, name := Offset(d)
			return moment.In(fixed), name
		}
	}
	if known {
		return moment.In(loc), place
	}
	return moment.UTC(), UTC
}
