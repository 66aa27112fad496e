package track

import (
	"math"
	"time"
)

// Track is one workout. A file may hold several.
type Track struct {
	Format      string    // "fit", "gpx", "tcx", "kml" or "manual"
	Sport       string    // FIT sport name in snake case: "running", "cycling", "swimming", ...; "generic" when unknown
	SubSport    string    // FIT sub-sport name in snake case, or ""
	Name        string    // the file's own name of the workout, or ""
	Description string    // the file's own description, or ""
	Device      string    // maker and product, or the creator of an XML file, or ""
	StartedAt   time.Time // UTC; sample times are relative to it
	// UTCOffset is the local time of the workout minus UTC, when the file says it.
	UTCOffset *time.Duration
	Samples   Samples
	Laps      []Lap    // in time order, as the device made them
	Pauses    []Span   // when the timer was stopped, in time order, not overlapping
	Lengths   []Length // pool swimming only
	Sets      []Set    // of strength training, and the rests between them, in time order
	// PoolLengthM is the length of the pool, or nil.
	PoolLengthM *float64
	// Session is what the device itself says of the whole workout.
	Session Totals
	// Barometric says that elevations come from a barometer as far as the file tells.
	Barometric bool
	// Warnings are stable codes of what was repaired or left out while reading.
	Warnings []string
}

// Samples holds one value a sample in each column that is not nil. Every
// column that is not nil has the length of TimeMS.
type Samples struct {
	TimeMS       []int64   // ms after StartedAt, never falling
	Lat, Lng     []float64 // degrees; both or neither
	ElevationM   []float32
	DistanceM    []float64 // cumulative distance as the device counted it
	SpeedMPS     []float32
	HeartRateBPM []float32
	CadenceRPM   []float32
	PowerW       []float32
	TemperatureC []float32
	DepthM       []float32 // under water, positive
}

// Len is the number of samples.
func (s *Samples) Len() int { return len(s.TimeMS) }

// Span is a stretch of time, in ms after StartedAt.
type Span struct {
	StartMS int64 `json:"start_ms"`
	EndMS   int64 `json:"end_ms"`
}

// Lap is a lap as the device recorded it.
type Lap struct {
	Span
	Trigger   string `json:"trigger,omitempty"`   // "manual", "distance", "time", "session_end", ...
	Intensity string `json:"intensity,omitempty"` // "active", "rest", "warmup", "cooldown", ...
	Totals    Totals `json:"totals"`
}

// Length is one length of a pool.
type Length struct {
	Span
	Active  bool     `json:"active"`
	Stroke  string   `json:"stroke,omitempty"`
	Strokes *float64 `json:"strokes,omitempty"`
}

// Set is one set of an exercise, or a rest.
type Set struct {
	Span
	Active      bool     `json:"active"`
	Category    string   `json:"category,omitempty"` // FIT exercise category: "bench_press", "squat", ...
	Exercise    string   `json:"exercise,omitempty"` // within the category, as the file calls it, else FIT's name
	Repetitions *float64 `json:"repetitions,omitempty"`
	WeightKG    *float64 `json:"weight_kg,omitempty"`
}

// Totals are a device's own figures of a session or a lap. Nil means that the
// file does not say.
type Totals struct {
	DistanceM        *float64 `json:"distance_m,omitempty"`
	ElapsedS         *float64 `json:"elapsed_s,omitempty"`
	TimerS           *float64 `json:"timer_s,omitempty"`
	MovingS          *float64 `json:"moving_s,omitempty"`
	AscentM          *float64 `json:"ascent_m,omitempty"`
	DescentM         *float64 `json:"descent_m,omitempty"`
	MinElevationM    *float64 `json:"min_elevation_m,omitempty"`
	MaxElevationM    *float64 `json:"max_elevation_m,omitempty"`
	AvgSpeedMPS      *float64 `json:"avg_speed_mps,omitempty"`
	MaxSpeedMPS      *float64 `json:"max_speed_mps,omitempty"`
	AvgHeartRateBPM  *float64 `json:"avg_heart_rate_bpm,omitempty"`
	MaxHeartRateBPM  *float64 `json:"max_heart_rate_bpm,omitempty"`
	AvgCadenceRPM    *float64 `json:"avg_cadence_rpm,omitempty"`
	MaxCadenceRPM    *float64 `json:"max_cadence_rpm,omitempty"`
	AvgPowerW        *float64 `json:"avg_power_w,omitempty"`
	MaxPowerW        *float64 `json:"max_power_w,omitempty"`
	NormalizedPowerW *float64 `json:"normalized_power_w,omitempty"`
	AvgTemperatureC  *float64 `json:"avg_temperature_c,omitempty"`
	CaloriesKcal     *float64 `json:"calories_kcal,omitempty"`
	Cycles           *float64 `json:"cycles,omitempty"` // strides, strokes or crank turns
	TrainingStress   *float64 `json:"training_stress,omitempty"`
	Intensity        *float64 `json:"intensity_factor,omitempty"`
	// Of a dive.
	MaxDepthM  *float64 `json:"max_depth_m,omitempty"`
	AvgDepthM  *float64 `json:"avg_depth_m,omitempty"`
	BottomS    *float64 `json:"bottom_s,omitempty"`
	SurfaceS   *float64 `json:"surface_s,omitempty"`   // since the dive before
	DiveNumber *float64 `json:"dive_number,omitempty"` // as the diver counts
}

// Some makes an optional value of v; a NaN or an infinity is no value.
func Some(v float64) *float64 {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return nil
	}
	return &v
}
