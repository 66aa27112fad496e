package paceline

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"maps"
	"math/rand/v2"
	"net/http"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/oklog/ulid/v2"

	"paceline/functions/upload/gpx/gpxtest"
	"paceline/shared/function/redistest"
)

// usual is one member on a usual day, with an app that signs in again when it
// must, and the mistakes that people make.
type usual struct {
	*person
	from    attacker // no attack comes from there
	refresh string
}

// signIn forgets a password first, as often as that.
func (u *usual) signIn(wrong int) {
	u.r.t.Helper()
	for range wrong {
		u.from.do("POST", "/v1/auth/login", map[string]string{"email": u.email, "password": "a horse walks into a pub"})
	}
	var tokens struct {
		Access  string `json:"access_token"`
		Refresh string `json:"refresh_token"`
	}
	a := u.from.do("POST", "/v1/auth/login", map[string]string{"email": u.email, "password": testPassword})
	if err := json.Unmarshal(a.body, &tokens); err != nil || a.status != http.StatusOK {
		u.r.t.Fatalf("%s signs in: %d %s", u.email, a.status, a.body)
	}
	u.token, u.refresh = tokens.Access, tokens.Refresh
}

// call is one call of the app, which makes its token new when that is over.
func (u *usual) call(method, path string, body any) answer {
	u.r.t.Helper()
	a := u.from.with(u.token).do(method, path, body)
	if a.status != http.StatusUnauthorized {
		return a
	}
	var tokens struct {
		Access  string `json:"access_token"`
		Refresh string `json:"refresh_token"`
	}
	b := u.from.do("POST", "/v1/auth/refresh", map[string]string{"refresh_token": u.refresh})
	if err := json.Unmarshal(b.body, &tokens); err != nil || b.status != http.StatusOK {
		u.r.t.Fatalf("%s goes on: %d %s after %d %s", u.email, b.status, b.body, a.status, a.body)
	}
	u.token, u.refresh = tokens.Access, tokens.Refresh
	return u.from.with(u.token).do(method, path, body)
}

// minute is what the member does in one.
func (u *usual) minute(d *drill, dice *rand.Rand) {
	paths := []string{"/v1/me", "/v1/feed", "/v1/workouts", "/v1/notifications", "/v1/stats/summary?by=week", "/v1/stats/records"}
	for range 1 + dice.IntN(4) {
		u.call("GET", paths[dice.IntN(len(paths))], nil)
	}
	switch n := dice.IntN(100); {
	case n < 4: // an app that was closed for long, and a password that was not the right one at once
		u.signIn(dice.IntN(4))
	case n < 10: // a link to what is gone
		u.call("GET", "/v1/workouts/"+ulid.MustNew(uint64(n), zeros{}).String(), nil)
	case n < 14: // what browsers ask for by themselves
		u.from.do("GET", []string{"/favicon.ico", "/apple-touch-icon.png", "/.well-known/change-password"}[dice.IntN(3)], nil)
	case n < 17: // a page that is open without a sign-in
		u.from.do("GET", "/v1/me", nil)
	case n < 20: // a form that is not right yet
		u.call("PATCH", "/v1/me", map[string]any{"display_name": ""})
	case n < 22: // an app of yesterday
		u.call("PATCH", "/v1/me", `{"nickname":"x"}`)
	case n < 24: // a picture
		u.call("POST", "/v1/workouts", d.file("run.jpg", []byte("no run at all")))
	case n < 25: // somebody who is curious
		u.call("GET", "/v1/admin/deadletters", nil)
	case n < 27: // who leaves, and goes back
		u.call("POST", "/v1/auth/logout", nil)
		u.from.with(u.token).do("GET", "/v1/me", nil)
		u.signIn(0)
	case n < 29: // who asks for a mail and clicks on an old one
		u.from.do("POST", "/v1/auth/password/forgot", map[string]string{"email": u.email})
		u.from.do("POST", "/v1/auth/verify", map[string]string{"token": "of-last-week"})
	case n < 34: // a run
		u.call("POST", "/v1/workouts", d.file("run.gpx", gpxtest.Run(monday.Add(time.Duration(dice.IntN(1e6))*time.Second), 120)))
	}
}

// zeros is a source of a ulid that is the same in each run.
type zeros struct{}

func (zeros) Read(b []byte) (int, error) { clear(b); return len(b), nil }

// Two hours in which ten people use the platform as people do end without an
// alert. Four of them share an address. The seed makes each run the same.
func TestTwoQuietHoursAreNoAlert(t *testing.T) {
	t.Parallel()
	var clock atomic.Int64
	clock.Store(time.Now().UnixNano())
	d := &drill{t: t, logs: new(heap)}
	d.running = start(t, t.TempDir(), map[string]string{
		"REDIS_URL": redistest.URL(t), "ADMIN_EMAILS": "root@example.com", "TRUSTED_PROXIES": "127.0.0.1", "RATE_SCALE": "1",
	}, func(p *Platform) {
		d.all, p.now, p.log = p, func() time.Time { return time.Unix(0, clock.Load()) }, slog.New(slog.NewJSONHandler(d.logs, nil))
	})
	d.root = d.join("Root")
	var people []*usual
	club := d.attacker()
	for i := range 10 {
		from := club
		if i >= 4 {
			from = d.attacker()
		}
		u := &usual{person: d.join(fmt.Sprint("Member", i)), from: from}
		u.signIn(0)
		people = append(people, u)
	}
	dice := rand.New(rand.NewPCG(4, 13))
	for minute := range 120 {
		clock.Add(int64(time.Minute))
		for _, u := range people {
			if dice.IntN(2) == 0 {
				u.minute(d, dice)
			}
		}
		if minute%10 == 9 {
			d.sweep(d.all)
		}
	}
	d.settled()
	heard := map[string]int{}
	for _, name := range d.signals() {
		heard[name]++
	}
	t.Logf("two hours of ten people: %v", heard)
	if len(heard) < 8 {
		t.Errorf("signals were %v: the hours were too quiet to say anything", slices.Sorted(maps.Keys(heard)))
	}
	d.root.signIn()
	for rule, a := range d.alerts() {
		t.Errorf("a usual day ended with the alert %s about %s: %+v", rule, a.Value, a.Sample)
	}
}
