package stats_test

import (
	"bytes"
	"context"
	"fmt"
	"math"
	"net/url"
	"testing"
	"time"

	"paceline/events"
	"paceline/functions/stats"
	"paceline/shared/api"
	"paceline/shared/function/functiontest"
	"paceline/shared/objects"
	"paceline/shared/objects/all"
	"paceline/shared/track"
)

const (
	anna = "01ANNA"
	ben  = "01BEN"
)

type rig struct {
	*functiontest.Rig
	objects objects.Store
}

func open(t testing.TB) *rig {
	t.Helper()
	address := "file://" + t.TempDir()
	kept, err := all.Open(address)
	if err != nil {
		t.Fatal(err)
	}
	return &rig{functiontest.New(t, "stats", stats.Open, map[string]string{"OBJECTS_URL": address}), kept}
}

func (r *rig) deliver(p events.Payload) {
	r.T.Helper()
	if status := r.Deliver(p); status/100 != 2 {
		r.T.Fatalf("%s: %d", p.EventType(), status)
	}
}

func (r *rig) get(who, path string, status int) functiontest.Answer {
	r.T.Helper()
	a := r.Call(functiontest.Person{ID: who}, "GET", path, nil)
	if a.Status != status {
		r.T.Fatalf("GET %s as %s: %d %s, want %d", path, who, a.Status, a.Body, status)
	}
	return a
}

// run is a straight run north at 3 m/s, one sample a second.
func run(start time.Time, seconds int) *track.Track {
	t := &track.Track{Format: "gpx", Sport: "running", StartedAt: start.UTC()}
	for i := range seconds + 1 {
		t.Samples.TimeMS = append(t.Samples.TimeMS, int64(i)*1000)
		t.Samples.Lat = append(t.Samples.Lat, 52+float64(i)*3/111_267)
		t.Samples.Lng = append(t.Samples.Lng, 13)
		t.Samples.HeartRateBPM = append(t.Samples.HeartRateBPM, 150)
	}
	return t
}

// upload stores a track and delivers its event, as the upload function would.
func (r *rig) upload(id string, w events.Workout, tr *track.Track) {
	r.T.Helper()
	r.deliver(events.WorkoutUploaded{Workout: w, UploadID: "01UP" + id, TrackKey: r.store(id, tr)})
}

// store stores a track and answers with its key.
func (r *rig) store(id string, tr *track.Track) string {
	r.T.Helper()
	b, err := track.Encode(tr)
	if err != nil {
		r.T.Fatal(err)
	}
	key := "track/" + anna + "/" + id
	r.Know(anna)
	if b, err = r.Keys().SealFile(context.Background(), anna, key, b); err != nil {
		r.T.Fatal(err)
	}
	if _, err := r.objects.Put(context.Background(), key, bytes.NewReader(b), objects.Options{}); err != nil {
		r.T.Fatal(err)
	}
	return key
}

func workout(id string, start time.Time, v events.Visibility) events.Workout {
	return events.Workout{WorkoutID: id, UserID: anna, Version: 1, Name: "Run " + id, Sport: "running", StartedAt: start, TimeZone: "Europe/Berlin", Visibility: v, CreatedAt: functiontest.Start}
}

var berlin = time.FixedZone("", 2*3600)

func (r *rig) summary(query string) string {
	r.T.Helper()
	var s api.Summary
	r.get(anna, "/v1/stats/summary?"+query, 200).JSON(r.T, &s)
	text := ""
	for _, b := range s.Buckets {
		text += fmt.Sprintf("%s–%s %s%d %.0fm ", b.Start, b.End, b.Sport, b.Workouts, b.DistanceM)
	}
	return text
}

