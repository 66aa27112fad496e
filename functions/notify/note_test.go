package notify

import (
	"testing"

	"paceline/events"
	"paceline/shared/api"
)

// A zone that is made later finds no figure of another person's workout to take
// back.
func TestANoteOfAnotherPersonsWorkoutHasNoFigure(t *testing.T) {
	t.Parallel()
	metres, seconds := 10_234.0, 3723.0
	e := events.WorkoutProcessed{Workout: events.Workout{Name: "Long run", Sport: "running"}, Stats: events.Stats{DistanceM: &metres, MovingTimeS: &seconds}}
	for kind, want := range map[api.NotificationKind]int{api.NotificationKindFollowedWorkout: 3, api.NotificationKindWorkoutReady: 6} {
		if got := (Matter{Kind: kind, Values: forOthers(e, "Anna")}).note().Values; len(got) != want || got["name"] != "Long run" {
			t.Errorf("%s keeps %v", kind, got)
		}
	}
}
