package local_test

import (
	"context"
	"log/slog"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/redis/go-redis/v9"

	"paceline/shared/function/local"
	"paceline/shared/function/store"
)

// What a function wrote, in a transaction too, is there after a restart: the
// server reads its log as the default user, whom nobody else can be.
func TestTheServerKeepsWhatUsersWrote(t *testing.T) {
	t.Parallel()
	if _, err := exec.LookPath("redis-server"); err != nil {
		t.Skip("redis-server is not installed: nothing is kept")
	}
	dir := filepath.Join(t.TempDir(), "redis")
	users := []store.Access{{Function: "here"}, {Function: "there"}}
	run := func(use func(here, there redis.UniversalClient)) {
		r, err := local.StartRedis(t.Context(), dir, users, slog.New(slog.DiscardHandler))
		if err != nil {
			t.Fatal(err)
		}
		clients := make([]redis.UniversalClient, len(users))
		for i, u := range users {
			if clients[i], err = store.Dial(r.URL(u.Function), store.TLS{}); err != nil {
				t.Fatal(err)
			}
			defer clients[i].Close()
		}
		use(clients[0], clients[1])
		if err := r.Stop(context.Background()); err != nil {
			t.Error(err)
		}
	}
	run(func(here, there redis.UniversalClient) {
		_, err := here.TxPipelined(t.Context(), func(p redis.Pipeliner) error {
			p.Set(t.Context(), "here:{0001}:a", "1", 0)
			p.Set(t.Context(), "here:{0001}:b", "2", 0)
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		if err := there.Get(t.Context(), "here:{0001}:a").Err(); !redis.HasErrorPrefix(err, "NOPERM") {
			t.Errorf("another's key: %v", err)
		}
	})
	run(func(here, _ redis.UniversalClient) {
		for key, want := range map[string]string{"here:{0001}:a": "1", "here:{0001}:b": "2"} {
			if got, err := here.Get(t.Context(), key).Result(); got != want {
				t.Errorf("%s: %q %v after a restart, want %q", key, got, err, want)
			}
		}
	})
}
