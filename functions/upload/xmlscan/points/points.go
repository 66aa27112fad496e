package points

import (
	"math"
	"slices"

	"paceline/functions/upload/xmlscan"
	"paceline/shared/track"
)

// Codes of warnings.
const (
	WarnTimeMissing      = "time_missing"       // a point without a time, left out
	WarnTimeUnreadable   = "time_unreadable"    // a point whose time is none, or of no plausible year, left out
	WarnZoneMissing      = "time_zone_missing"  // a time without a zone, taken as UTC
	WarnTimeBackwards    = "time_backwards"     // points out of order, left out
	WarnSegmentOrder     = "segments_reordered" // segments sorted by time
	WarnPosition         = "position_invalid"   // a position off the globe, unreadable or exactly 0/0: no position
	WarnValueOutOfRange  = "value_out_of_range" // no value
	WarnValueUnreadable  = "value_unreadable"   // no value
	WarnWorkoutLeftOut   = "workout_left_out"   // another workout of the file has nothing usable
	WarnStartImplausible = "start_implausible"  // a declared start far from the samples, ignored
	WarnCourse           = "course"             // a way to follow, whose times may have been planned
	WarnLapUnreadable    = "lap_unreadable"     // a lap without a usable time, left out
)

// Point is one sample, NaN where there is no value. A Point is reused: Reset
// begins the next.
type Point struct {
	Time                                        xmlscan.Time
	HasTime                                     bool
	Lat, Lng, Distance                          float64
	Elevation, Speed, HeartRate, Cadence, Power float32
	Temperature                                 float32
}

var (
	nan   = math.NaN()
	nan32 = float32(math.NaN())
	empty = Point{Lat: nan, Lng: nan, Distance: nan, Elevation: nan32, Speed: nan32,
		HeartRate: nan32, Cadence: nan32, Power: nan32, Temperature: nan32}
)

// Reset makes p a point without any value.
func (p *Point) Reset() { *p = empty }

// Builder collects the points of one workout. The zero Builder is empty and
// usable.
type Builder struct {
	s        track.Samples // TimeMS is absolute until Samples
	segments []segment     // in the order of the file; points before the first are one, too
	offset   *int          // seconds, of the first time that has one
	warnings []string
	untimed  int
}

// segment is a stretch of points that the file keeps together.
type segment struct {
	from   int  // its first point
	joined bool // the recording went on from the segment before
}

// Warn notes a code once.
func (b *Builder) Warn(code string) {
	if !slices.Contains(b.warnings, code) {
		b.warnings = append(b.warnings, code)
	}
}

// Warnings are the codes so far.
func (b *Builder) Warnings() []string { return b.warnings }

// Len is the number of points with a time so far.
func (b *Builder) Len() int { return len(b.s.TimeMS) }

// Untimed is the number of points that were left out for want of a usable time.
func (b *Builder) Untimed() int { return b.untimed }

// OffsetS is local time minus UTC in seconds as the first time with an offset
// says it, or nil.
func (b *Builder) OffsetS() *int { return b.offset }

// Break says that the next point begins a segment: the recording stopped here.
func (b *Builder) Break() { b.segment(false) }

// Join says that the next point begins a segment, a lap for example, without a
// pause before it.
func (b *Builder) Join() { b.segment(true) }

func (b *Builder) segment(joined bool) {
	n := len(b.s.TimeMS)
	if last := len(b.segments) - 1; last >= 0 && b.segments[last].from == n { // the one before is empty
		b.segments[last].joined = b.segments[last].joined && joined
		return
	}
	b.segments = append(b.segments, segment{n, joined})
}

