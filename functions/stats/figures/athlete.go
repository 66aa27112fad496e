package figures

// Formula is the version of the formulas of this package. It changes whenever
// a figure of an unchanged track may change, so that a replay finds what is old.
const Formula = "2026.3"

// Athlete is what is known of the person at the time of the workout, for its
// sport. Nil means unknown: the figures that need it are then absent, nothing
// is assumed.
type Athlete struct {
	FTPW                  *float64 `json:"ftp_w,omitempty"`                    // functional threshold power
	MaxHeartRateBPM       *float64 `json:"max_heart_rate_bpm,omitempty"`       // highest heart rate
	RestHeartRateBPM      *float64 `json:"resting_heart_rate_bpm,omitempty"`   // at rest
	ThresholdHeartRateBPM *float64 `json:"threshold_heart_rate_bpm,omitempty"` // at lactate threshold
	ThresholdSpeedMPS     *float64 `json:"threshold_speed_mps,omitempty"`      // that can be held for an hour
	WeightKG              *float64 `json:"weight_kg,omitempty"`                // body weight
	AgeYears              *float64 `json:"age_years,omitempty"`
	Sex                   string   `json:"sex,omitempty"` // Female, Male or "" where it is unknown
	// The lower ends of the second and the later zones, rising; empty where the
	// person has none of their own.
	HeartRateZonesBPM []float64 `json:"heart_rate_zones_bpm,omitempty"`
	PowerZonesW       []float64 `json:"power_zones_w,omitempty"`
	SpeedZonesMPS     []float64 `json:"speed_zones_mps,omitempty"`
}

// The sexes that formulas know.
const (
	Female = "female"
	Male   = "male"
)
