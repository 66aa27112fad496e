package redistest

import (
	"context"
	"crypto/rand"
	"fmt"
	"net/url"
	"strings"
	"testing"

	"github.com/redis/go-redis/v9"
)

// User makes a user of the server at address, which may do what rules say (as
// ACL SETUSER takes them), and returns the address for it. The test fails when
// the server refused it anything: an error may go unseen, a refusal may not.
// The in-memory Redis knows no rules and gives its own address back.
func User(t testing.TB, address string, rules ...string) string {
	t.Helper()
	scheme, rest, _ := strings.Cut(address, "://")
	name, password := "user-"+strings.ToLower(rand.Text()[:12]), rand.Text()
	words := []any{"acl", "setuser", name, "on", ">" + password}
	for _, r := range rules {
		words = append(words, r)
	}
	words = append(words, "+select") // one server is many tests' by its databases
	nodes := each(t, address)
	for _, c := range nodes {
		if err := c.Do(t.Context(), words...).Err(); err != nil {
			if strings.Contains(err.Error(), "unknown command") {
				return address
			}
			t.Fatalf("make a user: %v", err)
		}
	}
	t.Cleanup(func() {
		for _, c := range nodes {
			for _, refused := range refusals(t, c, name) {
				t.Errorf("Redis refused the function %s: declare it in store.Access, or do without", refused)
			}
		}
	})
	return scheme + "://" + url.UserPassword(name, password).String() + "@" + rest
}

// each is a client for every node behind an address of this package.
func each(t testing.TB, address string) []*redis.Client {
	t.Helper()
	var clients []*redis.Client
	dial := func(address string) *redis.Client {
		o, err := redis.ParseURL(address)
		if err != nil {
			t.Fatal(err)
		}
		o.DB = 0
		c := redis.NewClient(o)
		t.Cleanup(func() { _ = c.Close() })
		clients = append(clients, c)
		return c
	}
	addr, is := strings.CutPrefix(address, "redis-cluster://")
	if !is {
		dial(address)
		return clients
	}
	shards, err := dial("redis://" + addr).ClusterShards(t.Context()).Result()
	if err != nil {
		t.Fatal(err)
	}
	clients = nil
	for _, s := range shards {
		for _, n := range s.Nodes {
			dial(fmt.Sprintf("redis://%s:%d", n.IP, n.Port))
		}
	}
	return clients
}

// refusals is what the server refused a user, as far as its log goes back.
func refusals(t testing.TB, c *redis.Client, user string) []string {
	t.Helper()
	entries, err := c.ACLLog(context.Background(), 1000).Result() // a test's own context has ended
	if err != nil {
		t.Errorf("read the log of refusals: %v", err)
	}
	var all []string
	for _, e := range entries {
		if e.Username == user {
			all = append(all, e.Reason+" "+e.Object)
		}
	}
	return all
}
