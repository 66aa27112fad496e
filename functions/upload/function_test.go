package upload

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strings"
	"testing"
	"time"

	"paceline/events"
	"paceline/functions/upload/fit/fittest"
	"paceline/functions/upload/gpx/gpxtest"
	"paceline/functions/upload/tcx/tcxtest"
	"paceline/shared/api"
	"paceline/shared/function/functiontest"
	"paceline/shared/track"
)

func TestAFileBecomesAWorkout(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	for _, test := range []struct {
		name, fileName, format, contentType string
		content                             []byte
		title, sport, started, zone         string
	}{
		{"a FIT file", "a.fit", "fit", "application/vnd.ant.fit", fittest.Run(morning, 90), "Morning run", "running", "2026-05-01T07:12:03+02:00", "Europe/Berlin"},
		{"a GPX file", "b.gpx", "gpx", "application/gpx+xml", aRun(), "Test run", "running", "2026-05-01T07:12:03+02:00", "Europe/Zurich"},
		{"a TCX file", "c.tcx", "tcx", "application/vnd.garmin.tcx+xml", tcxtest.Run(morning, 90), "", "running", "2026-05-01T07:12:03+02:00", "Europe/Zurich"},
		{"a packed GPX file", "d.gpx.gz", "gpx", "application/gzip", gz(gpxtest.Run(morning, 70)), "Test run", "running", "2026-05-01T07:12:03+02:00", "Europe/Zurich"},
		{"a FIT file that says it is a picture", "e.png", "fit", "application/vnd.ant.fit", fittest.Ride(morning, 80), "Morning ride", "cycling", "", ""},
		{"an indoor workout has no place", "f.fit", "fit", "application/vnd.ant.fit", fittest.Strength(morning, 80), "Morning workout", "training", "", ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			who := person()
			out := taken(t, r.Rig, who, aFile(test.fileName, test.content))
			if len(out.Workouts) != 1 || out.Workouts[0].State != "processing" || out.Workouts[0].Duplicate {
				t.Fatalf("answer %+v", out)
			}
			id := out.Workouts[0].ID
			w := patched(t, r.Rig, who, id)
			sum := sha256.Sum256(test.content)
			if w.Source.Format != test.format || w.Source.SHA256 != hex.EncodeToString(sum[:]) || w.Source.SizeBytes != int64(len(test.content)) || w.Source.FileName != test.fileName {
				t.Errorf("source %+v", w.Source)
			}
			if (test.title != "" && w.Name != test.title) || w.Sport != test.sport || w.Visibility != "followers" || w.UserID != who.ID {
				t.Errorf("workout %+v", w)
			}
			if test.started != "" && (w.StartedAt.Format(time.RFC3339) != test.started || w.TimeZone != test.zone) {
				t.Errorf("started %s in %s, want %s in %s", w.StartedAt.Format(time.RFC3339), w.TimeZone, test.started, test.zone)
			}
			got := r.Call(who, "GET", "/v1/workouts/"+id+"/file", nil)
			if got.Status != 200 || !bytes.Equal(got.Body, test.content) || got.Header.Get("Content-Type") != test.contentType {
				t.Errorf("file: %d, %d bytes of %s", got.Status, len(got.Body), got.Header.Get("Content-Type"))
			}
			checkTrack(t, r, who, id, test.format)
		})
	}
}

// checkTrack checks the stored track and the event that points to it.
func checkTrack(t *testing.T, r rig, who functiontest.Person, id, format string) {
	t.Helper()
	i := slices.IndexFunc(functiontest.SentOf[events.WorkoutUploaded](r.Rig), func(e events.WorkoutUploaded) bool { return e.WorkoutID == id })
	if i < 0 {
		t.Fatal("nobody was told of the workout")
	}
	e := functiontest.SentOf[events.WorkoutUploaded](r.Rig)[i]
	got, err := track.Decode(r.opened(t, e.UserID, e.TrackKey))
	if err != nil || got.Format != format || !got.StartedAt.Equal(e.StartedAt) {
		t.Errorf("track %+v, %v", got, err)
	}
	if e.TrackKey != "track/"+who.ID+"/"+id || e.UserID != who.ID || e.Version != 1 || e.UploadID == "" {
		t.Errorf("event %+v", e)
	}
}

func TestWhatThePersonSaysWins(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	who := person()
	out := taken(t, r.Rig, who, part{"name", "", "  Rund um den Mu\u0308ggelsee "}, part{"description", "", "one\r\ntwo"},
		part{"sport", "", "hiking"}, part{"visibility", "", "private"}, aFile(`C:\tracks\..\x.gpx`, aRun()))
	e := functiontest.SentOf[events.WorkoutUploaded](r.Rig)[0]
	if e.Name != "Rund um den Müggelsee" || e.Description != "one\ntwo" || e.Sport != "hiking" || e.Visibility != events.Private || e.Source.FileName != "x.gpx" {
		t.Errorf("event %+v", e)
	}
	got := r.Call(who, "GET", "/v1/workouts/"+out.Workouts[0].ID+"/file", nil)
	if d := got.Header.Get("Content-Disposition"); d != "attachment; filename=x.gpx" {
		t.Errorf("Content-Disposition %q", d)
	}
}

