package upload

import (
	"testing"

	"paceline/functions/upload/gpx/gpxtest"
	"paceline/shared/function/functiontest"
)

// Wherever upload is killed while it forgets somebody, nothing of them is left at
// the end, neither state nor objects.
func TestAKillHoldsUpNoErasure(t *testing.T) {
	t.Parallel()
	anna, ben := functiontest.Person{ID: "01ANNA"}, functiontest.Person{ID: "01BEN"}
	functiontest.KillErasures(t, "upload", Open, nil, anna.ID, func(r *functiontest.Rig) {
		taken(r.T, r, anna, aFile("run.gpx", aRun()))
		gone := taken(r.T, r, anna, aFile("ride.fit", aRide()))
		taken(r.T, r, ben, aFile("run.gpx", gpxtest.Run(morning, 90))) // which stays
		if a := r.Call(anna, "DELETE", "/v1/workouts/"+gone.Workouts[0].ID, nil); a.Status != 204 {
			r.T.Fatalf("delete: %d %s", a.Status, a.Body)
		}
		if a := r.Call(anna, "POST", "/v1/gear", map[string]any{"name": "Shoes", "kind": "shoes"}); a.Status != 201 {
			r.T.Fatalf("gear: %d %s", a.Status, a.Body)
		}
	})
}
