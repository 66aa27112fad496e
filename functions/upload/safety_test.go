package upload

import (
	"bytes"
	"context"
	"net/http"
	"strings"
	"sync"
	"testing"

	"paceline/events"
	"paceline/functions/upload/fit/fittest"
	"paceline/shared/api"
	"paceline/shared/function"
	"paceline/shared/function/functiontest"
	"paceline/shared/objects"
	"paceline/shared/objects/gcs"
	"paceline/shared/objects/objectstest"
	"paceline/shared/objects/s3"
)

func TestTheSameBytesAreTheSameWorkout(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	who := person()
	first := taken(t, r.Rig, who, aFile("a.gpx", aRun()))
	before, sent := r.state(t), len(r.Sent())
	for name, content := range map[string][]byte{"b.gpx": aRun(), "a.gpx.gz": gz(aRun())} {
		again := taken(t, r.Rig, who, aFile(name, content))
		if again.UploadID != first.UploadID || ids(again) != ids(first) || !again.Workouts[0].Duplicate {
			t.Errorf("%s: %+v", name, again)
		}
	}
	if r.state(t) != before || len(r.Sent()) != sent {
		t.Error("a duplicate stored or sent something")
	}
	other := taken(t, r.Rig, person(), aFile("a.gpx", aRun()))
	if other.Workouts[0].Duplicate || ids(other) == ids(first) {
		t.Errorf("another person's: %+v", other)
	}
}

func TestManyAtOnceAreOneWorkout(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	who := person()
	const n = 20
	answers := make([]api.UploadAccepted, n)
	var wg sync.WaitGroup
	for i := range n {
		wg.Go(func() {
			content := fittest.Triathlon(morning)
			if i%2 == 1 {
				content = gz(content)
			}
			answers[i] = taken(t, r.Rig, who, aFile("a.fit", content))
		})
	}
	wg.Wait()
	made := 0
	for _, a := range answers {
		if ids(a) != ids(answers[0]) || a.UploadID != answers[0].UploadID {
			t.Errorf("%s and %s", ids(a), ids(answers[0]))
		}
		if !a.Workouts[0].Duplicate {
			made++
		}
	}
	if want := len(answers[0].Workouts); made != 1 || len(r.objects(t)) != want+1 || len(functiontest.SentOf[events.WorkoutUploaded](r.Rig)) != want {
		t.Errorf("made %d times; objects %v", made, r.objects(t))
	}
	a := r.Call(who, "GET", "/v1/workouts/"+answers[0].Workouts[0].ID+"/file", nil)
	if plain := fittest.Triathlon(morning); !bytes.Equal(a.Body, plain) && !bytes.Equal(a.Body, gz(plain)) {
		t.Errorf("original: %d", a.Status)
	}
	w := patched(t, r.Rig, who, answers[0].Workouts[0].ID)
	if w.Source.SizeBytes != int64(len(a.Body)) || w.Source.SHA256 != digestOf(a.Body) {
		t.Error("the original is another than the workout says")
	}
}

func TestUploadingAndDeletingAtOnceLeavesNoLooseEnds(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	who := person()
	var wg sync.WaitGroup
	for i := range 24 {
		wg.Go(func() {
			content := aRide()
			if i%2 == 1 {
				content = gz(content)
			}
			a := post(r.Rig, who, aFile("a.fit", content))
			if a.Status == http.StatusConflict {
				return
			}
			for _, w := range accepted(t, a).Workouts {
				if status := r.Call(who, "DELETE", "/v1/workouts/"+w.ID, nil).Status; status != 204 && status != 404 {
					t.Errorf("delete: %d", status)
				}
			}
		})
	}
	wg.Wait()
	for _, e := range functiontest.SentOf[events.WorkoutDeleted](r.Rig) {
		if status := r.Deliver(e); status != 202 {
			t.Errorf("deleted: %d", status)
		}
	}
	if left := r.objects(t); len(left) != 0 {
		t.Errorf("objects left: %v", left)
	}
	out := taken(t, r.Rig, who, aFile("a.fit", aRide()))
	if a := r.Call(who, "GET", "/v1/workouts/"+out.Workouts[0].ID+"/file", nil); !bytes.Equal(a.Body, aRide()) {
		t.Errorf("original: %d", a.Status)
	}
}

