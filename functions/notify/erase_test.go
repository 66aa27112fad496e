package notify_test

import (
	"testing"

	"paceline/events"
	"paceline/functions/notify"
	"paceline/shared/function/functiontest"
)

// Wherever notify is killed while it forgets somebody, it ends as if it had not
// been.
func TestAKillHoldsUpNoErasure(t *testing.T) {
	t.Parallel()
	functiontest.KillErasures(t, "notify", notify.Open, nil, anna, func(r *functiontest.Rig) {
		deliver(r.T, r,
			events.ProfileUpdated{UserID: anna, Version: 1, DisplayName: "Anna", Locale: "en"},
			events.ProfileUpdated{UserID: ben, Version: 1, DisplayName: "Бен", Locale: "ru"},
			events.Followed{Follow: follow(ben, anna, 1)}, events.Followed{Follow: follow(anna, ben, 1)}, run(events.Followers),
		)
	})
}
