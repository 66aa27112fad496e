package events

import (
	"strconv"
	"time"
)

// RecordSet says that a workout holds records that it did not hold before.
type RecordSet struct {
	WorkoutID string    `json:"workout_id"`
	UserID    string    `json:"user_id"`
	Sport     string    `json:"sport"`
	StartedAt time.Time `json:"started_at"` // of the workout, with its own offset from UTC
	Formula   string    `json:"formula"`
	Records   []Record  `json:"records" sealed:"true"`
	ImportID  string    `json:"import_id,omitempty"` // of the workout
}

// Record is the best of a person in a sport: the least time for a distance, the
// longest way in a time, the highest mean power over a time, or the most of a
// workout as a whole.
type Record struct {
	Kind     string   `json:"kind"`               // "distance", "time", "power" or "total"
	Over     float64  `json:"over,omitempty"`     // metres (distance) or seconds
	Name     string   `json:"name,omitempty"`     // of a total: "distance_m", "elevation_gain_m", …
	Value    float64  `json:"value"`              // seconds, metres or watts; of a total in its own unit
	Previous *float64 `json:"previous,omitempty"` // the record before; nil for a first one
}

// GoalReached says that a workout reached a goal, once a period.
type GoalReached struct {
	GoalID    string  `json:"goal_id"`
	UserID    string  `json:"user_id"`
	WorkoutID string  `json:"workout_id"`
	Name      string  `json:"name,omitempty" sealed:"true"`
	Sport     string  `json:"sport,omitempty"` // "" for all
	Metric    string  `json:"metric"`          // "workouts", "distance_m", …
	Period    string  `json:"period"`          // "week", "month", "year" or "once"
	Start     string  `json:"start"`           // YYYY-MM-DD, the first day
	End       string  `json:"end"`             // YYYY-MM-DD, the last day
	Target    float64 `json:"target" sealed:"true"`
	Value     float64 `json:"value" sealed:"true"`
	ImportID  string  `json:"import_id,omitempty"` // of the workout
}

// StatsReplayRequested asks for some workouts of a person to be computed again
// where their figures were made of something else than they would be now. The
// slices of a replay are independent of each other.
type StatsReplayRequested struct {
	UserID     string   `json:"user_id"`
	ReplayID   string   `json:"replay_id"`
	Slice      int      `json:"slice"` // from 0
	Slices     int      `json:"slices"`
	WorkoutIDs []string `json:"workout_ids"`
}

// StatsRebuildRequested asks for the figures of the people in the partitions
// from From up to but without To to be replayed, without those of the first
// partition whose ids are not after After. It is sent by stats to itself: each
// step asks for a few people and for the rest.
type StatsRebuildRequested struct {
	From  int    `json:"from"`
	To    int    `json:"to"`
	After string `json:"after,omitempty"`
}

// StatsCohortChanged says what a person has put into the cohorts of a sport and
// month now. It is sent by stats to itself, since cohorts lie elsewhere than
// people.
type StatsCohortChanged struct {
	UserID  string         `json:"user_id"`
	Sport   string         `json:"sport"`
	Month   string         `json:"month"` // YYYY-MM
	Version int64          `json:"version"`
	Token   string         `json:"token" sealed:"true"`   // how the cohorts call the person
	Buckets map[string]int `json:"buckets" sealed:"true"` // by cohort; 0 takes out again
}

// EventType and its two sisters make a struct a Payload.

func (RecordSet) EventType() string            { return TypeRecordSet }
func (r RecordSet) Subject() string            { return r.WorkoutID }
func (r RecordSet) PartitionKey() string       { return r.UserID }
func (GoalReached) EventType() string          { return TypeGoalReached }
func (g GoalReached) PartitionKey() string     { return g.UserID }
func (StatsReplayRequested) EventType() string { return TypeStatsReplay }
func (s StatsReplayRequested) Subject() string { return s.ReplayID + "/" + strconv.Itoa(s.Slice) }

// Subject tells the periods of a goal apart.
func (g GoalReached) Subject() string { return g.GoalID + "/" + g.Start }

// PartitionKey lets each slice go on by itself.
func (s StatsReplayRequested) PartitionKey() string { return s.UserID + "/" + strconv.Itoa(s.Slice) }

func (StatsCohortChanged) EventType() string      { return TypeStatsCohort }
func (s StatsCohortChanged) Subject() string      { return s.UserID + "/" + s.Sport + "/" + s.Month }
func (s StatsCohortChanged) PartitionKey() string { return s.UserID }
func (s StatsCohortChanged) EventVersion() int64  { return s.Version }

func (StatsRebuildRequested) EventType() string { return TypeStatsRebuild }

// Subject tells the steps of one rebuild apart.
func (s StatsRebuildRequested) Subject() string {
	return strconv.Itoa(s.From) + "-" + strconv.Itoa(s.To) + "/" + s.After
}

// PartitionKey lets each range go on by itself.
func (s StatsRebuildRequested) PartitionKey() string { return strconv.Itoa(s.To) }