func TestEditing(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	who := person()
	path := "/v1/workouts/" + taken(t, r.Rig, who, aFile("a.gpx", aRun())).Workouts[0].ID
	edit := func(status int, etag string, in any, header ...string) (w api.Workout) {
		t.Helper()
		a := r.Call(who, "PATCH", path, in, header...)
		if a.Status != status || (etag != "" && a.Header.Get("ETag") != etag) {
			t.Fatalf("%v: %d %s %s", in, a.Status, a.Header.Get("ETag"), a.Body)
		}
		if status == 200 {
			a.JSON(t, &w)
		}
		return w
	}
	edit(200, `"1"`, map[string]any{"name": "Test run"}) // as it is
	w := edit(200, `"2"`, map[string]any{"name": "Lake", "description": "a\nb", "visibility": "everyone"}, "If-Match", `"1"`)
	if w.Name != "Lake" || w.Description != "a\nb" || w.Visibility != "everyone" || w.Stats != nil {
		t.Errorf("workout %+v", w)
	}
	edit(412, "", map[string]any{"name": "Other"}, "If-Match", `"1"`)
	edit(422, "", map[string]any{"name": ""})
	edit(422, "", map[string]any{})
	edit(422, "", map[string]any{"user_id": "x"})
	edit(422, "", map[string]any{"visibility": "all"})
	edit(422, "", map[string]any{"sport": "Running"})
	edit(422, "", map[string]any{"perceived_exertion": 11})
	w = edit(200, `"3"`, map[string]any{"description": "", "sport": "cycling", "sub_sport": "road"}, "If-Match", `"2"`)
	if w.Description != "" || w.Sport != "cycling" || w.SubSport != "road" {
		t.Errorf("workout %+v", w)
	}
	if w = edit(200, `"4"`, map[string]any{"sport": "running"}); w.SubSport != "" {
		t.Errorf("a run on the %s", w.SubSport)
	}
	sent := functiontest.SentOf[events.WorkoutUpdated](r.Rig)
	if len(sent) != 3 || sent[0].Version != 2 || sent[0].Previous != events.Followers || sent[0].Visibility != events.Everyone || sent[1].Previous != events.Everyone {
		t.Errorf("events %+v", sent)
	}
}

func TestOthersSeeNothing(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	who, stranger := person(), person()
	out := taken(t, r.Rig, who, aFile("a.gpx", aRun()))
	before := r.state(t)
	path := "/v1/workouts/" + out.Workouts[0].ID
	for _, c := range []struct{ method, path, code string }{
		{"PATCH", path, "workout_not_found"},
		{"DELETE", path, "workout_not_found"},
		{"GET", path + "/file", "workout_not_found"},
		{"GET", "/v1/uploads/" + out.UploadID, "upload_not_found"},
	} {
		var body any
		if c.method == "PATCH" {
			body = map[string]any{"name": "mine"}
		}
		if a := r.Call(stranger, c.method, c.path, body); a.Status != 404 || a.Code() != c.code {
			t.Errorf("%s %s: %d %s", c.method, c.path, a.Status, a.Code())
		}
	}
	if r.state(t) != before {
		t.Error("a stranger changed something")
	}
}

func TestDeleting(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	who := person()
	first := taken(t, r.Rig, who, aFile("a.gpx", aRun()))
	path := "/v1/workouts/" + first.Workouts[0].ID
	if a := r.Call(who, "DELETE", path, nil, "If-Match", `"7"`); a.Status != 412 {
		t.Errorf("of another version: %d", a.Status)
	}
	r.fault.failDelete.Store(true)
	if a := r.Call(who, "DELETE", path, nil); a.Status != 204 {
		t.Fatalf("delete: %d", a.Status)
	}
	for method, at := range map[string]string{"DELETE": path, "GET": path + "/file"} {
		if a := r.Call(who, method, at, nil); a.Status != 404 {
			t.Errorf("%s after the delete: %d", method, a.Status)
		}
	}
	sent := functiontest.SentOf[events.WorkoutDeleted](r.Rig)
	if len(sent) != 1 || sent[0].Version != 2 || sent[0].UserID != who.ID {
		t.Fatalf("events %+v", sent)
	}
	if status := r.Deliver(sent[0]); status != 503 {
		t.Errorf("the event while the objects cannot be removed: %d", status)
	}
	r.fault.failDelete.Store(false)
	for range 2 {
		if status := r.Deliver(sent[0]); status != 202 {
			t.Errorf("the event: %d", status)
		}
	}
	if left := r.objects(t); len(left) != 0 {
		t.Errorf("objects left: %v", left)
	}
	// Nothing revives it, and the same bytes are another workout now.
	r.Deliver(events.WorkoutProcessed{Workout: events.Workout{WorkoutID: first.Workouts[0].ID, UserID: who.ID, Version: 1}})
	again := taken(t, r.Rig, who, aFile("a.gpx", aRun()))
	if again.Workouts[0].Duplicate || ids(again) == ids(first) || again.UploadID == first.UploadID {
		t.Errorf("again %+v", again)
	}
	r.Deliver(sent[0]) // late
	if a := r.Call(who, "GET", "/v1/workouts/"+again.Workouts[0].ID+"/file", nil); !bytes.Equal(a.Body, aRun()) {
		t.Errorf("the new one lost its file: %d", a.Status)
	}
}

