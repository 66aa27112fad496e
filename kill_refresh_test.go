package paceline

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"sync"
	"testing"
	"time"
)

// app is a sign-in as a person's app holds it: every refresh token that it got.
type app struct {
	*person
	tokens []string
}

// refresh moves on, as often as it goes, and returns the status of the last try:
// 0 when nobody answered.
func (a *app) refresh(url, token string) int {
	body, err := json.Marshal(map[string]string{"refresh_token": token})
	if err != nil {
		a.r.t.Error(err)
		return 0
	}
	resp, err := http.Post(url+"/v1/auth/refresh", "application/json", bytes.NewReader(body))
	if err != nil {
		return 0
	}
	defer resp.Body.Close()
	var out struct {
		RefreshToken string `json:"refresh_token"`
	}
	if resp.StatusCode == http.StatusOK {
		if json.NewDecoder(resp.Body).Decode(&out) != nil { // cut off: it may try again
			return 0
		}
		a.tokens = append(a.tokens, out.RefreshToken)
	}
	return resp.StatusCode
}

func (a *app) newest() string { return a.tokens[len(a.tokens)-1] }

// A kill -9 at any moment between "the old one is used" and "here is the new one"
// signs nobody out: the app asks again with what it has. And what was used before
// still ends the family, as if nothing had happened.
func TestAKillSignsNobodyOut(t *testing.T) {
	t.Parallel()
	c := newChild(t)
	r := &running{t: t, dir: c.dir, url: c.url}
	var apps []*app
	for i := range 4 {
		a := &app{person: r.join(fmt.Sprint("Runner-", i))}
		var tokens struct {
			RefreshToken string `json:"refresh_token"`
		}
		a.want(200, "POST", "/v1/auth/login", map[string]any{"email": a.email, "password": testPassword}, &tokens)
		a.tokens = []string{tokens.RefreshToken}
		apps = append(apps, a)
	}
	asked := 0
	for range kills {
		var all sync.WaitGroup
		for _, a := range apps {
			all.Go(func() {
				for a.refresh(c.url, a.newest()) == http.StatusOK {
				}
			})
		}
		time.Sleep(time.Duration(50+rand.IntN(400)) * time.Millisecond) // any moment will do
		c.kill()
		killed := time.Now()
		all.Wait()
		c.start()
		for _, a := range apps {
			status := a.refresh(c.url, a.newest())
			if late := time.Since(killed) > 9*time.Second; status != http.StatusOK && !late {
				t.Errorf("%s is signed out: %d", a.email, status)
			} else if late {
				t.Fatalf("the platform took %v to come back: an answer is repeated for ten seconds", time.Since(killed))
			}
		}
	}
	for _, a := range apps {
		asked += len(a.tokens) - 1
		newest := a.newest()
		for what, token := range []string{a.tokens[0], newest} { // used long ago, and what it takes along
			if status := a.refresh(c.url, token); status != http.StatusBadRequest {
				t.Errorf("token %d of two is answered %d", what+1, status)
			}
		}
	}
	t.Logf("%d refreshes around %d kills", asked, kills)
	c.kill()
}
