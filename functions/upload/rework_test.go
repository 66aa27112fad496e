package upload

import (
	"bytes"
	"fmt"
	"slices"
	"testing"
	"time"

	"paceline/events"
	"paceline/functions/upload/gpx/gpxtest"
	"paceline/shared/api"
	"paceline/shared/function/functiontest"
	"paceline/shared/track"
)

// command sends a command about a workout and reads what it left.
func (r rig) command(t *testing.T, who functiontest.Person, id, what string, in any, header ...string) []api.Workout {
	t.Helper()
	a := r.Call(who, "POST", "/v1/workouts/"+id+"/"+what, in, header...)
	if a.Status != 200 {
		t.Fatalf("%s: %d %s", what, a.Status, a.Body)
	}
	var out api.Reworked
	a.JSON(t, &out)
	return out.Workouts
}

// current is the track that the newest event of a workout names.
func (r rig) current(t *testing.T, who functiontest.Person, id string) *track.Track {
	t.Helper()
	key := ""
	for _, e := range functiontest.SentOf[events.WorkoutUploaded](r.Rig) {
		if e.WorkoutID == id {
			key = e.TrackKey
		}
	}
	for _, e := range functiontest.SentOf[events.WorkoutUpdated](r.Rig) {
		if e.WorkoutID == id && e.Track != "" {
			key = e.Track
		}
	}
	tr, err := track.Decode(r.opened(t, who.ID, key))
	if err != nil {
		t.Fatal(err)
	}
	return tr
}

func (r rig) deliverDeletions(t *testing.T) {
	t.Helper()
	for _, e := range functiontest.SentOf[events.WorkoutDeleted](r.Rig) {
		if status := r.Deliver(e); status != 202 {
			t.Fatalf("deletion: %d", status)
		}
	}
}

func TestCroppingIsTakenBack(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	who := person()
	id := taken(t, r.Rig, who, aFile("a.gpx", aRun())).Workouts[0].ID
	whole := r.current(t, who, id)
	w := r.command(t, who, id, "crop", map[string]any{"from_s": 10, "to_s": 40}, "If-Match", `"1"`)
	if len(w) != 1 || w[0].State != "processing" || !w[0].StartedAt.Equal(whole.StartedAt.Add(10*time.Second)) {
		t.Fatalf("cropped: %+v", w)
	}
	if part := r.current(t, who, id); part.EndMS() != 30_000 || part.Samples.Lat[0] != whole.Samples.Lat[10] {
		t.Errorf("%d ms are left", part.EndMS())
	}
	r.command(t, who, id, "crop", map[string]any{"from_s": 5}) // of what is left
	if part := r.current(t, who, id); part.EndMS() != 25_000 {
		t.Errorf("after the second crop: %d ms", part.EndMS())
	}
	if a := r.Call(who, "GET", "/v1/workouts/"+id+"/file", nil); !bytes.Equal(a.Body, aRun()) {
		t.Error("the original was changed")
	}
	for i, started := range []time.Time{whole.StartedAt.Add(10 * time.Second), whole.StartedAt} {
		if w := r.command(t, who, id, "undo", nil); !w[0].StartedAt.Equal(started) {
			t.Errorf("undo %d: %+v", i, w[0])
		}
	}
	sent := functiontest.SentOf[events.WorkoutUpdated](r.Rig)
	if last := sent[len(sent)-1]; last.Track != "" || last.Version != 5 {
		t.Errorf("undone: %+v", last.Workout)
	}
	if a := r.Call(who, "POST", "/v1/workouts/"+id+"/undo", nil); a.Code() != "nothing_to_undo" {
		t.Errorf("once more: %s", a.Body)
	}
	if a := r.Call(who, "DELETE", "/v1/workouts/"+id, nil); a.Status != 204 {
		t.Fatal(a.Status)
	}
	if left := r.objects(t); len(left) != 0 {
		t.Errorf("objects left: %v", left)
	}
}

