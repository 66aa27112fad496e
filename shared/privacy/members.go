package privacy

// Part is a part of a workout that its owner may hide, or that is the owner's.
type Part string

// The parts.
const (
	Map       Part = "map"        // where it was
	HeartRate Part = "heart_rate" // measured, and what follows from it
	Power     Part = "power"
	Settings  Part = "settings" // the owner's training settings
	Original  Part = "original" // what tells the uploaded file from others
)

// Members is which parts a member of an answer tells of; one that tells of
// several shows only to who sees all of them. A test wants a row for every
// member of every answer about a workout, so that a new figure is decided on
// before it is shown. Nil is open to all who see the workout.
//
// What is computed from heart rate or from power, whichever there was, counts as
// both: from the load of an hour one reads the one, from the work the other.
var Members = map[string][]Part{
	"lat": {Map}, "lng": {Map},

	"heart_rate_bpm": {HeartRate}, "avg_heart_rate_bpm": {HeartRate}, "max_heart_rate_bpm": {HeartRate}, "trimp": {HeartRate},

	"power_w": {Power}, "avg_power_w": {Power}, "max_power_w": {Power}, "normalized_power_w": {Power}, "work_kj": {Power}, "variability_index": {Power},

	"intensity": either, "training_load": either, "load_method": either, "calories_kcal": either, "efficiency_factor": either, "decoupling_pct": either,
	"doubts": either,

	"file_name": {Original}, "size_bytes": {Original}, "sha256": {Original}, "source_sha256": {Original}, "gear": {Original}, "settings": {Settings}, "gear_id": {Settings}, "perceived_exertion": {Settings}, "session_rpe_load": {Settings},

	"id": nil, "user_id": nil, "name": nil, "description": nil, "sport": nil, "sub_sport": nil, "started_at": nil, "time_zone": nil, "visibility": nil,
	"state": nil, "source": nil, "stats": nil, "format": nil, "device": nil, "hide_map": nil, "hide_heart_rate": nil, "hide_power": nil,

	"formula": nil, "points": nil, "laps": nil, "methods": nil, "lengths": nil, "avg_swolf": nil, "avg_temperature_c": nil, "temperature_c": nil,
	"distance_m": nil, "elapsed_time_s": nil, "timer_time_s": nil, "moving_time_s": nil, "paused_time_s": nil, "time_s": nil,
	"elevation_m": nil, "elevation_gain_m": nil, "elevation_loss_m": nil, "elevation_min_m": nil, "elevation_max_m": nil,
	"speed_mps": nil, "avg_speed_mps": nil, "avg_moving_speed_mps": nil, "max_speed_mps": nil, "grade_adjusted_speed_mps": nil,
	"sets": nil, "repetitions": nil, "volume_kg": nil, "depth_m": nil, "max_depth_m": nil, "avg_depth_m": nil, "bottom_time_s": nil,
	"surface_interval_s": nil, "dive_number": nil,
	"cadence_rpm": nil, "avg_cadence_rpm": nil, "max_cadence_rpm": nil,

	"index": nil, "trigger": nil, "Lap.intensity": nil, // what a lap was for
}

var either = []Part{HeartRate, Power}
