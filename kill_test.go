package paceline

import (
	"cmp"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"paceline/functions/upload/gpx/gpxtest"
)

// kills is how often the platform is killed.
const kills = 4

// Whatever was answered with 2xx is there after a kill -9 at any moment: every
// workout becomes ready and is in the feed once.
func TestAKillLosesNothing(t *testing.T) {
	t.Parallel()
	c := newChild(t)
	r := &running{t: t, dir: c.dir, url: c.url}
	anna := r.join("Anna")
	taken := map[string]bool{}
	for round := range kills {
		deadline := time.Now().Add(time.Duration(200+rand.IntN(600)) * time.Millisecond)
		done := make(chan struct{})
		go func() {
			defer close(done)
			for i := 0; time.Now().Before(deadline.Add(2 * time.Second)); i++ {
				id, err := c.upload(anna.token, gpxtest.Run(monday.Add(time.Duration(round*1000+i)*time.Minute), 60+i))
				if err != nil {
					return // killed: what was not answered may be there or not
				}
				taken[id] = true
			}
		}()
		time.Sleep(time.Until(deadline))
		c.kill()
		<-done
		c.start()
		r.url = c.url
		anna.signIn()
	}
	t.Logf("%d uploads were taken around %d kills", len(taken), kills)
	r.soon("every workout", func() bool {
		ready := map[string]int{}
		for cursor := ""; ; {
			var page struct {
				Items      []struct{ ID, State string }
				NextCursor string `json:"next_cursor"`
			}
			anna.want(200, "GET", "/v1/workouts?limit=100&cursor="+cursor, nil, &page)
			for _, w := range page.Items {
				if w.State == "ready" {
					ready[w.ID]++
				}
			}
			if cursor = page.NextCursor; cursor == "" {
				break
			}
		}
		for id := range taken {
			if ready[id] != 1 {
				return false
			}
		}
		return true
	})
	c.kill()
}

// child is the platform in a process of its own.
type child struct {
	t      testing.TB
	binary string
	dir    string
	env    []string // besides
	url    string
	cmd    *exec.Cmd
}

// newChild builds the platform and starts it on a folder of its own, with env
// besides.
func newChild(t testing.TB, env ...string) *child {
	t.Helper()
	if _, err := exec.LookPath("redis-server"); err != nil {
		t.Skip("redis-server is not installed: what is in memory is lost with the process")
	}
	c := &child{t: t, binary: filepath.Join(t.TempDir(), "dev"), dir: t.TempDir(), env: env}
	build := exec.Command("go", "build", "-tags", "disable_grpc_modules,grpcnotrace,noprometheus", "-o", c.binary, "./functions/cmd/dev")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("build: %v %s", err, out)
	}
	c.start()
	return c
}

func (c *child) start() {
	c.t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		c.t.Fatal(err)
	}
	port := l.Addr().(*net.TCPAddr).Port
	_ = l.Close() // the child listens there next
	c.cmd = exec.Command(c.binary)
	c.cmd.Env = append(append(os.Environ(), "DATA_DIR="+c.dir, "RATE_SCALE=100", fmt.Sprint("PORT=", port)), c.env...)
	if err := c.cmd.Start(); err != nil {
		c.t.Fatal(err)
	}
	process := c.cmd.Process
	c.t.Cleanup(func() { _ = process.Kill() }) // most have ended before
	c.url = fmt.Sprint("http://127.0.0.1:", port)
	for range 600 {
		if resp, err := http.Get(c.url + "/"); err == nil {
			_ = resp.Body.Close()
			return
		}
		time.Sleep(50 * time.Millisecond)
	}
	c.t.Fatal("the platform did not come up")
}

func (c *child) kill() {
	c.t.Helper()
	if err := c.cmd.Process.Kill(); err != nil {
		c.t.Fatal(err)
	}
	_ = c.cmd.Wait() // it was killed
}

// upload sends one file and returns the id of its workout when it was taken.
func (c *child) upload(token string, content []byte) (string, error) {
	body, contentType, err := multipartFile("run.gpx", content, nil)
	if err != nil {
		return "", err
	}
	req, err := http.NewRequest(http.MethodPost, c.url+"/v1/workouts", body)
	if err != nil {
		return "", err
	}
	req.Header.Set("Content-Type", contentType)
	req.Header.Set("Authorization", "Bearer "+token)
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return "", err
	}
	defer resp.Body.Close()
	var out uploaded
	if resp.StatusCode != http.StatusAccepted {
		return "", fmt.Errorf("answered %d", resp.StatusCode)
	}
	if err := json.NewDecoder(resp.Body).Decode(&out); err != nil {
		return "", err
	}
	return cmp.Or(out.Workouts[0].ID, "none"), nil
}
