package stats

import (
	"time"

	"paceline/events"
	"paceline/shared/api"
	"paceline/shared/privacy"
)

// Record is one workout as this function keeps it.
type Record struct {
	Workout  events.Workout `json:"workout"`
	UploadID string         `json:"upload_id,omitempty"`
	TrackKey string         `json:"track_key,omitempty"` // "" until the upload is known
	Stats    *events.Stats  `json:"stats,omitempty"`     // nil until computed
	// ComputedSport, ComputedSubSport and ComputedTrack are what the figures were
	// made for and of.
	ComputedSport    string `json:"computed_sport,omitempty"`
	ComputedSubSport string `json:"computed_sub_sport,omitempty"`
	ComputedTrack    string `json:"computed_track,omitempty"`
	// Ends is the first and the last position: latitude and longitude, twice.
	Ends    []float64     `json:"ends,omitempty"`
	Hiding  events.Hiding `json:"hiding"`          // as others were told of it
	Fault   string        `json:"fault,omitempty"` // code of why it cannot be computed
	Deleted bool          `json:"deleted,omitempty"`
	Counted *Counted      `json:"counted,omitempty"` // where the sums hold it
	Used    *Used         `json:"used,omitempty"`    // what its gear holds of it
	Passed  *Passed       `json:"passed,omitempty"`  // segments; nil before any was
	Placed  *Placed       `json:"placed,omitempty"`  // what standings on segments hold of it
}

// Counted is what a workout adds to which day.
type Counted struct {
	Day   string `json:"day"` // YYYY-MM-DD in the workout's own time zone
	Sport string `json:"sport"`
	Sums  Sums   `json:"sums"`
}

// Describe takes over the newest description.
func (r *Record) Describe(w events.Workout) {
	if !r.Deleted && w.Version >= r.Workout.Version {
		r.Workout = w
	}
}

// Outdated says that the figures were made for another sport, which has other
// thresholds, or of another track.
func (r Record) Outdated() bool {
	return r.Stats != nil &&
		(r.Workout.Sport != r.ComputedSport || r.Workout.SubSport != r.ComputedSubSport || r.Workout.Track != r.ComputedTrack)
}

// Delete ends the workout; nothing revives it.
func (r *Record) Delete(e events.WorkoutDeleted) {
	*r = Record{Workout: events.Workout{WorkoutID: e.WorkoutID, UserID: e.UserID, Version: e.Version}, Deleted: true}
}

// State is how far the figures are.
func (r Record) State() api.WorkoutState {
	switch {
	case r.Fault != "":
		return api.WorkoutStateFailed
	case r.Stats == nil:
		return api.WorkoutStateProcessing
	}
	return api.WorkoutStateReady
}

// VisibleTo says whether a viewer may see the workout. Others than the owner see
// it when its figures are there.
func (r Record) VisibleTo(v privacy.Viewer) bool {
	return !r.Deleted && r.Workout.UserID != "" && (v.Owner || r.Stats != nil) && v.Sees(r.Workout)
}

// counts is what the workout adds to the sums, or nil.
func (r Record) counts() *Counted {
	if r.Deleted || r.Stats == nil {
		return nil
	}
	return &Counted{Day: r.Workout.StartedAt.Format(time.DateOnly), Sport: r.Workout.Sport, Sums: sumsOf(*r.Stats)}
}

// exertion is the load of the session as the person felt it, minutes times exertion
// (Foster and others, J Strength Cond Res 2001); nil where nothing was said.
func exertion(rpe int, s events.Stats) *float64 {
	seconds := s.MovingTimeS
	if seconds == nil {
		seconds = s.ElapsedTimeS
	}
	if rpe == 0 || seconds == nil {
		return nil
	}
	load := float64(rpe) * *seconds / 60
	return &load
}

// answer is the workout as the API shows it to a viewer; hiding is of the owner.
func (r Record) answer(v privacy.Viewer, hiding Hiding) api.Workout {
	w := r.Workout
	out := api.Workout{
		ID: w.WorkoutID, UserID: w.UserID, Name: w.Name, Description: w.Description, Sport: w.Sport, SubSport: w.SubSport,
		StartedAt: w.StartedAt, TimeZone: w.TimeZone, Visibility: api.Visibility(w.Visibility), State: r.State(),
		Source: api.WorkoutSource(w.Source), HideMap: w.HideMap, HideHeartRate: w.HideHeartRate, HidePower: w.HidePower,
		GearID: w.GearID, PerceivedExertion: w.RPE,
	}
	if r.Stats != nil {
		shown := *r.Stats
		if !v.Owner && hiding.ends(r.Ends) {
			shown = privacy.Coarse(shown)
		}
		s := api.WorkoutStats(shown)
		out.Stats = &s
		out.SessionRPELoad = exertion(w.RPE, shown)
	}
	v.Redact(w, &out)
	return out
}
