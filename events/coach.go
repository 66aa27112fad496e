package events

import "time"

// CoachScope is a part of what an athlete lets a coach see beyond what any
// follower sees.
type CoachScope string

// The scopes.
const (
	CoachPrivate   CoachScope = "private_workouts" // workouts that are private
	CoachHeartRate CoachScope = "heart_rate"       // although hide_heart_rate is set
	CoachPower     CoachScope = "power"            // although hide_power is set
	CoachMap       CoachScope = "map"              // although hide_map is set
	CoachSettings  CoachScope = "settings"         // training settings: zones, thresholds, weight
)

// CoachScopes is every scope, in the order in which they are kept.
var CoachScopes = []CoachScope{CoachPrivate, CoachHeartRate, CoachPower, CoachMap, CoachSettings}

// Coaching is what one athlete lets one coach see. Version orders what happens
// between the two.
type Coaching struct {
	AthleteID string    `json:"athlete_id"`
	CoachID   string    `json:"coach_id"`
	Version   int64     `json:"version"`
	At        time.Time `json:"at"`
}

// CoachGranted says that the coach sees the athlete's workouts as a follower
// does, and what the scopes say.
type CoachGranted struct {
	Coaching
	Scopes []CoachScope `json:"scopes"`
}

// CoachRevoked says that the coach is a coach of the athlete no longer.
type CoachRevoked struct{ Coaching }