func TestAWorkoutIsComputedAndTold(t *testing.T) {
	t.Parallel()
	r := open(t)
	start := time.Date(2026, 5, 1, 7, 12, 3, 0, berlin)
	r.upload("01A", workout("01A", start, events.Followers), run(start, 1000))
	var w api.Workout
	a := r.get(anna, "/v1/workouts/01A", 200)
	a.JSON(t, &w)
	if w.State != api.WorkoutStateReady || math.Abs(*w.Stats.DistanceM-3000) > 30 || *w.Stats.ElapsedTimeS != 1000 || *w.Stats.AvgHeartRateBPM != 150 || w.Stats.Points != 1001 {
		t.Errorf("workout %+v stats %+v", w, w.Stats)
	}
	if w.Stats.AvgPowerW != nil || w.Stats.ElevationGainM != nil {
		t.Error("figures that the track does not support are there")
	}
	if a.Header.Get("ETag") != `"1"` || w.StartedAt.Format(time.RFC3339) != "2026-05-01T07:12:03+02:00" {
		t.Errorf("ETag %s, start %s", a.Header.Get("ETag"), w.StartedAt)
	}
	sent := functiontest.SentOf[events.WorkoutProcessed](r.Rig)
	if len(sent) != 1 || sent[0].UploadID != "01UP01A" || *sent[0].Stats.DistanceM != *w.Stats.DistanceM {
		t.Errorf("sent %+v", sent)
	}
	var streams api.Streams
	r.get(anna, "/v1/workouts/01A/streams?keys=heart_rate_bpm,distance_m", 200).JSON(t, &streams)
	if len(streams.TimeS) != 1001 || len(streams.HeartRateBPM) != 1001 || len(streams.DistanceM) != 1001 || streams.Lat != nil {
		t.Errorf("streams: %d %d %d %d", len(streams.TimeS), len(streams.HeartRateBPM), len(streams.DistanceM), len(streams.Lat))
	}
	var splits api.SplitList
	r.get(anna, "/v1/workouts/01A/splits", 200).JSON(t, &splits)
	if len(splits.Items) < 3 || math.Abs(splits.Items[0].ElapsedTimeS-333.3) > 5 {
		t.Errorf("splits: %+v", splits)
	}
	r.get(anna, "/v1/workouts/01A/laps", 200)
	for _, bad := range []string{"/streams?keys=moon", "/splits?unit=furlong"} {
		r.get(anna, "/v1/workouts/01A"+bad, 422)
	}
}

func TestWhoSeesAWorkout(t *testing.T) {
	t.Parallel()
	r := open(t)
	start := functiontest.Start
	for id, v := range map[string]events.Visibility{"01P": events.Private, "01F": events.Followers, "01E": events.Everyone} {
		r.upload(id, workout(id, start, v), run(start, 100))
	}
	sees := func(who string) string {
		text := ""
		for _, id := range []string{"01P", "01F", "01E"} {
			one := r.Call(functiontest.Person{ID: who}, "GET", "/v1/workouts/"+id, nil)
			streams := r.Call(functiontest.Person{ID: who}, "GET", "/v1/workouts/"+id+"/streams", nil)
			if one.Status != streams.Status {
				t.Errorf("%s: workout %d, streams %d", id, one.Status, streams.Status)
			}
			if one.Status == 200 {
				text += id
			} else if one.Status != 404 || one.Code() != "workout_not_found" {
				t.Errorf("%s to %s: %d %s", id, who, one.Status, one.Body)
			}
		}
		var list api.WorkoutList
		r.get(who, "/v1/workouts?user_id="+anna, 200).JSON(t, &list)
		return fmt.Sprint(text, " ", len(list.Items))
	}
	check := func(who, want string) {
		t.Helper()
		if got := sees(who); got != want {
			t.Errorf("%s sees %q, want %q", who, got, want)
		}
	}
	follow := events.Follow{FollowerID: ben, FolloweeID: anna, Version: 1}
	check(anna, "01P01F01E 3")
	check(ben, "01E 1")
	r.deliver(events.Followed{Follow: follow})
	check(ben, "01F01E 2")
	follow.Version = 2
	r.deliver(events.Unfollowed{Follow: follow})
	check(ben, "01E 1")
	r.get(anna, "/v1/workouts/01NONE", 404)
}

