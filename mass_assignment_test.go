package paceline

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/redis/go-redis/v9"

	"paceline/shared/api"
	"paceline/shared/function/redistest"
)

// serverOwned are members that no request may say, whatever its route; what a
// route's own answers have besides its request comes on top.
var serverOwned = []string{
	"role", "roles", "user_id", "owner_id", "is_admin", "verified", "email_verified", "price", "paid_at", "like_count", "created_at", "version", "state", "id",
}

// write is an operation that reads a JSON body.
type write struct {
	method, path string
	may          []string // members of the request, in order
	answers      []string // members of its answers
}

// writes is every operation of the contract that reads a JSON body.
func writes(t *testing.T) []write {
	t.Helper()
	doc, err := openapi3.NewLoader().LoadFromData(api.OpenAPI)
	if err != nil {
		t.Fatal(err)
	}
	var all []write
	for path, item := range doc.Paths.Map() {
		for method, op := range item.Operations() {
			if op.RequestBody == nil || op.RequestBody.Value.Content.Get("application/json") == nil {
				continue
			}
			w := write{method: method, path: path, may: members(op.RequestBody.Value.Content.Get("application/json").Schema.Value)}
			for status, answer := range op.Responses.Map() {
				if of := answer.Value.Content.Get("application/json"); of != nil && strings.HasPrefix(status, "2") {
					w.answers = append(w.answers, members(of.Schema.Value)...)
				}
			}
			all = append(all, w)
		}
	}
	slices.SortFunc(all, func(a, b write) int { return strings.Compare(a.path+a.method, b.path+b.method) })
	return all
}

func members(s *openapi3.Schema) []string { return slices.Sorted(maps.Keys(s.Properties)) }

// bodies are what somebody tries who wants to set more than they may: by the
// name of the try, each with one member too many.
func (w write) bodies() map[string]string {
	out := map[string]string{}
	for _, name := range slices.Concat(serverOwned, w.answers, w.may) {
		for spelling, as := range map[string]string{"as it is": name, "upper": strings.ToUpper(name), "camel": camel(name)} {
			if !slices.Contains(w.may, as) {
				out[name+", "+spelling] = fmt.Sprintf(`{%q: "admin"}`, as)
			}
		}
	}
	for _, name := range w.may {
		out[name+", twice"] = fmt.Sprintf(`{%q: null, %q: null}`, name, name)
	}
	return out
}

func camel(name string) string {
	words := strings.Split(name, "_")
	for i := range words {
		words[i] = strings.ToUpper(words[i][:1]) + words[i][1:]
	}
	return strings.Join(words, "")
}

// Every write of the contract refuses members that it does not have, in every
// spelling, before it looks at anything else; and nothing is stored.
func TestNobodySetsWhatIsNotTheirs(t *testing.T) {
	t.Parallel()
	address := redistest.ServerURL(t)
	r := start(t, t.TempDir(), map[string]string{"ADMIN_EMAILS": "root@example.com", "RATE_SCALE": "100000", "REDIS_URL": address})
	root := r.join("Root")
	before := r.digest(address)
	tries, routes := 0, writes(t)
	for _, w := range routes {
		path := strings.NewReplacer("{id}", nobody).Replace(w.path)
		for what, body := range w.bodies() {
			tries++
			a := r.do(root.token, w.method, path, bytes.NewReader([]byte(body)), "application/json")
			if (a.status != 422 || a.code() != "invalid_member") && (a.status != 400 || a.code() != "invalid_json") {
				t.Errorf("%s %s with %s: %d %s", w.method, w.path, what, a.status, a.body)
			}
		}
	}
	r.unchanged(before, r.digest(address))
	t.Logf("%d routes, %d tries", len(routes), tries)
}

// unchanged compares two digests.
func (r *running) unchanged(before, after map[string]string) {
	r.t.Helper()
	for _, left := range difference(before, after) {
		r.t.Errorf("left behind: %s", left)
	}
}

// What is no JSON is refused by every write of the contract, whatever else is
// wrong with the request; and nothing is stored.
func TestNobodyReadsWhatIsNoJSON(t *testing.T) {
	t.Parallel()
	address := redistest.ServerURL(t)
	r := start(t, t.TempDir(), map[string]string{"ADMIN_EMAILS": "root@example.com", "RATE_SCALE": "100000", "REDIS_URL": address})
	root := r.join("Root")
	bad := map[string][]byte{}
	read(t, "shared/function/rest/testdata/json", bad)
	maps.DeleteFunc(bad, func(name string, _ []byte) bool { return !strings.HasPrefix(filepath.Base(name), "n_") })
	before := r.digest(address)
	routes := writes(t)
	for _, w := range routes {
		path := strings.NewReplacer("{id}", nobody).Replace(w.path)
		for name, body := range bad {
			if a := r.do(root.token, w.method, path, bytes.NewReader(body), "application/json"); a.status != 400 || a.code() != "invalid_json" {
				t.Errorf("%s %s with %s: %d %s", w.method, w.path, name, a.status, a.body)
			}
		}
	}
	r.unchanged(before, r.digest(address))
	t.Logf("%d routes, %d bodies each", len(routes), len(bad))
}

// digest is what is kept, but for what counts requests: digests by key and by
// object.
func (r *running) digest(address string) map[string]string {
	r.t.Helper()
	options, err := redis.ParseURL(address)
	if err != nil {
		r.t.Fatal(err)
	}
	client := redis.NewClient(options)
	defer client.Close()
	ctx := context.Background()
	r.quiet(client)
	out := map[string]string{}
	keys, err := client.Keys(ctx, "*").Result()
	if err != nil {
		r.t.Fatal(err)
	}
	for _, key := range keys {
		if strings.HasPrefix(key, "gateway:") || strings.HasPrefix(key, "watch:") || strings.Contains(key, ":tries") {
			continue
		}
		// What told of the refusal has left an empty outbox behind.
		if n, err := client.XLen(ctx, key).Result(); strings.HasSuffix(key, ":outbox") && err == nil && n == 0 {
			continue
		}
		content, err := client.Dump(ctx, key).Result()
		if err != nil && err != redis.Nil {
			r.t.Fatal(err)
		}
		out[key] = fmt.Sprintf("%x", sha256.Sum256([]byte(content)))
	}
	objects := map[string][]byte{}
	read(r.t, r.dir+"/objects", objects)
	for name, content := range objects {
		out[name] = fmt.Sprintf("%x", sha256.Sum256(content))
	}
	return out
}

// quiet waits until no event is on its way: nothing is written for a while.
func (r *running) quiet(client *redis.Client) {
	r.t.Helper()
	last, since := "", time.Now()
	r.soon("quiet", func() bool {
		info, err := client.InfoMap(context.Background(), "persistence").Result()
		if err != nil {
			r.t.Fatal(err)
		}
		b, _ := json.Marshal(info["Persistence"]["rdb_changes_since_last_save"])
		if string(b) != last {
			last, since = string(b), time.Now()
		}
		return time.Since(since) > 300*time.Millisecond
	})
}
