package manifest

import (
	"fmt"
	"regexp"
	"strconv"
	"time"
)

// iso8601 takes what has a fixed length: days, hours, minutes and seconds, the
// last with a fraction. Months and years have none.
var iso8601 = regexp.MustCompile(`^P(?:(\d{1,4})D)?(?:T(?:(\d{1,6})H)?(?:(\d{1,8})M)?(?:(\d{1,9}(?:\.\d{1,9})?)S)?)?$`)

// ParseDuration parses an ISO 8601 duration such as PT0.2S or P1DT2H.
func ParseDuration(s string) (time.Duration, error) {
	parts := iso8601.FindStringSubmatch(s)
	if parts == nil || s[len(s)-1] == 'P' || s[len(s)-1] == 'T' {
		return 0, fmt.Errorf("%q is not an ISO 8601 duration such as PT0.2S", s)
	}
	var d time.Duration
	for i, unit := range []time.Duration{24 * time.Hour, time.Hour, time.Minute, time.Second} {
		if parts[i+1] == "" {
			continue
		}
		n, err := strconv.ParseFloat(parts[i+1], 64)
		if err != nil {
			return 0, fmt.Errorf("%q: %w", s, err)
		}
		d += time.Duration(n * float64(unit))
	}
	return d, nil
}