func TestSumsFollowEveryChange(t *testing.T) {
	t.Parallel()
	r := open(t)
	sunday := time.Date(2026, 5, 3, 23, 30, 0, 0, berlin) // Monday in UTC+3, Sunday at home
	monday := time.Date(2026, 5, 4, 0, 30, 0, 0, berlin)  // still Sunday in UTC
	a, b := workout("01A", sunday, events.Private), workout("01B", monday, events.Private)
	r.upload("01A", a, run(sunday, 1000))
	r.upload("01B", b, run(monday, 500))
	weeks := r.summary("by=week")
	if weeks != "2026-04-27–2026-05-04 1 3000m 2026-05-04–2026-05-11 1 1500m " {
		t.Errorf("weeks %q", weeks)
	}
	if utc := r.summary("by=week&time_zone=UTC"); utc != "2026-04-27–2026-05-04 2 4500m " {
		t.Errorf("weeks in UTC %q", utc)
	}
	if may := r.summary("by=month&from=2026-05-04&to=2026-05-31"); may != "2026-05-01–2026-06-01 1 1500m " {
		t.Errorf("from 4 May on %q", may)
	}
	r.upload("01A", a, run(sunday, 1000)) // delivered again as another event
	if again := r.summary("by=week"); again != weeks {
		t.Errorf("after a repeat %q", again)
	}
	a.Version, a.Sport = 2, "hiking"
	r.deliver(events.WorkoutUpdated{Workout: a})
	if running := r.summary("by=year&sport=running"); running != "2026-01-01–2027-01-01 running1 1500m " {
		t.Errorf("running %q", running)
	}
	if n := len(functiontest.SentOf[events.WorkoutProcessed](r.Rig)); n < 3 {
		t.Errorf("another sport was not computed again: %d", n)
	}
	r.deliver(events.WorkoutDeleted{WorkoutID: "01A", UserID: anna, Version: 3})
	if left := r.summary("by=year"); left != "2026-01-01–2027-01-01 1 1500m " {
		t.Errorf("after the deletion %q", left)
	}
	r.upload("01A", a, run(sunday, 1000)) // late
	if left := r.summary("by=year"); left != "2026-01-01–2027-01-01 1 1500m " {
		t.Errorf("a late event revived the workout: %q", left)
	}
	r.get(anna, "/v1/workouts/01A", 404)
}

func TestListsFilterAndPage(t *testing.T) {
	t.Parallel()
	r := open(t)
	for i := range 9 {
		start := time.Date(2026, 5, 1+i, 6, 0, 0, 0, berlin)
		w := workout(fmt.Sprintf("01W%d", i), start, events.Private)
		if i%2 == 1 {
			w.Sport = "cycling"
		}
		r.upload(w.WorkoutID, w, run(start, 60))
	}
	list := func(query string) string {
		text := ""
		for cursor := ""; ; {
			var page api.WorkoutList
			r.get(anna, "/v1/workouts?limit=2&"+query+"&cursor="+url.QueryEscape(cursor), 200).JSON(t, &page)
			for _, w := range page.Items {
				text += w.ID[3:]
			}
			if cursor = page.NextCursor; cursor == "" {
				return text
			}
		}
	}
	for query, want := range map[string]string{
		"": "876543210", "sport=cycling": "7531", "from=2026-05-04&to=2026-05-06": "543",
		"from=2026-05-04T06:00:00%2B02:00&to=2026-05-06T06:00:00%2B02:00": "43", "from=2027-01-01": "", "user_id=" + ben: "",
	} {
		if got := list(query); got != want {
			t.Errorf("%s: %q, want %q", query, got, want)
		}
	}
	for _, bad := range []string{"from=yesterday", "from=2026-05-04&to=2026-05-01", "limit=1000"} {
		r.get(anna, "/v1/workouts?"+bad, 422)
	}
	r.get(anna, "/v1/stats/summary?by=decade", 422)
	r.get(anna, "/v1/stats/summary?time_zone=Mars/Olympus", 422)
}

