package events

import "time"

// Visibility says who may see a workout.
type Visibility string

// The three visibilities, from the strictest to the widest.
const (
	Private   Visibility = "private"
	Followers Visibility = "followers"
	Everyone  Visibility = "everyone"
)

// Valid says whether v is one of the three.
func (v Visibility) Valid() bool { return v == Private || v == Followers || v == Everyone }

// Workout is what a person may edit of a workout, and where it came from. All
// workout events carry it whole, so that a receiver that sees only the newest
// knows everything; Version orders them.
type Workout struct {
	WorkoutID   string     `json:"workout_id"`
	UserID      string     `json:"user_id"`
	Version     int64      `json:"version"` // 1 when uploaded, plus one for each change
	Name        string     `json:"name" sealed:"true"`
	Description string     `json:"description,omitempty" sealed:"true"`
	Sport       string     `json:"sport"`
	SubSport    string     `json:"sub_sport,omitempty"`
	StartedAt   time.Time  `json:"started_at"` // with the workout's own offset from UTC
	TimeZone    string     `json:"time_zone"`  // IANA name, or "UTC+02:00" when only the offset is known
	Visibility  Visibility `json:"visibility"`
	// What others do not see, whoever may see the workout.
	HideMap       bool   `json:"hide_map,omitempty"`
	HideHeartRate bool   `json:"hide_heart_rate,omitempty"`
	HidePower     bool   `json:"hide_power,omitempty"`
	GearID        string `json:"gear_id,omitempty"`           // what it was done with
	RPE           int    `json:"rpe,omitempty" sealed:"true"` // how hard it felt, 1 to 10; 0 when not said
	// Track is the object key of the track that a crop, a split or a merge made;
	// "" while the uploaded one counts.
	Track string `json:"track,omitempty"`

	// ImportID is the import that the workout came with. Whoever tells others of
	// new workouts is quiet about those.
	ImportID string `json:"import_id,omitempty"`

	Source    Origin    `json:"source" sealed:"true"`
	CreatedAt time.Time `json:"created_at"`
}

// Origin is where a workout came from.
type Origin struct {
	Format    string `json:"format"` // fit, gpx, tcx, kml, manual
	Device    string `json:"device,omitempty"`
	FileName  string `json:"file_name,omitempty"`
	SizeBytes int64  `json:"size_bytes,omitempty"`
	SHA256    string `json:"sha256,omitempty"`
	Gear      string `json:"gear,omitempty"` // what the account that it was exported from calls the gear
}

// WorkoutUploaded says that an original and its normalised track are stored.
type WorkoutUploaded struct {
	Workout
	UploadID string   `json:"upload_id"`
	TrackKey string   `json:"track_key"` // object key of the normalised track
	Warnings []string `json:"warnings,omitempty"`
}

// WorkoutUpdated says that a person changed what may be edited.
type WorkoutUpdated struct {
	Workout
	Previous Visibility `json:"previous_visibility,omitempty"` // before this change
}

// WorkoutDeleted says that a workout is gone; no later event revives it.
type WorkoutDeleted struct {
	WorkoutID string    `json:"workout_id"`
	UserID    string    `json:"user_id"`
	Version   int64     `json:"version"`
	DeletedAt time.Time `json:"deleted_at"`
}

// WorkoutProcessed says that the figures of a workout are computed and stored.
type WorkoutProcessed struct {
	Workout
	UploadID string `json:"upload_id"`
	Stats    Stats  `json:"stats" sealed:"true"`
	Hiding   Hiding `json:"hiding" sealed:"true"`
}

// Hiding says whether a workout began or ended in one of its owner's privacy
// zones: others see its totals rounded then (privacy.Coarse).
type Hiding struct {
	Version int64 `json:"version"` // of the zones; the newest is true
	Ends    bool  `json:"ends"`
}

// WorkoutHidingChanged says that a computed workout begins or ends in a privacy
// zone now, or no longer does, since the zones were changed.
type WorkoutHidingChanged struct {
	WorkoutID string `json:"workout_id"`
	UserID    string `json:"user_id"`
	Version   int64  `json:"version"` // of the workout
	Hiding    Hiding `json:"hiding" sealed:"true"`
	ImportID  string `json:"import_id,omitempty"` // that the workout came with
}

