package events

import (
	"strconv"
	"strings"
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

// StatsSegmentSought asks for the people who may have passed a segment, those
// whose ids are not after After, to be looked for; the segment is found by new
// workouts from then on. Deleted asks for it to be forgotten. It is sent by stats
// to itself, as each step asks for a few people and for the rest.
type StatsSegmentSought struct {
	SegmentID string `json:"segment_id"`
	UserID    string `json:"user_id"` // who made it
	Version   int64  `json:"version"`
	Deleted   bool   `json:"deleted,omitempty"`
	After     string `json:"after,omitempty"`
}

// StatsMatchRequested asks for some workouts of a person to be matched against
// segments; without workouts, for what the person has on the segments to be
// weighed again, as after a change of privacy zones. Slices are independent of
// each other.
type StatsMatchRequested struct {
	UserID     string   `json:"user_id"`
	Slice      int      `json:"slice"` // from 0
	SegmentIDs []string `json:"segment_ids"`
	WorkoutIDs []string `json:"workout_ids,omitempty"`
}

// StatsSegmentChanged says what a person has on the boards of a segment now. It
// is sent by stats to itself, since segments lie elsewhere than people.
type StatsSegmentChanged struct {
	UserID    string        `json:"user_id"`
	SegmentID string        `json:"segment_id"`
	Version   int64         `json:"version"`
	Marks     []SegmentMark `json:"marks" sealed:"true"`
	// WorkoutID is the workout that changed it and StartedAt its start; both are
	// absent when nobody is to be told, as of old workouts on a new segment.
	WorkoutID string    `json:"workout_id,omitempty"`
	StartedAt time.Time `json:"started_at,omitzero"`
}

// SegmentMark is an effort that is the best of a person on some boards of a
// segment, which are named so that nobody else can tell which they are.
type SegmentMark struct {
	WorkoutID string    `json:"workout_id"`
	At        time.Time `json:"at"` // the start of the workout, with its own offset from UTC
	ElapsedMS int64     `json:"elapsed_ms"`
	Boards    []string  `json:"boards"`
	Months    []string  `json:"months,omitempty"` // boards of a month, which end by themselves
}

// SegmentRankChanged says that a person took the first place on a segment from
// somebody, or lost it to somebody.
type SegmentRankChanged struct {
	SegmentID string    `json:"segment_id"`
	UserID    string    `json:"user_id"`
	Taken     bool      `json:"taken"`                // else lost
	WorkoutID string    `json:"workout_id,omitempty"` // by which it was taken; absent when lost
	StartedAt time.Time `json:"started_at"`           // of the workout that did it
	Name      string    `json:"name" sealed:"true"`   // of the segment
	Among     string    `json:"among" sealed:"true"`  // "all", "female" or "male"
	ElapsedS  float64   `json:"elapsed_s" sealed:"true"`
	PreviousS float64   `json:"previous_s" sealed:"true"` // the best before
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

func (StatsSegmentSought) EventType() string      { return TypeStatsSegmentSought }
func (s StatsSegmentSought) Subject() string      { return s.SegmentID + "/" + s.After }
func (s StatsSegmentSought) PartitionKey() string { return s.UserID }
func (s StatsSegmentSought) EventVersion() int64  { return s.Version }

func (StatsMatchRequested) EventType() string { return TypeStatsMatch }

// Subject tells the slices of one asking apart.
func (s StatsMatchRequested) Subject() string {
	return s.UserID + "/" + strings.Join(s.SegmentIDs[:min(1, len(s.SegmentIDs))], "") + "/" + strconv.Itoa(s.Slice)
}

// PartitionKey lets each slice go on by itself.
func (s StatsMatchRequested) PartitionKey() string { return s.UserID + "/" + strconv.Itoa(s.Slice) }

func (StatsSegmentChanged) EventType() string      { return TypeStatsSegment }
func (s StatsSegmentChanged) Subject() string      { return s.UserID + "/" + s.SegmentID }
func (s StatsSegmentChanged) PartitionKey() string { return s.UserID }
func (s StatsSegmentChanged) EventVersion() int64  { return s.Version }

func (SegmentRankChanged) EventType() string      { return TypeSegmentRank }
func (s SegmentRankChanged) Subject() string      { return s.SegmentID + "/" + s.UserID }
func (s SegmentRankChanged) PartitionKey() string { return s.UserID }

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
