package paceline

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"paceline/events"
	"paceline/functions/upload/fit/fittest"
	"paceline/functions/upload/gpx/gpxtest"
	"paceline/shared/broker"
	"paceline/shared/function/redistest"
	"paceline/shared/function/store"
)

// keepers is the functions with a state that do not answer account.erased, and why.
var keepers = map[string]string{
	"accounts":   "it begins the erasure, and ends what it keeps itself in that transaction",
	"deadletter": "letters are the operators'; what is of a person in one is sealed under the person's key",
	"gateway":    "counts requests by id, for minutes, and blocks for an hour",
	"watch":      "counts attacks for a while; the audit log outlives whom it names",
}

// A new function answers account.erased, or somebody has said why it need not.
func TestEveryKeeperErases(t *testing.T) {
	t.Parallel()
	for _, a := range store.Declared() {
		if slices.Contains(events.Erasers(), a.Function) == (keepers[a.Function] != "") {
			t.Errorf("%s: either it answers account.erased (events.Erasers), or there is a reason in keepers", a.Function)
		}
	}
}

// However events come, and whatever is stopped on the way, the end is the same:
// nothing of the person is left, and others' lists are as if they had never been.
func TestAnErasedPersonIsGone(t *testing.T) {
	t.Parallel()
	for name, chaos := range map[string]*broker.Chaos{"in order": nil, "twice and shuffled": {Seed: 11, Window: 20}} {
		for _, stopped := range []bool{false, true} {
			if stopped {
				name += ", stopped on the way"
			}
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				eraseOne(t, chaos, stopped)
			})
		}
	}
}

func eraseOne(t *testing.T, chaos *broker.Chaos, stopped bool) {
	address, dir, c := redistest.ServerURL(t), t.TempDir(), newClock()
	open := func() *running {
		return start(t, dir, map[string]string{"REDIS_URL": address, "ADMIN_EMAILS": "root@example.com"}, func(p *Platform) { p.now, p.chaos = c.now, chaos })
	}
	r := open()
	anna, ben, cid := r.join("Anna"), r.join("Ben"), r.join("Cid")
	for _, p := range []*person{ben, cid} {
		r.soon("the profiles", func() bool {
			return r.json(p.token, "GET", "/v1/users/"+anna.id, nil).status == 200 && r.json(anna.token, "GET", "/v1/users/"+p.id, nil).status == 200
		})
	}
	ben.want(202, "PUT", "/v1/users/"+anna.id+"/follow", nil, nil)
	anna.want(204, "PUT", "/v1/me/follow-requests/"+ben.id, nil, nil)
	anna.want(202, "PUT", "/v1/users/"+ben.id+"/follow", nil, nil)
	ben.want(204, "PUT", "/v1/me/follow-requests/"+anna.id, nil, nil)
	anna.want(202, "PUT", "/v1/users/"+cid.id+"/follow", nil, nil)
	anna.want(204, "DELETE", "/v1/users/"+cid.id+"/follow", nil, nil)
	cid.want(204, "PUT", "/v1/users/"+anna.id+"/block", nil, nil)
	anna.want(204, "PUT", "/v1/users/"+ben.id+"/block", nil, nil)
	anna.want(204, "DELETE", "/v1/users/"+ben.id+"/block", nil, nil)
	r.settled()
	ben.want(202, "PUT", "/v1/users/"+anna.id+"/follow", nil, nil)
	anna.want(204, "PUT", "/v1/me/follow-requests/"+ben.id, nil, nil)
	anna.want(200, "PUT", "/v1/me/settings", map[string]any{"entries": []any{map[string]any{"valid_from": "2026-01-01", "max_heart_rate_bpm": 190}}}, nil)
	run := anna.upload("run.fit", fittest.Run(monday, 600), map[string]string{"name": "Gone run"})
	gone := anna.upload("gone.gpx", gpxtest.Run(monday.Add(time.Hour), 200), map[string]string{"name": "Deleted before"})
	anna.want(204, "DELETE", "/v1/workouts/"+gone.Workouts[0].ID, nil, nil)
	for i, p := range []*person{anna, ben} { // both have an effort on a segment of each
		up := p.upload("segment.gpx", paced(monday.Add(time.Duration(5+i)*time.Hour), 700, 3), map[string]string{"name": "Along the shore", "visibility": "everyone"})
		p.want(201, "POST", "/v1/segments", map[string]any{"workout_id": up.Workouts[0].ID, "name": "Shore", "from_m": 200, "to_m": 1200}, nil)
		r.settled()
	}
	if feed := ben.feed(); !strings.Contains(feed, "Gone run") {
		t.Fatalf("Ben's feed has nothing of Anna: %s", feed)
	}

	c.advance(10 * time.Minute)
	anna.signIn()
	c.advance(6 * time.Minute)
	if a := r.json(anna.token, "DELETE", "/v1/me", nil); a.status/100 != 4 {
		t.Errorf("an old proof erases: %d %s", a.status, a.body)
	}
	for _, p := range []*person{anna, ben, cid} {
		p.signIn()
	}
	c.advance(time.Second)
	anna.want(202, "DELETE", "/v1/me", nil, nil)
	c.advance(time.Second)
	r.soon("the void token", func() bool { return r.json(anna.token, "GET", "/v1/me", nil).status == 401 })
	if stopped {
		r.stop()
		r = open()
	}
	r.settled()
	for range 3 { // both rounds, and the end
		r.stop()
		c.advance(2 * time.Minute)
		r = open()
		r.settled()
	}
	for _, p := range []*person{ben, cid} {
		p.r = r
		p.signIn()
		p.want(404, "GET", "/v1/users/"+anna.id, nil, nil)
		p.want(404, "GET", "/v1/workouts/"+run.Workouts[0].ID, nil, nil)
	}
	if a := r.json("", "POST", "/v1/auth/login", map[string]any{"email": anna.email, "password": testPassword}); a.status != 401 {
		t.Errorf("the erased person signs in: %d %s", a.status, a.body)
	}
	if seen := ben.feed() + ben.notifications(); strings.Contains(seen, "Gone run") || strings.Contains(seen, "Anna") {
		t.Errorf("Ben still sees Anna: %s", seen)
	}
	var profile struct {
		Followers int `json:"followers_count"`
		Following int `json:"following_count"`
	}
	ben.want(200, "GET", "/v1/users/"+ben.id, nil, &profile)
	if profile.Followers != 0 || profile.Following != 0 {
		t.Errorf("Ben's counters: %+v", profile)
	}
	for place := range whereIs(t, address, anna.id) {
		t.Errorf("the person is still in %s", place)
	}
	for _, kind := range []string{"raw", "track"} {
		if left, err := os.ReadDir(filepath.Join(dir, "objects", kind, anna.id)); err == nil && len(left) > 0 {
			t.Errorf("%d objects of %s are left", len(left), kind)
		}
	}
}