func TestSplittingMakesASecondWorkout(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	who := person()
	first := taken(t, r.Rig, who, aFile("a.gpx", aRun()))
	id := first.Workouts[0].ID
	w := r.command(t, who, id, "split", map[string]any{"at_s": 20}, "Idempotency-Key", "once-and-once-only")
	if again := r.command(t, who, id, "split", map[string]any{"at_s": 20}, "Idempotency-Key", "once-and-once-only"); fmt.Sprint(again) != fmt.Sprint(w) {
		t.Errorf("the same command: %+v", again)
	}
	if len(w) != 2 || w[1].ID == id || w[1].Name != w[0].Name || w[1].StartedAt.Sub(w[0].StartedAt) != 20*time.Second {
		t.Fatalf("split: %+v", w)
	}
	if a, b := r.current(t, who, id).EndMS(), r.current(t, who, w[1].ID).EndMS(); a != 19_000 || b != r.whole(t, who, id)-20_000 {
		t.Errorf("parts of %d and %d ms", a, b)
	}
	if again := taken(t, r.Rig, who, aFile("a.gpx", aRun())); len(again.Workouts) != 2 || !again.Workouts[1].Duplicate {
		t.Errorf("the file again: %+v", again)
	}
	r.command(t, who, w[1].ID, "crop", map[string]any{"from_s": 5})
	if a := r.Call(who, "POST", "/v1/workouts/"+id+"/undo", nil); a.Code() != "part_edited" {
		t.Errorf("undo of an edited part: %s", a.Body)
	}
	r.command(t, who, w[1].ID, "undo", nil)
	r.Call(who, "DELETE", "/v1/workouts/"+w[1].ID, nil)
	if back := r.command(t, who, id, "undo", nil); len(back) != 1 || !back[0].StartedAt.Equal(w[0].StartedAt) {
		t.Errorf("undone without the second part: %+v", back)
	}
	w = r.command(t, who, id, "split", map[string]any{"at_s": 30})
	r.command(t, who, id, "undo", nil)
	if a := r.Call(who, "GET", "/v1/workouts/"+w[1].ID+"/file", nil); a.Status != 404 {
		t.Errorf("the second part after the undo: %d", a.Status)
	}
	r.deliverDeletions(t)
	r.Call(who, "DELETE", "/v1/workouts/"+id, nil)
	if left := r.objects(t); len(left) != 0 {
		t.Errorf("objects left: %v", left)
	}
}

// whole is the length of the track as it was uploaded, in ms.
func (r rig) whole(t *testing.T, who functiontest.Person, id string) int64 {
	t.Helper()
	tr, err := track.Decode(r.opened(t, who.ID, trackKey(who.ID, id)))
	if err != nil {
		t.Fatal(err)
	}
	return tr.EndMS()
}

func TestMergingEndsTheOthers(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	who := person()
	later := gpxtest.Run(morning.Add(10*time.Minute), 60)
	a := taken(t, r.Rig, who, aFile("a.gpx", aRun())).Workouts[0].ID
	second := taken(t, r.Rig, who, aFile("b.gpx", later))
	b := second.Workouts[0].ID
	ofA, ofB := r.current(t, who, a), r.current(t, who, b)
	r.command(t, who, b, "merge", map[string]any{"workout_ids": []string{a}})
	both := r.current(t, who, b)
	if both.Samples.Len() != ofA.Samples.Len()+ofB.Samples.Len() || !both.StartedAt.Equal(ofA.StartedAt) {
		t.Errorf("%d samples from %v", both.Samples.Len(), both.StartedAt)
	}
	deleted := functiontest.SentOf[events.WorkoutDeleted](r.Rig)
	if len(deleted) != 1 || deleted[0].WorkoutID != a {
		t.Fatalf("deleted: %+v", deleted)
	}
	r.deliverDeletions(t)
	if got := taken(t, r.Rig, who, aFile("a.gpx", aRun())); len(got.Workouts) != 1 || got.Workouts[0].ID != b || !got.Workouts[0].Duplicate {
		t.Errorf("the file of what was merged: %+v", got)
	}
	back := r.command(t, who, b, "undo", nil)
	if len(back) != 2 || back[1].ID == a || !back[1].StartedAt.Equal(ofA.StartedAt) || !back[0].StartedAt.Equal(ofB.StartedAt) {
		t.Fatalf("undone: %+v", back)
	}
	if got := r.current(t, who, back[1].ID); got.Samples.Len() != ofA.Samples.Len() {
		t.Errorf("what came back has %d samples", got.Samples.Len())
	}
	if got := r.Call(who, "GET", "/v1/workouts/"+back[1].ID+"/file", nil); !bytes.Equal(got.Body, aRun()) {
		t.Error("what came back has another original")
	}
	// Merged for good, everything goes with the one that is left.
	r.command(t, who, b, "merge", map[string]any{"workout_ids": []string{back[1].ID}})
	if got := r.Call(who, "DELETE", "/v1/workouts/"+b, nil); got.Status != 204 {
		t.Fatal(got.Status)
	}
	if left := r.objects(t); len(left) != 0 {
		t.Errorf("objects left: %v", left)
	}
	if fresh := taken(t, r.Rig, who, aFile("a.gpx", aRun())); len(fresh.Workouts) != 1 || fresh.Workouts[0].Duplicate {
		t.Errorf("after all is deleted: %+v", fresh)
	}
}

