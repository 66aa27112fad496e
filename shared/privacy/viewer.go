package privacy

import (
	"slices"

	"paceline/events"
)

// Viewer is how one person stands to the owner of a workout. The zero Viewer is
// a stranger.
type Viewer struct {
	Owner   bool
	Blocked bool // one of the two blocks the other
	Follows bool
	Coach   bool                // holds the role and the owner's grant
	Scopes  []events.CoachScope // of the grant
}

// Sees says whether the workout is there for the viewer.
func (v Viewer) Sees(w events.Workout) bool {
	switch {
	case v.Owner:
		return true
	case v.Blocked:
		return false
	case v.Coach && v.granted(events.CoachPrivate):
		return true
	}
	return w.Visibility == events.Everyone || (w.Visibility == events.Followers && (v.Follows || v.Coach))
}

// Shows says whether the viewer sees a part of a workout that is there for them.
func (v Viewer) Shows(w events.Workout, p Part) bool {
	switch {
	case v.Owner:
		return true
	case p == Map:
		return !w.HideMap || v.granted(events.CoachMap)
	case p == HeartRate:
		return !w.HideHeartRate || v.granted(events.CoachHeartRate)
	case p == Power:
		return !w.HidePower || v.granted(events.CoachPower)
	case p == Settings:
		return v.granted(events.CoachSettings)
	}
	return false // what is the owner's alone
}

func (v Viewer) granted(s events.CoachScope) bool { return v.Coach && slices.Contains(v.Scopes, s) }
