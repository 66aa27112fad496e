package paceline

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"paceline/events"
	"paceline/functions/gateway"
	"paceline/shared/audit"
	"paceline/shared/function/redistest"
	"paceline/shared/function/store"
	"paceline/shared/objects"
	"paceline/shared/objects/dir"
)

// ledger is a platform with an audit log that is anchored twice, and an
// operator's desk.
type ledger struct {
	*desk
	redis *redis.Client // of an admin
	key   string
	clock *atomic.Int64
	all   *Platform
	root  *person
}

func newLedger(t *testing.T) *ledger {
	t.Helper()
	l := &ledger{clock: new(atomic.Int64)}
	l.clock.Store(time.Now().UnixNano())
	address := redistest.URL(t)
	r := start(t, t.TempDir(), map[string]string{"ADMIN_EMAILS": "root@example.com", "REDIS_URL": address}, func(p *Platform) {
		l.all, p.now = p, l.now
	})
	l.root = r.join("Root")
	l.desk = &desk{r: r, now: l.now}
	l.redis = as(t, address)
	l.key = store.New(store.Config{Function: "watch", Client: l.redis}).LedgerKey("audit", "log")
	l.look(5)
	l.later(0)
	l.look(5)
	l.later(time.Hour)
	l.look(2)
	return l
}

func (l *ledger) now() time.Time { return time.Unix(0, l.clock.Load()) }

// look leaves n entries.
func (l *ledger) look(n int) {
	l.desk.r.t.Helper()
	for range n {
		l.root.want(200, "GET", "/v1/admin/users/"+l.root.id, nil, nil)
	}
	l.desk.r.settled()
}

// later is a sweep after a while.
func (l *ledger) later(d time.Duration) {
	l.desk.r.t.Helper()
	l.clock.Add(int64(d))
	l.root.signIn()
	l.token = l.root.token
	l.desk.r.sweep(l.all)
}

// verify runs the command.
func (l *ledger) verify(code int, args ...string) (out, complaints string) {
	l.desk.r.t.Helper()
	return l.kn(code, append([]string{"audit", "verify", "--data-dir", l.desk.r.dir}, args...)...)
}

// entries is the log, and write makes it another.
func (l *ledger) entries() []audit.Entry {
	l.desk.r.t.Helper()
	var all []audit.Entry
	for _, line := range l.redis.LRange(context.Background(), l.key, 0, -1).Val() {
		var e audit.Entry
		if err := json.Unmarshal([]byte(line), &e); err != nil {
			l.desk.r.t.Fatal(err)
		}
		all = append(all, e)
	}
	return all
}

func (l *ledger) write(entries []audit.Entry) {
	l.desk.r.t.Helper()
	lines := make([]any, len(entries))
	for i, e := range entries {
		b, err := json.Marshal(e)
		if err != nil {
			l.desk.r.t.Fatal(err)
		}
		lines[i] = b
	}
	ctx := context.Background()
	if err := errors.Join(l.redis.Del(ctx, l.key).Err(), l.redis.RPush(ctx, l.key, lines...).Err()); err != nil {
		l.desk.r.t.Fatal(err)
	}
}

// Whatever is done to the log of a running platform, the command names the line.
func TestTheCommandNamesWhatWasDoneToTheAuditLog(t *testing.T) {
	t.Parallel()
	l := newLedger(t)
	out, _ := l.verify(0)
	whole := l.entries()
	last := whole[len(whole)-1]
	has(t, out, "whole: ", "2 anchors", "head: ", last.Hash)
	head := strings.TrimSpace(strings.SplitAfter(out, "head: ")[1])
	l.verify(0, "--head", head)
	_, complaints := l.verify(2, "--head", "7")
	has(t, complaints, "NUMBER:HASH")
	_, complaints = l.kn(1, "audit", "verify", "--data-dir", t.TempDir())
	has(t, complaints, "who signed")

	forged := func(i int) []audit.Entry { // a log that is another from i on, and fits
		out := slices.Clone(whole)
		for ; i < len(out); i++ {
			r := out[i].Record
			r.ActorID = "01EVE"
			e, err := audit.Next(out[i-1], r)
			if err != nil {
				t.Fatal(err)
			}
			out[i] = e
		}
		return out
	}
	altered := slices.Clone(whole)
	altered[3].Record.ActorID = "01EVE"
	moved := slices.Clone(whole)
	moved[3], moved[4] = moved[4], moved[3]
	for name, c := range map[string]struct {
		log  []audit.Entry
		says string
	}{
		"altered":  {altered, "entry 4: it was altered"},
		"deleted":  {slices.Delete(slices.Clone(whole), 3, 4), "entry 4: entry 5 stands in its place"},
		"moved":    {moved, "entry 4: entry 5 stands in its place"},
		"inserted": {slices.Insert(slices.Clone(whole), 3, whole[2]), "entry 4: entry 3 stands in its place"},
		"cut":      {whole[:7], "entry 8: it is missing: anchor 2 remembers"},
		"forked":   {forged(7), "it is not the one that anchor 2 remembers: the log was written anew"},
		"all anew": {forged(1), "it is not the one that anchor 1 remembers"},
	} {
		l.write(c.log)
		_, complaints := l.verify(1)
		if !strings.Contains(complaints, c.says) {
			t.Errorf("%s: %s", name, complaints)
		}
	}
	l.write(whole[:len(whole)-1]) // what no anchor remembers yet
	l.verify(0)
	_, complaints = l.verify(1, "--head", head)
	has(t, complaints, "--head remembers")
}

