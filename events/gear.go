package events

import "time"

// GearChanged says what a person says of a piece of gear, as a whole.
type GearChanged struct {
	GearID            string    `json:"gear_id"`
	UserID            string    `json:"user_id"`
	Version           int64     `json:"version"`
	CreatedAt         time.Time `json:"created_at"`
	Name              string    `json:"name,omitempty" sealed:"true"`
	Kind              string    `json:"kind,omitempty"`                              // shoes, bike or other
	DefaultFor        []string  `json:"default_for,omitempty"`                       // sports
	WearDistanceM     *float64  `json:"wear_distance_m,omitempty" sealed:"true"`     // from where it is worn
	StartingDistanceM *float64  `json:"starting_distance_m,omitempty" sealed:"true"` // what it had before
	Retired           bool      `json:"retired,omitempty"`                           // no longer used
	Deleted           bool      `json:"deleted,omitempty"`                           // gone for good
}

// GearWorn says that a piece of gear came as far as its owner wants to use it.
type GearWorn struct {
	GearID        string  `json:"gear_id"`
	UserID        string  `json:"user_id"`
	WorkoutID     string  `json:"workout_id,omitempty"` // that did it; "" when the limit was changed
	Name          string  `json:"name" sealed:"true"`
	DistanceM     float64 `json:"distance_m" sealed:"true"`
	WearDistanceM float64 `json:"wear_distance_m" sealed:"true"`
}

// EventType and its sisters make a struct a Payload.

func (GearChanged) EventType() string      { return TypeGearChanged }
func (g GearChanged) Subject() string      { return g.GearID }
func (g GearChanged) PartitionKey() string { return g.UserID }
func (g GearChanged) EventVersion() int64  { return g.Version }
func (GearWorn) EventType() string         { return TypeGearWorn }
func (g GearWorn) Subject() string         { return g.GearID }
func (g GearWorn) PartitionKey() string    { return g.UserID }
