package paceline

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"paceline/events"
	"paceline/functions/upload/gpx/gpxtest"
	"paceline/shared/api"
	"paceline/shared/function"
	"paceline/shared/function/eventing"
	"paceline/shared/function/local"
)

// drill is a platform that is attacked, each attack from an address of its own.
type drill struct {
	*running
	t     *testing.T
	redis *redis.Client            // of an admin
	users func(user string) string // the address of Redis for a function's user
	logs  *heap
	root  *person // an operator who looks on
	all   *Platform

	addresses int
	signalled int // how many signals were heard before the case
}

func newDrill(t *testing.T) *drill {
	t.Helper()
	admin, users := guarded(t)
	d := &drill{t: t, redis: admin, users: users, logs: new(heap)}
	d.running = start(t, t.TempDir(), map[string]string{
		"REDIS_URL": users("{function}"), "ADMIN_EMAILS": "root@example.com", "ALERT_EMAILS": "ops@example.com", "TRUSTED_PROXIES": "127.0.0.1", "RATE_SCALE": "1",
	}, func(p *Platform) { d.all, p.log = p, slog.New(slog.NewJSONHandler(d.logs, nil)) })
	d.root = d.join("Root")
	return d
}

// attacker is an address that nobody called from before.
func (d *drill) attacker() attacker {
	d.addresses++
	return attacker{d: d, address: fmt.Sprintf("2001:db8:%x::1", d.addresses), header: http.Header{}}
}

// attacker calls from an address, maybe with somebody's token.
type attacker struct {
	d       *drill
	address string
	header  http.Header
}

func (a attacker) with(token string) attacker {
	a.header = a.header.Clone()
	a.header.Set("Authorization", "Bearer "+token)
	return a
}

// do makes a call at the gateway.
func (a attacker) do(method, path string, body any) answer { return a.at(a.d.url, method, path, body) }

// at makes a call. A body that is no text and no form is sent as JSON.
func (a attacker) at(base, method, path string, body any) answer {
	a.d.t.Helper()
	header, content := a.header.Clone(), io.Reader(nil)
	switch b := body.(type) {
	case nil:
	case string:
		content = strings.NewReader(b)
		header.Set("Content-Type", "application/json")
	case form:
		content = bytes.NewReader(b.body)
		header.Set("Content-Type", b.contentType)
	default:
		text, err := json.Marshal(b)
		if err != nil {
			a.d.t.Fatal(err)
		}
		content = bytes.NewReader(text)
		header.Set("Content-Type", "application/json")
	}
	r, err := http.NewRequest(method, base+path, content)
	if err != nil {
		a.d.t.Fatal(err)
	}
	r.Header = header
	r.Header.Set("X-Forwarded-For", a.address)
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		a.d.t.Fatal(err)
	}
	defer resp.Body.Close()
	out, err := io.ReadAll(resp.Body)
	if err != nil {
		a.d.t.Fatal(err)
	}
	return answer{resp.StatusCode, resp.Header, out}
}

// form is a body that is no JSON.
type form struct {
	body        []byte
	contentType string
}

// file is the form of an upload.
func (d *drill) file(name string, content []byte) form {
	body, contentType, err := multipartFile(name, content, nil)
	if err != nil {
		d.t.Fatal(err)
	}
	return form{body.Bytes(), contentType}
}

// sweep is what the schedule does each ten minutes.
func (r *running) sweep(p *Platform) {
	r.t.Helper()
	keys, err := local.OpenKeys(filepath.Join(r.dir, "keys"), issuers(), p.now)
	if err == nil {
		err = p.sweep(context.Background(), r.inside+"/broker/paceline/default", keys)
	}
	if err != nil {
		r.t.Fatal(err)
	}
	r.settled()
}

// delivery is how the broker delivers an event of accounts to the watch, as
// somebody sees it who listens there.
func (d *drill) delivery(e events.Envelope, now func() time.Time) *http.Request {
	d.t.Helper()
	keys, err := local.OpenKeys(filepath.Join(d.dir, "keys"), issuers(), now)
	if err != nil {
		d.t.Fatal(err)
	}
	sink := eventing.Sink{URL: d.inside + "/fn/watch/events", Client: http.DefaultClient, Sign: keys.Signer("accounts").EventToken, Token: func() (string, error) {
		return keys.Signer(function.BrokerName).WorkloadToken("watch")
	}}
	r, err := sink.Request(context.Background(), e)
	if err != nil {
		d.t.Fatal(err)
	}
	return r
}

// deliver sends a delivery, which may have been sent before.
func (d *drill) deliver(r *http.Request) answer {
	d.t.Helper()
	body, err := r.GetBody()
	if err != nil {
		d.t.Fatal(err)
	}
	again := r.Clone(context.Background())
	again.Body = body
	resp, err := http.DefaultClient.Do(again)
	if err != nil {
		d.t.Fatal(err)
	}
	_ = resp.Body.Close() // the status says it all
	return answer{status: resp.StatusCode, header: resp.Header}
}