func TestWhatCannotBeReworked(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	who, other := person(), person()
	id := taken(t, r.Rig, who, aFile("a.gpx", aRun())).Workouts[0].ID
	same := taken(t, r.Rig, who, aFile("b.gpx", gpxtest.Run(morning.Add(30*time.Second), 60))).Workouts[0].ID
	far := taken(t, r.Rig, who, aFile("c.gpx", gpxtest.Run(morning.Add(-25*time.Hour), 60))).Workouts[0].ID
	strangers := taken(t, r.Rig, other, aFile("a.gpx", aRun())).Workouts[0].ID
	hand := accepted(t, r.Call(who, "POST", "/v1/workouts", map[string]any{"sport": "running", "started_at": "2026-05-01T07:00:00+02:00", "elapsed_time_s": 1800})).Workouts[0].ID
	before := r.state(t)
	for _, c := range []struct {
		who            functiontest.Person
		id, what, code string
		in             map[string]any
	}{
		{who, id, "crop", "nothing_to_crop", map[string]any{"from_s": 0, "to_s": 9999}},
		{who, id, "crop", "part_too_short", map[string]any{"from_s": 30, "to_s": 20}},
		{who, id, "crop", "invalid_member", map[string]any{"from_s": -1}},
		{who, id, "crop", "invalid_member", map[string]any{"to_s": 1e300}},
		{who, id, "crop", "nothing_to_crop", map[string]any{}},
		{who, id, "split", "part_too_short", map[string]any{"at_s": 0}},
		{who, id, "split", "part_too_short", map[string]any{"at_s": 9999}},
		{who, id, "split", "invalid_member", map[string]any{"at_s": -5}},
		{who, id, "merge", "invalid_member", map[string]any{"workout_ids": []string{}}},
		{who, id, "merge", "invalid_member", map[string]any{"workout_ids": []string{id}}},
		{who, id, "merge", "invalid_member", map[string]any{"workout_ids": []string{far, far}}},
		{who, id, "merge", "workouts_overlap", map[string]any{"workout_ids": []string{same}}},
		{who, id, "merge", "workouts_apart", map[string]any{"workout_ids": []string{far}}},
		{who, id, "merge", "workout_not_found", map[string]any{"workout_ids": []string{strangers}}},
		{who, id, "merge", "no_samples", map[string]any{"workout_ids": []string{hand}}},
		{who, hand, "crop", "no_samples", map[string]any{"to_s": 10}},
		{other, id, "crop", "workout_not_found", map[string]any{"to_s": 10}},
		{other, id, "undo", "workout_not_found", nil},
		{who, id, "undo", "nothing_to_undo", nil},
	} {
		if a := r.Call(c.who, "POST", "/v1/workouts/"+c.id+"/"+c.what, c.in); a.Code() != c.code {
			t.Errorf("%s %v: %d %s, want %s", c.what, c.in, a.Status, a.Body, c.code)
		}
	}
	if a := r.Call(who, "POST", "/v1/workouts/"+id+"/crop", map[string]any{"to_s": 10}, "If-Match", `"7"`); a.Status != 412 {
		t.Errorf("of another version: %d", a.Status)
	}
	if after := r.state(t); after != before {
		t.Errorf("a refusal left something:\n%s\n%s", before, after)
	}
}

// Of two commands at once one is done, and the other is told; no track is
// written over.
func TestReworksAtOnce(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	who := person()
	id := taken(t, r.Rig, who, aFile("a.gpx", aRun())).Workouts[0].ID
	answers := make(chan functiontest.Answer)
	for i := range 4 {
		go func() {
			answers <- r.Call(who, "POST", "/v1/workouts/"+id+"/crop", map[string]any{"to_s": 20 + i}, "If-Match", `"1"`)
		}()
	}
	statuses := []int{}
	for range 4 {
		a := <-answers
		statuses = append(statuses, a.Status)
	}
	slices.Sort(statuses)
	if statuses[0] != 200 || statuses[1] < 409 {
		t.Errorf("statuses %v", statuses)
	}
	sent := functiontest.SentOf[events.WorkoutUpdated](r.Rig)
	if len(sent) != 1 {
		t.Fatalf("%d changes", len(sent))
	}
	r.current(t, who, id)
}
