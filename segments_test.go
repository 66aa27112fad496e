package paceline

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"paceline/functions/upload/gpx/gpxtest"
	"paceline/shared/broker"
)

// paced is a file of a run to the north from the lake shore at so many m/s.
func paced(start time.Time, seconds int, mps float64) []byte {
	points := gpxtest.Points(start, seconds)
	for i := range points {
		points[i].Lat = 47.5 + float64(i)*mps/111_195
	}
	return gpxtest.File(gpxtest.Track{Name: "Run", Type: "running", Segments: [][]gpxtest.Point{points}})
}

// From a stretch of a run to the mail to who lost the first place on it, in
// whatever order events come.
func TestTheRoadOfASegment(t *testing.T) {
	t.Parallel()
	for name, chaos := range map[string]*broker.Chaos{"in order": nil, "twice and shuffled": {Seed: 5, Window: 20}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			rideSegment(t, chaos)
		})
	}
}

func rideSegment(t *testing.T, chaos *broker.Chaos) {
	t.Helper()
	c := newClock()
	r := start(t, t.TempDir(), nil, func(p *Platform) { p.now, p.chaos = c.now, chaos })
	anna, ben, cid := r.join("Anna"), r.join("Ben"), r.join("Cid")
	open := map[string]string{"visibility": "everyone"}
	before := c.now().Add(-5 * time.Hour).Truncate(time.Second)
	cid.upload("early.gpx", paced(before, 700, 2.5), open)
	run := anna.upload("run.gpx", paced(before, 700, 3), open)
	var made struct{ ID string }
	anna.want(201, "POST", "/v1/segments", map[string]any{"workout_id": run.Workouts[0].ID, "name": "Lake shore", "from_m": 200, "to_m": 1200}, &made)
	board := func(p *person) string {
		var b struct {
			Items []struct {
				Rank     int
				UserID   string  `json:"user_id"`
				ElapsedS float64 `json:"elapsed_time_s"`
			}
			Own struct{ Rank int }
		}
		p.want(200, "GET", "/v1/segments/"+made.ID+"/leaderboard", nil, &b)
		names := map[string]string{anna.id: "Anna", ben.id: "Ben", cid.id: "Cid"}
		var rows []string
		for _, row := range b.Items {
			rows = append(rows, fmt.Sprintf("%d %s %.0f", row.Rank, names[row.UserID], row.ElapsedS))
		}
		return fmt.Sprint(strings.Join(rows, ", "), " | ", b.Own.Rank)
	}
	is := func(p *person, want string) {
		t.Helper()
		r.settled()
		if got := board(p); got != want {
			t.Errorf("the board is %q, want %q", got, want)
		}
	}
	is(anna, "1 Anna 333, 2 Cid 400 | 1")
	fast := ben.upload("fast.gpx", paced(before.Add(time.Hour), 700, 4), open)
	is(ben, "1 Ben 250, 2 Anna 333, 3 Cid 400 | 1")
	if got, want := anna.notifications(), "Somebody is faster on “Lake shore” now: 0:04:10, you have 0:05:33."; strings.Count(got, want) != 1 {
		t.Errorf("Anna is told %q, want once %q", got, want)
	}
	if got, want := ben.notifications(), "You are the fastest on “Lake shore” now: 0:04:10, before 0:05:33."; strings.Count(got, want) != 1 {
		t.Errorf("Ben is told %q, want once %q", got, want)
	}
	if got := cid.notifications(); strings.Contains(got, "Lake shore") {
		t.Errorf("Cid is told %q", got)
	}
	for _, p := range []*person{anna, ben} {
		if r.mails(p.email)["A first place on a segment"] == nil {
			t.Errorf("no mail to %s", p.email)
		}
	}
	ben.want(201, "POST", "/v1/privacy-zones", map[string]any{"lat": 47.505, "lng": 9.25, "radius_m": 200}, nil)
	if got := board(cid); strings.Contains(got, "Ben") {
		t.Errorf("behind a zone: %q", got)
	}
	is(cid, "1 Anna 333, 2 Cid 400 | 2")
	ben.want(204, "DELETE", "/v1/workouts/"+fast.Workouts[0].ID, nil, nil)
	anna.want(200, "PATCH", "/v1/workouts/"+run.Workouts[0].ID, map[string]any{"visibility": "private"}, nil)
	is(cid, "1 Cid 400 | 1")
	c.advance(time.Second)
	anna.signIn()
	anna.want(202, "DELETE", "/v1/me", nil, nil)
	r.soon("the end of the segment", func() bool { return r.json(cid.token, "GET", "/v1/segments/"+made.ID, nil).status == 404 })
}