// Add takes a point; one without a plausible time is left out.
func (b *Builder) Add(p *Point) {
	switch {
	case !p.HasTime:
		b.untimed++
		return
	case !Plausible(p.Time):
		b.untimed++
		b.Warn(WarnTimeUnreadable)
		return
	}
	if p.Time.Zone == xmlscan.ZoneMissing {
		b.Warn(WarnZoneMissing)
	}
	if p.Time.Zone == xmlscan.ZoneOffset && b.offset == nil {
		o := p.Time.OffsetS
		b.offset = &o
	}
	n := len(b.s.TimeMS)
	b.s.TimeMS = append(b.s.TimeMS, p.Time.UnixMS)
	lat, lng := b.position(p.Lat, p.Lng)
	b.s.Lat = put(b.s.Lat, n, lat)
	b.s.Lng = put(b.s.Lng, n, lng)
	b.s.DistanceM = put(b.s.DistanceM, n, within(b, p.Distance, 0, 1e8))
	b.s.ElevationM = put(b.s.ElevationM, n, within(b, p.Elevation, -12_000, 100_000))
	b.s.SpeedMPS = put(b.s.SpeedMPS, n, within(b, p.Speed, 0, 1000))
	b.s.HeartRateBPM = put(b.s.HeartRateBPM, n, heartRate(b, p.HeartRate))
	b.s.CadenceRPM = put(b.s.CadenceRPM, n, within(b, p.Cadence, 0, 254)) // 255 is FIT's "no value"
	b.s.PowerW = put(b.s.PowerW, n, within(b, p.Power, 0, 10_000))
	b.s.TemperatureC = put(b.s.TemperatureC, n, within(b, p.Temperature, -90, 126)) // 127 is FIT's "no value"
}

// Plausible says whether a time can be that of a recording: after the first
// satellites and within this century.
func Plausible(t xmlscan.Time) bool {
	const from, to = 315532800000, 4102444800000 // 1980 and 2100
	return t.UnixMS >= from && t.UnixMS < to
}

// position gives both coordinates or none. Exactly 0/0 is what receivers write
// without a fix.
func (b *Builder) position(lat, lng float64) (float64, float64) {
	switch {
	case lat != lat && lng != lng:
		return nan, nan
	case !(math.Abs(lat) <= 90 && math.Abs(lng) <= 180), lat == 0 && lng == 0:
		b.Warn(WarnPosition)
		return nan, nan
	}
	return lat, lng
}

// heartRate takes a zero or less, which straps write without contact, for no
// value.
func heartRate(b *Builder, v float32) float32 {
	if v <= 0 {
		return nan32
	}
	return within(b, v, 1, 254)
}

func within[T float32 | float64](b *Builder, v, low, high T) T {
	if v != v || v >= low && v <= high {
		return v
	}
	b.Warn(WarnValueOutOfRange)
	return T(nan)
}

// put appends v as the value n of a column, which begins with its first value.
func put[T float32 | float64](column []T, n int, v T) []T {
	if column == nil {
		if v != v {
			return nil
		}
		column = make([]T, n, max(2*n, 1024))
		for i := range column {
			column[i] = T(nan)
		}
	}
	return append(column, v)
}

// Samples gives the columns with times after start, and the gaps between
// segments as pauses. The Builder must not be used afterwards.
//
// The start is the first sample's time, or the earlier one that the file
// declares, in ms after 1970; 0 declares none.
func (b *Builder) Samples(declared int64) (s track.Samples, start int64, pauses []track.Span) {
	of := b.repair()
	start = declared
	if len(b.s.TimeMS) > 0 && (declared == 0 || b.s.TimeMS[0] < declared) {
		start = b.s.TimeMS[0]
	}
	times := b.s.TimeMS
	for i := range times {
		times[i] -= start
	}
	for i := 1; i < len(of); i++ {
		if of[i] != of[i-1] && !b.segments[max(of[i], of[i-1])-1].joined && times[i] > times[i-1] {
			pauses = append(pauses, track.Span{StartMS: times[i-1], EndMS: times[i]})
		}
	}
	if !slices.ContainsFunc(b.s.DistanceM, func(d float64) bool { return d > 0 }) {
		b.s.DistanceM = nil // a device without a sensor writes a column of zeros
	}
	return b.s, start, pauses
}
