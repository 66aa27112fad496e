package corpustest

import (
	"math"
	"strconv"
	"strings"
	"time"

	"paceline/shared/track"
)

// Number writes a figure as Matches reads it.
func Number(v float64) string { return strconv.FormatFloat(v, 'g', -1, 64) }

// Matches compares a value with a row of the corpus: numbers within the row's
// tolerance, as "±5", "±2 %" or "exact"; times by instant; else as text.
func Matches(have, want, tolerance string) bool {
	a, errA := strconv.ParseFloat(have, 64)
	b, errB := strconv.ParseFloat(want, 64)
	if errA == nil && errB == nil {
		allowed := 1e-6 * math.Abs(b)
		if whole := math.Trunc(b) == b && strings.Contains(tolerance, "exact"); whole {
			allowed = 0.5 // asserted on a rounded value
		}
		text := strings.TrimSpace(strings.TrimPrefix(tolerance, "±"))
		if percent, ok := strings.CutSuffix(text, "%"); ok {
			if p, err := strconv.ParseFloat(strings.TrimSpace(percent), 64); err == nil {
				allowed = math.Abs(b) * p / 100
			}
		} else if p, err := strconv.ParseFloat(strings.TrimSpace(strings.TrimSuffix(text, "s")), 64); err == nil {
			allowed = p
		}
		return math.Abs(a-b) <= allowed+1e-9
	}
	s, errA := time.Parse(time.RFC3339Nano, have)
	e, errB := time.Parse(time.RFC3339Nano, want)
	if errA == nil && errB == nil {
		return s.Equal(e)
	}
	return have == want
}

// HasColumn answers the corpus's "stream." rows with "true" or "false".
func HasColumn(s *track.Samples, name string) (string, bool) {
	columns := map[string]bool{
		"Time": s.TimeMS != nil, "Latitude": s.Lat != nil, "Longitude": s.Lng != nil, "Altitude": s.ElevationM != nil,
		"Distance": s.DistanceM != nil, "HeartRate": s.HeartRateBPM != nil, "Cadence": s.CadenceRPM != nil,
		"Temperature": s.TemperatureC != nil,
	}
	has, ok := columns[name]
	return strconv.FormatBool(has), ok
}