func TestAFileOfSeveralWorkoutsSharesItsOriginal(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	who := person()
	race := fittest.Triathlon(morning)
	out := taken(t, r.Rig, who, aFile("race.fit", race))
	n := len(out.Workouts)
	if n < 3 {
		t.Fatalf("%d workouts", n)
	}
	raw := 0
	for _, key := range r.objects(t) {
		if strings.HasPrefix(key, "raw/") {
			raw++
		}
	}
	if raw != 1 || len(r.objects(t)) != n+1 {
		t.Errorf("objects %v", r.objects(t))
	}
	// The first goes; the original stays for the others.
	if a := r.Call(who, "DELETE", "/v1/workouts/"+out.Workouts[0].ID, nil); a.Status != 204 {
		t.Fatal(a.Status)
	}
	if a := r.Call(who, "GET", "/v1/workouts/"+out.Workouts[1].ID+"/file", nil); !bytes.Equal(a.Body, race) {
		t.Errorf("the original is not there any more: %d", a.Status)
	}
	// The same file, packed this time, brings the first back as a new one and
	// leaves the others and the original.
	again := taken(t, r.Rig, who, aFile("race.fit.gz", gz(race)))
	if again.UploadID != out.UploadID || len(again.Workouts) != n || again.Workouts[0].Duplicate || again.Workouts[0].ID == out.Workouts[0].ID {
		t.Errorf("again %+v", again)
	}
	for i := 1; i < n; i++ {
		if w := again.Workouts[i]; !w.Duplicate || w.ID != out.Workouts[i].ID {
			t.Errorf("workout %d: %+v", i, w)
		}
	}
	for _, w := range again.Workouts {
		if a := r.Call(who, "GET", "/v1/workouts/"+w.ID+"/file", nil); !bytes.Equal(a.Body, race) {
			t.Errorf("file of %s: %d", w.ID, a.Status)
		}
		if a := r.Call(who, "DELETE", "/v1/workouts/"+w.ID, nil); a.Status != 204 {
			t.Errorf("delete of %s: %d", w.ID, a.Status)
		}
	}
	if left := r.objects(t); len(left) != 0 {
		t.Errorf("objects left: %v", left)
	}
	if a := r.Call(who, "GET", "/v1/uploads/"+out.UploadID, nil); a.Status != 404 || a.Code() != "upload_not_found" {
		t.Errorf("upload without workouts: %d %s", a.Status, a.Code())
	}
}

func TestAnEntryByHand(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	who := person()
	in := map[string]any{"sport": "running", "started_at": "2026-05-03T19:30:00+02:00", "elapsed_time_s": 3600, "moving_time_s": 3500, "distance_m": 10000, "avg_heart_rate_bpm": 150}
	out := accepted(t, r.Call(who, "POST", "/v1/workouts", in))
	e := functiontest.SentOf[events.WorkoutUploaded](r.Rig)[0]
	if e.Name != "Evening run" || e.Source != (events.Origin{Format: "manual"}) || e.TimeZone != "UTC+02:00" || e.StartedAt.Format(time.RFC3339) != in["started_at"] {
		t.Errorf("event %+v", e)
	}
	got, err := track.Decode(r.opened(t, e.UserID, e.TrackKey))
	if err != nil || got.Format != "manual" || got.Samples.Len() != 0 || *got.Session.DistanceM != 10000 || *got.Session.ElapsedS != 3600 || *got.Session.MovingS != 3500 {
		t.Errorf("track %+v, %v", got, err)
	}
	if a := r.Call(who, "GET", "/v1/workouts/"+out.Workouts[0].ID+"/file", nil); a.Status != 404 || a.Code() != "no_file" {
		t.Errorf("file: %d %s", a.Status, a.Code())
	}
	if again := accepted(t, r.Call(who, "POST", "/v1/workouts", in)); ids(again) != ids(out) || !again.Workouts[0].Duplicate {
		t.Errorf("again: %+v", again)
	}
}

func TestUploadStates(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	who := person()
	out := taken(t, r.Rig, who, aFile("race.fit", fittest.Triathlon(morning)))
	get := func() (u api.Upload) {
		t.Helper()
		a := r.Call(who, "GET", "/v1/uploads/"+out.UploadID, nil)
		if a.Status != 200 {
			t.Fatalf("%d %s", a.Status, a.Body)
		}
		a.JSON(t, &u)
		return u
	}
	processed := func(i int) events.WorkoutProcessed {
		return events.WorkoutProcessed{Workout: events.Workout{WorkoutID: out.Workouts[i].ID, UserID: who.ID, Version: 1}, UploadID: out.UploadID}
	}
	failed := func(i int) events.WorkoutFailed {
		return events.WorkoutFailed{WorkoutID: out.Workouts[i].ID, UserID: who.ID, UploadID: out.UploadID, Code: "no_samples", Detail: "there is nothing to compute"}
	}
	for i := range out.Workouts {
		if u := get(); u.State != "processing" || u.Workouts[i].State != "processing" {
			t.Errorf("before the event of %d: %+v", i, u)
		}
		for range 2 { // a redelivery
			if status := r.Redeliver("processed "+out.Workouts[i].ID, processed(i)); status != 202 {
				t.Fatal(status)
			}
		}
	}
	if u := get(); u.State != "ready" || len(u.Errors) != 0 || len(u.Workouts) != len(out.Workouts) {
		t.Errorf("after all events: %+v", u)
	}
	// A failure that comes late does not take the figures away.
	r.Deliver(failed(0))
	if u := get(); u.State != "ready" {
		t.Errorf("after a late failure: %+v", u)
	}
	r.Deliver(events.WorkoutProcessed{Workout: events.Workout{WorkoutID: "01JTWKZ5R8Q3V7N2M4X6Y9A0BC", UserID: who.ID}}) // of no workout
	another := taken(t, r.Rig, who, aFile("run.gpx", aRun()))
	out = another
	r.Deliver(failed(0))
	if u := get(); u.State != "failed" || u.Workouts[0].State != "failed" || len(u.Errors) != 1 || u.Errors[0].Code != "no_samples" {
		t.Errorf("failed: %+v", u)
	}
	r.Deliver(processed(0))
	if u := get(); u.State != "ready" || len(u.Errors) != 0 {
		t.Errorf("computed after all: %+v", u)
	}
}
