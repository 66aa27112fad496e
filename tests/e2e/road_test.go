//go:build e2e

package e2e

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"paceline/functions/upload/fit/fittest"
)

// monday is when the first workout began.
var monday = time.Date(2026, 5, 4, 6, 0, 0, 0, time.UTC)

// road is the main road, with every function asleep before.
func (s *suite) road(t testing.TB) {
	s.asleep(t)
	started := time.Now()
	anna := s.join(t, "Anna")
	t.Logf("registered, mailed, verified and signed in from cold in %s", time.Since(started).Round(100*time.Millisecond))
	ben := s.join(t, "Ben")
	s.soon(t, "Anna, where others look for her", func() bool {
		a, err := s.request(ben.token, "GET", "/v1/users/"+anna.id, nil, "")
		return err == nil && a.status == 200
	})
	ben.want(t, 202, "PUT", "/v1/users/"+anna.id+"/follow", nil, nil)
	var asked struct{ Items []struct{} }
	s.soon(t, "Ben's request", func() bool {
		anna.want(t, 200, "GET", "/v1/me/follow-requests", nil, &asked)
		return len(asked.Items) == 1
	})
	anna.want(t, 204, "PUT", "/v1/me/follow-requests/"+ben.id, nil, nil)

	sent := time.Now()
	upload, err := anna.send("run.fit", fittest.Run(monday, 1800))
	if err != nil {
		t.Fatal(err)
	}
	s.soon(t, "the figures", func() bool { return anna.state(t, upload) == "ready" })
	t.Logf("figures %s after the upload", time.Since(sent).Round(100*time.Millisecond))
	if d := anna.distances(t); len(d) != 1 || d[0] < 5000 || d[0] > 6000 {
		t.Errorf("distances %v", d)
	}
	s.soon(t, "Ben's feed", func() bool { return strings.Contains(ben.text(t, "/v1/feed"), "Anna") })
	s.soon(t, "Anna's notification", func() bool { return strings.Contains(anna.text(t, "/v1/notifications"), "workout_ready") })
	s.soon(t, "Ben's mail", func() bool {
		for _, m := range s.stores.mail.Messages() {
			if strings.Contains(m.To[0], ben.email) && strings.Contains(m.Text, "Anna") {
				return true
			}
		}
		return false
	})
	a, err := s.request("", "GET", "/v1/feed", nil, "")
	if err != nil || a.status != 401 {
		t.Errorf("without a token: %d %v", a.status, err)
	}
}

// text is an answer as it is.
func (p *person) text(t testing.TB, path string) string {
	t.Helper()
	a, err := p.s.request(p.token, "GET", path, nil, "")
	if err != nil || a.status != 200 {
		t.Fatalf("GET %s: %d %s %v", path, a.status, a.body, err)
	}
	return string(a.body)
}

// toZero is how long every function takes to go when nobody calls.
func (s *suite) toZero(t testing.TB) {
	started := time.Now()
	before := len(s.running(t))
	s.asleep(t)
	t.Logf("%d pods, and none %s later", before, time.Since(started).Round(time.Second))
	for _, o := range s.objects(t, namespace, "ksvc") {
		if o.ready().Status != "True" {
			t.Errorf("%s is not ready when it sleeps", o.Metadata.Name)
		}
	}
}

// kill kills the pods of a function without a warning, as soon as there are
// any, a number of times or for a minute, and says how many it killed.
func (s *suite) kill(t testing.TB, function string, times int) (killed int) {
	for end := time.Now().Add(time.Minute); times > 0 && time.Now().Before(end); time.Sleep(500 * time.Millisecond) {
		out, err := s.run(t, "", "kubectl", "-n", namespace, "delete", "pod", "-l", "serving.knative.dev/service="+function,
			"--field-selector=status.phase=Running", "--grace-period=0", "--force", "--wait=false")
		if n := strings.Count(out, "force deleted"); err == nil && n > 0 {
			killed += n
			times--
		}
	}
	return killed
}

// killed is stats being killed, again and again, while it handles events.
func (s *suite) killed(t testing.TB) {
	carl := s.join(t, "Carl")
	uploads := make([]string, 24)
	var sending sync.WaitGroup
	for i := range uploads {
		sending.Go(func() {
			var err error
			if uploads[i], err = carl.send("ride.fit", fittest.Ride(monday.AddDate(0, 0, i), 4*3600+60*i)); err != nil {
				t.Error(err)
			}
		})
	}
	kills := make(chan int, 1)
	go func() { kills <- s.kill(t, "stats", 3) }()
	sending.Wait()
	late, signedIn := map[string]string{}, time.Now()
	computed := within(3*patience, func() bool { // a broker waits longer after each failure
		clear(late)
		for _, id := range uploads {
			if state := carl.state(t, id); state != "ready" {
				late[id] = state
			}
		}
		if time.Since(signedIn) > time.Minute { // a token lives for five
			carl.signIn(t)
			signedIn = time.Now()
		}
		return len(late) == 0
	})
	if !computed {
		t.Fatalf("without figures: %v", late)
	}
	n := <-kills
	t.Logf("%d pods of stats killed while %d workouts came", n, len(uploads))
	if n == 0 {
		t.Error("nothing was killed")
	}
	if d := carl.distances(t); len(d) != len(uploads) {
		t.Errorf("%d workouts, want %d", len(d), len(uploads))
	}
	var sums struct {
		Buckets []struct {
			Workouts int
		}
	}
	carl.want(t, 200, "GET", "/v1/stats/summary?by=year&from=2026-01-01&to=2026-12-31", nil, &sums)
	if fmt.Sprint(sums.Buckets) != fmt.Sprintf("[{%d}]", len(uploads)) {
		t.Errorf("sums %v, want each workout once", sums.Buckets)
	}
}
