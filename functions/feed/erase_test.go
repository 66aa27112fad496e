package feed_test

import (
	"testing"

	"paceline/events"
	"paceline/functions/feed"
	"paceline/shared/function/functiontest"
)

// Wherever feed is killed while it takes somebody's items out of others' feeds, it
// ends as if it had not been.
func TestAKillHoldsUpNoErasure(t *testing.T) {
	t.Parallel()
	functiontest.KillErasures(t, "feed", feed.Open, map[string]string{"FEED_POPULAR": "1"}, anna, func(r *functiontest.Rig) {
		for _, id := range []string{anna, ben, cleo} {
			deliver(r.T, r, events.ProfileUpdated{UserID: id, Version: 1, DisplayName: "Name of " + id})
		}
		deliver(r.T, r,
			events.Followed{Follow: follow(ben, anna, 1)}, processed(workout(1, events.Followers)), // into Ben's feed
			events.Followed{Follow: follow(cleo, anna, 1)}, processed(workout(2, events.Everyone)), // too many followers
			events.Followed{Follow: follow(anna, ben, 1)}, processed(workout(3, events.Private)),
			events.Blocked{Block: events.Block{BlockerID: anna, BlockedID: "01DORA", Version: 1, At: functiontest.Start}},
		)
	})
}
