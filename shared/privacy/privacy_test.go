package privacy_test

import (
	"fmt"
	"strings"
	"testing"

	"paceline/events"
	"paceline/shared/privacy"
)

// The ownership states and what each sees, row by row.
func TestWhoSeesAWorkout(t *testing.T) {
	t.Parallel()
	private := []events.CoachScope{events.CoachPrivate}
	for _, c := range []struct {
		who    privacy.Viewer
		sees   string // of private, followers, everyone
		called string
	}{
		{privacy.Viewer{Owner: true}, "true true true", "owner"},
		{privacy.Viewer{Follows: true}, "false true true", "follower"},
		{privacy.Viewer{}, "false false true", "stranger"},
		{privacy.Viewer{Coach: true}, "false true true", "coach"},
		{privacy.Viewer{Coach: true, Scopes: private}, "true true true", "coach of private workouts"},
		{privacy.Viewer{Scopes: private}, "false false true", "a grant without the role"},
		{privacy.Viewer{Blocked: true}, "false false false", "blocked"},
		{privacy.Viewer{Blocked: true, Follows: true}, "false false false", "blocked follower"},
		{privacy.Viewer{Blocked: true, Coach: true, Scopes: private}, "false false false", "blocked coach"},
	} {
		var got []any
		for _, v := range []events.Visibility{events.Private, events.Followers, events.Everyone} {
			got = append(got, c.who.Sees(events.Workout{Visibility: v}))
		}
		if text := strings.TrimSuffix(fmt.Sprintln(got...), "\n"); text != c.sees {
			t.Errorf("%s sees %s, want %s", c.called, text, c.sees)
		}
	}
}
