package stats_test

import (
	"testing"
	"time"

	"paceline/events"
	"paceline/functions/stats"
	"paceline/shared/function/functiontest"
	"paceline/shared/objects/all"
)

// Wherever stats is killed while it forgets whose workouts there were, it ends as
// if it had not been.
func TestAKillHoldsUpNoErasure(t *testing.T) {
	t.Parallel()
	functiontest.KillErasures(t, "stats", stats.Open, nil, anna, func(r *functiontest.Rig) {
		kept, err := all.Open(r.Vars["OBJECTS_URL"])
		if err != nil {
			r.T.Fatal(err)
		}
		s := &rig{r, kept}
		for i, id := range []string{"01A", "01B", "01C"} {
			start := time.Date(2026, 5, 1+i, 7, 0, 0, 0, berlin)
			s.upload(id, workout(id, start, events.Everyone), run(start, 300+60*i))
		}
		s.deliver(events.Followed{Follow: events.Follow{FollowerID: ben, FolloweeID: anna, Version: 1, At: functiontest.Start}})
		s.deliver(events.Blocked{Block: events.Block{BlockerID: anna, BlockedID: "01CLEO", Version: 1, At: functiontest.Start}})
		a := r.Call(functiontest.Person{ID: anna}, "POST", "/v1/goals", map[string]any{"metric": "workouts", "target": 4, "period": "week", "from": "2026-01-01"})
		if a.Status != 201 {
			r.T.Fatalf("goal: %d %s", a.Status, a.Body)
		}
	})
}