func TestTrainingSettingsOfTheDayCount(t *testing.T) {
	t.Parallel()
	r := open(t)
	ftp := func(v float64) *float64 { return &v }
	r.deliver(events.AthleteSettingsChanged{UserID: anna, Version: 2, Entries: []events.AthleteSettings{
		{ValidFrom: "2026-01-01", FTPW: ftp(200)}, {ValidFrom: "2026-06-01", FTPW: ftp(250)},
	}})
	r.deliver(events.AthleteSettingsChanged{UserID: anna, Version: 1}) // late
	for day, want := range map[string]float64{"2026-05-31": 1, "2026-06-01": 0.8} {
		start, _ := time.Parse(time.DateOnly, day)
		ride := run(start, 3600)
		ride.Sport = "cycling"
		for range ride.Samples.TimeMS {
			ride.Samples.PowerW = append(ride.Samples.PowerW, 200)
		}
		w := workout("01"+day, start, events.Private)
		w.Sport = "cycling"
		r.upload(w.WorkoutID, w, ride)
		var got api.Workout
		r.get(anna, "/v1/workouts/"+w.WorkoutID, 200).JSON(t, &got)
		if got.Stats.Intensity == nil || math.Abs(*got.Stats.Intensity-want) > 0.01 {
			t.Errorf("%s: intensity %v, want %v", day, got.Stats.Intensity, want)
		}
	}
}

func TestATrackThatCannotBeReadIsSaidSo(t *testing.T) {
	t.Parallel()
	r := open(t)
	if _, err := r.objects.Put(context.Background(), "track/bad", bytes.NewReader([]byte("not a track")), objects.Options{}); err != nil {
		t.Fatal(err)
	}
	r.deliver(events.WorkoutUploaded{Workout: workout("01A", functiontest.Start, events.Private), UploadID: "01U", TrackKey: "track/bad"})
	failed := functiontest.SentOf[events.WorkoutFailed](r.Rig)
	if len(failed) != 1 || failed[0].Code != "track_unreadable" {
		t.Errorf("sent %+v", failed)
	}
	if a := r.get(anna, "/v1/workouts/01A/streams", 409); a.Code() != "workout_failed" {
		t.Errorf("code %s", a.Code())
	}
	missing := events.WorkoutUploaded{Workout: workout("01B", functiontest.Start, events.Private), UploadID: "01U", TrackKey: "track/none"}
	if status := r.Deliver(missing); status != 500 {
		t.Errorf("a track that is not there yet: %d, want an answer that is retried", status)
	}
}

func TestAnotherTrackIsComputedAgain(t *testing.T) {
	t.Parallel()
	r := open(t)
	start := time.Date(2026, 5, 3, 7, 0, 0, 0, berlin)
	w := workout("01A", start, events.Private)
	r.upload("01A", w, run(start, 1000))
	cropped := w
	cropped.Version, cropped.StartedAt = 2, start.Add(20*time.Hour)
	cropped.Track = r.store("01A.2", run(cropped.StartedAt, 500))
	r.deliver(events.WorkoutUpdated{Workout: cropped})
	var found api.Workout
	r.get(anna, "/v1/workouts/01A", 200).JSON(t, &found)
	if math.Abs(*found.Stats.DistanceM-1500) > 5 || !found.StartedAt.Equal(cropped.StartedAt) {
		t.Errorf("cropped: %v m from %v", *found.Stats.DistanceM, found.StartedAt)
	}
	if days := r.summary("by=day"); days != "2026-05-04–2026-05-05 1 1500m " {
		t.Errorf("days %q", days)
	}
	var s api.Streams
	r.get(anna, "/v1/workouts/01A/streams", 200).JSON(t, &s)
	if n := len(s.TimeS); n != 501 {
		t.Errorf("%d samples", n)
	}
	r.upload("01A", w, run(start, 1000)) // late
	r.get(anna, "/v1/workouts/01A", 200).JSON(t, &found)
	if math.Abs(*found.Stats.DistanceM-1500) > 5 {
		t.Errorf("a late event brought the first track back: %v m", *found.Stats.DistanceM)
	}
	back := w
	back.Version = 3
	r.deliver(events.WorkoutUpdated{Workout: back})
	if days := r.summary("by=day"); days != "2026-05-03–2026-05-04 1 3000m " {
		t.Errorf("undone: %q", days)
	}
}