// refused wants Redis to refuse a function's user each of these.
func (d *drill) refused(user string, lines ...[]any) {
	d.t.Helper()
	c := as(d.t, d.users(user))
	for _, line := range lines {
		if err := c.Do(context.Background(), line...).Err(); !redis.HasErrorPrefix(err, "NOPERM") {
			d.t.Errorf("%s may %v: %v", user, line, err)
		}
	}
}

// may lets a function's user at the keys of one function.
func (d *drill) may(user, owner string) {
	d.t.Helper()
	if err := d.redis.Do(context.Background(), "acl", "setuser", user, "resetkeys", "~"+owner+":*", "%R~keys:*").Err(); err != nil {
		d.t.Fatal(err)
	}
}

// signals is the names of all signals so far, as functions logged them.
func (d *drill) signals() []string {
	var names []string
	for line := range bytes.Lines(d.logs.all()) {
		var record struct{ Msg, Signal string }
		switch {
		case json.Unmarshal(line, &record) != nil:
		case record.Msg == "security":
			names = append(names, record.Signal)
		case record.Msg == duplicate:
			names = append(names, record.Msg)
		}
	}
	return names
}

// heard is how many signals the watch took from the broker.
func (d *drill) heard() int { return int(d.broker.Stats()["paceline/watch-security-signal"].Delivered) }

// told is the signals since the last call.
func (d *drill) told() string {
	d.t.Helper()
	all := d.signals()
	fresh := all[d.signalled:]
	d.signalled = len(all)
	return strings.Join(fresh, " ")
}

// passing are keys that an attack may change: what counts it, what tells of it
// (mails to operators, too; those to people are files), and what is on its way.
var passing = []string{"watch:", "gateway:", "mail:", ":tries:", ":outbox"}

// digest is of everything that is kept, in Redis, among the objects and of mails
// to people.
func (d *drill) digest() map[string]string {
	d.t.Helper()
	d.settled()
	out := map[string]string{}
	ctx := context.Background()
	keys, err := d.redis.Keys(ctx, "*").Result()
	if err != nil {
		d.t.Fatal(err)
	}
	for _, key := range keys {
		if slices.ContainsFunc(passing, func(p string) bool { return strings.Contains(key, p) }) {
			continue
		}
		dump, err := d.redis.Dump(ctx, key).Result()
		if err != nil && err != redis.Nil { // it expired meanwhile
			d.t.Fatal(err)
		}
		out["key "+key] = fmt.Sprintf("%x", sha256.Sum256([]byte(dump)))
	}
	files := map[string][]byte{}
	read(d.t, filepath.Join(d.dir, "objects"), files)
	read(d.t, filepath.Join(d.dir, "mail"), files)
	for name, b := range files {
		if !bytes.Contains(b, []byte("ops@example.com")) {
			out["file "+name] = fmt.Sprintf("%x", sha256.Sum256(b))
		}
	}
	return out
}

// difference is what two digests do not have in common.
func difference(before, after map[string]string) []string {
	var out []string
	for _, name := range slices.Sorted(maps.Keys(after)) {
		if before[name] != after[name] {
			out = append(out, "+ "+name)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(before)) {
		if _, ok := after[name]; !ok {
			out = append(out, "- "+name)
		}
	}
	return out
}

// alerts is every alert, by its rule.
func (d *drill) alerts() map[string]api.Alert {
	d.t.Helper()
	var list api.AlertList
	d.root.want(200, "GET", "/v1/admin/alerts?limit=100", nil, &list)
	out := map[string]api.Alert{}
	for _, a := range list.Items {
		out[a.Rule] = a
	}
	return out
}

// await waits for the alert of a rule.
func (d *drill) await(rule string) (found api.Alert) {
	d.t.Helper()
	for end := time.Now().Add(20 * time.Second); time.Now().Before(end); time.Sleep(200 * time.Millisecond) {
		if a, ok := d.alerts()[rule]; ok {
			return a
		}
	}
	d.t.Fatalf("there is no alert %s", rule)
	return found
}

// live is what people do on a usual day, with the mistakes that they make.
func (d *drill) live() (anna, ben *person, workout string) {
	anna, ben = d.join("Anna"), d.join("Ben")
	workout = anna.upload("run.gpx", gpxtest.Run(monday, 300), map[string]string{"visibility": "private"}).Workouts[0].ID
	ben.want(202, "PUT", "/v1/users/"+anna.id+"/follow", nil, nil)
	for range 5 {
		for _, path := range []string{"/v1/me", "/v1/feed", "/v1/workouts", "/v1/notifications", "/v1/stats/summary?by=week"} {
			ben.want(200, "GET", path, nil, nil)
		}
	}
	ben.want(401, "POST", "/v1/auth/login", map[string]string{"email": ben.email, "password": "a horse walks into a pub"}, nil)
	ben.want(404, "GET", "/v1/workouts/01JZZZZZZZZZZZZZZZZZZZZZZZ", nil, nil)
	ben.want(422, "POST", "/v1/workouts", map[string]string{}, nil)
	ben.signIn()
	d.settled()
	return anna, ben, workout
}
