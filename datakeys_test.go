package paceline

import (
	"bytes"
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"time"

	"paceline/functions/upload/gpx/gpxtest"
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