func TestTheBrokerIsAway(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.FailSink(true)
	taken(t, r.Rig, person(), aFile("a.gpx", aRun()))
	if len(r.Sent()) != 0 {
		t.Fatal("the broker is not away")
	}
	r.FailSink(false)
	if status := r.Deliver(events.Ping{Schedule: function.ScheduleSweep}); status != 202 {
		t.Errorf("sweep: %d", status)
	}
	if sent := functiontest.SentOf[events.WorkoutUploaded](r.Rig); len(sent) != 1 {
		t.Errorf("events after the sweep: %v", sent)
	}
}

func TestTheObjectStoreFailsMidWay(t *testing.T) {
	t.Parallel()
	for name, lost := range map[string]bool{"a put fails": false, "a put is done and its answer is lost, as in a crash before the transaction": true} {
		for n := range int64(4) {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				r := newRig(t)
				who, race := person(), fittest.Triathlon(morning)
				if lost {
					r.fault.failAfter.Store(n + 1)
				} else {
					r.fault.failBefore.Store(n + 1)
				}
				a := post(r.Rig, who, aFile("a.fit", race))
				if a.Status != 503 || a.Code() != "objects_unavailable" || a.Header.Get("Retry-After") == "" {
					t.Fatalf("%d %s", a.Status, a.Body)
				}
				if !strings.HasPrefix(r.state(t), "0 keys") || len(r.Sent()) != 0 {
					t.Errorf("something in Redis: %s", r.state(t))
				}
				out := taken(t, r.Rig, who, aFile("a.fit", race))
				if out.Workouts[0].Duplicate || len(r.objects(t)) != len(out.Workouts)+1 {
					t.Errorf("the retry left objects behind: %v", r.objects(t))
				}
			})
		}
	}
}

func TestARepeatedCommandGetsItsAnswerAgain(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	who := person()
	send := func() functiontest.Answer {
		body, contentType := aForm(aFile("a.gpx", aRun())) // with a boundary of its own
		return r.Call(who, "POST", "/v1/workouts", body, "Content-Type", contentType, "Idempotency-Key", "one")
	}
	first, again := send(), send()
	if !bytes.Equal(first.Body, again.Body) || again.Header.Get("Idempotent-Replayed") != "true" || again.Header.Get("Location") != first.Header.Get("Location") {
		t.Errorf("%s\n%s", first.Body, again.Body)
	}
	body, contentType := aForm(aFile("a.fit", make([]byte, maxBody+1)))
	if a := r.Call(who, "POST", "/v1/workouts", bytes.NewBuffer(body), "Content-Type", contentType, "Idempotency-Key", "two"); a.Status != 413 || a.Code() != "too_large" {
		t.Errorf("too large with a key: %d %s", a.Status, a.Body)
	}
}

func TestOtherObjectStores(t *testing.T) {
	t.Parallel()
	for name, open := range map[string]func(testing.TB) objects.Store{
		"s3": func(t testing.TB) objects.Store {
			server := objectstest.S3(t)
			return opened(t, server.URL, s3.WithKeys(server.AccessKey, server.SecretKey))
		},
		"gcs": func(t testing.TB) objects.Store { return opened(t, objectstest.GCS(t).URL, gcs.Driver) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			store := open(t)
			r := functiontest.New(t, "upload", func(_ context.Context, e function.Env) (*function.Function, error) {
				return openWith(e, store)
			}, nil)
			who := person()
			out := taken(t, r, who, aFile("a.gpx", aRun()))
			if a := r.Call(who, "GET", "/v1/workouts/"+out.Workouts[0].ID+"/file", nil); a.Status != 200 || !bytes.Equal(a.Body, aRun()) {
				t.Errorf("file: %d", a.Status)
			}
			if again := taken(t, r, who, aFile("a.gpx", aRun())); !again.Workouts[0].Duplicate {
				t.Errorf("again: %+v", again)
			}
			if a := r.Call(who, "DELETE", "/v1/workouts/"+out.Workouts[0].ID, nil); a.Status != 204 {
				t.Errorf("delete: %d", a.Status)
			}
			if left := list(t, store); len(left) != 0 {
				t.Errorf("objects left: %v", left)
			}
		})
	}
}

func openWith(e function.Env, s objects.Store) (*function.Function, error) {
	return open(e, Config{Decoders: 2, Quota: testQuota}, s)
}

func opened(t testing.TB, url string, driver objects.Driver) objects.Store {
	t.Helper()
	s, err := objects.Open(url, driver)
	if err != nil {
		t.Fatal(err)
	}
	return s // the function closes it
}
