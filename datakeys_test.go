package paceline

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"time"

	"paceline/functions/upload/gpx/gpxtest"
	"paceline/shared/audit"
	"paceline/shared/function"
	"paceline/shared/function/seal"
	"paceline/shared/operator"
)

// The key-encryption key, the master and everybody's keys rotate twice while
// people use the platform: no call fails, what was kept before is read after,
// also by a platform that starts then, and the old key opens nothing.
func TestTheKeysOfPeoplesDataRotateUnderLoad(t *testing.T) {
	t.Parallel()
	c := newClock()
	dir := t.TempDir()
	r := start(t, dir, map[string]string{"ADMIN_EMAILS": "root@example.com"}, func(p *Platform) { p.now = c.now })
	admin := r.join("Root")
	people := []*runner{{person: r.join("Anna")}, {person: r.join("Ben")}}
	original := gpxtest.Run(monday, 120)
	run := people[0].upload("run.gpx", original, map[string]string{"name": "Before"})
	kek := filepath.Join(dir, "keys", "kek.json")
	first, err := os.ReadFile(kek)
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		admin.signIn()
		var out, progress bytes.Buffer
		tool := operator.Tool{
			Env: map[string]string{"PACELINE_URL": r.url, "PACELINE_TOKEN": admin.token}, Out: &out, Err: &progress,
			Now: c.now, Sleep: c.sleep, HTTP: http.DefaultClient,
		}
		c.while(t, people, 5*time.Second, func() int { return tool.Run(t.Context(), []string{"key", "rotate", "--data", "--data-dir", dir}) }, &progress)
		has(t, out.String(), "rotated: 3 people")
	}
	last, err := os.ReadFile(kek)
	if err != nil || bytes.Equal(first, last) {
		t.Errorf("the key-encryption key is the same: %v", err)
	}
	r.settled()
	r.stop()
	again := start(t, dir, nil, func(p *Platform) { p.now = c.now })
	for _, p := range people {
		p.r = again
		p.signIn()
	}
	if a := again.do(people[0].token, "GET", "/v1/workouts/"+run.Workouts[0].ID+"/file", nil, ""); a.status != 200 || !bytes.Equal(a.body, original) {
		t.Errorf("the original is %d, %d bytes", a.status, len(a.body))
	}
	people[0].want(200, "GET", "/v1/workouts/"+run.Workouts[0].ID+"/streams", nil, nil)
	again.stop()

	if err := os.WriteFile(kek, first, 0o600); err != nil {
		t.Fatal(err)
	}
	stolen := start(t, dir, nil, func(p *Platform) { p.now = c.now })
	if a := stolen.json("", "POST", "/v1/auth/login", map[string]any{"email": people[0].email, "password": testPassword}); a.status != 503 || a.code() != "keys_unavailable" {
		t.Errorf("with the first key: %d %s", a.status, a.body)
	}
}

// cut is the network of a command that is killed at one of its calls: before the
// platform hears of it, or before the command hears the answer.
type cut struct {
	at    int
	after bool
	calls int
}

func (c *cut) RoundTrip(r *http.Request) (*http.Response, error) {
	c.calls++
	if c.calls != c.at {
		return http.DefaultTransport.RoundTrip(r)
	}
	if c.after {
		if resp, err := http.DefaultTransport.RoundTrip(r); err == nil {
			_ = resp.Body.Close()
		}
	}
	return nil, errors.New("killed")
}

// Whichever call is the command's last before it is killed, it goes on where it
// ended: nothing is unreadable then or later, one key-encryption key is left, and
// the audit log has an end for each beginning.
func TestARotationOfDataThatIsKilledGoesOn(t *testing.T) {
	t.Parallel()
	c := newClock()
	dir := t.TempDir()
	r := start(t, dir, map[string]string{"ADMIN_EMAILS": "root@example.com"}, func(p *Platform) { p.now = c.now })
	root, anna := r.join("Root"), r.join("Anna")
	original := gpxtest.Run(monday, 120)
	run := anna.upload("run.gpx", original, map[string]string{"name": "Before"}).Workouts[0].ID
	rotate := func(network http.RoundTripper) (code int, said string) {
		root.signIn()
		var out bytes.Buffer
		tool := operator.Tool{
			Env: map[string]string{"PACELINE_URL": r.url, "PACELINE_TOKEN": root.token}, Out: &out, Err: &out, Now: c.now,
			Sleep: func(_ context.Context, d time.Duration) error { c.advance(d); return nil }, HTTP: &http.Client{Transport: network},
		}
		return tool.Run(t.Context(), []string{"key", "rotate", "--data", "--data-dir", dir}), out.String()
	}
	reads := func(when string) {
		t.Helper()
		anna.signIn()
		if a := r.do(anna.token, "GET", "/v1/workouts/"+run+"/file", nil, ""); a.status != 200 || !bytes.Equal(a.body, original) {
			t.Errorf("%s: the original is %d, %d bytes", when, a.status, len(a.body))
		}
	}
	kills := 0
	for at, more := 1, true; more; at++ {
		for _, after := range []bool{false, true} {
			when := fmt.Sprintf("killed at call %d, heard %v", at, after)
			network := &cut{at: at, after: after}
			code, said := rotate(network)
			if more = network.calls >= at; !more {
				break
			}
			kills++
			if code != 1 {
				t.Errorf("%s: exit code %d", when, code)
			}
			has(t, said, "run the command again to go on")
			reads(when)
			if code, said := rotate(http.DefaultTransport); code != 0 {
				t.Fatalf("%s: the next run: %d %s", when, code, said)
			}
			reads(when + ", and run again")
		}
	}
	if kills != 6 {
		t.Errorf("killed at %d places, want 2 at each of 3 calls", kills)
	}
	kek, err := os.ReadFile(filepath.Join(dir, "keys", "kek.json"))
	if err != nil {
		t.Fatal(err)
	}
	if two, err := seal.AddKEK(kek); err != nil || bytes.Equal(two, kek) {
		t.Errorf("more than one key-encryption key is left: %v", err)
	}
	r.settled()
	told := map[string]int{}
	for _, e := range root.auditLog() {
		if e.Record.Action == "keys.rotate" {
			told[e.Record.Outcome]++
		}
	}
	if told[function.Asked] < kills || told[function.Asked] != told[function.Done] {
		t.Errorf("the audit log was told of %v", told)
	}
	r.stop()
	again := start(t, dir, nil, func(p *Platform) { p.now = c.now })
	root.r, anna.r, r = again, again, again
	reads("after a restart")
}

// auditLog is the whole log, as an admin reads it.
func (p *person) auditLog() (all []audit.Entry) {
	p.r.t.Helper()
	for cursor := ""; ; {
		var page struct {
			Items      []audit.Entry
			NextCursor string `json:"next_cursor"`
		}
		p.want(200, "GET", "/v1/admin/audit?limit=100&cursor="+cursor, nil, &page)
		all = append(all, page.Items...)
		if cursor = page.NextCursor; cursor == "" {
			return all
		}
	}
}
