package cluster_test

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"
	"testing"

	"paceline/shared/operator/cluster"
)

const lines = "user default off\nuser feed on resetkeys ~feed:* -@all +get\nuser stats on resetkeys ~stats:* -@all +get\n"

func hash(password string) string {
	sum := sha256.Sum256([]byte(password))
	return "#" + hex.EncodeToString(sum[:])
}

func TestUsersHaveThePasswordsOfTheirAddresses(t *testing.T) {
	t.Parallel()
	got, err := cluster.Users(lines, map[string]string{"feed": "rediss://feed:one@r:6379", "stats": "rediss-cluster://stats:t%20wo@r:6379"})
	want := "user default off\nuser feed on " + hash("one") + " resetkeys ~feed:* -@all +get\nuser stats on " + hash("t wo") + " resetkeys ~stats:* -@all +get\n"
	if err != nil || got != want {
		t.Errorf("got  %s\nwant %s (%v)", got, want, err)
	}
	for name, c := range map[string]struct {
		addresses map[string]string
		want      string
	}{
		"nobody's address":        {map[string]string{"feed": "rediss://feed:x@r"}, "stats has no address"},
		"another's name":          {map[string]string{"feed": "rediss://feed:x@r", "stats": "rediss://feed:x@r"}, "stats is no user of its own"},
		"no password":             {map[string]string{"feed": "rediss://feed:x@r", "stats": "rediss://stats@r"}, "stats is no user of its own"},
		"an address for a nobody": {map[string]string{"feed": "rediss://feed:x@r", "stats": "rediss://stats:x@r", "web": "rediss://web:x@r"}, "web has an address of Redis and keeps nothing there"},
	} {
		if _, err := cluster.Users(lines, c.addresses); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// Each function gets a password of its own, which a second run keeps.
func TestPasswordsAreMadeOnce(t *testing.T) {
	t.Parallel()
	n, _ := server(t)
	withRedis := services(t, "feed")
	s := cluster.Settings{RedisURL: "rediss://{function}:{password}@redis:6379", ObjectsURL: "s3://paceline"}
	if _, err := n.Apply(t.Context(), withRedis, s); err != nil {
		t.Fatal(err)
	}
	before, err := n.RedisURLs(t.Context())
	if err != nil || !strings.HasPrefix(before["stats"], "rediss://stats:") || len(before["stats"]) < len("rediss://stats:@redis:6379")+20 {
		t.Fatalf("%v %v", before, err)
	}
	s.RedisURL = "rediss-cluster://{function}:{password}@elsewhere:6380"
	if _, err := n.Apply(t.Context(), withRedis, s); err != nil {
		t.Fatal(err)
	}
	after, err := n.RedisURLs(t.Context())
	if want := strings.NewReplacer("rediss://", "rediss-cluster://", "redis:6379", "elsewhere:6380").Replace(before["stats"]); err != nil || after["stats"] != want {
		t.Errorf("got %s, want %s (%v)", after["stats"], want, err)
	}
}

func TestAnAdminHasANameAndAPassword(t *testing.T) {
	t.Parallel()
	if got, err := cluster.Admin("root", "secret"); err != nil || got != "user root on "+hash("secret")+" ~* &* +@all\n" {
		t.Errorf("%q %v", got, err)
	}
	for _, bad := range [][2]string{{"", "x"}, {"x", ""}, {"x y", "z"}, {"x\nuser y on nopass", "z"}} {
		if got, err := cluster.Admin(bad[0], bad[1]); err == nil {
			t.Errorf("%q is an admin: %q", bad, got)
		}
	}
}