// WorkoutFailed says that a stored workout could not be computed.
type WorkoutFailed struct {
	WorkoutID string `json:"workout_id"`
	UserID    string `json:"user_id"`
	UploadID  string `json:"upload_id"`
	FileName  string `json:"file_name,omitempty" sealed:"true"`
	Code      string `json:"code"`                 // stable
	Detail    string `json:"detail" sealed:"true"` // for a person to read
	ImportID  string `json:"import_id,omitempty"`  // that the workout came with
}

// Stats are the figures of one workout. Nil means that the file does not
// support the figure.
type Stats struct {
	Formula          string   `json:"formula"`
	DistanceM        *float64 `json:"distance_m,omitempty"`
	ElapsedTimeS     *float64 `json:"elapsed_time_s,omitempty"`
	TimerTimeS       *float64 `json:"timer_time_s,omitempty"`
	MovingTimeS      *float64 `json:"moving_time_s,omitempty"`
	ElevationGainM   *float64 `json:"elevation_gain_m,omitempty"`
	ElevationLossM   *float64 `json:"elevation_loss_m,omitempty"`
	ElevationMinM    *float64 `json:"elevation_min_m,omitempty"`
	ElevationMaxM    *float64 `json:"elevation_max_m,omitempty"`
	AvgSpeedMPS      *float64 `json:"avg_speed_mps,omitempty"`
	AvgMovingSpeed   *float64 `json:"avg_moving_speed_mps,omitempty"`
	MaxSpeedMPS      *float64 `json:"max_speed_mps,omitempty"`
	AvgHeartRateBPM  *float64 `json:"avg_heart_rate_bpm,omitempty"`
	MaxHeartRateBPM  *float64 `json:"max_heart_rate_bpm,omitempty"`
	AvgCadenceRPM    *float64 `json:"avg_cadence_rpm,omitempty"`
	MaxCadenceRPM    *float64 `json:"max_cadence_rpm,omitempty"`
	AvgPowerW        *float64 `json:"avg_power_w,omitempty"`
	MaxPowerW        *float64 `json:"max_power_w,omitempty"`
	NormalizedPowerW *float64 `json:"normalized_power_w,omitempty"`
	Intensity        *float64 `json:"intensity,omitempty"`
	TrainingLoad     *float64 `json:"training_load,omitempty"`
	LoadMethod       string   `json:"load_method,omitempty"`
	CaloriesKcal     *float64 `json:"calories_kcal,omitempty"`
	AvgTemperatureC  *float64 `json:"avg_temperature_c,omitempty"`
	Points           int      `json:"points"`
	Laps             int      `json:"laps"`
	// Methods names for each figure where it came from ("device", "gps", "hysteresis_10m", ...).
	Methods map[string]string `json:"methods,omitempty"`

	PausedTimeS           *float64 `json:"paused_time_s,omitempty"`
	WorkKJ                *float64 `json:"work_kj,omitempty"`
	VariabilityIndex      *float64 `json:"variability_index,omitempty"`
	EfficiencyFactor      *float64 `json:"efficiency_factor,omitempty"`
	DecouplingPct         *float64 `json:"decoupling_pct,omitempty"`
	GradeAdjustedSpeedMPS *float64 `json:"grade_adjusted_speed_mps,omitempty"`
	TRIMP                 *float64 `json:"trimp,omitempty"`
	AvgSWOLF              *float64 `json:"avg_swolf,omitempty"`
	Lengths               *int     `json:"lengths,omitempty"` // of a pool, swum
	// Doubts are stable codes of why the workout, or a part of it, makes no
	// record ("too_fast_for_sport", "gps_leap", "power_above_human", "motor_assisted").
	Doubts []string `json:"doubts,omitempty"`

	Sets             *int     `json:"sets,omitempty"` // of strength training, without rests
	Repetitions      *float64 `json:"repetitions,omitempty"`
	VolumeKG         *float64 `json:"volume_kg,omitempty"` // repetitions times weight
	MaxDepthM        *float64 `json:"max_depth_m,omitempty"`
	AvgDepthM        *float64 `json:"avg_depth_m,omitempty"`
	BottomTimeS      *float64 `json:"bottom_time_s,omitempty"`      // of a dive, under the surface
	SurfaceIntervalS *float64 `json:"surface_interval_s,omitempty"` // since the dive before
	DiveNumber       *int     `json:"dive_number,omitempty"`        // as the diver counts
}
