package upload

import (
	"testing"

	"paceline/events"
	"paceline/functions/upload/gpx/gpxtest"
	"paceline/shared/api"
	"paceline/shared/function/functiontest"
)

func (r rig) gear(t *testing.T, who functiontest.Person, in map[string]any) (g api.Gear) {
	t.Helper()
	a := r.Call(who, "POST", "/v1/gear", in)
	if a.Status != 201 || a.Header.Get("Location") != "/v1/gear/"+idOf(t, a) {
		t.Fatalf("gear: %d %s", a.Status, a.Body)
	}
	a.JSON(t, &g)
	return g
}

func idOf(t *testing.T, a functiontest.Answer) string {
	t.Helper()
	var out struct{ ID string }
	a.JSON(t, &out)
	return out.ID
}

// gearsOf are the pieces of the uploaded workouts, in order.
func (r rig) gearsOf() (out []string) {
	for _, e := range functiontest.SentOf[events.WorkoutUploaded](r.Rig) {
		out = append(out, e.GearID)
	}
	return out
}

func TestGearIsAssigned(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	who, other := person(), person()
	shoes := r.gear(t, who, map[string]any{"name": "Old shoes", "kind": "shoes", "default_for": []string{"running"}})
	newer := r.gear(t, who, map[string]any{"name": "New shoes", "kind": "shoes", "default_for": []string{"running", "walking"}, "wear_distance_m": 800_000})
	strangers := r.gear(t, other, map[string]any{"name": "Bike", "kind": "bike"})
	first := taken(t, r.Rig, who, aFile("a.gpx", aRun())).Workouts[0].ID
	taken(t, r.Rig, who, aFile("b.gpx", gpxtest.Run(morning.AddDate(0, 0, 1), 60)), part{"gear_id", "", shoes.ID})
	accepted(t, r.Call(who, "POST", "/v1/workouts", map[string]any{"sport": "walking", "started_at": "2026-05-01T07:00:00+02:00", "elapsed_time_s": 1800}))
	accepted(t, r.Call(who, "POST", "/v1/workouts", map[string]any{"sport": "yoga", "started_at": "2026-05-01T08:00:00+02:00", "elapsed_time_s": 1800}))
	taken(t, r.Rig, other, aFile("a.gpx", aRun()))
	got := r.gearsOf()
	for i, want := range []string{newer.ID, shoes.ID, newer.ID, "", ""} {
		if got[i] != want {
			t.Errorf("workout %d has %q, want %q", i, got[i], want)
		}
	}
	for _, in := range []map[string]any{{"gear_id": strangers.ID}, {"gear_id": "x"}} {
		if a := r.Call(who, "PATCH", "/v1/workouts/"+first, in); a.Code() != "invalid_member" {
			t.Errorf("%v: %d %s", in, a.Status, a.Body)
		}
	}
	if a := post(r.Rig, who, aFile("c.gpx", gpxtest.Run(morning.AddDate(0, 0, 2), 60)), part{"gear_id", "", strangers.ID}); a.Code() != "invalid_member" {
		t.Errorf("another one's gear: %d %s", a.Status, a.Body)
	}
	for _, id := range []string{shoes.ID, ""} {
		var w api.Workout
		a := r.Call(who, "PATCH", "/v1/workouts/"+first, map[string]any{"gear_id": id})
		if a.JSON(t, &w); a.Status != 200 || w.GearID != id {
			t.Errorf("changed to %q: %d %s", id, a.Status, a.Body)
		}
	}
}

func TestGearIsKept(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	who := person()
	g := r.gear(t, who, map[string]any{"name": "Bike", "kind": "bike", "default_for": []string{"cycling"}, "starting_distance_m": 1200.5})
	path := "/v1/gear/" + g.ID
	if a := r.Call(who, "PUT", path, map[string]any{"name": "Bike", "kind": "bike", "retired": true}, "If-Match", `"1"`); a.Status != 200 || a.Header.Get("ETag") != `"2"` {
		t.Fatalf("retired: %d %s", a.Status, a.Body)
	}
	if a := r.Call(who, "PUT", path, map[string]any{"name": "Bike", "kind": "bike"}, "If-Match", `"1"`); a.Status != 412 {
		t.Errorf("of an old version: %d", a.Status)
	}
	taken(t, r.Rig, who, aFile("a.fit", aRide()))
	if got := r.gearsOf(); got[0] != "" {
		t.Errorf("a ride on a retired bike: %q", got)
	}
	for _, bad := range []map[string]any{
		{"kind": "bike"}, {"name": "", "kind": "bike"}, {"name": "a\nb", "kind": "bike"}, {"name": "x", "kind": "boat"},
		{"name": "x", "kind": "bike", "default_for": []string{"Not a sport"}}, {"name": "x", "kind": "bike", "wear_distance_m": -1}, {"name": "x", "kind": "bike", "id": "y"},
	} {
		if a := r.Call(who, "POST", "/v1/gear", bad); a.Status != 422 {
			t.Errorf("%v: %d %s", bad, a.Status, a.Body)
		}
	}
	for method, want := range map[string]int{"PUT": 404, "DELETE": 404} {
		if a := r.Call(person(), method, path, map[string]any{"name": "x", "kind": "bike"}); a.Status != want {
			t.Errorf("%s by another person: %d", method, a.Status)
		}
	}
	if a := r.Call(who, "DELETE", path, nil); a.Status != 204 {
		t.Errorf("delete: %d %s", a.Status, a.Body)
	}
	if a := r.Call(who, "DELETE", path, nil); a.Code() != "gear_not_found" {
		t.Errorf("delete again: %s", a.Body)
	}
	sent := functiontest.SentOf[events.GearChanged](r.Rig)
	if len(sent) != 3 || sent[0].Name != "Bike" || *sent[0].StartingDistanceM != 1200.5 || !sent[1].Retired || !sent[2].Deleted || sent[2].Version != 3 {
		t.Errorf("events %+v", sent)
	}
	for range maxGear {
		r.gear(t, who, map[string]any{"name": "More", "kind": "other"})
	}
	if a := r.Call(who, "POST", "/v1/gear", map[string]any{"name": "Too much", "kind": "other"}); a.Code() != "too_much_gear" {
		t.Errorf("one too many: %d %s", a.Status, a.Body)
	}
}
