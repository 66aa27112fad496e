package functiontest

import (
	"context"
	"encoding/json"
	"fmt"
	"io/fs"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"paceline/events"
	"paceline/shared/function"
)

// KillErasures erases a person in a function that is killed on the way, once at
// each of its transactions: before the store does it, and after. The next process
// is told again, as the broker does, and has to end like one that was never
// killed: the same keys, objects and events. fill makes what there is to erase.
// The function finds a folder of its own in OBJECTS_URL.
func KillErasures(t *testing.T, name string, open function.Opener, vars map[string]string, user string, fill func(r *Rig)) {
	t.Helper()
	e := erasures{name, open, vars, user, fill}
	whole, _ := e.run(t, 0, false)
	answer := "paceline." + name + ".erased.v1"
	if !slices.ContainsFunc(whole, func(s string) bool { return strings.Contains(s, answer) }) {
		t.Errorf("an erasure is answered by no %s", answer)
	}
	for _, before := range []bool{true, false} {
		t.Run(fmt.Sprintf("before %v", before), func(t *testing.T) {
			t.Parallel()
			kills := 0
			for n, cut := 1, true; cut; n++ {
				var end []string
				if end, cut = e.run(t, n, before); !cut {
					continue
				}
				kills++
				for _, d := range differences(whole, end) {
					t.Errorf("killed at transaction %d: %s", n, d)
				}
			}
			if kills == 0 {
				t.Error("nothing was killed")
			}
			t.Logf("killed at %d places", kills)
		})
	}
}

// erasures are of one person, in one function.
type erasures struct {
	name string
	open function.Opener
	vars map[string]string
	user string
	fill func(r *Rig)
}

// run is one erasure, with a kill at the n-th transaction when there are so many:
// early is before the store does it. It returns what is there at its end.
func (e erasures) run(t *testing.T, n int, early bool) (end []string, cut bool) {
	t.Helper()
	dir := t.TempDir()
	vars := map[string]string{"OBJECTS_URL": "file://" + dir}
	maps.Copy(vars, e.vars)
	r, kill := NewKillable(t, e.name, e.open, vars)
	e.fill(r)
	r.Advance(time.Minute)
	asked := events.AccountErased{UserID: e.user, At: r.Now()}
	r.Erase(e.user)
	before, told := r.left(dir), len(r.Sent())
	kill.At(n, early)
	status := r.Redeliver("erase", asked)
	if cut = kill.Heal(); !cut && status/100 != 2 {
		t.Fatalf("an erasure that nobody killed is answered %d", status)
	}
	next := r.Reopen(e.open)
	for _, again := range []struct {
		id string
		events.Payload
	}{{"erase", asked}, {"sweep", events.Ping{Schedule: function.ScheduleSweep}}} {
		if status := next.Redeliver(again.id, again.Payload); status/100 != 2 {
			t.Errorf("killed at transaction %d: %s is answered %d", n, again.id, status)
		}
	}
	end = r.left(dir)
	if !slices.ContainsFunc(before, func(s string) bool { return !slices.Contains(end, s) }) {
		t.Error("an erasure took nothing away: fill made nothing")
	}
	for _, e := range r.Sent()[told:] {
		end = append(end, fmt.Sprintf("event %s %s %s", e.ID, e.Type, e.Subject))
	}
	return end, cut
}

// left is what is there: keys with what they hold, but for what is sealed (it is
// other bytes each time), and objects in dir.
func (r *Rig) left(dir string) []string {
	r.T.Helper()
	o, err := redis.ParseURL(r.Redis)
	r.must(err)
	client := redis.NewClient(o)
	defer func() { _ = client.Close() }()
	there := map[string]bool{}
	keys, err := client.Keys(context.Background(), "*").Result()
	r.must(err)
	for _, key := range keys {
		if strings.HasPrefix(key, "keys:") { // the rig's
			continue
		}
		for _, member := range r.members(client, key) {
			there[key+" "+member] = true
		}
	}
	r.must(filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			there[strings.TrimPrefix(path, dir)] = true
		}
		return err
	}))
	return slices.Sorted(maps.Keys(there))
}

// members is what a key holds.
func (r *Rig) members(client *redis.Client, key string) (out []string) {
	r.T.Helper()
	ctx := context.Background()
	switch kind := client.Type(ctx, key).Val(); kind {
	case "string":
		if value := client.Get(ctx, key).Val(); json.Valid([]byte(value)) {
			return []string{value}
		}
		return []string{"sealed"}
	case "hash":
		for field, value := range client.HGetAll(ctx, key).Val() {
			if !json.Valid([]byte(value)) {
				value = "sealed"
			}
			out = append(out, field+" "+value)
		}
	case "set":
		return client.SMembers(ctx, key).Val()
	case "zset":
		return client.ZRange(ctx, key, 0, -1).Val()
	case "list":
		return client.LRange(ctx, key, 0, -1).Val()
	case "stream":
		for _, m := range client.XRange(ctx, key, "-", "+").Val() {
			out = append(out, m.ID)
		}
	case "none": // it expired meanwhile
	default:
		r.T.Errorf("%s is a %s, which is not looked into", key, kind)
	}
	return out
}

// differences is what only one of two ends has.
func differences(whole, end []string) (out []string) {
	for _, s := range whole {
		if !slices.Contains(end, s) {
			out = append(out, "it lacks "+s)
		}
	}
	for _, s := range end {
		if !slices.Contains(whole, s) {
			out = append(out, "it has "+s)
		}
	}
	return out
}
