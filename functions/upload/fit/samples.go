package fit

import (
	"math"

	"paceline/shared/track"
)

// samples are the records from..to, timed from start. They share memory with
// the columns, whose times are changed.
func (c *columns) samples(from, to int, start int64) track.Samples {
	s := track.Samples{
		TimeMS: c.times[from:to:to],
		Lat:    present(c.wide[colLat], from, to), Lng: present(c.wide[colLng], from, to),
		DistanceM:    present(c.wide[colDistance], from, to),
		ElevationM:   present(c.narrow[colElevation], from, to),
		SpeedMPS:     present(c.narrow[colSpeed], from, to),
		HeartRateBPM: present(c.narrow[colHeartRate], from, to),
		CadenceRPM:   present(c.narrow[colCadence], from, to),
		PowerW:       present(c.narrow[colPower], from, to),
		TemperatureC: present(c.narrow[colTemperature], from, to),
		DepthM:       present(c.narrow[colDepth], from, to),
	}
	for i := range s.TimeMS {
		s.TimeMS[i] -= start
	}
	if s.Lat == nil || s.Lng == nil {
		s.Lat, s.Lng = nil, nil
	}
	return s
}

// present is a stretch of a column, or nil if it has no value.
func present[T float32 | float64](col []T, from, to int) []T {
	if col == nil {
		return nil
	}
	for _, v := range col[from:to] {
		if !math.IsNaN(float64(v)) {
			return col[from:to:to]
		}
	}
	return nil
}

// checkPositions removes positions that are no place: half of one, one beyond
// the poles, and 0, 0, which devices write that have none. It reports whether
// the device had written such a place.
func (c *columns) checkPositions() bool {
	lat, lng := c.wide[colLat], c.wide[colLng]
	if lat == nil || lng == nil {
		c.wide[colLat], c.wide[colLng] = nil, nil
		return false
	}
	nan, wrong := math.NaN(), false
	for i := range lat {
		half := math.IsNaN(lat[i]) || math.IsNaN(lng[i])
		off := math.Abs(lat[i]) > 90 || math.Abs(lng[i]) > 180 || lat[i] == 0 && lng[i] == 0
		if half || off {
			wrong = wrong || off
			lat[i], lng[i] = nan, nan
		}
	}
	return wrong
}