// whereIs is every place of the server that has an id in clear for longer than it
// must: what does not expire, but for the audit log and for the versions of what
// was between two people, which keep late events from reviving it.
func whereIs(t *testing.T, address, id string) map[string]bool {
	t.Helper()
	client := as(t, address)
	found := map[string]bool{}
	keys := client.Scan(t.Context(), 0, "*", 1000).Iterator()
	looked := 0
	for keys.Next(t.Context()) {
		key := keys.Val()
		looked++
		if ttl, err := client.TTL(t.Context(), key).Result(); err != nil || ttl > 0 {
			continue
		}
		content := key + contentOf(t, client, key)
		tombstone := strings.Contains(key, "versions:") && !strings.Contains(key, id) || strings.HasPrefix(key, "audit:") || strings.HasSuffix(key, ":audithead") ||
			strings.HasPrefix(key, "stats:") && strings.Contains(key, ":coach:") && strings.HasSuffix(key, id)
		if strings.Contains(content, id) && !tombstone {
			found[key] = true
		}
	}
	if err := keys.Err(); err != nil || looked < 20 {
		t.Fatalf("looked at %d keys: %v", looked, err)
	}
	return found
}

func contentOf(t *testing.T, client *redis.Client, key string) string {
	t.Helper()
	ctx := t.Context()
	var words []string
	switch kind := client.Type(ctx, key).Val(); kind {
	case "none": // expired meanwhile
	case "string":
		words = []string{client.Get(ctx, key).Val()}
	case "hash":
		for field, value := range client.HGetAll(ctx, key).Val() {
			words = append(words, field, value)
		}
	case "set":
		words = client.SMembers(ctx, key).Val()
	case "zset":
		words = client.ZRange(ctx, key, 0, -1).Val()
	case "list":
		words = client.LRange(ctx, key, 0, -1).Val()
	case "stream":
		for _, m := range client.XRange(ctx, key, "-", "+").Val() {
			event, _ := m.Values["event"].(string)
			words = append(words, event)
		}
	default:
		t.Errorf("%s is a %s, which the search does not look into", key, kind)
	}
	return strings.Join(words, " ")
}
