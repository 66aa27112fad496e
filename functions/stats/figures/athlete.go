package figures

// Formula is the version of the formulas of this package. It changes whenever
// a figure of an unchanged track may change, so that a replay finds what is old.
const Formula = "2026.1"

// Athlete is what is known of the person at the time of the workout. Nil means
// unknown: the figures that need it are then absent, nothing is assumed.
type Athlete struct {
	FTPW                  *float64 `json:"ftp_w,omitempty"`                    // functional threshold power
	MaxHeartRateBPM       *float64 `json:"max_heart_rate_bpm,omitempty"`       // highest heart rate
	RestHeartRateBPM      *float64 `json:"resting_heart_rate_bpm,omitempty"`   // at rest
	ThresholdHeartRateBPM *float64 `json:"threshold_heart_rate_bpm,omitempty"` // at lactate threshold
	WeightKG              *float64 `json:"weight_kg,omitempty"`                // body weight
}