// Anchors vouch as long as they are signed, all there, and fresh.
func TestTheCommandNamesWhatWasDoneToTheAnchors(t *testing.T) {
	t.Parallel()
	l := newLedger(t)
	kept, err := objects.Open("file://"+filepath.Join(l.desk.r.dir, "objects"), dir.Driver)
	if err != nil {
		t.Fatal(err)
	}
	defer kept.Close()
	var anchors []audit.Anchor
	var keys []string
	for e, err := range objects.All(t.Context(), kept, "audit/") {
		if err != nil {
			t.Fatal(err)
		}
		b, _, err := objects.ReadAll(t.Context(), kept, e.Key, 1<<20)
		var a audit.Anchor
		if err == nil {
			err = json.Unmarshal(b, &a)
		}
		if err != nil {
			t.Fatal(err)
		}
		anchors, keys = append(anchors, a), append(keys, e.Key)
	}
	if len(anchors) != 2 {
		t.Fatalf("anchors %+v", anchors)
	}
	put := func(i int, change func(*audit.Anchor)) {
		t.Helper()
		a := anchors[i]
		change(&a)
		b, err := json.Marshal(a)
		if err == nil {
			_, err = kept.Put(t.Context(), keys[i], strings.NewReader(string(b)), objects.Options{})
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	same := func(*audit.Anchor) {}
	for name, c := range map[string]struct {
		i      int
		change func(*audit.Anchor)
		says   string
	}{
		"the last says another hash": {1, func(a *audit.Anchor) { a.Hash = anchors[0].Hash }, "anchor 2: the watch has not signed it"},
		"the last of an older date":  {1, func(a *audit.Anchor) { a.At = a.At.Add(-time.Minute) }, "anchor 2: the watch has not signed it"},
		"the signature of another":   {1, func(a *audit.Anchor) { a.Signature = anchors[0].Signature }, "anchor 2: the watch has not signed it"},
		"no signature":               {1, func(a *audit.Anchor) { a.Signature = "" }, "anchor 2: the watch has not signed it"},
		"the first says another":     {0, func(a *audit.Anchor) { a.Hash = anchors[1].Hash }, "anchor 2: it does not follow the anchor before it"},
	} {
		put(c.i, c.change)
		_, complaints := l.verify(1)
		if !strings.Contains(complaints, c.says) {
			t.Errorf("%s: %s", name, complaints)
		}
		put(c.i, same)
	}
	l.verify(0)
	if err := kept.Delete(t.Context(), keys[0]); err != nil {
		t.Fatal(err)
	}
	_, complaints := l.verify(1)
	has(t, complaints, "anchor 1: anchor 2 stands in its place")
	put(0, same)
	if err := kept.Delete(t.Context(), keys[1]); err != nil {
		t.Fatal(err)
	}
	l.verify(0) // the entries since are too young to be missed
	l.clock.Add(int64(3 * time.Hour))
	l.root.signIn()
	l.token = l.root.token
	_, complaints = l.verify(1)
	has(t, complaints, "anchor 2: it is missing")
}

// Each route of those who have power leaves one entry in the audit log, or none
// where it shows of no person anything and changes nothing.
func TestEachUseOfPowerIsInTheAuditLog(t *testing.T) {
	t.Parallel()
	r := start(t, t.TempDir(), map[string]string{"ADMIN_EMAILS": "root@example.com,second@example.com"})
	root, second, anna, ben := r.join("Root"), r.join("Second"), r.join("Anna"), r.join("Ben")
	r.send(events.Envelope{
		SpecVersion: "1.0", ID: "poison", Source: "/functions/upload", Type: events.TypeWorkoutUploaded, Subject: "01POISON",
		Time: monday, DataContentType: "application/json", Data: json.RawMessage(`{"workout_id": 42}`),
	})
	resp, err := http.Post(r.inside+"/fn/stats/events", "application/cloudevents+json", strings.NewReader(aForgedEvent))
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close() // the alert is what counts
	first := func(path string) (id string) {
		r.soon("one of "+path, func() bool {
			var list struct{ Items []struct{ ID string } }
			root.want(200, "GET", path, nil, &list)
			if len(list.Items) > 0 {
				id = list.Items[0].ID
			}
			return id != ""
		})
		return id
	}
	letter, alert := first("/v1/admin/deadletters"), first("/v1/admin/alerts")
	asked := "/v1/admin/role-requests/" + anna.id
	uses := []struct {
		route  string
		by     *person
		path   string
		status int
		action string // "" for none
	}{
		{"GET /v1/admin/users", root, "/v1/admin/users?email=" + anna.email, 200, "account.look"},
		{"GET /v1/admin/users/{id}", root, "/v1/admin/users/" + anna.id, 200, "account.look"},
		{"GET /v1/admin/users/{id}/sessions", root, "/v1/admin/users/" + anna.id + "/sessions", 200, "account.look"},
		{"DELETE /v1/admin/users/{id}/sessions", root, "/v1/admin/users/" + anna.id + "/sessions", 204, "sessions.end"},
		{"DELETE /v1/admin/users/{id}/factors", root, "/v1/admin/users/" + anna.id + "/factors", 204, ""}, // she has none to take away
		{"PUT /v1/admin/users/{id}/roles/{role}", root, "/v1/admin/users/" + anna.id + "/roles/coach", 204, "role.grant"},
		{"DELETE /v1/admin/users/{id}/roles/{role}", root, "/v1/admin/users/" + anna.id + "/roles/coach", 204, "role.revoke"},
		{"PUT /v1/admin/users/{id}/roles/{role}", root, "/v1/admin/users/" + anna.id + "/roles/operator", 202, "role.ask"},
		{"GET /v1/admin/role-requests", root, "/v1/admin/role-requests", 200, ""},
		{"PUT /v1/admin/role-requests/{id}", root, asked + ".operator", 409, ""},
		{"PUT /v1/admin/role-requests/{id}", second, asked + ".operator", 204, "role.grant"},
		{"PUT /v1/admin/users/{id}/roles/{role}", root, "/v1/admin/users/" + anna.id + "/roles/admin", 202, "role.ask"},
		{"DELETE /v1/admin/role-requests/{id}", second, asked + ".admin", 204, "role.refuse"},
		{"GET /v1/admin/alerts", root, "/v1/admin/alerts", 200, ""},
		{"POST /v1/admin/alerts/{id}/acknowledge", root, "/v1/admin/alerts/" + alert + "/acknowledge", 200, "alert.acknowledge"},
		{"POST /v1/admin/alerts/{id}/release", root, "/v1/admin/alerts/" + alert + "/release", 200, "alert.release"},
		{"POST /v1/admin/alerts/{id}/release", root, "/v1/admin/alerts/none/release", 404, ""},
		{"GET /v1/admin/deadletters", root, "/v1/admin/deadletters", 200, ""},
		{"GET /v1/admin/deadletters/{id}", root, "/v1/admin/deadletters/" + letter, 200, ""},
		{"POST /v1/admin/deadletters/{id}/replay", root, "/v1/admin/deadletters/" + letter + "/replay", 202, "deadletter.replay"},
		{"POST /v1/admin/keys/rotate", root, "/v1/admin/keys/rotate", 200, "keys.rotate"},
		{"POST /v1/admin/feeds/rebuild", root, "/v1/admin/feeds/rebuild?user_id=" + anna.id, 204, "feed.rebuild"},
		{"POST /v1/admin/feeds/rebuild", root, "/v1/admin/feeds/rebuild?user_id=01NONE", 404, ""},
		{"POST /v1/admin/feeds/rebuild", root, "/v1/admin/feeds/rebuild", 202, "feed.rebuild"},
		{"POST /v1/admin/stats/rebuild", root, "/v1/admin/stats/rebuild?user_id=" + anna.id, 202, "stats.rebuild"},
		{"POST /v1/admin/stats/rebuild", root, "/v1/admin/stats/rebuild", 202, "stats.rebuild"},
		{"POST /v1/admin/users/{id}/export", root, "/v1/admin/users/" + anna.id + "/export", 202, "account.export"},
		{"DELETE /v1/admin/users/{id}", root, "/v1/admin/users/" + ben.id, 202, "account.erase"},
		{"GET /v1/admin/audit", root, "/v1/admin/audit", 200, ""},
		{"GET /v1/admin/audit/anchors", root, "/v1/admin/audit/anchors", 200, ""},
	}
	used := map[string]bool{}
	for _, u := range uses {
		used[u.route] = true
		r.settled()
		before := len(root.auditLog())
		method, _, _ := strings.Cut(u.route, " ")
		u.by.want(u.status, method, u.path, nil, nil)
		r.settled()
		var told []string
		for _, e := range root.auditLog()[before:] {
			if e.Record.ActorID == u.by.id { // what it led to is told by whom it is about
				told = append(told, e.Record.Action)
			}
		}
		var want []string
		if u.action != "" {
			want = []string{u.action}
		}
		if !slices.Equal(told, want) {
			t.Errorf("%s %s: the log has %q, want %q", method, u.path, told, want)
		}
	}
	for _, route := range gateway.Routes {
		if key := route.Method + " " + route.Pattern; strings.HasPrefix(route.Pattern, "/v1/admin/") && !used[key] {
			t.Errorf("%s is a power, and here is no use of it: say what it leaves in the audit log", key)
		}
	}
}
