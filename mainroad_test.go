package paceline

import (
	"bytes"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"paceline/functions/upload/fit/fittest"
	"paceline/functions/upload/gpx/gpxtest"
	"paceline/functions/upload/tcx/tcxtest"
	"paceline/shared/broker"
	"paceline/shared/objects/objectstest"
	"paceline/shared/smtptest"
)

var monday = time.Date(2026, 5, 4, 6, 30, 0, 0, time.UTC)

// walk goes the main road and returns what can be seen at its end.
func walk(r *running) []string {
	r.t.Helper()
	anna, ben := r.join("Anna"), r.join("Ben")
	r.soon("Anna's profile", func() bool { return r.json(ben.token, "GET", "/v1/users/"+anna.id, nil).status == 200 })
	ben.want(202, "PUT", "/v1/users/"+anna.id+"/follow", nil, nil)
	anna.want(204, "PUT", "/v1/me/follow-requests/"+ben.id, nil, nil)

	first := fittest.Run(monday, 600)
	run := anna.upload("run.fit", first, map[string]string{"name": "Easy run"})
	r.settled() // the mail of the day about Anna's workouts is about this one
	anna.upload("ride.tcx", tcxtest.Run(monday.Add(24*time.Hour), 300), map[string]string{"name": "Second", "visibility": "everyone"})
	anna.upload("secret.gpx", gpxtest.Run(monday.Add(48*time.Hour), 300), map[string]string{"name": "Secret", "visibility": "private"})
	gone := anna.upload("gone.gpx", gpxtest.Run(monday.Add(72*time.Hour), 200), map[string]string{"name": "Gone"})
	anna.want(204, "DELETE", "/v1/workouts/"+gone.Workouts[0].ID, nil, nil)
	hidden := anna.upload("hidden.gpx", gpxtest.Run(monday.Add(96*time.Hour), 200), map[string]string{"name": "Hidden"})
	anna.want(200, "PATCH", "/v1/workouts/"+hidden.Workouts[0].ID, map[string]any{"visibility": "private"}, nil)

	a := r.do(anna.token, "GET", "/v1/workouts/"+run.Workouts[0].ID+"/file", nil, "")
	if a.status != 200 || !bytes.Equal(a.body, first) {
		r.t.Errorf("the original came back as %d bytes with %d", len(a.body), a.status)
	}
	if again := anna.upload("other name.fit", first, nil); !again.Workouts[0].Duplicate || again.Workouts[0].ID != run.Workouts[0].ID {
		r.t.Errorf("the same bytes again: %+v", again)
	}
	if other := ben.upload("run.fit", first, map[string]string{"name": "Also Ben's", "visibility": "private"}); other.Workouts[0].Duplicate {
		r.t.Errorf("the same bytes by another person: %+v", other)
	}
	r.settled()
	var week struct{ Buckets []struct{ Workouts int } }
	anna.want(200, "GET", "/v1/stats/summary?by=month", nil, &week)
	seen := []string{
		"anna's feed: " + anna.feed(), "ben's feed: " + ben.feed(),
		"anna: " + anna.notifications(), "ben: " + ben.notifications(), fmt.Sprint("workouts this month: ", week.Buckets),
	}
	for _, p := range []*person{anna, ben} {
		seen = append(seen, "mail to "+p.email+": "+strings.Join(slices.Sorted(maps.Keys(r.mails(p.email))), " | "))
	}
	return seen
}

// settled waits until no event is on its way.
func (r *running) settled() {
	r.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	if err := r.broker.Idle(ctx); err != nil {
		r.t.Fatalf("events are still on their way: %v, %+v", err, r.broker.Stats())
	}
}

func TestTheMainRoad(t *testing.T) {
	t.Parallel()
	seen := walk(start(t, t.TempDir(), nil))
	want := []string{
		"anna's feed: Anna: Hidden 597 m (private); Anna: Secret 897 m (private); Anna: Second 900 m (everyone); Anna: Easy run 1797 m (followers)",
		"ben's feed: Ben: Also Ben's 1797 m (private); Anna: Second 900 m (everyone); Anna: Easy run 1797 m (followers)",
		"anna: 6 unread: “Hidden” is ready: 0.60 km, 0:03:19. “Gone” is ready: 0.60 km, 0:03:19. “Secret” is ready: 0.90 km, 0:04:59. " +
			"“Second” is ready: 0.90 km, 0:04:59. “Easy run” is ready: 1.80 km, 0:09:59. Ben asks to follow you.",
		"ben: 2 unread: “Also Ben's” is ready: 1.80 km, 0:09:59. Anna lets you follow.",
		"workouts this month: [{4}]",
		"mail to anna@example.com: Ben asks to follow you | Confirm your mail address | Your workout is ready: Easy run | " +
			"Your workout is ready: Gone | Your workout is ready: Hidden | Your workout is ready: Second | Your workout is ready: Secret",
		"mail to ben@example.com: Anna accepted your request | Anna: Easy run | Confirm your mail address | Your workout is ready: Also Ben's",
	}
	for i := range want {
		if seen[i] != want[i] {
			t.Errorf("got  %s\nwant %s", seen[i], want[i])
		}
	}
}

