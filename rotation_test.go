package paceline

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"paceline/shared/function"
	"paceline/shared/function/fault"
	"paceline/shared/function/identity"
	"paceline/shared/operator"
)

// clock is a time that a test moves.
type clock struct {
	mu    sync.Mutex
	time  time.Time
	moved chan struct{} // closed at each move
}

func newClock() *clock { return &clock{time: time.Now(), moved: make(chan struct{})} }

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.time
}

func (c *clock) advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.time = c.time.Add(d)
	close(c.moved)
	c.moved = make(chan struct{})
}

// sleep returns when the clock has been moved on by d.
func (c *clock) sleep(ctx context.Context, d time.Duration) error {
	until := c.now().Add(d)
	for {
		c.mu.Lock()
		now, moved := c.time, c.moved
		c.mu.Unlock()
		if !now.Before(until) {
			return nil
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-moved:
		}
	}
}

// runner uses the platform all the time: it reads, writes, and signs in again
// when its token is about to end.
type runner struct {
	*person
	signedIn time.Time
	renamed  string
}

func (p *runner) round(t *testing.T, c *clock, n int) {
	if c.now().Sub(p.signedIn) > identity.AccessTTL-time.Minute {
		p.signIn()
		p.signedIn = c.now()
	}
	p.renamed = fmt.Sprintf("%s %d", p.email, n)
	for _, call := range []struct {
		method, path string
		body         any
	}{
		{"GET", "/v1/me", nil}, {"PATCH", "/v1/me", map[string]any{"display_name": p.renamed}}, {"GET", "/v1/feed", nil}, {"GET", "/v1/notifications", nil},
	} {
		if a := p.r.json(p.token, call.method, call.path, call.body); a.status != 200 {
			t.Errorf("round %d: %s %s: %d %s", n, call.method, call.path, a.status, a.body)
		}
	}
}

// while runs a command while people use the platform, moves the clock after each
// round, and returns how many rounds that took. The command must end well.
func (c *clock) while(t *testing.T, people []*runner, step time.Duration, command func() (code int), said fmt.Stringer) (rounds int) {
	t.Helper()
	done := make(chan int, 1)
	go func() { done <- command() }()
	for ; ; rounds++ {
		var wg sync.WaitGroup
		for _, p := range people {
			wg.Go(func() { p.round(t, c, rounds) })
		}
		wg.Wait()
		c.advance(step)
		select {
		case code := <-done:
			if code != 0 {
				t.Fatalf("exit code %d: %s", code, said)
			}
			return rounds
		default:
		}
		if t.Failed() || rounds > 1000 {
			t.Fatalf("after %d rounds: %s", rounds, said)
		}
	}
}

// Three rotations while people use the platform: no call fails, no event is
// lost, and what signed before is known no more.
func TestKeysRotateUnderLoad(t *testing.T) {
	t.Parallel()
	c := newClock()
	r := start(t, t.TempDir(), map[string]string{"ADMIN_EMAILS": "root@example.com"}, func(p *Platform) { p.now = c.now })
	admin := r.join("Root")
	people := []*runner{{person: r.join("Anna")}, {person: r.join("Ben")}, {person: r.join("Cleo")}}
	rounds := 0
	for range 3 {
		stolen, err := os.ReadFile(filepath.Join(r.dir, "keys", "gateway.pem"))
		if err != nil {
			t.Fatal(err)
		}
		var out, progress bytes.Buffer
		tool := operator.Tool{Out: &out, Err: &progress, Now: c.now, Sleep: c.sleep}
		rounds += c.while(t, people, 20*time.Second, func() int { return tool.Run(t.Context(), []string{"key", "rotate", "--data-dir", r.dir}) }, &progress)
		for range 16 { // after five minutes every part has read the keys again
			c.advance(20 * time.Second)
		}
		r.refuses(stolen, c.now)
	}
	if rounds < 3*30 {
		t.Errorf("three rotations in %d rounds of 20 s: nothing was waited for", rounds)
	}
	admin.signIn()
	for _, p := range people {
		p.signIn()
		r.soon("the last name of "+p.email, func() bool {
			var seen struct {
				DisplayName string `json:"display_name"`
			}
			p.want(200, "GET", "/v1/users/"+p.id, nil, &seen)
			return seen.DisplayName == p.renamed
		})
	}
	var letters struct{ Items []struct{ Error string } }
	admin.want(200, "GET", "/v1/admin/deadletters", nil, &letters)
	if len(letters.Items) > 0 {
		t.Errorf("dead letters: %+v", letters.Items)
	}
}

// refuses wants a call with a key that was the gateway's to be refused.
func (r *running) refuses(keyPEM []byte, now func() time.Time) {
	r.t.Helper()
	thief, err := identity.NewSigner(function.GatewayName, keyPEM, now)
	if err != nil {
		r.t.Fatal(err)
	}
	raw, err := thief.CallToken("accounts", identity.Caller{UserID: "somebody", Roles: []identity.Role{identity.Member}})
	if err != nil {
		r.t.Fatal(err)
	}
	req, err := http.NewRequest(http.MethodGet, r.inside+"/fn/accounts/v1/me", nil)
	if err != nil {
		r.t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+raw)
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		r.t.Fatal(err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != fault.Of(fault.Unauthorized("", "")).Status {
		r.t.Errorf("a retired key opens accounts: %d", resp.StatusCode)
	}
}