func TestTwiceAndShuffledIsTheSame(t *testing.T) {
	t.Parallel()
	calm := walk(start(t, t.TempDir(), nil))
	wild := walk(start(t, t.TempDir(), nil, func(p *Platform) { p.chaos = &broker.Chaos{Window: 20, Seed: 1} }))
	for i := range calm {
		if calm[i] != wild[i] {
			t.Errorf("in order and once:\n%s\ntwice and shuffled:\n%s", calm[i], wild[i])
		}
	}
}

func TestTheMainRoadOnS3(t *testing.T) {
	s := objectstest.S3(t)
	for _, kv := range s.Env() {
		k, v, _ := strings.Cut(kv, "=")
		t.Setenv(k, v)
	}
	walk(start(t, t.TempDir(), map[string]string{"OBJECTS_URL": s.URL}))
}

func TestTheMainRoadOnGCS(t *testing.T) {
	t.Parallel()
	walk(start(t, t.TempDir(), map[string]string{"OBJECTS_URL": objectstest.GCS(t).URL}))
}

func TestMailsGoOutBySMTP(t *testing.T) {
	t.Parallel()
	s := smtptest.New(t)
	r := start(t, t.TempDir(), map[string]string{"SMTP_URL": s.URL()})
	p := &person{r: r, email: "anna@example.com"}
	p.want(201, "POST", "/v1/auth/register", map[string]any{"email": p.email, "password": testPassword, "display_name": "Анна", "locale": "ru"}, nil)
	r.soon("the mail", func() bool { return len(s.Messages()) == 1 })
	if m := s.Messages()[0]; !strings.Contains(m.Text, "/verify?token=") || m.To[0] != p.email {
		t.Errorf("mail to %v: %s", m.To, m.Text)
	}
}

func TestARestartGoesOnWhereItStopped(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	first := start(t, dir, nil)
	anna := first.join("Anna")
	anna.upload("run.fit", fittest.Run(monday, 600), map[string]string{"name": "Before"})
	for i := range 5 {
		if a := anna.send("x.gpx", gpxtest.Run(monday.Add(time.Duration(i)*time.Hour), 100), map[string]string{"name": fmt.Sprint("Late ", i)}); a.status != 202 {
			t.Fatalf("upload: %d %s", a.status, a.body)
		}
	}
	first.stop() // with events still on their way
	second := start(t, dir, nil)
	anna.r = second
	anna.signIn()
	second.soon("all workouts", func() bool {
		var list struct{ Items []struct{ State string } }
		anna.want(200, "GET", "/v1/workouts", nil, &list)
		ready := 0
		for _, w := range list.Items {
			if w.State == "ready" {
				ready++
			}
		}
		return ready == 6
	})
}

func TestBadUploadsAreRefusedWithACode(t *testing.T) {
	t.Parallel()
	r := start(t, t.TempDir(), nil)
	anna := r.join("Anna")
	good := fittest.Run(monday, 60)
	tests := []struct {
		name    string
		content []byte
		status  int
		code    string
	}{
		{"a picture", []byte("\x89PNG\r\n\x1a\n0000"), 415, "unsupported_format"},
		{"nothing", nil, 422, ""},
		{"cut off", good[:len(good)/2], 422, ""},
		{"a document type", []byte("<?xml version=\"1.0\"?><!DOCTYPE gpx [<!ENTITY a \"b\">]><gpx></gpx>"), 422, "xml_doctype"},
		{"no activity", []byte(`<gpx version="1.1" creator="x"></gpx>`), 422, ""},
		{"deep nesting", append([]byte(`<gpx version="1.1">`), bytes.Repeat([]byte("<a>"), 100_000)...), 422, "xml_depth"},
	}
	for _, tt := range tests {
		a := anna.send("run.fit", tt.content, nil)
		if a.status != tt.status || a.code() == "" || (tt.code != "" && a.code() != tt.code) {
			t.Errorf("%s: %d %s, want %d %s", tt.name, a.status, a.body, tt.status, tt.code)
		}
	}
	var list struct{ Items []any }
	anna.want(200, "GET", "/v1/workouts", nil, &list)
	if len(list.Items) != 0 {
		t.Errorf("refused files left %d workouts", len(list.Items))
	}
}

func TestADamagedFileThatIsWholeIsTakenWithAWarning(t *testing.T) {
	t.Parallel()
	anna := start(t, t.TempDir(), nil).join("Anna")
	damaged := fittest.Run(monday, 60)
	damaged[len(damaged)-1] ^= 0xff // the checksum itself
	taken := anna.upload("run.fit", damaged, nil)
	var upload struct{ Warnings []string }
	anna.want(200, "GET", "/v1/uploads/"+taken.UploadID, nil, &upload)
	if !slices.Contains(upload.Warnings, "crc_mismatch") {
		t.Errorf("warnings %v", upload.Warnings)
	}
}
